"""
An object and its log, read together: what is committed, what is pending, what a hand has changed.

What is committed, in this order:

- the head, if its checksum fits, and it is sealed or its author counts;
- what the log yields up to the title's watermark, if its author counts and the checksum proves it: he edited the body;
- what the log yields up to the seal's watermark, if the digest proves it: somebody overwrote the head;
- the body, where neither title nor seal says anything.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from gh_store import wire
from gh_store.access.repository import Repository
from gh_store.domain.events import Event, Place
from gh_store.domain.exceptions import InsufficientScope, IntegrityError, ObjectNotFound
from gh_store.domain.issues import Comment
from gh_store.domain.values import State, StoredObject
from gh_store.issues.object_issue import ObjectIssue, Status
from gh_store.log.comments import Log, read_comment
from gh_store.log.decide import decide
from gh_store.log.duplicates import may_repeat_earlier
from gh_store.log.fold import Judge, begin
from gh_store.reading.earlier import EarlierSegments
from gh_store.reading.edits import find_edit
from gh_store.reading.logs import Logs
from gh_store.reading.older import read_older
from gh_store.reading.proof import Replay, commit_of_seal, commit_of_title, place_of_seal, replay, replay_segment
from gh_store.reading.values import Reading, stored


@dataclass(frozen=True, slots=True)
class Base:
    """What is committed, up to where, and how that is known."""

    state: State
    watermark: int
    replayed: Replay | None = None
    forged: bool = False
    after: Place | None = None


class Look(NamedTuple):
    """
    An object as it was seen.

    Attributes:
        object: The object.
        head: The issue, as it was then.
        comment_id: The last comment that was looked at; 0 if there is none.
    """

    object: StoredObject
    head: ObjectIssue
    comment_id: int


class Reader:
    """Reads objects, settled or not. Never writes, and knows no backend from another."""

    def __init__(self, repo: Repository) -> None:
        self.repo = repo
        self._logs = Logs(repo)

    # --- one object -------------------------------------------------------------------------------

    def view(self, head: ObjectIssue) -> StoredObject:
        """
        The object as of now, what is pending folded in.

        A reader who may not ask who is authorised sees the committed state, with `pending` None.
        """
        return self.look(head).object

    def look(self, head: ObjectIssue) -> Look:
        """The same, and what it was seen by."""
        head = self.identified(head)
        watermark = head.checkpoint.watermark if head.checkpoint is not None else 0
        if head.settled and self.repo.authority.believes(head):
            return Look(stored(head, head.state()), head, watermark)
        try:
            reading = self.with_unforwarded(self.read(head))
        except InsufficientScope:
            return Look(self._unasked(head), head, watermark)
        return Look(reading.object, reading.head, max((each.id for each in reading.log.comments), default=watermark))

    def _unasked(self, head: ObjectIssue) -> StoredObject:
        """The committed state, for who may not ask."""
        if self.repo.authority.believes(head):
            return stored(head, head.state(), None)
        log = self.repo.comments.whole(head.number, head.issue.comments)
        base = self._replayed(head, log)
        if base is not None:
            return stored(head, base.state, None)
        if head.body is None:
            raise IntegrityError(f"The body of issue {head.number} is not a JSON object.", object_id=head.object_id)
        return stored(head, State(1, head.issue.created_at, head.body, 0), None)

    def identified(self, head: ObjectIssue) -> ObjectIssue:
        """The head with its object id, which a replaced title and a hashed label do not tell."""
        if head.object_id is not None or head.status is Status.NO_OBJECT:
            return head
        for comment in self.repo.comments.whole(head.number, head.issue.comments).comments:
            event = read_comment(comment)
            if isinstance(event, Event) and event.initial:
                object_id = wire.meta_object_id(event.meta)
                label = wire.hashed_label(object_id, self.repo.config.uid_prefix) if object_id else ""
                if object_id and head.has_label(label):
                    return replace(head, object_id=object_id)
        return head

    # --- issue and log ----------------------------------------------------------------------------

    def read(self, head: ObjectIssue, *, whole: bool = False, age: float = 0.0, expected: int = 0) -> Reading:
        """
        Read an object and its log, and decide what is pending.

        Args:
            whole: Read the log from its beginning, and replay it.
            age: Seconds that the newest comment must be old: see Logs.
            expected: A comment that is known to be there.
        Raises:
            InsufficientScope: The current user may not ask who is authorised.
            BackendUnavailable: The list stays shorter than the count.
            IntegrityError: The head is not what was committed, and the log does not yield that any more.
        """
        try:
            return self._read(head, whole=whole, age=age, expected=expected)
        except IntegrityError:
            if not self.repo.backend.lag:
                raise
            self.repo.wait_out_lag()  # a commit may be on its way to its seal
            return self._read(self.repo.issues.read(head.number), whole=whole, age=age, expected=expected)

    def _read(self, head: ObjectIssue, *, whole: bool, age: float, expected: int) -> Reading:
        head, log = self._logs.listed(head, lambda head: self._log(head, whole=whole), age, expected)
        head = self.identified(head)
        after = head.checkpoint.watermark if head.checkpoint is not None else 0
        if not log.whole and may_repeat_earlier(log.comments, after, self.repo.authority.is_authorised):
            log = self.repo.comments.whole(head.number, head.issue.comments)
        earlier = self._earlier(head, log)
        base = self._base(head, log, earlier, whole=whole)
        if base is None:
            return read_older(head, log, earlier, self.repo.authority, self._judge(head))
        return self._pending(head, log, earlier, base)

    def read_committed(self, head: ObjectIssue) -> Reading | None:
        """
        What was committed of an object, with its whole log, for who may not ask who is authorised.

        None where nothing says how far it was committed.
        """
        log = self.repo.comments.whole(head.number, head.issue.comments)
        earlier = self._earlier(head, log)
        base = self._base(head, log, earlier, whole=True)
        if base is None:
            return None
        replayed = base.replayed
        return Reading(
            head=head,
            log=log,
            base=base.state,
            watermark=base.watermark,
            pending=(),
            state=base.state,
            earlier=earlier,
            known=replayed.decisions if replayed is not None else (),
            proved=replayed is None or replayed.proved,
            forged=base.forged,
            after=base.after,
        )

    def _judge(self, head: ObjectIssue) -> Judge | None:
        """The schema of an object. An issue that is being filled says what was decided elsewhere."""
        return self.repo.schemas.judge(head.object_id) if head.status is not Status.WITHDRAWN else None

    def _log(self, head: ObjectIssue, *, whole: bool) -> Log:
        """The comments from the watermark on; all of them where the head is not to be believed."""
        if whole or head.checkpoint is None or not self.repo.authority.believes(head):
            return self.repo.comments.whole(head.number, head.issue.comments)
        return self.repo.comments.since(head.number, head.checkpoint.watermark, head.issue.comments)

    def committed(self, head: ObjectIssue) -> Base:
        """What was committed last to an issue, whatever was written to it since."""
        if head.intact and self.repo.authority.believes(head) and not head.uncommitted:
            assert head.checkpoint is not None
            return Base(head.state(), head.checkpoint.watermark)
        reading = self.read(head, whole=True)
        return Base(reading.base, reading.watermark)

    def log_after(self, head: ObjectIssue, position: int) -> Log:
        """What was written to an issue after a comment, and a little before it."""
        comments = self.repo.comments
        return self._logs.listed(head, lambda head: comments.since(head.number, position, head.issue.comments))[1]

    def _base(self, head: ObjectIssue, log: Log, earlier: EarlierSegments, *, whole: bool) -> Base | None:
        if head.checkpoint is not None and self.repo.authority.believes(head):
            if head.uncommitted and earlier.begin is not None:
                return _begun(earlier.begin)
            replayed = self._yields(head, log, earlier) if whole else None
            return Base(head.state(), head.checkpoint.watermark, replayed, after=head.after)
        if head.uncommitted and earlier.begin is not None and self.repo.authority.confirms(head):
            return _begun(earlier.begin)
        return self._replayed(head, log, earlier)

    def _replayed(self, head: ObjectIssue, log: Log, earlier: EarlierSegments | None = None) -> Base | None:
        """What the log yields where the head says nothing; None if nothing says how far it was committed."""
        earlier = earlier or self._earlier(head, log)
        by_author = self.repo.authority.confirms_author(head)
        if head.checkpoint is not None and by_author:
            replayed = self._yields(head, log, earlier)
            if replayed is not None and replayed.proved:
                return Base(replayed.state, head.checkpoint.watermark, replayed, after=head.after)
        if head.seal is None:
            return None
        before = earlier.within_reach(log.comments, self.repo.authority.is_presumed)
        replayed = replay(head, commit_of_seal(head), log.comments, self.repo.authority, before, self._judge(head))
        if replayed is not None and replayed.proved:
            after = place_of_seal(head, replayed)
            return Base(replayed.state, head.seal.watermark, replayed, forged=not by_author, after=after)
        if by_author:
            return None
        raise IntegrityError(
            f"Issue {head.number}, which holds {head.object_id!r}, was overwritten by somebody who has no write "
            "permission any more, and its comments were changed, too.",
            object_id=head.object_id,
            hint="Import the object from an export or a snapshot (`gh-store import FILE`): that takes its place.",
        )

    def _yields(self, head: ObjectIssue, log: Log, earlier: EarlierSegments) -> Replay | None:
        before = earlier.within_reach(log.comments, self.repo.authority.is_presumed)
        return replay(head, commit_of_title(head), log.comments, self.repo.authority, before, self._judge(head))

    def _pending(self, head: ObjectIssue, log: Log, earlier: EarlierSegments, base: Base) -> Reading:
        """The usual case: it is known what is committed, and up to where."""
        authority, after = self.repo.authority, base.watermark
        creation = authority.edited_creation(log.comments) if not after else None
        counts = authority.is_authorised
        pending = decide(
            [comment for comment in log.comments if comment is not creation],
            counts,
            start=base.state,
            after=after,
            refuses=authority.refuses(head),
            earlier=earlier.within_reach(log.comments, counts, after),
            judge=self._judge(head),
        )
        state = pending[-1].state if pending else base.state
        # A body that is what the pending events make is the work of an older processor, or of a run without its seal.
        done = head.body is not None and wire.canonical(head.body) == wire.canonical(state.data)
        at = head.checkpoint
        forged = base.forged and not (done and head.intact and at is not None and at.version == state.version)
        edited = not (head.intact or base.forged or done)
        return Reading(
            head=head,
            log=log,
            base=base.state,
            watermark=after,
            pending=tuple(pending),
            state=state,
            earlier=earlier,
            known=base.replayed.decisions if base.replayed else (),
            proved=base.replayed is None or base.replayed.proved,
            edit=find_edit(head, log, base.state.data, head.body, after, authority) if edited else None,
            forged=forged,
            after=base.after,
        )

    # --- the segments before an issue -------------------------------------------------------------

    def _earlier(self, head: ObjectIssue, log: Log) -> EarlierSegments:
        authority, here = self.repo.authority, log.comments if log.whole else ()
        return EarlierSegments(self.repo.comments, authority.is_presumed, here, head, believed=authority.believes(head))

    def past(self, reading: Reading) -> Iterator[Replay]:
        """What the segments before an issue yield, the latest first; each is read when it is asked for."""
        authority = self.repo.authority
        for segment in reading.earlier:
            earlier = reading.earlier.within_reach(segment.comments, authority.is_presumed, before=segment)
            replayed = replay_segment(segment, authority, earlier)
            yield replayed or Replay((), begin(segment.state), proved=False)

    def told(self, head: ObjectIssue, position: int) -> tuple[Comment, ...]:
        """What was written from an event on; and all before it, in whichever issue, if the event could repeat that."""
        log = self.repo.comments.since(head.number, position, head.issue.comments)
        asked = [comment for comment in log.comments if comment.id == position]
        if not may_repeat_earlier(asked, 0, self.repo.authority.is_presumed):
            return log.comments
        log = self.repo.comments.whole(head.number, head.issue.comments)
        past = reversed(list(self._earlier(head, log)))
        return (*(comment for segment in past for comment in segment.all), *log.comments)

    def whole(self, head: ObjectIssue) -> tuple[Comment, ...]:
        """All that was ever written to an object, whichever issue it was in."""
        log = self.repo.comments.whole(head.number, head.issue.comments)
        past = reversed(list(self._earlier(head, log)))
        return (*(comment for segment in past for comment in segment.comments), *log.comments)

    def with_unforwarded(self, reading: Reading) -> Reading:
        """
        The reading of a segment, with what still has to be forwarded to it: in the order that it will have then.

        A segment that was committed has all of that.
        """
        head, first = reading.head, reading.begin
        ends = first.continues if first is not None else None
        if ends is None or (reading.watermark and reading.proved):
            return reading
        authority, position = self.repo.authority, ends.after.comment
        old = self.repo.issues.at(ends.after.issue) if not head.uncommitted else None
        if old is not None and old.drained and old.checkpoint is not None and authority.believes(old):
            position = old.checkpoint.watermark
        count = old.issue.comments if old is not None else ends.comments
        try:
            there = self.repo.comments.since(ends.after.issue, position, count)
        except ObjectNotFound:  # what the segment continues was deleted
            return reading
        here = [event for _, event in authority.events(reading.log.comments) if isinstance(event, Event)]
        taken, named = {event.forwarded for event in here}, {event.event_id for event in here} - {None}
        late = tuple(
            comment
            for comment, event in authority.events(there.comments, position)
            if Place(ends.after.issue, comment.id) not in taken
            and not (isinstance(event, Event) and event.event_id in named)
        )
        counts = authority.is_authorised
        # None of them is an event of this issue, so none is compared with what stands here before it.
        decisions = decide(
            late,
            counts,
            start=reading.state,
            after=position,
            earlier=reading.earlier.within_reach(late, counts),
            judge=self._judge(head),
        )
        state = decisions[-1].state if decisions else reading.state
        return replace(reading, pending=(*reading.pending, *decisions), state=state)


def _begun(event: Event) -> Base:
    """What a segment has committed that was begun, and no more."""
    return Base(begin(event), 0, after=event.continues.after if event.continues is not None else None)
