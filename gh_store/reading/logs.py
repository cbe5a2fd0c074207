"""Lists of comments that are as long as the issue says: lists lag behind writes."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gh_store.access.repository import Repository
from gh_store.domain.exceptions import BackendUnavailable
from gh_store.issues.object_issue import ObjectIssue
from gh_store.log.comments import Log

_SHORT_LISTS: Final = 12
_FRESH_LISTS: Final = 4


@dataclass(frozen=True, slots=True)
class Logs:
    """Asks for the comments of an issue until they are all there."""

    repo: Repository

    def listed(
        self, head: ObjectIssue, ask: Callable[[ObjectIssue], Log], age: float = 0.0, expected: int = 0
    ) -> tuple[ObjectIssue, Log]:
        """
        Ask for a log until it is as long as the issue's count; with the head that it is as long as.

        Args:
            age: Seconds that the newest comment must be old, or older ones may still be on their way into the list.
                Waited for a few times at most, and then younger ones are left for later.
            expected: A comment that is known to be there. Waited for a few times at most: it may be deleted meanwhile.
        Raises:
            BackendUnavailable: The list stays shorter than the count.
        """
        if age:  # a comment moves `updated_at`: to wait now saves a list that would be too fresh
            self._rest(age - self._since(head.issue.updated_at))
        for tried in range(_SHORT_LISTS):
            log = ask(head)
            fresh = age - self._age(log) if tried < _FRESH_LISTS else 0.0
            missing = log.last < expected and tried < _FRESH_LISTS
            if log.total >= head.issue.comments and fresh <= 0 and not missing:
                return head, self._rested(log, age)
            self._rest(max(self.repo.backend.lag / 2, fresh, 0.01))
            if missing or log.total < head.issue.comments:
                head = self.repo.issues.read(head.number)
        raise BackendUnavailable(
            f"The list of comments of issue {head.number} stays shorter than its count.", outcome_unknown=False
        )

    def _rested(self, log: Log, age: float) -> Log:
        """Of an issue that never rests, what is old enough: before what is younger, more could come into sight."""
        old = tuple(comment for comment in log.comments if not age or self._since(comment.created_at) >= age)
        return log if len(old) == len(log.comments) else Log(old, log.before, more=True)

    def _age(self, log: Log) -> float:
        """Seconds since the newest comment was written, by the backend's clock."""
        return self._since(log.comments[-1].created_at) if log.comments else math.inf

    def _since(self, time: datetime) -> float:
        return (self.repo.backend.now() - time).total_seconds()

    def _rest(self, seconds: float) -> None:
        if seconds > 0:
            self.repo.retry.sleep(seconds)
