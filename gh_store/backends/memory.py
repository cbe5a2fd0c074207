"""
The reference backend: a repository in memory, without distracting details. It is the manual of the port.

Three habits keep the promises of `base.py`:

1. A verb holds the lock from its first line to its last, so it is atomic, and threads may share the backend.
2. It checks everything before it changes anything, so a verb that raises has changed nothing.
3. What is stored are frozen records; a change puts a new record in the place of the old one. So what a verb answers is
   live when it answers, and stays as it was when the repository goes on.

What GitHub allows, and whom, is in `rules.py`. A backend whose service has such rules of its own needs none of it.
"""

import json
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, Final, Literal, ParamSpec, TypeVar

from gh_store.backends import rules
from gh_store.backends.base import PAGE, Backend, Permission
from gh_store.domain.exceptions import ObjectNotFound
from gh_store.domain.issues import Comment, Issue, IssuePage, Label, Page, RecentComment, RecentPage, Role, User

P = ParamSpec("P")
T = TypeVar("T")
B = TypeVar("B", bound="MemoryBackend")

MEMORY: Final = ":memory:"
"""What stands for a repository in memory where a path is asked for."""


@dataclass
class Repository:
    """
    What a repository holds, whoever acts on it.

    Attributes:
        clock: Seconds since the epoch. It may jump back; `latest`, the time that was told last, does not.
        name: Tells it from all others.
        comments: By the number of their issue, then by id.
        issue_of: The number of a comment's issue, by the comment's id.
        edited: When a comment was edited last, by its id.
        reactions: Who left what, by the comment's id; once for each content and login.
        labels: By name in lower case, as `roles` and `teams` are.
        gone: What became of issues that are no more, by number.
    """

    clock: Callable[[], float] = time.time
    name: str = field(default_factory=lambda: f"local/{secrets.token_hex(8)}")
    lock: threading.RLock = field(default_factory=threading.RLock)
    latest: float = 0.0
    last_number: int = 0
    last_id: int = 0
    issues: dict[int, Issue] = field(default_factory=dict)
    comments: dict[int, dict[int, Comment]] = field(default_factory=lambda: defaultdict(dict))
    issue_of: dict[int, int] = field(default_factory=dict)
    edited: dict[int, datetime] = field(default_factory=dict)
    reactions: dict[int, dict[tuple[str, str], User]] = field(default_factory=lambda: defaultdict(dict))
    labels: dict[str, Label] = field(default_factory=dict)
    labels_ever: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    closed_by: dict[int, str] = field(default_factory=dict)
    gone: dict[int, str] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=lambda: {rules.OWNER: "admin"})
    files: dict[str, str] = field(default_factory=dict)
    teams: dict[str, set[str]] = field(default_factory=dict)


def atomic(verb: Callable[Concatenate[B, P], T]) -> Callable[Concatenate[B, P], T]:
    """The same verb, one at a time in its repository."""

    @wraps(verb)
    def alone(backend: B, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with backend.data.lock:
            return verb(backend, *args, **kwargs)

    return alone


class MemoryBackend:
    """
    A repository in the hands of one user.

    Args:
        data: The repository; several users act on one. Without it, an empty one.
        user: Who acts; without one, the owner. Who has no role may read, comment and react.
    """

    owner = rules.OWNER
    server = api = None
    lag = 0.0  # a write is seen by whatever is asked after it
    cutoff = 0.0  # a write that raised an error will not arrive later

    def __init__(self, data: Repository | None = None, *, user: str | None = None) -> None:
        self.data = data or Repository()
        self.repository = self.data.name
        self.user = user or self.owner

    def repository_id(self) -> None:
        """None: it is never renamed."""

    def require_token(self) -> None:
        """There are none."""

    def close(self) -> None:
        """Nothing is held that others may not go on using."""

    # --- issues -----------------------------------------------------------------------------------

    @atomic
    def get_issue(self, number: int) -> Issue:
        return self._issue(number)

    @atomic
    def list_issues(
        self,
        *,
        labels: Sequence[str] = (),
        sort: Literal["created", "updated"] = "created",
        descending: bool = False,
        since: datetime | None = None,
        cursor: str | None = None,
    ) -> IssuePage:
        def place(issue: Issue) -> list[float]:
            return [issue.updated_at.timestamp() if sort == "updated" else 0, issue.number]

        wanted = {name.lower() for name in labels}
        found = sorted(self.data.issues.values(), key=place, reverse=descending)
        found = [issue for issue in found if wanted <= {label.name.lower() for label in issue.labels}]
        if since is not None:
            found = [issue for issue in found if issue.updated_at >= since.replace(microsecond=0)]
        if cursor is not None:  # the place of the last issue shown: one that moves meanwhile hides no other
            last = json.loads(cursor)
            found = [issue for issue in found if (place(issue) < last if descending else place(issue) > last)]
        return IssuePage(tuple(found[:PAGE]), json.dumps(place(found[PAGE - 1])) if len(found) > PAGE else None)

    @atomic
    def create_issue(self, title: str, body: str, labels: Sequence[str]) -> Issue:
        rules.check_title(title)
        rules.check_text(body)
        kept = self._labels(labels if self.actor.may("triage") else ())  # those of others are dropped in silence
        self.data.last_number += 1
        at = self._now()
        return self._put(Issue(self.data.last_number, title, body, True, kept, rules.user(self.user), at, at, 0))

    @atomic
    def edit_issue(
        self, number: int, *, title: str | None = None, body: str | None = None, open: bool | None = None
    ) -> Issue:
        issue = self._issue(number)
        self.actor.check_edit(issue, self.data.closed_by.get(number), title=title, body=body, open=open)
        given = {"title": title, "body": body, "open": open}
        new = {name: value for name, value in given.items() if value not in (None, getattr(issue, name))}
        if new.get("open") is False:
            self.data.closed_by[number] = self.user
        return self._put(issue, **new) if new else issue

    # --- comments ---------------------------------------------------------------------------------

    @atomic
    def list_comments(self, number: int, page: int) -> Page:
        self._issue(number)
        comments = list(self.data.comments[number].values())  # ids only grow, so they stand in order
        first, end = (page - 1) * PAGE, page * PAGE
        return Page(tuple(map(self._shown, comments[first:end])), len(comments) > end)

    @atomic
    def list_recent_comments(self, since: datetime | None = None, cursor: str | None = None) -> RecentPage:
        def place(each: RecentComment) -> list[float]:
            return [each.updated_at.timestamp(), each.comment.id]

        edited = self.data.edited
        found = [
            RecentComment(number, edited.get(comment.id, comment.created_at), self._shown(comment))
            for number, comments in self.data.comments.items()
            for comment in comments.values()
        ]
        if since is not None:
            found = [each for each in found if each.updated_at >= since.replace(microsecond=0)]
        if cursor is not None:
            last = json.loads(cursor)
            found = [each for each in found if place(each) > last]
        found.sort(key=place)
        return RecentPage(tuple(found[:PAGE]), json.dumps(place(found[PAGE - 1])) if len(found) > PAGE else None)

    @atomic
    def create_comment(self, number: int, body: str) -> Comment:
        issue = self._issue(number)
        rules.check_text(body)
        rules.check_room(number, issue.comments)
        if issue.locked:
            self.actor.need("write", "comment on an issue that is locked")
        self.data.last_id += 1  # never the id of a comment that was deleted
        comment = Comment(self.data.last_id, body, rules.user(self.user), self._now())
        self.data.comments[number][comment.id] = comment
        self.data.issue_of[comment.id] = number
        self._put(issue, comments=issue.comments + 1)
        return comment

    # --- reactions --------------------------------------------------------------------------------

    @atomic
    def add_reaction(self, comment_id: int, content: str) -> None:
        if comment_id in self.data.issue_of:
            rules.check_reaction(locked=self._issue(self.data.issue_of[comment_id]).locked)
            self.data.reactions[comment_id].setdefault((content, self.user.lower()), rules.user(self.user))

    @atomic
    def list_reactions(self, comment_id: int) -> tuple[tuple[str, User | None], ...]:
        return tuple((content, who) for (content, _), who in self.data.reactions[comment_id].items())

    # --- labels -----------------------------------------------------------------------------------

    @atomic
    def get_label(self, name: str) -> Label | None:
        return self.data.labels.get(name.lower())

    @atomic
    def create_label(self, name: str, description: str) -> bool:
        self.actor.need("write", "make labels")
        rules.check_label(name)
        made = Label(name, description)
        return self.data.labels.setdefault(name.lower(), made) is made

    @atomic
    def edit_label(self, name: str, description: str) -> None:
        self.actor.need("write", "edit labels")
        old = self.data.labels.get(name.lower())
        if old is not None:
            self.data.labels[name.lower()] = new = Label(old.name, description)
            for issue in self.data.issues.values():  # no change of an issue: its `updated_at` stays
                shown = tuple(new if label == old else label for label in issue.labels)
                self.data.issues[issue.number] = replace(issue, labels=shown)

    @atomic
    def list_labels(self) -> tuple[str, ...]:
        return tuple(label.name for label in self.data.labels.values())

    @atomic
    def add_label(self, number: int, name: str) -> None:
        issue = self._issue(number)
        self.actor.need("triage", "label issues")
        labels = self._labels([*(label.name for label in issue.labels), name])
        if labels != issue.labels:
            self._put(issue, labels=labels)

    @atomic
    def remove_label(self, number: int, name: str) -> None:
        issue = self._issue(number)
        self.actor.need("triage", "label issues")
        labels = tuple(label for label in issue.labels if label.name.lower() != name.lower())
        if labels != issue.labels:
            self._put(issue, labels=labels)

    @atomic
    def labels_ever(self, number: int) -> frozenset[str]:
        return frozenset(self.data.labels_ever.get(number, ()))

    # --- people -----------------------------------------------------------------------------------

    @atomic
    def permission(self, login: str) -> Permission:
        self.actor.need("write", "ask what others may do")
        return rules.permission_of(self.role(login))

    @atomic
    def team(self, organization: str, slug: str) -> frozenset[str]:
        return frozenset(self.data.teams.get(f"{organization}/{slug}".lower(), ()))

    @atomic
    def read_file(self, path: str) -> str | None:
        return self.data.files.get(path)

    # --- the clock --------------------------------------------------------------------------------

    @atomic
    def now(self) -> datetime:
        return self._now()

    def uninterrupted(self) -> AbstractContextManager[None]:
        return nullcontext()  # nobody is made to pause here

    # --- batches ----------------------------------------------------------------------------------

    def batch(self) -> AbstractContextManager[None]:
        return nullcontext()  # nothing here is durable, so nothing is gained by waiting

    # --- inside -----------------------------------------------------------------------------------

    def role(self, login: str) -> Role:
        """The role of a user; everybody may read."""
        return self.data.roles.get(login.lower(), "read")

    @property
    def actor(self) -> rules.Actor:
        """Who acts, with the role of now."""
        return rules.Actor(self.user, self.role(self.user))

    def _now(self) -> datetime:
        self.data.latest = max(self.data.latest, self.data.clock())
        return rules.whole_seconds(self.data.latest)

    def _issue(self, number: int) -> Issue:
        if number not in self.data.issues:
            fate = self.data.gone.get(number)
            raise ObjectNotFound(f"Issue {number} was {fate}." if fate else f"There is no issue {number}.")
        return self.data.issues[number]

    def _put(self, issue: Issue, **new: Any) -> Issue:
        """Store an issue, with what is new in it: the last line of whatever changes one."""
        changed = replace(issue, **new, updated_at=self._now())
        self.data.issues[issue.number] = changed
        self.data.labels_ever[issue.number].update(label.name for label in changed.labels)
        return changed

    def _labels(self, names: Sequence[str]) -> tuple[Label, ...]:
        """The labels of these names, each once; those that do not exist are made, as GitHub does."""
        rules.check_labels(names)
        return tuple(dict.fromkeys(self.data.labels.setdefault(name.lower(), Label(name)) for name in names))

    def _shown(self, comment: Comment) -> Comment:
        """A comment with its reactions counted."""
        contents = [content for content, _ in self.data.reactions[comment.id]]
        return replace(comment, reactions={content: contents.count(content) for content in contents})


_CONFORMS: type[Backend] = MemoryBackend  # mypy holds the class against the port
