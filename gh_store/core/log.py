"""From comments to decisions: which are events, which of them count, and what the fold makes of each."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from gh_store.backends.base import Comment
from gh_store.core import wire
from gh_store.core.exceptions import (
    ConcurrentUpdateError,
    GitHubStoreError,
    InvalidUpdate,
    ObjectNotFound,
    ValueTooLarge,
)
from gh_store.core.fold import Rejection, begin, fold
from gh_store.core.types import Event, Malformed, Outcome, Place, State
from gh_store.handlers.comment import read_comment

Counts = Callable[[Comment, Event | Malformed], bool]
"""True if an event counts: its author is authorised, or was when it was decided."""

Refuses = Callable[[Comment], GitHubStoreError | None]
"""Why an event is refused whatever it says, or None."""


@dataclass(frozen=True, slots=True)
class Decision:
    """
    What became of one event.

    Attributes:
        comment: Where it stands.
        event: What it says.
        outcome: Applied, rejected, or a duplicate of one before.
        state: The state after it.
        error: Why it was rejected.
    """

    comment: Comment
    event: Event | Malformed
    outcome: Outcome
    state: State
    error: GitHubStoreError | None = None

    @property
    def creates(self) -> bool:
        """True for the event that the object begins with."""
        return isinstance(self.event, Event) and self.event.initial and self.outcome is Outcome.APPLIED


def decide(
    comments: Sequence[Comment],
    counts: Counts,
    *,
    start: State | None = None,
    after: int = 0,
    refuses: Refuses = lambda comment: None,
    earlier: Sequence[Comment] = (),
    counted: Counts | None = None,
) -> list[Decision]:
    """
    Decide the events after position `after`, in order.

    A pure function of the log (and of who counts), so that all who process it agree.

    Args:
        comments: Ascending. The whole log if an event in question may be a repetition (see
            `needs_whole`); else from a comment at or before `after` on.
        start: The state at `after`; None to begin with what the `initial_state` holds, or with an
            empty object (0.5 and before knew no such event).
        earlier: The log of the segments before this one, if an event could repeat one of theirs.
        counted: Which of those counted; by default as `counts` says.
    """
    if not comments:
        return []
    first = len(earlier)
    events = _Events((*earlier, *comments), counts, first, counted or counts)
    creation = events.creation() if after == 0 else None
    if start is None:
        start = begin(creation) if creation else State(1, comments[0].created_at, {}, 2)
    state = start
    decisions: list[Decision] = []
    for index, comment in enumerate(comments, start=first):
        event = events[index] if comment.id > after else None
        if event is None or not counts(comment, event):
            continue
        original = events.original(index)
        error: GitHubStoreError | None = None
        if creation is not None and event.position == creation.position:
            outcome = Outcome.APPLIED  # it is what `start` holds
        elif original is not None and same_event(original, event):
            outcome = Outcome.DUPLICATE
        else:
            result = _decide(state, event, original, refuses(comment))
            if isinstance(result, Rejection):
                outcome, error = Outcome.REJECTED, result.error
            else:
                outcome, state = Outcome.APPLIED, result
        decisions.append(Decision(comment, event, outcome, state, error))
    return decisions


def needs_whole(comments: Sequence[Comment], after: int) -> bool:
    """True if an event after position `after` may repeat one that stands anywhere before it."""
    return any(event.attempt > 1 for event in _events_after(comments, after))


def reach(comments: Sequence[Comment], after: int, continues: Callable[[], Place | None]) -> int | None:
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

    repeating = (event for event in _events_after(comments, after) if event.attempt > 1 and not event.initial)
    return min(map(first, repeating), default=None)


def _events_after(comments: Sequence[Comment], after: int) -> Iterator[Event]:
    events = (read_comment(comment) for comment in comments if comment.id > after)
    return (event for event in events if isinstance(event, Event))


def _decide(
    state: State, event: Event | Malformed, original: Event | Malformed | None, refused: GitHubStoreError | None
) -> State | Rejection:
    if refused is not None:
        return Rejection(refused)
    if isinstance(event, Malformed):
        return Rejection(InvalidUpdate(event.why))
    if event.refused is not None:
        return Rejection(rejection(*event.refused))
    if original is not None:
        return Rejection(
            InvalidUpdate(
                f"Its event_id was used for another event, comment {original.position}.",
                hint="Give every update an event_id of its own.",
            )
        )
    if event.initial:
        return Rejection(InvalidUpdate("The object has its initial state already."))
    return fold(state, event)


_KINDS: Final[dict[str, type[GitHubStoreError]]] = {
    kind.__name__: kind for kind in (InvalidUpdate, ValueTooLarge, ConcurrentUpdateError, ObjectNotFound)
}


def rejection(name: str, message: str) -> GitHubStoreError:
    """The error that an event was rejected for, as a reply or a copy tells it."""
    error = _KINDS.get(name, InvalidUpdate)(message)
    error.rejected = True
    return error


def repeats(comments: Sequence[Comment], index: int) -> bool:
    """True if a comment says again what its author said directly before: older writers repeat blindly."""
    here, before = comments[index], comments[index - 1] if index else None
    return before is not None and here.author is not None and (here.author, here.body) == (before.author, before.body)


class _Events:
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
