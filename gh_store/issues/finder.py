"""IssueFinder: reads the issues that hold objects, by number, by label, by time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Literal

from gh_store import wire
from gh_store.backends.base import Backend
from gh_store.backends.retry import Retry
from gh_store.config import Config
from gh_store.domain.exceptions import ObjectNotFound
from gh_store.issues.index import IssueIndex
from gh_store.issues.object_issue import ObjectIssue, Status, read_issue

_DAY: Final = timedelta(days=1)
_STALE_READS: Final = 8


@dataclass(frozen=True, slots=True)
class IssueFinder:
    """Finds issues. Whether one of them is an object is not for labels to say alone: see access."""

    backend: Backend
    config: Config
    retry: Retry
    index: IssueIndex

    def read(self, number: int) -> ObjectIssue:
        """One issue as it is now. Raises ObjectNotFound if there is none."""
        return read_issue(self.retry.read(lambda: self.backend.get_issue(number)), self.config)

    def at(self, number: int) -> ObjectIssue | None:
        """One issue as it is now, or None if there is none."""
        try:
            return self.read(number)
        except ObjectNotFound:
            return None

    # --- one object -------------------------------------------------------------------------------

    def known(self, object_id: str) -> ObjectIssue | None:
        """The active issue of an object by the number it had, or None if it has moved on."""
        known = self.index.get(object_id)
        if known is None:
            return None
        for _ in range(_STALE_READS):
            head = self.at(known.number)
            if head is not None and (head.issue.updated_at, head.issue.comments) >= (known.updated_at, known.comments):
                break
            if not self.backend.lag:
                break
            self.retry.sleep(self.backend.lag / 2)  # an answer older than what we saw before
        if head is not None and head.status is Status.ACTIVE and self._is(head, object_id):
            return _named(head, object_id)
        self.index.forget(object_id)
        return None

    def search(self, object_id: str) -> list[ObjectIssue]:
        """The active issues of an object, by number. Empty only if that is proved."""
        plain = wire.plain_label(object_id, self.config.uid_prefix)
        if plain is not None:
            active = self.labelled(plain, object_id)
            if active:
                return active
            label = self.retry.read(lambda: self.backend.get_label(plain))
            if label is None:
                return []
            if label.name.endswith(object_id):  # else the label is of an id that differs by case
                return self.newest(object_id)
        hashed = wire.hashed_label(object_id, self.config.uid_prefix)
        active = self.labelled(hashed, object_id)
        if active or self.retry.read(lambda: self.backend.get_label(hashed)) is None:
            return active
        return self.newest(object_id)

    def labelled(self, label: str, object_id: str) -> list[ObjectIssue]:
        """The active issues of an object that the labels' index shows; it can lag, so none proves nothing."""
        # With the base label: the issues that an object has left, of which there may be many, are not asked for.
        return _active(self._of(self.listed(labels=[label, self.config.base_label], descending=True), object_id))

    def newest(self, object_id: str) -> list[ObjectIssue]:
        """The active issues of an object among those created since yesterday, which no index hides."""
        return _active(self._of(self._recent(), object_id))

    def issues_of(self, head: ObjectIssue) -> list[ObjectIssue]:
        """All issues that ever held, or came to hold, the object of a head that tells its id; by number."""
        assert head.object_id is not None
        uids = [each.name for each in head.issue.labels if each.name.lower().startswith(self.config.uid_prefix.lower())]
        listed = (each for label in uids for each in self.listed(labels=[label]))
        return self._of((*listed, *(self._recent() if self.backend.lag else ()), head), head.object_id)

    def _recent(self) -> list[ObjectIssue]:
        recent: list[ObjectIssue] = []
        for head in self.listed(descending=True):
            if head.issue.created_at < self.backend.now() - _DAY:
                break
            recent.append(head)
        return recent

    def _of(self, heads: Iterable[ObjectIssue], object_id: str) -> list[ObjectIssue]:
        """Those of the issues that are of one object, each once, by number."""
        found = {head.number: _named(head, object_id) for head in heads if self._is(head, object_id)}
        return [head for _, head in sorted(found.items())]

    def _is(self, head: ObjectIssue, object_id: str) -> bool:
        if head.object_id is None:  # a title that a person has replaced, and a hashed label
            return head.has_label(wire.hashed_label(object_id, self.config.uid_prefix))
        return head.object_id == object_id

    # --- all of them ------------------------------------------------------------------------------

    def latest(self) -> tuple[list[ObjectIssue], bool]:
        """What changed last, from the list that no index hides; and whether there are more issues."""
        return self._page("updated")

    def newest_page(self) -> tuple[list[ObjectIssue], bool]:
        """What was created last, the newest first; and whether there are more issues."""
        return self._page("created")

    def _page(self, sort: Literal["created", "updated"]) -> tuple[list[ObjectIssue], bool]:
        page = self.retry.read(lambda: self.backend.list_issues(sort=sort, descending=True))
        return [read_issue(issue, self.config) for issue in page.issues], page.next is not None

    def listed(
        self, *, labels: Sequence[str] = (), descending: bool = False, changed_since: datetime | None = None
    ) -> Iterator[ObjectIssue]:
        """Issues by creation; or what changed since a time, the last changed first."""
        by_change = changed_since is not None
        cursor = None
        while True:
            ask = partial(
                self.backend.list_issues,
                labels=labels,
                sort="updated" if by_change else "created",
                descending=descending or by_change,
                since=changed_since,
                cursor=cursor,
            )
            page = self.retry.read(ask)
            yield from (read_issue(issue, self.config) for issue in page.issues)
            cursor = page.next
            if cursor is None:
                return


def _active(heads: Iterable[ObjectIssue]) -> list[ObjectIssue]:
    return [head for head in heads if head.status is Status.ACTIVE]


def _named(head: ObjectIssue, object_id: str) -> ObjectIssue:
    return head if head.object_id == object_id else replace(head, object_id=object_id)
