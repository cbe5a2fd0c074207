"""Differences: a law both ways, on states of every kind."""

import time
from functools import reduce
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from jsonpointer import JsonPointer
from updates import objects, values

from gh_store import ABSENT, Difference, wire
from gh_store.log.difference import differences

lists: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"l": st.lists(st.sampled_from([0, 1, True, None, 1.0, "a", [], {}]), max_size=6)}
)
states = objects | lists


def turned(difference):
    return Difference(difference.path, difference.new, difference.old, difference.at)


def applied(state, difference):
    """The state after one difference; it must say what was there."""
    state = wire.copy_value(state)
    parent, key = JsonPointer(difference.path).to_last(state)
    if difference.at is not None:
        end = difference.at + len(difference.old)
        assert wire.canonical(parent[key][difference.at : end]) == wire.canonical(difference.old)
        parent[key][difference.at : end] = difference.new
        return state
    if difference.old is ABSENT:
        assert key not in parent
    else:
        assert wire.canonical(parent.pop(key)) == wire.canonical(difference.old)
    if difference.new is not ABSENT:
        parent[key] = difference.new
    return state


def same(one, other):
    return wire.canonical(one) == wire.canonical(other)


@given(states, states)
@example({"l": [1, 1]}, {"l": [1, 1, 1]})
@example({"l": [True]}, {"l": [1]})
@example({"n": None}, {})
@example({"": {"~1": 0}}, {"": {"~1": 0.0, "/": None}})
def test_they_lead_from_one_state_to_the_other_and_back(old, new):
    found = list(differences(old, new))
    assert same(reduce(applied, found, old), new)
    assert same(reduce(applied, map(turned, reversed(found)), new), old)
    assert (found == []) == same(old, new)


@given(st.lists(values, max_size=4), values, st.lists(values, max_size=4))
def test_one_item_more_is_one_item(head, item, tail):
    (found,) = differences({"l": [*head, *tail]}, {"l": [*head, item, *tail]})
    assert (found.path, found.old, len(found.new)) == ("/l", [], 1)


def test_what_is_absent_is_not_null():
    assert list(differences({"a": {"b": None, "c": 1}}, {"a": {"c": None}})) == [
        Difference("/a/b", None, ABSENT),
        Difference("/a/c", 1, None),
    ]
    assert (repr(ABSENT), bool(ABSENT)) == ("ABSENT", False)


def test_they_take_linear_time():
    def seconds(many):
        old = {"l": list(range(many)), "o": {str(n): n for n in range(many)}}
        begun = time.process_time()
        assert len(list(differences(old, {"l": old["l"][::-1], "o": {}}))) == many + 1
        return time.process_time() - begun

    seconds(100)
    assert min(seconds(20_000) for _ in range(3)) < 40 * min(seconds(2_000) for _ in range(3))
