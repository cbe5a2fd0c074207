"""What processing an object came to."""

from dataclasses import dataclass

from gh_store.domain.events import Outcome
from gh_store.domain.findings import Processed
from gh_store.domain.values import StoredObject
from gh_store.issues.object_issue import ObjectIssue
from gh_store.log.decide import Decision


@dataclass(frozen=True, slots=True)
class ProcessResult:
    """
    What processing an object came to.

    Attributes:
        head: The issue after it.
        object: The object after it.
        decisions: Everything that was decided, in order.
    """

    head: ObjectIssue
    object: StoredObject
    decisions: tuple[Decision, ...]

    def outcome(self, comment_id: int) -> Decision | None:
        """What became of one event."""
        return next((decision for decision in self.decisions if decision.comment.id == comment_id), None)

    @property
    def summary(self) -> Processed:
        """The same, as users see it."""
        new = [decision for decision in self.decisions if not decision.creates]
        return Processed(
            object_id=self.object.meta.object_id,
            issue_number=self.object.meta.issue_number,
            applied=sum(decision.outcome is Outcome.APPLIED for decision in new),
            rejected=sum(decision.outcome is Outcome.REJECTED for decision in new),
            reasons=tuple((each.comment.id, str(each.error)) for each in new if each.error is not None),
            object=self.object,
        )
