"""The log from its beginning, proved by the title's check."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

from gh_store import wire
from gh_store.access.receipts import Receipts
from gh_store.access.rights import Access
from gh_store.domain.events import Event, Malformed, Outcome
from gh_store.domain.exceptions import GitHubStoreError, InsufficientScope
from gh_store.domain.issues import Comment
from gh_store.domain.values import State
from gh_store.issues.object_issue import ObjectIssue, Status, deleted
from gh_store.log.comments import read_comment
from gh_store.log.decide import Decision, decide
from gh_store.log.duplicates import Counts
from gh_store.reading.chain import Segment

_FEW: Final = 6


@dataclass(frozen=True, slots=True)
class Replay:
    """
    What the log up to the watermark yields.

    Attributes:
        decisions: One for each event, in order.
        state: The state at the watermark.
        proved: True if the title's check is of this very state.
    """

    decisions: tuple[Decision, ...]
    state: State
    proved: bool


def replay(
    head: ObjectIssue, comments: Sequence[Comment], access: Access, receipts: Receipts, earlier: Sequence[Comment] = ()
) -> Replay | None:
    """Replay a log up to the watermark of a head with a checkpoint; None if it holds no event at all."""
    counted = _probably(access, receipts)
    return _first_proved(lambda counts: _replay(head, comments, counts, earlier, counted), comments, access, receipts)


def replay_segment(
    segment: Segment, access: Access, receipts: Receipts, earlier: Sequence[Comment] = ()
) -> Replay | None:
    """Replay a segment that lies behind, up to where the next one goes on; None if it holds no event at all."""

    def tried(counts: Counts) -> Replay | None:
        decisions = decide(segment.comments, counts, earlier=earlier, counted=_probably(access, receipts))
        if not decisions:
            return None
        state = decisions[-1].state
        same = wire.canonical(state.data) == wire.canonical(segment.state.data)
        return Replay(tuple(decisions), state, proved=same and state.version == segment.ends.version)

    return _first_proved(tried, segment.comments, access, receipts)


def _first_proved(
    attempt: Callable[[Counts], Replay | None], comments: Sequence[Comment], access: Access, receipts: Receipts
) -> Replay | None:
    """
    Who was authorised when an event was decided is not written anywhere. So this tries what is
    likely, and the check says when it is right. Most logs fit at once, without a request.
    """
    first: Replay | None = None
    for counts in _guesses(comments, access, receipts):
        try:
            tried = attempt(counts)
        except InsufficientScope:
            continue  # a reader who may not ask tries what can be tried without
        if tried is not None and tried.proved:
            return _without_strangers(tried, access, receipts)
        first = first or tried
    return first


def _without_strangers(tried: Replay, access: Access, receipts: Receipts) -> Replay:
    """
    The replay without what only a reaction let in, which could be a stranger's own.

    The check proves what was applied. Of what changed nothing it says nothing, so there reactors are asked for.
    """

    def counts(decision: Decision) -> bool:
        comment = decision.comment
        return (
            decision.outcome is Outcome.APPLIED
            or access.counts(comment.author, full=decision.event.full)
            or receipts.decided(comment)
        )

    try:
        return replace(tried, decisions=tuple(filter(counts, tried.decisions)))
    except InsufficientScope:  # who may not ask sees what the reactions say
        return tried


def _guesses(comments: Sequence[Comment], access: Access, receipts: Receipts) -> Iterator[Counts]:
    """
    Whose events may have counted, the likeliest first and those that cost requests last.

    A run that was cut leaves no receipts behind some comment. What was written by somebody who had no right then and
    has it now has no receipt either, but stands before others that have.
    """

    def authorised(comment: Comment, event: Event | Malformed) -> bool:
        return access.counts(comment.author, full=event.full)

    def by_receipts(decided: Callable[[int], bool], *, last: int) -> Counts:
        return lambda comment, event: decided(comment.id) or (comment.id > last and authorised(comment, event))

    shown = [comment.id for comment in comments if receipts.shows(comment)]
    yield _probably(access, receipts)
    yield by_receipts(frozenset(shown).__contains__, last=max(shown, default=0))
    yield lambda comment, event: authorised(comment, event) or receipts.decided(comment)
    for decided in _by_who_may_have_left(comments, access, receipts):
        yield by_receipts(decided.__contains__, last=max(decided, default=0))
        yield by_receipts(decided.__contains__, last=0)
        yield lambda comment, event, decided=decided: _is_initial(event) or comment.id in decided  # type: ignore[misc]  # mypy cannot infer a default's type
    yield lambda comment, event: receipts.shows(comment)
    yield lambda comment, event: True


def _probably(access: Access, receipts: Receipts) -> Counts:
    return lambda comment, event: receipts.shows(comment) or access.counts(comment.author, full=event.full)


def _by_who_may_have_left(comments: Sequence[Comment], access: Access, receipts: Receipts) -> Iterator[frozenset[int]]:
    """
    The comments that were decided, if some of those who reacted were processors that may not write any more.

    Strangers react, too. So each way to tell the ones from the others is tried, if they are few: the check proves one.
    """
    left = {comment.id: receipts.by_whom(comment) for comment in comments if receipts.shows(comment)}
    doubtful = sorted({user for users in left.values() for user in users if not access.trusts(user)}, key=str)
    for many in range(len(doubtful) + 1 if len(doubtful) <= _FEW else 1):
        for believed in map(frozenset, combinations(doubtful, many)):
            yield frozenset(at for at, users in left.items() if any(u in believed or access.trusts(u) for u in users))


def _is_initial(event: Event | Malformed) -> bool:
    return isinstance(event, Event) and event.begins


def _replay(
    head: ObjectIssue, comments: Sequence[Comment], counts: Counts, earlier: Sequence[Comment], counted: Counts
) -> Replay | None:
    checkpoint = head.checkpoint
    assert checkpoint is not None
    # A new object's title says 0/1: its creation stands behind the watermark, and is in the state.
    creation = next((comment for comment in comments if _creates(comment, counts)), None)
    known = [comment for comment in comments if comment.id <= checkpoint.watermark or comment is creation]
    decisions = decide(known, counts, refuses=lambda comment: _refused(head, comment), earlier=earlier, counted=counted)
    if not decisions:
        return None
    state = decisions[-1].state
    proved = (
        head.object_id is not None
        and state.version == checkpoint.version
        and (state.version == 1 or state.time == checkpoint.time)
        and checkpoint.fits(head.object_id, state.data)
    )
    return Replay(tuple(decisions), state, proved)


def _creates(comment: Comment, counts: Counts) -> bool:
    event = read_comment(comment)
    return event is not None and _is_initial(event) and counts(comment, event)


def _refused(head: ObjectIssue, comment: Comment) -> GitHubStoreError | None:
    """Past a deletion events were refused whatever they say, and only their receipt tells."""
    config = head.config
    rejected = comment.reactions.get(config.reactions_rejected, 0) > 0
    processed = comment.reactions.get(config.reactions_processed, 0) > 0
    if head.status is Status.DELETED and rejected and not processed:
        return deleted(head)
    return None
