"""What reaches an issue that its object has left goes to where the object is; as often as it takes, and counts once."""

from collections.abc import Sequence

from gh_store import wire
from gh_store.domain.events import Draft, Event, Malformed, Outcome, Place
from gh_store.domain.exceptions import GitHubStoreError, InvalidUpdate, ValueTooLarge
from gh_store.domain.issues import Comment
from gh_store.domain.values import State
from gh_store.issues.object_issue import ObjectIssue
from gh_store.log.comments import Log
from gh_store.log.decide import Decision, malformed
from gh_store.log.difference import difference
from gh_store.log.duplicates import same_event
from gh_store.processing.replies import PostedReplies, Replies, overwritten
from gh_store.reading.edits import edit_id
from gh_store.reading.reader import Reader


class Forwarder:
    """Copies events from an issue to where the object is that has left it."""

    def __init__(self, reader: Reader, replies: Replies) -> None:
        self.reader = reader
        self.repo = reader.repo
        self.replies = replies

    def drain(self, old: ObjectIssue, state: State, taken: int, last: ObjectIssue, *, beginning: int = 0) -> int:
        """
        Forward the events of an issue after the comment `taken`, and then say so in its title.

        Returns the last comment that was written where the object is, 0 if there was nothing to forward.

        Args:
            state: The state that its successor begins with: what its body is to show.
            last: Where the object is.
            beginning: The event that the issue begins with, if that is after `taken`: no update to forward.
        Raises:
            AccessDeniedError: What the current user writes does not count, so that nothing was forwarded.
        """
        assert old.object_id is not None
        authority = self.repo.authority
        posted, written = PostedReplies(), [0]
        kept = self._forward_edit(old, last, written)
        while True:
            position = taken
            if old.drained and old.checkpoint is not None and authority.believes(old):
                position = old.checkpoint.watermark
            log = self.reader.log_after(old, position)
            if not kept:
                told = edit_id(old, position), f"the object has gone on in issue {last.number}"
                if not authority.counts_author(old):
                    told = overwritten(old.number)
                self.replies.tell_put_back(old.number, log, *told, posted)
            events = [each for each in authority.events(log.comments, position) if each[0].id != beginning]
            self._forward_all(old, log, events, state, last, posted, written)
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
            old = self.repo.writer.write(old, title, wire.write_body(state.data), open=False)
            if old.issue.comments == posted.comments(log):
                return max(written)
            kept = True  # what was told is told

    def _forward_edit(self, old: ObjectIssue, last: ObjectIssue, written: list[int]) -> bool:
        """Make an event of a hand edit that came before the object left; False for one that is put back."""
        if old.intact:
            return True
        if old.checkpoint is None or old.checkpoint.retired or not self.repo.authority.counts_edits(old):
            return False
        reading = self.reader.read(old, whole=True)
        edit = reading.edit
        if edit is None or edit.body is None or not reading.proved:
            return edit is None
        mode, changes = difference(edit.base, edit.body)
        try:
            written.append(self._append(last, Draft(changes, edit.event_id, mode, attempt=2)))
        except ValueTooLarge:
            return False
        return True

    def _append(self, last: ObjectIssue, draft: Draft) -> int:
        comment = self.repo.comments.append(last.number, draft)
        self.repo.rights.require(comment.author)
        return comment.id

    def _forward_all(
        self,
        old: ObjectIssue,
        log: Log,
        events: Sequence[tuple[Comment, Event | Malformed]],
        state: State,
        last: ObjectIssue,
        posted: PostedReplies,
        written: list[int],
    ) -> None:
        refused: list[Decision] = []
        there = self._there(old, events, last) if events else {}
        for comment, event in events:
            known = there.get(_name(event)) if isinstance(event, Event) else None
            repeated = known is not None and same_event(known, event)
            error = None if repeated else self._forwarded(Place(old.number, comment.id), event, last, written)
            if error is not None:
                refused.append(Decision(comment, event, Outcome.REJECTED, state, error))
            else:
                self.repo.receipts.leave(comment, event, Outcome.DUPLICATE)
        self.replies.tell(old.number, log, tuple(refused), posted)
        for decision in refused:
            self.repo.receipts.leave(decision.comment, decision.event, decision.outcome)

    def _there(
        self, old: ObjectIssue, events: Sequence[tuple[Comment, Event | Malformed]], last: ObjectIssue
    ) -> dict[str, Event]:
        """
        Events that need not be forwarded again, by event_id: they are where the object is, or went there with it.

        Without this, two that forward the same at once would double it at every move.
        """
        authority, comments = self.repo.authority, self.repo.comments
        before: dict[str, Event] = {}
        if any(isinstance(event, Event) and event.attempt > 1 for _, event in events):
            first = events[0][0].id
            earlier = comments.whole(old.number, old.issue.comments).comments
            before = authority.named([comment for comment in earlier if comment.id < first])
        return before | authority.named(comments.whole(last.number, last.issue.comments).comments)

    def _forwarded(
        self, place: Place, event: Event | Malformed, last: ObjectIssue, written: list[int]
    ) -> GitHubStoreError | None:
        """Copy an event to where the object is; or the error that it is rejected for."""
        if isinstance(event, Malformed):
            return malformed(event)
        if event.initial:
            return InvalidUpdate("The object has its initial state already.")
        draft = Draft(
            event.data,
            _name(event),
            event.mode,
            attempt=max(2, event.attempt),  # somebody else may forward it, too
            expected_version=event.expected_version,
            origin=wire.meta_origin(event.meta),
            forwarded=place,
            copied_once=event.attempt == 1,
        )
        try:
            written.append(self._append(last, draft))
        except ValueTooLarge as error:
            return error
        return None


def _name(event: Event) -> str:
    """The event_id of a copy, whoever makes it."""
    return event.event_id or f"forward-{event.position}"
