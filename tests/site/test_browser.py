"""The pages in a real browser: tables, versions, plots, and what nothing in a store can make of them."""

import json
import threading
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from browser import CHROMIUM
from pages import OBJECT, PATH, READY
from told import HOSTILE_IDS, cities, damaged, entry, hostile, prices, write

from gh_store import site
from gh_store.site.names import name_of
from gh_store.site.serve import Server

pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"), pytest.mark.untraced]


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
    page.open(f"{address}index.html?in=packages&sort=.rank")
    page.wait(READY)
    assert page.run("document.querySelector('th[aria-sort=ascending]').textContent") == "rank"
    assert page.texts("tbody tr td:nth-child(2)")[:3] == ["1", "2", "3"]
    page.run("document.querySelector('th[aria-sort] button').focus()")
    page.press("Enter", "\r", 13)
    page.wait("document.querySelector('th[aria-sort=descending]')")
    assert page.run("document.activeElement.dataset.sort") == ".rank"
    assert page.run("location.search") == "?in=packages&sort=-.rank"
    assert page.texts("tbody tr td:nth-child(2)")[0] == "2000"
    page.run("document.querySelector('#pages button:last-child').click()")
    page.wait("location.search.includes('page=2')")
    page.run("history.back()")
    page.wait("!location.search.includes('page=2')")
    page.open(f"{address}index.html?in=no+such")
    page.wait("document.querySelector('#rows .none')")
    assert page.text("#rows") == "No object matches."
    assert page.run("document.querySelector('#search select').selectedOptions[0].textContent") == "no such"
    page.open(f"{address}index.html?sort=-version")
    page.wait("document.querySelector('th[aria-sort=descending]')")
    assert page.texts("tbody tr td:last-child")
    assert page.texts("tbody tr td:nth-child(3)")[:2] == ["530", "41"]


COPIED = """(async () => {
  navigator.clipboard.writeText = async (text) => { window.copied = text; };
  const copying = [...document.querySelectorAll('#tools button')].at(-1);
  if (copying.hidden) return null;
  copying.click();
  while (copying.textContent !== 'Copied') await new Promise((done) => setTimeout(done, 5));
  return window.copied;
})()"""


def test_versions_their_differences_and_one_that_never_was(page, address):
    documents = {event["version"]: event["data"] for event in next(iter(cities())).value["history"]}
    page.open(f"{address}o/cities/oslo.html")
    page.wait("document.querySelector('#tools button')")
    latest = page.text("#tree")
    assert '    "temperature": 10.0\n' in page.run(COPIED)
    assert '"stations": [\n' in page.run(COPIED)
    page.run("document.querySelector('#v30 a').click()")
    page.wait("document.querySelector('#version').textContent.startsWith('Version 30 of 41')")
    assert "temperature: 9.0" in page.text("#tree")
    assert "stations" not in page.text("#tree")
    assert "stations" not in (copied := page.run(COPIED))
    assert json.loads(copied)["reading"] == documents[30]["reading"]
    for wrong in ("-1", "3.5", "42"):
        page.run(
            f"(field => {{ field.value = '{wrong}'; field.dispatchEvent(new Event('change')); }})(document.querySelector('#version input'))"
        )
        assert page.run("[location.hash, document.querySelector('#version input').validity.valid]") == ["#v30", False]
    page.run("[...document.querySelectorAll('#version button')].find(each => each.textContent === 'Previous').click()")
    page.wait("document.querySelector('#version').textContent.startsWith('Version 29')")
    page.run("location.hash = '#v3..v41'")
    page.wait("document.querySelector('#tree ins')")
    assert "stations" in page.text("#tree")
    assert page.run(COPIED) is None
    for wrong in ("v5..v-1", "v", "v3.5", "v3..", "v-2"):
        page.run(f"location.hash = '#{wrong}'")
        page.wait(f"document.querySelector('#version').textContent.includes('There is no such version: {wrong}.')")
    assert page.text("#tree") == latest
    page.run("location.hash = '#version'")
    page.wait("document.querySelector('#version').textContent === ''")
    page.run("location.hash = '#v99'")
    page.wait("document.querySelector('#version').textContent.includes('There is no version 99.')")
    assert page.text("#tree") == latest
    page.run("location.hash = '#v3..v12345678901'")
    page.wait("document.querySelector('#version').textContent.includes('There is no version 12345678901.')")
    page.run(
        "[...document.querySelectorAll('#version button')].find(each => each.textContent === 'Latest version').click()"
    )
    page.wait("document.querySelector('#version').textContent === ''")


def test_a_version_that_nothing_is_told_of(page, address):
    page.open(f"{address}o/lost.html#v3")
    page.wait("document.querySelector('#version').textContent.includes('Nothing is told of version 3.')")
    page.run("location.hash = '#v4'")
    page.wait("document.querySelector('#version').textContent.startsWith('Version 4 of 5')")
    page.run("location.hash = '#v2..v3'")
    page.wait("document.querySelector('#version').textContent.includes('Nothing is told of version 3.')")


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
    for name in ("cities/oslo", "many", "wide", "deep", "crowded", "nested", name_of("CON")):
        page.open(f"{address}o/{name}.html")
        page.wait("document.querySelector('#tools button')")
        same = page.run(
            "(async () => { const [{ tree }, { parse }, { load }] = await Promise.all(['render', 'gh-store', 'text'].map(each => import(new URL(`assets/${each}.js`, document.querySelector('script[src]').src.replace('assets/app.js', '')))));"
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
    for name in ("cities/oslo", "prices/bitcoin", "crowded", "waiting", "nested", name_of("CON")):
        page.open(f"{address}o/{name}.html")
        same = page.run(
            "(async () => { const [{ item, often }, { Past }, { HERE }] = await Promise.all(['object', 'gh-store', 'text'].map(each => import(new URL(`assets/${each}.js`, document.querySelector('script[src]').src.replace('assets/app.js', '')))));"
            "const past = new Past(HERE, document.querySelector('#object').dataset.name); await past.all(); const counted = often(past.events);"
            "const plain = (each) => each.outerHTML.replace(/>\\s+</g, '><').replace(/\\s+/g, ' ');"
            "const made = past.events.toReversed().slice(0, 25).map(each => plain(item(each, counted, document.querySelector('#object').dataset.issues)));"
            "const built = [...document.querySelectorAll('#timeline > li')].map(plain);"
            "const at = made.findIndex((each, at) => each !== built[at]); return at < 0 ? null : [made[at], built[at]]; })()"
        )
        assert same is None, _parted(*same)


@contextmanager
def serving(page, folder):
    with Server(folder, 0, PATH) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.address
        server.shutdown()
        thread.join()
    page.requests.clear()  # they went to the other site


def test_a_site_without_pages_of_objects_shows_them_by_script(page, address, tmp_path):
    led = ["o/a", "x/o/y", "cities/oslo"]
    source = write(
        tmp_path / "snapshot.json", [*cities(), *hostile(), *damaged(), entry("o/a", 1, {}), entry("x/o/y", 2, {})]
    )
    site.build(source, tmp_path / "_site", site.Options(pages=False))
    with serving(page, tmp_path / "_site") as there:
        page.open(f"{there}404.html")
        for object_id in ("cities/oslo", *HOSTILE_IDS):
            named = page.run(f"import('{PATH}assets/gh-store.js').then((any) => any.nameOf({json.dumps(object_id)}))")
            assert named == name_of(object_id)
        for object_id in led:
            page.open(f"{there}o/{object_id}.html#v30")
            page.wait("document.querySelector('#version')?.textContent")
            assert page.run("location.href") == f"{there}object.html#{quote(object_id, safe='')}#v30"
        assert page.text("#version span") == "Version 30 of 41, 2 Aug 2026, 13:00"
        assert page.text("h1") == "cities/oslo v41"
        page.run("location.hash = '#cities%2Foslo#v5..v-1'")
        page.wait("document.querySelector('#version').textContent.includes('There is no such version: v5..v-1.')")
        assert "by grace · created 1 Aug 2026, 08:00 · issue #6001 · JSON · history as JSON" in page.text(".lead")
        assert page.text("#any .note") == "1 update is pending, and not part of this data yet."
        assert page.text("h2#history") == "History 43 events"
        assert page.text(".crumbs") == "Objects / cities"
        page.open(f"{there}index.html?q=xxx")
        page.wait(READY)
        page.open(page.run("document.querySelector('tbody a').href"))
        page.wait("document.querySelector('#tools button')")
        assert page.text("h1") == "x" * 165 + " v3"
        page.open(f"{there}object.html#astray")
        page.wait("document.querySelector('#tools button')")
        assert "The history below does not lead to this data" in page.text("#any .note")
        page.open(f"{there}object.html#nobody")
        page.wait("!document.querySelector('#any .lead')")
        assert page.text("h1") == "There is no object nobody"
    page.messages.clear()  # that four pages were missing


def test_without_pages_and_history_nothing_is_asked_for_that_is_not_there(page, address, tmp_path):
    source = write(tmp_path / "snapshot.json", [entry("a/b", 1, {"x": 1}, history=False)])
    site.build(source, tmp_path / "_site", site.Options(pages=False))
    with serving(page, tmp_path / "_site") as there:
        page.open(f"{there}object.html#a%2Fb#v2")
        page.wait("document.querySelector('#version')?.textContent.includes('There is no version 2.')")
        assert "This snapshot has no history." in page.text("main")
        assert not page.messages


PLOTS = "[...document.querySelectorAll('figure.plot')].map(each => each.innerText + decodeURIComponent(each.dataset.path) + each.querySelector('polyline').getAttribute('points'))"


def test_plots_of_any_key_enlarged_and_beside_those_of_other_objects(page, address, tmp_path):
    """Keys and collections as in Persian, with what HTML cannot hold, and a number that nothing can draw."""
    key, collection = "t\u200ci\x00\r/~", "می\u200cشود"

    def city(number, first):
        hours = [("append", {key: first + hour}) for hour in range(3)]
        return entry(f"{collection}/{number}", number, {key: first}, [*hours, ("append", {key: 10**400})])

    objects = [
        *(city(number, 10 * number) for number in range(1, 9)),
        entry(f"{collection}/still", 20, {"t": 1}),
        entry("other/x", 21, {key: 1}, [("append", {key: 900 + hour}) for hour in range(9)]),
    ]
    shown, small = write(tmp_path / "snapshot.json", objects), []
    for own in (True, False):
        site.build(shown, tmp_path / f"{own}", site.Options(pages=own))
        with serving(page, tmp_path / f"{own}") as there:
            object_id = f"{collection}/3"
            page.open(there + (f"o/{name_of(object_id)}.html" if own else f"object.html#{quote(object_id, safe='')}"))
            page.wait(OBJECT)
            small.append(page.run(PLOTS))
            assert page.text("figure.plot .path") == r"t\u200ci\u0000\u000d/~"
            page.run("document.querySelector('figure.plot button').click()")
            page.wait("document.querySelector('figure.large canvas')")
            assert page.text("figure.large .range").startswith("30 to 32\n3 values\n")
            page.run("document.querySelector('figure.large button').click()")
            page.wait("document.querySelector('figure.other')")
            assert page.texts("figure.other figcaption") == ["3 32", "1 12", "2 22", "4 42", "5 52", "6 62"]
            assert page.text(".scale").endswith("on one scale: 10 to 62")
            assert page.run("document.querySelector('.other a').href") == there + (
                f"o/{name_of(f'{collection}/1')}.html" if own else f"object.html#{quote(f'{collection}/1', safe='')}"
            )
            starts = page.run("[...document.querySelectorAll('.other polyline')].map(each => each.points[0].y)")
            assert starts[1:] == sorted(starts[1:], reverse=True)
            assert starts[2] > starts[0] > starts[3]
    assert len(small[0]) == 1
    assert small[0] == small[1], "by script as by the build"
    page.open(f"{address}o/prices/bitcoin.html")
    page.wait(OBJECT)
    built = page.run(PLOTS)
    page.open(f"{address}object.html#prices%2Fbitcoin")
    page.wait(OBJECT)
    assert "Of the newest 30 events." in page.text("#over-time")
    assert page.text("figure.plot .range") == "45,142.1 to 45,765\n30 values\nEnlarge"
    page.run("document.querySelector('figure.plot button').click()")
    page.wait("document.querySelector('figure.large canvas')")
    assert page.text("figure.plot .range").endswith("530 values\nCompare with others\nReduce")
    page.run("document.querySelector('figure.plot .range button:last-child').click()")
    page.wait("!document.querySelector('figure.large')")
    assert page.run("document.querySelector('figure.plot svg').checkVisibility()")
    drawn = page.run(PLOTS)
    assert [built[0] == drawn[0], len(built), len(drawn)] == [True, 3, 3], "enlarged, it tells of all events"


def test_a_page_that_is_missing(page, address):
    assert json.loads(page.run("JSON.stringify(1)")) == 1
    page.open(f"{address}o/nobody/here.html")
    assert page.text("h1") == "There is no such page"
    assert page.run("getComputedStyle(document.body).fontSize") == "15px"
    page.messages.clear()  # that it is missing
