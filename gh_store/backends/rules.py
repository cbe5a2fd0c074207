"""What GitHub allows, and whom: the rules of the backends that stand in for it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from gh_store.backends.base import Permission
from gh_store.domain.exceptions import InsufficientScope, LogFull, ValueTooLarge
from gh_store.domain.issues import Issue, Role, User
from gh_store.domain.limits import MAX_COMMENTS, MAX_LABEL, MAX_LABELS, MAX_TEXT, MAX_TITLE

OWNER: Final = "local"
"""Who owns a repository that is not GitHub's."""

_RANK: Final[dict[Role, int]] = {"none": 0, "read": 1, "triage": 2, "write": 3, "maintain": 4, "admin": 5}
_PERMISSION: Final[dict[Role, Permission]] = {
    "none": "none",
    "read": "read",
    "triage": "read",
    "write": "write",
    "maintain": "write",
    "admin": "admin",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and with what role."""

    login: str
    role: Role

    def may(self, role: Role) -> bool:
        """True if the actor has this role or more."""
        return _RANK[self.role] >= _RANK[role]

    def need(self, role: Role, what: str) -> None:
        """Raise InsufficientScope unless the actor has this role or more."""
        if not self.may(role):
            raise InsufficientScope(f"{self.login} may not {what}: the role {role} or a higher one is needed.")

    def is_user(self, login: str | None) -> bool:
        """True if that is the actor's login. Logins ignore case; None is a user who is gone."""
        return login is not None and login.lower() == self.login.lower()

    def check_edit(
        self, issue: Issue, closed_by: str | None, *, title: str | None, body: str | None, open: bool | None
    ) -> None:
        """Raise an error if an edit of an issue is too large, or the actor may not make it."""
        check_title(title or "")
        check_text(body or "")
        own = issue.author is not None and self.is_user(issue.author.login)
        if (title is not None or body is not None) and not own:
            self.need("write", "edit the issue of somebody else")
        if open not in (None, issue.open) and not (own and (not open or self.is_user(closed_by))):
            self.need("triage", "close or reopen this issue")

    def check_comment_edit(self, author: str | None) -> None:
        """Raise InsufficientScope if the actor may not change or delete a comment of this author."""
        if not self.is_user(author):
            self.need("write", "change the comment of somebody else")


def permission_of(role: Role) -> Permission:
    """What GitHub's older API, which knows fewer roles, calls a role."""
    return _PERMISSION[role]


def check_text(body: str) -> None:
    """Raise ValueTooLarge if the body of an issue or comment is too long."""
    if len(body) > MAX_TEXT:
        raise ValueTooLarge(
            f"The text has {len(body):,} characters; the limit is {MAX_TEXT:,}.", size=len(body), limit=MAX_TEXT
        )


def check_title(title: str) -> None:
    """Raise ValueTooLarge if the title of an issue is too long."""
    if len(title) > MAX_TITLE:
        raise ValueTooLarge(
            f"The title has {len(title)} characters; the limit is {MAX_TITLE}.", size=len(title), limit=MAX_TITLE
        )


def check_label(name: str) -> None:
    """Raise ValueTooLarge unless a label may have this name."""
    if not 0 < len(name) <= MAX_LABEL:
        raise ValueTooLarge(
            f"The label {name[:60]!r} has {len(name)} characters; a label has 1 to {MAX_LABEL}.",
            size=len(name),
            limit=MAX_LABEL,
        )


def check_labels(names: Sequence[str]) -> None:
    """Raise ValueTooLarge unless an issue may have all of these labels."""
    if len({name.lower() for name in names}) > MAX_LABELS:
        raise ValueTooLarge(f"An issue takes at most {MAX_LABELS} labels.", size=len(names), limit=MAX_LABELS)
    for name in names:
        check_label(name)


def check_room(number: int, comments: int) -> None:
    """Raise LogFull if an issue takes no more comments."""
    if comments >= MAX_COMMENTS:
        raise LogFull(
            f"Issue {number} has {comments:,} comments, and takes no more.", comments=comments, limit=MAX_COMMENTS
        )


def check_reaction(*, locked: bool) -> None:
    """Raise InsufficientScope on a locked issue, where nobody reacts."""
    if locked:
        raise InsufficientScope("The issue is locked, so nobody may react.", hint="Unlock it.")


def user(login: str) -> User:
    """A user as GitHub tells of one: the logins of bots say so."""
    return User(login, login.endswith("[bot]"))


def whole_seconds(at: float) -> datetime:
    """A time as GitHub tells it."""
    return datetime.fromtimestamp(int(at), UTC)
