"""Laws of the fold, and the examples that the RFCs publish."""

import copy
import json
import sys
from datetime import UTC, datetime

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st
from updates import objects, operations, updates

from gh_store import ConcurrentUpdateError, InvalidUpdate, ValueTooLarge, wire
from gh_store.domain.events import Draft, Event, Outcome
from gh_store.domain.issues import Comment, User
from gh_store.domain.values import Mode, State
from gh_store.log.decide import decide
from gh_store.log.difference import difference
from gh_store.log.fold import Rejection, fold
from gh_store.log.patch import MAX_WRITTEN

AT = datetime(2026, 11, 21, tzinfo=UTC)


def event(mode, data, **more):
    return Event(position=1, time=AT, mode=mode, data=data, size=6 * len(json.dumps(data)), **more)


def state(data, version=1):
    return State(version, AT, data, len(wire.write_body(data)))


def comment(position, data, mode=Mode.APPEND):
    text = wire.write_event(Draft(data, f"e{position}", mode), issue_number=1, time=AT)
    return Comment(position, text, User("ada"), AT)


@given(objects, updates)
def test_a_fold_changes_neither_state_nor_event(data, update):
    mode, changes = update
    before = (copy.deepcopy(data), copy.deepcopy(changes))
    result = fold(state(data), event(mode, changes))
    assert (data, changes) == before
    if isinstance(result, State):
        assert result.version == 2
        assert isinstance(result.data, dict)
        assert result.size >= len(wire.write_body(result.data)), "the bound of the size is none"
        wire.check_value(result.data)
    else:
        assert isinstance(result.error, InvalidUpdate | ValueTooLarge)


@given(objects, st.lists(updates, max_size=8), st.data())
def test_any_split_into_batches_gives_the_same(data, changes, random):
    log = [comment(at, changed, mode) for at, (mode, changed) in enumerate(changes, 1)]
    at_once = decide(log, lambda c, e: True, start=state(data), after=0)
    in_batches, now, after = [], state(data), 0
    while after < len(log):
        to = random.draw(st.integers(after + 1, len(log)))
        batch = decide(log[:to], lambda c, e: True, start=now, after=after)
        in_batches += batch
        now, after = batch[-1].state if batch else now, to
    assert [(d.outcome, d.state.version, d.state.data) for d in in_batches] == [
        (d.outcome, d.state.version, d.state.data) for d in at_once]  # fmt: skip


@given(objects, objects)
def test_append_and_merge_agree_where_there_is_no_null(one, two):
    without = json.loads(json.dumps(two).replace("null", "0"))
    appended, merged = (fold(state(one), event(mode, without)) for mode in (Mode.APPEND, Mode.MERGE))
    assert wire.canonical(appended.data) == wire.canonical(merged.data)


@given(objects, objects)
def test_append_twice_is_append_once(one, two):
    once = fold(state(one), event(Mode.APPEND, two))
    assert wire.canonical(fold(once, event(Mode.APPEND, two)).data) == wire.canonical(once.data)


@given(objects, objects)
def test_a_difference_turns_one_into_the_other(old, new):
    mode, changes = difference(old, new)
    result = fold(state(old), event(mode, changes))
    assert wire.canonical(result.data) == wire.canonical(new)


@given(objects, objects, objects)
def test_a_difference_touches_nothing_that_is_the_same_in_both(old, new, other):
    mode, changes = difference(old, new)
    untouched = {key: value for key, value in other.items() if key not in old and key not in new}
    result = fold(state({**old, **untouched}), event(mode, changes))
    assert all(wire.canonical(result.data[key]) == wire.canonical(value) for key, value in untouched.items())


@given(objects, operations)
def test_patch_is_what_the_library_says(data, patch):
    result = fold(state(data), event(Mode.PATCH, patch))
    try:
        expected = jsonpatch.apply_patch(data, patch)
    except (jsonpatch.JsonPatchException, Exception):  # noqa: BLE001  # whatever it raises
        assert isinstance(result, Rejection)
        return
    if isinstance(expected, dict):
        assert wire.canonical(result.data) == wire.canonical(expected)
    else:
        assert isinstance(result, Rejection)


RFC_7396 = [  # appendix A, the pairs whose both sides are objects
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize(("target", "patch", "result"), RFC_7396)
def test_merge_agrees_with_rfc_7396(target, patch, result):
    assert fold(state(target), event(Mode.MERGE, patch)).data == result


RFC_6902 = [  # appendix A, by number; None: the patch must not apply
    ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"baz": "qux", "foo": "bar"}),
    ({"foo": ["bar", "baz"]}, [{"op": "add", "path": "/foo/1", "value": "qux"}], {"foo": ["bar", "qux", "baz"]}),
    ({"baz": "qux", "foo": "bar"}, [{"op": "remove", "path": "/baz"}], {"foo": "bar"}),
    ({"foo": ["bar", "qux", "baz"]}, [{"op": "remove", "path": "/foo/1"}], {"foo": ["bar", "baz"]}),
    ({"baz": "qux", "foo": "bar"}, [{"op": "replace", "path": "/baz", "value": "boo"}], {"baz": "boo", "foo": "bar"}),
    ({"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
     [{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}],
     {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}}),
    ({"foo": ["all", "grass", "cows", "eat"]}, [{"op": "move", "from": "/foo/1", "path": "/foo/3"}],
     {"foo": ["all", "cows", "eat", "grass"]}),
    ({"baz": "qux", "foo": ["a", 2, "c"]},
     [{"op": "test", "path": "/baz", "value": "qux"}, {"op": "test", "path": "/foo/1", "value": 2}],
     {"baz": "qux", "foo": ["a", 2, "c"]}),
    ({"baz": "qux"}, [{"op": "test", "path": "/baz", "value": "bar"}], None),
    ({"foo": "bar"}, [{"op": "add", "path": "/child", "value": {"grandchild": {}}}],
     {"foo": "bar", "child": {"grandchild": {}}}),
    ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux", "xyz": 123}], {"foo": "bar", "baz": "qux"}),
    ({"foo": "bar"}, [{"op": "add", "path": "/baz/bat", "value": "qux"}], None),
    ({"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": 10}], {"/": 9, "~1": 10}),
    ({"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": "10"}], None),
    ({"foo": ["bar"]}, [{"op": "add", "path": "/foo/-", "value": ["abc", "def"]}], {"foo": ["bar", ["abc", "def"]]}),
]  # fmt: skip


@pytest.mark.parametrize(("document", "patch", "result"), RFC_6902)
def test_patch_agrees_with_rfc_6902(document, patch, result):
    folded = fold(state(document), event(Mode.PATCH, patch))
    assert (None if isinstance(folded, Rejection) else folded.data) == result


def test_true_is_not_one():
    patch = [{"op": "test", "path": "/a", "value": 1}]
    assert isinstance(fold(state({"a": True}), event(Mode.PATCH, patch)), Rejection)
    assert difference({"a": True}, {"a": 1}) == (Mode.MERGE, {"a": 1})


def test_the_expected_version_is_judged_by_the_fold():
    result = fold(state({}, version=3), event(Mode.APPEND, {}, expected_version=2))
    assert isinstance(result.error, ConcurrentUpdateError)
    assert (result.error.expected, result.error.actual) == (2, 3)
    assert fold(state({}, version=3), event(Mode.APPEND, {}, expected_version=3)).version == 4


def test_the_size_is_measured_where_the_bound_is_not_enough():
    now = state({"a": "x" * 32_000})
    for _ in range(5):
        now = fold(now, event(Mode.APPEND, {"a": "y" * 32_000}))
        assert isinstance(now, State), "replacing the same member does not grow the object"
    too_large = fold(now, event(Mode.APPEND, {"b": "z" * 40_000}))
    assert isinstance(too_large.error, ValueTooLarge)
    assert too_large.error.size > too_large.error.limit == 65_536


def steps(data, patch):
    """Calls that a fold makes, also those inside of C; and what came of it."""
    count = 0

    def counted(frame, what, argument):
        nonlocal count
        count += what in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        result = fold(state(data), event(Mode.PATCH, patch))
    finally:
        sys.setprofile(before)
    return count, result


def move(to, path="/x"):
    return {"op": "move", "from": path, "path": to}


def op(name, path, **more):
    return {"op": name, "path": path, **more}


MANY: list[list[int]] = [[]] * 20_000  # no text has more to copy: three characters each
DEEP = json.loads('{"a":' * 98 + "1" + "}" * 98)
HOSTILE = {
    "copies of all": (MANY, [op("copy", "/y", **{"from": "/x"})] * 1_600),
    "copies of itself": ([], [op("add", "/x", value=MANY[:300]), *[op("copy", "/x/-", **{"from": "/x"})] * 1_600]),
    "copies of a text": (["x" * 60_000], [op("copy", "/x/-", **{"from": "/x/0"})] * 1_600),
    "moves down and up": (MANY, [op("add", "/y", value={}), *[move("/y/x"), move("/x", "/y/x")] * 800]),
}
MANAGEABLE = {
    "as many copies as may be": (MANY, [op("copy", "/y", **{"from": "/x"})] * 4),
    "moves beside": (MANY, [move("/y"), move("/x", "/y")] * 800),
    "a test of all": (MANY, [op("test", "/x", value=MANY)]),
    "tests far down": (DEEP, [op("test", "/x" + "/a" * 98, value=1)] * 250),
    "what is added and removed again": (MANY, [op("add", "/x/0", value=0), op("remove", "/x/0")] * 900),
    "many that are added": ([], [op("add", "/x/-", value=[])] * 1_600),
    "patches in a patch": ([], [op("add", "/x/-", value=[op("copy", "/y", **{"from": "/x"})] * 1_200)]),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_patch_that_writes_without_end_is_rejected(name):
    data, patch = HOSTILE[name]
    assert len(json.dumps(patch, separators=(",", ":"))) < 75_000
    count, result = steps({"x": data}, patch)
    assert isinstance(result.error, ValueTooLarge)
    assert str(result.error) == "The patch writes more than 262,144 characters in all."
    assert result.error.limit == MAX_WRITTEN
    assert count < 4 * (MAX_WRITTEN + 2 * 65_536)


@pytest.mark.parametrize("name", MANAGEABLE)
def test_the_worst_patch_that_applies_takes_few_steps(name):
    data, patch = MANAGEABLE[name]
    assert len(json.dumps(patch, separators=(",", ":"))) < 66_000
    count, result = steps({"x": data}, patch)
    assert isinstance(result, State) or "would take" in str(result.error)
    assert count < 4 * (MAX_WRITTEN + 2 * 65_536)


def test_a_patch_cannot_nest_deeper_than_a_value_may_not_even_for_a_moment():
    deep = [op("add", "/a" * at, value={}) for at in range(1, 101)]
    assert isinstance(fold(state({}), event(Mode.PATCH, deep[:-1])), State)
    wrap = [op("add", "/y", value={}), move("/y/x"), move("/x", "/y")]
    for too_deep in (
        [*deep, op("remove", "/a")],
        [*wrap * 300, op("remove", "/x")],
        [*wrap * 300, op("copy", "/z", **{"from": "/x"})],
    ):
        result = fold(state({"x": {}}), event(Mode.PATCH, too_deep))
        assert str(result.error) == "The patch nests values more than 100 levels deep."


def test_the_message_of_a_patch_that_does_not_apply_is_short():
    result = fold(state({"a": "x" * 60_000}), event(Mode.PATCH, [op("test", "/a", value="")]))
    assert len(str(result.error)) < 400


def test_outcomes_are_told_apart():
    log = [comment(1, {"a": 1}), comment(2, [{"op": "remove", "path": "/x"}], Mode.PATCH), comment(3, {"b": 2})]
    decisions = decide(log, lambda c, e: c.id != 3, start=state({}))
    assert [(d.comment.id, d.outcome) for d in decisions] == [(1, Outcome.APPLIED), (2, Outcome.REJECTED)]
