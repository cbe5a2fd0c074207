"""Many objects with one call: create_many, put_many, update_many."""

import tracemalloc
from dataclasses import replace
from itertools import count, islice

import pytest

from gh_store import (
    BackendUnavailable,
    InvalidInput,
    InvalidObject,
    InvalidUpdate,
    ObjectExists,
    ObjectNotFound,
    RateLimited,
    Store,
)
from gh_store.backends.local import LocalBackend


def told(results):
    """What became of each item, in short."""
    return [
        (each.object_id, type(each.error).__name__ if each.error else each.object.data, each.changed)
        for each in results
    ]


def test_what_is_created_is_there_and_repeated_it_is_unchanged(world):
    items = [("a", {"n": 1}), ("B b", {}), ("x" * 150, {"long": True})]
    store = world.store()
    assert told(store.create_many(items, "public")) == [(name, data, True) for name, data in items]
    world.settle()
    assert told(world.store().create_many(items, "public")) == [(name, data, False) for name, data in items]
    assert {o.meta.object_id for o in world.store().list_all(labels="public")} == {name for name, _ in items}
    assert [issue.open for issue in world.issues()] == [False] * 3
    assert [len(world.comments(number)) for number in (1, 2, 3)] == [1, 1, 1]


def test_an_object_of_other_data_is_not_touched_by_a_creation(world):
    world.near().create("a", {"n": 1})
    world.settle()
    (result,) = world.store().create_many([("a", {"n": 2})])
    assert isinstance(result.error, ObjectExists)
    assert (result.object, result.changed) == (None, False)
    world.settle()
    assert world.store().get("a").data == {"n": 1}


def test_what_is_put_is_created_or_replaced_and_nothing_is_written_where_nothing_changes(world):
    world.near().create("same", {"n": 1})
    world.near().create("other", {"n": 1, "m": 1})
    world.settle()
    items = [("same", {"n": 1}), ("other", {"n": 2}), ("new", {"n": 3})]
    assert told(world.store().put_many(items)) == [
        ("same", {"n": 1}, False), ("other", {"n": 2}, True), ("new", {"n": 3}, True)]  # fmt: skip
    world.settle()
    before = [world.comments(issue.number) for issue in world.issues()]
    assert told(world.store().put_many(items)) == [(name, data, False) for name, data in items]
    assert [world.comments(issue.number) for issue in world.issues()] == before
    world.near().process_pending()
    world.settle()
    assert {o.meta.object_id: o.data for o in world.store().list_all()} == dict(items)


def test_an_item_in_trouble_does_not_stop_the_others(world):
    world.near().create("taken", {})
    world.settle()
    items = [
        ("a", {}), ("", {}), (7, {}), ("b", {"x": float("nan")}), ("c", []), ("d", {"x": "y" * 70_000}),
        ("taken", {"n": 1}), ("e", {}),
    ]  # fmt: skip
    found = list(world.store().create_many(items))
    assert [each.object_id for each in found] == [object_id for object_id, _ in items]
    kinds = [type(each.error).__name__ for each in found]
    assert kinds == ["NoneType", "InvalidObjectID", "InvalidObjectID", "InvalidObject", "InvalidObject",
                     "ValueTooLarge", "ObjectExists", "NoneType"]  # fmt: skip
    assert all((each.object is None) == (each.error is not None) for each in found)
    found = list(world.store().update_many([("never", {}), ("taken", {"n": 1}), ("taken", [])]))
    assert [type(each.error) for each in found] == [ObjectNotFound, type(None), InvalidUpdate]
    world.settle()
    assert world.store().get("taken").data == {"n": 1}


def test_updates_are_applied_in_order_and_an_object_may_occur_again(world):
    world.near().create("a", {"list": []})
    world.near().create("b", {})
    world.settle()
    store = world.store()
    items = [("a", [{"op": "add", "path": "/list/-", "value": n}]) for n in range(3)]
    items.insert(1, ("b", [{"op": "add", "path": "/n", "value": 1}]))
    found = list(store.update_many(items, "patch"))
    assert [each.changed for each in found] == [True] * 4
    assert [each.object.data for each in found] == [{"list": [0]}, {"n": 1}, {"list": [0, 1]}, {"list": [0, 1, 2]}]
    world.near().process_pending()
    world.settle()
    assert (world.store().get("a").data, world.store().get("a").meta.version) == ({"list": [0, 1, 2]}, 4)


def test_updates_with_a_name_are_safe_to_repeat(world):
    world.near().create("a", {"list": []})
    world.settle()
    add = [{"op": "add", "path": "/list/-", "value": 1}]
    items = [("a", add), ("a", add), ("nobody", add)]
    for cut in (1, 3, 3):  # the first run was cut after one item
        found = list(islice(world.store().update_many(items[:cut], "patch", event_id="monday"), cut))
        world.settle()
    assert [each.changed for each in found] == [False, False, False]
    assert isinstance(found[2].error, ObjectNotFound)
    assert world.store().get("a").data == {"list": [1, 1]}
    list(world.store().update_many(items[:1], "patch", event_id="tuesday"))
    list(world.store().update_many(items[:1], "patch"))
    world.settle()
    assert world.store().get("a").data == {"list": [1, 1, 1, 1]}, "another name, or none, is another event"


def test_a_repetition_finds_its_events_wherever_they_were_applied(world):
    world.near().create("a", {})
    world.settle()
    items = [("a", {"n": n}) for n in range(3)]
    list(world.store().update_many(items, event_id="run"))
    world.near().process_pending()
    world.settle()
    assert not any(each.changed for each in world.store().update_many(items, event_id="run"))
    assert world.store().get("a").meta.version == 4


def test_the_events_of_one_object_keep_their_order_through_a_failure(calm):
    list(calm.near().create_many([("a", {}), ("b", {})]))
    calm.config = replace(calm.config, retries_max_attempts=1)
    items = [("a", {"n": 1}), ("b", {"n": 1}), ("a", []), ("a", {"n": 2})]
    calm.faults.cut = lambda index, verb: "before" if index == 0 else None
    found = list(calm.store().update_many(items, event_id="run"))
    kinds = [type(each.error) for each in found]
    assert kinds == [BackendUnavailable, type(None), InvalidUpdate, BackendUnavailable]
    calm.faults.cut = lambda index, verb: None
    assert [each.changed for each in calm.store().update_many(items, event_id="run")] == [True, False, False, True]
    assert calm.near().get("a").data == {"n": 2}


def test_the_checks_of_a_whole_call_come_first(calm):
    store = calm.store()
    with pytest.raises(InvalidUpdate):
        next(store.update_many([], event_id=""))
    with pytest.raises(InvalidObject):
        store.create_many([], "stored-object")
    with pytest.raises(InvalidInput, match="pair"):
        list(store.put_many(["ab"]))
    (result,) = store.update_many([("a", {})], "no such mode")
    assert isinstance(result.error, InvalidUpdate)
    assert calm.requests() == []


def test_nothing_happens_before_it_is_asked_for_and_no_more_is_read_than_is_near(calm):
    store = calm.store()
    read = []

    def items():
        for number in count():
            read.append(number)
            yield f"object-{number}", {"n": number}

    results = store.put_many(items())
    assert (read, calm.requests()) == ([], [])
    found = list(islice(results, 600))
    assert [each.object.data["n"] for each in found] == list(range(600))
    assert len(read) == 1000
    results.close()
    assert len(list(calm.near().list_all())) == 1000, "what was handed out is durable, and the batch of it"


def test_items_and_results_may_use_the_store_meanwhile(calm):
    store = calm.store()

    def items():
        for number in range(3):
            store.create(f"source-{number}", {"n": number})
            yield f"copy-{number}", store.get(f"source-{number}").data

    for result in store.put_many(items()):
        store.update(result.object_id, {"seen": True}, process=True)
        assert store.get(result.object_id).data["seen"]
    assert len(list(store.list_all())) == 6


def test_an_item_that_its_caller_goes_on_to_change_is_what_it_was(calm):
    def items():
        data = {"n": 0}
        for number in range(3):
            data["n"] = number
            yield f"object-{number}", data

    list(calm.store().put_many(items()))
    assert [o.data for o in calm.near().list_all()] == [{"n": 0}, {"n": 1}, {"n": 2}]


def test_an_id_that_occurs_again_is_put_again(calm):
    found = list(calm.store().put_many([("a", {"n": 1}), ("a", {"n": 1}), ("a", {"n": 2})]))
    assert [each.changed for each in found] == [True, False, True]
    assert calm.near().get("a").data == {"n": 2}


def test_after_a_limit_that_is_not_waited_out_the_rest_is_not_tried(calm):
    asked = []

    def cut(index, verb):
        asked.append(verb)
        if len(asked) > 7:
            raise RateLimited("Too many requests.", wait=3600.0)

    calm.config = replace(calm.config, rate_limit_on_limit="raise")
    store = calm.store()
    calm.faults.cut = cut
    found = list(store.create_many((f"o{n}", {}) for n in range(20)))
    assert [type(each.error) for each in found] == [type(None)] + [RateLimited] * 19
    assert len(asked) == 8
    calm.faults.cut = lambda index, verb: None
    assert not any(each.error for each in calm.store().create_many((f"o{n}", {}) for n in range(20)))


@pytest.mark.untraced
def test_memory_does_not_grow_with_the_number_of_items(tmp_path, config):
    def peak(number):
        data = {"text": "x" * 200}
        with Store(LocalBackend(tmp_path / f"{number}.db", synchronous="OFF"), config) as store:
            tracemalloc.start()
            results = store.put_many((f"object-{n}", data) for n in range(number))
            assert sum(each.changed for each in results) == number
            most = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            return most

    assert peak(1_500) < 1.5 * peak(600)
