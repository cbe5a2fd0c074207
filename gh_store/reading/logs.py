"""Lists of comments that are as long as the issue says: lists lag behind writes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gh_store.access.repository import Repository
from gh_store.domain.exceptions import BackendUnavailable
from gh_store.domain.issues import Comment
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
        counted, waited = head.issue.comments, 0.0
        seen: dict[int, float] = {}  # what was waited when a comment was first known of

        def age_of(at: int, comment: Comment) -> float:
            """By the backend's clock; if that is behind, by what was waited since, or it would hold everything up."""
            first = 0.0 if at < counted else seen.setdefault(comment.id, waited)
            since = self._since(comment.created_at)
            return since if since >= 0 else waited - first

        def rest(seconds: float) -> None:
            nonlocal waited
            if seconds > 0:
                self.repo.retry.sleep(seconds)
                waited += seconds

        if age:  # a comment moves `updated_at`: to wait now saves a list that would be too fresh
            rest(min(age, age - self._since(head.issue.updated_at)))
        for tried in range(_SHORT_LISTS):
            log = ask(head)
            ages = [age_of(log.before + at, comment) for at, comment in enumerate(log.comments)]
            fresh = min(age, age - ages[-1]) if ages and tried < _FRESH_LISTS else 0.0
            missing = log.last < expected and tried < _FRESH_LISTS
            if log.total >= head.issue.comments and fresh <= 0 and not missing:
                return head, _rested(log, age, ages)
            rest(max(self.repo.backend.lag / 2, fresh, 0.01))
            if missing or log.total < head.issue.comments:
                head = self.repo.issues.read(head.number)
        raise BackendUnavailable(
            f"The list of comments of issue {head.number} stays shorter than its count.", outcome_unknown=False
        )

    def _since(self, time: datetime) -> float:
        """Seconds since a time, by the backend's clock."""
        return (self.repo.backend.now() - time).total_seconds()


def _rested(log: Log, age: float, ages: Sequence[float]) -> Log:
    """Of an issue that never rests, what is old enough: before what is younger, more could come into sight."""
    old = tuple(comment for comment, its in zip(log.comments, ages, strict=True) if not age or its >= age)
    return log if len(old) == len(log.comments) else Log(old, log.before, more=True)
