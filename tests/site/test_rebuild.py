"""Rebuilt equals built: whatever was in the folder, wherever a build was cut, and whatever happened to the objects."""

import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lives import Lives, examples, lives
from told import cities, entry, files, write

from gh_store import site
from gh_store.site import api, pages, table
from gh_store.site.folder import MANIFEST, read_manifest

# --- cuts -----------------------------------------------------------------------------------------


class Cut(Exception):
    """The machine is switched off."""


class Switch:
    """Sees what this process writes below a folder, and may cut it: before a write, or in the middle of one."""

    _CHANGES = {"open": 0, "os.remove": 0, "os.rename": 1, "os.rmdir": 0}  # noqa: RUF012  # a table: where the path stands

    def __init__(self) -> None:
        self._folder, self._told = None, None
        sys.addaudithook(self._heard)  # one that is added stays

    def _heard(self, event, arguments):
        if self._folder is None or event not in self._CHANGES:
            return
        path = str(arguments[self._CHANGES[event]])
        if path.startswith(self._folder) and (event != "open" or arguments[2] & (os.O_WRONLY | os.O_RDWR)):
            self._told(event, path)

    @contextmanager
    def tells(self, folder, told):
        """Call a function with each write of the block."""
        self._folder, self._told = f"{folder}/", told
        try:
            yield
        finally:
            self._folder = None

    def cut(self, folder, at):
        """Cut the block at a write; at 0, not at all."""
        left = at

        def told(event, path):
            nonlocal left
            left -= 1
            if left == 0:
                self._folder = None
                if event == "open":
                    Path(path).write_text("torn")
                raise Cut

        return self.tells(folder, told)


SWITCH = Switch()


@pytest.fixture
def changing(tmp_path, monkeypatch):
    """A folder with a site, and two snapshots that follow one another, each with more and with less than before."""
    for module, name in ((api, "PIECE"), (pages, "LISTED"), (table, "SHARD")):
        monkeypatch.setattr(module, name, 2)
    events = [("append", {"n": n}) for n in range(5)]
    before = [*cities(), entry("gone", 1, {"n": 1}), entry("long", 2, {"n": 0}, events[:1])]
    begun = [entry("long", 2, {"n": 0}, events), entry("CON", 3, {"n": 1}, events)]
    begun += [entry(f"new/{number}", number, {}) for number in range(4, 8)]
    last = [entry("gone", 1, {"n": 2}), entry("other", 5, {})]
    site.build(write(tmp_path / "before.json", before), tmp_path / "site", site.Options())
    return tmp_path / "site", write(tmp_path / "begun.json", begun, hour=1), write(tmp_path / "last.json", last, hour=2)


ELSEWHERE = site.Options(base_url="https://example.org/")
"""With a sitemap of its own address."""


def test_no_file_is_there_that_the_manifest_does_not_name(changing):
    """At any moment: so what was begun leaves nothing behind, even if the next build is of other objects."""
    folder, begun, _ = changing
    seen = Counter()

    def told(event, path):
        name = Path(path).relative_to(folder).as_posix()
        if name != MANIFEST and not name.endswith(".tmp"):
            seen[event] += 1
            built = read_manifest(folder, force=False)
            assert not built.whole
            assert event == "os.rmdir" or name in built.files()
            assert {*files(folder)} <= {*built.files(), MANIFEST}

    with SWITCH.tells(folder, told):
        site.build(begun, folder, ELSEWHERE)
    assert seen["open"] > 15
    assert seen["os.remove"] > 5


@pytest.mark.parametrize("at", [1, 4, 9, 26, 40] if "EXAMPLES" not in os.environ else range(1, 60))
def test_a_build_that_was_cut_leaves_nothing(changing, tmp_path, at):
    folder, begun, last = changing
    with SWITCH.cut(folder, at), pytest.raises(Cut):
        site.build(begun, folder, ELSEWHERE)
    site.build(last, folder, site.Options())
    site.build(last, tmp_path / "anew", site.Options())
    left = {name: raw for name, raw in files(folder).items() if not name.endswith(".tmp")}
    assert left == files(tmp_path / "anew")


# --- what may be in the folder --------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="links and pipes")
def test_links_and_pipes_in_the_place_of_ours_go_and_are_not_followed(build, tmp_path):
    built = files(build(cities()))
    folder, outside = tmp_path / "site", tmp_path / "outside"
    shutil.copytree(folder / "o", outside)
    kept = files(outside)
    shutil.rmtree(folder / "o")
    (folder / "o").symlink_to(outside, target_is_directory=True)
    (folder / "api" / "index.json").unlink()
    os.mkfifo(folder / "api" / "index.json")
    (folder / "index.html").unlink()
    (folder / "index.html").symlink_to(tmp_path / "made")
    (tmp_path / "manifest").write_bytes((folder / MANIFEST).read_bytes())
    (folder / MANIFEST).unlink()
    (folder / MANIFEST).symlink_to(tmp_path / "manifest")
    assert files(build(cities())) == built
    assert not any(path.is_symlink() for path in folder.rglob("*"))
    (folder / "api" / "history").rename(tmp_path / "history")
    (folder / "api" / "history").symlink_to(tmp_path / "history", target_is_directory=True)
    build([entry("a", 1, {})])
    assert not (tmp_path / "made").exists()
    assert files(outside) == kept
    assert len(files(tmp_path / "history")) == 2, "what is no more is not removed behind a link"


def lied(folder, lie):
    told = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**told, **lie}))


def test_a_manifest_that_lies_harms_no_file(build, tmp_path):
    folder = build(cities())
    (tmp_path / "victim").write_text("mine")
    for mine in ("mine.html", "robots.txt", "o/mine.txt", "assets/folder/mine.txt"):
        (folder / mine).parent.mkdir(exist_ok=True)
        (folder / mine).write_text("mine")
    shared = [
        "../victim",
        "/etc/passwd",
        "o/../../victim",
        "assets/..",
        "assets/../../victim",
        "mine.html",
        "robots.txt",
    ]
    objects = {"../../victim": ["", 3], "": ["", 0], "/etc": ["", 10**9], "a": ["", -1], "b": ["", True]}
    lied(folder, {"shared": [*shared, "list/x.html", "index/1\n.json", "assets/folder"], "objects": objects})
    build([entry("a", 1, {"n": 1})])
    assert (tmp_path / "victim").read_text() == "mine"
    assert sum(raw == b"mine" for raw in files(folder).values()) == 4


def test_a_manifest_that_makes_no_sense_is_as_none(build):
    folder = build([])
    strange = [[], {"a": 1}, {"a": "ab"}, {"\ud800": ["", 0]}, {"a": ["", 0, 0]}]
    for lie in ({"shared": [1]}, {"shared": 1}, *({"objects": objects} for objects in strange)):
        lied(folder, lie)
        assert not read_manifest(folder, force=False).whole
    for text in ("", "[", "[]", "null", "[" * 100_000, '{"objects": {}', "9" * 10_000):
        (folder / MANIFEST).write_text(text)
        assert not read_manifest(folder, force=False).whole


def test_every_file_that_is_built_may_be_removed_again(build):
    """What a manifest names counts only if a site of ours may have it."""
    folder = build(cities(), base_url="https://example.org/")
    told = json.loads((folder / MANIFEST).read_text())["shared"]
    assert sorted(told) == sorted(read_manifest(folder, force=False).shared)
    assert {*files(folder)} == {*read_manifest(folder, force=False).files(), MANIFEST}


def test_a_site_of_very_many_objects_is_rebuilt(tmp_path):
    """More than a value that is stored may have parts."""
    folder = tmp_path / "site"
    folder.mkdir()
    objects = {f"object-{number}": ["", None] for number in range(70_000)}
    manifest = {"site": 1, "whole": True, "key": "", "time": None, "pages": False, "shared": [], "objects": objects}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    assert len(read_manifest(folder, force=False).objects) == 70_000


# --- whatever happened ----------------------------------------------------------------------------


@pytest.mark.breaks_stores("comments are edited after they were applied")
@examples(8)
@given(lives("edit"), st.lists(st.tuples(st.booleans(), st.integers(0, 60)), min_size=3, max_size=3))
def test_rebuilt_equals_built(steps, builds):
    """Deletions, objects made anew, other issues, rejected and edited events; with and without pages; and cut."""
    with tempfile.TemporaryDirectory() as place, Lives(Path(place)) as world:
        source, folder = Path(place) / "s.json", Path(place) / "site"
        for at, (own, cut) in enumerate(builds):
            for what, name, seconds, _ in steps[at::3]:
                world.happen(what, name, seconds)
            world.settle()
            world.near().write_snapshot(source, history=True)
            options = site.Options(pages=own)
            with SWITCH.cut(folder, cut):
                try:
                    site.build(source, folder, replace(options, title="cut"))
                except Cut:
                    continue
        site.build(source, folder, options)
        site.build(source, Path(place) / "anew", options)
        left = {name: raw for name, raw in files(folder).items() if not name.endswith(".tmp")}
        assert left == files(Path(place) / "anew")
