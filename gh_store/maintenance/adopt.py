"""Objects whose creator may no longer write: whoever opened an issue may edit it for ever, so they go on in others."""

from collections.abc import Collection, Iterator
from functools import partial

from gh_store.collection.listing import Progress, expect, most_issues
from gh_store.domain.exceptions import GitHubStoreError, RateLimited
from gh_store.domain.findings import TransferResult
from gh_store.issues.object_issue import ObjectIssue, Status
from gh_store.processing.processor import Processor
from gh_store.reading.reader import Reader


def adopt(
    processor: Processor, wanted: Collection[str], progress: Progress, *, dry_run: bool
) -> Iterator[TransferResult]:
    """
    Continue such objects in issues of the current user, and take there what has reached their old ones since.

    Args:
        wanted: Only these ids; all, if there are none. An issue that labels alone nominate is taken, as it stands, only
            if its id is named, and no other issue holds that.
    """
    repo = processor.repo
    expect(progress, partial(most_issues, repo))
    repo.wait_out_lag()  # what a run before this one has written is in sight then
    for head in map(processor.reader.identified, repo.issues.listed()):
        object_id = head.object_id
        if object_id is None or (wanted and object_id not in wanted):
            continue
        progress()
        try:
            mover = _mover(processor, head, named=bool(wanted))
            if mover is None:
                continue
            number = None if dry_run else mover.move(head).head.number
            repo.index.forget(object_id)
            yield TransferResult(object_id, number, made=not dry_run)
        except GitHubStoreError as error:
            yield TransferResult(object_id, error=error)
            if isinstance(error, RateLimited):
                return


def _mover(processor: Processor, head: ObjectIssue, *, named: bool) -> Processor | None:
    """Who may take an object from an issue by nobody who counts, and what has reached such an issue since; or None."""
    authority = processor.repo.authority
    active = head.status is Status.ACTIVE and not head.incomplete
    late = head.retired and not head.settled and processor.handover.has_late_events(head)
    if not (active or late) or authority.counts_author(head):
        return None
    if late or authority.confirms(head):
        return processor
    if not named or _is_held(processor, head):
        return None
    return Processor(Reader(processor.repo.trusting(head.issue.author)))


def _is_held(processor: Processor, head: ObjectIssue) -> bool:
    """True if another issue, which authority admits, holds the object that this one claims to be."""
    assert head.object_id is not None
    others = [other for other in processor.repo.issues.search(head.object_id) if other.number != head.number]
    return processor.repo.authority.first(others) is not None
