"""An object and its log, read together: what is committed, what is pending, what a hand has changed."""

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from gh_store import wire
from gh_store.access.authority import Authority
from gh_store.access.receipts import Receipts
from gh_store.access.rights import Access
from gh_store.backends.base import Backend
from gh_store.backends.retry import Retry
from gh_store.config import Config
from gh_store.domain.events import Event, Malformed, Outcome, Place
from gh_store.domain.exceptions import BackendUnavailable, InsufficientScope, IntegrityError, ObjectNotFound
from gh_store.domain.issues import Comment
from gh_store.domain.values import JsonObject, ObjectMeta, State, StoredObject
from gh_store.issues.comments import CommentHandler
from gh_store.issues.finder import IssueHandler
from gh_store.issues.object_issue import ObjectIssue, Status
from gh_store.log.comments import Log, read_comment
from gh_store.log.decide import Decision, decide
from gh_store.log.duplicates import may_repeat_earlier
from gh_store.log.fold import begin
from gh_store.reading.chain import Chain
from gh_store.reading.proof import Replay, replay, replay_segment

_SHORT_LISTS = 12
_YOUNG_LISTS = 4


@dataclass(frozen=True, slots=True)
class Edit:
    """
    A body that is not the state: somebody has changed it by hand.

    Attributes:
        event_id: Of the event that carries the edit; made of watermark and body.
        base: The state that was there before.
        body: What the person made of it, or None if it is no JSON object.
    """

    event_id: str
    base: JsonObject
    body: JsonObject | None


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What an issue and its log say together.

    Attributes:
        head: The issue.
        log: Its comments, as far as they were needed.
        base: The committed state.
        pending: Decisions that no commit holds yet, in order.
        state: The state after them.
        known: Decisions that lie behind, where the whole log was read for them.
        proved: True if `base` is what the title's check is of.
        edit: A hand edit that the log does not hold yet.
        chain: The segments before this issue; read as far as they are asked for.
    """

    head: ObjectIssue
    log: Log
    base: State
    pending: tuple[Decision, ...]
    state: State
    known: tuple[Decision, ...] = ()
    proved: bool = True
    edit: Edit | None = None
    chain: Chain | None = None

    @property
    def begin(self) -> Event | None:
        """The event that this issue begins with, where the log was read from its beginning."""
        first = next((d.event for d in (*self.known, *self.pending) if d.creates), None)
        return first if isinstance(first, Event) else None

    @property
    def object(self) -> StoredObject:
        """The object with everything applied that is pending."""
        waiting = sum(decision.outcome is Outcome.APPLIED and not decision.creates for decision in self.pending)
        return stored(self.head, self.state, waiting)


def stored(head: ObjectIssue, state: State, pending: int | None = 0) -> StoredObject:
    """What users see of a state."""
    if head.object_id is None:
        raise IntegrityError(f"Issue {head.issue.number} does not tell the id of its object any more.")
    meta = ObjectMeta(
        object_id=head.object_id,
        issue_number=head.issue.number,
        created_at=head.created_at,
        updated_at=state.time if state.version > 1 else head.created_at,
        version=state.version,
        pending=pending,
    )
    return StoredObject(meta, state.data)


class Reader:
    """Reads objects, settled or not. Never writes, and knows no backend from another."""

    def __init__(
        self,
        backend: Backend,
        config: Config,
        retry: Retry,
        issues: IssueHandler,
        comments: CommentHandler,
        access: Access,
        receipts: Receipts,
    ) -> None:
        self.backend = backend
        self.config = config
        self.retry = retry
        self.issues = issues
        self.comments = comments
        self.access = access
        self.receipts = receipts
        self.authority = Authority(access, receipts, comments)

    # --- one object -------------------------------------------------------------------------------

    def view(self, head: ObjectIssue) -> StoredObject:
        """
        The object as of now, what is pending folded in.

        A reader who may not ask who is authorised sees the committed state, with `pending` None.
        """
        head = self.identified(head)
        if head.settled:
            return stored(head, head.state())
        if head.checkpoint is None and not head.issue.open and head.body is not None and self._author_trusted(head):
            return self._older(head, head.body)
        try:
            return self.read(head, late=True).object
        except InsufficientScope:
            return self._unasked(head)

    def _author_trusted(self, head: ObjectIssue) -> bool:
        """False if the issue's author, who may edit it for ever, is known to have no right to."""
        try:
            return self.access.trusts(head.issue.author)
        except InsufficientScope:
            return True

    def _older(self, head: ObjectIssue, body: JsonObject) -> StoredObject:
        """A closed object without a checkpoint: its body is the state, the log only counts versions."""
        decisions = self._decide_all(self.comments.whole(head.issue.number))
        applied = [decision for decision in decisions if decision.outcome is Outcome.APPLIED]
        version = max(1, applied[-1].state.version) if applied else 1
        time = applied[-1].state.time if applied else head.issue.created_at
        return stored(head, State(version, time, body, 0))

    def _decide_all(self, log: Log) -> list[Decision]:
        try:
            return decide(log.comments, self.authority.counts)
        except InsufficientScope:
            return decide(log.comments, lambda comment, event: True)

    def _unasked(self, head: ObjectIssue) -> StoredObject:
        if head.intact:
            return stored(head, head.state(), None)
        log = self.comments.whole(head.issue.number)
        replayed = self._replayed(head, log, self._chain(log)) if head.checkpoint else None
        if replayed is not None and replayed.proved:
            return stored(head, replayed.state, None)
        if head.body is None:
            raise IntegrityError(f"The body of issue {head.issue.number} holds no JSON object.")
        return stored(head, State(1, head.issue.created_at, head.body, 0), None)

    def identified(self, head: ObjectIssue) -> ObjectIssue:
        """The head with its object id, which a replaced title and a hashed label do not tell."""
        if head.object_id is not None or head.status is Status.NO_OBJECT:
            return head
        for comment in self.comments.whole(head.issue.number).comments:
            event = read_comment(comment)
            if isinstance(event, Event) and event.initial:
                object_id = wire.meta_object_id(event.meta)
                label = wire.hashed_label(object_id, self.config.uid_prefix) if object_id else ""
                if object_id and head.has_label(label):
                    return ObjectIssue(head.issue, head.config, head.status, object_id, head.checkpoint)
        return head

    # --- issue and log ----------------------------------------------------------------------------

    def read(
        self, head: ObjectIssue, *, whole: bool = False, late: bool = False, age: float = 0.0, expected: int = 0
    ) -> Reading:
        """
        Read an object and its log, and decide what is pending.

        Args:
            whole: Read the log from its beginning, and replay it.
            late: With what reached the issue that this one continues, and was not forwarded yet.
            age: Seconds that the newest comment must be old, or older ones may still be on their
                way into the list. Waited for a few times at most, and then younger ones are left for later.
            expected: A comment that is known to be there. Waited for a few times at most: it may be
                deleted meanwhile.
        Raises:
            InsufficientScope: The current user may not ask who is authorised.
            BackendUnavailable: The list stays shorter than the count.
        """
        head, log = self._listed(head, lambda head: self._log(head, whole), age, expected)
        if not log.whole and may_repeat_earlier(log.comments, head.checkpoint.watermark if head.checkpoint else 0):
            log = self.comments.whole(head.issue.number)
        reading = self._reading(head, log, whole)
        return self._with_late(reading) if late else reading

    def log_after(self, head: ObjectIssue, position: int, comments: int) -> Log:
        """What was written to an issue after a comment up to which about so many stand, and a little before it."""
        return self._listed(head, lambda head: self.comments.since(head.issue.number, position, comments))[1]

    def _listed(
        self, head: ObjectIssue, ask: Callable[[ObjectIssue], Log], age: float = 0.0, expected: int = 0
    ) -> tuple[ObjectIssue, Log]:
        """
        Ask for a log until it is as long as the issue's count, for lists lag behind writes.

        With the head that it is as long as.
        """
        if age:  # a comment moves `updated_at`: to wait now saves a list that would be too young
            self._rest(age - self._since(head.issue.updated_at))
        for tried in range(_SHORT_LISTS):
            log = ask(head)
            young = age - self._age(log) if tried < _YOUNG_LISTS else 0.0
            missing = log.last < expected and tried < _YOUNG_LISTS
            if log.total >= head.issue.comments and young <= 0 and not missing:
                return head, self._rested(log, age)
            self._rest(max(self.backend.lag / 2, young, 0.01))
            if missing or log.total < head.issue.comments:
                head = self.identified(self.issues.read(head.issue.number))
        raise BackendUnavailable(
            f"The list of comments of issue {head.issue.number} stays shorter than its count.", outcome_unknown=False
        )

    def _rested(self, log: Log, age: float) -> Log:
        """Of an issue that never rests, what is old enough: before what is younger, more could come into sight."""
        old = tuple(comment for comment in log.comments if not age or self._since(comment.created_at) >= age)
        return log if len(old) == len(log.comments) else Log(old, log.before, more=True)

    def _age(self, log: Log) -> float:
        """Seconds since the newest comment was written, by the backend's clock."""
        return self._since(log.comments[-1].created_at) if log.comments else math.inf

    def _since(self, time: datetime) -> float:
        return (self.backend.now() - time).total_seconds()

    def _rest(self, seconds: float) -> None:
        if seconds > 0:
            self.retry.sleep(seconds)

    def _log(self, head: ObjectIssue, whole: bool) -> Log:
        if whole or head.checkpoint is None or not head.intact:
            return self.comments.whole(head.issue.number)
        return self.comments.since(head.issue.number, head.checkpoint.watermark, head.checkpoint.comments)

    def _reading(self, head: ObjectIssue, log: Log, whole: bool) -> Reading:
        chain = self._chain(log)
        if head.checkpoint is not None:
            replayed = None if head.intact and not whole else self._replayed(head, log, chain)
            if head.intact:
                return self._pending(head, log, head.state(), replayed, chain)
            if replayed is not None and replayed.proved:
                return self._pending(head, log, replayed.state, replayed, chain)
        return self._by_receipts(head, log, chain)

    def told(self, head: ObjectIssue, position: int) -> tuple[Comment, ...]:
        """All comments of an issue, and of those before it if the event at this position could repeat one of theirs."""
        log = self.comments.whole(head.issue.number)
        repeating = may_repeat_earlier([comment for comment in log.comments if comment.id == position], 0)
        past = reversed(list(self._chain(log))) if repeating else ()
        return (*(comment for segment in past for comment in segment.all), *log.comments)

    def whole(self, head: ObjectIssue) -> tuple[Comment, ...]:
        """All that was ever written to an object, whichever issue it was in."""
        log = self.comments.whole(head.issue.number)
        past = reversed(list(self._chain(log)))
        return (*(comment for segment in past for comment in segment.comments), *log.comments)

    def past(self, reading: Reading) -> Iterator[Replay]:
        """What the segments before an issue yield, the latest first; each is read when it is asked for."""
        if reading.chain is None:
            return
        for segment in reading.chain:
            earlier = reading.chain.earlier(segment.comments, before=segment)
            replayed = replay_segment(segment, self.access, self.receipts, earlier)
            yield replayed or Replay((), begin(segment.state), proved=False)

    def _chain(self, log: Log) -> Chain:
        return Chain(self.comments, self.authority.counted, log.comments if log.whole else ())

    def _replayed(self, head: ObjectIssue, log: Log, chain: Chain) -> Replay | None:
        earlier = chain.earlier(log.comments)
        return replay(head, log.comments, self.access, self.receipts, earlier)

    def _pending(self, head: ObjectIssue, log: Log, base: State, replayed: Replay | None, chain: Chain) -> Reading:
        """The usual case: it is known what is committed, and up to where."""
        assert head.checkpoint is not None
        after = head.checkpoint.watermark
        counts = self.authority.counts if after else self.authority.counts_anew
        earlier = chain.earlier(log.comments, after)
        pending = decide(
            log.comments, counts, start=base, after=after, refuses=self.authority.refuses(head), earlier=earlier
        )
        state = pending[-1].state if pending else base
        # A body that is what the pending events make is the work of an older processor.
        done = head.body is not None and wire.canonical(head.body) == wire.canonical(state.data)
        return Reading(
            head=head,
            log=log,
            base=base,
            pending=tuple(pending),
            state=state,
            known=replayed.decisions if replayed else (),
            proved=replayed is None or replayed.proved,
            edit=None if head.intact or done else self._edit(head, log, base.data, head.body, after),
            chain=chain,
        )

    def _with_late(self, reading: Reading) -> Reading:
        """The reading of a segment, with what still has to be forwarded to it: in the order that it will have then."""
        begin, checkpoint = reading.begin, reading.head.checkpoint
        ends = begin.continues if begin is not None else None
        if ends is None or (
            checkpoint is not None and checkpoint.watermark and (reading.head.intact or reading.proved)
        ):
            return reading  # it was committed, so all that came before was forwarded
        position, count = ends.after.comment, ends.comments
        try:
            if not reading.head.uncommitted:  # its title was replaced
                old = self.issues.read(ends.after.issue)
                if old.drained and old.checkpoint is not None:
                    position, count = old.checkpoint.watermark, old.checkpoint.comments
            there = self.comments.since(ends.after.issue, position, count)
        except ObjectNotFound:  # what the segment continues was deleted
            return reading
        here = [event for _, event in self.authority.counting(reading.log.comments) if isinstance(event, Event)]
        taken, named = {event.forwarded for event in here}, {event.event_id for event in here} - {None}
        late = tuple(
            comment
            for comment, event in self.authority.counting(there.comments, position)
            if Place(ends.after.issue, comment.id) not in taken
            and not (isinstance(event, Event) and event.event_id in named)
        )
        earlier = reading.chain.earlier(late) if reading.chain is not None else ()
        # None of them is an event of this issue, so none is compared with what stands here before it.
        decisions = decide(late, self.authority.counts, start=reading.state, after=position, earlier=earlier)
        state = decisions[-1].state if decisions else reading.state
        return replace(reading, pending=(*reading.pending, *decisions), state=state)

    def _by_receipts(self, head: ObjectIssue, log: Log, chain: Chain) -> Reading:
        """
        An older store's object, or one whose title is believed by nobody: receipts decide.

        The body is the committed state, and what the last receipt does not cover is applied to it.
        From the next commit on the log as a whole has to yield that, so whatever it lacks is
        appended to it as if a hand had written it.
        """

        def counts(comment: Comment, event: Event | Malformed) -> bool:
            # The labels admitted the issue, and with it what its author began it with.
            begins = isinstance(event, Event) and event.begins and comment.author == head.issue.author
            return begins or self.authority.counts(comment, event)

        earlier = chain.earlier(log.comments)
        decisions = decide(log.comments, counts, refuses=self.authority.refuses(head), earlier=earlier)
        decided_to = next((d.comment.id for d in reversed(decisions) if self.receipts.decided(d.comment)), 0)
        known = tuple(d for d in decisions if d.comment.id <= decided_to or d.creates)
        pending = tuple(d for d in decisions if d.comment.id > decided_to and not d.creates)
        start = State(1, head.issue.created_at, {}, 2)
        base, state = (decided[-1].state if decided else start for decided in (known, decisions))
        edit = None
        if head.body is not None and self._author_trusted(head):
            kept = State(base.version, base.time, head.body, len(wire.write_body(head.body)))
            redone = decide(log.comments, counts, start=kept, after=decided_to, earlier=earlier)
            wanted = redone[-1].state if redone else kept
            edit = self._edit(head, log, state.data, wanted.data, 0)
            if edit is not None:
                state = State(state.version, state.time, wanted.data, wanted.size)
        elif head.body is None or wire.canonical(head.body) != wire.canonical(state.data):
            edit = Edit(edit_id(head, 0), state.data, head.body)
        return Reading(head, log, base, pending, state, known, proved=False, edit=edit, chain=chain)

    def _edit(self, head: ObjectIssue, log: Log, base: JsonObject, body: JsonObject | None, after: int) -> Edit | None:
        """The edit that turns `base` into `body`, unless they are the same or the log holds it."""
        if body is not None and wire.canonical(body) == wire.canonical(base):
            return None
        event_id = edit_id(head, after)
        for comment in log.comments:
            event = read_comment(comment) if event_id in comment.body and comment.id > after else None
            if isinstance(event, Event) and event.event_id == event_id and self.authority.counts(comment, event):
                return None
        return Edit(event_id, base, body)


def edit_id(head: ObjectIssue, after: int) -> str:
    """The event_id of the hand edit that a body is, whoever finds it."""
    return f"edit-{after}-{hashlib.sha256(head.issue.body.encode('utf-8')).hexdigest()[:16]}"
