"""What of the objects is shown, in which order, and with which columns. Pure: values in, values out."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from gh_store.domain.values import JsonObject

_COLUMNS: Final = {"id": "object_id", "version": "version", "updated": "updated_at"}
"""The columns that every object has, whatever its data: their names, and their keys."""


def as_row(obj: JsonObject) -> JsonObject:
    """
    An object as a row: id, version and updated, then its data.

    Data of these names are below `data.`, and so is data that is called `data` itself.
    """
    data = obj["data"]
    taken = {name: data[name] for name in (*_COLUMNS, "data") if name in data}
    row = {name: obj[key] for name, key in _COLUMNS.items()} | {k: v for k, v in data.items() if k not in taken}
    return {**row, "data": taken} if taken else row


@dataclass(frozen=True, slots=True)
class Order:
    """
    What objects are sorted by.

    Attributes:
        key: Its value for a row.
        descending: The largest first.
    """

    key: Callable[[Any], Any]
    descending: bool

    @classmethod
    def of(cls, text: str) -> "Order":
        """Read KEY or -KEY, where KEY is a JMESPath expression on a row. Raises InvalidInput."""
        from gh_store.collection.where import query

        return cls(query(text.removeprefix("-")), text.startswith("-"))

    def sorted(self, objects: Iterable[JsonObject], nobody: Callable[[], object]) -> Iterator[JsonObject]:
        """The objects in order, those that lack the key last; equals as they came. Calls `nobody` if all lack it."""
        keyed = [(self.key(as_row(obj)), obj) for obj in objects]
        there = [pair for pair in keyed if pair[0] is not None]
        if keyed and not there:
            nobody()
        there.sort(key=lambda pair: _rank(pair[0]), reverse=self.descending)
        yield from (obj for _, obj in there)
        yield from (obj for value, obj in keyed if value is None)


def _rank(value: Any) -> tuple[int, Any]:
    """Numbers, then text, then false and true, then anything else by its JSON."""
    match value:
        case bool():
            return 2, value
        case int() | float():
            return 0, value
        case str():
            return 1, value
        case _:
            return 3, json.dumps(value, sort_keys=True)
