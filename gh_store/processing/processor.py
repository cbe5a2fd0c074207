"""
One object: list, authority, GET, commit, receipts, close; one loop that starts again on any surprise.

What makes it safe to cut anywhere, and to run twice at once:

- the commit writes state and watermark in one PATCH, so they never disagree;
- it follows a GET without a request or a pause between, so it never builds on an old copy;
- it leaves the issue open, and closing comes last, so a cut leaves work that the next run finds;
- the answer to the close tells whether anything has come meanwhile.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NoReturn

from gh_store import wire
from gh_store.domain.events import Continued, Outcome
from gh_store.domain.exceptions import (
    BackendUnavailable,
    IntegrityError,
    InvalidObject,
    InvalidUpdate,
    LogFull,
    ObjectNotFound,
    RateLimited,
    ValueTooLarge,
)
from gh_store.domain.findings import Processed
from gh_store.domain.values import Mode, StoredObject
from gh_store.issues.object_issue import ObjectIssue, Status
from gh_store.log.comments import Log, read_comment
from gh_store.log.decide import Decision
from gh_store.log.difference import difference
from gh_store.logger import logger
from gh_store.processing.handover import Segments
from gh_store.processing.replies import PostedReplies, Replies
from gh_store.reading.reader import Reader, Reading, stored

_ROUNDS = 50
"""Surprises until a run gives up: others commit on each, so the object is in good hands."""


@dataclass(frozen=True, slots=True)
class ProcessResult:
    """
    What processing an object came to.

    Attributes:
        head: The issue after it.
        object: The object after it.
        decisions: Everything that was decided, in order.
    """

    head: ObjectIssue
    object: StoredObject
    decisions: tuple[Decision, ...]

    def outcome(self, comment_id: int) -> Decision | None:
        """What became of one event."""
        for decision in self.decisions:
            if decision.comment.id == comment_id:
                return decision
        return None

    @property
    def summary(self) -> Processed:
        new = [decision for decision in self.decisions if not decision.creates]
        return Processed(
            object_id=self.object.meta.object_id,
            issue_number=self.object.meta.issue_number,
            applied=sum(decision.outcome is Outcome.APPLIED for decision in new),
            rejected=sum(decision.outcome is Outcome.REJECTED for decision in new),
            reasons=tuple((each.comment.id, str(each.error)) for each in new if each.error is not None),
            object=self.object,
        )


class _Restart(Exception):
    """
    A surprise: start again.

    Attributes:
        head: A newer copy of the issue, if an answer has brought one.
        unanswered: The error of a commit whose outcome is unknown.
    """

    def __init__(self, head: ObjectIssue | None = None, *, unanswered: BackendUnavailable | None = None) -> None:
        self.head = head
        self.unanswered = unanswered


@dataclass(frozen=True, slots=True)
class _RunState:
    """
    What one run has done so far, which lists may not show yet.

    Attributes:
        decided: Comment id -> decision.
        posted: The replies it posted.
        events: The event_ids of what it appended to the log itself.
        moving: The issues that the object is to leave.
        leading: The segments of which it knows that no rival goes before them.
    """

    decided: dict[int, Decision] = field(default_factory=dict)
    posted: PostedReplies = field(default_factory=PostedReplies)
    events: set[str] = field(default_factory=set)
    moving: set[int] = field(default_factory=set)
    leading: set[int] = field(default_factory=set)


class Processor:
    """Brings objects up to date. Any number of them may run at once."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.backend = reader.backend
        self.config = reader.config
        self.retry = reader.retry
        self.issues = reader.issues
        self.comments = reader.comments
        self.access = reader.access
        self.receipts = reader.receipts
        self.replies = Replies(self.config, self.comments, self.access, self.receipts)
        self.segments = Segments(reader, self.replies)

    @property
    def _patience(self) -> float:
        return self.config.processing_patience if self.backend.lag else 0.0

    def preview(self, number: int) -> ProcessResult:
        """What `process` would come to; nothing is written."""
        head = self.reader.identified(self.issues.read(number))
        if head.status is Status.WITHDRAWN:
            head = self.segments.last(head)
        reading = self.reader.read(self._object(head), late=True, age=self._patience)
        return ProcessResult(reading.head, reading.object, reading.pending)

    def process(
        self, head: ObjectIssue | int, *, draft: bool = False, moving: bool = False, expected: int = 0
    ) -> ProcessResult:
        """
        Apply all that is pending, and complete whatever an earlier run left undone.

        Args:
            head: An issue's number, or what an answer has just told of it, which saves a request.
            draft: The issue may be one that is no object yet.
            moving: The object is to go on in another issue, also if this one has room.
            expected: A comment that is known to be there, and is waited for.
        Raises:
            ObjectNotFound: The issue holds no object.
            InsufficientScope: The current user may not ask who is authorised; nothing was written.
            BackendUnavailable: The object changed under every attempt.
        """
        current = self.issues.read(head) if isinstance(head, int) else head
        run = _RunState(moving={current.issue.number} if moving else set())
        unanswered = limited = 0
        for _ in range(_ROUNDS):
            try:
                return self._turn(self._object(current), run, expected, draft=draft)
            except _Restart as again:
                if again.head is not None and again.head.issue.number != current.issue.number:
                    run, expected = _RunState(decided=run.decided), 0
                if again.unanswered is not None:
                    unanswered += 1
                    if unanswered >= self.config.retries_max_attempts:
                        raise again.unanswered from None
                    self.retry.sleep(self.backend.cutoff)  # then the issue tells what became of it
                current = again.head or self.issues.read(current.issue.number)
            except RateLimited as error:  # at the commit, which may not wait between GET and PATCH
                self.retry.wait_out(error, limited)
                limited += 1
                current = self.issues.read(current.issue.number)
        raise BackendUnavailable(
            f"Issue {current.issue.number} changed under each of {_ROUNDS} attempts.", outcome_unknown=False
        )

    def _object(self, head: ObjectIssue) -> ObjectIssue:
        if head.status is Status.NO_OBJECT:
            raise ObjectNotFound(f"Issue {head.issue.number} holds no object.")
        head = self.reader.identified(head)
        if head.object_id is None:
            raise IntegrityError(f"Issue {head.issue.number} does not tell the id of its object any more.")
        return head

    # --- one round --------------------------------------------------------------------------------

    def _turn(self, head: ObjectIssue, run: _RunState, expected: int, *, draft: bool) -> ProcessResult:
        """A round of the object; where it has left the issue, of what came there later."""
        if head.status is Status.WITHDRAWN and not draft:
            raise _Restart(self.segments.forward(head))
        return self._round(head, run, expected)

    def _round(self, head: ObjectIssue, run: _RunState, expected: int) -> ProcessResult:
        reading = self.reader.read(head, age=self._patience, expected=expected)
        head = reading.head
        self._complete_creation(reading, run)
        self._complete_handover(reading, run)
        putting_back = self._keep_edit(reading, run)
        number, log = head.issue.number, reading.log
        self.replies.tell(number, log, reading.pending, run.posted)
        if putting_back is not None and reading.edit is not None:
            self.replies.tell_put_back(number, log, reading.edit.event_id, putting_back, run.posted)
        comments = run.posted.comments(log)
        committed = self._commit(reading, run.posted)
        run.decided.update((decision.comment.id, decision) for decision in reading.pending)
        self._complete_receipts(reading)
        for decision in reading.pending:
            if not (decision.creates and self.receipts.shows(decision.comment)):
                self.receipts.leave(decision.comment, decision.event, decision.outcome)
        self._log(reading)
        if self.segments.is_long(committed) or committed.issue.number in run.moving:
            raise _Restart(self.segments.successor(committed))
        closed = self.close(committed)
        if closed.issue.comments != comments or closed.issue.title != committed.issue.title:
            raise _Restart(closed)
        return ProcessResult(
            closed,
            stored(closed, reading.state),
            tuple(run.decided[comment_id] for comment_id in sorted(run.decided)),
        )

    def _complete_handover(self, reading: Reading, run: _RunState) -> None:
        """Before a segment is committed for the first time: retire and drain what it continues."""
        head, first = reading.head, reading.begin
        settled = head.intact and not head.uncommitted
        if settled or first is None or first.continues is None or head.status is Status.DELETED:
            return
        self._lead(head, run)
        deleted = self.segments.retire_predecessor(head, first)
        if deleted is not None:
            raise _Restart(deleted)

    def _lead(self, head: ObjectIssue, run: _RunState) -> None:
        """Make sure, once a run, that it is this issue that goes on, and no rival."""
        number = head.issue.number
        if head.after is None or number in run.leading or head.status is not Status.ACTIVE:
            return
        leading = self.segments.winning_successor(head)
        if leading.issue.number != number:
            self.segments.retire(head)
            raise _Restart
        run.leading.add(number)

    def _log(self, reading: Reading) -> None:
        for decision in reading.pending:
            if decision.error is not None:
                logger.warning(
                    "Issue {}: event {} rejected: {}", reading.head.issue.number, decision.comment.id, decision.error
                )
        if reading.pending:
            logger.info(
                "Issue {}: {!r} is at version {}.",
                reading.head.issue.number,
                reading.head.object_id,
                reading.state.version,
            )

    def _complete_creation(self, reading: Reading, run: _RunState) -> None:
        """Write the initial state of an object whose creator was cut off before it could."""
        head = reading.head
        if not (head.checkpoint and head.checkpoint.watermark == 0 and head.intact and head.body is not None):
            return
        if any(decision.creates for decision in reading.pending):
            return
        number = head.issue.number
        assert head.object_id is not None
        continues = None
        if head.after is not None:
            self._lead(head, run)
            continues = self.segments.continued(head)
        elif head.status is Status.ACTIVE and self._rivals(head, head.object_id):
            self.issues.withdraw(head)
            raise ObjectNotFound(f"Issue {number} was withdrawn: another one holds {head.object_id!r}.")
        self._append(number, head.body, creation_id(number), run, initial_of=head.object_id, continues=continues)

    def _append(
        self,
        number: int,
        data: object,
        event_id: str,
        run: _RunState,
        *,
        mode: Mode = Mode.APPEND,
        initial_of: str | None = None,
        continues: Continued | None = None,
    ) -> NoReturn:
        """Append an event of our own, which another run may have appended too, and start again."""
        if event_id in run.events:
            self.retry.sleep(self.backend.lag / 2)  # no list shows it yet
        else:
            self.comments.append(
                number, data, event_id=event_id, mode=mode, attempt=2, initial_of=initial_of, continues=continues
            )
            run.events.add(event_id)
        raise _Restart

    def _rivals(self, head: ObjectIssue, object_id: str) -> bool:
        """True if another active issue of the same id goes before this incomplete one."""
        others = {
            other.issue.number: other for other in (*self.issues.search(object_id), *self.issues.newest(object_id))
        }
        others.pop(head.issue.number, None)
        return any(not other.incomplete or number < head.issue.number for number, other in others.items())

    def _keep_edit(self, reading: Reading, run: _RunState) -> str | None:
        """Append a hand edit to the log as an event; or say why it has to be put back."""
        edit = reading.edit
        if edit is None:
            return None
        if edit.body is None:
            return "it is no JSON object that the store could hold"
        if not self.access.trusts(reading.head.issue.author):
            return "the issue's author, who may edit it for ever, has no write permission"
        mode, changes = difference(edit.base, edit.body)
        try:
            wire.check_value(changes)
            self._append(reading.head.issue.number, changes, edit.event_id, run, mode=mode)
        except (InvalidObject, InvalidUpdate, LogFull, ValueTooLarge) as error:
            return f"it fits no event: {error}"

    # --- writing ----------------------------------------------------------------------------------

    def _commit(self, reading: Reading, posted: PostedReplies) -> ObjectIssue:
        """Write the state, unless the issue says all of it already; the issue as it is then."""
        head, state, comments = reading.head, reading.state, posted.comments(reading.log)
        assert head.object_id is not None
        new = any(not decision.creates for decision in reading.pending)
        unchanged = head.intact and head.checkpoint is not None and head.checkpoint.comments == comments
        if unchanged and not new and not head.uncommitted:
            return head
        before = head.checkpoint.watermark if head.checkpoint is not None and reading.proved else 0
        watermark = max(posted.last(reading.log), before)  # the comment that it names may be deleted
        after = head.after or (reading.begin.continues.after if reading.begin and reading.begin.continues else None)
        title = wire.write_title(
            head.object_id, state.version, state.time, watermark, comments, state.data, after=after
        )
        body = wire.write_body(state.data)
        with self.backend.uninterrupted():
            now = self.issues.read(head.issue.number)
            seen, built_on = now.issue, head.issue
            expected = seen.comments == comments or (reading.log.more and seen.comments > comments)
            if expected and (seen.title, seen.body, seen.labels) == (
                built_on.title,
                built_on.body,
                built_on.labels,
            ):
                try:
                    return self.issues.commit(head, title, body)
                except BackendUnavailable as error:
                    raise _Restart(unanswered=error) from error
        self.retry.sleep(self.backend.lag / 2)  # the answer may be an old one
        raise _Restart

    def _complete_receipts(self, reading: Reading) -> None:
        """Leave the receipts that a run before this one was cut off from leaving."""
        head = reading.head
        if head.checkpoint is None or not reading.proved:
            self.leave_missing([decision for decision in reading.known if decision.creates])
            return
        missing = self._without_receipt(head.issue.number, reading.log, head.checkpoint.watermark)
        if not missing:
            return
        replayed = reading if reading.known else self.reader.read(head, whole=True)
        for decision in replayed.known if replayed.proved else ():
            if decision.comment.id in missing:
                self.receipts.leave(decision.comment, decision.event, decision.outcome)

    def leave_missing(self, decisions: Iterable[Decision]) -> None:
        """Leave the receipts of those decided events that show none, in the order given."""
        for decision in decisions:
            if not self.receipts.shows(decision.comment):
                self.receipts.leave(decision.comment, decision.event, decision.outcome)

    def _without_receipt(self, number: int, log: Log, watermark: int) -> set[int]:
        """Going back from the watermark, the events down to the last that has a receipt."""
        missing: set[int] = set()
        for comment in self.comments.backwards(number, log):
            if comment.id > watermark or read_comment(comment) is None:
                continue
            if self.receipts.shows(comment):
                break
            missing.add(comment.id)
        return missing

    def close(self, head: ObjectIssue) -> ObjectIssue:
        """Close the issue, completing a deletion that was cut."""
        if head.issue.open:
            head = self.issues.set_open(head, False)
        if head.status is Status.DELETED and head.has_label(self.config.base_label):
            self.segments.archive(head)
            self.issues.label(head, self.config.base_label, on=False)
        return head


def creation_id(number: int) -> str:
    """The event_id of an initial state that is written for somebody else, the same whoever does."""
    return f"create-{number}"
