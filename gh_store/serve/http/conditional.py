"""Conditional requests (RFC 9110): which validators a header lists, and what follows from them. Pure."""

import re
from typing import Final

from gh_store.serve.http.message import Problem
from gh_store.serve.model import version_of

_TAG: Final = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')
ANY: Final = "*"


def tags_in(header: str, *, strong: bool = False) -> list[str]:
    """The validators in a header, without what marks them as weak; only strong ones if that is asked for."""
    return [tag for weak, tag in _TAG.findall(header) if not (strong and weak)]


def is_known(header: str | None, etag: str) -> bool:
    """True if a reader that sent this If-None-Match has what the validator stands for."""
    if header is None:
        return False
    return header == etag or header.strip() == ANY or etag.removeprefix("W/") in tags_in(header)


def creates_only(if_none_match: str | None, *, changes: bool = False) -> bool:
    """
    True if a write must create the object.

    Args:
        changes: True for a write that is only for an object that is there.
    Raises:
        Problem: If-None-Match says what it cannot say of a write, or what does not hold.
    """
    if if_none_match is None:
        return False
    if if_none_match.strip() != ANY:
        raise Problem(
            400, "InvalidInput", "On writes If-None-Match takes * alone.", "Use If-Match to name the version you know."
        )
    if changes:
        raise unmet("What is not there cannot be changed.")
    return True


def expected_versions(if_match: str | None) -> list[int] | None:
    """
    The versions that a write is meant for; None if any will do, also where it says `*`.

    Validators of something else mean a version that no object has: the list may be empty.
    """
    if if_match is None or if_match.strip() == ANY:
        return None
    versions = map(version_of, tags_in(if_match, strong=True))
    return [version for version in versions if version is not None]


def unmet(message: str) -> Problem:
    """A condition does not hold."""
    return Problem(
        412, "PreconditionFailed", message, "GET it again, and repeat the request with its new ETag in If-Match."
    )
