"""Text that leaves the store for a terminal or the log of a workflow: nothing in it acts there."""

import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TextIO

from gh_store.cli.streams import tell
from gh_store.domain.escapes import COMMAND, one_line

__all__ = ["commands_stopped", "is_looked_at", "one_line", "quiet_json"]

# C1, line separators, and what reverses the text around it. JSON itself escapes C0.
_CONTROL_IN_JSON: Final = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def quiet_json(text: str) -> str:
    """The same JSON, in which a terminal or a runner finds nothing to act on."""
    text = _CONTROL_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return text.replace(COMMAND, r"\u0023#[")


def is_looked_at(stream: TextIO) -> bool:
    """True if a terminal or a runner reads what is written there; what goes into a file or a pipe stays as it is."""
    if stream.isatty():
        return True
    try:
        kept = stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        kept = False
    return os.environ.get("GITHUB_ACTIONS") == "true" and not kept


@contextmanager
def commands_stopped() -> Iterator[None]:
    """
    In a job of GitHub Actions, let the runner take nothing that is printed for a command.

    Said on stderr, because programs read stdout, which never begins a line with `::` anyway.
    """
    if os.environ.get("GITHUB_ACTIONS") != "true":
        yield
        return
    token = secrets.token_hex(16)
    tell(f"::stop-commands::{token}")
    try:
        yield
    finally:
        tell(f"::{token}::")
