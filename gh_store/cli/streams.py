"""Standard input, output and errors, which may be closed, full, or left by what reads them."""

import os
import sys
from contextlib import suppress
from typing import TextIO


def prepare() -> None:
    """Give each closed stream a place: its number must not go to the next file, and to use it must be an error."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is this one. What is written to a closed stdout is refused; a message is dropped.
            os.open(os.devnull, os.O_RDWR if number == 2 else os.O_RDONLY)
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  # as Python has them
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def give_up(stream: TextIO) -> None:
    """Drop what a stream still holds, so that nothing fails when Python flushes it at its end."""
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
        stream.flush()


def tell(line: str) -> None:
    """Write a line to stderr. That nobody can read it is no reason to fail."""
    try:
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
    except OSError:
        give_up(sys.stderr)
