"""A store leaves with its logs, and comes back the same: export, import, adopt."""

import json
from bisect import bisect_left
from contextlib import suppress
from dataclasses import replace

import pytest
from world import GitHubWorld, World

from gh_store import (
    AccessDeniedError,
    BackendUnavailable,
    ConcurrentUpdateError,
    InvalidInput,
    InvalidObject,
    InvalidUpdate,
    ObjectExists,
    ObjectNotFound,
    Store,
    ValueTooLarge,
    wire,
)
from gh_store.domain.findings import VerifyReport
from gh_store.objects.inputs import checked_object


def messy(world: World) -> None:
    """A store in which everything has happened that can."""
    store, page = world.near(), world.user("colleague", "write")
    store.create("thing", {"a": {"x": 1}, "@": "#1"}, ["public", "Two Words"])
    store.update("thing", {"a": {"y": None}}, event_id="mine")
    store.update("thing", {"a": {"x": None}}, "merge", process=True)
    store.update("thing", {"a": {"y": None}}, event_id="mine")  # the same again
    store.update("thing", [{"op": "test", "path": "/a", "value": 7}], "patch")
    store.update("thing", {"b": True}, "replace", expected_version=3)
    page.create_comment(1, '{"by": "hand"}')
    page.create_comment(1, '```json\n{"by": "hand"}\n```')
    page.create_comment(1, '{"_data": {"x": 1}, "_meta": {"update_mode": "nonsense"}}')
    page.create_comment(1, "talk")
    world.backend("stranger").create_comment(1, '{"by": "stranger"}')
    store.process_pending()
    with pytest.raises(ConcurrentUpdateError):
        store.update("thing", {"c": 1}, expected_version=2, event_id="late", process=True)
    page.create_comment(1, json.dumps({"type": "initial_state", "data": {"again": 1}}))
    store.create("x" * 60, {"long": True})
    store.create("old", {"life": 1})
    store.update("old", {"life": "one"}, process=True)
    store.delete("old")
    page.create_comment(3, '{"too": "late"}')
    store.process_pending()
    store.create("old", {"life": 2})
    store.create("edited", {"by": "us"})
    page.edit_issue(5, body='{"by": "hand", "at": null}')
    store.process_pending()
    store.update("edited", {"pending": [1, 2.5, "ü"]})
    page.create_issue("an older one", "{}", [])


def told(store: Store, object_id: str):
    """What users see of an object's past: ids, authors and times are the backend's."""
    return [
        (entry["type"], *(("rejected",) if entry["outcome"] == "rejected" else (entry["metadata"]["update_mode"], entry["data"])),
         entry["version"], entry["state"], entry["proved"], entry.get("error"))
        for entry in store.get_object_history(object_id)
        if entry["outcome"] != "duplicate"
    ]  # fmt: skip


def seen(store: Store):
    return {
        obj.meta.object_id: (wire.canonical(obj.data), obj.meta.version, told(store, obj.meta.object_id))
        for obj in store.list_all()
    }


@pytest.fixture
def source(tmp_path, config):
    """Another repository, on the embedded backend."""
    made = World(tmp_path / "source.db", config)
    with made:
        yield made


@pytest.fixture(params=["embedded", "github"])
def target(request, tmp_path, config):
    """An empty repository to import into."""
    made = {"embedded": World, "github": GitHubWorld}[request.param](tmp_path / "target.db", config)
    with made:
        yield made


def test_what_was_exported_is_the_same_elsewhere(world, target):
    messy(world)
    world.settle()
    lines = list(world.store().export(deleted=True))
    done = target.store().import_from(lines)
    assert [(each.object_id, each.made, each.error) for each in done] == [(o, True, None) for o in
            ["thing", "x" * 60, "old", "edited", "old"]]  # fmt: skip
    world.near().process_pending()
    before, after = seen(world.near()), seen(target.near())
    assert after == before
    assert [entry["outcome"] for entry in target.near().get_object_history("thing")].count("rejected") == 4
    assert target.near().process_pending() == []
    assert target.near().verify().damage == ()
    thing = target.issue(1)
    assert {label.name for label in thing.labels} >= {"public", "Two Words", "UID:thing", "stored-object", "gh-store"}
    origin = target.near().get_object_history("thing")[1]["metadata"]["origin"]
    first = world.comments(1)[1]
    assert (origin["comment_id"], origin["author"], origin["issue_number"]) == (first.id, "local", 1)
    assert origin["created_at"] == first.created_at.isoformat()
    deleted = [head for head in target.near().heads() if head.status == "deleted"]
    assert [head.state().data for head in deleted] == [{"life": "one"}]
    # What an importer wrote is as safe to repeat as what it copied.
    target.near().update("thing", {"a": {"y": None}}, event_id="mine", process=True)
    assert seen(target.near()) == after
    again = list(target.store().export(deleted=True))
    assert [json.loads(line).get("data") for line in again] == [json.loads(line).get("data") for line in lines]


def test_an_import_is_repeated_without_doubling(world, source):
    messy(source)
    lines = list(source.near().export(deleted=True))
    assert all(each.made for each in world.store().import_from(lines))
    world.settle()
    picture = [world.issue(number) for number in range(1, 6)]
    assert not any(each.made or each.error for each in world.store().import_from(lines))
    assert [world.issue(number) for number in range(1, 6)] == picture


@pytest.mark.parametrize("kind", [World, GitHubWorld], ids=["embedded", "github"])
def test_an_import_that_is_killed_anywhere_goes_on(tmp_path, config, source, kind):
    messy(source)
    lines = list(source.near().export(deleted=True))
    source.near().process_pending()
    before = seen(source.near())
    clean = kind(tmp_path / "clean.db", config)
    with clean:
        clean.store().import_from(lines)
        calls = list(clean.faults.calls)
    assert len(calls) > 70
    for at in range(0, len(calls), 2 if kind is World else 13):  # test_crashes has each
        for when in ("before", "after"):
            target = kind(tmp_path / f"{at}-{when}.db", replace(config, retries_max_attempts=1))
            with target:

                def cut(index, verb, at=at, when=when):
                    return when if index == at else "before" if index > at else None  # a program that is dead

                target.faults.cut = cut
                with suppress(BackendUnavailable):
                    target.store().import_from(lines)
                target.faults.cut = lambda index, verb: None
                target.settle()
                assert [each.error for each in target.store().import_from(lines)] == [None] * 5
                target.settle()
                assert seen(target.near()) == before, f"cut {when} request {at}, {calls[at]}"
                assert len([head for head in target.near().heads() if head.status == "deleted"]) == 1
                assert target.near().process_pending() == []
                assert target.near().verify() == VerifyReport((), (), ())


def interrupted(world: World, verb: str, nth: int, do):
    """A store that, before the nth request of a kind, lets somebody else do something."""
    store, met = world.store(), []

    def cut(index, name):
        met.append(name)
        if met.count(verb) == nth and name == verb:
            world.faults.cut = lambda index, verb: None
            do()

    world.faults.cut = cut
    return store


def test_two_imports_at_once_make_one_object(world, source):
    messy(source)
    lines = list(source.near().export())
    source.near().process_pending()
    thing = seen(source.near())
    store = interrupted(world, "create_comment", 4, lambda: world.store().import_from(lines))
    store.import_from(lines)
    world.settle()
    world.store().process_pending()
    world.settle()
    assert seen(world.near()) == thing
    assert world.store().verify().damage == ()


def test_who_creates_what_is_imported_meanwhile_is_told(world):
    line = ['{"id": "a", "document": {"by": "import"}}']
    store = interrupted(world, "create_issue", 1, lambda: world.store().import_from(line))
    with pytest.raises(ObjectExists):
        store.create("a", {"by": "us"})
    world.settle()
    assert world.store().get("a").data == {"by": "import"}
    assert world.store().verify().damage == ()


def test_what_is_imported_while_somebody_creates_it_gives_way(world):
    line = ['{"id": "a", "document": {"by": "import"}}']
    for verb in ("create_issue", "create_comment", "add_label"):
        store = interrupted(world, verb, 1, lambda: world.store().create("a", {"by": "us"}))
        [done] = store.import_from(line)
        world.settle()
        if done.made:  # it was first
            assert world.store().get("a").data == {"by": "import"}
        else:
            assert isinstance(done.error, ObjectExists)
            assert world.store().get("a").data == {"by": "us"}
        assert world.store().verify().damage == ()
        world.store().delete("a")
        world.settle()


def test_a_creation_under_way_is_not_exported(world):
    world.faults.cut = lambda index, verb: "before" if verb == "create_comment" else None
    with pytest.raises(BackendUnavailable):
        world.store().create("a", {})
    world.faults.cut = lambda index, verb: None
    world.settle()
    assert [json.loads(line).get("object_id") for line in world.store().export()] == [None, None]
    assert [finding.found for finding in world.store().verify().pending] == ["Its creation was cut."]
    assert [each.error for each in world.store().repair()] == [None]
    world.settle()
    assert world.store().get("a").data == {}


def test_what_was_deleted_is_brought_back_each_time(world, source):
    source.near().create("a", {"n": 1})
    backup = list(source.near().export())
    for _ in range(3):
        assert [each.made for each in world.store().import_from(backup)] == [True]
        world.settle()
        assert [each.made for each in world.store().import_from(backup)] == [False]
        assert world.store().get("a").data == {"n": 1}
        world.store().delete("a")
        world.settle()
    assert world.store().verify() == VerifyReport((), (), ())


def test_other_objects_of_the_same_id_are_in_the_way(world):
    world.near().create("b", {"mine": True})
    world.settle()
    done = world.store().import_from(['{"id": "a", "document": {"n": 1}}\n', '{"id": "b", "document": {}}\n',
                                      '{"id": "c", "document": {"n": 3}}\n'])  # fmt: skip
    assert [type(each.error) for each in done] == [type(None), ObjectExists, type(None)]
    world.settle()
    assert {obj.meta.object_id: obj.data for obj in world.store().list_all()} == {
        "a": {"n": 1}, "b": {"mine": True}, "c": {"n": 3}}  # fmt: skip


def test_a_snapshot_is_imported(world, source):
    source.near().create("a", {"n": 1})
    source.near().create("b,c", {"@": "<"})
    source.near().update("a", {"n": 2}, process=True)
    document = source.near().snapshot().text()
    published = json.dumps({**json.loads(document), "snapshot_time": "2025-01-01T00:00:00.123456"}, indent=2)
    assert [each.made for each in world.store().import_from([document])] == [True, True]
    world.settle()
    assert [each.made for each in world.store().import_from([published])] == [False, False]
    assert {obj.meta.object_id: (obj.data, obj.meta.version) for obj in world.store().list_all()} == {
        "a": ({"n": 2}, 1), "b,c": ({"@": "<"}, 1)}  # fmt: skip


def test_a_log_that_was_changed_is_made_up_for(world, source):
    store = source.near()
    store.create("thing", {"n": 0})
    for n in (1, 2, 3):
        store.update("thing", [{"op": "replace", "path": "/n", "value": n}], "patch")
    store.process_pending()
    source.backend().delete_comment(source.comments()[2].id)
    source.backend().edit_comment(source.comments()[2].id, '{"_data": [{"op": "test", "path": "/n", "value": 9}], "_meta": {"update_mode": "patch"}}')  # fmt: skip
    store.process_pending()
    assert (store.get("thing").data, store.get("thing").meta.version) == ({"n": 3}, 4)
    world.store().import_from(store.export())
    world.settle()
    made = world.store().get("thing")
    assert (made.data, made.meta.version) == ({"n": 3}, 4)
    assert [entry["outcome"] for entry in world.store().get_object_history("thing")] == [
        "applied", "applied", "rejected", "applied", "applied"]  # fmt: skip


BAD = {
    "torn": '{"id": "a", "document": {}}\n{"id": "b", "docum',
    "early": '{"gh-store": "export", "format": 1, "repository": "local"}\n',
    "short": '{"gh-store": "export", "format": 1, "repository": "local"}\n{"gh-store": "end", "objects": 1}\n',
    "newer": '{"gh-store": "export", "format": 2}\n{"gh-store": "end", "objects": 0}\n',
    "empty": " \n",
    "no object": "[1]\n",
    "other keys": '{"a": 1}\n',
    "twice": '{"id": "a", "document": {}}\n{"id": "a", "document": {}}\n',
    "no id": '{"id": 1, "document": {}}\n',
    "slash and dots are fine, NUL is not": '{"id": "../x", "document": {}}\n{"id": "a\\u0000", "document": {}}\n',
    "NaN": '{"id": "a", "document": {"n": NaN}}\n',
    "surrogate": '{"id": "a", "document": {"n": "\\ud800"}}\n',
    "deep": '{"id": "a", "document": ' + '{"a":' * 5000 + "1" + "}" * 5000 + "}\n",
    "digits": '{"id": "a", "document": {"n": ' + "9" * 5000 + "}}\n",
    "large": '{"id": "a", "document": {"n": "' + "x" * 66_000 + '"}}\n',
    "a snapshot of nonsense": '{"objects": {"a": 7}}',
    "a snapshot of lists": '{"objects": {"a": {"data": []}}}',
    "an odd event": '{"gh-store": "export", "format": 1}\n{"object_id": "a", "issue_number": 1, "version": 1, "labels": [], "deleted": false, "data": {}, "events": [{}]}\n{"gh-store": "end", "objects": 1}\n',
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_nothing_is_written_of_a_bad_file(calm, tmp_path, text):
    file = tmp_path / "bad.jsonl"
    file.write_text(text)
    with pytest.raises(InvalidInput) as caught:
        calm.store().import_from(file)
    assert len(caught.value.message) < 300
    assert caught.value.hint
    assert calm.requests() == []


def test_an_object_that_does_not_fit_holds_up_no_other(world):
    first = {
        "object_id": "a",
        "issue_number": 1,
        "version": 1,
        "labels": [],
        "deleted": False,
        "data": {},
        "events": [],
    }
    bad = [{**first, "version": 9_999_999}, {**first, "labels": ["archived"]}, {**first, "labels": ["a,b"]}]
    lines = [{"gh-store": "export", "format": 1}, *bad, {**first, "object_id": "b"}, {"gh-store": "end", "objects": 4}]
    done = world.store().import_from(json.dumps(each) + "\n" for each in lines)
    assert [type(each.error) for each in done] == [InvalidObject, InvalidObject, InvalidObject, type(None)]
    world.settle()
    assert [obj.meta.object_id for obj in world.store().list_all()] == ["b"]


def test_another_document_is_another_object(world):
    assert world.store().import_from(['{"id": "a", "document": {"n": 1}}'])[0].made
    world.settle()
    assert isinstance(world.store().import_from(['{"id": "a", "document": {"n": 2}}'])[0].error, ObjectExists)


def test_a_file_that_cannot_be_read_is_told(calm, tmp_path):
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(InvalidInput, match=path.name):
            calm.store().import_from(path)
    (tmp_path / "latin").write_bytes(b'{"id": "\xff"}')
    with pytest.raises(InvalidInput, match="UTF-8"):
        calm.store().import_from(tmp_path / "latin")


@pytest.mark.parametrize("events", [4, 5, 6, 23])
def test_an_object_of_many_events_takes_several_issues(world, source, events):
    source.config = world.config = replace(world.config, log_max_events=5)
    source.near().create("a", {}, ["public"])
    for n in range(events):
        source.near().update("a", {"n": n}, process=n % 3 == 0)
    [done] = world.store().import_from(list(source.near().export()))
    assert done.error is None
    world.settle()
    assert told(world.near(), "a") == told(source.near(), "a")
    assert world.near().verify().damage == ()
    assert len(list(world.near().list_all(labels="public"))) == 1
    assert not any(each.made or each.error for each in world.store().import_from(list(source.near().export())))


def test_values_at_their_limit_are_carried(world, source):
    def takes(size):
        try:
            checked_object("a", {"x": "y" * size})
        except ValueTooLarge:
            return False
        return True

    most = bisect_left(range(65_536), True, key=lambda size: not takes(size)) - 1
    source.near().create("a", {"x": "y" * most})
    source.near().update("a", {"x": "z" * most}, expected_version=1)
    with pytest.raises(ConcurrentUpdateError):
        source.near().update("a", {"x": "v" * (most - 50)}, event_id="late", expected_version=7, process=True)
    [done] = world.store().import_from(source.near().export())
    assert done.error is None
    world.settle()
    assert world.store().get("a").data == {"x": "z" * most}
    assert [each["outcome"] for each in world.store().get_object_history("a")] == ["applied", "applied", "rejected"]
    assert not any("rejected event" in comment.body for comment in world.comments(1)), "its writer was told"


def test_who_does_not_count_imports_nothing(tmp_path, config):
    world = World(tmp_path / "store.db", replace(config, access_codeowners="data/"))
    with world:
        world.backend().put_file("CODEOWNERS", "data/ @ada")
        world.user("writer", "write")
        [done] = world.store("writer").import_from(['{"id": "a", "document": {}}'])
        assert isinstance(done.error, AccessDeniedError)
        assert list(world.near().list_all()) == []


def test_a_deleted_object_of_several_issues_is_one(world, source):
    source.config = world.config = replace(world.config, log_max_events=4)
    source.near().create("a", {})
    for n in range(9):
        source.near().update("a", {"n": n}, process=True)
    source.near().delete("a")
    source.near().create("a", {"life": 2})
    lines = list(source.near().export(deleted=True))
    assert [json.loads(line).get("version") for line in lines[1:-1]] == [1, 10]
    assert all(each.error is None for each in world.store().import_from(lines))
    world.settle()
    assert world.near().get("a").data == {"life": 2}
    assert list(map(json.loads, world.near().export(deleted=True)))[2]["data"] == {"n": 8}
    assert world.near().verify().damage == ()


# --- adopt ----------------------------------------------------------------------------------------


def leaver(world: World) -> Store:
    """Objects of somebody who may not write any more."""
    world.user("ada", "write")
    theirs = Store(world.backend("ada"), world.config, sleep=world.clock.sleep)
    theirs.create("thing", {"n": 0}, ["public"])
    theirs.update("thing", {"n": 1}, process=True)
    with pytest.raises(InvalidUpdate):
        theirs.update("thing", [{"op": "remove", "path": "/none"}], "patch", process=True)
    theirs.create("gone", {})
    theirs.delete("gone")
    world.near().create("ours", {})
    world.near().update("thing", {"m": 2}, event_id="once")
    world.user("ada", "read")
    world.settle()
    return theirs


def test_what_a_leaver_made_is_adopted(world):
    leaver(world)
    before = told(world.near(), "thing")
    assert [(e.object_id, e.issue_number, e.made) for e in world.store().adopt(dry_run=True)] == [
        ("thing", None, False)
    ]
    assert world.issue(1).author.login == "ada"
    [done] = world.store().adopt()
    assert (done.object_id, done.issue_number, done.made, done.error) == ("thing", 4, True, None)
    world.settle()
    assert told(world.store(), "thing") == before
    new = world.store().get("thing")
    assert (new.data, new.meta.version, new.meta.issue_number) == ({"n": 1, "m": 2}, 4 - 1, 4)
    assert world.issue(4).author.login == "local"
    assert {label.name for label in world.issue(1).labels} == {"gh-store", "UID:thing", "public", "gh-store-retired"}
    assert not world.issue(1).open
    assert world.store().adopt() == []
    assert world.store().verify().damage == ()
    world.store().update("thing", {"m": 2}, event_id="once", process=True)
    assert world.store().get("thing").meta.version == 3


def test_what_nobody_has_updated_keeps_its_creation_however_often_it_is_adopted(world):
    for owner in ("ada", "bob"):
        world.user(owner, "write")
    Store(world.backend("ada"), world.config, sleep=world.clock.sleep).create("thing", {"n": 0})
    for leaver, heir in (("ada", "bob"), ("bob", None)):
        world.user(leaver, "read")
        world.settle()
        assert [each.error for each in world.store(heir).adopt()] == [None]
    world.settle()
    world.store().update("thing", {"n": 1}, process=True)
    assert [(e["version"], e["data"]) for e in world.store().get_object_history("thing")] == [
        (1, {"n": 0}),
        (2, {"n": 1}),
    ]
    assert world.store().get("thing", 1).data == {"n": 0}


def test_an_object_is_never_away_while_it_is_adopted(world):
    leaver(world)

    def use():
        world.settle()
        assert world.store().get("thing").data["n"] == 1
        world.store().update("thing", {"k": 1}, process=True)
        with pytest.raises(ObjectExists):
            world.store().create("thing", {})

    assert [each.error for each in interrupted(world, "remove_label", 1, use).adopt()] == [None]
    world.settle()
    obj = world.store().get("thing")
    assert (obj.data, obj.meta.issue_number, obj.meta.pending) == ({"n": 1, "m": 2, "k": 1}, 4, 0)
    assert world.store().verify().damage == ()


def test_an_event_that_is_carried_over_and_written_again_counts_once(world):
    leaver(world)
    world.store().process_pending()
    world.settle()
    writer = interrupted(world, "edit_issue", 1, lambda: (world.settle(), world.store().adopt()))
    writer.update("thing", [{"op": "add", "path": "/k", "value": 1}], "patch")
    world.settle()
    obj = world.store().process_updates(4)
    assert (obj.data, obj.meta.version) == ({"n": 1, "m": 2, "k": 1}, 4)
    world.settle()
    assert [each.issue_number for each in world.store().adopt()] == [4], "the writer has opened the old one again"
    world.settle()
    assert world.store().adopt() == []
    assert world.store().get("thing").meta.version == 4


def test_only_those_that_are_named_are_adopted(world):
    leaver(world)
    assert world.store().adopt("ours") == []
    assert len(world.store().adopt("thing")) == 1


def test_what_was_withdrawn_for_another_reason_is_no_adoption(world):
    world.user("ada", "write")
    world.near().create("thing", {"n": 1})
    theirs = world.backend("ada").create_issue(world.issue(1).title, "{}", ["UID:thing"])
    world.backend("ada").create_comment(theirs.number, world.comments(1)[0].body)
    world.user("ada", "read")
    world.settle()
    assert world.store().adopt() == []
    assert [each.doing for each in world.store().repair()] == ["close the issue"]
    world.settle()
    assert world.store().adopt() == []
    assert world.store().get("thing").data == {"n": 1}


def test_an_update_that_reaches_the_old_issue_is_not_lost(world):
    leaver(world)
    other = world.store()
    other.update("thing", {"k": 1}, process=True)  # it knows the old number now
    world.store().adopt()
    world.settle()
    obj = other.update("thing", {"k": 2}, process=True)
    assert (obj.data["k"], obj.meta.issue_number) == (2, 4)
    world.backend().create_comment(1, '{"_data": {"k": 3}, "_meta": {"update_mode": "append"}}')
    world.settle()
    assert [each.kind for each in world.store().verify().pending] == ["pending"]
    assert [each.issue_number for each in world.store().adopt()] == [4]
    world.settle()
    obj = world.store().get("thing")
    assert (obj.data["k"], obj.meta.pending) == (3, 0)
    assert world.store().verify().damage == ()
    assert world.store().adopt() == []


def test_an_id_that_never_was_is_told(world):
    with pytest.raises(ObjectNotFound):
        world.store().verify("nothing")
