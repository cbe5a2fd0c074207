"""
An object that goes on in another issue, because an issue takes so many comments and no more.

The successor is made with the state, and its title and first event say what that includes: `after 12@57`. While the
old issue has its base label it is the object still, and nobody writes to the successor. Then it is retired: it loses
that label, and whoever finds it without, and all that reached it after comment 57, goes on to the successor. That is
not committed before, so whoever meets it first completes what was cut.

Which of several goes on is a function of who opened them, of their numbers and of what they continue, so all who look
agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gh_store import wire
from gh_store.backends.base import PAGE
from gh_store.domain.events import Continued, Draft, Event, Place
from gh_store.domain.exceptions import IntegrityError, ObjectNotFound
from gh_store.domain.limits import MAX_COMMENTS
from gh_store.domain.values import State
from gh_store.issues.chain import Chains
from gh_store.issues.object_issue import ObjectIssue, Status
from gh_store.log.fold import begin
from gh_store.logger import logger
from gh_store.processing.forwarding import Forwarder
from gh_store.processing.replies import Replies
from gh_store.reading.earlier import Opener, first_event
from gh_store.reading.reader import Reader


@dataclass(frozen=True, slots=True)
class Onward:
    """
    Where to go on.

    Attributes:
        head: The issue.
        expected: A comment that was written there just now, which no list may show yet; 0 if there is none.
    """

    head: ObjectIssue
    expected: int = 0


class Handover:
    """Takes objects from an issue to the next, and what reaches an issue that its object has left to where it is."""

    def __init__(self, reader: Reader, replies: Replies) -> None:
        self.reader = reader
        self.repo = reader.repo
        self.forwarder = Forwarder(reader, replies)

    # --- the handover -----------------------------------------------------------------------------

    def hand_over(self, new: ObjectIssue) -> Onward:
        """
        Take an object to a successor that was not committed yet, in four steps that each may be repeated.

        Whoever meets the successor does this, so what is cut is completed. Returns the issue to go on with: the
        successor, or what it is now if another one goes before it, or the object was deleted.
        """
        assert new.after is not None
        old = self.repo.issues.at(new.after.issue)
        # 1. Choose: of several that continue the same issue, one goes on.
        claims = self._claims(new, old)
        winner = self._winner(new, old, claims)
        if winner.number != new.number:
            retired = self.repo.writer.retire(new)
            return Onward(retired if new.status is Status.ACTIVE else winner)  # what is in it is forwarded
        if old is not None and old.status is Status.DELETED:
            return Onward(self.repo.writer.archive(new))
        # 2. Begin: the first event says which state it goes on from, and up to which comment that is.
        first = self._begun(new, old)
        # 3. Retire: from here on the successor is the object, and who writes to the old issue is told so.
        if old is not None and not old.retired:
            old = self.repo.writer.retire(self._sealed(self.reader.identified(old), new))
            if old.status is Status.DELETED:
                return Onward(self.repo.writer.archive(new))
        # 4. Drain: what reached the old issue after that comment goes to where the object is.
        written = 0
        if old is not None and first.continues is not None and not (old.settled and self.repo.authority.believes(old)):
            ends = first.continues
            written = self.forwarder.drain(self.reader.identified(old), begin(first), ends.after.comment, new)
        for other in claims:
            written = max(written, self._take_from(other, new, begin(first)))
        return Onward(new, max(written, first.position))

    def is_due(self, head: ObjectIssue) -> bool:
        """
        True if an object is to go on in another issue than this one, which was just committed.

        Not as long as nothing was applied in it: else those that begin it at once could fill it, and go on for ever.
        """
        count, checkpoint = head.issue.comments, head.checkpoint
        if head.status is Status.DELETED or count < self.repo.config.log_max_events or checkpoint is None:
            return False
        first = self._first(head) if head.after is not None else None
        return checkpoint.version > (begin(first).version if first is not None else 1) or count > MAX_COMMENTS - PAGE

    def successor(self, old: ObjectIssue) -> ObjectIssue:
        """The issue that continues a committed one: the one that there is, or a new one."""
        known = self._continuing(old.number, self._in_sight(old))
        if known is not None:
            return known
        assert old.object_id is not None
        base = self.reader.committed(old)
        self._keep_age(old)
        state, after = base.state, Place(old.number, base.watermark)
        title = wire.write_title(old.object_id, state.version, state.time, 0, 1, state.data, after=after)
        labels = [label.name for label in old.issue.labels if label.name.lower() != wire.RETIRED_LABEL]
        if old.retired:
            labels.append(self.repo.config.base_label)
        opened = self.repo.writer.open(title, wire.write_body(state.data), labels)
        logger.info("{!r} goes on in issue {}: issue {} is long.", old.object_id, opened.number, old.number)
        return self._continuing(old.number, [*self._in_sight(old, new=True), opened]) or opened

    def _in_sight(self, head: ObjectIssue, *, new: bool = False) -> list[ObjectIssue]:
        """The issues that may continue one; if they are `new`, those included that no index shows yet."""
        assert head.object_id is not None
        issues, lag = self.repo.issues, self.repo.backend.lag
        if new and lag:
            self.repo.wait_out_lag()
        if head.status is not Status.ACTIVE:  # it is being filled, and so is what continues it
            return issues.issues_of(head)
        return issues.newest(head.object_id) if new and lag else issues.search(head.object_id)

    def _continuing(self, number: int, heads: Sequence[ObjectIssue]) -> ObjectIssue | None:
        return self.repo.authority.earliest(
            [head for head in heads if head.after is not None and head.after.issue == number]
        )

    def _keep_age(self, head: ObjectIssue) -> None:
        """Say in the UID label since when the object is there: no issue after the first tells it."""
        label = head.uid_label
        if label is not None and wire.read_since(label.description) != head.created_at:
            since, seal = head.created_at, head.seal_in_force
            text = wire.write_since(since) if seal is None else wire.write_seal(seal, since)
            self.repo.writer.describe(label.name, text)

    def _claims(self, new: ObjectIssue, old: ObjectIssue | None) -> list[ObjectIssue]:
        """The issues of an uncommitted one's object, among which are those that mean to go on from where it does."""
        assert new.object_id is not None
        issues = self.repo.issues
        active = old is not None and old.status is Status.ACTIVE  # then none of them can have gone further
        found = issues.search(new.object_id) if active else issues.issues_of(new)
        return [self._told(each) for each in {each.number: each for each in (*found, new)}.values()]

    def _winner(self, new: ObjectIssue, old: ObjectIssue | None, claims: Sequence[ObjectIssue]) -> ObjectIssue:
        """The issue that goes on where this uncommitted one means to: it, or a rival that goes first."""
        assert new.after is not None
        if old is not None and old.status is Status.ACTIVE:
            return self._continuing(new.after.issue, claims) or new
        chain = Chains(claims, self.repo.authority.earliest).of(new)
        return new if any(each.number == new.number for each in chain) else chain[-1]

    def _sealed(self, old: ObjectIssue, new: ObjectIssue) -> ObjectIssue:
        """
        Seal what a successor goes on from whose author may have left before that is committed.

        By that seal the old issue is known to hold the object still, and is continued anew.
        """
        authority = self.repo.authority
        if self.repo.rights.standing(new.issue.author) or old.sealed or not authority.believes(old):
            return old
        return self.repo.writer.seal(old)

    def _take_from(self, other: ObjectIssue, new: ObjectIssue, state: State) -> int:
        """
        Withdraw an issue that claims to go on where another one does now, and that authority does not admit.

        Its author may have left when it was opened already: what people have written there goes on with the object.
        Returns the last comment that was written for that, or 0.
        """
        authority, at = self.repo.authority, other.after
        continues_the_same = at is not None and new.after is not None and at.issue == new.after.issue
        if other.number == new.number or other.status is not Status.ACTIVE or not continues_the_same:
            return 0
        if authority.confirms(other):
            return 0  # a rival: whoever meets it retires it
        if not authority.events(self.repo.comments.whole(other.number, other.issue.comments).comments):
            self.repo.writer.withdraw(other)
            return 0
        return self.forwarder.drain(self.repo.writer.retire(other), state, 0, new)

    def _begun(self, new: ObjectIssue, old: ObjectIssue | None) -> Event:
        """The first event of a successor; written if it is not there, with the state of what it continues."""
        assert new.object_id is not None
        assert new.after is not None
        first = self._first(new)
        if first is not None:
            return first
        # Never its own body, which people may have edited; unless nothing else is left.
        if old is not None:
            base = self.reader.committed(self.reader.identified(old))
            state, at = base.state, Place(old.number, base.watermark)
        elif new.intact:
            state, at = new.state(), new.after
        else:
            raise IntegrityError(
                f"Issue {new.after.issue}, which issue {new.number} continues, was deleted, and issue {new.number} was "
                "edited before it began.",
                hint="Import the object from an export or a snapshot: `gh-store import FILE`.",
            )
        continues = Continued(at, old.issue.comments if old is not None else 0, state.version, state.time)
        draft = Draft(
            state.data, creation_id(new.number), attempt=2, initial_of=new.object_id, continues=continues
        )  # fmt: skip  # what it says, and what it is
        comment = self.repo.comments.append(new.number, draft)
        self.repo.rights.require(comment.author)
        # Another run may have begun it a moment before, with less: then what is missing there has to be forwarded.
        self.repo.wait_out_lag()
        there = {each.id: each for each in (*self.repo.comments.first(new.number), comment)}
        begun = first_event([there[position] for position in sorted(there)], self.repo.authority.is_authorised)
        assert begun is not None
        return begun

    # --- where an object is -----------------------------------------------------------------------

    def chain(self, head: ObjectIssue) -> list[ObjectIssue]:
        """All issues of the object that an issue is a part of, the first one first."""
        found = self._chains(head).of(head)
        if head.retired and found[-1].number == head.number and self.repo.backend.lag:
            self.repo.wait_out_lag()  # what continues it may be too new to be seen
            found = self._chains(head).of(head)
        return found

    def _chains(self, head: ObjectIssue) -> Chains:
        return Chains(map(self._told, self.repo.issues.issues_of(head)), self.repo.authority.earliest)

    def _told(self, head: ObjectIssue) -> ObjectIssue:
        """The head with what its first event says that it continues, where its title does not tell."""
        if head.tells_after:
            return head
        first = self._first(head)
        return replace(head, continues=first.continues.after) if first is not None and first.continues else head

    def last(self, head: ObjectIssue) -> ObjectIssue:
        """Where the object is now that has left an issue. Raises ObjectNotFound if nothing continues that."""
        last = self.chain(head)[-1]
        if last.number == head.number:
            raise ObjectNotFound(f"Issue {head.number} holds no object.")
        return last

    def whereabouts(self, head: ObjectIssue, position: int) -> tuple[ObjectIssue, int]:
        """Where an event is decided that stands in an issue which its object has left; that issue, and its position."""
        chain = self.chain(head)
        at = next((at for at, each in enumerate(chain) if each.number == head.number), -1)
        for following in chain[at + 1 :]:
            _, end = self._end(following)
            if at >= 0 and end is not None and end >= position:
                return head, position
            there = self.repo.comments.whole(following.number, following.issue.comments).comments
            for comment, event in self.repo.authority.events(there):
                if isinstance(event, Event) and event.forwarded == Place(head.number, position):
                    return self.whereabouts(following, comment.id)
        return head, position

    # --- what reaches an issue that its object has left ------------------------------------------

    def forward(self, head: ObjectIssue) -> Onward:
        """
        Forward what has reached an issue that its object has left; the issue to go on with.

        Raises:
            ObjectNotFound: Nothing continues it.
            IntegrityError: What continues it is not an object.
        """
        number = head.number
        chain = self.chain(head)
        at = next((at for at, each in enumerate(chain) if each.number == number), None)
        last = chain[-1]
        if last.number == number:
            if head.retired and head.seal is not None:  # what was to continue it came to nothing
                return Onward(self.successor(head))
            raise ObjectNotFound(f"Issue {number} holds no object.")
        if last.status is Status.DELETED:
            return Onward(self.repo.writer.archive(head))
        if last.status is not Status.ACTIVE:
            raise IntegrityError(f"Issue {last.number}, which continues issue {number}, has lost its labels.")
        if at is None:  # a rival, of which nothing has gone on
            first = self._first(head)
            state = begin(first) if first is not None else self.reader.committed(last).state
            beginning = first.position if first is not None else 0
            return Onward(last, self.forwarder.drain(head, state, 0, last, beginning=beginning))
        following = chain[at + 1]
        first, end = self._end(following)
        if end is None:
            return Onward(following)  # a creation that was cut: who completes it drains this issue, too
        state = begin(first) if first is not None else self.reader.committed(head).state
        return Onward(last, self.forwarder.drain(head, state, end, last))

    def _end(self, following: ObjectIssue) -> tuple[Event | None, int | None]:
        """
        The event that a successor begins with, if that is there, and the last comment that it goes on from.

        A head that is believed tells the latter: who wrote the first event may have edited it since.
        """
        first, at = self._first(following), following.checkpoint
        told = at.after if at is not None and not following.uncommitted else None
        if told is not None and self.repo.authority.believes(following):
            return first, told.comment
        return first, first.continues.after.comment if first is not None and first.continues is not None else None

    def has_late_events(self, head: ObjectIssue) -> bool:
        """
        True if something may have reached a retired issue that was not forwarded.

        Its title says so; unless its author does not count: then what has come after its end has our receipts, or not.
        And if nothing goes on from it either, it is no part of an object: labels alone say so.
        """
        if head.seal is not None:  # what continues it was not committed yet
            return True
        if head.settled and self.repo.authority.believes(head):
            return False
        chain = self.chain(head)
        if not head.settled:
            return chain[-1].number != head.number
        at = next((at for at, each in enumerate(chain) if each.number == head.number), None)
        end = self._end(chain[at + 1])[1] if at is not None and at + 1 < len(chain) else None
        if end is None:
            return False
        events = self.repo.authority.events(self.reader.log_after(head, end).comments, end)
        return any(not self.repo.receipts.decided(comment) for comment, _ in events)

    def archive_all(self, head: ObjectIssue) -> None:
        """Mark all that a deleted object was in, or was about to go on in: the deletion is whole only then."""
        if head.after is None and head.issue.comments < self.repo.config.log_max_events:
            return
        issues = [self._told(each) for each in self.repo.issues.issues_of(head)]
        chains = Chains(issues, self.repo.authority.earliest)
        chain = chains.of(head)
        for other in issues:
            if other.status is not Status.DELETED and chains.of(other) == chain:
                self.repo.writer.mark(other, add=[wire.ARCHIVED_LABEL])

    def _first(self, head: ObjectIssue) -> Event | None:
        counts = self.repo.authority.is_presumed
        return first_event(self.repo.comments.forwards(head.number), counts, Opener(head.issue.author))


def creation_id(number: int) -> str:
    """The event_id of an initial state that is written for somebody else, the same whoever does."""
    return f"create-{number}"
