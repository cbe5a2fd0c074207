"""What a command prints on stdout, in the form that its options ask for, or that fits where it goes."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import Any, Final, TypeVar

import click

from gh_store.cli import formats
from gh_store.cli.escapes import is_looked_at, one_line
from gh_store.cli.tables import cut, table
from gh_store.cli.terminal import is_terminal, say, styled, width
from gh_store.cli.views import View
from gh_store.domain.counts import several
from gh_store.domain.values import JsonObject

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


class Form(StrEnum):
    """How values are printed."""

    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    TABLE = "table"
    IDS = "ids"


_HELP: Final = {
    Form.JSON: "As JSON.  [default, except for lists on a terminal]",
    Form.JSONL: "As JSON Lines: each on a line of its own.",
    Form.CSV: "As CSV: a column for each key, text as it is stored.",
    Form.TABLE: "As a table for people.  [default on a terminal]",
    Form.IDS: "Only the ids, each on a line of its own.",
}
_ONE: Final = (Form.JSON, Form.JSONL)
_MANY: Final = (Form.JSON, Form.JSONL, Form.CSV, Form.TABLE)

_QUERY: Final = click.option(
    "-q", "--query", metavar="JMESPATH", help="Only what this expression finds in the JSON: 'data.visits', '[].data'."
)
_OUTPUT: Final = click.option("-o", "--output", metavar="FILE", help="Write to a file instead of stdout.")


@dataclass(frozen=True, slots=True)
class Printer:
    """
    Prints results.

    Attributes:
        form: The form that was asked for, or None for the one that fits.
        query: What to look for in them, or None for all of them.
        output: A file to write to, or None for stdout.
    """

    form: Form | None = None
    query: Callable[[Any], Any] | None = None
    output: str | None = None

    @classmethod
    def of(cls, forms: Mapping[Form, bool], query: str | None, output: str | None) -> "Printer":
        """The printer that options ask for. Raises click.UsageError or InvalidInput."""
        asked = [form for form, given in forms.items() if given]
        if len(asked) > 1:
            raise click.UsageError(f"--{asked[0]} and --{asked[1]} are two forms of output; give one of them.")
        form = asked[0] if asked else None
        if query is not None and form in (Form.TABLE, Form.IDS):
            raise click.UsageError(f"--query goes with --json, --jsonl and --csv, not with --{form}.")
        return cls(form, _compiled(query), None if output == "-" else output)

    def one(self, value: Any) -> None:
        """Print one value."""
        self.document(value if self.query is None else self.query(value))

    def many(self, values: Iterable[JsonObject], view: View) -> None:
        """Print values, each as it comes where the form allows it."""
        if self.query is not None:
            self.document(self.query(list(values)))
        elif self.is_table:
            self._table(values, view)
        else:
            self._write(self._pieces(values, view.row))

    def lines(self, lines: Iterable[str]) -> None:
        """Print lines for people; on a terminal each is cut to its width."""
        people = self.output is None and is_terminal()
        self._write(f"{cut(one_line(line), width()) if people else one_line(line)}\n" for line in lines)

    def changes(self, lines: Iterable[str]) -> None:
        """Print lines that begin with - or +, for people."""
        colours = {"-": "red", "+": "green"}
        cuts = [cut(one_line(line), width()) for line in lines]
        if not cuts:
            say("no differences")
        self._write(f"{styled(line, colour=colours[line[0]])}\n" for line in cuts)

    def stream(self, values: Iterable[T], line: Callable[[T], str], value: Callable[[T], JsonObject]) -> None:
        """Print each value at once: a line for people, JSON Lines for programs."""
        people = not self.is_asked and is_terminal()
        for each in values:
            if people:
                self.lines([line(each)])
            else:
                said = value(each)
                self._write(formats.json_lines([said if self.query is None else self.query(said)]))
            sys.stdout.flush()

    @property
    def is_asked(self) -> bool:
        """True if somebody has asked for a form, or for a part."""
        return self.form is not None or self.query is not None

    @property
    def is_table(self) -> bool:
        """True if people look at it, and have not asked for another form."""
        if self.is_asked:
            return self.form is Form.TABLE
        return self.output is None and is_terminal()

    @property
    def prints_at_once(self) -> bool:
        """True if many values go to a terminal, each as it comes."""
        return self.output is None and is_terminal() and self.query is None and not self.is_table

    def document(self, value: Any) -> None:
        """Print one value, which may be a list of others."""
        if self.form in (None, Form.JSON, Form.TABLE):
            self._write([formats.json_text(value), "\n"])
        else:
            self._write(self._pieces(value if isinstance(value, list) else [value], _as_cells))

    def _pieces(self, values: Iterable[Any], row: Callable[[Any], JsonObject]) -> Iterator[str]:
        looked_at = self.output is None and is_looked_at(sys.stdout)
        shown = one_line if looked_at else str
        match self.form:
            case Form.JSONL:
                return formats.json_lines(values)
            case Form.CSV:
                return formats.csv_pieces(map(row, values), shown, _tell_formulas)
            case Form.IDS:
                return (f"{shown(value['object_id'])}\n" for value in values)
            case _:
                return formats.json_pieces(values)

    def _table(self, values: Iterable[JsonObject], view: View) -> None:
        title, *lines = table(view.columns, map(view.cells, values), width())
        if not lines:
            say(f"no {view.name}")
            return
        if self.output is None:
            title = styled(title, bold=True)
        self._write(f"{line}\n" for line in (title, *lines))

    def _write(self, pieces: Iterable[str]) -> None:
        if self.output is None:
            sys.stdout.writelines(pieces)
        else:
            from gh_store.files import write

            write(self.output, pieces)
            say(f"wrote {self.output}")


def _compiled(query: str | None) -> Callable[[Any], Any] | None:
    if query is None:
        return None
    from gh_store.collection.where import query as compiled

    return compiled(query)


def _as_cells(value: Any) -> JsonObject:
    return value if isinstance(value, dict) else {"value": value}


def _tell_formulas(count: int) -> None:
    say(f"note: {several('cell', count)} may be taken for formulas (= + - @): import them into a spreadsheet as text")


def prints_one(command: F) -> F:
    """Options of a command that prints one object; it gets a Printer as `out`."""
    return _prints(command, _ONE)


def prints_lines(command: F) -> F:
    """Options of a command that prints values as they come; it gets a Printer as `out`."""
    return _prints(command, (Form.JSONL,), output=False)


def prints_many(command: F) -> F:
    """Options of a command that prints a list of results; it gets a Printer as `out`."""
    return _prints(command, _MANY)


def prints_objects(command: F) -> F:
    """Options of a command that prints a list of objects; it gets a Printer as `out`."""
    return _prints(command, (*_MANY, Form.IDS))


def _prints(command: F, forms: Sequence[Form], *, output: bool = True) -> F:

    @wraps(command)
    def printing(*, query: str | None, output: str | None = None, **options: Any) -> Any:
        asked = {form: options.pop(f"as_{form}") for form in forms}
        return command(out=Printer.of(asked, query, output), **options)

    printed: Any = _QUERY(_OUTPUT(printing) if output else printing)
    for form in reversed(forms):
        printed = click.option(f"--{form}", f"as_{form}", is_flag=True, help=_HELP[form])(printed)
    return printed  # type: ignore[no-any-return]  # click's decorators lose the type
