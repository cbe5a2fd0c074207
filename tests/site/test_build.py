"""A site is a function of its snapshot: rebuilt is as built anew, and what is not ours stays."""

import json
import tracemalloc
from functools import partial, reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from told import cities, entry, files, hostile, packages, prices, write

from gh_store import ConfigurationError, site, snapshots
from gh_store.site import api, builder, facts, pages, table
from gh_store.site.past import past_of
from gh_store.site.source import read_item
from gh_store.spool import Spool


def test_the_same_snapshot_gives_the_same_bytes(build):
    assert files(build(cities(), "one")) == files(build(cities(), "two"))


def test_a_rebuilt_site_is_as_one_built_anew(build):
    build([*cities(), *packages(20)], "old")
    changed = [*packages(15), entry("cities/oslo", 6_001, {"title": "Oslo, again"}), prices(3)]
    rebuilt = files(build(changed, "old", hour=1))
    assert rebuilt == files(build(changed, "new", hour=1))
    assert "o/cities/bodo.html" not in rebuilt
    assert "o/packages/boto3.html" in rebuilt


def test_only_what_changed_is_written(build):
    folder = build(packages(30))
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    build([*packages(30), entry("new", 777, {"a": 1})])
    written = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and before.get(path) != path.stat().st_mtime_ns
    }
    assert {"o/new.html", "api/objects/new.json", "index.html", "api/changes.json"} <= written
    assert not {name for name in written if "packages" in name}
    assert build.result.written < 16
    build([*packages(30), entry("new", 777, {"a": 1})])
    assert (build.result.written, build.result.removed) == (0, 0)


@pytest.mark.untraced
def test_memory_does_not_grow_with_the_objects(tmp_path, monkeypatch):
    monkeypatch.setattr(builder, "Spool", partial(Spool, 200_000))  # small bounds, so that few objects reach them
    for module, name in ((table, "SHARD"), (pages, "LISTED"), (facts, "MOST_CHANGES")):
        monkeypatch.setattr(module, name, 20)

    def peak(number):
        objects = [entry(f"object-{n:03d}", n + 1, {"text": f"{n} " * 3_000}) for n in range(number)]
        source = write(tmp_path / f"{number}.json", objects)
        del objects
        tracemalloc.start()
        site.build(source, tmp_path / f"site-{number}", site.Options(pages=False))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(5)  # what is imported and compiled once
    assert peak(150) < 1.5 * peak(40)


def test_a_newer_time_alone_touches_no_page_of_an_object(build):
    folder = build(cities())
    before = files(folder)
    after = files(build(cities(), hour=5))
    changed = {name for name in after if before[name] != after[name]}
    assert "index.html" in changed
    assert not {name for name in changed if name.startswith(("o/", "api/objects", "api/history"))}


def test_pages_of_objects_go_when_nobody_wants_them(build):
    folder = build(cities())
    build(cities(), pages=False)
    assert not (folder / "o").exists()
    assert files(folder) == files(build(cities(), "anew", pages=False))
    assert "object.html#cities%2Foslo" in (folder / "index.html").read_text()
    build(cities())
    assert files(folder) == files(build(cities(), "again"))


def test_files_of_others_stay_and_a_missing_file_of_ours_comes_back(build):
    folder = build(cities())
    (folder / "CNAME").write_text("example.org")
    (folder / "o" / "mine.txt").write_text("mine")
    (folder / "o" / "cities" / "oslo.html").unlink()
    build(packages(3))
    assert (folder / "CNAME").read_text() == "example.org"
    assert (folder / "o" / "mine.txt").exists()
    assert not (folder / "o" / "cities").exists()
    (folder / "o" / "packages" / "boto3.html").unlink()
    build(packages(3))
    assert (folder / "o" / "packages" / "boto3.html").exists()


def test_a_build_that_was_cut_off_is_repeated(build, tmp_path):
    folder = build(cities())

    class Cut(Exception):
        pass

    def cut():
        raise Cut

    write(tmp_path / "snapshot.json", [*packages(3), *cities()], hour=1)
    with pytest.raises(Cut):
        site.build(tmp_path / "snapshot.json", folder, site.Options(), cut)
    (folder / "o" / "cities" / "oslo.html").write_text("torn")
    assert files(build(list(cities())[:1], hour=2)) == files(build(list(cities())[:1], "anew", hour=2))


def test_a_folder_with_files_of_others_is_refused(build, tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigurationError, match="not those of a site") as refused:
        build(cities())
    assert "--force" in refused.value.hint
    assert files(tmp_path / "site") == {"thesis.txt": b"mine"}
    build(cities(), force=True)
    assert (tmp_path / "site" / "thesis.txt").read_text() == "mine"


@pytest.mark.parametrize(
    "times", [("0001-01-01", "0001-03-10"), ("0001-01-01", "9999-12-31"), ("9999-10-01", "9999-12-31")]
)
def test_the_ends_of_the_calendar(tmp_path, times):
    first, last = (f"{day}T00:00:00+00:00" for day in times)
    value = entry("a", 1, {"n": 1}, [("append", {"n": 2})]).value
    value["history"][0]["timestamp"] = value["meta"]["created_at"] = first
    value["history"][1]["timestamp"] = value["meta"]["updated_at"] = last
    write(tmp_path / "snapshot.json", [snapshots.Entry("a", 1, json.dumps(value))])
    site.build(tmp_path / "snapshot.json", tmp_path / "site", site.Options())
    told = json.loads((tmp_path / "site" / "api" / "objects" / "a.json").read_text())["meta"]
    assert (told["created_at"], told["updated_at"]) == tuple(f"{day}T00:00:00Z" for day in times)


@pytest.mark.parametrize("torn", ["whole lines", "in a line", "empty", "no JSON", "missing", "twice", "digits"])
def test_no_snapshot_and_a_torn_one_leave_the_site_as_it_is(build, tmp_path, torn):
    folder = build(cities())
    before, source = files(folder), tmp_path / "snapshot.json"
    text = source.read_text()
    if torn == "missing":
        source.unlink()
    else:
        line = text[text.index("\n", 4) + 1 : text.index("\n", 40) + 1]
        cut = {
            "whole lines": text[: text.index("\n", 40) + 1], "in a line": text[:-400], "empty": "", "no JSON": "x",
            "twice": text.replace(line, line + line), "digits": text.replace("514", "5" * 100_000),
        }  # fmt: skip
        source.write_text(cut[torn])
    with pytest.raises(ConfigurationError):
        site.build(source, folder, site.Options())
    assert files(folder) == before


@pytest.mark.parametrize(
    "broken",
    [{"data": []}, {"version": 0}, {"version": True}, {"updated_at": "soon"}, {"created_at": "0001-01-01T00:00:00+14:00"}, {"timestamp": "0001-01-01T00:00:00+14:00"}],
    ids=str,
)  # fmt: skip
def test_an_object_that_makes_no_sense_is_named(tmp_path, broken):
    value = entry("strange", 1, {"x": 1}).value
    for part in (value, value["meta"], value["history"][0]):
        part.update({name: told for name, told in broken.items() if name in part})
    write(tmp_path / "snapshot.json", [snapshots.Entry("strange", 1, json.dumps(value))])
    with pytest.raises(ConfigurationError, match="object 'strange'"):
        site.build(tmp_path / "snapshot.json", tmp_path / "site", site.Options())
    assert not (tmp_path / "site").exists()


def test_a_manifest_of_somebody_removes_nothing_of_others(build, tmp_path):
    folder = build(cities())
    (tmp_path / "precious").write_text("mine")
    (folder / "sub").mkdir()
    (folder / "sub" / "mine").write_text("mine")
    manifest = json.loads((folder / ".gh-store-site.json").read_text())
    manifest["shared"] += ["../precious", "/etc/passwd", "sub/mine", "assets/../../precious"]
    manifest["objects"]["../../precious"] = ["", 0]
    (folder / ".gh-store-site.json").write_text(json.dumps(manifest))
    build(packages(1))
    assert (tmp_path / "precious").read_text() == (folder / "sub" / "mine").read_text() == "mine"


def test_older_files_of_a_history_are_never_rewritten(build):
    folder = build([prices(540)])
    history = folder / "api" / "history" / "prices"
    before = files(history)
    assert [len(json.loads(text)["events"]) for text in before.values()] == [40, 500]
    assert json.loads(before["bitcoin.json"])["older"] == 1
    after = files(build([prices(580)]) / "api" / "history" / "prices")
    assert {name for name in before if before[name] != after[name]} == {"bitcoin.json"}
    assert json.loads(after["bitcoin~1.json"])["events"][0]["v"] == 1


# --- the past ---------------------------------------------------------------------------------------

scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-2, 2) | st.sampled_from(["", "a", "\u202e", "0"])
keys = st.sampled_from(["a", "b", "", "a/b", "~", "~1", "__proto__", "0"])
values = st.recursive(
    scalars, lambda deeper: st.lists(deeper, max_size=4) | st.dictionaries(keys, deeper, max_size=3), max_leaves=8
)
objects = st.dictionaries(keys, values, max_size=4)
events = st.lists(st.tuples(st.sampled_from(["append", "replace", "merge"]), objects), max_size=6)


def undone(data, changes):
    """The data before some changes, as a program that reads the files goes back."""
    for change in changes:
        keys = [key.replace("~1", "/").replace("~0", "~") for key in change["p"].split("/")[1:]]
        holder = reduce(lambda value, key: value[key], keys[:-1], data)
        if "at" in change:
            at = change["at"]
            holder[keys[-1]][at : at + len(change["n"])] = change["o"]
        elif "o" in change:
            holder[keys[-1]] = change["o"]
        else:
            del holder[keys[-1]]
    return data


@given(objects, events)
@settings(max_examples=60)
def test_any_version_is_the_data_with_later_changes_undone(first, later):
    text = entry("a", 1, first, later)
    item = read_item("snapshot", text)
    past = past_of(item)
    assert past is not None
    assert past.drift == ()
    *_, (_, newest) = api.history_files(item, past)
    data = json.loads(json.dumps(item.data))
    for step, event in zip(reversed(past.steps), reversed(json.loads(json.dumps(newest["events"]))), strict=True):
        again = entry("a", 1, first, later[: step.version - 1]).value["data"]
        assert json.dumps(data, sort_keys=True) == json.dumps(again, sort_keys=True)
        data = undone(data, event["ch"])
    assert json.dumps(data, sort_keys=True) == json.dumps(first, sort_keys=True)


def test_a_history_that_does_not_lead_to_the_data_says_so(build):
    value = entry("a", 1, {"x": 1}, [("append", {"x": 2})]).value
    value["data"] = {"x": 3}
    folder = build([type(entry("a", 1, {})).read("a", value)])
    assert json.loads((folder / "api/history/a.json").read_text())["drift"] == [{"p": "/x", "o": 2, "n": 3}]
    assert "does not lead to this data" in (folder / "o/a.html").read_text()


def test_the_hostile_store_is_built_too(build):
    folder = build(hostile())
    objects = files(folder / "api" / "objects")
    told = {json.loads(text)["meta"]["object_id"] for text in objects.values()}
    assert told == {each.object_id for each in hostile()}
    assert len({name.lower() for name in objects}) == len(objects)
    assert b"12345678901234567890123456789" in objects["a.json"]
    assert b'"exact":9.0' in objects["a.json"]
