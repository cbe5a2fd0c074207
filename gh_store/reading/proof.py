"""
The log from its beginning, proved by what was committed.

Who was authorised when an event was decided is not written anywhere. So a replay tries what is likely, and the checksum
of the title, or the digest of the seal, says when it is right. Most logs fit at once: all whose authors count today.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product

from gh_store import wire
from gh_store.access.authority import Authority
from gh_store.domain.events import Event, Place
from gh_store.domain.exceptions import GitHubStoreError, InsufficientScope
from gh_store.domain.issues import Comment
from gh_store.domain.values import State
from gh_store.issues.object_issue import ObjectIssue, Status, deleted
from gh_store.log.comments import read_comment
from gh_store.log.decide import Decision, decide
from gh_store.log.duplicates import Counts
from gh_store.log.fold import Judge
from gh_store.reading.earlier import Segment
from gh_store.reading.guesses import Guesses


@dataclass(frozen=True, slots=True)
class Replay:
    """
    What the log up to a commit yields.

    Attributes:
        decisions: One for each event, in order.
        state: The state after them.
        proved: True if this very state was committed.
    """

    decisions: tuple[Decision, ...]
    state: State
    proved: bool


@dataclass(frozen=True, slots=True)
class Commit:
    """
    A commit that a log is to yield.

    Attributes:
        watermark: The last comment that it knew.
        fits: True for the state that it committed, after these decisions.
    """

    watermark: int
    fits: Callable[[State, Sequence[Decision]], bool]


def commit_of_title(head: ObjectIssue) -> Commit:
    """The commit that the title tells."""
    at, object_id = head.checkpoint, head.object_id
    assert at is not None

    def fits(state: State, _: Sequence[Decision]) -> bool:
        same = state.version == at.version and (state.version == 1 or state.time == at.time)
        return same and object_id is not None and at.fits(object_id, state.data)

    return Commit(at.watermark, fits)


def commit_of_seal(head: ObjectIssue) -> Commit:
    """The commit that the seal tells, which names this issue."""
    assert head.seal is not None
    return Commit(head.seal.watermark, lambda state, decisions: bool(_sealed_places(head, state, decisions)))


def place_of_seal(head: ObjectIssue, replayed: Replay) -> Place | None:
    """What this issue continues by its seal, which a replay has proved: what the title says may be made up."""
    return next(iter(_sealed_places(head, replayed.state, replayed.decisions)), None)


def _sealed_places(head: ObjectIssue, state: State, decisions: Sequence[Decision]) -> list[Place | None]:
    """What this issue continues, if the seal's digest is of this state; else an empty list."""
    seal, object_id = head.seal, head.object_id
    assert seal is not None
    if object_id is None or state.version != seal.version:
        return []
    begins = (each.event.continues for each in decisions[:1] if isinstance(each.event, Event))
    # A title that has no room for it does not say what it continues, and so its seal does not.
    places = dict.fromkeys((None, head.after, *(ends.after for ends in begins if ends is not None)))
    return [
        place
        for place in places
        if seal.fits(object_id, state.version, state.time, seal.watermark, seal.comments, place, state.data)
    ]


def replay(
    head: ObjectIssue,
    commit: Commit,
    comments: Sequence[Comment],
    authority: Authority,
    earlier: Sequence[Comment] = (),
    judge: Judge | None = None,
) -> Replay | None:
    """
    Replay a log up to a commit; None if it holds no event at all.

    Args:
        judge: How events are judged today. Nothing that was decided is judged again; but of a run that was cut before
            it left its receipts, it is likely that it judged so.
    """

    def tried(counts: Counts, counted: Counts, judge: Judge | None) -> Replay | None:
        decisions = decide(
            _known(comments, commit.watermark, counts),
            counts,
            refuses=lambda comment: _refused(head, comment),
            earlier=earlier,
            counted=counted,
            judge=judge,
        )
        if not decisions:
            return None
        state = decisions[-1].state
        return Replay(tuple(decisions), state, proved=commit.fits(state, decisions))

    return _first_proved(tried, Guesses(comments, authority, head.issue.author, judge), bool(earlier))


def replay_segment(segment: Segment, authority: Authority, earlier: Sequence[Comment] = ()) -> Replay | None:
    """Replay a segment that lies behind, up to where the next one goes on; None if it holds no event at all."""

    def tried(counts: Counts, counted: Counts, judge: Judge | None) -> Replay | None:
        known = _known(segment.comments, segment.ends.after.comment, counts)
        decisions = decide(known, counts, earlier=earlier, counted=counted, judge=judge)
        if not decisions:
            return None
        state = decisions[-1].state
        same = wire.canonical(state.data) == wire.canonical(segment.state.data)
        return Replay(tuple(decisions), state, proved=same and state.version == segment.ends.version)

    return _first_proved(tried, Guesses(segment.comments, authority, None), bool(earlier))


def _first_proved(
    attempt: Callable[[Counts, Counts, Judge | None], Replay | None], guesses: Guesses, earlier: bool
) -> Replay | None:  # fmt: skip  # one line each: what it takes, what it yields
    first: Replay | None = None
    # What an event may repeat counted, too: by today's rights, or, of who has left since, by its receipt.
    known = (guesses.presumed, guesses.acknowledged) if earlier else (guesses.presumed,)
    for at, counts in enumerate(guesses):
        for judge, counted in product(guesses.judges, known):
            try:
                tried = attempt(counts, counted, judge)
            except InsufficientScope:
                continue  # a reader who may not ask tries what can be tried without
            if tried is not None and tried.proved and (at or tried.decisions[0].creates):
                return replace(tried, decisions=guesses.without_strangers(tried.decisions)) if at else tried
            if first is None or (tried is not None and tried.proved):
                first = tried
        if at and first is not None and first.proved:  # nothing more likely has a beginning
            return first
    return first


def _known(comments: Sequence[Comment], watermark: int, counts: Counts) -> list[Comment]:
    """
    What a state at a watermark includes.

    A new object's title says 0/1: its creation stands behind the watermark, and is in the state.
    """
    creation = next((comment for comment in comments if _creates(comment, counts)), None)
    return [comment for comment in comments if comment.id <= watermark or comment is creation]


def _creates(comment: Comment, counts: Counts) -> bool:
    event = read_comment(comment)
    return isinstance(event, Event) and event.begins and counts(comment, event)


def _refused(head: ObjectIssue, comment: Comment) -> GitHubStoreError | None:
    """Past a deletion events were refused whatever they say, and only their receipt tells."""
    config = head.config
    rejected = comment.reactions.get(config.reactions_rejected, 0) > 0
    processed = comment.reactions.get(config.reactions_processed, 0) > 0
    if head.status is Status.DELETED and rejected and not processed:
        return deleted(head)
    return None
