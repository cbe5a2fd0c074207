"""
Who counts. Labels nominate; authority admits.

One place answers every "does this count?": of a comment as an event, of a head as what was committed, of an issue as an
object, and which of several goes first. Nobody's reaction and nobody's labels lend a right.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from gh_store.access.receipts import Receipts
from gh_store.access.rights import Rights
from gh_store.domain.events import Event, Malformed
from gh_store.domain.exceptions import GitHubStoreError, InsufficientScope
from gh_store.domain.issues import Comment
from gh_store.issues.object_issue import ObjectIssue, Status, deleted
from gh_store.log.comments import read_comment
from gh_store.log.duplicates import repeats


@dataclass(frozen=True, slots=True)
class Authority:
    """Tells what counts from what does not. May ask for an author's right, once a process and hour."""

    rights: Rights
    receipts: Receipts

    # --- events -----------------------------------------------------------------------------------

    def is_authorised(self, comment: Comment, event: Event | Malformed) -> bool:
        """
        True if the author of an event counts now.

        Raises InsufficientScope if the current user may not ask.
        """
        return self.rights.counts(comment.author, full=event.full, written=comment.created_at)

    def is_presumed(self, comment: Comment, event: Event | Malformed) -> bool:
        """The same, as far as this reader may ask."""
        try:
            return self.is_authorised(comment, event)
        except InsufficientScope:
            return True

    def edited_creation(self, comments: Sequence[Comment]) -> Comment | None:
        """
        The comment that a new object began with, if somebody edited it since: decided, it stays decided.

        Asks who reacted to one comment at most, and only if that was edited, and its author counts.
        """
        first = comments[0] if comments and comments[0].edited else None
        event = read_comment(first) if first is not None else None
        if first is None or event is None or (isinstance(event, Event) and event.begins):
            return None
        return first if self.is_authorised(first, event) and self.receipts.began(first) else None

    def events(self, comments: Sequence[Comment], after: int = 0) -> list[tuple[Comment, Event | Malformed]]:
        """The events among comments that count, those after a position; without plain repetitions."""
        found = []
        for at, comment in enumerate(comments):
            event = read_comment(comment) if comment.id > after else None
            if event is not None and self.is_authorised(comment, event) and not repeats(comments, at):
                found.append((comment, event))
        return found

    def named(self, comments: Sequence[Comment]) -> dict[str, Event]:
        """The events among comments that count and have an event_id, by that."""
        events = (event for _, event in self.events(comments))
        return {event.event_id: event for event in events if isinstance(event, Event) and event.event_id is not None}

    def refuses(self, head: ObjectIssue) -> Callable[[Comment], GitHubStoreError | None]:
        """Why an event of this object is refused whatever it says."""
        older = head.checkpoint is None  # only its receipts tell what was applied before it was deleted

        def refuses(comment: Comment) -> GitHubStoreError | None:
            if head.status is Status.DELETED and not (older and self.receipts.processed(comment)):
                return deleted(head)
            return None

        return refuses

    # --- heads ------------------------------------------------------------------------------------

    def counts_author(self, head: ObjectIssue) -> bool:
        """
        True if the author of an issue counts now.

        Raises InsufficientScope if the current user may not ask.
        """
        return self.rights.counts(head.issue.author, written=head.issue.updated_at)

    def believes(self, head: ObjectIssue) -> bool:
        """
        True if a head is what was committed: its checksum fits, and it is sealed or its author counts.

        Who may not ask believes any head of an object without a seal.
        Of a retired issue which the seal still names, only the seal is believed: what its title tells of events that
        were forwarded could have gone to an issue that came to nothing.
        """
        left = head.retired and head.seal is not None
        return head.intact and (head.sealed or (not left and self.confirms_author(head)))

    def confirms(self, head: ObjectIssue) -> bool:
        """True if an issue that its labels nominate is an object: the seal names it, or its author counts."""
        return head.seal is not None or self.confirms_author(head)

    def confirms_by_labels(self, head: ObjectIssue) -> bool:
        """True if nothing but labels says so to this reader, who may not ask."""
        if head.seal is not None or self.rights.standing(head.issue.author):
            return False
        try:
            self.counts_author(head)
        except InsufficientScope:
            return True
        return False

    def confirms_author(self, head: ObjectIssue) -> bool:
        """True if the author of an issue counts. Who may not ask believes the labels, where there is no seal."""
        try:
            return self.counts_author(head)
        except InsufficientScope:
            return head.seal_in_force is None

    def is_outranked(self, head: ObjectIssue) -> bool:
        """True if the seal of the id names another issue, which this one does not continue: that is the object."""
        return head.after is None and head.seal is None and head.seal_in_force is not None

    def counts_edits(self, head: ObjectIssue) -> bool:
        """
        True if an edit of the body is a wish of somebody who counts.

        With access.codeowners it is not: GitHub does not say who edits, and not everybody who may edit owns the path.
        """
        return self.rights.config.access_codeowners is None and self.counts_author(head)

    def is_settled(self, head: ObjectIssue) -> bool:
        """
        True if nothing is to be done: nothing is pending, and its author cannot change the head unnoticed.

        Of a deleted or retired issue only the head is looked at.
        """
        if not head.settled or head.status is not Status.ACTIVE:
            return head.settled
        return head.sealed or self.rights.standing(head.issue.author)

    # --- who goes first ---------------------------------------------------------------------------

    def first(self, heads: Sequence[ObjectIssue]) -> ObjectIssue | None:
        """
        Of several issues that claim one id, the one that has it; None if none of them may.

        The one that the seal names goes before those of standing authors, and these before those whose author counts;
        in each class the lowest number. Rights are asked for only where no earlier class decides.
        """
        found = self.contenders(heads)
        return min(found, key=lambda head: head.number, default=None)

    def earliest(self, heads: Sequence[ObjectIssue]) -> ObjectIssue | None:
        """
        Of several issues that were opened for one place at once, the one that has it; None if none of them may.

        The one that the seal names, or else the lowest number of those that may. Not by class: who opens one later may
        be of an earlier class, and whoever was first has looked before that, and gone on.
        """
        sealed = (head for head in heads if head.seal is not None)
        by_number = sorted(heads, key=lambda head: head.number)
        may = (head for head in by_number if self.rights.standing(head.issue.author) or self.confirms_author(head))
        return next(sealed, None) or next(may, None)

    def contenders(self, heads: Iterable[ObjectIssue]) -> list[ObjectIssue]:
        """Those of several issues that are in the first class which has any."""
        heads = list(heads)
        for belongs in (
            lambda head: head.seal is not None,
            lambda head: self.rights.standing(head.issue.author),
            self.confirms_author,
        ):
            found = [head for head in heads if belongs(head)]
            if found:
                return found
        return []
