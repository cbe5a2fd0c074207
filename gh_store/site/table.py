"""The table of all objects: which columns each collection has, and its rows, in files of 5,000."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final, NamedTuple

from gh_store.domain.values import JsonObject
from gh_store.site.names import collection_of, name_of
from gh_store.site.source import Item
from gh_store.site.text import brief, compact, quoted, searched, split, stamp
from gh_store.spool import Spool

SHARD: Final = 5_000
"""Rows in a file."""

_MOST_COLUMNS: Final = 5
_MOST_FIELDS: Final = 1_000
"""Fields of a collection that are looked at, the first that come up: the keys of some data have no end."""

_MOST_LEAVES: Final = 60
_MOST_CHOICES: Final = 12
_LONGEST_CHOICE: Final = 40
_LONGEST_CELL: Final = 160
_LONG: Final = 40
"""Characters that a column of text has on average, from which on it is a long one."""

_OFTEN: Final = 0.3
"""The share of a collection's objects that have a field from which on it is a column."""

_TITLES: Final = ("title", "name", "label")
_MOST_COLLECTIONS: Final = 1_000
"""Collections, the largest, whose columns a page knows; and those for which somebody chose some."""


class Head(NamedTuple):
    """What the table tells of an object, whatever is in it."""

    object_id: str
    version: int
    updated: str


@dataclass(frozen=True, slots=True)
class Row:
    """An object in the table. `leaves`: its scalar fields by path, `a` or `a.b`."""

    object_id: str
    version: int
    updated: str
    leaves: Mapping[str, str | bool | None]
    numeric: frozenset[str]
    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the path of a field, how many objects have it, and what its values are like."""

    path: str
    cells: int
    number: bool = False
    long: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Collection:
    """Objects whose ids begin alike, and the columns that they have in common."""

    name: str
    count: int
    columns: tuple[Column, ...]


def row_of(item: Item, chosen: Iterable[str] = ()) -> Row:
    """
    The row of an object.

    Args:
        chosen: The columns that somebody wants for its collection, however deep or far behind they are.
    """
    leaves: dict[str, str | bool | None] = {}
    numeric = set[str]()
    for path, value in chain(_chosen(item.data, chosen), islice(_scalars(item.data), _MOST_LEAVES)):
        if type(value) in (int, float):
            numeric.add(path)
            leaves[path] = json.dumps(value)
        else:
            leaves[path] = compact(value, _LONGEST_CELL) if isinstance(value, str) else value
    return Row(
        item.object_id,
        item.version,
        stamp(item.updated),
        leaves,
        frozenset(numeric),
        searched(item.object_id, item.data),
    )


def _chosen(data: JsonObject, paths: Iterable[str]) -> Iterator[tuple[str, Any]]:
    for path in paths:
        value: Any = data
        for key in split(path):
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None and not isinstance(value, dict | list):
            yield path, value


def _scalars(data: JsonObject) -> Iterator[tuple[str, Any]]:
    for key, value in data.items():
        if isinstance(value, dict):
            for deeper, member in value.items():
                if not isinstance(member, dict | list):
                    yield f"{quoted(key)}.{quoted(deeper)}", member
        elif not isinstance(value, list):
            yield quoted(key), value


class Rows:
    """The rows of a site, sorted by id. Memory holds few of them; they may be iterated again and again."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._count = 0

    def add(self, row: Row) -> None:
        told = [row.leaves, sorted(row.numeric), row.text]
        self._spool.add(f"{row.object_id}\t{row.version}\t{row.updated}\t{json.dumps(told)}")  # no id has a tab
        self._count += 1

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Row]:
        for line in self._spool:
            object_id, version, updated, told = line.split("\t", 3)
            leaves, numeric, text = json.loads(told)
            yield Row(object_id, int(version), updated, leaves, frozenset(numeric), text)

    def heads(self) -> Iterator[Head]:
        """The rows without what is in their objects: id, version, time. It takes far less time."""
        for line in self._spool:
            object_id, version, updated, _ = line.split("\t", 3)
            yield Head(object_id, int(version), updated)


def collections_of(rows: Iterable[Row], chosen: Mapping[str, Sequence[str]]) -> dict[str, Collection]:
    """
    The collections, by name.

    Args:
        chosen: The columns that somebody wants for a collection.
    """
    counts, fields = Counter[str](), dict[str, dict[str, _Field]]()
    for row in rows:
        name, last = collection_of(row.object_id), row.object_id.rpartition("/")[2]
        counts[name] += 1
        known = fields.setdefault(name, {path: _Field() for path in chosen.get(name, ())})
        for path, value in row.leaves.items():
            if path not in known and len(known) < _MOST_FIELDS:
                known[path] = _Field()
            if path in known:
                known[path].add(value, number=path in row.numeric, other=value != last)
    return {
        name: Collection(name, count, tuple(_columns(fields[name], count, chosen.get(name))))
        for name, count in sorted(counts.items())
    }


def unfilled(collections: Mapping[str, Collection], chosen: Mapping[str, Sequence[str]]) -> list[str]:
    """Which of the chosen columns no object fills, as `COLLECTION:a.b`."""
    filled = {(each.name, column.path) for each in collections.values() for column in each.columns if column.cells}
    return [f"{name}:{path}" for name, paths in chosen.items() for path in paths if (name, path) not in filled]


def _columns(fields: Mapping[str, "_Field"], count: int, chosen: Sequence[str] | None) -> list[Column]:
    if chosen is not None:
        return [fields[path].column(path) for path in chosen]
    short = {path: field for path, field in fields.items() if brief(path) == path}
    often = [path for path, field in short.items() if field.cells >= _OFTEN * count and field.tells]
    columns = [fields[path].column(path) for path in often]
    columns.sort(key=lambda each: (_rank(each), "." in each.path, -fields[each.path].cells, each.path))
    long = [each for each in columns if each.long][:1]
    return [*[each for each in columns if not each.long][: _MOST_COLUMNS - len(long)], *long]


def _rank(column: Column) -> int:
    key = column.path.lower()
    return _TITLES.index(key) if key in _TITLES else len(_TITLES)


class _Field:
    """What the values of a field are like, in a collection."""

    __slots__ = ("_characters", "_choices", "_filled", "_first", "_numbers", "_other", "_texts", "_varied", "cells")

    def __init__(self) -> None:
        self.cells = self._filled = self._numbers = self._texts = self._characters = 0
        self._first: str | bool | None = None
        self._varied = self._other = False
        self._choices: set[str] | None = set()

    def add(self, value: str | bool | None, *, number: bool, other: bool) -> None:
        if self.cells == 0:
            self._first = value
        self.cells += 1
        self._varied = self._varied or value != self._first
        self._other = self._other or other
        if value in (None, ""):
            return
        self._filled += 1
        self._numbers += number
        if isinstance(value, str):
            self._texts += 1
            self._characters += len(value)
        if self._choices is not None:
            self._choices.add(_shown(value))
            if len(self._choices) > _MOST_CHOICES:
                self._choices = None

    @property
    def tells(self) -> bool:
        """False for a field that says what the id says, or the same everywhere."""
        return self._other and (self._varied or self.cells <= 2)

    def column(self, path: str) -> Column:
        """The column of the field."""
        number = 0 < self._filled == self._numbers
        long = not number and self._characters > _LONG * self._texts
        choices = self._choices or set()
        chosen = 2 <= len(choices) <= self.cells // 2 and max(map(len, choices)) <= _LONGEST_CHOICE and not number
        return Column(path, self.cells, number, long, tuple(sorted(choices)) if chosen else ())


def _shown(value: str | bool | None) -> str:
    return value if isinstance(value, str) else json.dumps(value) if value is not None else ""


def cells_of(row: Row, collection: Collection) -> list[str]:
    """What a row shows in the columns of its collection."""
    return [_shown(row.leaves.get(column.path)) for column in collection.columns]


def meta_file(
    objects: int, collections: Mapping[str, Collection], chosen: Mapping[str, Sequence[str]], *, own_pages: bool
) -> JsonObject:
    """What a page knows of the table before it reads rows."""
    largest = sorted(collections.values(), key=lambda each: (each.name not in chosen, -each.count))
    largest = largest[: max(_MOST_COLLECTIONS, len(chosen))]
    return {
        "objects": objects,
        "pages": own_pages,
        "shards": shards(objects),
        "collections": [
            {"name": each.name, "count": each.count, "columns": [_described(column) for column in each.columns]}
            for each in sorted(largest, key=lambda each: each.name)
        ],
    }


def _described(column: Column) -> JsonObject:
    shown: JsonObject = {"path": column.path}
    if column.number:
        shown["number"] = True
    if column.long:
        shown["long"] = True
    if column.choices:
        shown["choices"] = list(column.choices)
    return shown


def shards(objects: int) -> int:
    """How many files hold the rows of so many objects."""
    return -(-objects // SHARD)


def shard_files(rows: Iterable[Row], collections: Mapping[str, Collection]) -> Iterator[list[list[Any]]]:
    """
    The rows in files: id, version, time, cells, searched text; and the name where it is not the id.

    Cells are text, so that numbers stay as they are stored.
    """
    told = (_row(row, collections[collection_of(row.object_id)]) for row in rows)
    while part := [*islice(told, SHARD)]:
        yield part


def _row(row: Row, collection: Collection) -> list[Any]:
    name = name_of(row.object_id)
    shown: list[Any] = [row.object_id, row.version, row.updated, cells_of(row, collection), row.text]
    return shown if name == row.object_id else [*shown, name]
