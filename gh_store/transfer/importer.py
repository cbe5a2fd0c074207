"""Objects with their logs, out of a store and into one: export and import."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gh_store import wire
from gh_store.collection.listing import Progress
from gh_store.domain.events import Event
from gh_store.domain.exceptions import GitHubStoreError, ObjectExists, RateLimited
from gh_store.domain.findings import TransferResult
from gh_store.domain.issues import Comment
from gh_store.issues.object_issue import ObjectIssue, Status, lines
from gh_store.log.comments import read_comment
from gh_store.objects.create import Claim, Creator
from gh_store.objects.inputs import checked_labels
from gh_store.transfer.plan import Copy, plan
from gh_store.transfer.records import Record

# --- out ------------------------------------------------------------------------------------------


# --- in -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """A record, and the events that make its object anew."""

    record: Record
    copies: tuple[Copy, ...]
    labels: tuple[str, ...]


class Importer:
    """
    Makes objects anew, each in an issue of its own.

    The issue gets its base label last, when everything is in it. Until then it holds no object, so nobody reads or
    updates half of one. The events have names that every run gives them anew: cut anywhere, the next run goes on.
    """

    def __init__(self, creator: Creator) -> None:
        self.creator = creator
        self.processor = creator.processor
        self.reader = self.processor.reader
        self.issues = creator.issues
        self.comments = self.processor.comments
        self.config = creator.config
        self.retry = creator.retry
        self.backend = creator.backend

    def plan(self, record: Record) -> ImportPlan:
        """What is to be written. Raises InvalidObject or ValueTooLarge; nothing is asked yet."""
        labels = tuple(checked_labels(record.labels, self.config))
        return ImportPlan(record, plan(record), labels)

    def bring_all(self, told: Sequence[Record], progress: Progress) -> Iterator[TransferResult]:
        """Make all of these objects; go on past one in trouble, but not past a limit that is not waited out."""
        self.retry.sleep(self.backend.lag)  # what an earlier run has written last is in sight then
        known = by_id(self.issues.listed())
        for record in told:
            try:
                number, made = self.bring(self.plan(record), known.get(record.object_id, ()))
                yield TransferResult(record.object_id, number, made)
            except GitHubStoreError as error:
                yield TransferResult(record.object_id, error=error)
                if isinstance(error, RateLimited):
                    return
            progress()

    def bring(self, planned: ImportPlan, known: Sequence[ObjectIssue]) -> tuple[int, bool]:
        """
        Make one object; its issue, and False if an earlier run has made it.

        Args:
            known: The issues that have ever held it, or may come to.
        Raises:
            ObjectExists: There is another object of this id.
            InsufficientScope, AccessDeniedError: The current user may not write here.
        """
        record = planned.record
        # What was imported and then deleted may be imported again.
        may_be = (head for head in known if record.deleted or head.status is not Status.DELETED)
        first = next((head for head in may_be if head.after is None and self._begun(head, planned)), None)
        mine = next((line[-1] for line in lines(known) if line[0] == first), None)
        if mine is not None and mine.status is not Status.WITHDRAWN:
            return mine.issue.number, False
        rival = next((head for head in known if head.status is Status.ACTIVE), None)
        if rival is not None and not record.deleted:
            raise ObjectExists(f"The object {record.object_id!r} exists: issue {rival.issue.number}.")
        claim = self.creator.claim(record.object_id) if mine is None else None
        head = self._withheld(planned, claim) if claim is not None else mine
        assert head is not None
        head = self._filled(head, planned, fresh=mine is None)
        number = head.issue.number
        self.issues.label(head, wire.ARCHIVED_LABEL if record.deleted else self.config.base_label, on=True)
        if not record.deleted and not (claim is not None and claim.holds(self.issues.read(number))):
            self._settle(head, planned)
        return number, True

    def _withheld(self, planned: ImportPlan, claim: Claim) -> ObjectIssue:
        """A new issue, without the label that would make it an object."""
        if not claim.fresh:
            self.creator.take_over(claim)
        labels = [wire.SYSTEM_LABEL, claim.label, *planned.labels]
        title = wire.withheld_title(planned.record.object_id)
        return self.issues.open(title, wire.write_body(planned.copies[0].data), labels)

    def _begun(self, head: ObjectIssue, planned: ImportPlan) -> bool:
        """True if an issue was made by this very plan, in an earlier run."""
        begin = planned.copies[0]
        named = self._named(self.retry.read(lambda: self.backend.list_comments(head.issue.number, 1)).comments)
        if head.status is Status.WITHDRAWN and head.checkpoint is None and not named:
            return head.issue.body == wire.write_body(begin.data)
        return begin.event_id in named

    def _named(self, comments: Iterable[Comment]) -> set[str]:
        """The event_ids of those events that count; a stranger's copy stands for nothing."""
        read = ((comment, read_comment(comment)) for comment in comments)
        counts = self.processor.access.counts
        return {
            event.event_id
            for comment, event in read
            if isinstance(event, Event) and event.event_id is not None and counts(comment.author, full=event.full)
        }

    def _filled(self, head: ObjectIssue, planned: ImportPlan, *, fresh: bool) -> ObjectIssue:
        """Append the events of a plan that an issue and those before it lack; the issue that the last of them is in."""
        if head.after is not None:  # the move to it may have been cut
            head = self.processor.process(head, draft=True).head
        there = self._named(() if fresh else self.reader.whole(head))
        count = head.issue.comments
        for copy in planned.copies:
            if copy.event_id in there:
                continue
            if count >= self.config.log_max_events:
                head = self.processor.process(head.issue.number, draft=True).head
                count = head.issue.comments
            comment = self.comments.append(
                head.issue.number,
                copy.data,
                event_id=copy.event_id,
                mode=copy.mode,
                attempt=2,  # another run may have written it
                expected_version=copy.expected_version,
                initial_of=planned.record.object_id if copy.initial else None,
                origin=copy.origin or None,
            )
            self.processor.access.require(comment.author)
            count += 1
        return self.processor.process(head.issue.number, draft=True).head

    def _settle(self, head: ObjectIssue, planned: ImportPlan) -> None:
        """Withdraw if somebody else made the object meanwhile, or a second run of this one was first."""
        self.retry.sleep(self.backend.lag)
        for rival in self.issues.newest(planned.record.object_id):
            number = rival.issue.number
            if number == head.issue.number:
                continue
            if number < head.issue.number or not self._begun(self.processor.segments.line(rival)[0], planned):
                self.issues.withdraw(head)
                raise ObjectExists(f"The object {planned.record.object_id!r} exists: issue {number} was first.")


def by_id(heads: Iterable[ObjectIssue]) -> dict[str, list[ObjectIssue]]:
    """Issues by the object that they hold, have held, or may come to hold."""
    found: dict[str, list[ObjectIssue]] = {}
    for head in heads:
        if head.object_id is not None:
            found.setdefault(head.object_id, []).append(head)
    return found
