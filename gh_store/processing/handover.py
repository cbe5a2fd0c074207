"""
An object that goes on in another issue, because an issue takes so many comments and no more.

The successor is made with the state, and its title and first event say what that includes: `after 12@57`. While the
old issue has its base label it is the object still, and nobody writes to the successor. Then it is retired: it loses
that label, and whoever finds it without, and all that reached it after comment 57, goes on to the successor. That is
not committed before, so whoever meets it first completes what was cut.

Which of several goes on is a function of their numbers and of what they continue (`lines`), so all who look agree.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from gh_store import wire
from gh_store.backends.base import PAGE
from gh_store.domain.events import Continued, Event, Place
from gh_store.domain.exceptions import IntegrityError, ObjectNotFound
from gh_store.domain.limits import MAX_COMMENTS, MAX_TITLE
from gh_store.issues.object_issue import ObjectIssue, Status, lines
from gh_store.log.fold import begin
from gh_store.logger import logger
from gh_store.processing.forwarding import Forwarder
from gh_store.processing.replies import Replies
from gh_store.reading.chain import first_event
from gh_store.reading.reader import Reader

_PLACE: Final = 40
"""Characters that a title gives to what it continues, at most."""


class Segments:
    """Takes objects from an issue to the next, and what reaches an issue that its object has left to where it is."""

    def __init__(self, reader: Reader, replies: Replies) -> None:
        self.reader = reader
        self.forwarder = Forwarder(reader, replies)
        self.backend = reader.backend
        self.config = reader.config
        self.retry = reader.retry
        self.issues = reader.issues
        self.comments = reader.comments

    # --- going on ---------------------------------------------------------------------------------

    def is_long(self, head: ObjectIssue) -> bool:
        """
        True if an object is to go on in another issue than this one, which was just committed.

        Not as long as nothing was applied in it: else those that begin it at once could fill it, and go on for ever.
        """
        count, checkpoint = head.issue.comments, head.checkpoint
        if head.status is Status.DELETED or count < self.config.log_max_events or checkpoint is None:
            return False
        first = self._first(head) if head.after is not None else None
        return checkpoint.version > (begin(first).version if first is not None else 1) or count > MAX_COMMENTS - PAGE

    def successor(self, head: ObjectIssue) -> ObjectIssue:
        """The issue that continues a committed one: the one that there is, or a new one."""
        number, checkpoint = head.issue.number, head.checkpoint
        assert head.object_id is not None
        assert checkpoint is not None
        known = self._continuing(number, self._in_sight(head))
        if known is not None:
            return known
        self._keep_age(head)
        state, after = head.state(), Place(number, checkpoint.watermark)
        title = wire.write_title(head.object_id, state.version, state.time, 0, 1, state.data, after=after)
        labels = [label.name for label in head.issue.labels if label.name.lower() != wire.RETIRED_LABEL]
        opened = self.issues.open(title, wire.write_body(state.data), labels)
        logger.info("{!r} goes on in issue {}: issue {} is long.", head.object_id, opened.issue.number, number)
        return self._continuing(number, [*self._in_sight(head, new=True), opened]) or opened

    def _in_sight(self, head: ObjectIssue, *, new: bool = False) -> list[ObjectIssue]:
        """The issues that may continue one; if they are `new`, those included that no index shows yet."""
        assert head.object_id is not None
        if new and self.backend.lag:
            self.retry.sleep(self.backend.lag)
        if head.status is not Status.ACTIVE:  # it is being filled, and so is what continues it
            return self.issues.issues_of(head)
        return self.issues.newest(head.object_id) if new and self.backend.lag else self.issues.search(head.object_id)

    def _continuing(self, number: int, heads: Sequence[ObjectIssue]) -> ObjectIssue | None:
        after = (head for head in heads if head.after is not None and head.after.issue == number)
        return min(after, key=lambda head: head.issue.number, default=None)

    def _keep_age(self, head: ObjectIssue) -> None:
        """Say in the UID label since when the object is there: no issue after the first tells it."""
        prefix = self.config.uid_prefix.lower()
        for label in head.issue.labels:
            if label.name.lower().startswith(prefix) and wire.read_since(label.description) != head.created_at:
                since = wire.write_since(head.created_at)
                self.retry.read(lambda label=label, since=since: self.backend.edit_label(label.name, since))  # type: ignore[misc]  # mypy cannot infer a default's type

    def continued(self, head: ObjectIssue) -> Continued:
        """What the first event of a segment says: what it goes on from."""
        checkpoint = head.checkpoint
        assert checkpoint is not None
        assert checkpoint.after is not None
        try:
            old = self.issues.read(checkpoint.after.issue)
            count = old.checkpoint.comments if old.checkpoint is not None else old.issue.comments
        except ObjectNotFound:
            count = 0
        return Continued(checkpoint.after, count, checkpoint.version, checkpoint.time)

    def winning_successor(self, head: ObjectIssue) -> ObjectIssue:
        """The issue that goes on where this young one means to: it, or a rival that has the lower number."""
        assert head.after is not None
        assert head.object_id is not None
        try:
            old = self.issues.read(head.after.issue)
        except ObjectNotFound:  # deleted: what it held is in its successors
            old = None
        if old is not None and old.status is Status.ACTIVE:  # then none of them can have gone further
            first = self._continuing(head.after.issue, [*self.issues.search(head.object_id), head])
            line = [first or head]
        else:
            line = self.line(head)
        return head if any(each.issue.number == head.issue.number for each in line) else line[-1]

    def retire_predecessor(self, head: ObjectIssue, first: Event) -> ObjectIssue | None:
        """
        Retire and drain what a segment continues, before it is committed for the first time.

        Where the object was deleted, so is the segment; and that is returned.
        """
        ends = first.continues
        assert ends is not None
        try:
            old = self.reader.identified(self.issues.read(ends.after.issue))
        except ObjectNotFound:
            return None
        if old.status is Status.DELETED:
            return self._archived(head)
        if not old.retired:
            old = self.retire(old)
            if old.status is Status.DELETED:
                return self._archived(head)
        if not old.settled:
            self.forwarder.drain(old, begin(first), ends.after.comment, ends.comments, head)
        return None

    def retire(self, head: ObjectIssue) -> ObjectIssue:
        """Take the object from an issue, or from a rival: from here on, who writes to it is told so by its labels."""
        self.issues.label(head, wire.RETIRED_LABEL, on=True)  # by it, sweeps find what reaches it later
        self.issues.label(head, self.config.base_label, on=False)
        return self.issues.set_open(head, False)

    def _archived(self, head: ObjectIssue) -> ObjectIssue:
        self.issues.label(head, wire.ARCHIVED_LABEL, on=True)
        return self.issues.set_open(head, False)

    def archive(self, head: ObjectIssue) -> None:
        """Mark all that a deleted object was in, or was about to go on in: the deletion is whole only then."""
        if head.after is None and head.issue.comments < self.config.log_max_events:
            return
        issues_of = self._issues_of(head)
        line = self._line(issues_of, head)
        for other in issues_of:
            if other.status is not Status.DELETED and self._line(issues_of, other) == line:
                self.issues.label(other, wire.ARCHIVED_LABEL, on=True)

    # --- what reaches an issue that its object has left -------------------------------------------

    def last(self, head: ObjectIssue) -> ObjectIssue:
        """Where the object is now that has left an issue. Raises ObjectNotFound if nothing continues that."""
        last = self.line(head)[-1]
        if last.issue.number == head.issue.number:
            raise ObjectNotFound(f"Issue {head.issue.number} holds no object.")
        return last

    def line(self, head: ObjectIssue) -> list[ObjectIssue]:
        """All segments of the object that an issue is a part of, the first one first."""
        found = self._line(self._issues_of(head), head)
        if head.retired and found[-1].issue.number == head.issue.number and self.backend.lag:
            self.retry.sleep(self.backend.lag)  # what continues it may be too new to be seen
            found = self._line(self._issues_of(head), head)
        return found

    def _issues_of(self, head: ObjectIssue) -> list[ObjectIssue]:
        return [self._told(each) for each in self.issues.issues_of(head)]

    def _told(self, head: ObjectIssue) -> ObjectIssue:
        """The head with what its first event says that it continues, where its title does not tell."""
        if head.after is not None or (head.checkpoint is not None and len(head.issue.title) < MAX_TITLE - _PLACE):
            return head
        first = self._first(head)
        return replace(head, continues=first.continues.after) if first is not None and first.continues else head

    def forward(self, head: ObjectIssue) -> ObjectIssue:
        """
        Forward what has reached an issue that its object has left; the issue to go on with.

        Raises:
            ObjectNotFound: Nothing continues it.
            IntegrityError: What continues it is no object.
        """
        number = head.issue.number
        line = self.line(head)
        at = next((at for at, each in enumerate(line) if each.issue.number == number), None)
        last = line[-1]
        if last.issue.number == number:
            raise ObjectNotFound(f"Issue {number} holds no object.")
        if last.status is Status.DELETED:
            return self._archived(head)
        if last.status is not Status.ACTIVE:
            raise IntegrityError(f"Issue {last.issue.number}, which continues issue {number}, has lost its labels.")
        if at is None:  # a rival, of which nothing has gone on
            first = self._first(head)
            state = begin(first) if first is not None else head.state()
            self.forwarder.drain(head, state, 0, 0, last, beginning=first.position if first is not None else 0)
            return last
        following = line[at + 1]
        first = self._first(following)
        if first is None or first.continues is None:
            return following  # a creation that was cut: who completes it drains this issue, too
        ends = first.continues
        self.forwarder.drain(head, begin(first), ends.after.comment, ends.comments, last)
        return last

    def whereabouts(self, head: ObjectIssue, position: int) -> tuple[ObjectIssue, int]:
        """Where an event is decided that stands in an issue which its object has left; that issue, and its position."""
        line = self.line(head)
        at = next((at for at, each in enumerate(line) if each.issue.number == head.issue.number), -1)
        for following in line[at + 1 :]:
            first = self._first(following)
            if at >= 0 and first is not None and first.continues and first.continues.after.comment >= position:
                return head, position
            for comment, event in self.reader.authority.counting(self.comments.whole(following.issue.number).comments):
                if isinstance(event, Event) and event.forwarded == Place(head.issue.number, position):
                    return self.whereabouts(following, comment.id)
        return head, position

    def _line(self, issues_of: Sequence[ObjectIssue], head: ObjectIssue) -> list[ObjectIssue]:
        """The line of the life that an issue belongs to, be it that it goes on there or is a rival."""
        found = lines(issues_of)
        known = {each.issue.number: each for each in issues_of}
        here: ObjectIssue | None = head
        while here is not None:
            for line in found:
                if any(each.issue.number == here.issue.number for each in line):
                    return line
            parent = here.after.issue if here.after is not None else 0
            beside = [line for line in found if line[0].after is not None and line[0].after.issue == parent]
            if beside:  # what both continue is gone
                return beside[0]
            here = known.get(parent)
        return [head]

    def _first(self, head: ObjectIssue) -> Event | None:
        return first_event(self.comments.first(head.issue.number), self.reader.authority.counted)
