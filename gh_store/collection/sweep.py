"""The sweep: looking over all objects, and processing what is not settled."""

from collections.abc import Iterator
from datetime import datetime

from gh_store import wire
from gh_store.access.repository import Repository
from gh_store.collection.listing import Progress, admitted, confirmed, expect, identified, list_issues
from gh_store.domain.exceptions import GitHubStoreError, IntegrityError, RateLimited
from gh_store.domain.findings import Processed
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
    for head in candidates(processor.repo, since, progress):
        progress()
        try:
            if is_due(processor, head):
                yield (processor.preview(head.number) if dry_run else processor.process(head)).summary
        except GitHubStoreError as error:
            if head.status is Status.DELETED and isinstance(error, IntegrityError):
                continue  # nobody reads it any more
            yield Processed(head.object_id, head.number, error=error)
            if isinstance(error, RateLimited):
                return  # that is no trouble of this object alone


def is_due(processor: Processor, head: ObjectIssue) -> bool:
    """True if a processor has something to do with an issue."""
    if head.retired:
        known = identified(processor.reader, head)
        return known is not None and processor.handover.has_late_events(known)
    if processor.repo.authority.is_settled(head):
        return False
    if head.status is Status.ACTIVE:
        admits = confirmed if head.incomplete else admitted
        return admits(processor.reader, head) is not None
    return head.status is Status.DELETED and processor.repo.authority.confirms(head)


def candidates(repo: Repository, since: datetime | None, progress: Progress = lambda: None) -> Iterator[ObjectIssue]:
    """Issues that may hold objects, deleted and retired ones too, each once; or those changed since a time."""
    if since is not None:
        return repo.issues.listed(changed_since=since)
    listing = list_issues(repo, *kinds(repo))
    expect(progress, listing.most)
    return listing.heads


def kinds(repo: Repository) -> list[list[str]]:
    """The labels of issues that hold objects, that held one until it was deleted, and that an object has left."""
    return [[label] for label in (repo.config.base_label, wire.ARCHIVED_LABEL, wire.RETIRED_LABEL)]
