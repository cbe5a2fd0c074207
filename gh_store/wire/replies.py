"""Replies: prose for people, whose first line programs read."""

import re
from typing import Final

_REPLY = re.compile(r"\Agh-store rejected event (\d{1,18}) \((\w+)\): `([^`\n]*)`")
_MAX_WHY: Final = 500


def write_reply(position: int, error: str, message: str, hint: str) -> str:
    """
    The comment that tells a rejection. Its first line is for programs, the rest for people.

    `message` may quote hostile text: in a code span it neither links nor notifies.
    """
    return (
        f"gh-store rejected event {position} ({error}): `{_quiet_line(message)}`\n\n"
        "The object stays as it was, and the events behind this one are not held up. "
        f"{hint.replace('`', '')}".rstrip()
    )


def write_put_back(event_id: str, why: str) -> str:
    """The comment that tells why a hand edit of the body was not kept."""
    return (
        f"gh-store put the body back (`{event_id}`): `{_quiet_line(why)}`\n\n"
        "To change the object, edit its JSON, or write a comment that holds the changes as JSON."
    )


def _quiet_line(text: str) -> str:
    """One line that stays inside a code span, however hostile what it quotes."""
    return " ".join(text.split()).replace("`", "'")[:_MAX_WHY]


def read_reply(text: str) -> tuple[int, str, str] | None:
    """Position, error name and message of a reply, or None if the comment is something else."""
    found = _REPLY.match(text)
    return (int(found[1]), found[2], found[3]) if found else None
