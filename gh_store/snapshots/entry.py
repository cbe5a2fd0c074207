"""An object in a snapshot, and the line that it is written as."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, Self

from gh_store import wire
from gh_store.domain.values import ObjectMeta, StoredObject

DEPTH: Final = wire.MAX_DEPTH + 4
"""How deep an entry may be nested: itself, its history, an event, and the data of that."""


class Malformed(ValueError):
    """What a file holds is not a snapshot, or not one of its entries; the message says why."""


class Log(NamedTuple):
    """How far the log of an object was committed, as the title of its issue says: the watermark, and how many."""

    watermark: int
    comments: int


class Entry(NamedTuple):
    """
    An object in a snapshot.

    Attributes:
        object_id: The object.
        number: The number of its issue.
        text: What is said of it, as JSON on one line: `data`, `meta`, and with history `history` and `log`.
    """

    object_id: str
    number: int
    text: str

    @classmethod
    def of(cls, obj: StoredObject, history: Sequence[Mapping[str, Any]] | None = None, log: Log | None = None) -> Self:
        """The entry of an object; with its history, the oldest event first."""
        told: dict[str, Any] = {"data": obj.data, "meta": _described(obj.meta)}
        if history is not None:
            told["history"] = history
        if log is not None:
            told["log"] = log._asdict()
        return cls(obj.meta.object_id, obj.meta.issue_number, line(told))

    @classmethod
    def read(cls, object_id: str, value: object) -> Self:
        """
        The entry that a file holds.

        Raises:
            Malformed: The message says what is wrong.
        """
        named = f"object {wire.shortened(object_id)}"
        try:
            number = value["meta"]["issue_number"]  # type: ignore[index]  # a TypeError is an answer
        except (LookupError, TypeError) as error:
            raise Malformed(f"{named} is malformed") from error
        if type(number) is not int or number <= 0:
            raise Malformed(f"{named}: issue_number is not a number of an issue")
        try:
            text = line(value)
            f"{object_id}{text}".encode()  # a lone surrogate could be read, and not be written again
        except ValueError as error:
            raise Malformed(f"{named} is malformed") from error
        if any(character < " " for character in object_id):
            raise Malformed(f"{named} has a control character in its id")
        if not _tells_history(value):
            raise Malformed(f"{named}: its history is malformed")
        return cls(object_id, number, text)

    @property
    def value(self) -> dict[str, Any]:
        """The entry as a dict."""
        told: dict[str, Any] = json.loads(self.text)
        return told


def line(value: object) -> str:
    """JSON on one line, keys sorted."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def unique(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Of several entries in a row with the same id, the first."""
    last: str | None = None
    for entry in entries:
        if entry.object_id != last:
            yield entry
        last = entry.object_id


def _described(meta: ObjectMeta) -> dict[str, Any]:
    return {
        "issue_number": meta.issue_number,
        "object_id": meta.object_id,
        "created_at": meta.created_at.isoformat(),
        "updated_at": meta.updated_at.isoformat(),
        "version": meta.version,
    }


def _tells_history(value: Any) -> bool:
    """True if what an entry says of the past of its object has the form of it, or it says nothing."""
    history, log = value.get("history", []), value.get("log", {"watermark": 0, "comments": 0})
    return (
        isinstance(history, list)
        and all(map(_is_event, history))
        and isinstance(log, dict)
        and all(map(_is_count, (log.get(name) for name in Log._fields)))
    )


def _is_event(event: Any) -> bool:
    if not isinstance(event, dict) or not {"author", "data", "mode"} <= event.keys():
        return False
    told = event.get
    try:
        aware = datetime.fromisoformat(told("timestamp", "")).tzinfo is not None
    except (TypeError, ValueError):
        return False
    return (
        aware
        and _is_count(told("comment_id"))
        and _is_count(told("version"))
        and _is_count(told("issue_number", 0))
        and isinstance(told("author"), str | None)
        and isinstance(told("mode"), str | None)
        and isinstance(told("error", ""), str)
        and isinstance(told("state", {}), dict)
        and told("type") in ("initial_state", "update")
        and told("outcome") in ("applied", "rejected", "pending")
    )


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0
