"""Replies: prose for people. Programs read the first line."""

import re
from typing import Final

_REPLY = re.compile(r"\Agh-store rejected event (\d{1,18}) \((\w+)\): `([^`\n]*)`")
_MAX_WHY: Final = 500
_LIVE_CHARACTER = re.compile(r"[@#<&`\[]")
_LIVE_WORD = re.compile(r"gh-(?=\d)|://|www\.", re.IGNORECASE)


def write_reply(position: int, error: str, message: str, hint: str) -> str:
    """
    The comment that reports a rejection. Its first line is for programs, the rest for people.

    `message` may quote hostile text: in a code span it neither links nor notifies.
    """
    return (
        f"gh-store rejected event {position} ({error}): `{_quiet_line(message)}`\n\n"
        "The object was not changed. The events after this one are not affected. "
        f"{_quiet_prose(hint)}".rstrip()
    )


def write_put_back(event_id: str, why: str) -> str:
    """The comment that says why an edit of the body by hand was not kept."""
    return (
        f"gh-store put the body back (`{event_id}`): `{_quiet_line(why)}`\n\n"
        "To change the object, edit its JSON, or write a comment with the changes as JSON."
    )


def _quiet_line(text: str) -> str:
    """One line that stays inside a code span, however hostile the text is."""
    return " ".join(text.split()).replace("`", "'")[:_MAX_WHY]


def _quiet_prose(text: str) -> str:
    """Text outside of code spans, without what GitHub or Markdown turns into mentions, references and links."""
    return _LIVE_WORD.sub(" ", _LIVE_CHARACTER.sub("", text))


def read_reply(text: str) -> tuple[int, str, str] | None:
    """Position, error name and message of a reply, or None for any other comment."""
    found = _REPLY.match(text)
    return (int(found[1]), found[2], found[3]) if found else None
