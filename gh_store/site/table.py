"""The table of all objects: which columns each collection has, and its rows, in files of 5,000."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gh_store.domain.values import JsonObject
from gh_store.site.names import collection_of, name_of
from gh_store.site.source import Item
from gh_store.site.text import compact, searched, stamp

SHARD: Final = 5_000
"""Rows in a file."""

_MOST_COLUMNS: Final = 5
_MOST_LEAVES: Final = 60
_MOST_CHOICES: Final = 12
_LONGEST_CHOICE: Final = 40
_LONGEST_CELL: Final = 160
_LONG: Final = 40
"""Characters that a column of text has on average, from which on it is a long one."""

_OFTEN: Final = 0.3
"""The share of a collection's objects that have a field from which on it is a column."""

_TITLES: Final = ("title", "name", "label")
MOST_COLLECTIONS: Final = 200


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
    """A column: the path of a field, and what its values are like."""

    path: str
    number: bool = False
    long: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Collection:
    """Objects whose ids begin alike, and the columns that they have in common."""

    name: str
    count: int
    columns: tuple[Column, ...]


def row_of(item: Item) -> Row:
    """The row of an object."""
    leaves: dict[str, str | bool | None] = {}
    numeric = set[str]()
    for path, value in _scalars(item.data):
        if len(leaves) == _MOST_LEAVES:
            break
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


def _scalars(data: JsonObject) -> Iterator[tuple[str, Any]]:
    for key, value in data.items():
        if isinstance(value, dict):
            for deeper, member in value.items():
                if not isinstance(member, dict | list):
                    yield f"{key}.{deeper}", member
        elif not isinstance(value, list):
            yield key, value


def collections_of(rows: Sequence[Row], chosen: Mapping[str, Sequence[str]]) -> dict[str, Collection]:
    """
    The collections, by name.

    Args:
        chosen: The columns that somebody wants for a collection.
    """
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(collection_of(row.object_id), []).append(row)
    return {
        name: Collection(name, len(members), tuple(_columns(members, chosen.get(name))))
        for name, members in sorted(grouped.items())
    }


def _columns(rows: Sequence[Row], chosen: Sequence[str] | None) -> list[Column]:
    found: dict[str, list[tuple[Row, str | bool | None]]] = {}
    for row in rows:
        for path, value in row.leaves.items():
            found.setdefault(path, []).append((row, value))
    if chosen is not None:
        return [_column(path, found.get(path, [])) for path in chosen]
    often = [path for path, cells in found.items() if len(cells) >= _OFTEN * len(rows)]
    telling = [path for path in often if _tells(found[path])]
    columns = [_column(path, found[path]) for path in telling]
    columns.sort(key=lambda each: (_rank(each), "." in each.path, -len(found[each.path]), each.path))
    long = [each for each in columns if each.long][:1]
    return [*[each for each in columns if not each.long][: _MOST_COLUMNS - len(long)], *long]


def _rank(column: Column) -> int:
    key = column.path.lower()
    return _TITLES.index(key) if key in _TITLES else len(_TITLES)


def _tells(cells: Sequence[tuple[Row, str | bool | None]]) -> bool:
    """False for a field that says what the id says, or the same everywhere."""
    if len(cells) > 2 and len({value for _, value in cells}) == 1:
        return False
    return any(value != row.object_id.rpartition("/")[2] for row, value in cells)


def _column(path: str, cells: Sequence[tuple[Row, str | bool | None]]) -> Column:
    values = [value for _, value in cells if value not in (None, "")]
    texts = [value for value in values if isinstance(value, str)]
    number = bool(values) and all(path in row.numeric for row, value in cells if value not in (None, ""))
    long = not number and bool(texts) and sum(map(len, texts)) > _LONG * len(texts)
    distinct = {_shown(value) for value in values}
    chosen = 2 <= len(distinct) <= min(_MOST_CHOICES, len(cells) // 2) and max(map(len, distinct)) <= _LONGEST_CHOICE
    return Column(path, number, long, tuple(sorted(distinct)) if chosen and not number else ())


def _shown(value: str | bool | None) -> str:
    return value if isinstance(value, str) else json.dumps(value) if value is not None else ""


def cells_of(row: Row, collection: Collection) -> list[str]:
    """What a row shows in the columns of its collection."""
    return [_shown(row.leaves.get(column.path)) for column in collection.columns]


def meta_file(rows: Sequence[Row], collections: Mapping[str, Collection], *, own_pages: bool) -> JsonObject:
    """What a page knows of the table before it reads rows."""
    largest = sorted(collections.values(), key=lambda each: -each.count)[:MOST_COLLECTIONS]
    return {
        "objects": len(rows),
        "pages": own_pages,
        "shards": -(-len(rows) // SHARD),
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


def shard_files(rows: Sequence[Row], collections: Mapping[str, Collection]) -> Iterator[list[list[Any]]]:
    """
    The rows in files: id, version, time, cells, searched text; and the name where it is not the id.

    Cells are text, so that numbers stay as they are stored.
    """
    for start in range(0, len(rows), SHARD):
        yield [_row(row, collections[collection_of(row.object_id)]) for row in rows[start : start + SHARD]]


def _row(row: Row, collection: Collection) -> list[Any]:
    name = name_of(row.object_id)
    shown: list[Any] = [row.object_id, row.version, row.updated, cells_of(row, collection), row.text]
    return shown if name == row.object_id else [*shown, name]
