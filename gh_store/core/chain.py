"""The segments before an issue: where the object was that it goes on to hold, and what was written there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from gh_store.backends.base import Comment
from gh_store.core.exceptions import ObjectNotFound
from gh_store.core.log import Counts
from gh_store.core.types import Continued, Event
from gh_store.handlers.comment import Log, read_comment


@dataclass(frozen=True, slots=True)
class Segment:
    """
    A part of an object's log that lies behind.

    Attributes:
        number: Its issue.
        all: Everything that was written there, replies and what came late included.
        ends: What the segment behind it says of its end.
        state: The event that the segment behind it begins with: the state at the end of this one.
    """

    number: int
    all: tuple[Comment, ...]
    ends: Continued
    state: Event

    @property
    def comments(self) -> tuple[Comment, ...]:
        """What was written there, as far as the object went on from it."""
        return tuple(comment for comment in self.all if comment.id <= self.ends.after.comment)


class Whole(Protocol):
    """Reads all comments of an issue."""

    def whole(self, number: int) -> Log: ...


class Chain:
    """The segments before one, the newest first; each is read when it is asked for, and once."""

    def __init__(self, log: Whole, counts: Counts, begin: Event | None) -> None:
        self._log = log
        self._counts = counts
        self.continues = begin.continues.after if begin is not None and begin.continues is not None else None
        self._next = begin
        self._read: list[Segment] = []

    def __iter__(self) -> Iterator[Segment]:
        at = 0
        while at < len(self._read) or self._more():
            yield self._read[at]
            at += 1

    def _more(self) -> bool:
        begin = self._next
        ends = begin.continues if begin is not None else None
        if begin is None or ends is None or ends.after.issue in {segment.number for segment in self._read}:
            return False
        try:
            comments = self._log.whole(ends.after.issue).comments
        except ObjectNotFound:  # deleted, or transferred: what was before it is lost with it
            comments = ()
        segment = Segment(ends.after.issue, comments, ends, begin)
        self._read.append(segment)
        self._next = first_event(segment.comments, self._counts)
        return True

    def comments(self, reach: int | None = 0, *, before: Segment | None = None) -> tuple[Comment, ...]:
        """
        What was written in the segments whose number is greater than `reach`, oldest first; nothing for None.

        Args:
            before: Only in those before this one of them.
        """
        found: list[Segment] = []
        for segment in self if reach is not None else ():
            if segment.number <= (reach or 0):
                break
            if before is None or segment.number < before.number:
                found.append(segment)
        return tuple(comment for segment in reversed(found) for comment in segment.comments)


def first_event(comments: Sequence[Comment], counts: Counts) -> Event | None:
    """The event that a segment begins with; of several, the first that counts."""
    first: Event | None = None
    for comment in comments:
        event = read_comment(comment)
        if isinstance(event, Event) and event.begins:
            if counts(comment, event):
                return event
            first = first or event
    return first  # nobody may be left who had the right to begin it
