"""IssueWriter: every change of an issue that holds an object, and the check that it took."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gh_store import wire
from gh_store.backends.base import Backend
from gh_store.backends.retry import Retry
from gh_store.config import Config
from gh_store.domain.exceptions import AccessDeniedError, InsufficientScope, IntegrityError
from gh_store.domain.issues import Issue, User
from gh_store.issues.index import IssueIndex
from gh_store.issues.object_issue import ObjectIssue, Status, read_issue


@dataclass(frozen=True, slots=True)
class IssueWriter:
    """
    Writes issues.

    Attributes:
        counts: Whether what a user writes counts: an issue that somebody else opened is not ours.
        require: Raises AccessDeniedError for a user, the current one, whose writing does not count.
    """

    backend: Backend
    config: Config
    retry: Retry
    index: IssueIndex
    counts: Callable[[User | None], bool]
    require: Callable[[User | None], None]

    def open(self, title: str, body: str, labels: Sequence[str]) -> ObjectIssue:
        """
        A new issue, opened once.

        Raises:
            InsufficientScope: The current user may not label.
            AccessDeniedError: What the current user writes does not count: the issue holds nothing, and was put away.
        """

        def opened() -> Issue | None:
            newest = self.backend.list_issues(descending=True).issues
            same = (issue for issue in newest if (issue.title, issue.body) == (title, body))
            return next((issue for issue in same if _has_labels(issue, labels) and self.counts(issue.author)), None)

        issue = self.retry.write(lambda _: self.backend.create_issue(title, body, labels), opened)
        if not _has_labels(issue, labels):
            raise InsufficientScope(f"Issue {issue.number} was created without its labels.")
        if issue.title != title or not _same_state(issue.body, body):
            raise IntegrityError(f"Issue {issue.number} does not hold what was sent.")
        head = read_issue(issue, self.config)
        try:
            self.require(issue.author)
        except AccessDeniedError:
            if head.status is Status.ACTIVE:  # left as it is, it would keep the id from everybody
                begins = [wire.ARCHIVED_LABEL] if head.after is None else []
                self.mark(head, add=begins, remove=[self.config.base_label], open=False)
            raise
        return head

    def write(self, head: ObjectIssue, title: str, body: str, *, open: bool) -> ObjectIssue:
        """
        The one PATCH that writes state and watermark together; a commit leaves the issue open.

        A commit is not repeated here: it could undo a newer one, so whoever commits starts again from what is there.
        """
        answer = self._edit(head, title=title, body=body, open=open)
        if answer.issue.title != title or not answer.intact:  # the title's checksum is of the body
            raise IntegrityError(f"Issue {head.number} did not take what was written to it.")
        return answer

    def reopen(self, number: int) -> ObjectIssue:
        """Open an issue of which only the number is known; the answer tells the rest."""
        return read_issue(self.retry.read(lambda: self.backend.edit_issue(number, open=True)), self.config)

    def mark(
        self, head: ObjectIssue, *, add: Sequence[str] = (), remove: Sequence[str] = (), open: bool | None = None
    ) -> ObjectIssue:
        """Put labels on, take labels off, open or close, in this order; harmless to repeat."""
        for name in add:
            self.retry.read(lambda name=name: self.backend.add_label(head.number, name))  # type: ignore[misc]  # mypy cannot infer a default's type
        for name in remove:
            self.retry.read(lambda name=name: self.backend.remove_label(head.number, name))  # type: ignore[misc]  # as above
        return head if open is None else self._edit(head, open=open)

    def retire(self, head: ObjectIssue) -> ObjectIssue:
        """Take the object from an issue: from here on, who writes to it is told so by its labels."""
        # The one label first: by it, sweeps find what reaches the issue later.
        return self.mark(head, add=[wire.RETIRED_LABEL], remove=[self.config.base_label], open=False)

    def withdraw(self, head: ObjectIssue) -> None:
        """Make an issue hold no object any more, because another one has its id."""
        self.mark(head, remove=[self.config.base_label], open=False)

    def archive(self, head: ObjectIssue) -> ObjectIssue:
        """Mark an issue as that of a deleted object."""
        return self.mark(head, add=[wire.ARCHIVED_LABEL], open=False)

    def describe(self, label: str, description: str) -> None:
        """Describe an existing label anew."""
        self.retry.read(lambda: self.backend.edit_label(label, description))

    def seal(self, head: ObjectIssue) -> ObjectIssue:
        """Seal a head that was just committed: in the UID label, which only writers may edit."""
        assert head.object_id is not None
        assert head.checkpoint is not None
        assert head.body is not None
        label = head.uid_label
        if label is None or head.status is not Status.ACTIVE:
            return head
        seal = wire.seal_of(head.number, head.object_id, head.checkpoint, head.body)
        text = wire.write_seal(seal, wire.read_since(label.description))
        if label.description != text:
            self.describe(label.name, text)
        labels = tuple(replace(each, description=text) if each is label else each for each in head.issue.labels)
        return replace(head, issue=replace(head.issue, labels=labels))

    def _edit(
        self, head: ObjectIssue, *, title: str | None = None, body: str | None = None, open: bool | None = None
    ) -> ObjectIssue:
        def edit() -> Issue:
            return self.backend.edit_issue(head.number, title=title, body=body, open=open)

        answer = edit() if title is not None and open else self.retry.read(edit)
        if open is not None and answer.open != open:
            raise IntegrityError(f"Issue {head.number} did not {'open' if open else 'close'}.")
        edited = read_issue(answer, self.config)
        if head.object_id and head.object_id != edited.object_id:
            edited = replace(edited, object_id=head.object_id)
        self.index.remember(edited)
        return edited


def _has_labels(issue: Issue, labels: Sequence[str]) -> bool:
    return {name.lower() for name in labels} <= {label.name.lower() for label in issue.labels}


def _same_state(one: str, other: str) -> bool:
    """True if two bodies say the same, however a backend keeps text."""
    return one == other or wire.canonical(wire.read_body(one)) == wire.canonical(wire.read_body(other))
