"""Events: the text of a comment <-> the event in it."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from gh_store.domain.events import Continued, Draft, Event, Malformed, Place
from gh_store.domain.values import Mode
from gh_store.wire.nearly import fault_of_nearly, fenced
from gh_store.wire.values import (
    BLANK,
    MAX_DEPTH,
    WORST_GROWTH,
    Unfit,
    canonical,
    check_size,
    fault_of,
    parse,
    write_value,
)
from gh_store.wire.version import client_version


def write_event(draft: Draft, *, issue_number: int, time: datetime) -> str:
    """
    The text of a comment that carries an event.

    Raises:
        ValueTooLarge: The event does not fit in a comment.
    """
    meta: dict[str, Any] = {
        "client_version": client_version(),
        "timestamp": time.isoformat(),
        "update_mode": draft.mode.value,
        "issue_number": issue_number,
        "event_id": draft.event_id,
    }
    if draft.attempt > 1:
        meta["attempt"] = draft.attempt
    if draft.expected_version is not None:
        meta["expected_version"] = draft.expected_version
    if draft.origin is not None:
        meta["origin"] = draft.origin
    if draft.continues is not None:
        meta["continues"] = {
            "issue": draft.continues.after.issue,
            "comment": draft.continues.after.comment,
            "comments": draft.continues.comments,
            "version": draft.continues.version,
            "time": draft.continues.time.isoformat(),
        }
    if draft.forwarded is not None:
        meta["forwarded"] = {
            "issue": draft.forwarded.issue,
            "comment": draft.forwarded.comment,
            "once": draft.copied_once,
        }
    event: dict[str, Any] = {"_data": draft.data, "_meta": meta}
    if draft.initial_of is not None:
        meta["object_id"] = draft.initial_of
        event["type"] = "initial_state"
    return check_size(write_value(event), "The event")


def read_event(text: str, *, position: int, time: datetime) -> Event | Malformed | None:
    """
    The event in a comment, a malformed one, or None for conversation.

    An event is a comment whose whole text is a JSON object, bare or in one fenced block. Blank lines and
    zero-width characters around it do not matter. What is nearly one is malformed.
    """
    inner = text.strip(BLANK)
    block = fenced(inner)
    if block is not None and block.closed and block.info.lower() in ("", "json"):
        inner = block.body
    try:
        value = parse(inner, MAX_DEPTH + 1) if inner.startswith("{") else None  # the envelope is one level
    except json.JSONDecodeError:
        value = None
    except Unfit as error:
        return Malformed(position, time, str(error))
    if value is None:
        why = fault_of_nearly(text)
        return Malformed(position, time, why, full=False, nearly=True) if why is not None else None
    size = WORST_GROWTH * len(inner)
    full = "_data" in value
    if full:
        data, meta, kind = value["_data"], value.get("_meta"), value.get("type")
    elif value.get("type") == "initial_state" and isinstance(value.get("data"), dict):
        data, meta, kind = value["data"], {}, "initial_state"
    else:
        data, meta, kind = value, {}, None
    why = fault_of(data) or fault_of(meta)
    if why is None and full:
        why = _fault_of_event(data, meta, kind)
    if why is not None:
        return Malformed(position, time, why, data, meta if isinstance(meta, dict) else {}, full)
    return Event(
        position=position,
        time=time,
        mode=Mode(meta.get("update_mode", Mode.APPEND)),
        data=data,
        size=size,
        meta=meta,
        event_id=meta.get("event_id"),
        attempt=meta.get("attempt", 1),
        expected_version=meta.get("expected_version"),
        initial=kind == "initial_state",
        full=full,
        refused=_refused(meta),
        continues=_continues(meta) if kind == "initial_state" else None,
        forwarded=(place := _place(meta.get("forwarded"))),
        copied_once=place is not None and meta["forwarded"].get("once") is True,
    )


def _fault_of_event(data: object, meta: object, kind: object) -> str | None:
    """What is wrong with `_data`, `_meta` and `type`, or None."""
    if not isinstance(meta, dict):
        return "_meta is not a JSON object."
    if kind not in (None, "update", "initial_state"):
        return "Its type is unknown."
    mode = meta.get("update_mode")
    if mode not in tuple(Mode):
        return f"Its update_mode is not one of {', '.join(Mode)}."
    if mode != Mode.PATCH and not isinstance(data, dict):
        return f"_data is not a JSON object, as {mode} requires."
    for key in ("client_version", "timestamp", "event_id"):
        if not isinstance(meta.get(key, ""), str):
            return f"Its {key} is not a string."
    for key in ("attempt", "expected_version"):
        number = meta.get(key, 1)
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            return f"Its {key} is not a positive integer."
    if kind == "initial_state" and mode == Mode.PATCH:
        return "An initial state cannot be a patch."
    if kind == "initial_state" and "continues" in meta and _continues(meta) is None:
        return "_meta.continues is malformed."
    return None


def copy_id(repository: str, which: object, object_id: str, what: object) -> str:
    """
    The event_id of a copy: the same whoever makes it.

    Args:
        which: The issue that the copied object was in, or the state that it is made of.
        what: Which of its events; `begin` for the first.
    """
    named = ["copy", repository, which, object_id, what]
    return hashlib.sha256(canonical(named).encode("ascii")).hexdigest()[:32]


def meta_origin(meta: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Where an event was before it was copied, if it says so."""
    origin = meta.get("origin")
    return origin if isinstance(origin, dict) else None


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**18


def _place(value: object) -> Place | None:
    if not isinstance(value, dict) or not (_is_count(value.get("issue")) and _is_count(value.get("comment"))):
        return None
    return Place(value["issue"], value["comment"])


def _continues(meta: Mapping[str, Any]) -> Continued | None:
    value = meta.get("continues") or {}
    after = _place(value)
    if after is None or not (_is_count(value.get("comments")) and _is_count(value.get("version"))):
        return None
    try:
        time = datetime.fromisoformat(value["time"])
        if time.tzinfo is None:  # it would mean another time on each machine
            return None
        return Continued(after, value["comments"], max(1, value["version"]), time.astimezone(UTC))
    except (LookupError, TypeError, ValueError, OverflowError):
        return None


def _refused(meta: Mapping[str, Any]) -> tuple[str, str] | None:
    rejected = (meta_origin(meta) or {}).get("rejected")
    if not isinstance(rejected, dict):
        return None
    error, message = rejected.get("error"), rejected.get("message")
    return (error, message) if isinstance(error, str) and isinstance(message, str) else None


def meta_object_id(meta: Mapping[str, Any]) -> str | None:
    """The object id that an `initial_state` names, if it names one."""
    object_id = meta.get("object_id")
    return object_id if isinstance(object_id, str) else None
