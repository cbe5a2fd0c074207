"""
What was applied to any object, in the order in which it was written.

A cursor says what was handed out already: all events up to a position, a comment id, but for some issues only up to one
of their own. These are the issues in which something waited to be processed: what is processed later lies behind the
position then, and must not be missed.
"""

import json
import re
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from gh_store.access.repository import Repository
from gh_store.collection.listing import holding, list_issues
from gh_store.domain.events import Change
from gh_store.domain.exceptions import IntegrityError, InvalidInput
from gh_store.domain.issues import Comment
from gh_store.domain.values import State
from gh_store.issues.object_issue import ObjectIssue, Status
from gh_store.log.decide import Decision
from gh_store.logger import logger
from gh_store.reading import history
from gh_store.reading.reader import Reader
from gh_store.spool import Spool

POLL: Final = 10.0
"""Seconds between two looks at GitHub: a request each."""

POLL_EMBEDDED: Final = 1.0
"""The same for an embedded store."""

_REMEMBERED: Final = 1_000
_DIGITS: Final = 20
"""Of a position in the spool, so that its lines are in the order of positions."""

_FORM: Final = re.compile(r"1(?:_[0-9]{1,15}){2}(?:_[0-9]{1,15}-[0-9]{1,15})*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cursor:
    """
    What was handed out.

    Attributes:
        time: What changed before was looked at. Seconds since the epoch; 0 if nothing was.
        position: The last comment up to which all events were handed out.
        waiting: For some issues, the last comment up to which theirs were.
    """

    time: int = 0
    position: int = 0
    waiting: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises InvalidInput for what is not the text of a cursor."""
        if not isinstance(text, str) or _FORM.fullmatch(text) is None:
            raise InvalidInput("This is not a cursor.", hint="Give the `cursor` of a change, as it was printed.")
        _, time, position, *waiting = text.split("_")
        issues = (each.split("-") for each in waiting)
        return cls(int(time), int(position), {int(issue): int(until) for issue, until in issues})

    def __str__(self) -> str:
        return "_".join(["1", str(self.time), str(self.position), *(f"{i}-{p}" for i, p in self.waiting.items())])


class Changes:
    """
    Hands out changes, batch after batch.

    Args:
        after: Where to go on; without it, from the beginning.
    """

    def __init__(self, reader: Reader, after: str | None = None) -> None:
        self._reader = reader
        self._repo = reader.repo
        self._cursor = Cursor.read(after) if after is not None else Cursor()
        self._states: dict[int, tuple[int, State]] = {}

    def until_now(self) -> Iterator[Change]:
        """What was processed before now."""
        batch = yield from self._batch()
        begun = batch.asked
        while batch.young is not None and batch.young <= begun:
            self._repo.retry.sleep(self._repo.patience)
            batch = yield from self._batch()

    def follow(self) -> Iterator[Change]:
        """The same, and what comes; it waits for that, and has no end."""
        while True:
            yield from self._batch()
            self._repo.retry.sleep(POLL if self._repo.backend.lag else POLL_EMBEDDED)

    def _batch(self) -> Generator[Change, None, "_Batch"]:
        """What was processed since the cursor."""
        position = self._cursor.position
        with Spool() as spool:
            batch = self._collected(spool)
            lines = iter(spool)
            line = next(lines, None)
            while line is not None:
                following = next(lines, None)
                position = int(line[:_DIGITS])
                object_id, event = json.loads(line[_DIGITS:])
                cursor = batch.at(position) if following is not None else batch.end(position)
                yield Change(object_id, event, str(cursor))
                line = following
        self._cursor = batch.end(position)
        return batch

    def _collected(self, spool: Spool) -> "_Batch":
        """Look at what changed since the cursor, and put its events into the spool."""
        time, heads = self._changed()
        batch = _Batch(self._cursor, time, self._repo.backend.now())
        old_enough = batch.asked - timedelta(seconds=self._repo.patience)
        for head in holding(self._reader, heads):
            floor = batch.floor(head)
            applied = self._applied(head, floor)
            decisions, until = applied if applied is not None else ((), floor)
            young: Comment | None = None
            for decision in decisions:
                if decision.comment.created_at > old_enough:
                    young, until = decision.comment, decision.comment.id - 1
                    break
                line = json.dumps([head.object_id, history.entry(decision)])
                spool.add(f"{decision.comment.id:0{_DIGITS}d}{line}")
            batch.add(head, floor, until, waits=applied is None or not head.settled, young=young)
        return batch

    def _changed(self) -> tuple[int, Iterator[ObjectIssue]]:
        """The issues that changed since the cursor, and the time from which the next look is due."""
        since = self._cursor
        if not since.time:
            listing = list_issues(self._repo, [self._repo.config.base_label])
            return int(listing.time.timestamp()), listing.heads
        # Times are whole seconds, and `since` includes the time itself.
        asked = datetime.fromtimestamp(since.time - 1, UTC)
        heads = sorted(self._repo.issues.listed(changed_since=asked), key=lambda head: head.number)
        time = max((int(head.issue.updated_at.timestamp()) for head in heads), default=since.time)
        return time, iter(heads)

    def _applied(self, head: ObjectIssue, floor: int) -> tuple[list[Decision], int] | None:
        """
        What commits applied to an object after a position, and the position up to where that is all.

        None if it cannot be told now.
        """
        if head.uncommitted or head.incomplete or head.checkpoint is None or not self._repo.authority.believes(head):
            return None
        position, state = self._states.pop(head.number, (0, None))
        # A new object's title does not tell where its first event is.
        reached = head.checkpoint.watermark or position
        found: list[Decision] | None = None
        try:
            if reached and reached <= max(floor, position):
                found = []
            elif reached and state is not None:
                found = history.applied_since(self._reader, head, state, position)
            if found is None:
                found = history.applied(self._reader, head, floor)
        except IntegrityError as error:
            logger.warning("{} {}", error, error.hint)
            return None
        reached = reached or (found[-1].comment.id if found else floor)
        self._states[head.number] = reached, head.state()
        while len(self._states) > _REMEMBERED:
            del self._states[next(iter(self._states))]
        return [each for each in found if each.comment.id > floor], reached


class _Batch:
    """
    What one look has found.

    Attributes:
        time: From when the next look is due.
        asked: When it was, by the backend's clock.
        young: The time of the first event that is kept back: one with a lower id may come into sight.
    """

    def __init__(self, since: Cursor, time: int, asked: datetime) -> None:
        self.time = time
        self.asked = asked
        self.young: datetime | None = None
        self._since = since
        self._left = dict(since.waiting)  # issues that waited, and were not looked at anew
        self._waiting: dict[int, tuple[int, int]] = {}
        self._caught_up: dict[int, tuple[int, int]] = {}

    def floor(self, head: ObjectIssue) -> int:
        """The last comment up to which the events of an object were handed out; of what it continues, too."""
        floors = [self._left.pop(issue, None) for issue in (head.number, head.after.issue if head.after else 0)]
        return min((floor for floor in floors if floor is not None), default=self._since.position)

    def add(self, head: ObjectIssue, floor: int, until: int, *, waits: bool, young: Comment | None) -> None:
        """
        The events of an object after `floor` were found up to `until`.

        Args:
            waits: Others may follow that are written already.
            young: The first of those that are kept back.
        """
        if young is not None:
            self.young = min(self.young or young.created_at, young.created_at)
            self.time = min(self.time, int(head.issue.updated_at.timestamp()))  # to look at it again
        if waits or young is not None:
            self._waiting[head.number] = floor, until
        elif floor < self._since.position:
            self._caught_up[head.number] = floor, until

    def at(self, position: int) -> Cursor:
        """The cursor in the middle, after the event at a position."""
        behind = self._caught_up if position < self._since.position else {}
        return self._cursor(self._since.time, position, {**self._waiting, **behind})

    def end(self, position: int) -> Cursor:
        """The cursor behind the last event."""
        return self._cursor(self.time, position, self._waiting)

    def _cursor(self, time: int, position: int, issues: Mapping[int, tuple[int, int]]) -> Cursor:
        until = {number: max(floor, min(until, position)) for number, (floor, until) in issues.items()}
        return Cursor(time, max(position, self._since.position), {**self._left, **until})


def now(repo: Repository) -> str:
    """The cursor of what was processed by now. One request; one more for each new object that waits to be processed."""
    heads = [head for head in repo.issues.latest()[0] if head.status is Status.ACTIVE and head.checkpoint is not None]
    newest = max((head.number for head in heads), default=0)
    reached: dict[int, int] = {}
    for head in heads:
        assert head.checkpoint is not None
        reached[head.number] = head.checkpoint.watermark
        if not head.checkpoint.watermark and (head.number == newest or not head.settled):
            first = repo.comments.first(head.number)  # a new object's title does not tell where its first event is
            reached[head.number] = first[0].id if first else 0
    waiting = {head.number: reached[head.number] for head in heads if not head.settled}
    return str(Cursor(int(repo.backend.now().timestamp()), max(reached.values(), default=0), waiting))
