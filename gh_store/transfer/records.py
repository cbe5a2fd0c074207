"""Objects with their logs as lines of text. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gh_store import wire
from gh_store.domain.events import Event, Outcome
from gh_store.domain.exceptions import InvalidInput
from gh_store.domain.values import JsonObject
from gh_store.log.decide import Decision

FORMAT: Final = 1
_NUMBERS: Final = 10**18  # above any number of an issue or a comment
_DEEPER: Final = 5  # levels around a value: document, objects, entry, history, event


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """
    One event of a recorded object.

    Attributes:
        comment_id: The comment that carried it.
        author: Who wrote it, or None.
        created_at: When, as ISO 8601.
        initial: True for the type `initial_state`.
        data: Its `_data`.
        meta: Its `_meta`; empty for a bare event.
        outcome: What became of it.
        error: The name and the message of the error, if it was rejected.
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
        repository: The repository that it was in, or empty.
        issue_number: The issue that it was in, or None.
        version: Its version, or None if there is no log, and the object begins again at version 1.
        labels: The extra labels.
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


# --- writing --------------------------------------------------------------------------------------


def recorded(decision: Decision, *, pending: bool) -> RecordedEvent:
    """The record of a decided event."""
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
    """An export: a line that says what it is, a line for each object, and a line that shows that it is complete."""
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
    The records of an export, of a snapshot, of a list of objects, or of JSON Lines of `{"id", "document"}`.

    Args:
        name: The name of the file, for error messages.
    Raises:
        InvalidInput: The text is none of these, a line is truncated, or the file ends early.
    """
    if not text.strip(wire.BLANK):
        raise InvalidInput(f"{name}: the file is empty.", hint="Check whether the program that wrote it has failed.")
    try:
        whole = wire.parse(text, wire.MAX_DEPTH + _DEEPER, unique=True)
    except wire.Repeated as error:
        raise _ambiguous(name, error) from error
    except ValueError:
        whole = None  # several lines, or truncated ones
    if isinstance(whole, dict) and isinstance(whole.get("objects"), dict):
        entries = whole["objects"].items()
        repository = _repository(whole, name)
        return [_of_snapshot(object_id, entry, repository, name) for object_id, entry in entries]
    if isinstance(whole, list):
        return _distinct([_of_document(value, f"{name}, item {at}") for at, value in enumerate(whole, start=1)], name)
    if isinstance(whole, dict) and whole.get("gh-store") is None:
        return [_of_document(whole, name)]
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip(wire.BLANK)]
    values = [(number, _parsed(line, f"{name}, line {number}")) for number, line in lines]
    if values[0][1].get("gh-store") != "export":
        return _distinct([_of_document(value, f"{name}, line {number}") for number, value in values], name)
    return _of_export(values, name)


def _of_export(values: Sequence[tuple[int, JsonObject]], name: str) -> list[Record]:
    first, last = values[0][1], values[-1][1]
    if first.get("format") != FORMAT:
        raise InvalidInput(
            f"{name}: this export has format {wire.shortened(first.get('format'))}; "
            f"this gh-store reads format {FORMAT}.",
            hint="Upgrade gh-store: pip install --upgrade gh-object-store.",
        )
    if last.get("gh-store") != "end" or last.get("objects") != len(values) - 2:
        raise InvalidInput(f"{name}: the export ends early, or lines are missing.", hint="Export again.")
    repository = _repository(first, f"{name}, line {values[0][0]}")
    return [_of_line(value, repository, f"{name}, line {number}") for number, value in values[1:-1]]


def _parsed(line: str, where: str) -> JsonObject:
    try:
        value = wire.parse(line, wire.MAX_DEPTH + _DEEPER, unique=True)
    except wire.Repeated as error:
        raise _ambiguous(where, error) from error
    except ValueError as error:
        raise InvalidInput(
            f"{where}: this line is truncated or not valid JSON: {str(error).rstrip('.')}.",
            hint="Write the file again.",
        ) from error
    if not isinstance(value, dict):
        raise _unknown(where)
    return value


def _ambiguous(where: str, error: wire.Repeated) -> InvalidInput:
    return InvalidInput(f"{where}: {error}", hint="Remove all but one: it is not clear which one counts.")


def _unknown(where: str) -> InvalidInput:
    return InvalidInput(
        f"{where}: this does not describe an object.",
        hint='Import an export, a snapshot, what `list` prints, or lines of {"id": …, "document": {…}}.',
    )


def _checked(object_id: object, data: object, where: str, *, new: bool = False) -> tuple[str, JsonObject]:
    with _told_of(where):
        object_id = wire.check_new_object_id(object_id) if new else wire.check_object_id(object_id)
        wire.check_value(data)
        if not isinstance(data, dict):
            raise _unknown(where)
        wire.check_size(wire.write_body(data), "The object")
    return object_id, data


@contextmanager
def _told_of(where: str) -> Iterator[None]:
    """Let an error say where it was found."""
    try:
        yield
    except InvalidInput as error:
        if not error.message.startswith(where):
            error.message = f"{where}: {error.message}"
            error.args = (error.message,)
        raise


def _repository(document: JsonObject, where: str) -> str:
    repository = document.get("repository")
    if not isinstance(repository, str):
        return ""
    with _told_of(f"{where}, repository"):
        wire.check_value(repository)
    return repository


def _of_document(value: object, where: str) -> Record:
    """The record of `{"id", "document"}`, or of an object as it is listed."""
    match value:
        case {"object_id": _, "events": _}:  # a line of an export, without what shows that all of it is there
            raise _unknown(where)
        case {"id": object_id, "document": data} | {"object_id": object_id, "data": data}:
            return Record(*_checked(object_id, data, where, new=True))
        case _:
            raise _unknown(where)


def _of_snapshot(object_id: str, entry: object, repository: str, name: str) -> Record:
    where = f"{name}, object {wire.shortened(object_id)}"
    if not isinstance(entry, dict):
        raise _unknown(where)
    meta = entry.get("meta")
    number = meta.get("issue_number") if isinstance(meta, dict) else None
    object_id, data = _checked(object_id, entry.get("data"), where)
    return Record(object_id, data, repository, number if isinstance(number, int) else None)


def _distinct(records: list[Record], name: str) -> list[Record]:
    seen = set[str]()
    for record in records:
        if record.object_id in seen:
            raise InvalidInput(
                f"{name}: the id {wire.shortened(record.object_id)} occurs twice.", hint="Keep one of the two."
            )
        seen.add(record.object_id)
    return records


def _of_line(value: JsonObject, repository: str, where: str) -> Record:
    object_id, data = _checked(value.get("object_id"), value.get("data"), where)
    try:
        number, version = _number(value, "issue_number", where), _number(value, "version", where)
        labels = value["labels"]
        events = tuple(_event(each, f"{where}, event {at}") for at, each in enumerate(value["events"], start=1))
        if not all(isinstance(label, str) for label in labels):
            raise _unknown(where)
        return Record(object_id, data, repository, number, version, tuple(labels), value["deleted"] is True, events)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise _unknown(where) from error


def _number(value: Mapping[str, Any], key: str, where: str) -> int:
    number = value[key]
    if type(number) is not int or not 0 < number < _NUMBERS:
        raise InvalidInput(f"{where}: {key}: {wire.shortened(number)} is not a positive integer of an ordinary size.")
    return number


def _event(value: Mapping[str, Any], where: str) -> RecordedEvent:
    error, author = value.get("error"), value["author"]
    with _told_of(where):
        wire.check_value([value["data"], value["meta"]])
        wire.check_value([error, author, value["created_at"]])  # a copy of the event says them too
    if error is not None:
        kind, message = error
        error = (str(kind), str(message))
    return RecordedEvent(
        comment_id=_number(value, "comment_id", where),
        author=None if author is None else str(author),
        created_at=str(value["created_at"]),
        initial=value["type"] == "initial_state",
        data=value["data"],
        meta=dict(value["meta"]),
        outcome=Outcome(value["outcome"]),
        error=error,
    )
