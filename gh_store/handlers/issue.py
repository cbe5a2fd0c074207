"""IssueHandler: an object as an issue."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property, partial
from typing import Final

from gh_store.backends.base import Backend, Issue
from gh_store.core import wire
from gh_store.core.config import Config
from gh_store.core.exceptions import DuplicateUIDError, InsufficientScope, IntegrityError, ObjectNotFound
from gh_store.core.retry import Retry
from gh_store.core.types import Event, JsonObject, State
from gh_store.handlers.comment import read_comment

_DAY: Final = timedelta(days=1)
_KNOWN: Final = 10_000
_STALE_READS: Final = 8


class Status(StrEnum):
    """What its labels make of an issue."""

    ACTIVE = "active"
    DELETED = "deleted"
    WITHDRAWN = "withdrawn"
    NO_OBJECT = "no object"


@dataclass(frozen=True)
class Head:
    """What an issue says of the object it holds."""

    issue: Issue
    config: Config
    status: Status
    object_id: str | None
    bracket: wire.Bracket | None

    @cached_property
    def body(self) -> JsonObject | None:
        """The state that the body shows, or None if it is no JSON object."""
        return wire.read_body(self.issue.body)

    @cached_property
    def proven(self) -> bool:
        """True if the title's check fits the body: nobody has touched either since the commit."""
        return (
            self.object_id is not None
            and self.bracket is not None
            and self.body is not None
            and self.bracket.fits(self.object_id, self.body)
        )

    @property
    def settled(self) -> bool:
        """True if nothing is pending, and one look at the issue has shown it."""
        return (
            not self.issue.open
            and self.bracket is not None
            and self.bracket.comments == self.issue.comments
            and self.proven
            and not (self.status is Status.DELETED and self.has_label(self.config.base_label))
        )

    @property
    def unfinished(self) -> bool:
        """True for a creation under way, or one that was cut: not even the initial state is there."""
        return self.issue.comments == 0 and self.bracket is not None and self.bracket.watermark == 0

    def has_label(self, name: str) -> bool:
        return any(label.name.lower() == name.lower() for label in self.issue.labels)

    def state(self) -> State:
        """The state in the body of a proven head."""
        assert self.bracket is not None
        assert self.body is not None
        time = self.bracket.time if self.bracket.version > 1 else self.issue.created_at
        return State(self.bracket.version, time, self.body, wire.WORST_GROWTH * len(self.issue.body))


def read_head(issue: Issue, config: Config) -> Head:
    """Pure: what an issue says, before anybody has looked at its comments."""
    names = [label.name for label in issue.labels]
    lower = {name.lower() for name in names}
    if issue.is_pull_request or not any(name.startswith(config.uid_prefix.lower()) for name in lower):
        return Head(issue, config, Status.NO_OBJECT, None, None)
    if wire.ARCHIVED_LABEL in lower:
        status = Status.DELETED
    elif config.base_label.lower() in lower:
        status = Status.ACTIVE
    else:
        status = Status.WITHDRAWN
    title = wire.read_title(issue.title, names, config.uid_prefix)
    return Head(issue, config, status, title.object_id, title.bracket)


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

    def read(self, number: int) -> Head:
        """One issue as it is now. Raises ObjectNotFound if there is none."""
        return self.head(self.retry.read(lambda: self.backend.get_issue(number)))

    def head(self, issue: Issue) -> Head:
        return read_head(issue, self.config)

    def seen(self, object_id: str) -> Seen | None:
        """What this process knows of an object without asking."""
        return self._seen.get(object_id)

    def remember(self, head: Head) -> None:
        """Keep what an answer told, so that the next request goes by number."""
        if head.object_id is None or head.status is not Status.ACTIVE or head.unfinished:
            return
        issue, version = head.issue, head.bracket.version if head.bracket else 0
        with self._lock:
            self._seen.pop(head.object_id, None)
            self._seen[head.object_id] = Seen(issue.number, issue.updated_at, issue.comments, version)
            if len(self._seen) > _KNOWN:
                self._seen.pop(next(iter(self._seen)))

    def forget(self, object_id: str) -> None:
        self._seen.pop(object_id, None)

    def find(self, object_id: str) -> Head:
        """
        The active issue of an object.

        Raises:
            ObjectNotFound: There is none, which is proved, or it was deleted.
            DuplicateUIDError: There are several.
        """
        head = self._by_number(object_id)
        if head is None:
            active = self.search(object_id)
            finished = [head for head in active if not head.unfinished] or active
            if not finished:
                raise ObjectNotFound(f"There is no object {object_id!r}.")
            first, *others = finished
            if others and not first.unfinished and not all(self._adopts(other, first) for other in others):
                numbers = tuple(head.issue.number for head in finished)
                raise DuplicateUIDError(
                    f"The issues {', '.join(map(str, numbers))} all claim to be {object_id!r}.", issue_numbers=numbers
                )
            head = first
        self.remember(head)
        return head

    def _adopts(self, head: Head, old: Head) -> bool:
        """True for the copy of an issue that is being adopted, and goes on to hold the object until it is withdrawn."""
        begin = wire.copy_id(self.backend.repository, old.issue.number, old.object_id or "", "begin")
        comments = self.retry.read(lambda: self.backend.list_comments(head.issue.number, 1)).comments
        events = ((comment, read_comment(comment)) for comment in comments)
        return any(
            isinstance(event, Event) and event.event_id == begin and comment.author == head.issue.author
            for comment, event in events
        )

    def _by_number(self, object_id: str) -> Head | None:
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

    def search(self, object_id: str) -> list[Head]:
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

    def labelled(self, label: str, object_id: str) -> list[Head]:
        """The active issues of an object that the label's index shows; it can lag, so none proves nothing."""
        return self._active(self.listed(labels=[label]), object_id)

    def newest(self, object_id: str) -> list[Head]:
        """The active issues of an object among those created since yesterday, which no index hides."""
        recent: list[Head] = []
        for head in self.listed(descending=True):
            if head.issue.created_at < self.backend.now() - _DAY:
                break
            recent.append(head)
        return self._active(iter(recent), object_id)

    def _active(self, heads: Iterator[Head], object_id: str) -> list[Head]:
        mine = (head for head in heads if head.status is Status.ACTIVE and self._is(head, object_id))
        return sorted((self._named(head, object_id) for head in mine), key=lambda head: head.issue.number)

    def _is(self, head: Head, object_id: str) -> bool:
        if head.object_id is None:  # a title that a person has replaced, and a hashed label
            return head.has_label(wire.hashed_label(object_id, self.config.uid_prefix))
        return head.object_id == object_id

    def _named(self, head: Head, object_id: str) -> Head:
        return head if head.object_id == object_id else replace(head, object_id=object_id)

    def latest(self) -> tuple[list[Head], bool]:
        """What changed last, from the list that no index hides; and whether there are more issues."""
        page = self.retry.read(lambda: self.backend.list_issues(sort="updated", descending=True))
        return [self.head(issue) for issue in page.issues], page.next is not None

    def listed(
        self, *, labels: list[str] | None = None, descending: bool = False, changed_since: datetime | None = None
    ) -> Iterator[Head]:
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

    def open(self, title: str, body: str, labels: Sequence[str]) -> Head:
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

    def withdraw(self, head: Head) -> None:
        """Make an issue no object any more, because another one has its id."""
        self.label(head, self.config.base_label, on=False)
        self.set_open(head, False)

    def commit(self, head: Head, title: str, body: str) -> Head:
        """The one PATCH that writes state and watermark together, and leaves the issue open."""
        answer = self.edit(head, title=title, body=body, open=True)
        if answer.issue.title != title or not answer.proven:  # the title's check is of the body
            raise IntegrityError(f"Issue {head.issue.number} did not take what was written to it.")
        return answer

    def reopen(self, number: int) -> Head:
        """Open an issue of which only the number is known; the answer tells the rest."""
        return self.head(self.retry.read(lambda: self.backend.edit_issue(number, open=True)))

    def set_open(self, head: Head, open: bool) -> Head:
        """Open or close the issue by state alone."""
        return self.edit(head, open=open)

    def edit(self, head: Head, *, title: str | None = None, body: str | None = None, open: bool | None = None) -> Head:
        number = head.issue.number

        def edit() -> Issue:
            return self.backend.edit_issue(number, title=title, body=body, open=open)

        # State alone may be written twice. A commit may not: it could undo a newer one, so whoever
        # commits starts again from what is there.
        answer = edit() if title is not None else self.retry.read(edit)
        if open is not None and answer.open != open:
            raise IntegrityError(f"Issue {number} did not {'open' if open else 'close'}.")
        edited = replace(self.head(answer), object_id=head.object_id) if head.object_id else self.head(answer)
        self.remember(edited)
        return edited

    def label(self, head: Head, name: str, *, on: bool) -> None:
        """Put a label on the issue, or take it off; harmless to repeat."""
        change: Callable[[int, str], None] = self.backend.add_label if on else self.backend.remove_label
        self.retry.read(lambda: change(head.issue.number, name))
