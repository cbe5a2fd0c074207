"""The pages in a real browser: by keyboard, on a phone, in the dark, printed and without script."""

import json
import threading
from itertools import pairwise

import pytest
from browser import CHROMIUM, Browser, browser
from shipped.node import MODULES
from told import HOSTILE_IDS, cities, entry, hostile, packages, prices, write

from gh_store import site
from gh_store.site.names import name_of
from gh_store.site.serve import Server

pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"), pytest.mark.untraced]

PATH = "/open-data/"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    source = write(folder / "snapshot.json", [*packages(2_000), prices(530), *cities(), *hostile()])
    site.build(source, folder / "_site", site.Options("Open data", "What Ada keeps"))
    site.build(write(folder / "empty.json", []), folder / "_site" / "empty", site.Options("Nothing yet"))
    with Server(folder / "_site", 0, PATH) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.address
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture
def page(opened: Browser, address):
    """The browser; after each test nothing may have come on its console, nor anything from elsewhere."""
    opened.look()
    yield opened
    opened.script(on=True)
    outside = [url for url in opened.requests if not url.startswith((address, "about:"))]
    messages = [*opened.messages]
    opened.requests.clear()
    opened.messages.clear()
    assert not messages
    assert not outside


READY = "document.querySelector('#objects th button')"
OBJECT = "document.querySelector('#tools button')"
VERSION = "document.querySelector('#version')?.textContent"


def test_a_search_by_keyboard_is_told_by_the_address(page, address):
    page.open(f"{address}index.html")
    page.wait(READY)
    assert page.run("document.querySelectorAll('tbody tr').length") == 100
    page.run("document.querySelector('input[type=search]').focus()")
    page.type("HTTP client")
    page.wait("document.querySelectorAll('tbody tr').length < 20")
    found = page.texts("tbody tr td.id")
    assert found
    assert page.run("location.search") == "?q=HTTP+client"
    assert page.run(
        "getComputedStyle(document.querySelector('.latest')).display !== 'none' && document.querySelector('.latest').offsetHeight"
    ) in (False, 0)
    page.open(f"{address}index.html?q=HTTP+client")
    page.wait(READY)
    assert page.texts("tbody tr td.id") == found


def test_columns_sort_choices_and_pages(page, address):
    page.open(f"{address}index.html?in=packages&sort=rank")
    page.wait(READY)
    assert page.run("document.querySelector('th[aria-sort=ascending]').textContent") == "rank"
    assert page.texts("tbody tr td:nth-child(2)")[:3] == ["1", "2", "3"]
    page.run("document.querySelector('th[aria-sort] button').focus()")
    page.press("Enter", "\r", 13)
    page.wait("document.querySelector('th[aria-sort=descending]')")
    assert page.run("document.activeElement.dataset.sort") == "rank"
    assert page.texts("tbody tr td:nth-child(2)")[0] == "2000"
    page.run("document.querySelector('#pages button:last-child').click()")
    page.wait("location.search.includes('page=2')")
    page.run("history.back()")
    page.wait("!location.search.includes('page=2')")
    page.open(f"{address}index.html?q=no+such+thing")
    page.wait("document.querySelector('#rows .none')")
    assert page.text("#rows") == "No object matches."


def test_versions_their_differences_and_one_that_never_was(page, address):
    page.open(f"{address}o/cities/oslo.html")
    page.wait("document.querySelector('#tools button')")
    latest = page.text("#tree")
    page.run("document.querySelector('#v30 a').click()")
    page.wait("document.querySelector('#version').textContent.startsWith('Version 30 of 41')")
    assert "temperature: 9.0" in page.text("#tree")
    assert "stations" not in page.text("#tree")
    page.run("[...document.querySelectorAll('#version button')].find(each => each.textContent === 'Previous').click()")
    page.wait("document.querySelector('#version').textContent.startsWith('Version 29')")
    page.run("location.hash = '#v3..v41'")
    page.wait("document.querySelector('#tree ins')")
    assert "stations" in page.text("#tree")
    page.run("location.hash = '#v99'")
    page.wait("document.querySelector('#version').textContent.includes('There is no version 99.')")
    assert page.text("#tree") == latest
    page.run(
        "[...document.querySelectorAll('#version button')].find(each => each.textContent === 'Latest version').click()"
    )
    page.wait("document.querySelector('#version').textContent === ''")


def test_every_version_of_a_long_history(page, address):
    stored = [each[1] for each in _prices()]
    page.open(f"{address}o/prices/bitcoin.html#v2")
    for version in (2, 30, 499, 500, 501):
        page.run(f"location.hash = '#v{version}'")
        page.wait(f"document.querySelector('#version').textContent.startsWith('Version {version} of 530')")
        expected = stored[version - 1]["bpi"]["USD"]["rate"]
        assert expected in page.run("document.querySelector('#tree').textContent")


def _prices():
    value = prices(530).value
    return [(event["version"], event["data"]) for event in value["history"]]


def test_older_events_and_large_plots(page, address):
    page.open(f"{address}o/cities/oslo.html")
    page.wait("document.querySelector('#older button')")
    assert page.run("document.querySelectorAll('#timeline > li').length") == 25
    page.run("document.querySelector('#older button').click()")
    page.wait("document.querySelector('#timeline #v1')")
    assert page.run("document.querySelectorAll('#timeline > li').length") == 43
    page.run("document.querySelector('figure.plot button').click()")
    page.wait("document.querySelector('figure.large canvas')")
    assert page.run("document.querySelectorAll('figure svg[hidden]').length") == 1


def test_the_page_by_script_is_that_of_the_build(page, address):
    for name in ("cities/oslo", "many", "wide", "deep", name_of("CON")):
        page.open(f"{address}o/{name}.html")
        page.wait("document.querySelector('#tools button')")
        same = page.run(
            "(async () => { const [{ tree }, { parse, load }] = await Promise.all(['render', 'text'].map(each => import(new URL(`assets/${each}.js`, document.querySelector('script[src]').src.replace('assets/app.js', '')))));"
            "const { data } = parse(await load(`api/objects/${document.querySelector('#object').dataset.name}.json`));"
            "const made = tree(data); return made.outerHTML === document.querySelector('#tree').firstElementChild.outerHTML || [made.outerHTML, document.querySelector('#tree').firstElementChild.outerHTML]; })()"
        )
        assert same is True, (name, _parted(*same))


def _parted(one, other):
    at = next(
        (at for at, (here, there) in enumerate(zip(one, other, strict=False)) if here != there),
        min(len(one), len(other)),
    )
    return one[at - 60 : at + 60], other[at - 60 : at + 60]


def test_a_hostile_store_does_nothing(page, address):
    page.open(f"{address}index.html?in=")
    page.wait(READY)
    names = page.texts("td.id")
    assert len(names) > 15
    assert any("\\u202e" in name for name in names)
    for object_id in HOSTILE_IDS[2:9]:
        page.open(f"{address}o/{name_of(object_id)}.html#v1")
        page.wait("document.querySelector('#version').textContent.startsWith('Version 1 of 3')")
        assert page.run("Object.prototype.polluted === undefined && [...document.scripts].length") == 1
        assert "polluted: 1" in page.text("#tree")
    page.run("location.hash = '#v1..v3'")
    page.wait("document.querySelector('#tree ins')")


def test_events_by_script_are_those_of_the_build(page, address):
    for name in ("cities/oslo", "prices/bitcoin", name_of("CON")):
        page.open(f"{address}o/{name}.html")
        same = page.run(
            "(async () => { const [{ item, often }, { Past }] = await Promise.all(['object', 'past'].map(each => import(new URL(`assets/${each}.js`, document.querySelector('script[src]').src.replace('assets/app.js', '')))));"
            "const past = new Past(document.querySelector('#object').dataset.name); await past.all(); const counted = often(past.events);"
            "const plain = (each) => each.outerHTML.replace(/>\\s+</g, '><').replace(/\\s+/g, ' ');"
            "const made = past.events.toReversed().slice(0, 25).map(each => plain(item(each, counted, document.querySelector('#object').dataset.issues)));"
            "const built = [...document.querySelectorAll('#timeline > li')].map(plain);"
            "const at = made.findIndex((each, at) => each !== built[at]); return at < 0 ? null : [made[at], built[at]]; })()"
        )
        assert same is None, _parted(*same)


def test_a_site_without_pages_of_objects_shows_them_by_script(page, address, tmp_path):
    source = write(tmp_path / "snapshot.json", [*cities(), *hostile()])
    site.build(source, tmp_path / "_site", site.Options(pages=False))
    with Server(tmp_path / "_site", 0, PATH) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        page.open(f"{server.address}404.html")
        for object_id in ("cities/oslo", *HOSTILE_IDS):
            named = page.run(f"import('{PATH}assets/any.js').then((any) => any.nameOf({json.dumps(object_id)}))")
            assert named == name_of(object_id)
        page.open(f"{server.address}o/cities/oslo.html#v30")
        page.wait("document.querySelector('#version')?.textContent.startsWith('Version 30 of 41')")
        assert page.run("location.href") == f"{server.address}object.html#cities%2Foslo#v30"
        assert page.text("h1") == "cities/oslo v41"
        page.open(f"{server.address}index.html?q=xxx")
        page.wait(READY)
        page.open(page.run("document.querySelector('tbody a').href"))
        page.wait("document.querySelector('#tools button')")
        assert page.text("h1") == "x" * 165 + " v3"
        page.open(f"{server.address}object.html#nobody")
        page.wait("!document.querySelector('#any .lead')")
        assert page.text("h1") == "There is no object nobody"
        server.shutdown()
        thread.join()
    page.requests.clear()  # they went to the other site
    page.messages.clear()  # that two pages were missing


@pytest.mark.parametrize(
    "path",
    [
        "index.html?in=packages",
        "o/cities/oslo.html",
        "o/prices/bitcoin.html",
        "changes.html",
        "o/many.html",
        "o/wide.html",
    ],
)
def test_no_page_scrolls_sideways_on_a_phone(page, address, path):
    page.look(390, 844)
    page.open(address + path)
    page.wait(READY if "index" in path else "document.readyState === 'complete'")
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


def plain(page, url):
    """Open a page without script; what the tests ask runs after it is loaded."""
    page.script(on=False)
    page.open(url)
    page.script(on=True)


COLOURS = "(each => { const style = getComputedStyle(document.querySelector(each)); return [style.color, style.backgroundColor]; })"


def test_dark_and_printed(page, address):
    page.look(dark=True)
    page.open(f"{address}o/cities/oslo.html#v30")
    page.wait(VERSION)
    assert page.run(f"{COLOURS}('body')[1]") == "rgb(17, 21, 20)"
    page.look(media="print", dark=True)
    assert page.run(f"{COLOURS}('body')") == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    for each in ("ins", "del", ".pill", "#version", ".num", ".card a"):
        assert page.run(f"{COLOURS}('{each}')[0]") in ("rgb(0, 0, 0)", "rgb(51, 51, 51)"), each
    assert page.run("[...document.querySelectorAll('nav, button, input, select')].every(each => !each.offsetHeight)")
    uncut = "[...document.querySelectorAll('.plot, .changes, #timeline > li')].every(each => getComputedStyle(each).breakInside === 'avoid')"
    assert page.run(uncut)
    assert page.call("Page.printToPDF")["data"].startswith("JVBERi")  # %PDF


def test_in_forced_colours_nothing_is_told_by_colour_alone(page, address):
    page.look(dark=True, forced=True)
    page.open(f"{address}o/cities/oslo.html")
    page.wait(OBJECT)
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


def test_the_same_path_of_several_objects_side_by_side(page, address, tmp_path):
    def city(number, first):
        return entry(f"cities/{number}", number, {"t": first}, [("append", {"t": first + hour}) for hour in range(3)])

    objects = [
        *(city(number, 10 * number) for number in range(1, 9)),
        entry("cities/still", 20, {"t": 1}),
        entry("other/x", 21, {"t": 1}, [("append", {"t": 900})]),
    ]
    site.build(write(tmp_path / "snapshot.json", objects), tmp_path / "_site", site.Options())
    with Server(tmp_path / "_site", 0, PATH) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        page.open(f"{server.address}o/cities/3.html")
        page.wait(OBJECT)
        page.run("document.querySelector('figure.plot button').click()")
        page.wait("document.querySelector('figure.large canvas')")
        page.run("document.querySelector('figure.large button').click()")
        page.wait("document.querySelector('figure.other')")
        assert page.texts("figure.other figcaption") == ["3 32", "1 12", "2 22", "4 42", "5 52", "6 62"]
        assert page.text(".scale") == "t of cities, on one scale: 10 to 62"
        starts = page.run("[...document.querySelectorAll('.other polyline')].map(each => each.points[0].y)")
        assert starts[1:] == sorted(starts[1:], reverse=True)
        assert starts[2] > starts[0] > starts[3]
        server.shutdown()
        thread.join()
    page.requests.clear()  # they went to the other site


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
VISITS = [
    ("index.html", READY), (FOUND, READY), ("index.html?q=no+such+thing", "document.querySelector('#rows .none')"),
    ("o/cities/oslo.html", OBJECT), ("o/cities/oslo.html#v30", VERSION), ("o/cities/oslo.html#v3..v41", VERSION),
    ("o/cities/oslo.html#v99", VERSION), ("o/cities/oslo.html", enlarged), ("o/empty.html", OBJECT),
    (f"o/{name_of('CON')}.html#v1..v3", VERSION), ("changes.html", None), ("404.html", None),
    ("object.html", "!document.querySelector('#any .lead')"), ("object.html#cities%2Foslo", OBJECT),
    ("empty/index.html", None), ("empty/changes.html", None), ("empty/list/1.html", None),
]  # fmt: skip


def visit(page, url, ready):
    page.open(url)
    if isinstance(ready, str):
        page.wait(ready)
    elif ready is not None:
        page.wait(OBJECT)
        ready(page)


@needs_axe
def test_axe_finds_nothing_in_light_and_dark(page, address):
    for path, ready in VISITS:
        visit(page, address + path, ready)
        assert violations(page) == [], path
        page.look(dark=True)
        assert violations(page, "color-contrast") == [], path
        page.look()


@needs_axe
def test_axe_finds_nothing_on_a_phone_and_without_script(page, address):
    page.look(390, 844)
    for path, ready in ((FOUND, READY), ("o/cities/oslo.html#v30", VERSION), ("o/cities/oslo.html", enlarged)):
        visit(page, address + path, ready)
        assert violations(page) == [], path
    for path in ("index.html", "o/cities/oslo.html", "object.html", "empty/index.html"):
        plain(page, address + path)
        assert violations(page) == [], path


NAMES = """
[...document.querySelectorAll('button, input, select, a[href], figure svg')].filter((each) =>
  !(each.textContent.trim() || each.getAttribute('aria-label') || each.labels?.length)).map((each) => each.outerHTML)
"""


def test_controls_have_names_and_heads_have_an_order(page, address):
    for path in ("index.html", "o/cities/oslo.html#v30", "changes.html", "list/1.html"):
        page.open(address + path)
        page.wait(READY if "index" in path else "document.readyState === 'complete'")
        assert page.run(NAMES) == []
        heads = page.run("[...document.querySelectorAll('h1, h2, h3')].map(each => Number(each.tagName[1]))")
        assert heads[0] == 1
        assert heads.count(1) == 1
        assert all(later <= before + 1 for before, later in pairwise(heads))
        twice = page.run(
            "(ids => ids.filter((id, at) => ids.indexOf(id) !== at))([...document.querySelectorAll('[id]')].map(each => each.id))"
        )
        assert twice == []


def test_a_page_that_is_missing(page, address):
    assert json.loads(page.run("JSON.stringify(1)")) == 1
    page.open(f"{address}o/nobody/here.html")
    assert page.text("h1") == "There is no such page"
    assert page.run("getComputedStyle(document.body).fontSize") == "15px"
    page.messages.clear()  # that it is missing
