"""Tables for people: one line an object, at any width. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from gh_store.cli.escapes import one_line

_GAP: Final = "  "
_ROOM: Final = 20
"""What a column that is cut should have; others go for it."""

_LEAST: Final = 8
"""With less, it goes itself."""


@dataclass(frozen=True, slots=True)
class Column:
    """
    A column of a table.

    Attributes:
        name: Its title.
        goes: Where there is no room, the column with the highest number goes first. One with 0 stays, whole.
        cut: True if it is cut to the room that remains.
        alone: True if a cell that leaves too little room for the other columns stands on a line of its own.
        right: True for numbers.
    """

    name: str
    goes: int = 0
    cut: bool = False
    alone: bool = False
    right: bool = False


def table(columns: Sequence[Column], rows: Iterable[Sequence[object]], width: int) -> Iterator[str]:
    """The title line and a line or two for each row, without line ends, none wider than `width` unless its id is."""
    titles = [column.name.upper() for column in columns]
    cells = [titles, *([one_line(str(cell)) for cell in row] for row in rows)]
    widths = [max(map(columns_of, each)) for each in zip(*cells, strict=True)]
    empty = [not any(each[1:]) for each in zip(*cells, strict=True)]
    for at, column in enumerate(columns):
        if column.alone and len(_fitting(columns, widths, width, empty)) < len(columns) - sum(empty):
            most = max(_ROOM, width // 3)
            widths[at] = max(size for row in cells if (size := columns_of(row[at])) <= most)
    shown = _fitting(columns, widths, width, empty)
    for row in cells:
        line = list(row)
        for at, size in shown.items():
            if columns[at].alone and columns_of(row[at]) > size:
                yield row[at]
                line[at] = ""
        if any(line[at] for at in shown):
            yield _line([(columns[at], line[at], size) for at, size in shown.items()])


def _fitting(columns: Sequence[Column], widths: Sequence[int], width: int, empty: Sequence[bool]) -> dict[int, int]:
    """The columns that are shown, and how wide each is. One that says nothing is not, unless it stays always."""
    shown = {at: widths[at] for at, column in enumerate(columns) if not (empty[at] and column.goes)}
    least = {at: min(size, _ROOM) if columns[at].cut else size for at, size in shown.items()}

    def needed() -> int:
        return sum(least[at] for at in shown) + len(_GAP) * (len(shown) - 1)

    for at in sorted(shown, key=lambda at: -columns[at].goes):
        if columns[at].cut and needed() > width:
            least[at] = min(least[at], _LEAST)
        if columns[at].goes and needed() > width:
            del shown[at]
    room = max(0, width - needed())
    for at, size in shown.items():
        shown[at] = least[at] + min(room, size - least[at])
        room -= shown[at] - least[at]
    return shown


def _line(cells: Sequence[tuple[Column, str, int]]) -> str:
    return _GAP.join(_padded(*cell) for cell in cells).rstrip()


def _padded(column: Column, text: str, size: int) -> str:
    text = cut(text, size)
    space = " " * (size - columns_of(text))
    return space + text if column.right else text + space


def cut(text: str, size: int) -> str:
    """Text in so many columns of a terminal; an ellipsis stands for what is cut off."""
    if columns_of(text) <= size:
        return text
    while text and columns_of(text) >= size:
        text = text[: min(len(text) - 1, size)]
    return f"{text}…" if size else ""


def columns_of(text: str) -> int:
    """How many columns of a terminal text takes: a wide character takes two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
