"""
The reducer, (state, event) -> state or rejection, and its update modes: the only merge there is.

Pure: no state and no event is ever changed, and results share the parts that stayed the same.
"""

import copy
from dataclasses import dataclass
from typing import Any, Final

import jsonpatch
from jsonpointer import JsonPointerException

from gh_store import wire
from gh_store.domain.events import Event
from gh_store.domain.exceptions import ConcurrentUpdateError, GitHubStoreError, InvalidUpdate, ValueTooLarge
from gh_store.domain.limits import MAX_TEXT
from gh_store.domain.values import JsonObject, Mode, State


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why an event changes nothing."""

    error: GitHubStoreError


def begin(event: Event) -> State:
    """The first state of an object, or of a segment of it: what its `initial_state` holds."""
    if event.continues is not None:
        return State(event.continues.version, event.continues.time, event.data, event.size)
    return State(1, event.time, event.data, event.size)


def fold(state: State, event: Event) -> State | Rejection:
    """Apply one event."""
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
    size = state.size + event.size  # of the result, at most: no mode but `patch` can copy
    if mode is Mode.APPEND:
        data = _append(state.data, event.data)
    elif mode is Mode.REPLACE:
        data, size = event.data, event.size
    elif mode is Mode.MERGE:
        data = merge(state.data, event.data)
    else:
        try:
            data = _patch(state.data, event.data)
        except GitHubStoreError as error:
            return Rejection(error)
        size = len(wire.write_body(data))
    if size > MAX_TEXT:
        size = len(wire.write_body(data))
        if size > MAX_TEXT:
            return Rejection(_too_large(size))
    return State(state.version + 1, event.time, data, size)


def _too_large(size: int) -> ValueTooLarge:
    return ValueTooLarge(
        f"The object would take {size:,} characters as written; {MAX_TEXT:,} fit.",
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


_PATCH_ERRORS: Final = (
    jsonpatch.JsonPatchException,
    JsonPointerException,
    # What the library lets through for paths and values of the wrong type.
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
)


def check_patch(operations: object) -> None:
    """Raise InvalidUpdate unless `operations` is a patch of RFC 6902, whatever it is applied to."""
    if not isinstance(operations, list):
        raise InvalidUpdate("A patch is an array of operations (RFC 6902).")
    try:
        jsonpatch.JsonPatch(operations)
    except _PATCH_ERRORS as error:
        raise InvalidUpdate(f"The patch is malformed: {error}.") from error


def _patch(old: JsonObject, operations: Any) -> JsonObject:
    """RFC 6902. Raises InvalidUpdate or ValueTooLarge; `old` stays as it was either way."""
    check_patch(operations)
    data: Any = copy.deepcopy(old)
    try:
        for operation in copy.deepcopy(operations):  # the library grafts values, not copies
            data = jsonpatch.JsonPatch([operation]).apply(data, in_place=True)
            if operation["op"] == "copy" and len(wire.canonical(data)) > 2 * wire.WORST_GROWTH * MAX_TEXT:
                # A copy of a copy of a copy doubles each time: stop long before memory ends.
                raise ValueTooLarge("The patch copies far more than fits on its way.", limit=MAX_TEXT)
        if not isinstance(data, dict):
            raise InvalidUpdate("The patch would leave something that is no JSON object.")
        wire.check_value(data)
    except _PATCH_ERRORS as error:
        raise InvalidUpdate(f"The patch does not apply: {error}.") from error
    return data
