"""CODEOWNERS: whose a path is, as GitHub's page "About code owners" has it (docs.github.com)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final, TypeVar

from gh_store.logger import logger

P = TypeVar("P")
T = TypeVar("T")

PLACES: Final = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where GitHub looks, in this order; the first file there counts, and no other."""

_LARGEST: Final = 3_000_000  # bytes; GitHub loads no file over 3 MB
_TOLD: Final = 10
"""Lines that are skipped, of which each is told."""

_WORD: Final = re.compile(r"(?:\\.?|[^ \t\\])+")  # a backslash keeps the space after it
_OWNER: Final = re.compile(r"@[\w-]+(?:/[\w.-]+)?|[^@]+@[^@]+", re.ASCII)
_TOKEN: Final = re.compile(r"\\.|.", re.DOTALL)
_SOME_FOLDERS: Final = ["*", "*"]


@dataclass(frozen=True, slots=True)
class Owners:
    """
    Whose a path is, in lower case.

    Attributes:
        users: Logins.
        teams: `organization/slug`.
    """

    users: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()


def owners_of(path: str, text: str) -> Owners:
    """
    The owners of a path by the text of a CODEOWNERS file: those of the last line that matches, if it names any.

    A line that GitHub does not accept is skipped with a warning. Owners told by e-mail are left out: nothing tells
    whose address it is.

    Args:
        path: A file; or, with a slash at its end, a folder: a file of any name that stands right in it.
    """
    if len(text.encode("utf-8", "surrogatepass")) > _LARGEST:
        logger.warning("CODEOWNERS is larger than 3 MB, so GitHub does not use it, and nobody owns {}.", path)
        return Owners()
    names = path.lstrip("/").split("/")
    found, skipped = Owners(), 0
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        words = list(takewhile(lambda word: not word.startswith("#"), _WORD.findall(line.rstrip("\r"))))
        if not words:
            continue
        pattern, *owners = words
        fault = _fault(pattern, owners)
        if fault is not None:
            skipped += 1
            if skipped <= _TOLD:
                logger.warning("CODEOWNERS, line {} is skipped: GitHub does not accept {:.100}.", number, fault)
        elif fits(_segments(pattern), names, _SOME_FOLDERS, _name_fits):
            logins = frozenset(owner[1:].lower() for owner in owners if owner.startswith("@"))
            teams = frozenset(login for login in logins if "/" in login)
            found = Owners(logins - teams, teams)
    if skipped > _TOLD:
        logger.warning("CODEOWNERS: {} more lines are skipped.", skipped - _TOLD)
    return found


def _fault(pattern: str, owners: Sequence[str]) -> str | None:
    """What GitHub does not accept about a line, or None."""
    if pattern.startswith(("!", "\\#")) or any(part in pattern for part in ("[", "]", "***")) or not pattern.strip("/"):
        return f"the pattern {pattern!r}"
    return next((f"the owner {owner!r}" for owner in owners if not _OWNER.fullmatch(owner)), None)


def _segments(pattern: str) -> list[list[str]]:
    """What stands between the slashes of a pattern, in tokens, as if it began at the root and led to a file."""
    names = pattern.split("/")
    if names[1:] in ([], [""]):  # a single name may stand anywhere
        names.insert(0, "**")
    elif not names[0]:  # what begins with a slash
        del names[0]
    if names[-1] in ("", "**"):  # all that is in a folder
        names[-1:] = ["**", "*"]
    elif names[-1] != "*":  # a file, or all that is in a folder of this name
        names.append("**")
    return [_TOKEN.findall(name) for name in names]


def _name_fits(tokens: Sequence[str], name: str) -> bool:
    return fits(tokens, name, "*", lambda token, character: token == "?" or token[-1] == character)  # noqa: S105  # no password


def fits(pattern: Sequence[P], text: Sequence[T], some: P, same: Callable[[P, T], bool]) -> bool:
    """
    True if a pattern in which `some` stands for any number of elements is like a text.

    Only the last `some` is ever tried with another length, so `same` is asked len(text) squared times at most.
    """
    at = here = 0
    again: tuple[int, int] | None = None
    while here < len(text):
        if at < len(pattern) and pattern[at] == some:
            at += 1
            again = at, here
        elif at < len(pattern) and same(pattern[at], text[here]):
            at, here = at + 1, here + 1
        elif again is not None:
            again = at, here = again[0], again[1] + 1
        else:
            return False
    return all(each == some for each in pattern[at:])
