"""Objects whose creator may no longer write: whoever opened an issue may edit it for ever, so they go on in others."""

from collections.abc import Collection, Iterator

from gh_store.collection.listing import Progress
from gh_store.domain.exceptions import GitHubStoreError, RateLimited
from gh_store.domain.findings import TransferResult
from gh_store.issues.object_issue import ObjectIssue, Status
from gh_store.processing.processor import Processor


def adopt(
    processor: Processor, wanted: Collection[str], progress: Progress, *, dry_run: bool
) -> Iterator[TransferResult]:
    """
    Continue such objects in issues of the current user, and take there what has reached their old ones since.

    Args:
        wanted: Only these ids; all, if there are none.
    """
    processor.retry.sleep(processor.backend.lag)  # what a run before this one has written is in sight then
    for head in map(processor.reader.identified, processor.issues.listed()):
        object_id = head.object_id
        if object_id is None or (wanted and object_id not in wanted):
            continue
        progress()
        try:
            if not _is_orphan(processor, head):
                continue
            number = None if dry_run else processor.process(head, moving=True).head.issue.number
            processor.issues.forget(object_id)
            yield TransferResult(object_id, number, made=not dry_run)
        except GitHubStoreError as error:
            yield TransferResult(object_id, error=error)
            if isinstance(error, RateLimited):
                return


def _is_orphan(processor: Processor, head: ObjectIssue) -> bool:
    """True for an object in an issue by nobody who may write, and for what has reached such an issue since it left."""
    active = head.status is Status.ACTIVE and not head.incomplete
    return (active or (head.retired and not head.settled)) and not processor.access.trusts(head.issue.author)
