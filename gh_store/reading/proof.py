"""
The log from its beginning, proved by what was committed.

Who was authorised when an event was decided is not written anywhere. So a replay tries what is likely, and the checksum
of the title, or the digest of the seal, says when it is right. Most logs fit at once: all whose authors count today.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations, islice, product
from typing import Final

from gh_store import wire
from gh_store.access.authority import Authority
from gh_store.access.receipts import Receipts
from gh_store.domain.events import Event, Malformed, Outcome, Place
from gh_store.domain.exceptions import GitHubStoreError, InsufficientScope
from gh_store.domain.issues import Comment, User
from gh_store.domain.values import State
from gh_store.issues.object_issue import ObjectIssue, Status, deleted
from gh_store.log.comments import read_comment
from gh_store.log.decide import Decision, decide
from gh_store.log.duplicates import Counts
from gh_store.log.fold import Judge
from gh_store.reading.earlier import Segment
from gh_store.reading.judges import Judges

_FEW: Final = 6
_MANY: Final = 64
"""Tries that cost a fold each, and no request."""


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

    return _first_proved(tried, _Tries(comments, authority, head.issue.author, judge), bool(earlier))


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

    return _first_proved(tried, _Tries(segment.comments, authority, None), bool(earlier))


def _first_proved(
    attempt: Callable[[Counts, Counts, Judge | None], Replay | None], tries: "_Tries", earlier: bool
) -> Replay | None:  # fmt: skip  # one line each: what it takes, what it yields
    first: Replay | None = None
    # What an event may repeat counted, too: by today's rights, or, of who has left since, by its receipt.
    known = (tries.presumed, tries.acknowledged) if earlier else (tries.presumed,)
    for at, counts in enumerate(tries):
        for judge, counted in product(tries.judges, known):
            try:
                tried = attempt(counts, counted, judge)
            except InsufficientScope:
                continue  # a reader who may not ask tries what can be tried without
            if tried is not None and tried.proved and (at or tried.decisions[0].creates):
                return tries.without_strangers(tried) if at else tried
            if first is None or (tried is not None and tried.proved):
                first = tried
        if at and first is not None and first.proved:  # nothing more likely has a beginning
            return first
    return first


class _Tries:
    """
    Whose events may have counted, the likeliest first and those that cost requests last.

    A run that was cut leaves no receipts behind some comment. What was written by somebody who had no right then and
    has it now has no receipt either, but stands before others that have.
    """

    def __init__(
        self, comments: Sequence[Comment], authority: Authority, author: User | None, judge: Judge | None = None
    ) -> None:
        self._comments = comments
        self._authority = authority
        self._author = author
        self.judges = Judges(comments, authority, judge)
        self._asked: dict[int, frozenset[User]] | None = None

    @property
    def _receipts(self) -> Receipts:
        return self._authority.receipts

    def presumed(self, comment: Comment, event: Event | Malformed) -> bool:
        """True if an event of an earlier segment counts now."""
        return self._authority.is_presumed(comment, event)

    def acknowledged(self, comment: Comment, event: Event | Malformed) -> bool:
        """True if it counts now, or has what could be a receipt."""
        return self._receipts.shows(comment) or self.presumed(comment, event)

    def __iter__(self) -> Iterator[Counts]:
        """Each without what was passed over: before anybody's right is asked for."""
        return map(self._decided_by, self._guesses())

    def _decided_by(self, counts: Counts) -> Counts:
        return lambda comment, event: not self._receipts.passed_over(comment, event) and counts(comment, event)

    def _event(self, comment: Comment) -> Event | Malformed | None:
        event = read_comment(comment)
        return None if event is not None and self._receipts.passed_over(comment, event) else event

    def _guesses(self) -> Iterator[Counts]:
        shown = frozenset(comment.id for comment in self._comments if self._receipts.shows(comment))
        yield self._authority.is_authorised
        yield from self._before_edits()
        yield self._either(shown)
        yield self._by_receipts(shown, last=max(shown, default=0))
        yield from self._until_they_left(shown)
        for decided in self._decided():
            yield self._either(decided)
            yield self._by_receipts(decided, last=max(decided, default=0))
            yield self._by_receipts(decided, last=0)
        yield lambda comment, event: self._begins(comment, event) or comment.id in shown
        yield lambda comment, event: True

    def _before_edits(self) -> Iterator[Counts]:
        """
        What was decided, and not applied, became another event by an edit: all that may be so, or one of them.

        A run that was cut before it left a receipt has applied what was edited in time.
        """
        edited = [each.id for each in self._comments if each.edited and not self._receipts.shows_applied(each)]
        for ids in (edited, *([each] for each in edited[-_FEW:] if len(edited) > 1)):
            if ids:
                yield self._without(frozenset(ids))

    def _without(self, ids: frozenset[int]) -> Counts:
        return lambda comment, event: comment.id not in ids and self._authority.is_authorised(comment, event)

    def _until_they_left(self, shown: frozenset[int]) -> Iterator[Counts]:
        """
        Somebody's right ended before one of his last events.

        Receipts do not tell: a run may be cut before it leaves them, and one that overlaps with it, and that asked
        later, passes by what the other one applied. The issue's author, who may edit it for ever, goes first.
        """
        known, theirs = set(shown), dict[User | None, list[int]]({self._author: []})
        rights, may_ask = self._authority.rights, True
        for comment in self._comments:
            event = self._event(comment)
            if event is None:
                continue
            counts = rights.standing(comment.author)
            try:
                counts = counts or (may_ask and self._authority.is_authorised(comment, event))
            except InsufficientScope:
                may_ask = False
            if counts or self._begins(comment, event):
                known.add(comment.id)
            else:
                theirs.setdefault(comment.author, []).append(comment.id)
        for ids in list(theirs.values())[:_FEW]:
            for many in range(len(ids), max(-1, len(ids) - _FEW), -1):
                yield _only(known.difference(ids).union(ids[:many]))

    def _begins(self, comment: Comment, event: Event | Malformed) -> bool:
        begins = isinstance(event, Event) and event.begins
        return begins and (self._author is None or comment.author == self._author)

    def _either(self, decided: frozenset[int]) -> Counts:
        return lambda comment, event: (
            comment.id in decided or self._begins(comment, event) or self._authority.is_authorised(comment, event)
        )

    def _by_receipts(self, decided: frozenset[int], *, last: int) -> Counts:
        def counts(comment: Comment, event: Event | Malformed) -> bool:
            late = bool(last) and comment.id > last and self._authority.is_authorised(comment, event)
            return comment.id in decided or self._begins(comment, event) or late

        return counts

    @property
    def _reactors(self) -> dict[int, frozenset[User]]:
        """
        Who left what could be a receipt, by comment: asked once, and only where the author does not count.

        Of an author who counts, a reaction is believed to be a receipt.
        """
        # No cached_property: in Python 3.11 that holds a lock, here during requests, which all replays would share.
        if self._asked is None:
            found = {}
            for comment in self._comments:
                event = self._event(comment) if self._receipts.shows(comment) else None
                if event is not None and not self._authority.is_authorised(comment, event):
                    found[comment.id] = self._receipts.by_whom(comment)
            self._asked = found
        return self._asked

    def _decided(self) -> Iterator[frozenset[int]]:
        """
        The comments that were decided, if some of those who reacted were processors that may not write any more.

        Strangers react, too. So the ways to tell the ones from the others are tried, as many as it takes or is worth:
        first that none of them was a processor, then one, the issue's author before others. The checksum proves one.
        """
        try:
            reactors = self._reactors
            users = {user for each in reactors.values() for user in each}
            ours = {user for user in users if self._authority.rights.counts(user)}
        except InsufficientScope:
            return
        sure = {comment.id for comment in self._comments if self._receipts.shows(comment)} - reactors.keys()
        doubtful = sorted(users - ours, key=lambda user: (user != self._author, str(user)))
        ways = chain.from_iterable(combinations(doubtful, many) for many in range(len(doubtful) + 1))
        for believed in islice(ways, _MANY):
            trusted = ours.union(believed)
            yield frozenset(sure | {at for at, users in reactors.items() if users & trusted})

    def without_strangers(self, tried: Replay) -> Replay:
        """
        The replay without what only a reaction let in, which could be a stranger's own.

        The check proves what was applied. Of what changed nothing it says nothing, so there reactors are asked for.
        """

        def counts(decision: Decision) -> bool:
            comment, event = decision.comment, decision.event
            return (
                decision.outcome is Outcome.APPLIED
                or self._authority.is_authorised(comment, event)
                or any(map(self._authority.rights.counts, self._reactors.get(comment.id, ())))
            )

        try:
            return replace(tried, decisions=tuple(filter(counts, tried.decisions)))
        except InsufficientScope:  # who may not ask sees what the reactions say
            return tried


def _only(decided: set[int]) -> Counts:
    return lambda comment, _: comment.id in decided


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
