"""
One object: list, judge, GET, commit, seal, receipts, close; one loop that starts again on any surprise.

What makes it safe to cut anywhere, and to run twice at once:

- the commit writes state and watermark in one PATCH, so they never disagree;
- it follows a GET without a request or a pause between, so it never builds on an old copy;
- it leaves the issue open, and closing comes last, so a cut leaves work that the next run finds;
- the seal follows the commit, where the issue's author could change what was committed; without it, there is work left;
- the answer to the close tells whether anything has come meanwhile.
"""

from dataclasses import dataclass, field, replace
from typing import Final, NoReturn

from gh_store import wire
from gh_store.access.lookup import unconfirmed
from gh_store.domain.events import Draft
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
from gh_store.domain.issues import EditedComment
from gh_store.issues.object_issue import ObjectIssue, Status
from gh_store.log.decide import Decision
from gh_store.log.difference import difference
from gh_store.logger import logger
from gh_store.processing.completion import close, complete_receipts
from gh_store.processing.handover import Handover, creation_id
from gh_store.processing.replies import PostedReplies, Replies, overwritten
from gh_store.processing.result import ProcessResult
from gh_store.reading.reader import Reader
from gh_store.reading.values import Reading, stored

_ROUNDS: Final = 50
"""Surprises until a run gives up: others commit on each, so the object is in good hands."""


class _Restart(Exception):
    """
    A surprise: start again.

    Attributes:
        head: A newer copy of the issue, if an answer has brought one.
        expected: A comment that was written there, and is waited for.
        unanswered: The error of a commit whose outcome is unknown.
    """

    def __init__(
        self, head: ObjectIssue | None = None, *, expected: int = 0, unanswered: BackendUnavailable | None = None
    ) -> None:
        self.head = head
        self.expected = expected
        self.unanswered = unanswered


@dataclass(frozen=True, slots=True)
class _RunState:
    """
    What one run has done so far, which lists may not show yet.

    Attributes:
        draft: The issue may be one that is not an object yet.
        expected: A comment that is known to be there, and is waited for.
        edited: A comment that is known to be edited, by somebody who counts.
        decided: Comment id -> decision.
        posted: The replies it posted.
        events: The event_ids of what it appended to the log itself.
        moving: The issues that the object is to leave.
        completed: The successors that it took the object to.
    """

    draft: bool = False
    expected: int = 0
    edited: int = 0
    decided: dict[int, Decision] = field(default_factory=dict)
    posted: PostedReplies = field(default_factory=PostedReplies)
    events: set[str] = field(default_factory=set)
    moving: set[int] = field(default_factory=set)
    completed: set[int] = field(default_factory=set)


class Processor:
    """Brings objects up to date. Any number of them may run at once."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.repo = reader.repo
        self.replies = Replies(self.repo)
        self.handover = Handover(reader, self.replies)

    def apart(self) -> "Processor":
        """The same, for work in batches: see Repository.apart."""
        return Processor(Reader(self.repo.apart()))

    def preview(self, number: int) -> ProcessResult:
        """What `process` would come to; nothing is written."""
        head = self.reader.identified(self.repo.issues.read(number))
        if head.status is Status.WITHDRAWN:
            head = self.handover.last(head)
        reading = self.reader.with_unforwarded(self.reader.read(self._object(head), age=self.repo.patience))
        return ProcessResult(reading.head, reading.object, reading.pending)

    def process(
        self, head: ObjectIssue | int, *, expected: int = 0, edited: EditedComment | None = None
    ) -> ProcessResult:
        """
        Apply all that is pending, and complete whatever an earlier run left undone.

        Args:
            head: An issue's number, or what an answer has just told of it, which saves a request.
            expected: A comment that is known to be there, and is waited for.
            edited: A comment that was edited: if that came too late, its author is told.
        Raises:
            ObjectNotFound: The issue holds no object.
            InsufficientScope: The current user may not ask who is authorised; nothing was written.
            BackendUnavailable: The object changed under every attempt.
        """
        run = _RunState(expected=expected, edited=self.replies.looked_for(edited))
        return self._run(self._current(head), run)

    def process_draft(self, head: ObjectIssue | int) -> ProcessResult:
        """The same of an issue that is being filled, and is not an object yet."""
        return self._run(self._current(head), _RunState(draft=True))

    def move(self, head: ObjectIssue) -> ProcessResult:
        """The same, and take the object to another issue, also if this one has room."""
        return self._run(head, _RunState(moving={head.number}))

    def _current(self, head: ObjectIssue | int) -> ObjectIssue:
        return self.repo.issues.read(head) if isinstance(head, int) else head

    def _run(self, current: ObjectIssue, run: _RunState) -> ProcessResult:
        unanswered = limited = 0
        for _ in range(_ROUNDS):
            try:
                return self._attempt(self._object(current), run)
            except _Restart as again:
                if again.head is not None and again.head.number != current.number:
                    run = _RunState(run.draft, decided=run.decided, completed=run.completed)
                run = replace(run, expected=again.expected or run.expected)
                if again.unanswered is not None:
                    unanswered += 1
                    if unanswered >= self.repo.config.retries_max_attempts:
                        raise again.unanswered from None
                    self.repo.retry.sleep(self.repo.backend.cutoff)  # then the issue tells what became of it
                current = again.head or self.repo.issues.read(current.number)
            except RateLimited as error:  # at the commit, which may not wait between GET and PATCH
                self.repo.retry.wait_out(error, limited)
                limited += 1
                current = self.repo.issues.read(current.number)
        raise BackendUnavailable(
            f"Issue {current.number} changed under each of {_ROUNDS} attempts.", outcome_unknown=False
        )

    def _object(self, head: ObjectIssue) -> ObjectIssue:
        """The head, if labels nominate it and authority admits it."""
        if head.status is Status.NO_OBJECT:
            raise ObjectNotFound(f"Issue {head.number} holds no object.")
        head = self.reader.identified(head)
        if head.object_id is None:
            raise IntegrityError(f"Issue {head.number} does not tell the id of its object any more.")
        if head.status in (Status.ACTIVE, Status.DELETED) and not self.repo.authority.confirms(head):
            raise unconfirmed(head)
        return head

    # --- one attempt ------------------------------------------------------------------------------

    def _attempt(self, head: ObjectIssue, run: _RunState) -> ProcessResult:
        """One round of the object; where it has left the issue, of what came there later."""
        if head.status is Status.WITHDRAWN and not run.draft:
            there = self.handover.forward(head)
            raise _Restart(there.head, expected=there.expected)
        if head.uncommitted and head.status is not Status.DELETED and head.number not in run.completed:
            run.completed.add(head.number)
            there = self.handover.hand_over(head)
            moved = there.head.number != head.number or there.head.status is not head.status
            raise _Restart(there.head if moved else None, expected=there.expected)
        reading = self.reader.read(head, age=self.repo.patience, expected=run.expected)
        head, log = reading.head, reading.log
        self._complete_creation(reading, run)
        put_back = self._keep_edit(reading, run)
        self.replies.tell(head.number, log, reading.pending, run.posted)
        if put_back is not None:
            self.replies.tell_put_back(head.number, log, *put_back, run.posted)
        later = self.replies.tell_edited(reading, run.edited, run.decided, run.posted)
        comments = run.posted.comments(log)
        committed = self.seal(self._commit(reading, run.posted))
        run.decided.update((decision.comment.id, decision) for decision in reading.pending)
        complete_receipts(self.reader, reading)
        for decision in reading.pending:
            if not (decision.creates and self.repo.receipts.shows(decision.comment)):
                self.repo.receipts.leave(decision.comment, decision.event, decision.outcome)
        _log(reading)
        if self.handover.is_due(committed) or committed.number in run.moving:
            raise _Restart(self.handover.successor(committed))
        closed = close(self.handover, committed)
        if closed.issue.comments != comments or closed.issue.title != committed.issue.title or later:
            raise _Restart(closed)
        decided = tuple(run.decided[comment_id] for comment_id in sorted(run.decided))
        return ProcessResult(closed, stored(closed, reading.state), decided)

    def _complete_creation(self, reading: Reading, run: _RunState) -> None:
        """Write the initial state of an object whose creator was cut off before it could."""
        head = reading.head
        begun = head.checkpoint is None or head.checkpoint.watermark > 0 or head.after is not None
        if begun or not head.intact or reading.earlier.begin is not None:
            return
        assert head.object_id is not None
        if head.status is Status.ACTIVE and self._has_rival(head, head.object_id):
            self.repo.writer.withdraw(head)
            raise ObjectNotFound(f"Issue {head.number} was withdrawn: another one holds {head.object_id!r}.")
        draft = Draft(head.body, creation_id(head.number), attempt=2, initial_of=head.object_id)
        self._append(head.number, draft, run)

    def _append(self, number: int, draft: Draft, run: _RunState) -> NoReturn:
        """Append an event of our own, which another run may have appended too, and start again."""
        if draft.event_id in run.events:
            self.repo.retry.sleep(self.repo.backend.lag / 2)  # no list shows it yet
        else:
            self.repo.rights.require(self.repo.comments.append(number, draft).author)
            run.events.add(draft.event_id)
        raise _Restart

    def _has_rival(self, head: ObjectIssue, object_id: str) -> bool:
        """True if another active issue of the same id goes before this incomplete one."""
        issues = self.repo.issues
        others = {other.number: other for other in (*issues.search(object_id), *issues.newest(object_id))}
        others.pop(head.number, None)
        complete = [other for other in others.values() if not other.incomplete]
        if self.repo.authority.earliest(complete) is not None:
            return True
        return self.repo.authority.earliest([head, *others.values()]) not in (head, None)

    def _keep_edit(self, reading: Reading, run: _RunState) -> tuple[str, str] | None:
        """Append a hand edit to the log as an event; or what has to be put back, and why."""
        edit, head = reading.edit, reading.head
        if reading.forged or (edit is not None and not self.repo.authority.counts_author(head)):
            return overwritten(head.number)
        if edit is None:
            return None
        if head.uncommitted:
            return edit.event_id, "the object had not gone on in this issue yet"
        if edit.body is None:
            return edit.event_id, "it is not a JSON object that the store could hold"
        if not self.repo.authority.counts_edits(head):
            return edit.event_id, "with access.codeowners, an edit tells not whose it is"
        if head.checkpoint is None:
            # Receipts, not the title, told what the body lacks: a run that has just committed may have left them.
            self.repo.wait_out_lag()
            now = self.repo.issues.read(head.number)
            if (now.issue.title, now.issue.body) != (head.issue.title, head.issue.body):
                raise _Restart(now)
        mode, changes = difference(edit.base, edit.body)
        try:
            wire.check_value(changes)
            self._append(head.number, Draft(changes, edit.event_id, mode, attempt=2), run)
        except (InvalidObject, InvalidUpdate, LogFull, ValueTooLarge) as error:
            return edit.event_id, f"it fits no event: {error}"

    # --- writing ----------------------------------------------------------------------------------

    def _commit(self, reading: Reading, posted: PostedReplies) -> ObjectIssue:
        """Write the state, unless the issue says all of it already; the issue as it is then."""
        head, state, comments = reading.head, reading.state, posted.comments(reading.log)
        assert head.object_id is not None
        new = head.uncommitted or any(not decision.creates for decision in reading.pending)
        unchanged = head.checkpoint is not None and head.checkpoint.comments == comments
        if unchanged and not new and self.repo.authority.believes(head):
            return head
        watermark = max(posted.last(reading.log), reading.watermark)  # the comment that it names may be deleted
        title = wire.write_title(
            head.object_id, state.version, state.time, watermark, comments, state.data, after=reading.after
        )
        body = wire.write_body(state.data)
        with self.repo.backend.uninterrupted():
            now, built_on = self.repo.issues.read(head.number).issue, head.issue
            expected = now.comments == comments or (reading.log.more and now.comments > comments)
            if expected and (now.title, now.body, now.labels) == (built_on.title, built_on.body, built_on.labels):
                try:
                    return self.repo.writer.write(head, title, body, open=True)
                except BackendUnavailable as error:
                    raise _Restart(unanswered=error) from error
        self.repo.retry.sleep(self.repo.backend.lag / 2)  # the answer may be an old one
        raise _Restart

    def seal(self, head: ObjectIssue) -> ObjectIssue:
        """
        Seal a committed head; harmless to repeat.

        Due where its author could change it unnoticed, and where labels could bring back what has had its id before.
        """
        if head.status is not Status.ACTIVE or not head.intact or head.sealed:
            return head
        if head.seal_in_force is None and not head.again and self.repo.rights.standing(head.issue.author):
            return head
        return self.repo.writer.seal(head)


def _log(reading: Reading) -> None:
    number = reading.head.number
    for decision in reading.pending:
        if decision.error is not None:
            logger.warning("Issue {}: event {} rejected: {}", number, decision.comment.id, decision.error)
    if reading.pending:
        logger.info("Issue {}: {!r} is at version {}.", number, reading.head.object_id, reading.state.version)
