"""Issues, comments and labels as plain values, free of any vendor."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["none", "read", "triage", "write", "maintain", "admin"]


@dataclass(frozen=True, slots=True)
class User:
    """Who did something. Logins ignore case."""

    login: str
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """A label; names are unique, and ignore case."""

    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Issue:
    """
    An issue. `comments` is the live count; `updated_at` moves with every change but a reaction.

    Where it is `locked`, only writers comment, and nobody reacts.
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
    """A comment. `reactions` counts them by content, whoever left them; `edited` is a suspicion, no proof."""

    id: int
    body: str
    author: User | None
    created_at: datetime
    reactions: Mapping[str, int] = field(default_factory=dict)
    edited: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page of comments, ascending by id; `more` if another follows."""

    comments: tuple[Comment, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class IssuePage:
    """A page of issues; `next` is what to ask for the one that follows, or None."""

    issues: tuple[Issue, ...]
    next: str | None
