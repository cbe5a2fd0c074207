"""From comments to decisions: which are events, which of them count, and what the fold makes of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from gh_store.domain.events import Event, Malformed, Outcome
from gh_store.domain.exceptions import (
    ConcurrentUpdateError,
    GitHubStoreError,
    InvalidUpdate,
    ObjectNotFound,
    ValueTooLarge,
)
from gh_store.domain.issues import Comment
from gh_store.domain.values import State
from gh_store.log.duplicates import Counts, Events, same_event
from gh_store.log.fold import Judge, Rejection, begin, fold

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
    judge: Judge | None = None,
) -> list[Decision]:
    """
    Decide the events after position `after`, in order.

    A pure function of the log (and of who counts), so that all who process it agree.

    Args:
        comments: Ascending. The whole log if an event in question may be a repetition (see
            `may_repeat_earlier`); else from a comment at or before `after` on.
        start: The state at `after`; None to begin with what the `initial_state` holds, or with an
            empty object (0.5 and before knew no such event).
        earlier: The log of the segments before this one, if an event could repeat one of theirs.
        counted: Which of those counted; by default as `counts` says.
        judge: Why an event may not lead to some data. What is decided is not judged again: a replay is told what was
            rejected, instead.
    """
    if not comments:
        return []
    first = len(earlier)
    events = Events((*earlier, *comments), counts, first, counted or counts)
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
            result = _decide(state, event, original, refuses(comment), judge)
            if isinstance(result, Rejection):
                outcome, error = Outcome.REJECTED, result.error
            else:
                outcome, state = Outcome.APPLIED, result
        decisions.append(Decision(comment, event, outcome, state, error))
    return decisions


def _decide(
    state: State,
    event: Event | Malformed,
    original: Event | Malformed | None,
    refused: GitHubStoreError | None,
    judge: Judge | None,
) -> State | Rejection:
    if refused is not None:
        return Rejection(refused)
    if isinstance(event, Malformed):
        return Rejection(malformed(event))
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
    return fold(state, event, judge)


def malformed(event: Malformed) -> InvalidUpdate:
    """The error that a malformed event is rejected for."""
    return InvalidUpdate(event.why, hint="Write it anew, in a new comment: an edit of this one is not read.")


_KINDS: Final[dict[str, type[GitHubStoreError]]] = {
    kind.__name__: kind for kind in (InvalidUpdate, ValueTooLarge, ConcurrentUpdateError, ObjectNotFound)
}


def rejection(name: str, message: str) -> GitHubStoreError:
    """The error that an event was rejected for, as a reply or a copy tells it."""
    error = _KINDS.get(name, InvalidUpdate)(message)
    error.rejected = True
    return error
