"""The segments before an issue: where the object was that it goes on to hold, and what was written there."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from gh_store.domain.events import Continued, Event, Place
from gh_store.domain.exceptions import ObjectNotFound
from gh_store.domain.issues import Comment, User
from gh_store.domain.values import Mode
from gh_store.issues.comments import Comments
from gh_store.issues.object_issue import ObjectIssue
from gh_store.log.comments import read_comment
from gh_store.log.duplicates import Counts, duplicate_horizon


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
        """
        What was written there, as far as the object went on from it.

        An object that nothing was committed of but its creation went on from comment 0, and with what it began with.
        """
        end = self.ends.after.comment
        return tuple(comment for comment in self.all if comment.id <= end or (end == 0 and _begins(comment)))


@dataclass(frozen=True, slots=True)
class Opener:
    """Who opened an issue; None for an account that was deleted since, as of its comments."""

    user: User | None


class EarlierSegments:
    """
    The segments before one, the newest first; each is read when it is asked for, and once.

    Args:
        here: What was written in the issue of the newest segment, if that was read from its beginning.
        head: That issue. Where it is `believed`, its title tells what it continues: who wrote the event that it begins
            with may have edited that since.
    """

    def __init__(
        self, comments: Comments, counts: Counts, here: Sequence[Comment], head: ObjectIssue, *, believed: bool
    ) -> None:
        self._comments = comments
        self._counts = counts
        self._here = here
        self._head = head
        self._believed = believed and head.tells_after and not head.uncommitted
        self._read: list[Segment] = []

    @cached_property
    def begin(self) -> Event | None:
        """The event that this issue begins with, where its log was read from the beginning."""
        return first_event(self._here, self._counts, Opener(self._head.issue.author))

    @cached_property
    def _first(self) -> Event | None:
        """The event that tells what this issue continues: the one it begins with, if that agrees; or one made up."""
        begin, after = self.begin, self._head.after
        told = begin.continues.after if begin is not None and begin.continues is not None else None
        if not self._believed or after == told:
            return begin
        if after is None:
            return None
        time = self._head.issue.created_at
        return Event(0, time, Mode.APPEND, {}, 2, initial=True, continues=Continued(after, 0, 1, time))

    def __iter__(self) -> Iterator[Segment]:
        at = 0
        while at < len(self._read) or self._more():
            yield self._read[at]
            at += 1

    def _more(self) -> bool:
        begin = first_event(self._read[-1].comments, self._counts) if self._read else self._first
        number = self._read[-1].number if self._read else self._head.number
        ends = begin.continues if begin is not None else None
        if begin is None or ends is None or ends.after.issue >= number:
            return False
        try:
            comments = self._comments.whole(ends.after.issue, ends.comments).comments
        except ObjectNotFound:  # deleted, or transferred: what was before it is lost with it
            comments = ()
        self._read.append(Segment(ends.after.issue, comments, ends, begin))
        return True

    def within_reach(
        self, comments: Sequence[Comment], counts: Counts, after: int = 0, *, before: Segment | None = None
    ) -> tuple[Comment, ...]:
        """
        What was written in earlier segments, oldest first, as far as an event after a position could repeat it.

        Args:
            counts: Which of the comments count: nothing is read for the sake of others.
            before: The segment that the comments are of, if it lies behind itself.
        """
        horizon = duplicate_horizon(comments, after, counts, self._continues if before is None else lambda: None)
        found: list[Segment] = []
        for segment in self if horizon is not None else ():
            if segment.number <= (horizon or 0):
                break
            if before is None or segment.number < before.number:
                found.append(segment)
        return tuple(comment for segment in reversed(found) for comment in segment.comments)

    def _continues(self) -> Place | None:
        ends = self._first.continues if self._first is not None else None
        return ends.after if ends is not None else None


def _begins(comment: Comment) -> bool:
    event = read_comment(comment)
    return isinstance(event, Event) and event.begins


def first_event(comments: Iterable[Comment], counts: Counts, opener: Opener | None = None) -> Event | None:
    """
    The event that an object or a segment begins with; of several, the first that counts.

    Nobody may be left who had the right to begin it: then the first by the issue's author, or, where that is not
    known, the first at all.
    """
    fallback: Event | None = None
    for comment in comments:
        event = read_comment(comment)
        if isinstance(event, Event) and event.begins:
            if counts(comment, event):
                return event
            if opener is None or comment.author == opener.user:
                fallback = fallback or event
    return fallback
