"""Messages and progress bars on stderr, and what is known of the terminal."""

import os
import re
import shutil
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

from gh_store.cli.escapes import one_line
from gh_store.cli.streams import tell

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

PREFIX: Final = "gh-store: "

_SHOW_AFTER = 1.0
"""Seconds of work until a progress bar appears."""


def say(line: str) -> None:
    """Print a message on stderr."""
    tell(f"{PREFIX}{one_line(line)}")


def is_terminal() -> bool:
    """True if people read stdout."""
    return sys.stdout.isatty()


def styled(text: str, *, bold: bool = False, colour: str | None = None) -> str:
    """Text for stdout, bold or in a colour where that shows, and is wanted."""
    if not is_terminal() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return click.style(text, bold=bold or None, fg=colour)


def folded(line: str, indent: str) -> str:
    """A line for stdout; on a terminal, as several lines that fit, all but the first indented. Commands stay whole."""
    if not is_terminal():
        return line
    line = re.sub("`[^`]*`", lambda found: found[0].replace(" ", "\0"), line)
    lines = textwrap.wrap(line, width(), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines).replace("\0", " ")


def width() -> int:
    """How many columns a line has; COLUMNS says so where there is no terminal."""
    return shutil.get_terminal_size().columns


class Step:
    """Called for each object that was looked at; a bar on stderr shows it, if that is a terminal, after a second."""

    def __init__(self, what: str, announce: Callable[[int], object], *, alone: bool = True) -> None:
        self._what = what
        self._announce = announce
        self._shown = alone and sys.stderr.isatty()
        self._bar: Bar | None = None
        self._begun = time.monotonic()
        self._done = 0
        self._total: int | None = None

    def __call__(self) -> None:
        self._done += 1
        if self._bar is None and self._shown and time.monotonic() - self._begun > _SHOW_AFTER:
            self._bar = bar()
            self._bar.add_task(self._what, total=self._total)
            self._bar.start()
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=self._done)

    def expect(self, objects: int) -> None:
        """Say what is ahead, before it begins."""
        self._total = objects
        self._announce(objects)

    def stop(self) -> None:
        """Take the bar away, for good."""
        self._shown = False
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def bar() -> "Bar":
    """A progress bar on stderr."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.table import Column

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),  # the one column that gives way where there is no room
        MofNCompleteColumn(table_column=Column(no_wrap=True)),
        TimeElapsedColumn(table_column=Column(no_wrap=True)),
        TextColumn("left:"),
        TimeRemainingColumn(table_column=Column(no_wrap=True)),
        console=Console(stderr=True),
        transient=True,
    )


@contextmanager
def progress(
    what: str, announce: Callable[[int], object] = lambda objects: None, *, alone: bool = True
) -> Iterator[Step]:
    """
    A progress bar, with a total and the time that remains where the number of objects is known.

    Args:
        announce: Told that number before the work begins.
        alone: False where results go to the terminal meanwhile: there is no bar then.
    """
    step = Step(what, announce, alone=alone)
    try:
        yield step
    finally:
        step.stop()
