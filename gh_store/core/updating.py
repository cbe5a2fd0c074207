"""Updating an object: look it up, append the event, reopen; and what has become of it."""

import uuid
from typing import Any

from gh_store.core import wire
from gh_store.core.exceptions import ConcurrentUpdateError, LogFull
from gh_store.core.fold import Rejection, fold
from gh_store.core.processor import Processor
from gh_store.core.reading import stored
from gh_store.core.replay import deleted
from gh_store.core.types import Event, JsonObject, Mode, Outcome, StoredObject
from gh_store.handlers.issue import Head, Status

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
        number = self._room(object_id, expected_version if event_id is None else None)
        name, attempt = (uuid.uuid4().hex, 1) if event_id is None else (event_id, 2)  # 2 is compared with the log
        while True:
            comment = self.processor.comments.append(
                number, changes, event_id=name, mode=mode, attempt=attempt, expected_version=expected_version
            )
            self.processor.access.require(comment.author)
            head = self.reader.identified(self.issues.reopen(number))
            self.issues.remember(head)
            if head.status is Status.ACTIVE:
                break
            self.issues.forget(object_id)
            if head.status is not Status.WITHDRAWN:
                raise deleted(head)
            # Another issue holds the object now; what is carried over to it may be this very event.
            number, attempt = self.issues.find(object_id).issue.number, 2
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

    def _room(self, object_id: str, expected_version: int | None) -> int:
        """The object's issue, if it has room for another event and nothing known forbids it."""
        seen = self.issues.seen(object_id)
        if seen is None or self.max_concurrent_updates is not None:
            head = self.issues.find(object_id)
            seen = self.issues.seen(object_id)
            waiting = head.issue.comments - (head.bracket.comments if head.bracket else 0)
            if self.max_concurrent_updates is not None and waiting > self.max_concurrent_updates:
                raise ConcurrentUpdateError(
                    f"{object_id!r} has {waiting} comments to process; {self.max_concurrent_updates} may wait.",
                    expected=self.max_concurrent_updates,
                    actual=waiting,
                    hint="Try again when they are processed.",
                )
            if seen is None:  # a creation that was cut: complete it first
                self.processor.process(head)
                return self._room(object_id, expected_version)
        if seen.comments >= self.config.log_max_events:
            raise LogFull(
                f"The issue of {object_id!r} has {seen.comments:,} comments; "
                f"updates stop at {self.config.log_max_events:,}.",
                comments=seen.comments,
                limit=self.config.log_max_events,
            )
        if expected_version is not None and seen.version > expected_version:  # versions only grow
            raise ConcurrentUpdateError(
                f"Expected version {expected_version}, but the object is at version {seen.version}.",
                expected=expected_version,
                actual=seen.version,
            )
        return seen.number

    def _as_if_alone(self, head: Head, event: Event) -> StoredObject:
        if not head.proven or head.bracket is None:
            return self.reader.view(head)
        state = head.state()
        result = fold(state, event)
        waiting = max(1, head.issue.comments - head.bracket.comments)
        return stored(head, state if isinstance(result, Rejection) else result, waiting)

    def _processed(self, head: Head, event: Event) -> StoredObject:
        run = self.processor.process(head)
        decision = run.outcome(event.position)
        if decision is None:  # another processor was faster
            return self._waited(head.issue.number, event, 0)
        if decision.outcome is Outcome.DUPLICATE:
            self.processor.replies.raise_rejection(head.issue.number, event.position)
        if decision.error is not None:
            decision.error.rejected = True
            raise decision.error
        return run.object

    def _waited(self, number: int, event: Event, seconds: float) -> StoredObject:
        """Poll until the event is decided, or the time is over."""
        waited, pause = 0.0, _FIRST_POLL
        while True:
            head = self.reader.identified(self.issues.read(number))
            if head.bracket is not None and head.bracket.watermark >= event.position:
                self.processor.replies.raise_rejection(number, event.position)
                return self.reader.view(head)
            if waited >= seconds:
                return self._as_if_alone(head, event)
            pause = min(pause, seconds - waited)
            self.retry.sleep(pause)
            waited, pause = waited + pause, min(2 * pause, _LONGEST_POLL)
