"""The sweep: looking over all objects, and processing what is not settled."""

from collections.abc import Iterator
from datetime import datetime

from gh_store import wire
from gh_store.collection.listing import Progress
from gh_store.domain.exceptions import GitHubStoreError, RateLimited
from gh_store.domain.findings import Processed
from gh_store.issues.finder import IssueHandler
from gh_store.issues.object_issue import ObjectIssue, Status
from gh_store.processing.processor import Processor


def sweep(
    processor: Processor, *, since: datetime | None = None, progress: Progress = lambda: None, dry_run: bool = False
) -> Iterator[Processed]:
    """
    Process whatever is not settled, deleted objects too; go on past an object in trouble, but not past
    a rate limit that is not waited out.

    Args:
        since: Look only at what changed from then on.
    """
    for head in candidates(processor.issues, since):
        progress()
        number = head.issue.number
        if head.settled or not (head.status in (Status.ACTIVE, Status.DELETED) or head.retired):
            continue
        try:
            yield (processor.preview(number) if dry_run else processor.process(head)).summary
        except GitHubStoreError as error:
            yield Processed(head.object_id, number, error=error)
            if isinstance(error, RateLimited):
                return  # that is no trouble of this object alone


def candidates(issues: IssueHandler, since: datetime | None) -> Iterator[ObjectIssue]:
    """Issues that may hold objects, deleted ones too, each once; or those changed since a time."""
    if since is not None:
        yield from issues.listed(changed_since=since)
        return
    latest, more = issues.latest()
    yield from latest
    if more:
        seen = {head.issue.number for head in latest}
        before: list[str] = []
        for label in (issues.config.base_label, wire.ARCHIVED_LABEL, wire.RETIRED_LABEL):
            for head in issues.listed(labels=[label]):
                if head.issue.number not in seen and not any(map(head.has_label, before)):
                    yield head
            before.append(label)
