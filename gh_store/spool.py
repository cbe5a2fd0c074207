"""Lines in order, be they more than memory holds."""

import heapq
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from typing import IO, Final, Self

_RUN: Final = 8_000_000
"""Characters that are sorted in memory at a time."""


class Spool:
    """
    Takes lines in any order, and yields them sorted. What memory should not hold goes to unnamed temporary files.

    A context manager; a line has no line end. It may be iterated again, one iteration after the other.
    """

    def __init__(self, run: int = _RUN) -> None:
        self._run = run
        self._size = 0
        self._lines: list[str] = []
        self._files: list[IO[str]] = []
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def add(self, line: str) -> None:
        self._lines.append(line + "\n")
        self._size += len(line)
        if self._size >= self._run:
            file = tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115  # the stack closes it
            self._closing.enter_context(file)
            file.writelines(sorted(self._lines))
            self._files.append(file)
            self._lines, self._size = [], 0

    def __iter__(self) -> Iterator[str]:
        for file in self._files:
            file.seek(0)
        return (line[:-1] for line in heapq.merge(sorted(self._lines), *self._files))
