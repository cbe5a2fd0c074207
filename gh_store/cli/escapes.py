"""Text that leaves the store for a terminal or the log of a workflow: nothing in it acts there."""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from gh_store.cli.streams import tell

# C0, C1, line separators, and what reverses the text around it. JSON escapes only the first.
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_CONTROL_IN_JSON: Final = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_COMMAND: Final = "##["
"""A runner of GitHub Actions looks for commands behind it, wherever it stands in a line."""


def one_line(text: str) -> str:
    """Text on one line, with control characters as escapes."""
    text = _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
    return text.replace(_COMMAND, r"#\x23[")


def quiet_json(text: str) -> str:
    """The same JSON, in which a terminal or a runner finds nothing to act on."""
    text = _CONTROL_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return text.replace(_COMMAND, r"\u0023#[")


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
