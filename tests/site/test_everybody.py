"""The pages for everybody: by keyboard, on a phone, in the dark, in forced colours, printed, without script; axe finds nothing."""

import json
from itertools import pairwise

import pytest
from browser import CHROMIUM
from pages import OBJECT, READY, VERSION, plain
from shipped.node import MODULES

from gh_store.site.names import name_of

pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"), pytest.mark.untraced]


@pytest.mark.parametrize(
    "path",
    [
        "index.html?in=packages",
        "o/cities/oslo.html",
        "o/prices/bitcoin.html",
        "changes.html",
        "o/many.html",
        "o/wide.html",
        "o/cities/oslo.html#v3..v41",
        f"o/{name_of('x' * 165)}.html",
        "empty/index.html",
    ],
)
def test_no_page_scrolls_sideways_on_a_phone(page, address, path):
    page.look(390, 844)
    page.open(address + path)
    page.wait(READY if path.startswith("index") else "document.readyState === 'complete'")
    assert page.run("document.documentElement.scrollWidth") <= 390


def test_without_script_everything_is_told(page, address):
    plain(page, f"{address}o/cities/oslo.html")
    assert page.run("document.querySelectorAll('#timeline > li').length") == 25
    assert "temperature: 10.0" in page.text("#tree")
    assert page.run("document.querySelector('figure svg').clientWidth") > 200
    assert page.run("[...document.querySelectorAll('button, input, select')].length") == 0
    assert "18 older events are in the history as JSON" in page.text("#older")
    plain(page, f"{address}index.html")
    assert page.run("document.querySelectorAll('tbody tr').length") == 100
    assert page.run("document.querySelector('#search').offsetHeight") == 0
    assert "All objects as plain lists" in page.text("#pages")


COLOURS = "(each => { const style = getComputedStyle(document.querySelector(each)); return [style.color, style.backgroundColor]; })"


THEME = """(() => { const theme = new CSSStyleSheet();
  theme.replaceSync(":root { --bg: #123; --card: #123; --text: #eee; --accent: #000; --num: #eee; --warn-text: #eee; }");
  document.adoptedStyleSheets = [theme]; })()"""
"""A theme is no reason to print light words, or to hide what is drawn."""


def test_dark_and_printed(page, address):
    page.look(dark=True)
    page.open(f"{address}o/cities/oslo.html#v30")
    page.wait(VERSION)
    assert page.run(f"{COLOURS}('body')[1]") == "rgb(17, 21, 20)"
    page.run(THEME)
    page.look(media="print", dark=True)
    assert page.run(f"{COLOURS}('body')") == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    for each in ("ins", "del", ".pill", "#version", ".num", ".card a"):
        assert page.run(f"{COLOURS}('{each}')[0]") in ("rgb(0, 0, 0)", "rgb(51, 51, 51)"), each
    assert page.run("[...document.querySelectorAll('nav, button, input, select')].every(each => !each.offsetHeight)")
    uncut = "[...document.querySelectorAll('.plot, .changes, #timeline > li')].every(each => getComputedStyle(each).breakInside === 'avoid')"
    assert page.run(uncut)
    assert page.call("Page.printToPDF")["data"].startswith("JVBERi")  # %PDF
    page.run("document.querySelector('figure.plot button').click()")
    page.wait("document.querySelector('figure.large .chart')")
    assert page.run("[...document.querySelectorAll('.large > *')].map(each => [each.className.baseVal ?? each.className, each.checkVisibility()])") == [
        ["", True], ["chart", False], ["", True], ["dates", True], ["range", True]]  # fmt: skip
    assert page.run("getComputedStyle(document.querySelector('.large polyline')).stroke") == "rgb(0, 0, 0)"
    assert page.run(
        "[...document.querySelectorAll('h2, .bar')].every(each => getComputedStyle(each).breakAfter === 'avoid')"
    )
    page.open(f"{address}index.html?in=packages")
    page.wait(READY)
    assert page.run("[...document.querySelectorAll('th bdi')].every(each => each.offsetHeight)")
    assert page.run(
        "[...document.querySelectorAll('th button')].every(each => getComputedStyle(each).display === 'contents')"
    )


def test_in_forced_colours_nothing_is_told_by_colour_alone(page, address):
    page.look(dark=True, forced=True)
    page.open(f"{address}o/cities/oslo.html")
    page.wait(OBJECT)
    page.run(THEME)
    border = "(each => { const style = getComputedStyle(document.querySelector(each)); return [style.borderTopWidth, style.borderTopColor !== style.backgroundColor]; })"
    for each in (".pill", "#timeline ins", "#timeline del"):
        assert page.run(f"{border}('{each}')") == ["1px", True], each
    paper = page.run(f"{COLOURS}('body')[1]")
    drawn = "[getComputedStyle(document.querySelector('figure polyline')).stroke, getComputedStyle(document.querySelector('#timeline > li'), '::before').borderTopColor]"
    assert paper not in page.run(drawn)


# --- by keyboard -----------------------------------------------------------------------------------

CONTROLS = "[...document.querySelectorAll('a[href], button:not(:disabled), input, select, summary, [tabindex=\"0\"]')].filter(each => each.checkVisibility())"
FOCUSED = f"""(() => {{
  const each = document.activeElement, style = getComputedStyle(each), box = each.getBoundingClientRect();
  return [{CONTROLS}.indexOf(each), style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && box.right > 0 && box.bottom > 0];
}})()"""


@pytest.mark.parametrize("path", ["index.html?in=packages&q=http+client", "o/cities/oslo.html#v30", "changes.html"])
def test_every_control_is_reached_by_tab_in_order_and_shows_it(page, address, path):
    page.open(address + path)
    page.wait({"i": READY, "o": VERSION}.get(path[0], "document.readyState === 'complete'"))
    count = min(page.run(f"{CONTROLS}.length"), 90)
    assert count > 20
    page.run("document.querySelector('.skip').focus()")
    reached = [page.run(FOCUSED)]
    for _ in range(count - 1):
        page.press("Tab", code=9)
        reached.append(page.run(FOCUSED))
    assert reached == [[index, True] for index in range(count)]


def test_versions_plots_and_pages_by_keyboard_alone(page, address):
    page.open(f"{address}o/cities/oslo.html#v30")
    page.wait(VERSION)

    def press(text, then):
        page.run(
            f"[...document.querySelectorAll('button')].find(each => each.textContent === {json.dumps(text)}).focus()"
        )
        page.press("Enter", "\r", 13)
        page.wait(then)
        return page.run("document.activeElement.textContent")

    assert press("Previous", "location.hash === '#v29' && !document.querySelector('#v30.shown')") == "Previous"
    page.run("document.querySelector('#version input').focus()")
    page.type("4")
    page.press("Enter", "\r", 13)
    page.wait("document.querySelector('#tree ins')")
    assert page.run("location.hash") == "#v29..v4"
    assert press("Swap", "location.hash === '#v4..v29' && document.querySelector('#v29.shown')") == "Swap"
    assert press("Latest version", "document.querySelector('#version').textContent === ''") == "Expand all"
    assert press("Enlarge", "document.querySelector('figure.large canvas')") == "Reduce"
    said = "document.querySelector('figure.large .none')?.textContent"
    assert press("Compare with others", said) == "Reduce"
    assert page.run(said) == "No other object of cities has numbers here."
    assert press("Show 18 older events", "document.querySelector('#timeline #v1')") == "v18"
    page.open(f"{address}index.html?in=packages")
    page.wait(READY)
    assert press("Next", "location.search.includes('page=2')") == "Next"
    assert press("Previous", "!location.search.includes('page=2')") == "Next"


NAMES = """
[...document.querySelectorAll('button, input, select, a[href], figure svg')].filter((each) =>
  !(each.textContent.trim() || each.getAttribute('aria-label') || each.labels?.length)).map((each) => each.outerHTML)
"""


def test_controls_have_names_and_heads_have_an_order(page, address):
    for path in ("index.html?q=oslo", "o/cities/oslo.html#v30", "changes.html", "404.html"):
        page.open(address + path)
        page.wait(READY if path.startswith("index") else "document.readyState === 'complete'")
        assert page.run(NAMES) == []
        heads = page.run("[...document.querySelectorAll('h1, h2, h3')].map(each => Number(each.tagName[1]))")
        assert heads[0] == 1
        assert heads.count(1) == 1
        assert all(later <= before + 1 for before, later in pairwise(heads))
        twice = page.run(
            "(ids => ids.filter((id, at) => ids.indexOf(id) !== at))([...document.querySelectorAll('[id]')].map(each => each.id))"
        )
        assert twice == []


# --- axe -------------------------------------------------------------------------------------------

AXE = MODULES / "axe-core" / "axe.min.js"
needs_axe = pytest.mark.skipif(not AXE.exists(), reason="axe-core, which dev.py test installs with npm, is not found")
VIOLATIONS = """
axe.run({ exclude: ["tbody tr:nth-child(n+6)", "#timeline > li:nth-child(n+9)", ".latest li:nth-child(n+9)"] },
  { resultTypes: ["violations"], RULES }).then((found) => found.violations.flatMap((each) =>
    each.nodes.slice(0, 3).map((node) => `${each.id}: ${node.html.slice(0, 120)} ${node.failureSummary}`)))
"""


def violations(page, *rules):
    page.run(f"if (!window.axe) {{{{ {AXE.read_text('utf-8')} }}}}; null")
    chosen = f"runOnly: {list(rules)}" if rules else ""
    return page.run(VIOLATIONS.replace("RULES", chosen))


def enlarged(page):
    page.run("document.querySelector('figure.plot button').click()")
    page.wait("document.querySelector('figure.large canvas')")
    page.run("document.querySelector('figure.large button').click()")
    page.wait("document.querySelector('figure.large .range ~ *')")


FOUND = "index.html?in=packages&q=http+client"
OLD, COMPARED = "o/cities/oslo.html#v30", "o/cities/oslo.html#v3..v41"
VISITS = [
    ("index.html", READY), (FOUND, READY), (OLD, enlarged), (COMPARED, VERSION), ("o/empty.html", OBJECT),
    (f"o/{name_of('CON')}.html#v1..v3", VERSION), ("changes.html", None), ("list/1.html", None), ("404.html", None),
    ("object.html#cities%2Foslo", OBJECT), ("object.html", "!document.querySelector('#any .lead')"),
    ("empty/index.html", None),
]  # fmt: skip


def visit(page, url, ready):
    page.open(url)
    if isinstance(ready, str):
        page.wait(ready)
    elif ready is not None:
        page.wait(VERSION)
        ready(page)


@needs_axe
def test_axe_finds_nothing(page, address):
    for path, ready in VISITS:
        visit(page, address + path, ready)
        assert violations(page) == [], path
        if path in ("index.html", OLD, COMPARED):  # they have every colour
            page.look(dark=True)
            assert violations(page, "color-contrast") == [], path
            page.look()


@needs_axe
def test_axe_finds_nothing_on_a_phone_and_without_script(page, address):
    page.look(390, 844)
    for path, ready in ((FOUND, READY), (OLD, enlarged)):
        visit(page, address + path, ready)
        assert violations(page) == [], path
    for path in ("index.html", "o/cities/oslo.html", "object.html"):
        plain(page, address + path)
        assert violations(page) == [], path
