"""Whose events may have counted when a log was decided: it says so nowhere, so what is likely is tried."""

from collections.abc import Iterator, Sequence
from itertools import chain, combinations, islice
from typing import Final

from gh_store.access.authority import Authority
from gh_store.access.receipts import Receipts
from gh_store.domain.events import Event, Malformed, Outcome
from gh_store.domain.exceptions import InsufficientScope
from gh_store.domain.issues import Comment, User
from gh_store.log.comments import read_comment
from gh_store.log.decide import Decision
from gh_store.log.duplicates import Counts
from gh_store.log.fold import Judge
from gh_store.reading.judges import Judges

_FEW: Final = 6
_MANY: Final = 64
"""Tries that cost a fold each, and no request."""


class Guesses:
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

    def without_strangers(self, decisions: Sequence[Decision]) -> tuple[Decision, ...]:
        """
        The decisions without what only a reaction let in, which could be a stranger's own.

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
            return tuple(filter(counts, decisions))
        except InsufficientScope:  # who may not ask sees what the reactions say
            return tuple(decisions)


def _only(decided: set[int]) -> Counts:
    return lambda comment, _: comment.id in decided
