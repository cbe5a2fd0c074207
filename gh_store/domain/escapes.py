"""Text that leaves the store for a log, a table or an error: on one line, and nothing in it acts on a terminal."""

import re
from typing import Final

# C0, C1, line separators, and what reverses the text around it.
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
COMMAND: Final = "##["
"""A runner of GitHub Actions looks for commands behind it, wherever it stands in a line."""


def one_line(text: str) -> str:
    """Text on one line, with control characters as escapes."""
    text = _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
    return text.replace(COMMAND, r"#\x23[")
