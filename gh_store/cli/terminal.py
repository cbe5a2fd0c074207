"""What the user sees: JSON for programs on stdout, tables and progress bars for people on terminals."""

import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from gh_store.cli.escapes import one_line, quiet_json
from gh_store.cli.streams import tell
from gh_store.files import write

_SHOW_AFTER = 1.0
"""Seconds of work until a progress bar appears."""


def say(line: str) -> None:
    """Print a message on stderr."""
    tell(f"gh-store: {one_line(line)}")


def as_json(value: object) -> str:
    return quiet_json(json.dumps(value, indent=2, ensure_ascii=False))


def emit(value: object, output: str | None = None) -> None:
    """Print JSON, or write it to a file."""
    text = as_json(value) + "\n"
    if output is None or output == "-":
        sys.stdout.write(text)
    else:
        write(output, [text])
        say(f"wrote {output}")


def emit_array(values: Iterable[object]) -> None:
    """Print a JSON array, each element as it comes."""
    between = "[\n"
    for value in values:
        sys.stdout.write(between + as_json(value))
        between = ",\n"
    sys.stdout.write("[]\n" if between == "[\n" else "\n]\n")


def emit_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table for people."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, title=Text(one_line(title), style="table.title"), title_justify="left")
    for row in rows:
        table.add_row(*(Text(one_line(str(cell))) for cell in row))  # Text: stored values are not markup
    Console().print(table)


def is_terminal() -> bool:
    return sys.stdout.isatty()


class Progress(Protocol):
    """Called for each step."""

    def __call__(self) -> object: ...


@contextmanager
def progress(what: str) -> Iterator[Progress]:
    """A progress bar on stderr, if that is a terminal and the work takes longer than a second."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with_bar = Bar(*columns, console=Console(stderr=True), transient=True)
    task = with_bar.add_task(what, total=None)
    begun = time.monotonic()

    def step() -> None:
        if not with_bar.live.is_started and time.monotonic() - begun > _SHOW_AFTER:
            with_bar.start()
        with_bar.advance(task)

    try:
        yield step
    finally:
        with_bar.stop()
