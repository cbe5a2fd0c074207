"""The events that make an object anew from its record: a copy of its log, with what the log lacks. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from gh_store import wire
from gh_store.domain.events import Event, Outcome
from gh_store.domain.exceptions import InvalidObject, ValueTooLarge
from gh_store.domain.limits import MAX_COMMENTS
from gh_store.domain.values import JsonObject, Mode
from gh_store.log.fold import Rejection, begin, fold
from gh_store.transfer.records import Record, RecordedEvent

_MOST_MISSING: Final = MAX_COMMENTS
_NEVER: Final = datetime(2000, 1, 1, 0, 0, 0, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Copy:
    """An event that is to be written, so that an object becomes what a record tells."""

    event_id: str
    data: Any
    mode: Mode = Mode.APPEND
    expected_version: int | None = None
    initial: bool = False
    origin: Mapping[str, Any] = field(default_factory=dict)


def plan(record: Record) -> tuple[Copy, ...]:
    """
    The events whose fold is the object that a record tells: each version's state, mode and order, and each rejection.

    Duplicates are left out: they changed nothing. Where the log does not yield the state any more (comments were
    edited or deleted), events behind it make up for that.

    Raises:
        InvalidObject: Too much of its log is missing.
        ValueTooLarge: One of the events does not fit in a comment.
    """
    events = [event for event in record.events if event.outcome is not Outcome.DUPLICATE]
    first = next((event for event in events if event.initial and event.error is None), None)
    if first is not None and not isinstance(first.data, dict):
        first = None
    data = record.data if not events else first.data if first is not None else {}
    copies = [Copy(_copy_id(record, "begin"), data, initial=True, origin=_origin(record, first))]
    state = begin(_folded(copies[0]))
    used = {copies[0].event_id}
    for event in events:
        if event is first:
            continue
        copy = _copied(record, event, used)
        used.add(copy.event_id)
        if event.error is None:
            result = fold(state, _folded(copy))
            if not isinstance(result, Rejection):  # else the log was changed: what was applied does not apply any more
                state = result
        copies.append(copy)
    missing = 0 if record.version is None else max(0, record.version - state.version)
    if wire.canonical(state.data) != wire.canonical(record.data):
        missing = max(1, missing)
    if missing > _MOST_MISSING:
        raise InvalidObject(
            f"{record.object_id!r} lacks {missing:,} events of its log; at most {_MOST_MISSING:,} are made up for.",
            hint="Import it from a snapshot, or as a document: then it begins anew.",
        )
    for at in range(missing):
        last = at == missing - 1
        restored = record.data if last else {}
        mode = Mode.REPLACE if last else Mode.MERGE
        copies.append(Copy(_copy_id(record, f"restore-{at}"), restored, mode, origin={"restored": True}))
    return tuple(_fitting(copy, record.object_id) for copy in copies)


def _copy_id(record: Record, what: object) -> str:
    # Without a log, another state is another object to make.
    which = record.issue_number if record.events else record.data
    return wire.copy_id(record.repository, which, record.object_id, what)


def _origin(record: Record, event: RecordedEvent | None) -> Mapping[str, Any]:
    if event is not None and (known := wire.meta_origin(event.meta)) is not None:
        return known  # a copy of a copy stands for the first
    origin: JsonObject = {"repository": record.repository, "issue_number": record.issue_number}
    if event is not None:
        origin |= {"comment_id": event.comment_id, "author": event.author, "created_at": event.created_at}
    return {name: value for name, value in origin.items() if value not in (None, "")}


def _copied(record: Record, event: RecordedEvent, used: set[str]) -> Copy:
    meta = event.meta
    mode = Mode(meta["update_mode"]) if meta.get("update_mode") in tuple(Mode) else Mode.APPEND
    event_id, expected = meta.get("event_id"), meta.get("expected_version")
    if not isinstance(event_id, str) or not event_id or event_id in used:
        event_id = _copy_id(record, event.comment_id)
    told = {} if event.error is None else {"rejected": {"error": event.error[0], "message": event.error[1][:500]}}
    return Copy(
        event_id=event_id,
        data=event.data if isinstance(event.data, dict) or mode is Mode.PATCH else {},
        mode=mode,
        expected_version=expected if type(expected) is int and expected > 0 else None,
        initial=event.initial and event.error is not None and mode is not Mode.PATCH,
        origin={**_origin(record, event), **told},
    )


def _folded(copy: Copy) -> Event:
    size = wire.WORST_GROWTH * len(wire.write_value(copy.data))
    return Event(0, _NEVER, copy.mode, copy.data, size, expected_version=copy.expected_version, initial=copy.initial)


def _fitting(copy: Copy, object_id: str) -> Copy:
    """The copy with as much as fits in a comment: of where it comes from, and of what was rejected anyway."""
    rejected = {name: value for name, value in copy.origin.items() if name == "rejected"}
    shorter = [copy, replace(copy, origin=rejected)]
    for fitting in [*shorter, *([replace(copy, origin=rejected, data={}, mode=Mode.APPEND)] if rejected else [])]:
        try:
            write_copy(fitting, object_id, 10**10, _NEVER, attempt=100)
        except ValueTooLarge:
            continue
        return fitting
    raise ValueTooLarge(f"An event of {object_id!r} fits in no comment together with what a copy says of it.")


def write_copy(copy: Copy, object_id: str, issue_number: int, time: datetime, attempt: int) -> str:
    """The text of the comment that carries a copy."""
    return wire.write_event(
        copy.data,
        issue_number=issue_number,
        time=time,
        event_id=copy.event_id,
        mode=copy.mode,
        attempt=attempt,
        expected_version=copy.expected_version,
        initial_of=object_id if copy.initial else None,
        origin=copy.origin or None,
    )
