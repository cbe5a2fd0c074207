"""Issues, comments and labels as plain values, without anything of a vendor."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["none", "read", "triage", "write", "maintain", "admin"]


@dataclass(frozen=True, slots=True)
class User:
    """A user. Logins are case-insensitive."""

    login: str
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """A label. Names are unique and case-insensitive."""

    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Issue:
    """
    An issue. `comments` is the current count. Every change except a reaction moves `updated_at`.

    While it is `locked`, only users with write permission comment, and nobody reacts.
    """

    number: int
    title: str
    body: str
    open: bool
    labels: tuple[Label, ...]
    author: User | None
    created_at: datetime
    updated_at: datetime
    comments: int
    is_pull_request: bool = False
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment. `reactions` counts reactions by content, whoever left them. `edited` is a hint, not a proof."""

    id: int
    body: str
    author: User | None
    created_at: datetime
    reactions: Mapping[str, int] = field(default_factory=dict)
    edited: bool = False


@dataclass(frozen=True, slots=True)
class EditedComment:
    """A comment of which a trigger tells that it was edited."""

    id: int
    author: User | None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of comments, ascending by id. `more` is True if another page follows."""

    comments: tuple[Comment, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class RecentComment:
    """
    A comment in the list of all issues.

    Attributes:
        issue: The number of its issue, or of its pull request.
        updated_at: When it was written, or edited last.
        comment: The comment.
    """

    issue: int
    updated_at: datetime
    comment: Comment


@dataclass(frozen=True, slots=True)
class RecentPage:
    """A page of the comments of all issues. `next` is the cursor of the next page, or None."""

    comments: tuple[RecentComment, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class IssuePage:
    """A page of issues. `next` is the cursor of the next page, or None."""

    issues: tuple[Issue, ...]
    next: str | None
