"""Values as text: JSON, JSON Lines, CSV. Pure: pieces of text come out as the values come in."""

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from gh_store.cli.escapes import quiet_json

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""

_IN_MEMORY: Final = 10_000_000


def json_text(value: object) -> str:
    """A value as JSON for people and programs, without the last line end."""
    return quiet_json(json.dumps(value, indent=2, ensure_ascii=False))


def json_pieces(values: Iterable[object]) -> Iterator[str]:
    """A JSON array, each element as it comes."""
    between = "[\n"
    for value in values:
        yield between + json_text(value)
        between = ",\n"
    yield "[]\n" if between == "[\n" else "\n]\n"


def json_lines(values: Iterable[object]) -> Iterator[str]:
    """Each value on a line of its own."""
    for value in values:
        yield quiet_json(json.dumps(value, ensure_ascii=False, separators=(",", ":"))) + "\n"


def csv_pieces(
    rows: Iterable[Mapping[str, Any]],
    shown: Callable[[str], str] = lambda text: text,
    formulas: Callable[[int], object] = lambda count: None,
) -> Iterator[str]:
    """
    A CSV table with a column for each key that occurs, in the order in which they are found.

    Nested objects have a column for each of their keys (`a.b`); a key with a dot in it is quoted there, as in JMESPath.
    A list is JSON. Text is written as it is. The rows go through a temporary file, because the columns are known at
    their end alone.

    Args:
        shown: Makes text fit for where it goes.
        formulas: Called in the end with the number of texts that a spreadsheet may take for formulas.
    """
    columns: dict[str, None] = {}
    suspicious = 0
    with tempfile.SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8") as kept:
        for row in rows:
            cells = {shown(name): cell if cell is None else shown(cell) for name, cell in _cells(row, "")}
            suspicious += sum(map(_is_formula, cells.values()))
            columns |= dict.fromkeys(cells)
            kept.write(json.dumps(cells) + "\n")
        kept.seek(0)
        if columns:
            yield _csv_line(columns)
        for line in kept:
            yield _csv_line(map(json.loads(line).get, columns))
    if suspicious:
        formulas(suspicious)


def _cells(row: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str | None]]:
    for key, value in row.items():
        name = prefix + (json.dumps(key, ensure_ascii=False) if "." in key or '"' in key or not key else key)
        match value:
            case dict() if value:
                yield from _cells(value, f"{name}.")
            case str() | None:
                yield name, value
            case _:
                yield name, json.dumps(value, ensure_ascii=False)


def _is_formula(cell: str | None) -> bool:
    if not cell or not cell.startswith(_FORMULA):
        return False
    with suppress(ValueError):
        float(cell)
        return False
    return True


def _csv_line(cells: Iterable[str | None]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()
