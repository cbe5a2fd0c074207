"""What issues say of their objects now: of one, of all, of those that changed."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import Final

from gh_store.access.lookup import find
from gh_store.collection.listing import admitted, is_object, list_issues
from gh_store.collection.sweep import is_due, kinds
from gh_store.domain.exceptions import AccessError, GitHubStoreError, ObjectNotFound, RateLimited
from gh_store.domain.findings import Observations, Observed
from gh_store.issues.object_issue import ObjectIssue, Status
from gh_store.processing.processor import Processor
from gh_store.reading.values import stored

_SECOND: Final = timedelta(seconds=1)


def issue(processor: Processor, number: int) -> Observed:
    """What an issue says. Raises ObjectNotFound if there is no such issue."""
    issues, index = processor.repo.issues, processor.repo.index
    head = issues.read(number)
    known = index.get(head.object_id) if head.object_id is not None else None
    seen = head.issue.updated_at, head.issue.comments
    if head.object_id is not None and known is not None and known.number == number:
        if seen < (known.updated_at, known.comments):  # an answer older than what this process has seen
            head = issues.known(head.object_id) or issues.read(number)
        else:
            index.remember(head)
    return _observed(processor, head)


def held(processor: Processor, object_id: str) -> Observed:
    """What the issue says that holds an object. Raises as `find` does."""
    return _holding(processor, find(processor.repo, object_id))


def all_issues(processor: Processor) -> Observations:
    """What all issues say that hold an object, or held one."""
    listing = list_issues(processor.repo, *kinds(processor.repo))
    return Observations(listing.time, _each(processor, listing.heads))


def changed_issues(processor: Processor, since: datetime) -> Observations:
    """What all issues say that changed since a time, and a little before it: lists lag behind."""
    before = since - _SECOND - timedelta(seconds=processor.repo.backend.lag)
    heads = processor.repo.issues.listed(changed_since=before)
    first = next(heads, None)
    if first is None:
        return Observations(since, iter(()))
    return Observations(max(since, first.issue.updated_at), _each(processor, chain((first,), heads)))


def told(processor: Processor, head: ObjectIssue) -> Observed | None:
    """What an issue says by itself, without a request; None if only a look at its log could tell."""
    authority = processor.repo.authority
    if head.object_id is None or not authority.is_settled(head):
        return None
    if head.status is Status.DELETED:
        return _deleted(head, due=False)
    if head.status is not Status.ACTIVE or head.uncommitted or authority.is_outranked(head):
        return None
    at = head.checkpoint.watermark if head.checkpoint is not None else 0
    return Observed(
        head.number, head.issue.updated_at, head.object_id, stored(head, head.state()), due=False, comment_id=at
    )


def _each(processor: Processor, heads: Iterator[ObjectIssue]) -> Iterator[Observed]:
    """What issues say; an object in trouble does not stop it."""
    for head in heads:
        try:
            seen = _observed(processor, head)
        except (AccessError, RateLimited):
            raise
        except GitHubStoreError as error:
            yield Observed(head.number, head.issue.updated_at, head.object_id, error=error)
        else:
            yield seen


def _observed(processor: Processor, issue: ObjectIssue) -> Observed:
    if issue.status is Status.NO_OBJECT:
        return Observed(issue.number, issue.issue.updated_at)
    reader, due = processor.reader, is_due(processor, issue)
    if issue.status is Status.DELETED:
        return _deleted(reader.identified(issue), due=due)
    nothing = Observed(issue.number, issue.issue.updated_at, issue.object_id, due=due)
    if issue.status is not Status.ACTIVE or issue.incomplete:
        return nothing
    head = admitted(reader, issue)
    if head is None:  # then perhaps what it should continue is the object still
        try:
            return held(processor, reader.identified(issue).object_id or "") if issue.seal_in_force else nothing
        except ObjectNotFound:
            return nothing
    if head.uncommitted and is_object(reader, head.after.issue if head.after is not None else 0):
        return nothing
    return _holding(processor, head)


def _holding(processor: Processor, head: ObjectIssue) -> Observed:
    look = processor.reader.look(head)
    return Observed(
        issue_number=look.head.number,
        updated_at=look.head.issue.updated_at,
        object_id=look.object.meta.object_id,
        object=look.object,
        due=is_due(processor, look.head),
        comment_id=look.comment_id,
    )


def _deleted(head: ObjectIssue, *, due: bool) -> Observed:
    at = head.checkpoint.watermark if head.checkpoint is not None else 0
    return Observed(head.number, head.issue.updated_at, head.object_id, deleted=True, due=due, comment_id=at)
