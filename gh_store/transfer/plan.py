"""The events that make an object anew from its record: a copy of its log, with what the log lacks. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from gh_store import wire
from gh_store.domain.counts import several
from gh_store.domain.events import Draft, Event, Outcome
from gh_store.domain.exceptions import InvalidObject, ValueTooLarge
from gh_store.domain.limits import MAX_COMMENTS
from gh_store.domain.values import JsonObject, Mode
from gh_store.log.fold import Rejection, begin, fold
from gh_store.transfer.records import Record, RecordedEvent

_MOST_MISSING: Final = MAX_COMMENTS
_NEVER: Final = datetime(2000, 1, 1, 0, 0, 0, 1, tzinfo=UTC)


def plan(record: Record) -> tuple[Draft, ...]:
    """
    The events whose fold is the object that a record tells: each version's state, mode and order, and each rejection.

    Duplicates are left out: they changed nothing. Where the log does not yield the state any more (comments were
    edited or deleted), events behind it make up for that. Each may have been written by another run.

    Raises:
        InvalidObject: Too much of its log is missing.
        ValueTooLarge: One of the events does not fit in a comment.
    """
    events = [event for event in record.events if event.outcome is not Outcome.DUPLICATE]
    first = next((event for event in events if event.initial and event.error is None), None)
    if first is not None and not isinstance(first.data, dict):
        first = None
    data = record.data if not events else first.data if first is not None else {}
    drafts = [
        Draft(
            data, _copy_id(record, "begin"), attempt=2, initial_of=record.object_id, origin=_origin(record, first)
        )
    ]  # fmt: skip  # one line each
    state = begin(_folded(drafts[0]))
    used = {drafts[0].event_id}
    for event in events:
        if event is first:
            continue
        draft = _copied(record, event, used)
        used.add(draft.event_id)
        if event.error is None:
            result = fold(state, _folded(draft))
            if not isinstance(result, Rejection):  # else the log was changed: what was applied does not apply any more
                state = result
        drafts.append(draft)
    missing = 0 if record.version is None else max(0, record.version - state.version)
    if wire.canonical(state.data) != wire.canonical(record.data):
        missing = max(1, missing)
    if missing > _MOST_MISSING:
        raise InvalidObject(
            f"{record.object_id!r} lacks {several('event', missing)} of its log, and at most "
            f"{_MOST_MISSING:,} are made up for.",
            hint="Import it from a snapshot, or as a document: then it begins anew.",
        )
    for at in range(missing):
        last = at == missing - 1
        restored, mode = (record.data, Mode.REPLACE) if last else ({}, Mode.MERGE)
        name = _copy_id(record, f"restore-{at}")
        drafts.append(Draft(restored, name, mode, attempt=2, origin={"restored": True}))
    return tuple(_fitting(draft, record.object_id) for draft in drafts)


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


def _copied(record: Record, event: RecordedEvent, used: set[str]) -> Draft:
    meta = event.meta
    mode = Mode(meta["update_mode"]) if meta.get("update_mode") in tuple(Mode) else Mode.APPEND
    event_id, expected = meta.get("event_id"), meta.get("expected_version")
    if not isinstance(event_id, str) or not event_id or event_id in used:
        event_id = _copy_id(record, event.comment_id)
    told = {} if event.error is None else {"rejected": {"error": event.error[0], "message": event.error[1][:500]}}
    again = event.initial and event.error is not None and mode is not Mode.PATCH
    return Draft(
        data=event.data if isinstance(event.data, dict) or mode is Mode.PATCH else {},
        event_id=event_id,
        mode=mode,
        attempt=2,
        expected_version=expected if type(expected) is int and expected > 0 else None,
        initial_of=record.object_id if again else None,
        origin={**_origin(record, event), **told} or None,
    )


def _folded(draft: Draft) -> Event:
    size = wire.WORST_GROWTH * len(wire.write_value(draft.data))
    initial = draft.initial_of is not None
    return Event(0, _NEVER, draft.mode, draft.data, size, expected_version=draft.expected_version, initial=initial)


def _fitting(draft: Draft, object_id: str) -> Draft:
    """The draft with as much as fits in a comment: of where it comes from, and of what was rejected anyway."""
    rejected = {name: value for name, value in (draft.origin or {}).items() if name == "rejected"} or None
    shorter = [draft, replace(draft, origin=rejected)]
    for fitting in [*shorter, *([replace(draft, origin=rejected, data={}, mode=Mode.APPEND)] if rejected else [])]:
        try:
            wire.write_event(replace(fitting, attempt=100), issue_number=10**10, time=_NEVER)
        except ValueTooLarge:
            continue
        return fitting
    raise ValueTooLarge(f"An event of {object_id!r} fits in no comment together with what a copy says of it.")
