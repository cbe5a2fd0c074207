"""
The port: what a backend must be able to do, and what it promises. Plain records in and out.

Every verb is one request, and atomic: it happens wholly or not at all. A verb that gets no answer
raises BackendUnavailable, and its `outcome_unknown` tells whether it may have happened. One that is
refused for a while raises RateLimited, and did not happen. Nothing is retried here. A verb that the
current user has no right to raises InsufficientScope.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Literal, Protocol

from gh_store.domain.issues import Comment, Issue, IssuePage, Label, Page, User

PAGE = 100
"""Issues or comments in a page: the most that GitHub lists at once."""


class Backend(Protocol):
    """A repository's issues, as the store needs them."""

    @property
    def repository(self) -> str:
        """`owner/name`, or `local`."""

    @property
    def owner(self) -> str:
        """The login whose word always counts."""

    @property
    def lag(self) -> float:
        """Seconds by which reads and lists may lag behind writes; 0 if they never do."""

    @property
    def cutoff(self) -> float:
        """Seconds after which a write that was not answered can no longer arrive."""

    def close(self) -> None:
        """Let go of whatever is held; harmless to repeat."""

    def uninterrupted(self) -> AbstractContextManager[None]:
        """What this thread asks inside follows at once: the pauses that it owes are made on entering."""

    def now(self) -> datetime:
        """The backend's clock (UTC), as of its last answer; a request of its own only if there was none."""

    def get_issue(self, number: int) -> Issue:
        """One issue. Raises ObjectNotFound if there is none of that number."""

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
        """A new open issue; labels that do not exist are made."""

    def edit_issue(
        self, number: int, *, title: str | None = None, body: str | None = None, open: bool | None = None
    ) -> Issue:
        """Change at once whatever is given; the last writer wins. The answer is live."""

    def add_label(self, number: int, name: str) -> None:
        """Put a label on an issue that may have it already."""

    def remove_label(self, number: int, name: str) -> None:
        """Take a label off an issue that may not have it any more."""

    def list_comments(self, number: int, page: int) -> Page:
        """Page `page` (from 1) of an issue's comments. Past the last, an empty one."""

    def create_comment(self, number: int, body: str) -> Comment:
        """A new comment; its id is greater than all before. The answer names its author."""

    def add_reaction(self, comment_id: int, content: str) -> None:
        """React as the current user, who may have done so already. A comment that is gone is no error."""

    def list_reactions(self, comment_id: int) -> tuple[tuple[str, User | None], ...]:
        """Who left which reaction; empty for a comment that is gone."""

    def get_label(self, name: str) -> Label | None:
        """The label of that name in any case, or None: proof that there is none."""

    def create_label(self, name: str, description: str) -> bool:
        """True if this call made the label, False if there was one of that name in any case."""

    def edit_label(self, name: str, description: str) -> None:
        """Describe an existing label anew."""

    def list_labels(self) -> tuple[str, ...]:
        """The names of all labels. A request for each page."""

    def labels_ever(self, number: int) -> frozenset[str]:
        """The names, as they were, of all labels that anybody ever put on an issue. A request for each page."""

    def permission(self, login: str) -> Literal["admin", "write", "read", "none"]:
        """What a user may do. Raises InsufficientScope for a caller without write permission."""

    def read_file(self, path: str) -> str | None:
        """A file of the repository's default branch, or None. Raises ConfigurationError if it is not shown."""

    def team(self, organization: str, slug: str) -> frozenset[str]:
        """The logins of a team's members, in lower case. Raises InsufficientScope if they are not to be seen."""
