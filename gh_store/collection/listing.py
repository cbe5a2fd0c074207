"""All objects: lists that stay true although an index lags."""

from array import array
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar, runtime_checkable

from gh_store.access.lookup import author_of, find, still_held
from gh_store.access.repository import Repository
from gh_store.domain.exceptions import IntegrityError, ObjectNotFound
from gh_store.domain.values import StoredObject
from gh_store.issues.object_issue import ObjectIssue, Status
from gh_store.logger import logger
from gh_store.reading.reader import Reader

T = TypeVar("T")

Progress = Callable[[], object]
"""Called once for every object that was looked at."""


@runtime_checkable
class Expecting(Protocol):
    """A progress that wants to know beforehand how many objects will be looked at."""

    def expect(self, objects: int) -> object:
        """Called once, with their number at most."""


def expect(progress: Progress, objects: Callable[[], int]) -> None:
    """Tell a progress how many objects will be looked at, at most; the number is asked for if it wants to know."""
    if isinstance(progress, Expecting):
        progress.expect(objects())


@dataclass(frozen=True, slots=True)
class Listing:
    """
    Issues that labels nominate as objects.

    Attributes:
        time: By the backend's clock: what changes later is not in here, and may be asked for from
            one second before.
        heads: The issues, a page at a time as they are reached.
        most: Tells their number at most, by a request if there are more than a page.
    """

    time: datetime
    most: Callable[[], int]
    heads: Iterator[ObjectIssue]


def list_issues(repo: Repository, *kinds: Sequence[str], complete: bool = False) -> Listing:
    """
    The issues that have all the labels of one of these kinds, each once.

    The filtered list comes from an index that lags behind the newest changes. So one look at what
    changed last, from the list that does not lag, is taken before its first page.

    Args:
        complete: Read every issue there is, and ask no index.
    """
    latest, more = repo.issues.latest()
    # In an empty repository, a first write may be on its way into the list.
    empty = repo.backend.now() - timedelta(minutes=1)
    time = max((head.issue.updated_at for head in latest), default=empty)
    if more:
        return Listing(time, partial(most_issues, repo, kinds), _merged(repo, kinds, latest, complete=complete))
    few = [*_few(kinds, latest)]
    return Listing(time, partial(len, few), iter(few))


def most_issues(repo: Repository, kinds: Sequence[Sequence[str]] = ((),)) -> int:
    """How many issues have all the labels of a kind, at most: if there is more than a page, the newest's number."""
    page, more = repo.issues.newest_page()
    return page[0].number if more else sum(_kind_of(head, kinds) is not None for head in page)


def _few(kinds: Sequence[Sequence[str]], latest: Sequence[ObjectIssue]) -> Iterator[ObjectIssue]:
    for head in sorted(latest, key=lambda head: head.number):
        if _kind_of(head, kinds) is not None:
            yield head


def _merged(
    repo: Repository, kinds: Sequence[Sequence[str]], latest: list[ObjectIssue], *, complete: bool
) -> Iterator[ObjectIssue]:
    unseen = {head.number: head for head in latest}
    for at, labels in enumerate([()] if complete else kinds):
        for head in repo.issues.listed(labels=labels):
            unseen.pop(head.number, None)
            kind = _kind_of(head, kinds)
            # A retired issue has left the list: the index may not show yet where its object is now.
            if kind == at or (kind is not None if complete else kind is None and head.retired):
                yield head
    yield from _few(kinds, list(unseen.values()))


def _kind_of(head: ObjectIssue, kinds: Sequence[Sequence[str]]) -> int | None:
    return next((at for at, labels in enumerate(kinds) if all(map(head.has_label, labels))), None)


def objects(
    reader: Reader,
    heads: Iterator[ObjectIssue],
    prefix: str | None = None,
    progress: Progress = lambda: None,
) -> Iterator[StoredObject]:
    """The objects among some issues, each as of now, and once; see `each`."""
    return each(reader, heads, reader.view, prefix, progress)


def each(
    reader: Reader,
    heads: Iterator[ObjectIssue],
    view: Callable[[ObjectIssue], T],
    prefix: str | None = None,
    progress: Progress = lambda: None,
    unreadable: Callable[[ObjectIssue], object] = lambda head: None,
) -> Iterator[T]:
    """
    What is seen of the objects among some issues, each once.

    Args:
        unreadable: Called with the issue of each object that cannot be told any more; the others are not held up.
    """
    for head in holding(reader, heads):
        if prefix is None or (head.object_id is not None and head.object_id.startswith(prefix)):
            try:
                seen = view(head)
            except IntegrityError as error:
                if error.object_id is None:
                    raise
                logger.warning("{} {}", error, error.hint)
                unreadable(head)
                continue
            yield seen
            progress()


def ids(reader: Reader, heads: Iterator[ObjectIssue]) -> Iterator[str]:
    """The ids of the objects among some issues, each once; their logs are not read."""
    return (head.object_id for head in holding(reader, heads) if head.object_id is not None)


def holding(reader: Reader, heads: Iterator[ObjectIssue]) -> Iterator[ObjectIssue]:
    """The issues that hold an object; one that goes on in another issue meanwhile is neither missed nor repeated."""
    shown, ids, doubtful = _Numbers(), array("q"), list[ObjectIssue]()
    for issue in heads:
        head = current(reader, issue)
        if head is None or reader.repo.authority.confirms_by_labels(head):
            doubtful.append(head or issue)
            continue
        number, after = head.number, head.after.issue if head.after is not None else 0
        if number in shown or (head.uncommitted and is_object(reader, after)):
            continue
        if after not in shown:
            ids.append(hash(head.object_id))
            yield head
        shown.add(number)
        if after:
            shown.add(after)
    for issue in doubtful:
        head = _left_in_doubt(reader, issue, shown)
        if head is not None and hash(head.object_id) not in ids:
            ids.append(hash(head.object_id))
            yield head


class _Numbers(Container[int]):
    """A set of numbers of issues; a bit each, for there may be very many."""

    def __init__(self) -> None:
        self._thousands: dict[int, int] = {}

    def add(self, number: int) -> None:
        at = number // 1_000
        self._thousands[at] = self._thousands.get(at, 0) | 1 << number % 1_000

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and bool(self._thousands.get(number // 1_000, 0) >> number % 1_000 & 1)


def current(reader: Reader, issue: ObjectIssue) -> ObjectIssue | None:
    """The issue that holds the object of an issue now; None where authority admits none."""
    if not issue.retired:
        return admitted(reader, issue) if not issue.incomplete else None
    try:  # the index says still that it is one, and may not show yet where it is now
        return find(reader.repo, reader.identified(issue).object_id or "")
    except ObjectNotFound:
        return None


def _left_in_doubt(reader: Reader, issue: ObjectIssue, shown: Container[int]) -> ObjectIssue | None:
    """What an issue stands for that is not admitted as an object itself; known only when the list is at its end."""
    seal = issue.seal_in_force
    if issue.status is not Status.ACTIVE or issue.incomplete:
        return None
    if seal is None:
        head = reader.identified(issue)
        return head if head.object_id is not None and reader.repo.authority.confirms(head) else None
    return still_held(reader.repo, reader.identified(issue)) if seal.issue not in shown else None


def admitted(reader: Reader, issue: ObjectIssue) -> ObjectIssue | None:
    """An active issue, if authority admits it as an object; None, and a warning, for one that labels alone nominate."""
    if issue.status is not Status.ACTIVE or reader.repo.authority.is_outranked(issue):
        return None
    return confirmed(reader, issue)


def confirmed(reader: Reader, issue: ObjectIssue) -> ObjectIssue | None:
    """An issue, if authority admits it, be it deleted, or only a creation that was cut; else None, and a warning."""
    head = identified(reader, issue)
    if head is None:
        return None
    if not reader.repo.authority.confirms(head):
        logger.warning(
            "Issue {} has the labels of {!r}, but {}, who opened it, has no write permission: `gh-store verify` tells "
            "what to do.",
            head.number,
            head.object_id,
            author_of(head),
        )
        return None
    return head


def identified(reader: Reader, issue: ObjectIssue) -> ObjectIssue | None:
    """An issue with the id of its object; None, and a warning, where nothing tells that."""
    head = reader.identified(issue)
    if head.object_id is None:
        logger.warning("Issue {} has the labels of an object, and nothing tells which one it holds.", head.number)
        return None
    return head


def is_object(reader: Reader, number: int) -> bool:
    """True if an issue is active."""
    head = reader.repo.issues.at(number)
    return head is not None and head.status is Status.ACTIVE
