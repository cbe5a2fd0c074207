"""What changes, told as GitHub tells it by webhooks."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from gh_store.backends.testing.web_ui import WebUI
from gh_store.devserver.payloads import Payload, Payloads
from gh_store.domain.exceptions import ObjectNotFound
from gh_store.domain.issues import Comment, Issue, Label, User


class Tell(Protocol):
    """Somebody who is told of changes: the event, its action, and what it is about."""

    def __call__(self, event: str, action: str, **about: Any) -> None: ...


class Watched:
    """
    A repository in somebody's hands, every change of which is told.

    Spelled out are the verbs that change something; all others are forwarded as they are.
    """

    def __init__(self, pages: WebUI, tell: Tell) -> None:
        self.pages = pages
        self._tell = tell

    def __getattr__(self, name: str) -> Any:
        return getattr(self.pages, name)

    # --- issues -----------------------------------------------------------------------------------

    def create_issue(self, title: str, body: str, labels: Sequence[str]) -> Issue:
        new = [name for name in labels if self.pages.get_label(name) is None]
        issue = self.pages.create_issue(title, body, labels)
        self._made(new)
        self._tell("issues", "opened", issue=issue)
        for label in issue.labels:
            self._tell("issues", "labeled", issue=issue, label=label)
        return issue

    def edit_issue(self, number: int, **new: Any) -> Issue:
        before = self.pages.get_issue(number)
        issue = self.pages.edit_issue(number, **new)
        changes = _changes(before, issue, "title", "body")
        if changes:
            self._tell("issues", "edited", issue=issue, changes=changes)
        if issue.open != before.open:
            self._tell("issues", "reopened" if issue.open else "closed", issue=issue)
        return issue

    def lock_issue(self, number: int, *, locked: bool = True) -> None:
        self.pages.lock_issue(number, locked=locked)
        self._tell("issues", "locked" if locked else "unlocked", issue=self.pages.get_issue(number))

    def delete_issue(self, number: int, fate: str = "deleted") -> None:
        issue = self.pages.get_issue(number)
        self.pages.delete_issue(number, fate)
        self._tell("issues", "deleted", issue=issue)

    def transfer_issue(self, number: int, target: str) -> None:
        issue = self.pages.get_issue(number)
        self.pages.transfer_issue(number, target)
        self._tell("issues", "transferred", issue=issue)

    # --- comments ---------------------------------------------------------------------------------

    def create_comment(self, number: int, body: str) -> Comment:
        comment = self.pages.create_comment(number, body)
        self._tell("issue_comment", "created", issue=self.pages.get_issue(number), comment=comment)
        return comment

    def edit_comment(self, comment_id: int, body: str) -> None:
        number, before = self._comment(comment_id)
        self.pages.edit_comment(comment_id, body)
        _, comment = self._comment(comment_id)
        about = {"issue": self.pages.get_issue(number), "comment": comment}
        self._tell("issue_comment", "edited", **about, changes=_changes(before, comment, "body"))

    def delete_comment(self, comment_id: int) -> None:
        number, before = self._comment(comment_id)
        self.pages.delete_comment(comment_id)
        self._tell("issue_comment", "deleted", issue=self.pages.get_issue(number), comment=before)

    # --- labels -----------------------------------------------------------------------------------

    def create_label(self, name: str, description: str) -> bool:
        made = self.pages.create_label(name, description)
        if made:
            self._made([name])
        return made

    def edit_label(self, name: str, description: str) -> None:
        before = self.pages.get_label(name)
        self.pages.edit_label(name, description)
        after = self.pages.get_label(name)
        if before is not None and after is not None:
            self._tell("label", "edited", label=after, changes=_changes(before, after, "description"))

    def delete_label(self, name: str) -> None:
        before = self.pages.get_label(name)
        self.pages.delete_label(name)
        if before is not None:
            self._tell("label", "deleted", label=before)

    def add_label(self, number: int, name: str) -> None:
        new = [] if self.pages.get_label(name) is not None else [name]
        self._relabel(number, lambda: self.pages.add_label(number, name), new)

    def remove_label(self, number: int, name: str) -> None:
        self._relabel(number, lambda: self.pages.remove_label(number, name))

    # --- inside -----------------------------------------------------------------------------------

    def _made(self, names: Sequence[str]) -> None:
        for name in names:
            self._tell("label", "created", label=self.pages.get_label(name) or Label(name))

    def _relabel(self, number: int, change: Callable[[], None], new: Sequence[str] = ()) -> None:
        before = self.pages.get_issue(number)
        change()
        self._made(new)
        issue = self.pages.get_issue(number)
        for label in issue.labels:
            if label.name not in {each.name for each in before.labels}:
                self._tell("issues", "labeled", issue=issue, label=label)
        for label in before.labels:
            if label.name not in {each.name for each in issue.labels}:
                self._tell("issues", "unlabeled", issue=issue, label=label)

    def _comment(self, comment_id: int) -> tuple[int, Comment]:
        number, page = self.pages.issue_of(comment_id), 1
        while True:
            read = self.pages.list_comments(number, page)
            found = next((each for each in read.comments if each.id == comment_id), None)
            if found is not None:
                return number, found
            if not read.more:
                raise ObjectNotFound(f"There is no comment {comment_id}.")
            page += 1


def payload(
    payloads: Payloads, repository: Payload, sender: str, action: str, *, issue: Issue | None = None,
    comment: Comment | None = None, label: Label | None = None, changes: Payload | None = None,
) -> Payload:  # fmt: skip  # what a payload may tell of
    """The JSON of an event."""
    told: Payload = {"action": action}
    if issue is not None:
        told["issue"] = payloads.issue(issue) | {"draft": False}  # REST has it with pull requests alone
    if comment is not None and issue is not None:
        told["comment"] = payloads.comment(comment, issue.number)
    if label is not None:
        told["label"] = payloads.label(label)
    if changes is not None:
        told["changes"] = changes
    return {**told, "repository": repository, "sender": payloads.user(User(sender, sender.endswith("[bot]")))}


def _changes(before: object, after: object, *names: str) -> Payload:
    """What GitHub says of an edit: what each part was before."""
    differ = (name for name in names if getattr(before, name) != getattr(after, name))
    return {name: {"from": getattr(before, name)} for name in differ}
