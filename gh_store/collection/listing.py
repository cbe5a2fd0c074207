"""All objects: lists that stay true although an index lags, and the sweep over them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gh_store.domain.exceptions import ObjectNotFound
from gh_store.domain.values import StoredObject
from gh_store.issues.finder import IssueHandler
from gh_store.issues.object_issue import ObjectIssue, Status
from gh_store.reading.reader import Reader

Progress = Callable[[], object]
"""Called once for every object that was looked at."""


@dataclass(frozen=True, slots=True)
class Listing:
    """
    Issues that hold objects.

    Attributes:
        time: By the backend's clock: what changes later is not in here, and may be asked for from
            one second before.
        heads: The issues, a page at a time as they are reached.
    """

    time: datetime
    heads: Iterator[ObjectIssue]


def list_issues(issues: IssueHandler, labels: Sequence[str], *, complete: bool = False) -> Listing:
    """
    The issues with all of `labels`.

    The filtered list comes from an index that lags behind the newest changes. So one look at what
    changed last, from the list that does not lag, is taken before its first page.

    Args:
        complete: Read every issue there is, and ask no index.
    """
    latest, more = issues.latest()
    # In an empty repository, a first write may be on its way into the list.
    empty = issues.backend.now() - timedelta(minutes=1)
    time = max((head.issue.updated_at for head in latest), default=empty)
    return Listing(time, _merged(issues, labels, latest, more, complete))


def _merged(
    issues: IssueHandler, labels: Sequence[str], latest: list[ObjectIssue], more: bool, complete: bool
) -> Iterator[ObjectIssue]:
    unseen = {head.issue.number: head for head in latest}
    if more:
        for head in issues.listed(labels=None if complete else list(labels)):
            unseen.pop(head.issue.number, None)
            if all(map(head.has_label, labels)) or (head.retired and not complete):
                yield head
    for _, head in sorted(unseen.items()):
        if all(map(head.has_label, labels)):
            yield head


def objects(
    reader: Reader, heads: Iterator[ObjectIssue], prefix: str | None = None, progress: Progress = lambda: None
) -> Iterator[StoredObject]:
    """The objects among some issues, each as of now, and once."""
    for head in _holding(reader, heads):
        if prefix is None or (head.object_id is not None and head.object_id.startswith(prefix)):
            yield reader.view(head)
            progress()


def _holding(reader: Reader, heads: Iterator[ObjectIssue]) -> Iterator[ObjectIssue]:
    """The issues that hold an object; one that goes on in another issue meanwhile is neither missed nor repeated."""
    shown = set[int]()
    for issue in heads:
        head = issue
        if issue.retired:  # the index says still that it is one, and may not show yet where it is now
            try:
                head = reader.issues.find(reader.identified(issue).object_id or "")
            except ObjectNotFound:
                continue
        elif issue.status is not Status.ACTIVE or issue.incomplete:
            continue
        number, after = head.issue.number, head.after.issue if head.after is not None else 0
        if number in shown or (head.uncommitted and _is_object(reader, after)):
            continue
        if after not in shown:
            yield reader.identified(head)
        shown |= {number, after} - {0}


def _is_object(reader: Reader, number: int) -> bool:
    try:
        return reader.issues.read(number).status is Status.ACTIVE
    except ObjectNotFound:
        return False
