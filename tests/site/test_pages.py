"""What the pages say, without script, and what nothing in an object can make of them."""

import hashlib
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest
from places import ROOT
from told import HOSTILE, cities, crowded, entry, files, hostile, packages, waiting

from gh_store import ConfigurationError, InvalidInput, site
from gh_store.domain.differences import Difference
from gh_store.site import places, words
from gh_store.site.places import ASSETS
from gh_store.site.text import visible
from gh_store.site.timeline import changes

VOID = {"meta", "link", "input", "br"}
SVG = {"rect", "line", "polyline", "polygon"}
ATTRIBUTES = {"style", "srcdoc", "formaction", "background"}


class Page(HTMLParser):
    """A page as a browser reads it, with what must not be there."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.faults, self.links, self.words = 0, [], [], [], []
        self.feed(text)
        self.close()
        if self.open:
            self.faults.append(f"open: {self.open}")

    def handle_starttag(self, tag, attributes):
        self.elements += 1
        for name, value in attributes:
            if name.startswith("on") or name in ATTRIBUTES:
                self.faults.append((tag, name, value))
            if name in ("href", "src"):
                self.links.append(value)
        told = dict(attributes)
        if tag == "script" and not (
            told.get("src", "").endswith("assets/app.js") or told.get("type") == "application/ld+json"
        ):
            self.faults.append((tag, told))
        if tag not in VOID | SVG:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID | SVG:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"closed: {tag}")

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join("".join(self.words).split())


def pages(folder):
    return {name: Page(text.decode()) for name, text in files(folder).items() if name.endswith(".html")}


@pytest.fixture
def ugly(build):
    """The site of a hostile store."""
    return build([*hostile(), *cities()], description="<b>&\u202e", title="</title><script>alert(1)</script>")


def test_every_page_is_sound_whatever_objects_hold(ugly):
    found = pages(ugly)
    assert len(found) > 25
    for name, page in found.items():
        assert not page.faults, (name, page.faults)
        assert page.elements < 15_000, (name, page.elements)
        for link in page.links:
            assert link.startswith(("https://", "#")) or not link.partition(":")[1], (name, link)


def test_no_page_is_too_large_for_a_browser_whatever_an_object_is_made_of(build):
    page = pages(build([crowded()]))["o/crowded.html"]
    assert 10_000 < page.elements < 15_000


def test_links_within_a_site_lead_somewhere(ugly):
    known = set(files(ugly))
    for name, page in pages(ugly).items():
        for link in page.links:
            path = link.partition("#")[0].partition("?")[0]
            if path and not path.startswith(("https://", "/")):
                target = (Path("/") / Path(name).parent / path).as_posix()
                parts = []
                for part in target.split("/")[1:]:
                    parts = parts[:-1] if part == ".." else [*parts, part]
                assert "/".join(parts) in known or link.startswith("https"), (name, link)


def test_what_cannot_be_seen_is_written_out(ugly):
    hidden = re.compile(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ufeff\ufffe\U000e0041]"
    )
    for name, text in files(ugly).items():
        if name.endswith((".html", ".xml")):
            assert not hidden.search(text.decode()), name
    page = pages(ugly)["o/a.html"]
    assert r"bidi\u202e: gpj.exe\u202etxt\u200b" in page.text
    assert r"\u{e0041}" in page.text


@pytest.mark.parametrize(
    "text", ["\x00", "\u202e", "\u2028", "\u2065", "\ufffe", "\u200d", "\U000e0041", "\x7f", "\ud800", "\xad"]
)
def test_each_kind_of_hidden_character_is_an_escape(text):
    assert visible(text).startswith("\\u")


def test_ordinary_text_stays_as_it_is():
    assert visible("Bodø “x” 北京 🙂 עברית") == "Bodø “x” 北京 🙂 עברית"


def test_each_page_has_the_policy_and_nothing_that_it_forbids(ugly):
    for name, text in files(ugly).items():
        if name.endswith(".html"):
            assert (
                text.count(
                    b'http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; script-src &#39;self&#39;'
                )
                == 1
            ), name
            assert b"trusted-types &#39;none&#39;" in text
    for script in ASSETS.glob("*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function", script.read_text()
        ), script


def test_the_feed_and_the_sitemap_are_xml(ugly):
    feed = ET.fromstring((ugly / "feed.xml").read_bytes())
    atom = "{http://www.w3.org/2005/Atom}"
    ids = [each.findtext(f"{atom}id") for each in feed.iter(f"{atom}entry")]
    assert 20 < len(ids) == len(set(ids)) <= 100
    addresses = [
        each.text or ""
        for each in ET.fromstring((ugly / "sitemap.xml").read_bytes()).iter()
        if each.tag.endswith("loc")
    ]
    assert len(addresses) == len([*hostile(), *cities()]) + 1
    assert all(address.startswith("https://ada.github.io/open-data/") for address in addresses)


def test_entries_of_the_feed_keep_their_ids_when_the_site_moves(build):
    def ids(folder):
        return re.findall("<id>(.*?)</id>", (folder / "feed.xml").read_text())

    assert ids(build(cities(), "one")) == ids(build(cities(), "two", base_url="https://data.example.org"))


def test_the_description_of_the_data_cannot_end_its_element(ugly):
    text = (ugly / "index.html").read_text()
    (described,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text)
    assert json.loads(described)["name"] == "</title><script>alert(1)</script>"
    assert not set("<>&") & set(described)


def test_a_page_of_an_object_tells_data_and_history(build):
    page = pages(build(cities()))["o/cities/oslo.html"].text
    assert "cities/oslo v41" in page
    assert "homepage: https://example.org/oslo" in page
    assert "reading.temperature 9.5 → 10.0" in page
    assert "rejected patch by" in page
    assert "It was asked for in vain. asked for []" in page
    assert "pending append by linus" in page or "pending append by grace" in page
    assert "1 update is pending, and not part of this data yet." in page
    assert "v2 pending append by" in pages(build([waiting()], "waiting"))["o/waiting.html"].text
    assert "Over time reading.temperature" in page
    assert "18 older events are in the history as JSON" in page


def test_the_index_tells_what_there_is(build):
    folder = build([*cities(), *packages(150)], title="Open data", license="https://example.org/licence")
    page = pages(folder)["index.html"]
    assert "Objects 152 Events" in page.text
    assert "Events per day, 1 Aug 2026 to 3 Aug 2026" in page.text
    assert '<span class="prefix">cities/</span>bodo' in (folder / "index.html").read_text()
    assert "These are the first 100 of 152 objects." in page.text
    assert page.text.count("Latest changes") == 1
    assert "https://example.org/licence" in page.links
    assert (folder / "index.html").read_text().count("<tr>") == 101


def test_a_snapshot_without_history_has_pages_too(build):
    folder = build([entry("a/b", 1, {"x": 1}, history=False)])
    page = pages(folder)["o/a/b.html"].text
    assert "x: 1" in page
    assert "This snapshot has no history." in page
    assert "History" not in page.replace("no history", "")
    assert not (folder / "api/history").exists()


def test_what_was_rejected_last_says_why(build):
    page = pages(build([entry("a", 1, {"x": 1}, [("patch", [], "rejected")])]))["index.html"]
    assert "a rejected It was asked for in vain. linus, 1 Aug 2026, 09:00" in page.text
    assert "Events on 1 Aug 2026: 2" in page.text


def test_an_empty_store_has_one_sentence(build):
    assert "This store has no objects yet." in pages(build([]))["index.html"].text


def test_a_store_without_pages_has_no_links_to_issues(build):
    for name, told in (("one", {"server": None}), ("two", {"repository": "ada/../../evil"})):
        page = pages(build(cities(), name, **told))["o/cities/oslo.html"]
        assert "issue #6001" in page.text
        assert not [link for link in page.links if link.startswith("https://github.com")]


def test_columns_are_found_and_can_be_chosen(build):
    def columns(folder):
        (collection,) = json.loads((folder / "index/meta.json").read_text())["collections"]
        return [column["path"] for column in collection["columns"]]

    assert columns(build(packages(60), "one")) == ["rank", "released", "version", "summary"]
    assert columns(build(packages(60), "two", columns={"packages": ("version", "nothing")})) == ["version", "nothing"]
    many = {"deep": {"in": {"it": 1.50}}} | {f"k{key:02}": key for key in range(70)}
    folder = build([entry("x/a", 1, many)], "three", columns={"x": ("k69", "deep.in.it")})
    assert json.loads((folder / "index/0.json").read_text())[0][3] == ["69", "1.5"]


def test_a_key_with_a_dot_is_no_path(build):
    data = {"a.b": "one", "a": {"b": 2, "": 3}}
    folder = build([entry("x/a", 1, data)])
    (collection,) = json.loads((folder / "index/meta.json").read_text())["collections"]
    cells = dict(
        zip(
            (each["path"] for each in collection["columns"]),
            json.loads((folder / "index/0.json").read_text())[0][3],
            strict=True,
        )
    )
    assert cells == {'"a.b"': "one", "a.b": "2", 'a.""': "3"}
    folder = build([entry("x/a", 1, data)], "chosen", columns={"x": ('"a.b"', "a.b", 'a.""')})
    assert json.loads((folder / "index/0.json").read_text())[0][3] == ["one", "2", "3"]


def test_each_of_many_collections_has_its_columns(build):
    folder = build(
        [entry(f"c{number:04}/a", number, {"name": "x", "deep": {"in": {"it": 1}}}) for number in range(1, 1_003)],
        columns={"c1001": ("deep.in.it",)},
    )
    found = {
        each["name"]: each["columns"] for each in json.loads((folder / "index/meta.json").read_text())["collections"]
    }
    assert len(found) == 1_000
    assert found["c1001"] == [{"path": "deep.in.it", "number": True}]


def test_no_key_makes_a_page_large(build):
    """A key may have any length: it is in the JSON of its object, and lists name what they can."""
    key = "k" * 50_000
    folder = build([entry("x/a", 1, {key: 9}, [("append", {key: number, "n": number}) for number in range(1, 9)])])
    assert all(
        len((folder / name).read_bytes()) < 50_000
        for name in ("changes.html", "feed.xml", "api/changes.json", "index.html")
    )
    latest = json.loads((folder / "api/changes.json").read_text())[0]
    assert (latest["fields"], latest["changed"]) == (["/n"], 2)


def test_what_decides_a_page_is_in_the_key_of_the_code():
    """A site is built anew when the program changes: so no code that makes it may be left out."""
    command = "import sys, gh_store.site.builder; print(*{name.split('.')[1] for name in sys.modules if name.startswith('gh_store.')})"
    packages = subprocess.run(
        [sys.executable, "-c", command], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {*packages} - {*places.CODE} == {"files", "spool"}, "these write what others decide"


def test_a_theme_comes_after_ours(build, tmp_path):
    theme = tmp_path / "theme"
    theme.mkdir()
    (theme / "theme.css").write_text(":root { --accent: #a00; }")
    (theme / "404.html").write_text('{% extends "base.html" %}{% block main %}Nobody is here.{% endblock %}')
    folder = build(cities(), theme=theme)
    found = pages(folder)
    assert found["404.html"].text.count("Nobody is here.") == 1
    css = [link for link in found["o/cities/oslo.html"].links if link.endswith(".css")]
    assert css == ["../../assets/site.css", "../../assets/theme.css"]
    (theme / "theme.css").write_text(":root { --accent: #0a0; }")
    assert (build(cities(), theme=theme) / "assets/theme.css").read_text() == ":root { --accent: #0a0; }"


@pytest.mark.parametrize(
    ("name", "template", "said"),
    [
        ("index.html", b"\n{{ nothing }}", r"index\.html, line 2: 'nothing' is undefined\.$"),
        ("base.html", b"\n\n{% if %}", r"base\.html, line 3: Expected an expression"),
        ("base.html", b'{% extends "gh-store/bas.html" %}', r"base\.html, line 1: there is no template gh-store/bas"),
        ("base.html", b'{% extends "base.html" %}', "a template extends itself"),
        ("object.html", b"{{ 1 / 0 }}", r"object\.html, line 1: division by zero"),
        ("object.html", b"{{ root.nothing() }}", r"object\.html, line 1: .*nothing"),
        ("macros.html", b"caf\xe9", r"macros\.html: it is not UTF-8 text"),
    ],
)
def test_what_is_wrong_in_a_theme_is_said_with_its_place(build, tmp_path, name, template, said):
    (tmp_path / "theme").mkdir()
    (tmp_path / "theme" / name).write_bytes(template)
    with pytest.raises(ConfigurationError, match=said):
        build(cities(), theme=tmp_path / "theme")


def test_the_theme_of_the_docs_is_one(build, tmp_path):
    page = (ROOT / "docs" / "static-sites.md").read_text("utf-8")
    (tmp_path / "theme").mkdir()
    for name, kind in (("theme.css", "css"), ("base.html", "jinja")):
        (text,) = re.findall(rf"^```{kind}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
        (tmp_path / "theme" / name).write_text(text)
    found = pages(build(cities(), theme=tmp_path / "theme"))
    for name, root in (("index.html", ""), ("o/cities/oslo.html", "../../")):
        assert f"{root}imprint.html" in found[name].links
        assert "made with gh-store" in found[name].text
        assert "Changes" in found[name].text
        assert not found[name].faults


def test_what_is_vendored_is_what_its_list_says():
    for name, told in json.loads((ASSETS / "vendored.json").read_text()).items():
        assert hashlib.sha256((ASSETS / name).read_bytes()).hexdigest() == told["sha256"]
        assert told["version"] == "1.6.32"


def test_nothing_moves():
    """So that nobody need ask for less motion."""
    for file in (*ASSETS.glob("*.css"), *(each for each in ASSETS.glob("*.js") if each.name != "uplot.js")):
        found = re.search(
            r"transition|animation|@keyframes|scroll-behavior|behavior:|\.animate\(", file.read_text("utf-8")
        )
        assert not found, (file, found)


def test_no_number_loses_a_digit(ugly):
    assert str(HOSTILE["huge"]) in pages(ugly)["o/a.html"].text
    assert "exact: 9.0" in pages(ugly)["o/a.html"].text


def test_of_a_long_text_only_the_words_are_marked_that_changed():
    old = "The station on the hill was out of order for two days, and its readings were taken by hand."
    new = "The station on the hill was out of order for three days, and all its readings were taken by hand."
    (line,) = re.findall("<li.*?</li>", changes([Difference("/note", old, new)], {}))
    assert re.findall("<(?:del|ins)><bdi>(.*?)</bdi>", line) == ["two", "three", "all"]
    assert "".join(words.parts(old, new)[0].same) == "The station on the hill was out of order for "
    assert words.parts(old, "nothing of it is left in here, not even a single letter") is None


# --- the command -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.json"], "there is no such snapshot"),
        (["x.json", "--license", "javascript:alert(1)"], "--license is not the address"),
        (["x.json", "--columns", "packages"], "names no columns"),
        (["x.json", "--theme", "nowhere"], "there is no such folder"),
        (["x.json", "--license", "https://[x"], "--license is not the address"),
        (["x.json", "--base-url", "https://:80/"], "--base-url is not the address"),
        (["x.json", "--base-url", "https://x.org/a?b=1"], "--base-url has a query or a fragment"),
        (["x.json", "--output", __file__], "this is a file, and no folder"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(shell, arguments, said):
    _, err = shell.run("site", *arguments, code=2)
    assert said in err


def test_the_command_makes_a_site_of_a_snapshot(shell):
    shell.run("create", "a/b", '{"x": 1}', "--store", "s.db")
    shell.run("snapshot", "--store", "s.db", "-o", "s.json")
    _, err = shell.run(
        "site", "s.json", "--title", "Mine", "--columns", "a:x,y", "--columns", "c:z", "--columns", "a:w"
    )
    assert "_site: 1 object; " in err
    assert re.findall(r"--columns (\S+): no object", err) == ["a:y", "a:w", "c:z"]
    assert "Mine" in (shell.folder / "_site/index.html").read_text()
    assert (shell.folder / "_site/o/a/b.html").exists()


def test_errors_have_a_name():
    with pytest.raises(InvalidInput):
        site.check_url("https://a b", "--base-url")
    with pytest.raises(ConfigurationError):
        site.check_theme(Path("nowhere"))
