"""Which events count, as of today: their author may write, or could when a processor of ours decided them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gh_store.access.receipts import Receipts
from gh_store.access.rights import Access
from gh_store.domain.events import Event, Malformed
from gh_store.domain.exceptions import GitHubStoreError, InsufficientScope
from gh_store.domain.issues import Comment
from gh_store.issues.comments import CommentHandler
from gh_store.issues.object_issue import ObjectIssue, Status, deleted
from gh_store.log.comments import read_comment
from gh_store.log.duplicates import repeats, same_event


@dataclass(frozen=True, slots=True)
class Authority:
    """Tells the events that count. May ask who is authorised, and who reacted."""

    access: Access
    receipts: Receipts
    comments: CommentHandler

    def counts(self, comment: Comment, event: Event | Malformed) -> bool:
        """True if an event counts: our own receipt stands for the right of an author who has lost it since."""
        return (
            self.access.counts(comment.author, full=event.full, written=comment.created_at)
            or (self.receipts.shows(comment) and self.receipts.decided(comment))
            or self._counted_where_it_was(comment, event)
        )

    def _counted_where_it_was(self, comment: Comment, event: Event | Malformed) -> bool:
        """True for a copy by somebody whose own word may not count for this, of an event whose author's does."""
        place = event.forwarded if isinstance(event, Event) else None
        if place is None or not self.access.trusts(comment.author):
            return False
        there = self.comments.since(place.issue, place.comment, 0).comments
        original = next((each for each in there if each.id == place.comment), None)
        said = read_comment(original) if original is not None else None
        return (
            original is not None
            and isinstance(said, Event)
            and same_event(said, event)
            and self.access.counts(original.author, full=said.full)
        )

    def counts_anew(self, comment: Comment, event: Event | Malformed) -> bool:
        """The same of a new object, whose creation stands behind its watermark: edited, that stays decided."""
        begins = isinstance(event, Event) and event.begins
        return self.counts(comment, event) and (begins or not self.receipts.began(comment))

    def refuses(self, head: ObjectIssue) -> Callable[[Comment], GitHubStoreError | None]:
        """Why an event of this object is refused whatever it says."""

        def refuses(comment: Comment) -> GitHubStoreError | None:
            if head.status is Status.DELETED and not self.receipts.processed(comment):
                return deleted(head)
            return None

        return refuses

    def counted(self, comment: Comment, event: Event | Malformed) -> bool:
        """True if an event counts, as far as this reader may ask."""
        try:
            return self.counts(comment, event)
        except InsufficientScope:  # a reader who may not ask
            return True

    def counting(self, comments: Sequence[Comment], after: int = 0) -> list[tuple[Comment, Event | Malformed]]:
        """The events among comments that count, those after a position; without plain repetitions."""
        found = []
        for at, comment in enumerate(comments):
            event = read_comment(comment) if comment.id > after else None
            if event is not None and self.counts(comment, event) and not repeats(comments, at):
                found.append((comment, event))
        return found
