"""Repairs what is derived (body, title, receipts, labels, open or closed) from the log. Never touches an event."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from gh_store.domain.exceptions import ObjectNotFound
from gh_store.issues.object_issue import ObjectIssue
from gh_store.processing.completion import leave_missing
from gh_store.processing.processor import Processor


@dataclass(frozen=True, slots=True)
class Repairs:
    """The repairs, each harmless to repeat."""

    processor: Processor

    def complete(self, number: int) -> None:
        """Complete what a run before this one was cut off from."""
        with suppress(ObjectNotFound):  # it was withdrawn: another issue holds the object
            self.processor.process(number)

    def withdraw_rival(self, head: ObjectIssue) -> None:
        """Withdraw an issue that another one goes before, and forward what is in it."""
        self.processor.repo.writer.retire(head)
        self.complete(head.number)

    def put_in_order(self, head: ObjectIssue, labels: Sequence[str]) -> None:
        """Put labels back, process, and leave the receipts that are missing, in the order of the log."""
        repo, reader = self.processor.repo, self.processor.reader
        if labels:
            repo.writer.mark(head, add=labels)
            repo.wait_out_lag()  # a read could show the issue as it was before
        run = self.processor.process(head.number if labels else head)
        reading = reader.read(run.head, whole=True)
        if reading.proved:
            past = (decision for replayed in reader.past(reading) for decision in replayed.decisions)
            leave_missing(repo, sorted([*past, *reading.known], key=lambda decision: decision.comment.id))
