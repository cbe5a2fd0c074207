"""A parsed request, and the answers to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from gh_store.backends.base import PAGE, Backend
from gh_store.backends.testing.web_ui import WebUI
from gh_store.devserver.payloads import Payload, Payloads
from gh_store.domain.exceptions import (
    GitHubStoreError,
    InsufficientScope,
    InvalidUpdate,
    LogFull,
    ObjectNotFound,
    ValueTooLarge,
)
from gh_store.domain.issues import Comment, Issue
from gh_store.domain.limits import MAX_COMMENTS

_DOCS: Final = "https://docs.github.com/rest"
PER_PAGE: Final = 30
"""The default size of a page."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The rate limit of a token: requests per hour, those used, and when it resets (seconds since the epoch)."""

    limit: int
    used: int
    reset: int


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, JSON, and special headers."""

    status: int
    data: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def error(status: int, message: str, errors: list[Payload] | None = None) -> "Reply":
        data = {"message": message, "documentation_url": _DOCS, "status": str(status)}
        return Reply(status, data if errors is None else {**data, "errors": errors})


@dataclass(frozen=True, slots=True)
class Call:
    """
    A parsed request.

    Attributes:
        payloads: The JSON of this repository.
        backend: The repository as the user of the request sees and changes it, with lags.
        pages: The same, without lags.
        login: The user of the request; None without a token.
        names: The parameters in the path.
        query: The query.
        sent: The body.
        private: True for a private repository.
        issues: False if the issues of the repository are disabled.
        limit: The rate limit.
        apps: The logins of GitHub Apps' bots, in lower case.
    """

    payloads: Payloads
    backend: Backend
    pages: WebUI
    login: str | None
    names: Mapping[str, Any]
    query: Mapping[str, str]
    sent: Mapping[str, Any]
    private: bool
    issues: bool
    limit: Limit
    apps: frozenset[str] = frozenset()

    @property
    def number(self) -> int:
        return int(self.names["number"])

    def shown(self, issue: Issue) -> Payload:
        return self.payloads.issue(issue)

    def comment(self, comment_id: int) -> tuple[Comment, int]:
        """A comment, and the number of its issue."""
        number = self.pages.issue_of(comment_id)
        page = 1
        while True:
            read = self.pages.list_comments(number, page)
            for comment in read.comments:
                if comment.id == comment_id:
                    return comment, number
            page += 1


def paged(call: Call, path: str, items: Sequence[Payload]) -> Reply:
    """A page, by number, of a complete list."""
    per_page = max(1, min(int(call.query.get("per_page", PER_PAGE)), PAGE))
    page = max(1, int(call.query.get("page", 1)))
    link = {"link": page_link(call, path, page + 1)} if len(items) > page * per_page else {}
    return Reply(200, list(items[(page - 1) * per_page : page * per_page]), link)


def page_link(call: Call, path: str, page: int) -> str:
    """The header with the link to another page."""
    root = f"{call.payloads.base}/repositories/{call.payloads.repository_id}"
    return f'<{root}{path}?{urlencode({**call.query, "page": page})}>; rel="next"'


def moved(location: str, status: int) -> Reply:
    """A redirect, worded as by GitHub."""
    data = {"message": "Moved Permanently", "url": location, "documentation_url": _DOCS}
    return Reply(status, data, {"location": location})


def refusal(error: GitHubStoreError, call: Call) -> Reply:
    """The answer to a request that the backend refuses."""
    if isinstance(error, ObjectNotFound):
        fate = call.pages.fate(call.number) if "number" in call.names else None
        if fate and fate.startswith("transferred to "):
            return moved(f"{call.payloads.base}/repos/{fate.removeprefix('transferred to ')}", 301)
        return Reply.error(410, "This issue was deleted") if fate == "deleted" else Reply.error(404, "Not Found")
    if isinstance(error, InvalidUpdate):
        return Reply.error(422, "Invalid request.")
    if isinstance(error, ValueTooLarge):
        name = "name" if "label" in error.message else "title" if "title" in error.message else "body"
        message = f"{name} is too long (maximum is {error.limit} characters)"
        return Reply.error(
            422, "Validation Failed", [{"resource": "Issue", "code": "custom", "field": name, "message": message}]
        )
    if isinstance(error, LogFull):
        return Reply.error(403, f"Commenting is disabled on issues with more than {MAX_COMMENTS} comments")
    if isinstance(error, InsufficientScope):
        if call.login is None:
            return Reply.error(401, "Requires authentication")
        if "locked" in error.message:
            return Reply.error(403, "Unable to create comment because issue is locked.")
        if "login" in call.names:
            return Reply.error(403, "Must have push access to view collaborator permission.")
        accepted = {"x-accepted-github-permissions": "issues=write"}
        return Reply(403, Reply.error(403, "Resource not accessible by personal access token").data, accepted)
    return Reply.error(500, "Server Error")
