"""IssueHandler: an object as an issue."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from gh_store import wire
from gh_store.backends.base import Backend
from gh_store.backends.retry import Retry
from gh_store.config import Config
from gh_store.domain.exceptions import DuplicateUIDError, InsufficientScope, IntegrityError, ObjectNotFound
from gh_store.domain.issues import Issue
from gh_store.issues.object_issue import ObjectIssue, Status, current_issues, read_issue

_DAY: Final = timedelta(days=1)
_KNOWN: Final = 10_000
_STALE_READS: Final = 8


@dataclass(frozen=True, slots=True)
class Seen:
    """What this process last saw of an object's issue: later reads must not show less."""

    number: int
    updated_at: datetime
    comments: int
    version: int


class IssueHandler:
    """Finds, reads and writes the issues that hold objects."""

    def __init__(self, backend: Backend, config: Config, retry: Retry) -> None:
        self.backend = backend
        self.config = config
        self.retry = retry
        self._lock = threading.Lock()
        self._seen: dict[str, Seen] = {}

    # --- reading ----------------------------------------------------------------------------------

    def read(self, number: int) -> ObjectIssue:
        """One issue as it is now. Raises ObjectNotFound if there is none."""
        return self.head(self.retry.read(lambda: self.backend.get_issue(number)))

    def head(self, issue: Issue) -> ObjectIssue:
        return read_issue(issue, self.config)

    def seen(self, object_id: str) -> Seen | None:
        """What this process knows of an object without asking."""
        return self._seen.get(object_id)

    def remember(self, head: ObjectIssue) -> None:
        """Keep what an answer told, so that the next request goes by number."""
        if head.object_id is None or head.status is not Status.ACTIVE or head.incomplete or head.uncommitted:
            return
        issue, version = head.issue, head.checkpoint.version if head.checkpoint else 0
        with self._lock:
            self._seen.pop(head.object_id, None)
            self._seen[head.object_id] = Seen(issue.number, issue.updated_at, issue.comments, version)
            if len(self._seen) > _KNOWN:
                self._seen.pop(next(iter(self._seen)))

    def forget(self, object_id: str) -> None:
        self._seen.pop(object_id, None)

    def find(self, object_id: str) -> ObjectIssue:
        """
        The issue that holds an object.

        Raises:
            ObjectNotFound: There is none, which is proved, or it was deleted.
            DuplicateUIDError: There are several.
        """
        head = self._by_number(object_id)
        if head is None:
            active = self.search(object_id)
            if not active:
                raise ObjectNotFound(f"There is no object {object_id!r}.")
            held = current_issues([head for head in active if not head.incomplete]) or active[:1]
            if len(held) > 1 and any(head.after for head in held):  # one could be a rival of another's forebears
                held = current_issues([each for each in self.issues_of(held[0]) if not each.incomplete])
            if len(held) != 1:
                numbers = tuple(head.issue.number for head in held)
                raise DuplicateUIDError(
                    f"The issues {', '.join(map(str, numbers))} all claim to be {object_id!r}.", issue_numbers=numbers
                )
            head = held[0]
        self.remember(head)
        return head

    def _by_number(self, object_id: str) -> ObjectIssue | None:
        """The object by the number it had, or None if it has moved on."""
        seen = self._seen.get(object_id)
        if seen is None:
            return None
        for _ in range(_STALE_READS):
            try:
                head = self.read(seen.number)
            except ObjectNotFound:
                head = None
            if head is not None and (head.issue.updated_at, head.issue.comments) >= (seen.updated_at, seen.comments):
                break
            if not self.backend.lag:
                break
            self.retry.sleep(self.backend.lag / 2)  # an answer older than what we saw before
        if head is not None and head.status is Status.ACTIVE and self._is(head, object_id):
            return self._named(head, object_id)
        self.forget(object_id)
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
        """The active issues of an object that the label's index shows; it can lag, so none proves nothing."""
        page = self.retry.read(lambda: self.backend.list_issues(labels=[label], descending=True))
        heads = [self.head(issue) for issue in page.issues]
        if page.next is not None:  # an object of many segments
            heads.extend(self.listed(labels=[label, self.config.base_label]))
        return self._active(heads, object_id)

    def newest(self, object_id: str) -> list[ObjectIssue]:
        """The active issues of an object among those created since yesterday, which no index hides."""
        return self._active(self._recent(), object_id)

    def issues_of(self, head: ObjectIssue) -> list[ObjectIssue]:
        """All issues that ever held, or came to hold, the object of a head that tells its id; by number."""
        assert head.object_id is not None
        uids = [each.name for each in head.issue.labels if each.name.lower().startswith(self.config.uid_prefix.lower())]
        listed = (each for label in uids for each in self.listed(labels=[label]))
        return self._mine((*listed, *(self._recent() if self.backend.lag else ()), head), head.object_id)

    def _recent(self) -> list[ObjectIssue]:
        recent: list[ObjectIssue] = []
        for head in self.listed(descending=True):
            if head.issue.created_at < self.backend.now() - _DAY:
                break
            recent.append(head)
        return recent

    def _active(self, heads: Iterable[ObjectIssue], object_id: str) -> list[ObjectIssue]:
        return [head for head in self._mine(heads, object_id) if head.status is Status.ACTIVE]

    def _mine(self, heads: Iterable[ObjectIssue], object_id: str) -> list[ObjectIssue]:
        mine = {head.issue.number: self._named(head, object_id) for head in heads if self._is(head, object_id)}
        return [head for _, head in sorted(mine.items())]

    def _is(self, head: ObjectIssue, object_id: str) -> bool:
        if head.object_id is None:  # a title that a person has replaced, and a hashed label
            return head.has_label(wire.hashed_label(object_id, self.config.uid_prefix))
        return head.object_id == object_id

    def _named(self, head: ObjectIssue, object_id: str) -> ObjectIssue:
        return head if head.object_id == object_id else replace(head, object_id=object_id)

    def latest(self) -> tuple[list[ObjectIssue], bool]:
        """What changed last, from the list that no index hides; and whether there are more issues."""
        page = self.retry.read(lambda: self.backend.list_issues(sort="updated", descending=True))
        return [self.head(issue) for issue in page.issues], page.next is not None

    def listed(
        self, *, labels: list[str] | None = None, descending: bool = False, changed_since: datetime | None = None
    ) -> Iterator[ObjectIssue]:
        """Issues by creation; or what changed since a time, the last changed first."""
        by_change = changed_since is not None
        cursor = None
        while True:
            ask = partial(
                self.backend.list_issues,
                labels=labels or (),
                sort="updated" if by_change else "created",
                descending=descending or by_change,
                since=changed_since,
                cursor=cursor,
            )
            page = self.retry.read(ask)
            yield from map(self.head, page.issues)
            cursor = page.next
            if cursor is None:
                return

    # --- writing ----------------------------------------------------------------------------------

    def open(self, title: str, body: str, labels: Sequence[str]) -> ObjectIssue:
        """A new issue, opened once."""

        def written() -> Issue | None:
            newest = self.backend.list_issues(descending=True).issues
            return next((issue for issue in newest if (issue.title, issue.body) == (title, body)), None)

        issue = self.retry.write(lambda _: self.backend.create_issue(title, body, labels), written)
        if not {name.lower() for name in labels} <= {label.name.lower() for label in issue.labels}:
            raise InsufficientScope(f"Issue {issue.number} was created without its labels.")
        if issue.title != title or wire.canonical(wire.read_body(issue.body)) != wire.canonical(wire.read_body(body)):
            raise IntegrityError(f"Issue {issue.number} does not hold what was sent.")
        return self.head(issue)

    def withdraw(self, head: ObjectIssue) -> None:
        """Make an issue no object any more, because another one has its id."""
        self.label(head, self.config.base_label, on=False)
        self.set_open(head, False)

    def commit(self, head: ObjectIssue, title: str, body: str) -> ObjectIssue:
        """The one PATCH that writes state and watermark together, and leaves the issue open."""
        return self._taken(self.edit(head, title=title, body=body, open=True), title)

    def conclude(self, head: ObjectIssue, title: str, body: str) -> ObjectIssue:
        """Say of an issue that its object has left what was forwarded, and close it; harmless to repeat."""
        return self._taken(self.edit(head, title=title, body=body, open=False), title)

    def _taken(self, answer: ObjectIssue, title: str) -> ObjectIssue:
        """The answer to a write of title and body, if it holds what was sent."""
        if answer.issue.title != title or not answer.intact:  # the title's check is of the body
            raise IntegrityError(f"Issue {answer.issue.number} did not take what was written to it.")
        return answer

    def reopen(self, number: int) -> ObjectIssue:
        """Open an issue of which only the number is known; the answer tells the rest."""
        return self.head(self.retry.read(lambda: self.backend.edit_issue(number, open=True)))

    def set_open(self, head: ObjectIssue, open: bool) -> ObjectIssue:
        """Open or close the issue by state alone."""
        return self.edit(head, open=open)

    def edit(
        self, head: ObjectIssue, *, title: str | None = None, body: str | None = None, open: bool | None = None
    ) -> ObjectIssue:
        number = head.issue.number

        def edit() -> Issue:
            return self.backend.edit_issue(number, title=title, body=body, open=open)

        # State alone may be written twice. A commit may not: it could undo a newer one, so whoever
        # commits starts again from what is there.
        answer = edit() if title is not None and open else self.retry.read(edit)
        if open is not None and answer.open != open:
            raise IntegrityError(f"Issue {number} did not {'open' if open else 'close'}.")
        edited = replace(self.head(answer), object_id=head.object_id) if head.object_id else self.head(answer)
        self.remember(edited)
        return edited

    def label(self, head: ObjectIssue, name: str, *, on: bool) -> None:
        """Put a label on the issue, or take it off; harmless to repeat."""
        change: Callable[[int, str], None] = self.backend.add_label if on else self.backend.remove_label
        self.retry.read(lambda: change(head.issue.number, name))
