"""Updating an object: look it up, append the event, reopen; and what has become of it."""

import uuid
from dataclasses import dataclass, field, replace

from gh_store import wire
from gh_store.access.lookup import find
from gh_store.domain.commands import command
from gh_store.domain.counts import several
from gh_store.domain.events import Draft, Event, Outcome, Place
from gh_store.domain.exceptions import (
    BackendUnavailable,
    ConcurrentUpdateError,
    GitHubStoreError,
    InsufficientScope,
    LogFull,
    ObjectNotFound,
    RateLimited,
)
from gh_store.domain.values import JsonObject, Mode, State, StoredObject
from gh_store.issues.object_issue import ObjectIssue, Status, deleted
from gh_store.log.fold import Rejection, fold
from gh_store.logger import logger
from gh_store.processing.processor import Processor
from gh_store.reading import history
from gh_store.reading.values import Reading, stored

_FIRST_POLL = 1.0
_LONGEST_POLL = 10.0
_SHOWN = 1_000


@dataclass(frozen=True, slots=True)
class Written:
    """An event that was written: the issue as it was then, and the event."""

    head: ObjectIssue
    event: Event


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the last update of an object showed: its issue's title and count then, and what they came to."""

    title: str
    comments: int
    state: State
    pending: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The object as of now, and why the event that was just written will be rejected, if that is known."""

    object: StoredObject
    error: GitHubStoreError | None = None


@dataclass(frozen=True, slots=True)
class Updater:
    """
    Appends update events.

    Attributes:
        processor: Applies them where that is asked for.
        max_concurrent_updates: The most comments past those that the last commit knew, or None.
        shown: What was shown last, by issue; a program that writes event after event reads none of them again.
    """

    processor: Processor
    max_concurrent_updates: int | None
    shown: dict[int, _Shown] = field(default_factory=dict)

    def apart(self) -> "Updater":
        """The same, for work in batches: see Repository.apart."""
        return Updater(self.processor.apart(), self.max_concurrent_updates)

    def update(self, object_id: str, draft: Draft, *, process: bool, wait: float | None) -> StoredObject:
        """
        Append an event of checked content; see Store.update.

        Args:
            draft: With an event_id of the caller's, or an empty one.
        """
        written: Written | None = None
        named = draft.event_id or uuid.uuid4().hex
        # What has a name of the caller's may have been written before, and is compared with the log.
        draft = replace(draft, event_id=named, attempt=2 if draft.event_id else 1, copied_once=not draft.event_id)
        try:
            written = self._write(object_id, draft)
            if process:
                return self._processed(written)
            if wait is not None:
                return self._waited(written, wait)
            return self._warned(self._as_of_now(written.head, written.event))
        except GitHubStoreError as error:
            if written is not None or error.written:
                error.tell_written(named)
            raise

    def replace(self, object_id: str, data: JsonObject, expected_version: int | None) -> StoredObject:
        """
        Append an event that replaces the state.

        Raises:
            GitHubStoreError: Of whatever kind the event will be rejected with; `rejected` and `written` are True then.
        """
        draft = Draft(
            data, uuid.uuid4().hex, Mode.REPLACE, expected_version=expected_version, copied_once=True
        )  # fmt: skip  # one event
        written = self._write(object_id, draft)
        try:
            answer = self._as_of_now(written.head, written.event)
            if answer.error is not None:
                answer.error.rejected = True
                raise answer.error
        except GitHubStoreError as error:
            error.written, error.event_id = True, draft.event_id
            raise
        return answer.object

    def look(self, head: ObjectIssue) -> StoredObject:
        """The object as `get` shows it. An update that comes next does not read that again."""
        reader = self.processor.reader
        head = reader.identified(head)
        if head.settled and self.processor.repo.authority.believes(head):
            return stored(head, head.state())
        try:
            return self.seen(reader.with_unforwarded(reader.read(head)))
        except InsufficientScope:
            return reader.view(head)

    def seen(self, reading: Reading) -> StoredObject:
        """The object as of a reading, which an update that comes next builds on."""
        obj = reading.object
        self._keep(reading.head, reading.state, obj.meta.pending or 0)
        return obj

    def _write(self, object_id: str, draft: Draft) -> Written:
        """Post the event, and wake the processor; where the object has gone on meanwhile, once more where it is."""
        repo = self.processor.repo
        number = self._issue(object_id, draft.expected_version if draft.attempt == 1 else None)
        written = False
        try:
            while True:
                try:
                    comment = repo.comments.append(number, draft)
                except (LogFull, ObjectNotFound):  # a program that runs long may know an issue that the object has left
                    repo.index.forget(object_id)
                    refused, number = number, find(repo, object_id).number
                    if number == refused:
                        raise
                    continue
                written = True
                repo.rights.require(comment.author)
                head = self.processor.reader.identified(self._reopened(number, object_id))
                repo.index.remember(head)
                if head.status is Status.ACTIVE:
                    event = Event(
                        comment.id, comment.created_at, draft.mode, draft.data, wire.WORST_GROWTH * len(comment.body),
                        attempt=draft.attempt, expected_version=draft.expected_version,
                    )  # fmt: skip  # what the fold needs of it
                    return Written(head, event)
                repo.index.forget(object_id)
                if head.status is not Status.WITHDRAWN:
                    raise deleted(head)
                # The object has left this issue, and this event has to follow. Others may forward it, too.
                draft = replace(draft, attempt=2, forwarded=Place(number, comment.id))
                number = self._next(head, object_id)
        except LogFull as error:
            error.hint = f"`gh-store process-updates --issue {number}` takes the object to a new one; then try again."
            raise
        except GitHubStoreError as error:
            error.written = written
            if error.in_doubt and not written:
                error.tell_in_doubt(draft.event_id)
            raise

    def _reopened(self, number: int, object_id: str) -> ObjectIssue:
        """The issue, reopened; the event is written, so whatever forbids that is not told as a failure."""
        repo = self.processor.repo
        known = repo.index.get(object_id)
        try:
            return repo.writer.reopen(number)
        except (BackendUnavailable, InsufficientScope, RateLimited) as error:
            logger.warning("Issue {} was not reopened; the next sweep finds the event: {}", number, error)
        try:
            return repo.issues.read(number)
        except (BackendUnavailable, RateLimited):
            if known is None or known.head is None or known.number != number:
                raise
            # What it was when it was seen last, and the comment that has just been written.
            return replace(known.head, issue=replace(known.head.issue, comments=known.comments + 1))

    def _next(self, head: ObjectIssue, object_id: str) -> int:
        """The issue to write to instead of one that the object has left, or where it never was."""
        if not head.retired:
            return find(self.processor.repo, object_id).number
        last = self.processor.handover.last(head)
        if last.status is Status.DELETED:
            raise deleted(last)
        return last.number

    def _issue(self, object_id: str, expected_version: int | None) -> int:
        """The object's issue, if nothing that was just read forbids another event."""
        index, most = self.processor.repo.index, self.max_concurrent_updates
        known = index.get(object_id)
        # A version that was seen before is no reason to refuse: the object may have begun a new life since.
        in_doubt = known is not None and expected_version is not None and known.version > expected_version
        if known is not None and most is None and not in_doubt:
            return known.number
        head = find(self.processor.repo, object_id)
        known, checkpoint = index.get(object_id), head.checkpoint
        waiting = head.issue.comments - (checkpoint.comments if checkpoint else 0)
        if most is not None and waiting > most:
            raise ConcurrentUpdateError(
                f"{object_id!r} has {several('comment', waiting)} to process; {most} may wait.",
                expected=most,
                actual=waiting,
                hint=f"Try again when they are processed: `gh-store process-updates --issue {head.number}` does that.",
            )
        if known is None:  # a creation that was cut: complete it first
            self.processor.process(head)
            return self._issue(object_id, expected_version)
        if expected_version is not None and known.version > expected_version:  # versions only grow
            raise ConcurrentUpdateError(
                f"Expected version {expected_version}, but the object is at version {known.version}.",
                expected=expected_version,
                actual=known.version,
                hint=f"{command('get', object_id)} shows it; repeat the update with its new version.",
            )
        return known.number

    # --- what has become of it --------------------------------------------------------------------

    def _warned(self, answer: Answer) -> StoredObject:
        if answer.error is not None:
            logger.warning(
                "{!r}: the event is written, and will be rejected: {}", answer.object.meta.object_id, answer.error
            )
        return answer.object

    def _as_of_now(self, head: ObjectIssue, event: Event) -> Answer:
        """The object as `get` would show it; where nothing else came meanwhile, that takes no further request."""
        before = self._before(head)
        if before is None or event.attempt > 1:  # it may repeat any event
            return self._read_now(head, event.position)
        result = fold(before.state, event, self.processor.repo.schemas.judge(head.object_id))
        if isinstance(result, Rejection):
            return self._answer(head, before.state, before.pending, result.error)
        return self._answer(head, result, before.pending + 1)

    def _read_now(self, head: ObjectIssue, position: int) -> Answer:
        reader = self.processor.reader
        try:
            reading = reader.with_unforwarded(reader.read(head, expected=position))
        except InsufficientScope:
            return Answer(reader.view(head))
        errors = (each.error for each in reading.pending if each.comment.id == position)
        return self._answer(reading.head, reading.state, reading.object.meta.pending or 0, next(errors, None))

    def _before(self, head: ObjectIssue) -> _Shown | None:
        """What the object came to before the last comment, if this process knows that."""
        if head.uncommitted or not self.processor.repo.authority.believes(head):
            return None
        shown, at = self.shown.get(head.number), head.checkpoint
        if shown is not None and (shown.title, shown.comments + 1) == (head.issue.title, head.issue.comments):
            return shown
        if at is not None and at.comments + 1 == head.issue.comments:
            return _Shown(head.issue.title, at.comments, head.state(), 0)
        return None

    def _answer(self, head: ObjectIssue, state: State, pending: int, error: GitHubStoreError | None = None) -> Answer:
        self._keep(head, state, pending)
        return Answer(stored(head, state, max(1, pending)), error)

    def _keep(self, head: ObjectIssue, state: State, pending: int) -> None:
        # What is kept here for the next update is not what the caller holds.
        own = replace(state, data=wire.copy_value(state.data))
        self.shown[head.number] = _Shown(head.issue.title, head.issue.comments, own, pending)
        while len(self.shown) > _SHOWN:
            self.shown.pop(next(iter(self.shown)), None)

    def _processed(self, written: Written) -> StoredObject:
        position = written.event.position
        run = self.processor.process(written.head, expected=position)  # an issue that was not reopened may show less
        decision = run.outcome(position)
        if decision is None:  # another processor was faster
            return self._waited(written, 0)
        if decision.outcome is Outcome.DUPLICATE:
            self._is_told(written.head, position)
        if decision.error is not None:
            decision.error.rejected = True
            raise decision.error
        return run.object

    def _waited(self, written: Written, seconds: float) -> StoredObject:
        """Poll until the event is decided, or the time is over."""
        repo, reader, handover = self.processor.repo, self.processor.reader, self.processor.handover
        number, position = written.head.number, written.event.position
        begun, pause = repo.retry.clock(), _FIRST_POLL
        while True:
            head = reader.identified(repo.issues.read(number))
            if head.retired:
                head, position = handover.whereabouts(head, position)
                number = head.number
            decided = head.retired or (head.checkpoint is not None and head.checkpoint.watermark >= position)
            left = begun + seconds - repo.retry.clock()
            if decided and self._is_told(head, position):
                return reader.view(handover.last(head) if head.retired else head)
            if left <= 0:
                if not decided:
                    return self._warned(self._read_now(head, position))
                self._raise_rejection(head, position)
                return reader.view(handover.last(head) if head.retired else head)
            repo.retry.sleep(min(pause, left))
            pause = min(2 * pause, _LONGEST_POLL)

    def _is_told(self, head: ObjectIssue, position: int) -> bool:
        """Raise what an event was rejected for, in whichever issue; True if its receipt says that it was applied."""
        return self.processor.replies.raise_rejection(self.processor.reader.told(head, position), position)

    def _raise_rejection(self, head: ObjectIssue, position: int) -> None:
        """The same from the log alone: a run that was cut told nobody, and left no receipt yet."""
        reader = self.processor.reader
        decisions = history.decisions_of(reader, reader.read(head, whole=True))
        error = next((decision.error for decision, _ in decisions if decision.comment.id == position), None)
        if error is not None:
            error.rejected = True
            raise error
