"""Which event says again what one before it has said. Pure."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

from gh_store import wire
from gh_store.domain.events import Draft, Event, Malformed, Place
from gh_store.domain.issues import Comment
from gh_store.log.comments import read_comment

Counts = Callable[[Comment, Event | Malformed], bool]
"""True if an event counts: its author is authorised."""


def may_repeat_earlier(comments: Sequence[Comment], after: int, counts: Counts) -> bool:
    """True if an event after position `after` may repeat one that stands anywhere before it."""
    return any(_repeating(comments, after, counts))


def duplicate_horizon(
    comments: Sequence[Comment], after: int, counts: Counts, continues: Callable[[], Place | None]
) -> int | None:
    """
    Which segments before this one an event after position `after` may repeat an event of: those of a greater number.

    None if it repeats none. A copy of an event that was posted only once can repeat that, if the object went on from
    where it stood, and other copies, which stand in later segments.

    Args:
        continues: Tells what this segment goes on from.
    """

    def first(event: Event) -> int:
        place = event.forwarded
        if place is None or not event.copied_once:
            return 0
        ends = continues()
        came_later = ends is not None and ends.issue == place.issue and ends.comment < place.comment
        return place.issue if came_later else place.issue - 1

    repeating = (event for event in _repeating(comments, after, counts) if not event.initial)
    return min(map(first, repeating), default=None)


def _repeating(comments: Sequence[Comment], after: int, counts: Counts) -> Iterator[Event]:
    """The events after a position that say that they may have been posted before, and whose author counts."""
    for comment in comments:
        event = read_comment(comment) if comment.id > after else None
        # Who, before what: else one line of a stranger would cost the whole log.
        if isinstance(event, Event) and event.attempt > 1 and counts(comment, event):
            yield event


def repeats(comments: Sequence[Comment], index: int) -> bool:
    """True if a comment says again what its author said directly before: older writers repeat blindly."""
    here, before = comments[index], comments[index - 1] if index else None
    return before is not None and here.author is not None and (here.author, here.body) == (before.author, before.body)


class Events:
    """What comments say, each read once and only if somebody asks; those before `first` stand in earlier segments."""

    def __init__(self, comments: Sequence[Comment], counts: Counts, first: int, counted: Counts) -> None:
        self._comments = comments
        self._counts = counts
        self._counted = counted
        self._first = first
        self._read: dict[int, Event | Malformed | None] = {}

    def __getitem__(self, index: int) -> Event | Malformed | None:
        if index not in self._read:
            self._read[index] = read_comment(self._comments[index])
        return self._read[index]

    def creation(self) -> Event | None:
        """The first `initial_state` that counts."""
        for index, comment in enumerate(self._comments[self._first :], start=self._first):
            event = self[index]
            if isinstance(event, Event) and event.begins and self._counts(comment, event):
                return event
        return None

    def original(self, index: int) -> Event | Malformed | None:
        """The event that the one at `index` says it may repeat, or plainly repeats."""
        event = self[index]
        if isinstance(event, Event) and event.attempt > 1 and event.event_id is not None:
            for at in self._by_event_id.get(event.event_id, ()):
                before, counts = self[at], self._counts if at >= self._first else self._counted
                if at < index and before is not None and counts(self._comments[at], before):
                    return before
            return None
        return self[index - 1] if index > self._first and repeats(self._comments, index) else None

    @cached_property
    def _by_event_id(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for index in range(len(self._comments)):
            event = self[index]
            if isinstance(event, Event) and event.event_id is not None:
                found.setdefault(event.event_id, []).append(index)
        return found


def is_written(draft: Draft, event: Event) -> bool:
    """True if an event says what was to be written: nothing else was posted for it."""
    return (
        event.event_id == draft.event_id
        and event.mode is draft.mode
        and event.initial == (draft.initial_of is not None)
        and event.expected_version == draft.expected_version
        and wire.canonical(event.data) == wire.canonical(draft.data)
    )


def same_event(original: Event | Malformed, event: Event | Malformed) -> bool:
    """True if both say the same, whoever wrote them and whenever."""
    if isinstance(original, Malformed) or isinstance(event, Malformed):
        return type(original) is type(event)
    return (
        original.mode is event.mode
        and original.initial == event.initial
        and original.expected_version == event.expected_version
        and wire.canonical(original.data) == wire.canonical(event.data)
    )
