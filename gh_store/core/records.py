"""Objects with their logs as lines of text, and the events that make such an object anew. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from gh_store.core import wire
from gh_store.core.exceptions import InvalidInput, LogFull, ValueTooLarge
from gh_store.core.fold import Rejection, begin, fold
from gh_store.core.log import Decision
from gh_store.core.types import Event, JsonObject, Mode, Outcome

FORMAT: Final = 1
_DEEPER: Final = 4  # levels around a value: record, events, event, data
_NEVER: Final = datetime(2000, 1, 1, 0, 0, 0, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """
    One event of a recorded object.

    Attributes:
        comment_id: Where it stood.
        author: Who wrote it, or None.
        created_at: When, as ISO 8601.
        initial: True for the type `initial_state`.
        data: What it says.
        meta: Its `_meta`; empty for a bare event.
        outcome: What became of it.
        error: For a rejected one the error's name and message.
    """

    comment_id: int
    author: str | None
    created_at: str
    initial: bool
    data: Any
    meta: Mapping[str, Any]
    outcome: Outcome
    error: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """
    An object as it was in some store: a line of an export, or an entry of a snapshot.

    Attributes:
        object_id: Its id.
        data: Its state.
        repository: Where it was, or empty.
        issue_number: In which issue, or None.
        version: Its version, or None if no log is told, and it shall begin anew.
        labels: Labels of its users.
        deleted: True if it was deleted.
        events: Its log.
    """

    object_id: str
    data: JsonObject
    repository: str = ""
    issue_number: int | None = None
    version: int | None = None
    labels: tuple[str, ...] = ()
    deleted: bool = False
    events: tuple[RecordedEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Copy:
    """An event that is to be written, so that an object becomes what a record tells."""

    event_id: str
    data: Any
    mode: Mode = Mode.APPEND
    expected_version: int | None = None
    initial: bool = False
    origin: Mapping[str, Any] = field(default_factory=dict)


# --- writing --------------------------------------------------------------------------------------


def recorded(decision: Decision, *, pending: bool) -> RecordedEvent:
    """A decided event as it is kept in a record."""
    comment, event, error = decision.comment, decision.event, decision.error
    return RecordedEvent(
        comment_id=comment.id,
        author=comment.author.login if comment.author else None,
        created_at=comment.created_at.isoformat(),
        initial=isinstance(event, Event) and event.initial,
        data=event.data,
        meta=event.meta,
        outcome=Outcome.PENDING if pending and decision.outcome is Outcome.APPLIED else decision.outcome,
        error=None if error is None else (type(error).__name__, error.message),
    )


def write_lines(repository: str, time: datetime, records: Iterable[Record]) -> Iterator[str]:
    """An export: a first line that says what it is, one for each object, and a last one that shows it is whole."""
    yield _line({"gh-store": "export", "format": FORMAT, "repository": repository, "exported_at": time.isoformat()})
    count = 0
    for record in records:
        yield _line(_record_json(record))
        count += 1
    yield _line({"gh-store": "end", "objects": count})


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def _record_json(record: Record) -> JsonObject:
    return {
        "object_id": record.object_id,
        "issue_number": record.issue_number,
        "version": record.version,
        "deleted": record.deleted,
        "labels": list(record.labels),
        "data": record.data,
        "events": [
            {
                "comment_id": event.comment_id,
                "author": event.author,
                "created_at": event.created_at,
                "type": "initial_state" if event.initial else "update",
                "outcome": event.outcome.value,
                **({"error": list(event.error)} if event.error else {}),
                "data": event.data,
                "meta": dict(event.meta),
            }
            for event in record.events
        ],
    }


# --- reading --------------------------------------------------------------------------------------


def read_lines(text: str, name: str) -> list[Record]:
    """
    The records of an export, of a snapshot, or of JSON Lines of `{"id", "document"}`.

    Args:
        name: The file, for errors.
    Raises:
        InvalidInput: It is none of these, or a line of it is torn, or the file ends early.
    """
    if not text.strip():
        raise InvalidInput(f"{name}: there is nothing in it.", hint="Look whether what made it has failed.")
    try:
        whole = wire.parse(text, wire.MAX_DEPTH + _DEEPER)
    except ValueError:
        whole = None  # several lines, or torn ones
    if isinstance(whole, dict) and isinstance(whole.get("objects"), dict):
        entries = whole["objects"].items()
        repository = whole["repository"] if isinstance(whole.get("repository"), str) else ""
        return [_of_snapshot(object_id, entry, repository, name) for object_id, entry in entries]
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    values = [(number, _parsed(line, f"{name}, line {number}")) for number, line in lines]
    if values[0][1].get("gh-store") != "export":
        return _distinct([_of_document(value, f"{name}, line {number}") for number, value in values], name)
    return _of_export(values, name)


def _of_export(values: Sequence[tuple[int, JsonObject]], name: str) -> list[Record]:
    first, last = values[0][1], values[-1][1]
    if first.get("format") != FORMAT:
        raise InvalidInput(
            f"{name}: this export is of format {first.get('format')!r}; this gh-store knows {FORMAT}.",
            hint="Upgrade gh-store: pip install --upgrade gh-object-store.",
        )
    if last.get("gh-store") != "end" or last.get("objects") != len(values) - 2:
        raise InvalidInput(f"{name}: the export ends early, or lines of it are missing.", hint="Make the export anew.")
    repository = first["repository"] if isinstance(first.get("repository"), str) else ""
    return [_of_line(value, repository, f"{name}, line {number}") for number, value in values[1:-1]]


def _parsed(line: str, where: str) -> JsonObject:
    try:
        value = wire.parse(line, wire.MAX_DEPTH + _DEEPER)
    except ValueError as error:
        raise InvalidInput(f"{where}: this line is no JSON, or torn: {error}.", hint="Make the file anew.") from error
    if not isinstance(value, dict):
        raise _odd(where)
    return value


def _odd(where: str) -> InvalidInput:
    return InvalidInput(
        f"{where}: this describes no object.",
        hint='What can be imported: an export, a snapshot, or lines of {"id": …, "document": {…}}.',
    )


def _checked(object_id: object, data: object, where: str) -> tuple[str, JsonObject]:
    try:
        object_id = wire.check_object_id(object_id)
        wire.check_value(data)
        if not isinstance(data, dict):
            raise _odd(where)
        wire.check_size(wire.write_body(data), "The object")
    except InvalidInput as error:
        if not error.message.startswith(where):
            error.message = f"{where}: {error.message}"
            error.args = (error.message,)
        raise
    return object_id, data


def _of_document(value: JsonObject, where: str) -> Record:
    if not {"id", "document"} <= value.keys():
        raise _odd(where)
    return Record(*_checked(value["id"], value["document"], where))


def _of_snapshot(object_id: str, entry: object, repository: str, name: str) -> Record:
    where = f"{name}, object {object_id!r}"
    if not isinstance(entry, dict):
        raise _odd(where)
    meta = entry.get("meta")
    number = meta.get("issue_number") if isinstance(meta, dict) else None
    object_id, data = _checked(object_id, entry.get("data"), where)
    return Record(object_id, data, repository, number if isinstance(number, int) else None)


def _distinct(records: list[Record], name: str) -> list[Record]:
    seen = set[str]()
    for record in records:
        if record.object_id in seen:
            raise InvalidInput(f"{name}: {record.object_id!r} stands there twice.", hint="Keep one of the two.")
        seen.add(record.object_id)
    return records


def _of_line(value: JsonObject, repository: str, where: str) -> Record:
    object_id, data = _checked(value.get("object_id"), value.get("data"), where)
    try:
        number, version, labels = int(value["issue_number"]), int(value["version"]), value["labels"]
        events = tuple(_event(each) for each in value["events"])
        if version < 1 or not all(isinstance(label, str) for label in labels):
            raise _odd(where)
        return Record(object_id, data, repository, number, version, tuple(labels), value["deleted"] is True, events)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise _odd(where) from error


def _event(value: Mapping[str, Any]) -> RecordedEvent:
    wire.check_value([value["data"], value["meta"]])
    error = value.get("error")
    if error is not None:
        kind, message = error
        error = (str(kind), str(message))
    author = value["author"]
    return RecordedEvent(
        comment_id=int(value["comment_id"]),
        author=None if author is None else str(author),
        created_at=str(value["created_at"]),
        initial=value["type"] == "initial_state",
        data=value["data"],
        meta=dict(value["meta"]),
        outcome=Outcome(value["outcome"]),
        error=error,
    )


# --- making it anew -------------------------------------------------------------------------------


def plan(record: Record, most: int) -> tuple[Copy, ...]:
    """
    The events whose fold is the object that a record tells: each version's state, mode and order, and each rejection.

    Duplicates are left out: they changed nothing. Where the log does not yield the state any more (comments were
    edited or deleted), events behind it make up for that.

    Args:
        most: How many comments an issue may have.
    Raises:
        LogFull: They are too many.
        ValueTooLarge: One of them does not fit in a comment.
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
    if len(copies) + missing > most:
        raise LogFull(
            f"{record.object_id!r} takes {len(copies) + missing:,} comments; its issue may have {most:,}.",
            comments=len(copies) + missing,
            limit=most,
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
