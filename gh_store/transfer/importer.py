"""
Makes objects anew, each in an issue of its own.

The issue gets its base label last, when everything is in it. Until then it is a draft, so nobody reads or updates half
of an object. The events have names that every run gives them anew: cut anywhere, the next run goes on.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from gh_store import wire
from gh_store.collection.listing import Progress, expect
from gh_store.domain.events import Draft
from gh_store.domain.exceptions import GitHubStoreError, IntegrityError, ObjectExists, RateLimited
from gh_store.domain.findings import TransferResult
from gh_store.issues.chain import Chains
from gh_store.issues.object_issue import ObjectIssue, Status
from gh_store.objects.batches import in_batches
from gh_store.objects.create import Claim, claim, finish, first_title, give_way, settled_by, take_over
from gh_store.objects.delete import delete
from gh_store.objects.inputs import checked_labels
from gh_store.objects.put import put
from gh_store.objects.update import Updater
from gh_store.processing.processor import Processor
from gh_store.transfer.plan import plan
from gh_store.transfer.records import Record


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """A record, and the events that make its object anew."""

    record: Record
    drafts: tuple[Draft, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Importer:
    """
    Brings records into a store.

    Attributes:
        processor: Of the store.
        update: Give objects that exist the data of their records. Otherwise that is an error.
    """

    processor: Processor
    update: bool = False

    def plan(self, record: Record) -> ImportPlan:
        """What is to be written. Raises InvalidObject or ValueTooLarge; nothing is asked yet."""
        labels = tuple(checked_labels(record.labels, self.processor.repo.config))
        return ImportPlan(record, plan(record), labels)

    def bring_all(self, told: Sequence[Record], progress: Progress) -> Iterator[TransferResult]:
        """Make all of these objects; go on past one in trouble, but not past a limit that is not waited out."""
        repo = self.processor.repo
        expect(progress, partial(len, told))
        repo.wait_out_lag()  # what an earlier run has written last is in sight then
        known = _by_id(repo.issues.listed())

        def do(importer: Importer, record: Record) -> TransferResult:
            update = self.update and not record.deleted
            try:
                number, made = importer.bring(importer.plan(record), known.get(record.object_id, ()))
            except ObjectExists:
                if not update:
                    raise
                return importer.put(record)
            # What an earlier run made may have changed since.
            return importer.put(record) if update and not made else TransferResult(record.object_id, number, made)

        def failed(record: Record, error: GitHubStoreError) -> TransferResult:
            return TransferResult(record.object_id, error=error)

        for result in in_batches(repo, told, lambda: Importer(self.processor.apart()), do, failed):
            yield result
            if isinstance(result.error, RateLimited):
                return
            progress()

    def put(self, record: Record) -> TransferResult:
        """Give an object that exists the data of its record. Its log stays its own."""
        done = put(Updater(self.processor, None), record.object_id, record.data, None)
        return TransferResult(record.object_id, done.object.meta.issue_number, updated=done.changed)

    def bring(self, planned: ImportPlan, known: Sequence[ObjectIssue]) -> tuple[int, bool]:
        """
        Make one object; its issue, and False if an earlier run has made it.

        Args:
            known: The issues that have ever held it, or may come to.
        Raises:
            ObjectExists: There is another object of this id.
            InsufficientScope, AccessDeniedError: The current user may not write here.
        """
        record, repo = planned.record, self.processor.repo
        # What was imported and then deleted may be imported again.
        may_be = (head for head in known if record.deleted or head.status is not Status.DELETED)
        first = next((head for head in may_be if head.after is None and self._begun(head, planned)), None)
        lives = Chains(known, repo.authority.earliest).all
        mine = next((chain[-1] for chain in lives if chain[0] == first), None)
        if mine is not None and mine.status is not Status.WITHDRAWN:
            return mine.number, False
        rival = repo.authority.first([head for head in known if head.status is Status.ACTIVE])
        if rival is not None and not record.deleted:
            if self._is_told(rival):
                raise ObjectExists(
                    f"The object {record.object_id!r} exists: issue {rival.number}.",
                    hint="To give it the data of the import, add --update (update=True).",
                )
            delete(self.processor, record.object_id)
            rival = None
        claimed = claim(repo, record.object_id) if mine is None else None
        # A deleted object takes no id from the one that holds it, nor what its label says of that.
        if claimed is not None and not claimed.fresh and rival is None:
            take_over(repo, claimed)
        head = self._draft(planned, claimed) if claimed is not None else mine
        assert head is not None
        head = self._filled(head, planned, fresh=mine is None)
        if record.deleted:
            repo.writer.mark(head, add=[wire.ARCHIVED_LABEL])
            return head.number, True
        repo.writer.mark(head, add=[repo.config.base_label])
        head = repo.issues.read(head.number)
        if not (claimed is not None and claimed.holds(head)):
            self._settle(head, planned, claimed)
        self.processor.seal(head)
        return head.number, True

    def _draft(self, planned: ImportPlan, claimed: Claim) -> ObjectIssue:
        """A new issue, without the label that would make it an object."""
        repo, object_id, data = self.processor.repo, planned.record.object_id, planned.drafts[0].data
        labels = [wire.SYSTEM_LABEL, claimed.label, *planned.labels]
        title = wire.withheld_title(object_id) if len(planned.drafts) > 1 else first_title(repo, object_id, data)
        return repo.writer.open(title, wire.write_body(data), labels)

    def _is_told(self, head: ObjectIssue) -> bool:
        """False for an object that its issue and its log do not yield any more: it makes room for what is imported."""
        try:
            self.processor.reader.view(head)
        except IntegrityError:
            return False
        return True

    def _begun(self, head: ObjectIssue, planned: ImportPlan) -> bool:
        """True if an issue was made by this very plan, in an earlier run."""
        repo, begin = self.processor.repo, planned.drafts[0]
        named = repo.authority.named(repo.comments.first(head.number))
        if head.status is Status.WITHDRAWN and (head.checkpoint is None or head.incomplete) and not named:
            same = head.body is not None and wire.canonical(head.body) == wire.canonical(begin.data)
            return same and repo.authority.confirms(head)
        return begin.event_id in named

    def _filled(self, head: ObjectIssue, planned: ImportPlan, *, fresh: bool) -> ObjectIssue:
        """Append the events of a plan that an issue and those before it lack; the issue that the last of them is in."""
        processor, repo = self.processor, self.processor.repo
        if fresh and len(planned.drafts) == 1:  # there is nothing to fold
            closed = finish(processor, head, planned.drafts[0])
            return closed if settled_by(closed, head) else processor.process_draft(closed).head
        if head.after is not None:  # the move to it may have been cut
            head = processor.process_draft(head).head
        there = {} if fresh else repo.authority.named(processor.reader.whole(head))
        count = head.issue.comments
        for draft in planned.drafts:
            if draft.event_id in there:
                continue
            if count >= repo.config.log_max_events:
                head = processor.process_draft(head.number).head
                count = head.issue.comments
            repo.rights.require(repo.comments.append(head.number, draft).author)
            count += 1
        return processor.process_draft(head.number).head

    def _settle(self, head: ObjectIssue, planned: ImportPlan, claimed: Claim | None) -> None:
        """Withdraw if somebody else made the object meanwhile, or a second run of this one was first."""
        repo = self.processor.repo
        repo.wait_out_lag()
        rivals = [rival for rival in repo.issues.newest(planned.record.object_id) if rival.number != head.number]
        for rival in repo.authority.contenders(rivals):
            if rival.number < head.number or not self._begun(self.processor.handover.chain(rival)[0], planned):
                if claimed is not None:
                    give_way(repo, claimed, head)
                else:
                    repo.writer.withdraw(head)
                raise ObjectExists(f"The object {planned.record.object_id!r} exists: issue {rival.number} was first.")


def _by_id(heads: Iterable[ObjectIssue]) -> dict[str, list[ObjectIssue]]:
    """Issues by the object that they hold, have held, or may come to hold."""
    found: dict[str, list[ObjectIssue]] = {}
    for head in heads:
        if head.object_id is not None:
            found.setdefault(head.object_id, []).append(head)
    return found
