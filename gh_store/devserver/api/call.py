"""A request, understood; and what may be answered to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from gh_store.backends.base import PAGE, Backend
from gh_store.backends.testing.web_ui import WebUI
from gh_store.devserver.payloads import Payload, Payloads
from gh_store.domain.exceptions import GitHubStoreError, InsufficientScope, LogFull, ObjectNotFound, ValueTooLarge
from gh_store.domain.issues import Comment, Issue
from gh_store.domain.limits import MAX_COMMENTS

_DOCS: Final = "https://docs.github.com/rest"
PER_PAGE: Final = 30
"""What a page holds where nobody says."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What a token has left: requests in an hour, those used, and when (seconds since the epoch) it begins anew."""

    limit: int
    used: int
    reset: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered: a status, JSON, and headers of its own."""

    status: int
    data: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def error(status: int, message: str, errors: list[Payload] | None = None) -> "Reply":
        told = {"message": message, "documentation_url": _DOCS, "status": str(status)}
        return Reply(status, told if errors is None else {**told, "errors": errors})


@dataclass(frozen=True, slots=True)
class Call:
    """
    A request, understood.

    Attributes:
        payloads: How this repository describes itself.
        backend: The repository in the hands of who asks, as it lags.
        pages: The same, live.
        login: Who asks, None without a token.
        names: What the path names.
        query: The query.
        sent: The body.
        private: True for a repository that not everybody sees.
        issues: False if its issues are switched off.
        limit: What is left of the rate limit.
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

    @property
    def number(self) -> int:
        return int(self.names["number"])

    def shown(self, issue: Issue) -> Payload:
        return self.payloads.issue(issue)

    def comment(self, comment_id: int) -> tuple[Comment, int]:
        """A comment, and the issue it stands on."""
        number = self.pages.issue_of(comment_id)
        page = 1
        while True:
            read = self.pages.list_comments(number, page)
            for comment in read.comments:
                if comment.id == comment_id:
                    return comment, number
            page += 1


def paged(call: Call, path: str, told: Sequence[Payload]) -> Reply:
    """A page of a list that is whole at hand, by number."""
    per_page = max(1, min(int(call.query.get("per_page", PER_PAGE)), PAGE))
    page = max(1, int(call.query.get("page", 1)))
    link = {"link": page_link(call, path, page + 1)} if len(told) > page * per_page else {}
    return Reply(200, list(told[(page - 1) * per_page : page * per_page]), link)


def page_link(call: Call, path: str, page: int) -> str:
    """The header that leads to another page."""
    root = f"{call.payloads.base}/repositories/{call.payloads.repository_id}"
    return f'<{root}{path}?{urlencode({**call.query, "page": page})}>; rel="next"'


def moved(location: str, status: int) -> Reply:
    """A redirect as GitHub words it."""
    data = {"message": "Moved Permanently", "url": location, "documentation_url": _DOCS}
    return Reply(status, data, {"location": location})


def refusal(error: GitHubStoreError, call: Call) -> Reply:
    """The answer where the backend refuses."""
    if isinstance(error, ObjectNotFound):
        fate = call.pages.fate(call.number) if "number" in call.names else None
        if fate and fate.startswith("transferred to "):
            return moved(f"{call.payloads.base}/repos/{fate.removeprefix('transferred to ')}", 301)
        return Reply.error(410, "This issue was deleted") if fate == "deleted" else Reply.error(404, "Not Found")
    if isinstance(error, ValueTooLarge):
        name = "name" if "label" in error.message else "title" if "title" in error.message else "body"
        told = f"{name} is too long (maximum is {error.limit} characters)"
        return Reply.error(
            422, "Validation Failed", [{"resource": "Issue", "code": "custom", "field": name, "message": told}]
        )
    if isinstance(error, LogFull):
        return Reply.error(403, f"Commenting is disabled on issues with more than {MAX_COMMENTS} comments")
    if isinstance(error, InsufficientScope):
        if call.login is None:
            return Reply.error(401, "Requires authentication")
        if "locked" in error.message:
            return Reply.error(403, "Unable to create comment because issue is locked.")
        if "ask what others may do" in error.message:
            return Reply.error(403, "Must have push access to view collaborator permission.")
        accepted = {"x-accepted-github-permissions": "issues=write"}
        told = Reply.error(403, "Resource not accessible by personal access token").data
        return Reply(403, told, accepted)
    return Reply.error(500, "Server Error")
