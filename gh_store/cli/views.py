"""The results of the store: as JSON objects for programs, as columns of tables for people. Pure."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from gh_store.cli.queries import as_row
from gh_store.cli.tables import Column
from gh_store.domain.differences import ABSENT, Difference
from gh_store.domain.events import HistoryEntry
from gh_store.domain.values import JsonObject, StoredObject

_SUMMARY_ONLY: Final = frozenset({"reasons", "object"})
"""Fields of what was processed that `process-updates` shows elsewhere."""

_WIDEST: Final = 1_000
"""Characters of a cell: no terminal shows more."""


def as_dict(value: Any) -> JsonObject:
    """A result of the store (an object, a finding, what was done to an object) as a JSON object: its fields by name."""
    if isinstance(value, StoredObject):
        return {**as_dict(value.meta), "data": value.data}
    names = (field.name for field in fields(value))
    return {name: _as_json(getattr(value, name)) for name in names if name not in _SUMMARY_ONLY}


def _as_json(value: object) -> object:
    match value:
        case datetime():
            return value.isoformat()
        case Exception():
            return f"{type(value).__name__}: {value}"
        case _:
            return value


@dataclass(frozen=True, slots=True)
class View:
    """
    How results of one kind look.

    Attributes:
        name: What they are called, many of them.
        columns: The columns of their table.
        cells: One of them as cells of a table.
        row: One of them as a row of CSV.
    """

    name: str
    columns: Sequence[Column]
    cells: Callable[[JsonObject], Sequence[object]]
    row: Callable[[JsonObject], JsonObject] = lambda value: value


def _cell(value: object) -> object:
    return "" if value is None else value


def _time(text: str) -> str:
    return text[:16].replace("T", " ")


def short(value: object) -> str:
    """A value as JSON on one line, no longer than anybody sees."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


OBJECTS: Final = View(
    "objects",
    (
        Column("id", alone=True),
        Column("version", goes=2, right=True),
        Column("pending", goes=3, right=True),
        Column("issue", goes=5, right=True),
        Column("updated", goes=4),
        Column("data", goes=1, cut=True),
    ),
    lambda obj: (
        obj["object_id"], obj["version"], _cell(obj["pending"]), obj["issue_number"], _time(obj["updated_at"]),
        short(obj["data"]),
    ),
    as_row,
)  # fmt: skip  # a cell for each column

HISTORY: Final = View(
    "events",
    (
        Column("version", right=True),
        Column("when", goes=2),
        Column("who", goes=3),
        Column("type", goes=4),
        Column("outcome"),
        Column("what", goes=1, cut=True),
    ),
    lambda entry: (
        entry["version"], _time(entry["timestamp"]), _cell(entry["author"]), mode_of(entry), entry["outcome"],
        entry.get("error") or short(entry["data"]),
    ),
)  # fmt: skip  # as above

PROCESSED: Final = View(
    "objects to process",
    (
        Column("id", alone=True),
        Column("issue", goes=2, right=True),
        Column("applied", right=True),
        Column("rejected", right=True),
        Column("error", goes=1, cut=True),
    ),
    lambda done: (
        _cell(done["object_id"]), done["issue_number"], done["applied"], done["rejected"], _cell(done["error"]),
    ),
)  # fmt: skip  # as above

TRANSFERRED: Final = View(
    "objects to move",
    (Column("id", alone=True), Column("issue", goes=2, right=True), Column("done"), Column("error", goes=1, cut=True)),
    lambda done: (
        done["object_id"], _cell(done["issue_number"]), _done(done), _cell(done["error"]),
    ),
)  # fmt: skip  # as above

DIFFERENCES: Final = View(
    "differences",
    (Column("path"), Column("old", goes=1, cut=True), Column("new", cut=True)),
    lambda each: (
        each["path"] + (f"/{each['at']}" if "at" in each else ""),
        short(each["old"]) if "old" in each else "",
        short(each["new"]) if "new" in each else "",
    ),
)

REPAIRED: Final = View(
    "objects to repair",
    (
        Column("id", alone=True),
        Column("issue", goes=3, right=True),
        Column("kinds", goes=2),
        Column("doing", cut=True),
        Column("error", goes=1, cut=True),
    ),
    lambda done: (
        _cell(done["object_id"]), _cell(done["issue_number"]), ", ".join(done["kinds"]), done["doing"],
        _cell(done["error"]),
    ),
)  # fmt: skip  # as above


def _done(result: JsonObject) -> str:
    if result["error"] is not None:
        return "failed"
    return "made" if result["made"] else "updated" if result["updated"] else "nothing"


def mode_of(entry: Mapping[str, Any]) -> str:
    """What kind of event an entry of the history is: `initial_state`, or how it changes the state."""
    if entry["type"] != "update":
        return str(entry["type"])
    mode = entry["metadata"].get("update_mode")
    return mode if isinstance(mode, str) else "append"


def event_line(entry: HistoryEntry) -> str:
    """An entry of the history on one line."""
    said = entry.get("error") or short(entry["data"])
    outcome = "" if entry["outcome"] == "applied" else f"{entry['outcome']}: "
    who = entry["author"] or "-"
    return f"v{entry['version']} {_time(entry['timestamp'])} {who} {mode_of(entry)} {outcome}{said}"


def difference_lines(difference: Difference) -> Iterator[str]:
    """A difference as lines: what is no more, and what is there now."""
    if difference.removes:
        yield f"- {difference.where}: {short(difference.old)}"
    if difference.inserts:
        yield f"+ {difference.where}: {short(difference.new)}"


def difference_dict(difference: Difference) -> JsonObject:
    """A difference as a JSON object; a value that is not there has no key."""
    values = {"old": difference.old, "new": difference.new}
    place = {} if difference.at is None else {"at": difference.at}
    return {"path": difference.path, **place, **{name: it for name, it in values.items() if it is not ABSENT}}
