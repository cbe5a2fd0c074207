"""Replies: prose for people. Programs read the first line."""

import hashlib
import re
from typing import Final

from gh_store.domain.events import Event
from gh_store.wire.values import canonical

_REPLY = re.compile(r"\Agh-store rejected event (\d{1,18}) \((\w+)\): `([^`\n]*)`")
_SAID = re.compile(r"\n`([0-9a-f]{12})`\Z")
_MAX_WHY: Final = 500
_LIVE_CHARACTER = re.compile(r"[@#<&`\[]")
_LIVE_WORD = re.compile(r"gh-(?=\d)|://|www\.", re.IGNORECASE)


def fingerprint(event: Event) -> str:
    """What an event says, in a few characters: an edit that changes it changes them."""
    said = [event.mode, event.initial, event.expected_version, event.data]
    return hashlib.sha256(canonical(said).encode("ascii")).hexdigest()[:12]


def write_reply(position: int, error: str, message: str, hint: str, said: str | None = None) -> str:
    """
    The comment that reports a rejection. Its first line is for programs, the rest for people.

    Args:
        message: May quote hostile text: in a code span it neither links nor notifies.
        said: The fingerprint of the event, if it was well-formed.
    """
    text = (
        f"gh-store rejected event {position} ({error}): `{_quiet_line(message)}`\n\n"
        "The object was not changed. The events after this one are not affected. "
        f"{_quiet_prose(hint)}".rstrip()
    )
    return text if said is None else f"{text}\n\n`{said}`"


def write_put_back(event_id: str, why: str) -> str:
    """The comment that says why an edit of the body by hand was not kept."""
    return (
        f"gh-store put the body back (`{event_id}`): `{_quiet_line(why)}`\n\n"
        "To change the object, edit its JSON, or write a comment with the changes as JSON."
    )


def write_post_anew(position: int) -> str:
    """The comment that says what an edit comes to of a comment that was decided before."""
    return (
        f"gh-store does not read comment {position} again: `it was decided before`\n\n"
        "An edit does not change what was decided. If what the comment says now shall count, post it as a new comment."
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


def read_said(text: str) -> str | None:
    """The fingerprint in a reply of what the event said when it was rejected, or None."""
    found = _SAID.search(text)
    return found[1] if found else None
