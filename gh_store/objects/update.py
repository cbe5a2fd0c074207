"""Updating an object: look it up, append the event, reopen; and what has become of it."""

import uuid
from dataclasses import replace
from typing import Any

from gh_store import wire
from gh_store.domain.events import Event, Outcome, Place
from gh_store.domain.exceptions import ConcurrentUpdateError, LogFull
from gh_store.domain.values import JsonObject, Mode, StoredObject
from gh_store.issues.object_issue import ObjectIssue, Status, deleted
from gh_store.log.fold import Rejection, fold
from gh_store.processing.processor import Processor
from gh_store.reading.reader import stored

_FIRST_POLL = 1.0
_LONGEST_POLL = 10.0


class Updater:
    """
    Appends update events.

    Args:
        max_concurrent_updates: The most comments past those that the last commit knew, or None.
    """

    def __init__(self, processor: Processor, max_concurrent_updates: int | None) -> None:
        self.processor = processor
        self.reader = processor.reader
        self.issues = processor.issues
        self.config = processor.config
        self.retry = processor.retry
        self.max_concurrent_updates = max_concurrent_updates

    def update(
        self,
        object_id: str,
        changes: JsonObject | list[Any],
        mode: Mode,
        expected_version: int | None,
        event_id: str | None,
        *,
        process: bool,
        wait: float | None,
    ) -> StoredObject:
        """Append an event of checked content; see Store.update."""
        number = self._issue(object_id, expected_version if event_id is None else None)
        name, attempt = (uuid.uuid4().hex, 1) if event_id is None else (event_id, 2)  # 2 is compared with the log
        left: Place | None = None
        while True:
            try:
                comment = self.processor.comments.append(
                    number,
                    changes,
                    event_id=name,
                    mode=mode,
                    attempt=attempt,
                    expected_version=expected_version,
                    forwarded=left,
                    copied_once=event_id is None,
                )
            except LogFull as error:
                error.hint = (
                    f"`gh-store process-updates --issue {number}` takes the object to a new one; then try again."
                )
                raise
            self.processor.access.require(comment.author)
            head = self.reader.identified(self.issues.reopen(number))
            self.issues.remember(head)
            if head.status is Status.ACTIVE:
                break
            self.issues.forget(object_id)
            if head.status is not Status.WITHDRAWN:
                raise deleted(head)
            # The object has left this issue, and this event has to follow. Others may forward it, too.
            left, number, attempt = Place(number, comment.id), self._next(head, object_id), 2
        event = Event(
            position=comment.id,
            time=comment.created_at,
            mode=mode,
            data=changes,
            size=wire.WORST_GROWTH * len(comment.body),
            expected_version=expected_version,
        )
        if process:
            return self._processed(head, event)
        if wait is not None:
            return self._waited(number, event, wait)
        return self._as_if_alone(head, event)

    def _next(self, head: ObjectIssue, object_id: str) -> int:
        """The issue to write to instead of one that the object has left, or where it never was."""
        if not head.retired:
            return self.issues.find(object_id).issue.number
        last = self.processor.segments.last(head)
        if last.status is Status.DELETED:
            raise deleted(last)
        return last.issue.number

    def _issue(self, object_id: str, expected_version: int | None) -> int:
        """The object's issue, if nothing known forbids another event."""
        seen = self.issues.seen(object_id)
        if seen is None or self.max_concurrent_updates is not None:
            head = self.issues.find(object_id)
            seen = self.issues.seen(object_id)
            waiting = head.issue.comments - (head.checkpoint.comments if head.checkpoint else 0)
            if self.max_concurrent_updates is not None and waiting > self.max_concurrent_updates:
                raise ConcurrentUpdateError(
                    f"{object_id!r} has {waiting} comments to process; {self.max_concurrent_updates} may wait.",
                    expected=self.max_concurrent_updates,
                    actual=waiting,
                    hint="Try again when they are processed.",
                )
            if seen is None:  # a creation that was cut: complete it first
                self.processor.process(head)
                return self._issue(object_id, expected_version)
        if expected_version is not None and seen.version > expected_version:  # versions only grow
            raise ConcurrentUpdateError(
                f"Expected version {expected_version}, but the object is at version {seen.version}.",
                expected=expected_version,
                actual=seen.version,
            )
        return seen.number

    def _raise_rejection(self, head: ObjectIssue, position: int) -> None:
        """Raise what an event was rejected for, if it was; in whichever issue it was told."""
        self.processor.replies.raise_rejection(self.reader.told(head, position), position)

    def _as_if_alone(self, head: ObjectIssue, event: Event) -> StoredObject:
        if not head.intact or head.checkpoint is None:
            return self.reader.view(head)
        state = head.state()
        result = fold(state, event)
        waiting = max(1, head.issue.comments - head.checkpoint.comments)
        return stored(head, state if isinstance(result, Rejection) else result, waiting)

    def _processed(self, head: ObjectIssue, event: Event) -> StoredObject:
        run = self.processor.process(head)
        decision = run.outcome(event.position)
        if decision is None:  # another processor was faster
            return self._waited(head.issue.number, event, 0)
        if decision.outcome is Outcome.DUPLICATE:
            self._raise_rejection(head, event.position)
        if decision.error is not None:
            decision.error.rejected = True
            raise decision.error
        return run.object

    def _waited(self, number: int, event: Event, seconds: float) -> StoredObject:
        """Poll until the event is decided, or the time is over."""
        waited, pause = 0.0, _FIRST_POLL
        while True:
            head = self.reader.identified(self.issues.read(number))
            if head.retired:
                head, position = self.processor.segments.whereabouts(head, event.position)
                number, event = head.issue.number, replace(event, position=position)
            if head.retired or (head.checkpoint is not None and head.checkpoint.watermark >= event.position):
                self._raise_rejection(head, event.position)
                return self.reader.view(self.processor.segments.last(head) if head.retired else head)
            if waited >= seconds:
                return self._as_if_alone(head, event)
            pause = min(pause, seconds - waited)
            self.retry.sleep(pause)
            waited, pause = waited + pause, min(2 * pause, _LONGEST_POLL)
