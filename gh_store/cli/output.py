"""The results of the store: as JSON objects for programs, as rows of tables for people."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from gh_store.domain.events import HistoryEntry
from gh_store.domain.values import JsonObject, StoredObject

_SUMMARY_ONLY: Final = frozenset({"reasons", "object"})
"""Fields of what was processed that `process-updates` shows elsewhere."""


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


def object_rows(objects: Iterable[StoredObject]) -> Iterator[Sequence[object]]:
    for obj in objects:
        meta = obj.meta
        updated = f"{meta.updated_at:%Y-%m-%d %H:%M:%S}"
        yield meta.object_id, meta.issue_number, meta.version, meta.pending, updated, _short(obj.data)


def history_rows(entries: Iterable[HistoryEntry]) -> Iterator[Sequence[object]]:
    for entry in entries:
        said = entry.get("error") or _short(entry["data"])
        yield entry["version"], entry["timestamp"], entry["author"], entry["type"], entry["outcome"], said


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"  # what fits beside the rest
