"""Snapshots with history, in every format: what they tell, what they cost, and that they go forward to the byte."""

import json
import tracemalloc
from collections import Counter
from dataclasses import replace

import pytest
from lives import MOST, REJECTED, Far
from world import GitHubWorld, MemoryWorld, World

from gh_store import ConfigurationError, InvalidInput, snapshots
from gh_store.devserver.faults import Fault
from gh_store.snapshots import Format


def objects(text):
    return json.loads(text)["objects"]


def told(store, object_id, **options):
    """The entry of an object in a snapshot with history."""
    return objects(store.snapshot(history=True, **options).text())[object_id]


def event(entry, **more):
    """What a snapshot tells of an event of `get_object_history`."""
    return {
        "comment_id": entry["comment_id"],
        "timestamp": entry["timestamp"],
        "author": entry["author"],
        "type": entry["type"],
        "mode": entry["metadata"].get("update_mode", "append"),
        "data": entry["data"],
        "outcome": entry["outcome"],
        "version": entry["version"],
        **({"error": entry["error"]} if "error" in entry else {}),
        **more,
    }


# --- what it tells --------------------------------------------------------------------------------


def test_an_entry_tells_its_history_and_how_far_it_was_committed(world):
    store = world.store()
    store.create("metrics", {"n": 0})
    store.update("metrics", {"n": 1}, process=True)
    store.update("metrics", [{"op": "add", "path": "/list", "value": [1]}], mode="patch", process=True)
    world.backend("stranger").create_comment(1, '{"n": 7}')
    world.backend().create_comment(1, "hello")
    world.backend().create_comment(1, '{"_data": {"n": 3}, "_meta": {"update_mode": "sideways"}}')
    world.settle()
    store.process_updates(1)
    store.update("metrics", {"n": 2}, mode="merge")
    world.settle()
    entry, history = told(world.store(), "metrics"), store.get_object_history("metrics")
    checkpoint = world.head().checkpoint
    assert list(entry) == ["data", "history", "log", "meta"]
    assert entry["log"] == {"watermark": checkpoint.watermark, "comments": checkpoint.comments}
    assert [each["outcome"] for each in entry["history"]] == ["applied", "applied", "applied", "rejected", "pending"]
    assert entry["history"] == [
        event(each, **({"mode": None} if each["outcome"] == "rejected" else {})) for each in history
    ]
    assert entry["data"] == {"n": 2, "list": [1]}
    assert [step.data for step in snapshots.steps(entry["history"])] == [each["state"] for each in history]


def test_without_history_a_document_is_as_it_was(world):
    world.store().create("a", {"n": 0})
    world.settle()
    document = json.loads(world.store().snapshot().text())
    assert list(document) == ["objects", "repository", "snapshot_time"]
    assert list(document["objects"]["a"]) == ["data", "meta"]
    assert {name: value for name, value in told(world.store(), "a").items() if name in ("data", "meta")} == (
        document["objects"]["a"]
    )


def test_the_document_names_server_and_api_of_a_store_on_github(world):
    world.store().create("a", {})
    world.settle()
    header = world.store().snapshot(history=True).header
    expected = (world.address, world.address) if isinstance(world, GitHubWorld) else (None, None)
    assert (header.server, header.api) == expected
    assert (world.store().snapshot().header.server, world.store().snapshot().header.api) == (None, None)


@pytest.mark.breaks_stores("a comment is edited after it was applied")
def test_what_the_events_do_not_yield_is_told(world):
    store = world.store()
    store.create("a", {"n": 0})
    for n in (1, 2):
        store.update("a", {f"k{n}": n}, process=True)
    world.settle()
    world.backend().edit_comment(world.comments()[1].id, '{"k1": "forged"}')
    world.settle()
    entry = told(world.store(), "a")
    assert entry["data"] == {"n": 0, "k1": 1, "k2": 2}
    steps = [step.data for step in snapshots.steps(entry["history"])]
    assert steps == [each["state"] for each in world.store().get_object_history("a")]


def test_events_of_earlier_issues_name_them(world):
    world.config = replace(world.config, log_max_events=MOST)
    store = world.store()
    store.create("thing", {"n": 0})
    for n in range(1, 2 * MOST):
        store.update("thing", {"n": n}, process=True)
    world.settle()
    entry, history = told(world.store(), "thing"), store.get_object_history("thing")
    own = entry["meta"]["issue_number"]
    assert [each["version"] for each in entry["history"]] == [*range(1, 2 * MOST + 1)]
    assert [each["comment_id"] for each in entry["history"]] == [each["comment_id"] for each in history]
    named = [each.get("issue_number", own) for each in entry["history"]]
    assert named == [world.backend().issue_of(each["comment_id"]) for each in entry["history"]]
    assert sorted(set(named)) == named[:1] + sorted({*named} - {named[0]}), "the oldest first"
    assert all("state" not in each for each in entry["history"])


def test_who_may_not_ask_who_writes_sees_what_was_committed(world):
    store = world.store()
    store.create("a", {"n": 0})
    store.update("a", {"n": 1}, process=True)
    world.user("writer", "write").create_comment(1, '{"n": 2}')
    world.settle()
    entry = told(world.store("reader"), "a")
    assert entry["data"] == {"n": 1}
    assert [each["version"] for each in entry["history"]] == [1, 2]


def test_some_objects_only(world, tmp_path):
    store = world.store()
    store.create("site/a", {}, extra_labels="red")
    store.create("site/b", {})
    store.create("other", {}, extra_labels="red")
    world.settle()
    assert list(world.store().snapshot(prefix="site/").objects) == ["site/a", "site/b"]
    file = tmp_path / "s.json"
    world.store().write_snapshot(file, prefix="site/", labels="red")
    assert list(objects(file.read_text())) == ["site/a"]
    world.clock.sleep(5)
    store.create("site/c", {}, extra_labels="red")
    store.create("site/d", {})
    store.update("other", {"n": 1}, process=True)
    world.settle()
    assert world.store().update_snapshot(file)
    assert file.read_text() == world.store().snapshot(prefix="site/", labels="red").text()
    assert list(objects(file.read_text())) == ["site/a", "site/c"]
    world.clock.sleep(5)
    world.backend().remove_label(1, "red")
    world.settle()
    assert world.store().update_snapshot(file)
    assert list(objects(file.read_text())) == ["site/c"]


# --- formats --------------------------------------------------------------------------------------


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_goes_forward_and_only_what_changed_is_written(world, tmp_path):
    store, folder = world.store(), tmp_path / "snapshot"
    for name in ("a", "b/c", "CON", "a.json/b"):
        store.create(name, {"name": name})
    world.settle()
    assert store.write_snapshot(folder, "folder", history=True)
    (folder / "CNAME").write_text("example.org")
    (folder / "objects" / "mine.json").write_text("{}")
    before = files(folder)
    assert "objects/b/c.json" in before
    assert {entry.object_id: entry for entry in snapshots.read(folder)} == store.snapshot(history=True).objects
    kept = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    assert not world.store().update_snapshot(folder)
    assert not world.store().write_snapshot(folder, "folder", history=True)
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()} == kept
    world.clock.sleep(5)
    store.update("a", {"n": 1}, process=True)
    store.delete("b/c")
    world.settle()
    assert world.store().update_snapshot(folder)
    after = files(folder)
    assert {name for name in {*before, *after} if before.get(name) != after.get(name)} == {
        "manifest.json", "objects/a.json", "history/a.json", "objects/b/c.json", "history/b/c.json"}  # fmt: skip
    assert "objects/b/c.json" not in after
    assert not (folder / "objects" / "b").exists()
    world.store().write_snapshot(tmp_path / "anew", "folder", history=True)
    foreign = {"CNAME", "objects/mine.json"}
    assert {name: raw for name, raw in after.items() if name not in foreign} == files(tmp_path / "anew")


@pytest.fixture
def calm(tmp_path, config):
    with MemoryWorld(tmp_path / "none", config) as world:
        store = world.store()
        for name in ("b", "a", "Ö"):
            store.create(name, {"name": name})
            store.update(name, {"n": [1.0, 1e300, 12345678901234567890]}, process=True)
        yield world


def test_any_format_becomes_any_other(calm, tmp_path):
    store = calm.store()
    text = store.snapshot(history=True).text()
    store.write_snapshot(tmp_path / "s.json", history=True)
    store.write_snapshot(tmp_path / "f", "folder", history=True)
    store.write_snapshot(tmp_path / "s.jsonl", Format.LINES, history=True)
    assert (tmp_path / "s.json").read_text() == text
    for source in ("s.json", "f"):
        old = snapshots.read(tmp_path / source)
        assert old.text() == text
        assert "".join(old.lines()) == (tmp_path / "s.jsonl").read_text()
        snapshots.write(tmp_path / f"again-{source}", old, Format.FOLDER)
        assert files(tmp_path / f"again-{source}") == files(tmp_path / "f")
    lines = [json.loads(line) for line in (tmp_path / "s.jsonl").read_text().splitlines()]
    assert [each["meta"]["object_id"] for each in lines] == ["a", "b", "Ö"]
    assert not store.write_snapshot(tmp_path / "s.jsonl", "lines", history=True)
    with pytest.raises(InvalidInput, match="no format 'xml'"):
        store.write_snapshot(tmp_path / "x", "xml")


def test_lines_are_not_updated(calm, tmp_path):
    calm.store().write_snapshot(tmp_path / "s.jsonl", "lines")
    with pytest.raises(ConfigurationError, match="an object a line"):
        calm.store().update_snapshot(tmp_path / "s.jsonl")


@pytest.mark.parametrize("damage", ["cut", "changed", "missing", "manifest"])
def test_a_folder_that_is_torn_is_no_snapshot(calm, tmp_path, damage):
    calm.store().write_snapshot(tmp_path / "f", "folder")
    file = tmp_path / "f" / ("manifest.json" if damage == "manifest" else "objects/a.json")
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-9] if damage != "changed" else file.read_bytes() + b" ")
    with pytest.raises(ConfigurationError, match="is not a snapshot"):
        calm.store().update_snapshot(tmp_path / "f")
    assert calm.store().write_snapshot(tmp_path / "f", "folder")
    assert [entry.object_id for entry in snapshots.read(tmp_path / "f")] == ["a", "b", "Ö"]


@pytest.mark.parametrize("at", [2, 30, 200])
def test_a_document_that_is_cut_off_is_no_snapshot(calm, tmp_path, at):
    file = tmp_path / "s.json"
    calm.store().write_snapshot(file, history=True)
    file.write_bytes(file.read_bytes()[:-at])
    with pytest.raises(ConfigurationError, match="is not a snapshot"):
        calm.store().update_snapshot(file)


def test_a_document_that_is_malformed_is_replaced(calm, tmp_path):
    file = tmp_path / "s.json"
    calm.store().write_snapshot(file)
    text = file.read_text()
    file.write_text(text.replace("\n},\n", ',\n"z": 7\n},\n'))
    assert calm.store().write_snapshot(file)
    assert file.read_text() == text


def test_a_manifest_names_no_file_outside(calm, tmp_path):
    calm.store().write_snapshot(tmp_path / "f", "folder")
    (tmp_path / "victim.json").write_text("{}")
    manifest = tmp_path / "f" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"a": {"file":"objects/a.json"', '"../../victim": {"file":"../victim.json"'))  # fmt: skip
    with pytest.raises(ConfigurationError):
        [*snapshots.read(tmp_path / "f")]
    calm.store().write_snapshot(tmp_path / "f", "folder")
    assert (tmp_path / "victim.json").exists()


EVENT = {
    "comment_id": 1, "timestamp": "2026-11-01T00:00:00+00:00", "author": None, "type": "update", "mode": None, "data": {},
    "outcome": "applied", "version": 1,
}  # fmt: skip


@pytest.mark.parametrize(
    "history",
    ["7", "[7]", "[{}]", *(json.dumps([{key: EVENT[key] for key in EVENT if key != gone}]) for gone in EVENT)],
)
def test_a_history_made_by_an_attacker(calm, tmp_path, history):
    text = f'{{"objects": {{"a": {{"data": {{}}, "history": {history}, "meta": {{"issue_number": 1}}}}}}, "repository": "x", "snapshot_time": null}}'
    (tmp_path / "s.json").write_text(text)
    with pytest.raises(ConfigurationError, match="history is malformed"):
        [*snapshots.read(tmp_path / "s.json")]


def test_entries_without_a_log_are_read(calm, tmp_path):
    file = tmp_path / "s.json"
    calm.store().write_snapshot(file, history=True)
    document = json.loads(file.read_text())
    for entry in document["objects"].values():
        del entry["log"]
    file.write_text(json.dumps(document))
    calm.clock.sleep(5)
    calm.store().update("a", {"n": 1}, process=True)
    assert calm.store().update_snapshot(file)
    assert objects(file.read_text())["a"] == told(calm.store(), "a")


# --- what it costs on GitHub ----------------------------------------------------------------------


@pytest.fixture(params=["embedded", pytest.param("github", marks=pytest.mark.untraced)])
def remote(request, tmp_path, config):
    """A backend as far as GitHub, whose verbs are counted; and over HTTP, each of them is one request."""
    world = GitHubWorld(tmp_path / "store.db", config) if request.param == "github" else Far(tmp_path / "none", config)
    with world:
        yield world


def cost(world, verb):
    world.requests()
    verb()
    return Counter(world.requests())


def populated(world, count, events=1):
    """Objects with so many updates each, all processed."""
    store = world.near()
    for number in range(count):
        store.create(f"object-{number}", {})
        for n in range(events):
            store.update(f"object-{number}", {"n": n})
        store.process_updates(number + 1)
        world.clock.sleep(2)
    world.settle()


@pytest.mark.parametrize("count", [3, 130])
def test_a_snapshot_with_history_costs_pages_of_issues_and_of_comments(remote, tmp_path, count):
    populated(remote, count)
    file = tmp_path / "s.json"
    calls = cost(remote, lambda: remote.store().write_snapshot(file, history=True))
    assert calls == {"list_issues": 1 if count <= 100 else 3, "list_recent_comments": -(-2 * count // 100)}
    remote.clock.sleep(60)
    store = remote.near()
    for number in range(3):
        store.update(f"object-{number}", {"n": -1}, process=True)
    store.create("new", {})
    remote.backend().create_comment(1, REJECTED)
    store.process_updates(1)
    remote.backend("stranger").create_comment(remote.backend().open_pull_request("p", ""), '{"n": 1}')
    remote.settle()
    calls = cost(remote, lambda: remote.store().update_snapshot(file))
    assert calls == {"list_issues": 1, "list_recent_comments": 1}, "no log is read for what the title proves"
    assert objects(file.read_text()) == objects(remote.near().snapshot(history=True).text())
    remote.clock.sleep(60)
    assert cost(remote, lambda: remote.store().update_snapshot(file)).total() <= 4, "nothing has changed"


def test_many_changes_cost_pages_of_issues_and_of_comments(tmp_path, config):
    with Far(tmp_path / "none", config) as world:
        populated(world, 130)
        file, store = tmp_path / "s.json", world.near()
        world.store().write_snapshot(file, history=True)
        world.clock.sleep(60)
        for number in range(130):
            for n in (1, 2):
                store.update(f"object-{number}", {"again": n}, process=True)
        world.settle()
        calls = cost(world, lambda: world.store().update_snapshot(file))
        assert calls == {"list_issues": 2, "list_recent_comments": 3}, "260 comments on 130 issues"
        assert objects(file.read_text()) == objects(store.snapshot(history=True).text())


def test_an_embedded_store_is_asked_object_by_object(tmp_path, config):
    with World(tmp_path / "store.db", config) as world:
        populated(world, 3)
        assert cost(world, lambda: world.store().snapshot(history=True)) == {"list_issues": 1, "list_comments": 3}


# --- the traps of the list of all comments --------------------------------------------------------


def brought_forward(world, file):
    """Bring a snapshot forward, and hold it against a new one of who reads each log by itself."""
    calls = cost(world, lambda: world.store().update_snapshot(file))
    assert objects(file.read_text()) == objects(world.near().snapshot(history=True).text())
    return calls


def begun(world, file, count=2, events=1):
    """A snapshot with history, of objects that have events."""
    populated(world, count, events)
    world.store().write_snapshot(file, history=True)
    world.clock.sleep(60)


@pytest.mark.breaks_stores("a comment is edited after it was applied")
def test_an_edit_of_what_was_applied_is_seen(remote, tmp_path):
    begun(remote, tmp_path / "s.json")
    remote.backend().edit_comment(remote.comments(1)[1].id, '{"n": "edited"}')
    remote.settle()
    calls = brought_forward(remote, tmp_path / "s.json")
    assert calls["list_comments"] >= 1, "its log is read"


def test_a_rejected_event_changes_neither_version_nor_time(remote, tmp_path):
    file = tmp_path / "s.json"
    begun(remote, file)
    before = objects(file.read_text())["object-0"]
    remote.backend().create_comment(1, REJECTED)
    remote.settle()
    remote.near().process_pending()
    remote.settle()
    brought_forward(remote, file)
    after = objects(file.read_text())["object-0"]
    assert (after["meta"], after["data"]) == (before["meta"], before["data"])
    assert [each["outcome"] for each in after["history"]] == ["applied", "applied", "rejected"]
    assert after["log"] != before["log"]


@pytest.mark.breaks_stores("a comment is deleted after it was applied")
def test_a_deleted_comment_leaves_no_trace_but_the_count(remote, tmp_path):
    file = tmp_path / "s.json"
    begun(remote, file, events=2)
    remote.backend().delete_comment(remote.comments(1)[1].id)
    remote.settle()
    calls = brought_forward(remote, file)
    assert calls["list_comments"] >= 1
    assert not remote.store().write_snapshot(file, history=True, complete=True)


@pytest.mark.parametrize("seconds", [0, 60])
def test_a_comment_that_is_not_listed_yet_is_missed(remote, tmp_path, seconds):
    """Also if a reply of the second of the last look, which was counted then, makes up for it."""
    file = tmp_path / "s.json"
    populated(remote, 1)

    def reject():
        comment = remote.backend().create_comment(1, REJECTED)
        remote.near().process_updates(1)
        return comment

    reject()
    if seconds:
        remote.clock.sleep(seconds)
        remote.near().create("other", {})
    remote.store().write_snapshot(file, history=True)
    remote.clock.sleep(60)
    rejected = reject()
    remote.clock.sleep(60)
    remote.faults.read_lag, remote.faults.commented[rejected.id] = 5.0, remote.clock.at
    brought_forward(remote, file)
    history = objects(file.read_text())["object-0"]["history"]
    assert [each["outcome"] for each in history[-2:]] == ["rejected", "rejected"]


def test_what_is_pending_is_told(remote, tmp_path):
    file = tmp_path / "s.json"
    begun(remote, file)
    remote.backend().create_comment(1, '{"pending": 1}')
    remote.settle()
    assert brought_forward(remote, file)["list_comments"] == 1
    assert objects(file.read_text())["object-0"]["history"][-1]["outcome"] == "pending"


def test_what_was_pending_and_is_gone_is_not_kept(remote, tmp_path):
    file = tmp_path / "s.json"
    populated(remote, 1)
    pending = remote.backend().create_comment(1, '{"n": 7}')
    remote.settle()
    remote.store().write_snapshot(file, history=True)
    remote.clock.sleep(60)
    remote.backend().delete_comment(pending.id)
    remote.settle()
    brought_forward(remote, file)
    assert [each["outcome"] for each in objects(file.read_text())["object-0"]["history"]] == ["applied", "applied"]


def test_what_somebody_wrote_who_has_left_since_counts(remote, tmp_path):
    file = tmp_path / "s.json"
    begun(remote, file)
    remote.user("writer", "write").create_comment(1, '{"theirs": 1}')
    remote.near().process_updates(1)
    remote.backend().set_role("writer", "read")
    remote.settle()
    brought_forward(remote, file)
    assert objects(file.read_text())["object-0"]["data"] == {"n": 0, "theirs": 1}


def test_what_repeats_the_last_comment_of_before_is_no_event(tmp_path, config):
    with Far(tmp_path / "none", replace(config, rejections_reply=False)) as world:
        file = tmp_path / "s.json"
        populated(world, 1)
        world.backend().create_comment(1, REJECTED)
        world.near().process_updates(1)
        world.store().write_snapshot(file, history=True)
        world.clock.sleep(60)
        world.backend().create_comment(1, REJECTED)
        world.near().process_updates(1)
        brought_forward(world, file)


@pytest.mark.breaks_stores("a comment is edited after it was applied")
def test_what_changes_while_the_list_is_read(tmp_path, config):
    """An edit moves a comment to the end of the list, and the first of the next page to this one."""
    with Far(tmp_path / "none", config) as world:
        populated(world, 101)
        backend, asked = world.backend(), Counter[str]()
        talk = backend.create_comment(101, "talk")
        world.near().process_updates(101)
        for number in range(3, 60):
            backend.create_comment(number, "talk")
        world.near().process_pending()
        world.settle()
        listed = world.comments(3)[1]

        def meanwhile(index, verb):
            asked[verb] += 1
            if (verb, asked[verb]) == ("list_recent_comments", 3):  # what was listed is edited
                backend.edit_comment(listed.id, '{"n": "edited"}')
                backend.edit_comment(world.comments(90)[1].id, world.comments(90)[1].body)
            if (verb, asked[verb]) == ("list_issues", 3):  # the list of comments is read, and one takes another's place
                backend.delete_comment(talk.id)
                world.near().update("object-100", {"n": "new"}, process=True)

        world.faults.cut = meanwhile
        told = objects(world.store().snapshot(history=True).text())
        world.faults.cut = lambda index, verb: None
        assert asked["list_recent_comments"] == 3
        assert told == objects(world.near().snapshot(history=True).text())
        assert told["object-2"]["history"][1]["data"] == {"n": "edited"}


def test_the_list_goes_on_past_the_pages_that_github_shows(remote, tmp_path, monkeypatch):
    if not isinstance(remote, GitHubWorld):
        pytest.skip("numbered pages are GitHub's")
    monkeypatch.setattr("gh_store.devserver.api.comments.MOST_RECENT", 200)
    monkeypatch.setattr("gh_store.backends.github._RECENT_PAGES", 2)
    for number in range(5):
        remote.backend().create_issue(str(number), "", [])
        for _ in range(101):
            remote.backend().create_comment(number + 1, "x")
        remote.clock.sleep(1)
    found, cursor, backend = set(), None, remote.through()
    while True:
        page = backend.list_recent_comments(None, cursor)
        found |= {each.comment.id for each in page.comments}
        cursor = page.next
        if cursor is None:
            break
    assert len(found) == 505


def test_a_list_that_is_not_to_be_had_is_done_without(tmp_path, config):
    with GitHubWorld(tmp_path / "store.db", config) as world:
        begun(world, tmp_path / "s.json")
        world.near().update("object-0", {"n": 5}, process=True)
        world.settle()
        world.trouble.once.append(Fault("500", times=99, match="/issues/comments"))
        assert world.store().update_snapshot(tmp_path / "s.json")
        world.trouble.clear()
        assert objects((tmp_path / "s.json").read_text()) == objects(world.near().snapshot(history=True).text())


@pytest.mark.parametrize("form", Format)
def test_memory_does_not_grow_with_the_objects(tmp_path, form):
    """Neither to write a snapshot nor to convert one."""
    text = json.dumps("x" * 100_000)

    class Many:
        def __iter__(self):
            return (
                snapshots.Entry(f"{n:04d}", n + 1, f'{{"data":{{"x":{text}}},"meta":{{"issue_number":{n + 1}}}}}')
                for n in range(300)
            )

    header = snapshots.Header(None, "o/r")
    tracemalloc.start()
    try:
        snapshots.write(tmp_path / "s.json", snapshots.Snapshot(header, Many()))
        snapshots.write(tmp_path / "out", snapshots.read(tmp_path / "s.json"), form)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8_000_000, "all of them are 30 MB"


def test_a_snapshot_with_history_is_imported(calm, tmp_path):
    deep = json.loads('{"a":' * 99 + "{}" + "}" * 99)
    calm.store().create("deep", deep)
    calm.store().write_snapshot(tmp_path / "s.json", history=True)
    assert {entry.object_id for entry in snapshots.read(tmp_path / "s.json")} == {"a", "b", "deep", "Ö"}
    with MemoryWorld(tmp_path / "other", calm.config) as other:
        assert len(other.store().import_from((tmp_path / "s.json").read_text().splitlines())) == 4
        assert other.store().get("deep").data == deep
