"""Putting, comparing and reverting objects; a store as a mapping: on every backend."""

import threading

import pytest

from gh_store import (
    ABSENT,
    AccessDeniedError,
    ConcurrentUpdateError,
    Difference,
    InsufficientScope,
    InvalidInput,
    InvalidObject,
    InvalidObjectID,
    InvalidUpdate,
    ObjectNotFound,
    ValueTooLarge,
)


def between(monkeypatch, store, verb, happens):
    """Just before the store asks its backend for a verb, once, something happens."""
    real, waiting = getattr(store.backend, verb), [happens]

    def asked(*arguments, **named):
        if waiting:
            waiting.pop()()
        return real(*arguments, **named)

    monkeypatch.setattr(store.backend, verb, asked, raising=False)


def test_what_is_put_is_there_as_get_shows_it(world):
    store = world.store()
    made = store.put("metrics", {"n": 1})
    assert (made.data, made.meta.version, made.meta.pending) == ({"n": 1}, 1, 0)
    assert store.get("metrics") == made
    world.settle()
    for putting in (store, world.store()):
        answer = putting.put("metrics", {"by": 2, "n": made.meta.version})
        assert answer == world.store().get("metrics")
    assert store.process_updates(1).data == {"by": 2, "n": 1}
    assert store.get("metrics").meta.version == 2, "the second put changed nothing"


def test_it_answers_as_get_would_with_the_events_of_others_pending(world):
    store, other = world.store(), world.store()
    store.create("metrics", {"n": 1})
    world.settle()
    other.update("metrics", {"m": 1})
    world.settle()
    answer = store.put("metrics", {"only": "this"})
    assert (answer.data, answer.meta.version, answer.meta.pending) == ({"only": "this"}, 3, 2)
    world.settle()
    assert answer == world.store().get("metrics")
    assert answer == store.put("metrics", {"only": "this"}), "nothing is written, also while it is pending"


def test_nothing_is_written_where_nothing_changes(world):
    store = world.store()
    store.create("metrics", {"a": 1, "b": [True]})
    world.settle()
    world.requests()
    assert store.put("metrics", {"b": [True], "a": 1}).meta.version == 1
    assert store.put("metrics", {"b": [True], "a": 1}, if_version=1).meta.version == 1
    assert {"create_comment", "edit_issue"} & set(world.requests()) == set()
    assert store.put("metrics", {"a": 1, "b": [1]}).meta.version == 2, "1 is not true"


@pytest.mark.parametrize(
    ("data", "if_version", "error"),
    [
        ([1], None, InvalidObject),
        ({"a": float("nan")}, 0, InvalidObject),
        ({"a": "x" * 65_536}, None, ValueTooLarge),
        ({}, -1, InvalidUpdate),
        ({}, False, InvalidUpdate),
        ({}, "1", InvalidUpdate),
    ],
)
def test_what_cannot_be_put_is_refused_before_the_first_request(world, data, if_version, error):
    with pytest.raises(error):
        world.store().put("metrics", data, if_version)
    with pytest.raises(InvalidObjectID):
        world.store().put("a\nb", {})
    assert world.requests() == []
    with pytest.raises(InvalidObjectID):
        world.store().put("\u200b", {})
    assert "create_label" not in world.requests()


def test_if_version_is_the_version_that_it_must_be_at(world):
    store = world.store()
    assert store.put("metrics", {"n": 1}, if_version=0).meta.version == 1
    world.settle()
    assert store.put("metrics", {"n": 2}, if_version=1).meta.version == 2
    world.settle()
    for wrong, actual in ((0, None), (1, 2), (3, 2)):
        with pytest.raises(ConcurrentUpdateError) as caught:
            world.store().put("metrics", {"n": 9}, if_version=wrong)
        assert (caught.value.expected, caught.value.actual, caught.value.written) == (wrong, actual, False)
    with pytest.raises(ConcurrentUpdateError, match="no object 'other'") as caught:
        world.store().put("other", {}, if_version=1)
    assert caught.value.actual == 0
    assert store.process_updates(1).data == {"n": 2}


def test_of_two_who_saw_the_same_version_the_later_is_told_at_once(world, monkeypatch):
    store = world.store()
    store.create("metrics", {"n": 1})
    world.settle()
    between(monkeypatch, store, "create_comment", lambda: (world.store().update("metrics", {"n": 2}), world.settle()))
    with pytest.raises(ConcurrentUpdateError) as caught:
        store.put("metrics", {"n": 3}, if_version=1)
    assert (caught.value.rejected, caught.value.written, caught.value.actual) == (True, True, 2)
    assert world.near().process_updates(1).data == {"n": 2}
    world.settle()
    assert [entry["outcome"] for entry in store.get_object_history("metrics")] == ["applied", "applied", "rejected"]


def test_an_object_that_is_deleted_meanwhile_is_created_again(world, monkeypatch):
    store = world.store()
    store.create("metrics", {"n": 1})
    world.settle()
    between(monkeypatch, store, "create_comment", lambda: (world.store().delete("metrics"), world.settle()))
    made = store.put("metrics", {"n": 2})
    assert (made.data, made.meta.version, made.meta.issue_number) == ({"n": 2}, 1, 2)
    between(monkeypatch, store, "create_comment", lambda: (world.store().delete("metrics"), world.settle()))
    world.settle()
    with pytest.raises(ConcurrentUpdateError) as caught:
        store.put("metrics", {"n": 3}, if_version=1)
    assert (caught.value.actual, caught.value.rejected) == (0, True)


def test_an_object_that_is_created_meanwhile_is_replaced(world, monkeypatch):
    store = world.store()
    between(monkeypatch, store, "create_label", lambda: (world.store().create("metrics", {"n": 1}), world.settle()))
    assert store.put("metrics", {"n": 2}).data == {"n": 2}
    world.settle()
    assert world.store().get("metrics").data == {"n": 2}
    other = world.store()
    between(monkeypatch, other, "create_label", lambda: (world.store().create("new", {"n": 1}), world.settle()))
    with pytest.raises(ConcurrentUpdateError):
        other.put("new", {"n": 2}, if_version=0)
    assert world.store().get("new").data == {"n": 1}


def test_it_ends_although_others_never_do(calm, monkeypatch):
    """The object is deleted before each write, and created before each creation."""
    store, other = calm.store(), calm.near()
    other.create("metrics", {"n": 0})
    real = store.backend.create_comment, store.backend.create_label

    def comment(*arguments, **named):
        other.delete("metrics")
        return real[0](*arguments, **named)

    def label(*arguments, **named):
        other.create("metrics", {"n": 0})
        return real[1](*arguments, **named)

    monkeypatch.setattr(store.backend, "create_comment", comment, raising=False)
    monkeypatch.setattr(store.backend, "create_label", label, raising=False)
    with pytest.raises(ConcurrentUpdateError, match="under each of 5 attempts"):
        store.put("metrics", {"n": 1})


def test_threads_that_put_the_same_object_leave_one(calm):
    """Each counts up as often as it takes: nothing is lost, and nothing is written twice."""
    failed = []

    def count():
        store = calm.store()
        for _ in range(5):
            while True:
                now = store.get("counter", default=None)
                version, n = (now.meta.version, now.data["n"]) if now is not None else (0, 0)
                try:
                    store.put("counter", {"n": n + 1}, if_version=version)
                except ConcurrentUpdateError:
                    continue
                except Exception as error:  # noqa: BLE001  # for the main thread
                    failed.append(error)
                break

    threads = [threading.Thread(target=count) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert calm.near().get("counter").data == {"n": 15}


def test_who_may_not_write_is_told(world):
    world.store().create("metrics", {"n": 1})
    world.user("reader", "read")
    world.settle()
    with pytest.raises(AccessDeniedError):
        world.store("stranger").put("metrics", {"mine": True})
    with pytest.raises(InsufficientScope):
        world.store("reader").put("new", {})
    assert world.near().process_updates(1).data == {"n": 1}


# --- versions ----------------------------------------------------------------------------------------


@pytest.fixture
def told(world):
    """An object of three versions, the last of them pending."""
    store = world.store()
    store.create("metrics", {"n": 1, "l": [1, 2, 3]})
    store.update("metrics", {"n": None}, process=True)
    store.update("metrics", [{"op": "add", "path": "/l/1", "value": 9}, {"op": "remove", "path": "/n"}], "patch")
    world.settle()
    return world


def test_versions_are_compared(told):
    store = told.store()
    last = [Difference("/n", None, ABSENT), Difference("/l", [], [9], 1)]
    assert store.diff("metrics") == store.diff("metrics", 2) == store.diff("metrics", 2, 3) == last
    assert store.diff("metrics", new=2) == [Difference("/n", 1, None)]
    assert store.diff("metrics", 3, 2) == [Difference("/l", [9], [], 1), Difference("/n", ABSENT, None)]
    assert store.diff("metrics", 2, 2) == []
    assert store.diff("metrics", new=1) == [Difference("/n", ABSENT, 1), Difference("/l", ABSENT, [1, 2, 3])]


def test_versions_that_never_were_are_not_found(told):
    store = told.store()
    for ask in (lambda: store.diff("metrics", 1, 4), lambda: store.revert("metrics", 4), lambda: store.diff("none")):
        with pytest.raises(ObjectNotFound):
            ask()
    with pytest.raises(ObjectNotFound) as caught:
        store.get("metrics", version=99)
    assert caught.value.hint == "`gh-store history metrics` shows its versions."
    for wrong in (0, True, "1"):
        with pytest.raises(InvalidUpdate):
            store.diff("metrics", wrong)
        with pytest.raises(InvalidUpdate):
            store.revert("metrics", wrong)


def test_an_object_is_reverted_by_one_event(told):
    store = told.store()
    before = len(told.comments())
    answer = store.revert("metrics", 1)
    assert (answer.data, answer.meta.version, answer.meta.pending) == ({"n": 1, "l": [1, 2, 3]}, 4, 2)
    assert answer == told.store().get("metrics")
    told.settle()
    assert store.revert("metrics", 1) == store.revert("metrics", 4) == answer
    assert len(told.comments()) == before + 1
    assert store.process_updates(1).data == {"n": 1, "l": [1, 2, 3]}
    told.settle()
    assert store.revert("metrics", 2).data == {"n": None, "l": [1, 2, 3]}


# --- a mapping ---------------------------------------------------------------------------------------


def test_a_store_reads_like_a_dict(world):
    store = world.store()
    assert (len(store), list(store), bool(store), "a" in store) == (0, [], True, False)
    store.create("a", {"n": 1})
    store.create("b,'", {"n": 2})
    store.create("c", {})
    store.delete("c")
    store.update("a", {"n": 3})
    world.settle()
    assert store["a"] == {"n": 3}
    assert (sorted(store), len(store)) == (["a", "b,'"], 2)
    assert ("a" in store, "c" in store, "\n" in store, 7 in store) == (True, False, False, False)
    with pytest.raises(KeyError) as caught:
        store["c"]
    assert str(caught.value) == "There is no object 'c'."
    assert store.get("c", default=None) is None
    assert store.get("a", 9, default="none") == "none"
    assert store.get("a", default=None).data == {"n": 3}


# --- conditions --------------------------------------------------------------------------------------


def test_objects_are_listed_by_a_condition_on_their_data(world):
    store = world.store()
    for n, tags in enumerate([["x"], [], ["y", "x"]]):
        store.create(f"s/{n}", {"n": n, "tags": tags, "on": n == 0})
    world.settle()

    def ids(where, **more):
        return sorted(obj.meta.object_id for obj in store.list_all(where=where, **more))

    assert ids("n > `0`") == ["s/1", "s/2"]
    assert ids("contains(tags, 'x')") == ["s/0", "s/2"]
    assert ids("on") == ["s/0"]
    assert ids("n") == ["s/0", "s/1", "s/2"], "0 is true in JMESPath"
    assert ids("tags") == ["s/0", "s/2"]
    assert ids("none") == []
    assert ids("n == `1`", prefix="s/2") == []


@pytest.mark.parametrize(
    "where",
    ["", "n >", "nope(n)", "none && length()", "`", "(" * 10_000, "@.{a: [?nope(@)]}", "sort_by(a, &nope(@))", 7],
)
def test_a_bad_condition_is_refused_before_the_first_request(world, where):
    store = world.store()
    with pytest.raises(InvalidInput) as caught:
        store.list_all(where=where)
    assert world.requests() == []
    assert len(caught.value.message) < 400
    assert "\n" not in caught.value.message


def test_text_and_numbers_have_no_order(calm):
    store = calm.store()
    for name, size in {"few": 1, "many": 9, "unknown": "many", "none": None}.items():
        store.create(name, {"size": size})
    assert [obj.meta.object_id for obj in store.list_all(where="size > `5`")] == ["many"]


@pytest.mark.parametrize("where", ["starts_with(name, 'a')", "n[::0] || abs(name)", "ceil(to_number('1e999'))"])
def test_a_condition_that_does_not_fit_names_the_object(calm, where):
    calm.store().create("metrics", {"n": []})
    with pytest.raises(InvalidInput, match="'metrics'"):
        list(calm.store().list_all(where=where))
