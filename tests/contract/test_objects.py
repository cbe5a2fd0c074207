"""Creating, reading, updating, deleting: the promises to users, on every backend."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gh_store import (
    AccessDeniedError,
    BackendUnavailable,
    ConcurrentUpdateError,
    DuplicateUIDError,
    InsufficientScope,
    InvalidObject,
    InvalidObjectID,
    InvalidUpdate,
    ObjectExists,
    ObjectNotFound,
    ValueTooLarge,
    wire,
)
from gh_store.transfer import records


def test_a_new_object_is_read_back(world):
    store = world.store()
    made = store.create("metrics", {"visits": 1})
    assert (made.meta.object_id, made.meta.version, made.meta.pending) == ("metrics", 1, 0)
    assert store.get("metrics") == made
    assert world.store().get("metrics") == made


def test_an_object_is_an_issue_that_people_can_read(world):
    world.store().create("metrics", {"by": "@someone", "see": "https://example.org/#1"}, ["public"])
    issue = world.issue()
    assert issue.title.startswith("Stored Object: metrics [v1 ")
    assert not issue.open
    assert {label.name for label in issue.labels} == {"gh-store", "stored-object", "UID:metrics", "public"}
    assert json.loads(issue.body) == {"by": "@someone", "see": "https://example.org/#1"}
    assert "@" not in issue.body
    (initial,) = world.comments()
    assert json.loads(initial.body)["type"] == "initial_state"
    assert json.loads(initial.body)["_meta"]["object_id"] == "metrics"
    assert initial.reactions == {"rocket": 1}


def test_what_a_caller_holds_is_not_the_store(world):
    data = {"list": [1]}
    store = world.store()
    made = store.create("metrics", data)
    data["list"].append(2)
    made.data["list"].append(3)
    assert store.get("metrics").data == {"list": [1]}


def test_what_an_update_answers_is_not_what_the_next_one_builds_on(world):
    store = world.store()
    store.create("metrics", {"list": [1]})
    for answer in (store.get("metrics"), store.update("metrics", {"a": 1}), store.update("metrics", {"b": 1})):
        answer.data["list"].append(2)
    assert store.update("metrics", {"c": 1}).data == {"list": [1], "a": 1, "b": 1, "c": 1}
    shown = store.get("metrics")
    shown.data["list"].append(3)
    world.faults.cut = lambda index, verb: "before" if verb in ("edit_issue", "get_issue") else None
    assert store.update("metrics", {"d": 1}).data["list"] == [1]
    world.faults.cut = lambda index, verb: None


def test_an_id_is_taken_once(world):
    world.store().create("metrics", {})
    world.settle()
    with pytest.raises(ObjectExists):
        world.store().create("metrics", {"other": True})
    assert world.store().get("metrics").data == {}


def test_an_id_is_taken_once_although_no_list_shows_it_yet(world):
    world.store().create("metrics", {"first": True})
    with pytest.raises(ObjectExists):
        world.store().create("metrics", {"first": False})
    assert world.store().get("metrics").data == {"first": True}


def test_what_never_was_is_not_found(world):
    for ask in (
        lambda: world.store().get("nobody"),
        lambda: world.store().update("nobody", {}),
        lambda: world.store().delete("nobody"),
        lambda: world.store().get_object_history("nobody"),
        lambda: world.store().process_updates(7),
    ):
        with pytest.raises(ObjectNotFound):
            ask()


IDS = ["2025", "Metrics", "metrics", "a/b c", "a,b", "x" * 165, "é" * 46, "UID:x", "sha256-" + "0" * 32, "日本"]
IDS += ["x [v1 2026-01-01T00:00:00Z 0/1 00000000]"]


def test_ids_may_look_like_anything(world):
    store = world.store()
    for number, object_id in enumerate(IDS):
        store.create(object_id, {"number": number})
    world.settle()
    other = world.store()
    for number, object_id in enumerate(IDS):
        assert other.get(object_id).data == {"number": number}
        assert other.update(object_id, {"seen": True}, process=True).meta.object_id == object_id
    assert sorted(obj.meta.object_id for obj in other.list_all()) == sorted(IDS)
    assert all(len(label.name) <= 50 for number in range(1, len(IDS) + 1) for label in world.issue(number).labels)


@pytest.mark.parametrize("object_id", ["", " x", "x ", "a\nb", "\x00", "x" * 166, "\ud800", "a\u2028b", 7, None])
def test_ids_that_no_title_carries_are_refused(world, object_id):
    with pytest.raises(InvalidObjectID):
        world.store().create(object_id, {})
    assert world.requests() == []


@pytest.mark.parametrize("object_id", ["\u200b", "a\u202eb"])
def test_ids_that_deceive_are_those_of_older_objects_alone(world, object_id):
    store = world.store()
    with pytest.raises(InvalidObjectID):
        store.create(object_id, {})
    assert world.requests() == []
    backup = records.Record(object_id, {"n": 1}, "a/b", 1, 1)
    assert [done.made for done in store.import_from(records.write_lines("a/b", datetime.now(UTC), [backup]))] == [True]
    world.settle()
    assert store.get(object_id).data == {"n": 1}
    store.update(object_id, {"n": 2}, process=True)
    assert [entry["version"] for entry in store.get_object_history(object_id)] == [1, 2]
    store.delete(object_id)
    assert list(store.list_all()) == []


def test_who_changes_an_entry_of_a_history_changes_nothing_else(calm):
    store = calm.store()
    store.create("a", {"deep": {"list": [1]}})
    store.update("a", {"n": 1})
    store.update("a", {"deep": {"list": [1]}}, mode="replace", process=True)
    history = store.get_object_history("a")
    parts = [part for entry in history for part in (entry["data"], entry["state"], entry["metadata"])]
    for at, part in enumerate(parts):
        others = parts[:at] + parts[at + 1 :]
        before = json.dumps(others)
        part.setdefault("deep", {}).setdefault("list", []).append("mine")
        assert json.dumps(others) == before
    assert "mine" not in json.dumps(store.get_object_history("a"))
    assert store.get("a").data == store.get("a", version=1).data == {"deep": {"list": [1]}}


def nested(depth):
    value = {}
    for _ in range(depth - 1):
        value = {"deeper": value}
    return value


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ([1], InvalidObject),
        ("text", InvalidObject),
        ({"a": float("nan")}, InvalidObject),
        ({"a": float("inf")}, InvalidObject),
        ({"a": "\ud800"}, InvalidObject),
        ({"\udfff": 1}, InvalidObject),
        ({1: "a"}, InvalidObject),
        ({"a": object()}, InvalidObject),
        ({"a": 10**5000}, InvalidObject),
        (nested(101), InvalidObject),
        ({"a": "x" * 65_536}, ValueTooLarge),
        ({"a": "@" * 11_000}, ValueTooLarge),
    ],
)
def test_values_that_cannot_be_stored_are_refused_before_the_first_request(world, data, error):
    with pytest.raises(error):
        world.store().create("metrics", data)
    assert world.requests() == []


def test_the_deepest_value_goes_both_ways(world):
    store = world.store()
    store.create("metrics", nested(100))
    assert store.update("metrics", nested(100), "replace", process=True).data == nested(100)
    assert world.store().get("metrics").data == nested(100)


def test_the_largest_value_goes_both_ways(world):
    store = world.store()
    data = {"a": "x" * 65_000}
    store.create("metrics", data)
    assert world.store().get("metrics").data == data
    with pytest.raises(ValueTooLarge) as caught:
        store.update("metrics", {"b": "y" * 1_000}, process=True)
    assert caught.value.rejected
    assert store.get("metrics").data == data


def test_updates_apply_in_order(world):
    store = world.store()
    store.create("metrics", {"a": {"b": 1, "c": [1]}, "d": None})
    store.update("metrics", {"a": {"b": 2, "x": None}})
    store.update("metrics", {"a": {"c": None}}, mode="merge")
    pending = store.update("metrics", [{"op": "add", "path": "/e", "value": 5}], mode="patch")
    assert pending.meta.pending
    assert store.get("metrics").data == {"a": {"b": 2, "x": None}, "d": None, "e": 5}
    assert store.get("metrics").meta.pending == 3
    done = store.process_updates(1)
    assert (done.data, done.meta.version, done.meta.pending) == ({"a": {"b": 2, "x": None}, "d": None, "e": 5}, 4, 0)
    assert world.store().get("metrics") == done
    assert store.update("metrics", {"z": 1}, mode="replace", process=True).data == {"z": 1}


def test_an_update_answers_with_itself_folded_in(world):
    store = world.store()
    store.create("metrics", {"a": 1})
    answer = store.update("metrics", {"b": 2})
    assert (answer.data, answer.meta.version, answer.meta.pending) == ({"a": 1, "b": 2}, 2, 1)


@pytest.mark.parametrize(
    ("changes", "mode", "error"),
    [
        ([1], "append", InvalidUpdate),
        ({}, "mend", InvalidUpdate),
        ({}, "patch", InvalidUpdate),
        ([{"op": "burn", "path": ""}], "patch", InvalidUpdate),
        ([{"op": "add", "path": "no slash", "value": 1}], "patch", InvalidUpdate),
        ({"a": float("nan")}, "merge", InvalidObject),
        ({"a": "x" * 66_000}, "append", ValueTooLarge),
        ({"a": "x" * 66_000}, "replace", ValueTooLarge),
    ],
)
def test_updates_of_no_sense_are_refused_before_the_first_request(world, changes, mode, error):
    store = world.store()
    store.create("metrics", {})
    world.requests()
    with pytest.raises(error) as caught:
        store.update("metrics", changes, mode)
    assert not caught.value.rejected
    assert world.requests() == []


def test_a_bad_event_is_rejected_alone_and_told(world):
    store = world.store()
    store.create("metrics", {"a": 1})
    store.update("metrics", [{"op": "test", "path": "/a", "value": 2}], mode="patch")
    store.update("metrics", {"b": 2})
    assert store.process_updates(1).data == {"a": 1, "b": 2}
    bad, good, reply = world.comments()[1:]
    assert (bad.reactions, good.reactions) == ({"confused": 1}, {"+1": 1})
    position, error, _ = wire.read_reply(reply.body)
    assert (position, error) == (bad.id, "InvalidUpdate")
    store.process_updates(1)
    assert len(world.comments()) == 4


def test_replies_can_be_switched_off(world):
    config = replace(world.config, rejections_reply=False)
    store = world.store(config=config)
    store.create("metrics", {"a": 1})
    with pytest.raises(InvalidUpdate) as caught:
        store.update("metrics", [{"op": "remove", "path": "/b"}], mode="patch", process=True)
    assert caught.value.rejected
    assert len(world.comments()) == 2
    assert world.comments()[1].reactions == {"confused": 1}


def test_an_expected_version_holds_against_whoever_was_faster(world):
    one, two = world.store(), world.store()
    one.create("metrics", {})
    world.settle()
    two.get("metrics")
    one.update("metrics", {"by": "one"}, expected_version=1)
    two.update("metrics", {"by": "two"}, expected_version=1)  # both saw version 1
    assert one.process_updates(1).data == {"by": "one"}
    with pytest.raises(ConcurrentUpdateError) as caught:
        world.store().update("metrics", {}, expected_version=1)
    assert (caught.value.expected, caught.value.actual, caught.value.rejected) == (1, 2, False)
    with pytest.raises(ConcurrentUpdateError) as caught:
        two.update("metrics", {}, expected_version=3, process=True)
    assert caught.value.rejected


def test_an_event_id_makes_an_update_safe_to_repeat(world):
    store = world.store()
    store.create("counter", {"n": 0})
    patch = [{"op": "test", "path": "/n", "value": 0}, {"op": "replace", "path": "/n", "value": 1}]
    first = store.update("counter", patch, "patch", event_id="once", process=True)
    again = world.store().update("counter", patch, "patch", event_id="once", process=True)
    assert (first.data, again.data, again.meta.version) == ({"n": 1}, {"n": 1}, 2)
    expecting = {"changes": {"n": 2}, "expected_version": 2, "event_id": "twice", "process": True}
    assert store.update("counter", **expecting).data == {"n": 2}
    assert store.update("counter", **expecting).data == {"n": 2}
    with pytest.raises(InvalidUpdate, match="another event"):
        store.update("counter", {"n": 9}, event_id="once", process=True)


def test_an_update_that_was_rejected_stays_so_when_it_is_repeated(world):
    store = world.store()
    store.create("counter", {})
    bad = [{"op": "remove", "path": "/n"}]
    for _ in range(2):
        with pytest.raises(InvalidUpdate) as caught:
            store.update("counter", bad, "patch", event_id="once", process=True)
        assert caught.value.rejected

    def sleep(seconds):
        world.clock.sleep(seconds)
        world.store().process_updates(1)

    waiting = world.store(sleep=sleep)
    with pytest.raises(InvalidUpdate):
        waiting.update("counter", bad, "patch", event_id="once", wait=30)


def test_wait_returns_when_a_processor_has_decided(world, monkeypatch):
    store = world.store()
    store.create("metrics", {})

    def sleep(seconds):
        world.clock.sleep(seconds)
        world.store().process_updates(1)

    waiting = world.store(sleep=sleep)
    assert waiting.update("metrics", {"a": 1}, wait=30).meta.pending == 0
    with pytest.raises(InvalidUpdate) as caught:
        waiting.update("metrics", [{"op": "remove", "path": "/b"}], "patch", wait=30)
    assert caught.value.rejected
    silent = replace(world.config, rejections_reply=False)

    def process_silently(seconds):
        world.clock.sleep(seconds)
        world.store(config=silent).process_updates(1)

    quiet = world.store(config=silent, sleep=process_silently)
    with pytest.raises(InvalidUpdate):
        quiet.update("metrics", [{"op": "remove", "path": "/b"}], "patch", wait=30)


def test_an_update_that_could_not_reopen_its_issue_sees_itself(world):
    """A read that lags may not count it yet."""
    world.store().create("metrics", {"a": 1})
    world.settle()

    def refused(at, verb):
        return "before" if verb == "edit_issue" and left and left.pop() else None

    config = replace(world.config, retries_max_attempts=1)
    for options, version in ({}, 2), ({"process": True}, 3):
        left, world.faults.cut = [True], refused
        obj = world.store(config=config).update("metrics", {"b": version}, event_id=f"b-{version}", **options)
        assert left == []
        assert (obj.data["b"], obj.meta.version, obj.meta.pending) == (version, version, not options)


def test_who_waits_is_told_of_a_rejection_by_a_run_that_told_nobody(world):
    """It committed, could not reply, and was cut before its receipts."""
    world.store().create("metrics", {"a": 1})
    world.settle()

    def somebody_processes(seconds):
        world.clock.sleep(seconds)
        if world.head().checkpoint.watermark == 0:
            world.faults.cut = lambda at, verb: "before" if verb == "add_reaction" else None
            with pytest.raises(BackendUnavailable):
                world.store(config=replace(world.config, rejections_reply=False)).process_updates(1)
            world.faults.cut = lambda at, verb: None

    waiting = world.store(sleep=somebody_processes)
    with pytest.raises(InvalidUpdate) as rejected:
        waiting.update("metrics", [{"op": "remove", "path": "/b"}], "patch", wait=30)
    assert rejected.value.rejected


def test_a_wait_that_runs_out_leaves_the_event_pending(world):
    store = world.store()
    store.create("metrics", {})
    before = world.clock.slept
    assert store.update("metrics", {"a": 1}, wait=5).meta.pending == 1
    assert world.clock.slept - before == pytest.approx(5, abs=2)
    assert store.process_updates(1).data == {"a": 1}


def test_too_many_pending_updates_are_refused_before_they_are_written(world):
    store = world.store(max_concurrent_updates=1)
    store.create("metrics", {})
    store.update("metrics", {"a": 1})
    store.update("metrics", {"b": 1})
    world.requests()
    with pytest.raises(ConcurrentUpdateError) as caught:
        store.update("metrics", {"c": 1})
    assert (caught.value.expected, caught.value.actual) == (1, 2)
    assert "create_comment" not in world.requests()


def test_a_deleted_object_is_gone_and_its_issue_stays(world):
    store = world.store()
    store.create("metrics", {"life": 1})
    store.update("metrics", {"late": True})
    store.delete("metrics")
    for ask in (store, world.store()):
        with pytest.raises(ObjectNotFound):
            ask.get("metrics")
    assert list(world.store().list_all()) == []
    issue = world.issue()
    assert json.loads(issue.body) == {"life": 1, "late": True}
    assert {label.name for label in issue.labels} == {"gh-store", "archived", "UID:metrics"}
    assert not issue.open


def test_an_object_created_again_begins_a_new_life(world):
    store = world.store()
    store.create("metrics", {"life": 1})
    store.update("metrics", {"more": 1}, process=True)
    store.delete("metrics")
    again = store.create("metrics", {"life": 2})
    assert (again.data, again.meta.version) == ({"life": 2}, 1)
    world.settle()
    assert world.store().get("metrics") == again
    assert [entry["data"] for entry in world.store().get_object_history("metrics")] == [{"life": 2}]


def test_who_knows_an_issue_that_is_gone_finds_the_object_where_it_is(world):
    store = world.store()
    store.create("metrics", {"n": 1})
    world.backend().delete_issue(1)
    world.settle()
    world.near().create("metrics", {"n": 2})
    world.settle()
    assert store.update("metrics", {"m": 1}, process=True).data == {"n": 2, "m": 1}
    world.backend().delete_issue(2)
    world.settle()
    with pytest.raises(ObjectNotFound):
        store.update("metrics", {"m": 2})
    world.near().create("metrics", {})


def test_an_event_past_a_deletion_is_rejected_and_its_writer_told(world):
    writer = world.store()
    writer.create("metrics", {"a": 1})
    writer.get("metrics")
    world.settle()
    world.store().delete("metrics")
    with pytest.raises(ObjectNotFound):
        writer.update("metrics", {"b": 2})
    assert [done.rejected for done in world.store().process_pending()] == [1]
    assert json.loads(world.issue().body) == {"a": 1}
    assert world.comments()[1].reactions == {"confused": 1}
    assert "was deleted" in world.comments()[2].body
    assert not world.issue().open
    world.settle()
    assert world.store().process_pending() == []


@pytest.mark.breaks_stores("two issues claim an id")
def test_several_issues_of_one_id_are_an_error(world):
    store = world.store()
    store.create("metrics", {})
    issue = world.issue()
    twin = world.backend().create_issue(issue.title, issue.body, [label.name for label in issue.labels])
    world.backend().create_comment(twin.number, world.comments()[0].body)
    world.settle()
    with pytest.raises(DuplicateUIDError) as caught:
        world.store().get("metrics")
    assert caught.value.issue_numbers == (1, 2)


def test_a_reader_may_not_create(world):
    world.user("reader", "read")
    world.user("triager", "triage")
    for login in ("reader", "triager"):
        with pytest.raises(InsufficientScope):
            world.store(login).create("metrics", {})
    assert world.backend().list_issues().issues == ()


def test_a_strangers_update_is_denied(world):
    world.store().create("metrics", {})
    world.settle()
    with pytest.raises(AccessDeniedError):
        world.store("stranger").update("metrics", {"mine": True})
    assert world.store().process_updates(1).data == {}


texts = st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)


numbers = count()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(texts, values, max_size=5))
def test_any_json_object_comes_back_as_it_was(world, data):
    store, name = world.store(), f"object-{next(numbers)}"
    store.create(name, data)
    assert wire.canonical(store.get(name).data) == wire.canonical(data)
    assert wire.canonical(store.update(name, data, "replace", process=True).data) == wire.canonical(data)
