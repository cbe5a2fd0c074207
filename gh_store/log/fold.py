"""
The reducer: (state, event) -> state or rejection. Nothing else merges.

Pure: it never changes a state or an event. Results share the parts that stayed the same.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gh_store import wire
from gh_store.domain.events import Event
from gh_store.domain.exceptions import ConcurrentUpdateError, GitHubStoreError, ValueTooLarge
from gh_store.domain.limits import MAX_TEXT
from gh_store.domain.values import JsonObject, Mode, State
from gh_store.log.patch import apply_patch


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why an event changes nothing."""

    error: GitHubStoreError


Judge = Callable[[Event, JsonObject], GitHubStoreError | None]
"""Why an event may not lead to some data, or None. A function of both alone."""


def begin(event: Event) -> State:
    """The first state of an object, or of a segment of it: the data of its `initial_state`."""
    if event.continues is not None:
        return State(event.continues.version, event.continues.time, event.data, event.size)
    return State(1, event.time, event.data, event.size)


def fold(state: State, event: Event, judge: Judge | None = None) -> State | Rejection:
    """
    Apply one event.

    Args:
        judge: Asked about what would come of it, where everything else fits.
    """
    expected = event.expected_version
    if expected is not None and expected != state.version:
        return Rejection(
            ConcurrentUpdateError(
                f"Expected version {expected}, but the object is at version {state.version}.",
                expected=expected,
                actual=state.version,
            )
        )
    mode = event.mode
    size = state.size + event.size  # an upper bound for the result: only `patch` can copy
    if mode is Mode.APPEND:
        data = _append(state.data, event.data)
    elif mode is Mode.REPLACE:
        data, size = event.data, event.size
    elif mode is Mode.MERGE:
        data = merge(state.data, event.data)
    else:
        try:
            data = apply_patch(state.data, event.data)
        except GitHubStoreError as error:
            return Rejection(error)
        size = len(wire.write_body(data))
    if size > MAX_TEXT:
        size = len(wire.write_body(data))
        if size > MAX_TEXT:
            return Rejection(_too_large(size))
    fault = judge(event, data) if judge is not None else None
    if fault is not None:
        return Rejection(fault)
    return State(state.version + 1, event.time, data, size)


def _too_large(size: int) -> ValueTooLarge:
    return ValueTooLarge(
        f"The object would take {size:,} characters as written; the limit is {MAX_TEXT:,}.",
        size=size,
        limit=MAX_TEXT,
    )


def _append(old: JsonObject, new: JsonObject) -> JsonObject:
    merged = {**old, **new}
    for key, value in new.items():
        if type(value) is dict:
            before = old.get(key)
            if type(before) is dict:
                merged[key] = _append(before, value)
    return merged


def merge(old: JsonObject, new: JsonObject) -> JsonObject:
    """RFC 7396, section 2, for an object."""
    merged = dict(old)
    for key, value in new.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            before = old.get(key)
            merged[key] = merge(before if isinstance(before, dict) else {}, value)
        else:
            merged[key] = value
    return merged
