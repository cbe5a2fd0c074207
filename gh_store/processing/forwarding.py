"""What reaches an issue that its object has left goes to where the object is; as often as it takes, and counts once."""

from collections.abc import Sequence

from gh_store import wire
from gh_store.domain.events import Event, Malformed, Outcome, Place
from gh_store.domain.exceptions import GitHubStoreError, InvalidUpdate, ValueTooLarge
from gh_store.domain.issues import Comment
from gh_store.domain.values import State
from gh_store.issues.object_issue import ObjectIssue
from gh_store.log.comments import Log
from gh_store.log.decide import Decision
from gh_store.log.difference import difference
from gh_store.log.duplicates import same_event
from gh_store.processing.replies import PostedReplies, Replies
from gh_store.reading.reader import Reader, edit_id


class Forwarder:
    """Copies events from an issue to where the object is that has left it."""

    def __init__(self, reader: Reader, replies: Replies) -> None:
        self.reader = reader
        self.replies = replies
        self.issues = reader.issues
        self.comments = reader.comments
        self.receipts = reader.receipts

    def drain(
        self, old: ObjectIssue, state: State, taken: int, count: int, last: ObjectIssue, *, beginning: int = 0
    ) -> None:
        """
        Forward the events of an issue after the comment `taken`, and then say so in its title.

        Args:
            state: The state that its successor begins with: what its body is to show.
            count: How many comments stand up to `taken`, about.
            last: Where the object is.
            beginning: The event that the issue begins with, if that is after `taken`: no update to forward.
        """
        assert old.object_id is not None
        posted = PostedReplies()
        kept = self._forward_edit(old, last)
        while True:
            position, before = taken, count
            if old.drained and old.checkpoint is not None:
                position, before = old.checkpoint.watermark, old.checkpoint.comments
            log = self.reader.log_after(old, position, before)
            if not kept:
                why = f"the object has gone on in issue {last.issue.number}"
                self.replies.tell_put_back(old.issue.number, log, edit_id(old, position), why, posted)
            events = self.reader.authority.counting(log.comments, position)
            self._forward_all(old, log, [each for each in events if each[0].id != beginning], state, last, posted)
            title = wire.write_title(
                old.object_id,
                state.version,
                state.time,
                max(posted.last(log), position),
                posted.comments(log),
                state.data,
                after=old.after,
                retired=True,
            )
            old = self.issues.conclude(old, title, wire.write_body(state.data))
            if old.issue.comments == posted.comments(log):
                return
            kept = True  # what was told is told

    def _forward_edit(self, old: ObjectIssue, last: ObjectIssue) -> bool:
        """Make an event of a hand edit that came before the object left; False for one that is put back."""
        if old.intact:
            return True
        if old.checkpoint is None or old.checkpoint.retired or not self.reader.access.trusts(old.issue.author):
            return False
        reading = self.reader.read(old, whole=True)
        edit = reading.edit
        if edit is None or edit.body is None or not reading.proved:
            return edit is None
        mode, changes = difference(edit.base, edit.body)
        try:
            self.comments.append(last.issue.number, changes, event_id=edit.event_id, mode=mode, attempt=2)
        except ValueTooLarge:
            return False
        return True

    def _forward_all(
        self,
        old: ObjectIssue,
        log: Log,
        events: Sequence[tuple[Comment, Event | Malformed]],
        state: State,
        last: ObjectIssue,
        posted: PostedReplies,
    ) -> None:
        refused: list[Decision] = []
        there = self._there(old, events, last) if events else {}
        for comment, event in events:
            known = there.get(_name(event)) if isinstance(event, Event) else None
            repeated = known is not None and same_event(known, event)
            error = None if repeated else self._forwarded(Place(old.issue.number, comment.id), event, last)
            if error is not None:
                refused.append(Decision(comment, event, Outcome.REJECTED, state, error))
            else:
                self.receipts.leave(comment, event, Outcome.DUPLICATE)
        self.replies.tell(old.issue.number, log, tuple(refused), posted)
        for decision in refused:
            self.receipts.leave(decision.comment, decision.event, decision.outcome)

    def _there(
        self, old: ObjectIssue, events: Sequence[tuple[Comment, Event | Malformed]], last: ObjectIssue
    ) -> dict[str, Event]:
        """
        Events that need not be forwarded again, by event_id: they are where the object is, or went there with it.

        Without this, two that forward the same at once would double it at every move.
        """
        before: list[tuple[Comment, Event | Malformed]] = []
        if any(isinstance(event, Event) and event.attempt > 1 for _, event in events):
            first = events[0][0].id
            earlier = self.comments.whole(old.issue.number).comments
            before = self.reader.authority.counting([comment for comment in earlier if comment.id < first])
        before += self.reader.authority.counting(self.comments.whole(last.issue.number).comments)
        return {event.event_id: event for _, event in before if isinstance(event, Event) and event.event_id is not None}

    def _forwarded(self, place: Place, event: Event | Malformed, last: ObjectIssue) -> GitHubStoreError | None:
        """Copy an event to where the object is; or the error that it is rejected for."""
        if isinstance(event, Malformed):
            return InvalidUpdate(event.why)
        if event.initial:
            return InvalidUpdate("The object has its initial state already.")
        try:
            self.comments.append(
                last.issue.number,
                event.data,
                event_id=_name(event),
                mode=event.mode,
                attempt=max(2, event.attempt),  # somebody else may forward it, too
                expected_version=event.expected_version,
                origin=wire.meta_origin(event.meta),
                forwarded=place,
                copied_once=event.attempt == 1,
            )
        except ValueTooLarge as error:
            return error
        return None


def _name(event: Event) -> str:
    """The event_id of a copy, whoever makes it."""
    return event.event_id or f"forward-{event.position}"
