"""The JSON files of a site, for programs."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from gh_store.domain.differences import ABSENT, Difference
from gh_store.domain.values import JsonObject
from gh_store.site.facts import Latest
from gh_store.site.names import name_of
from gh_store.site.past import Past, Step
from gh_store.site.source import Item
from gh_store.site.table import Head
from gh_store.site.text import stamp

PIECE: Final = 500
"""Events in a file of a history."""

_MOST_FIELDS: Final = 8
"""Fields that the list of changes names."""

_LONGEST_FIELD: Final = 500
"""Characters of a field that it names. A key may have any length, and the list is read often."""

_encode: Final = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


def as_json(value: object) -> str:
    """Compact JSON with a line end."""
    return _encode(value) + "\n"


def object_file(item: Item) -> JsonObject:
    """An object: its data, and what the store knows about it."""
    return {"data": item.data, "meta": meta(item)}


def meta(item: Item) -> JsonObject:
    """What the store knows about an object."""
    return {
        "object_id": item.object_id,
        "issue_number": item.number,
        "created_at": stamp(item.created),
        "updated_at": stamp(item.updated),
        "version": item.version,
    }


def pieces(count: int) -> int:
    """In how many files, besides the newest, so many events are kept."""
    return max(count - 1, 0) // PIECE


def history_files(item: Item, past: Past) -> Iterator[tuple[str, JsonObject]]:
    """
    The events of an object, by the name of the file.

    The newest are in `NAME`. Older ones are in `NAME~1`, `NAME~2`, … from the first event on, so that full files stay
    as they are.
    """
    name, events = name_of(item.object_id), [_event(step) for step in past.steps]
    full = pieces(len(events))
    for number in range(full):
        part = events[number * PIECE : (number + 1) * PIECE]
        yield f"{name}~{number + 1}", {"id": item.object_id, "events": part}
    newest: JsonObject = {"id": item.object_id, "older": full, "events": events[full * PIECE :]}
    if past.drift:
        newest["drift"] = [change(each) for each in past.drift]
    yield name, newest


def _event(step: Step) -> JsonObject:
    shown: JsonObject = {
        "v": step.version,
        "t": stamp(step.time),
        "by": step.author,
        "mode": step.mode,
        "out": step.outcome,
        "c": step.comment,
        "i": step.issue,
    }
    if step.error is not None:
        shown["err"] = step.error
    if not step.counts:
        shown["asked"] = step.data
    return {**shown, "ch": [change(each) for each in step.changes]}


def change(each: Difference) -> JsonObject:
    """A change, as programs read it: an absent value has no key."""
    if each.at is not None:
        return {"p": each.path, "at": each.at, "o": each.old, "n": each.new}
    sides: dict[str, Any] = {"o": each.old, "n": each.new}
    return {"p": each.path, **{side: value for side, value in sides.items() if value is not ABSENT}}


def changes_file(latest: Sequence[Latest]) -> list[JsonObject]:
    """The latest changes of all objects. Without history it is only told that an object was updated."""
    return [_latest(each) for each in latest]


def _latest(each: Latest) -> JsonObject:
    shown: JsonObject = {"t": stamp(each.time), "id": each.object_id, "name": each.name, "v": each.version}
    if (step := each.step) is None:
        return shown
    told = {"by": step.author, "mode": step.mode, "out": step.outcome, "c": step.comment, "i": step.issue}
    short = [path for path in each.fields if len(path) <= _LONGEST_FIELD]
    return {**shown, **told, "fields": short[:_MOST_FIELDS], "changed": len(each.fields)}


def index_file(heads: Iterable[Head]) -> str:
    """All objects, as JSON: id, version, time of the last change."""
    told = (
        {"id": object_id, "name": name_of(object_id), "version": version, "updated_at": updated}
        for object_id, version, updated in heads
    )
    return f'{{"objects":[{",".join(map(_encode, told))}]}}\n'
