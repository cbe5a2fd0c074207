"""
The port: what a backend must be able to do, grouped by role, and what it promises. Plain records in and out.

Every request is atomic: it happens wholly or not at all. A request that gets no answer raises BackendUnavailable,
whose `outcome_unknown` tells whether it may have happened. One that is refused for a while raises RateLimited, and
did not happen. One that the current user has no right to raises InsufficientScope. Nothing is retried here.

`memory.py` is the shortest backend that keeps these promises.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Final, Literal, Protocol, TypeAlias

from gh_store.domain.issues import Comment, Issue, IssuePage, Label, Page, RecentPage, User

PAGE: Final = 100
"""Issues or comments on a page: the most that GitHub lists at once."""

Permission: TypeAlias = Literal["admin", "write", "read", "none"]


class Issues(Protocol):
    """Each issue has a number that only grows, and is never deleted by the store."""

    def get_issue(self, number: int) -> Issue:
        """One issue. Raises ObjectNotFound if there is no issue of that number."""

    def list_issues(
        self,
        *,
        labels: Sequence[str] = (),
        sort: Literal["created", "updated"] = "created",
        descending: bool = False,
        since: datetime | None = None,
        cursor: str | None = None,
    ) -> IssuePage:
        """
        A page of the open and closed issues: the first, or the one that `cursor` stands for.

        With `labels`, those that have them all, from an index that may lag: the selection may be
        stale, what is shown of each issue is live. Without, nothing is left out. `since` compares
        with `updated_at`, and includes it.
        """

    def create_issue(self, title: str, body: str, labels: Sequence[str]) -> Issue:
        """A new open issue; labels that do not exist are made. GitHub drops the labels of who may not label."""

    def edit_issue(
        self, number: int, *, title: str | None = None, body: str | None = None, open: bool | None = None
    ) -> Issue:
        """Change at once whatever is given; the last writer wins. The answer is live."""


class Comments(Protocol):
    """The order of comments is that of their ids."""

    def list_comments(self, number: int, page: int) -> Page:
        """Page `page` (from 1) of an issue's comments, ascending by id. Past the last, an empty one."""

    def list_recent_comments(self, since: datetime | None = None, cursor: str | None = None) -> RecentPage:
        """
        A page of the comments of all issues, what was edited or written last at the end: the first page, or the one
        that `cursor` stands for.

        `since` compares with `updated_at`, and includes it; times are whole seconds. Pull requests and strangers are
        in it. A comment may be listed twice; one that was deleted is not told of; and where others are edited
        meanwhile, one may be missed. So what an issue counts tells whether its comments are all there.
        """

    def create_comment(self, number: int, body: str) -> Comment:
        """A new comment; its id is greater than all before. The answer names its author."""


class Reactions(Protocol):
    """A user leaves each reaction at most once on a comment."""

    def add_reaction(self, comment_id: int, content: str) -> None:
        """React as the current user, who may have done so already. A comment that is gone is no error."""

    def list_reactions(self, comment_id: int) -> tuple[tuple[str, User | None], ...]:
        """Who left which reaction; empty for a comment that is gone."""


class Labels(Protocol):
    """Names of labels are unique, and ignore case."""

    def get_label(self, name: str) -> Label | None:
        """The label of that name in any case, or None: proof that there is no such label."""

    def create_label(self, name: str, description: str) -> bool:
        """True if this call made the label, False if one of that name in any case was there."""

    def edit_label(self, name: str, description: str) -> None:
        """Replace the description of an existing label."""

    def list_labels(self) -> tuple[str, ...]:
        """The names of all labels. A request for each page."""

    def add_label(self, number: int, name: str) -> None:
        """Put a label on an issue that may have it already."""

    def remove_label(self, number: int, name: str) -> None:
        """Take a label off an issue that may not have it any more."""

    def labels_ever(self, number: int) -> frozenset[str]:
        """The names, as they were, of all labels that anybody ever put on an issue. A request for each page."""


class People(Protocol):
    """Who may do what."""

    @property
    def owner(self) -> str:
        """The login whose word always counts."""

    def permission(self, login: str) -> Permission:
        """What a user may do. Raises InsufficientScope for a caller without write permission."""

    def team(self, organization: str, slug: str) -> frozenset[str]:
        """The logins of a team's members, in lower case. Raises InsufficientScope if the caller may not see them."""

    def read_file(self, path: str) -> str | None:
        """A file of the repository's default branch, or None. Raises ConfigurationError if it is not shown."""


class Clock(Protocol):
    """What the store must know about time."""

    @property
    def lag(self) -> float:
        """Seconds by which reads and lists may lag behind writes; 0 if they never do."""

    @property
    def cutoff(self) -> float:
        """Seconds after which a write that was not answered can no longer arrive."""

    def now(self) -> datetime:
        """The backend's clock (UTC), as of its last answer; a request of its own only if there was none."""

    def uninterrupted(self) -> AbstractContextManager[None]:
        """What this thread asks inside follows at once: the pauses that it owes are made on entering."""


class Batches(Protocol):
    """Many writes that cost one."""

    def batch(self) -> AbstractContextManager[None]:
        """
        A block whose writes, those of this thread, become durable together when it ends.

        Where a backend can do that, a block that raises, and a program that dies in one, leave nothing of it, and
        until it ends nobody else sees any of it, or writes. So a block is short. A backend that cannot do it does
        nothing here. Either way what is asked inside sees what was written there, and a verb that raises undoes
        itself alone. A block inside another one is part of that.
        """


class Backend(Issues, Comments, Reactions, Labels, People, Clock, Batches, Protocol):
    """A repository's issues in the hands of one user, as the store needs them. May be shared by threads."""

    @property
    def repository(self) -> str:
        """`owner/name`; `local/<id>` for a store that is not on GitHub, with an id that no other has."""

    def repository_id(self) -> int | None:
        """A number of the repository that stays when it is renamed; None where it keeps its name. May be a request."""

    def require_token(self) -> None:
        """Raise AuthMissing, without a request, for a caller who can write nothing because a token is missing."""

    @property
    def server(self) -> str | None:
        """The address of the site where people see the repository, without it; None if there is none."""

    @property
    def api(self) -> str | None:
        """The address of the REST API that this backend asks; None if there is none."""

    def close(self) -> None:
        """Release what is held; harmless to repeat."""


REQUESTS: Final = frozenset(
    name
    for role in (Issues, Comments, Reactions, Labels, People)
    for name, member in vars(role).items()
    if callable(member) and not name.startswith("_")
)
"""The verbs that are requests: what may be slow, cut off or refused, and is counted."""
