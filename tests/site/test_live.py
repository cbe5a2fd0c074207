"""The module in a page of one's own, and pages that ask GitHub, in a real browser, over HTTP."""

import json
import threading
from contextlib import contextmanager
from html import unescape
from urllib.parse import urlsplit

import pytest
from browser import CHROMIUM
from shipped.pages import BLOCKS
from told import START, cities, entry, files, hostile
from world import REPOSITORY

from gh_store import ConfigurationError, site, snapshots
from gh_store.site.serve import Server

PATH = "/open-data/"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


def needs_browser(test):
    """Its lines are those of other tests, but for what the browser runs."""
    return pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")(pytest.mark.untraced(test))


@pytest.fixture
def page(opened):
    """The browser, with nothing of the page before."""
    opened.look()
    opened.open("about:blank")
    opened.messages.clear()
    opened.requests.clear()
    return opened


@contextmanager
def serving(folder):
    with Server(folder, 0, PATH) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.address
        server.shutdown()
        thread.join()


def asked_outside(opened, address):
    """What was asked for outside of the site, and nothing on the console; both are forgotten then."""
    messages, requests = [*opened.messages], [*opened.requests]
    opened.messages.clear()
    opened.requests.clear()
    assert not messages
    return [url for url in requests if not url.startswith((address, "about:"))]


# --- elements -------------------------------------------------------------------------------------

OWN = f"""<!doctype html>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<script type="module" src="assets/gh-store.js"></script>
<p><gh-store-object id="one" object="cities/oslo" field="title">loading</gh-store-object>
<p><gh-store-object id="path" object="cities/oslo" field="/stations/1/kind"></gh-store-object>
<p><gh-store-object id="dots" object="cities/oslo" field="reading.temperature"></gh-store-object>
<p><gh-store-object id="list" object="cities/oslo" field="stations"></gh-store-object>
<p><gh-store-object id="all" object="cities/bodo" site="./index.html"></gh-store-object>
<p><gh-store-object id="bad" object="CON" field="</script><script>alert(1)</script>"></gh-store-object>
<p><gh-store-object id="proto" object="CON" field="__proto__.polluted"></gh-store-object>
<p><gh-store-object id="bidi" object="CON" field="/bidi&#x202e;"></gh-store-object>
<p><gh-store-object id="none" object="cities/oslo" field="nothing">as it was</gh-store-object>
<p><gh-store-list id="cities" collection="cities" fields="title, reading.temperature,/stations/0/name"></gh-store-list>
<p><gh-store-list id="some" limit="3"></gh-store-list>
"""


@needs_browser
def test_elements_show_text_under_a_strict_policy(page, build):
    folder = build([*cities(), *hostile()])
    assert {"gh-store.js", "gh-store.d.ts"} <= {file.name for file in (folder / "assets").iterdir()}
    (folder / "own.html").write_text(OWN, encoding="utf-8")
    with serving(folder) as address:
        page.open(f"{address}own.html")
        page.wait("[...document.querySelectorAll('gh-store-object, gh-store-list')].every(each => each.dataset.state)")
        text = {
            each: page.text(f"#{each}")
            for each in ("one", "path", "dots", "list", "all", "bad", "proto", "bidi", "none")
        }
        assert text == {
            "one": "Oslo", "path": "mountain", "dots": page.text("#cities tbody tr:nth-child(2) td:nth-child(3)"),
            "list": '[{"height_m": 12, "kind": "urban", "name": "Oslo sentrum"}, {"height_m": 514, "kind": "mountain", "name": "Oslo fjell"}]',
            "all": '{"homepage": null, "title": "Bodø"}', "bad": "<img src=x onerror=alert(1)>", "proto": "true",
            "bidi": "gpj.exe\\u202etxt\\u200b", "none": "as it was",
        }  # fmt: skip
        assert page.texts("#cities th") == [
            "Object",
            "title",
            "reading.temperature",
            "/stations/0/name",
            "cities/bodo",
            "cities/oslo",
        ]
        assert page.texts("#cities tbody tr:nth-child(1) td") == ["Bodø", "", ""]
        assert len(page.texts("#some tbody tr")) == 3
        assert page.run("document.querySelector('#none').dataset.state") == "missing"
        page.run("document.querySelector('#one').setAttribute('field', 'homepage')")
        page.wait("document.querySelector('#one').textContent === 'https://example.org/oslo'")
        assert page.run("document.querySelectorAll('p img, p script, p a').length") == 0
        assert page.run("import('./assets/gh-store.js?of=another').then((module) => typeof module.fold)") == "function"
        assert asked_outside(page, address) == []


@needs_browser
def test_the_page_of_the_docs_shows_what_it_says(page, build):
    (code,) = (block.code for block in BLOCKS if block.kind == "html" and "<gh-store-" in block.code)
    folder = build([entry("cities/oslo", 1, {"name": "Oslo", "wind": 5.6}), entry("other", 2, {"wind": 1})])
    with serving(folder) as address:
        text = code.replace("https://ada.github.io/site/", address)
        (folder / "own.html").write_text(text.replace("<script", '<link rel="icon" href="data:,"><script'))
        page.open(f"{address}own.html")
        page.wait("document.querySelectorAll('[data-state=shown]').length === 2")
        assert page.texts("p, td") == ["Wind in Oslo: 5.6 m/s\nObjectnamewindcities/osloOslo5.6\n", "Oslo", "5.6"]
        assert asked_outside(page, address) == []


# --- pages that ask -------------------------------------------------------------------------------


@pytest.fixture
def live(hub, tmp_path):
    """Makes a site of the store as it is, whose pages ask; and an hour passes."""

    def make(**chosen):
        hub.store().write_snapshot(tmp_path / "snapshot.json", history=True, **chosen)
        site.build(tmp_path / "snapshot.json", tmp_path / "_site", site.Options(live=True))
        hub.clock.at += 3_600
        hub.asked()
        return tmp_path / "_site"

    return make


def policies(folder):
    return {unescape(text).partition("connect-src ")[2].partition(";")[0] for _, text in pages(folder)}


def pages(folder):
    return [(name, text.decode()) for name, text in files(folder).items() if name.endswith(".html")]


def test_only_pages_that_were_asked_to_may_ask(live, hub, build):
    hub.near().create("a", {"n": 1})
    assert policies(live()) == {f"'self' {hub.address}"}
    assert policies(build(cities())) == {"'self'"}
    assert not [name for name, text in pages(build(cities())) if 'id="live"' in text]


@pytest.mark.parametrize(
    ("api", "source"),
    [
        ("https://api.github.com", "'self' https://api.github.com"),
        ("https://ghe.example:8443/api/v3", "'self' https://ghe.example:8443/api/v3/"),
        (None, None),
        ("https://api.github.com; script-src *", None),
        ("https://a.example https://b.example", None),
        ("javascript:alert(1)", None),
        ("https://a.example/?x", None),
        ("*", None),
    ],
)
def test_a_policy_names_the_api_of_the_snapshot_alone(tmp_path, api, source):
    header = snapshots.Header(START, "ada/open-data", True, "https://github.com", api)
    snapshots.write(tmp_path / "snapshot.json", snapshots.Snapshot(header, [*cities()][::-1]))
    if source is not None:
        site.build(tmp_path / "snapshot.json", tmp_path / "_site", site.Options(live=True))
        assert policies(tmp_path / "_site") == {source}
        told = json.loads((tmp_path / "_site" / "index" / "meta.json").read_text())["live"]
        named = {"api": api, "repository": "ada/open-data", "time": "2026-08-01T08:00:00Z"}
        assert told == {**named, "prefix": "", "labels": []}
        return
    with pytest.raises(ConfigurationError, match="which API") as raised:
        site.build(tmp_path / "snapshot.json", tmp_path / "_site", site.Options(live=True))
    assert (raised.value.exit_code, "leave out --live" in raised.value.hint) == (2, True)
    assert not (tmp_path / "_site").exists()


def test_the_command_line_makes_such_pages(shell, hub):
    hub.near().create("a", {"n": 1})
    hub.store().write_snapshot(shell.folder / "snapshot.json", history=True)
    hub.near().write_snapshot(shell.folder / "embedded.json", history=True)
    shell.run("site", "snapshot.json", "--live")
    assert policies(shell.folder / "_site") == {f"'self' {hub.address}"}
    _, err = shell.run("site", "embedded.json", "--live", "--output", "none", code=2)
    assert "Take it from a store on GitHub" in err
    assert not (shell.folder / "none").exists()


@needs_browser
def test_pages_say_what_github_has(page, live, hub):
    ours = hub.store()
    for object_id in ("s/oslo", "s/Lund", "s/gone", "s/same", "other", "s/vain"):
        ours.create(object_id, {"n": 1, "__proto__": {"x": 1}})
    folder = live(prefix="s/")
    ours.update("s/oslo", {"n": 9.0}, process=True)
    ours.update("s/oslo", {"n": 3}, process=True)
    ours.update("s/oslo", {"m": "<b>"})
    for object_id in ("s/oslo", "s/vain"):
        ours.update(object_id, [{"op": "remove", "path": "/none\u202e"}], mode="patch")
    ours.update("s/Lund", {"n": 5}, process=True)
    ours.delete("s/gone")
    ours.update("other", {"n": 2}, process=True)
    hub.asked()
    rejected = r"1 update would be rejected: The patch does not apply: there is no /none\u202e."
    with serving(folder) as address:
        page.call("Network.clearBrowserCache")
        page.open(f"{address}index.html")
        page.wait("document.querySelector('#live').textContent")
        assert (
            page.text("#live")
            == "3 objects changed on GitHub since this site was made; 2 objects may have pending updates."
        )
        page.open(f"{address}o/s/oslo.html")
        page.wait("document.querySelector('#live button')")
        assert (
            page.text("#live") == "GitHub has version 3\nShow it\npending\n2 comments on GitHub may be updates\nPreview"
        )
        page.run("document.querySelectorAll('#live button')[0].click()")
        assert page.text("#version span") == "Version 3, as GitHub has it"
        assert page.texts("#tree li") == ["__proto__: 1 keyx: 1", "x: 1", "n: 3"]
        page.run("document.querySelectorAll('#live button')[1].click()")
        page.wait("document.querySelector('#version .pill')")
        assert page.texts("#version > *") == [
            "pending",
            "Version 4, if 1 pending update counts",
            rejected,
            "Version 1, as of this page",
        ]
        assert page.texts("#tree li") == ["__proto__: 1 keyx: 1", "x: 1", "m: <b>", "n: 3"]
        page.run("document.querySelector('#version button').click()")
        assert page.texts("#tree li")[-1] == "n: 1"
        page.open(f"{address}o/s/vain.html")
        page.wait("document.querySelector('#live button')")
        page.run("document.querySelector('#live button').click()")
        page.wait("!document.querySelector('#live button')")
        assert page.text("#live") == f"pending\n1 comment on GitHub may be an update\n{rejected}"
        page.open(f"{address}object.html#s%2FLund")
        page.wait("document.querySelector('#live button')")
        assert page.text("#live") == "GitHub has version 2\nShow it"
        page.open(f"{address}o/s/gone.html")
        page.wait("document.querySelector('#live').textContent === 'This object was deleted on GitHub.'")
        page.run("localStorage.setItem('gh-store-live', '[]')")
        page.open(f"{address}o/s/same.html")
        page.wait("localStorage.getItem('gh-store-live') === null")  # it has asked
        assert page.text("#live") == ""
        outside = asked_outside(page, address)
        assert {urlsplit(url).path for url in outside} == {
            f"/repos/{REPOSITORY}/issues",
            f"/repos/{REPOSITORY}/issues/1/comments",
            f"/repos/{REPOSITORY}/issues/6/comments",
        }
        assert len(hub.asked()) == 3, "the browser's cache answers the pages for a minute"


@needs_browser
def test_the_next_page_asks_nothing_while_github_wants_a_pause(page, live, hub):
    hub.near().create("a", {"n": 1})
    with serving(live()) as address:
        page.call("Network.clearBrowserCache")
        hub.trouble.add({"kind": "secondary-limit", "seconds": 90})
        for _ in range(3):
            page.open(f"{address}index.html")
            page.wait("localStorage.getItem('gh-store-live')")
        assert len(hub.asked()) == 1
        page.run("localStorage.clear()")
        assert [each for each in page.messages if "403" not in each] == []
        page.messages.clear()
        page.requests.clear()
