"""
The comments of all issues, fetched as one list: a request for a hundred of them, and not one for each object.

The list is no proof. A comment that is edited meanwhile shifts the pages, one that was deleted leaves no trace, and it
lags. So what was fetched of an issue counts only if it is exactly as many as the issue says; else its log is read.
"""

import json
import tempfile
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import partial
from typing import IO, Any, Final

from gh_store.access.repository import Repository
from gh_store.domain.exceptions import BackendUnavailable, InvalidUpdate
from gh_store.domain.issues import Comment, RecentComment, User
from gh_store.issues.comments import Comments
from gh_store.log.comments import Log
from gh_store.logger import logger
from gh_store.spool import Spool

_ISSUE: Final = 20
_KEY: Final = 3 * 20
"""Digits of a line's place: issue, comment, and how many were listed before."""


class Fetched:
    """Comments by issue, in a file: memory holds two numbers for each issue."""

    def __init__(self, file: IO[str], lines: Iterator[str]) -> None:
        self._file = file
        self._issues, self._places = array("q"), array("q")
        for line in lines:
            issue = int(line[:_ISSUE])
            if not self._issues or self._issues[-1] != issue:
                self._issues.append(issue)
                self._places.append(file.tell())
            file.write(f"{line}\n")

    def of(self, number: int) -> tuple[Comment, ...]:
        """What was fetched of an issue, ascending by id."""
        at = bisect_left(self._issues, number)
        if at == len(self._issues) or self._issues[at] != number:
            return ()
        self._file.seek(self._places[at])
        found: dict[int, Comment] = {}
        for line in iter(self._file.readline, ""):
            if int(line[:_ISSUE]) != number:
                break
            comment = _read(json.loads(line[_KEY:]))
            found[comment.id] = comment  # of what was listed twice, the later: it was edited meanwhile
        return tuple(found.values())


@contextmanager
def fetched(repo: Repository, since: datetime | None = None) -> Iterator[Fetched]:
    """
    The comments of all issues, or those that were written or edited since a time, for as long as the block lasts.

    Where the list is not to be had, nothing was fetched: an old `since`, for one, may be more than the server can do.
    """
    with Spool() as spool, tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n") as file:
        listed = 0
        try:
            for each in _listed(repo, since):
                place = f"{each.issue:020d}{each.comment.id:020d}{listed:020d}"
                spool.add(f"{place}{json.dumps(_written(each.comment))}")
                listed += 1
        except (BackendUnavailable, InvalidUpdate) as error:
            logger.warning("{} The comments of each object are read by themselves.", error)
            yield Fetched(file, iter(()))
        else:
            yield Fetched(file, iter(spool))


def _listed(repo: Repository, since: datetime | None) -> Iterator[RecentComment]:
    cursor: str | None = None
    while True:
        page = repo.retry.read(partial(repo.backend.list_recent_comments, since, cursor))
        yield from page.comments
        cursor = page.next
        if cursor is None:
            return


def _written(comment: Comment) -> list[Any]:
    author = comment.author
    who = None if author is None else [author.login, author.is_bot]
    at = int(comment.created_at.timestamp())
    return [comment.id, comment.body, who, at, dict(comment.reactions), comment.edited]


def _read(line: list[Any]) -> Comment:
    comment_id, body, who, at, reactions, edited = line
    author = None if who is None else User(*who)
    return Comment(comment_id, body, author, datetime.fromtimestamp(at, UTC), reactions, edited)


@dataclass(frozen=True, slots=True)
class KnownComments(Comments):
    """
    The comments of issues, where many were fetched before.

    Attributes:
        known: What was fetched. It answers if it is exactly as many as the issue counts; else the backend is asked.
    """

    known: Fetched

    @classmethod
    def over(cls, comments: Comments, known: Fetched) -> "KnownComments":
        """The same comments, those that are known unasked."""
        return cls(**{field.name: getattr(comments, field.name) for field in fields(Comments)}, known=known)

    def since(self, number: int, watermark: int, count: int) -> Log:
        found = self.known.of(number) if count else ()
        if count and len(found) == count:
            return Log(found, 0)
        return Comments.since(self, number, watermark, count)
