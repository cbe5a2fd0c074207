"""The GitHub backend: the verbs of the port over REST, each one request."""

import base64
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeVar
from urllib.parse import quote

from gh_store.backends.base import PAGE, Backend, Permission
from gh_store.backends.github.client import Client, Connection, site_of
from gh_store.backends.github.connecting import connect
from gh_store.backends.github.decode import (
    UNREADABLE,
    several,
    text,
    to_comment,
    to_issue,
    to_label,
    to_recent,
    to_user,
    whole,
)
from gh_store.backends.github.errors import not_github
from gh_store.backends.github.installation import Installation
from gh_store.backends.github.limiter import Limiter, Limits, shared_limiter
from gh_store.domain import exceptions
from gh_store.domain.exceptions import (
    BackendUnavailable,
    ConfigurationError,
    InsufficientScope,
    IntegrityError,
    ObjectNotFound,
    RepoNotFoundOrUnauthorized,
)
from gh_store.domain.issues import Comment, Issue, IssuePage, Label, Page, RecentPage, User
from gh_store.domain.limits import MAX_COMMENTS

T = TypeVar("T")

__all__ = ["Connection", "GitHubBackend", "Installation", "Limiter", "Limits", "connect", "shared_limiter"]

_PAGES: Final = 10_000
"""The most pages of a list that are followed: a million issues. A server that goes on is not GitHub."""

_COMMENT_PAGES: Final = MAX_COMMENTS // PAGE + 1
"""The last page that is asked for: where an issue is full, the one after it."""

_RECENT_PAGES: Final = 400
"""The pages of the list of all comments that GitHub shows."""

_PERMISSIONS: Final[dict[str, Permission]] = {"admin": "admin", "write": "write", "read": "read"}


class AuthMissing(exceptions.AuthMissing, InsufficientScope):
    """Who has no token has no right either: readers go without, and writers are told what is missing."""


class GitHubBackend:
    """
    The issues of a repository on GitHub.

    Makes no request before the first verb. May be shared by threads.

    Args:
        repository: `owner/name`.
        connection: The server, and whose token is sent.
        limiter: How fast requests may follow each other.
    """

    lag = 2.0  # lists and reads lag behind writes by a second or so (octokit/octokit.js#900)
    cutoff = 10.0  # the server ends a request that takes longer (docs.github.com, "Rate limits")

    def __init__(self, repository: str, connection: Connection, limiter: Limiter) -> None:
        self.client = Client(repository, connection, limiter)

    @property
    def repository(self) -> str:
        return self.client.repository

    @property
    def server(self) -> str:
        return site_of(self.api)

    @property
    def api(self) -> str:
        return self.client.connection.base_url.rstrip("/")

    @property
    def owner(self) -> str:
        return self.client.owner

    def repository_id(self) -> int:
        return _read(lambda data: whole(data["id"]), self.client.get("", "see the repository").data)

    def require_token(self) -> None:
        self.client.require_token("write")

    def close(self) -> None:
        self.client.close()

    # --- issues -----------------------------------------------------------------------------------

    def get_issue(self, number: int) -> Issue:
        answer = self.client.get(f"/issues/{number}", f"see issue {number}", remember=True, missing=True)
        if answer.status == 404:
            raise ObjectNotFound(f"There is no issue {number}.")
        return _read(to_issue, answer.data)

    def list_issues(
        self,
        *,
        labels: Sequence[str] = (),
        sort: Literal["created", "updated"] = "created",
        descending: bool = False,
        since: datetime | None = None,
        cursor: str | None = None,
    ) -> IssuePage:
        query = {
            "state": "all",
            "sort": sort,
            "direction": "desc" if descending else "asc",
            "per_page": str(PAGE),
        }
        if labels:
            query["labels"] = ",".join(labels)
        if since is not None and since.timestamp() > 0:  # the epoch would list nothing (airbytehq/airbyte#85376)
            query["since"] = _timestamp(since)
        page, _, path = (cursor or "1 ").partition(" ")
        if cursor is None:
            answer = self.client.get("/issues", "list issues", query=query, missing=True)
        else:
            answer = self.client.get(path, "list issues", absolute=True, missing=True)
        if answer.status == 404:
            raise RepoNotFoundOrUnauthorized(f"{self.repository} does not show its issues to this token.")
        following = self.client.next_page(answer)
        if following is not None and (following == path or int(page) >= _PAGES):
            raise _endless()
        return IssuePage(_read_all(to_issue, answer.data), following and f"{int(page) + 1} {following}")

    def create_issue(self, title: str, body: str, labels: Sequence[str]) -> Issue:
        sent = {"title": title, "body": body, "labels": list(labels)}
        return _read(to_issue, self.client.send("POST", "/issues", "open issues", sent).data)

    def edit_issue(
        self, number: int, *, title: str | None = None, body: str | None = None, open: bool | None = None
    ) -> Issue:
        state = None if open is None else "open" if open else "closed"
        given = {"title": title, "body": body, "state": state}
        sent = {name: value for name, value in given.items() if value is not None}
        answer = self.client.send("PATCH", f"/issues/{number}", f"edit issue {number}", sent)
        return _read(to_issue, self._written(answer.data, "number", number))

    # --- comments ---------------------------------------------------------------------------------

    def list_comments(self, number: int, page: int) -> Page:
        if page > _COMMENT_PAGES:
            raise _endless()
        answer = self.client.get(
            f"/issues/{number}/comments",
            f"see the comments of issue {number}",
            query={"per_page": str(PAGE), "page": str(page)},
            remember=True,
        )
        return Page(_read_all(to_comment, answer.data), self.client.next_page(answer) is not None)

    def list_recent_comments(self, since: datetime | None = None, cursor: str | None = None) -> RecentPage:
        # A cursor is a time, and a page of what was updated since. Past some page GitHub refuses to go on, so there the
        # list begins anew with the last time seen.
        begin, _, number = (cursor or f"{_timestamp(since)} 1").partition(" ")
        page = int(number)
        query = {"sort": "updated", "direction": "asc", "per_page": str(PAGE), "page": str(page)}
        if begin:
            query["since"] = begin
        answer = self.client.get("/issues/comments", "see the comments of all issues", query=query)
        comments = _read_all(to_recent, answer.data)
        if not comments or self.client.next_page(answer) is None:
            return RecentPage(comments, None)
        if page < _RECENT_PAGES:
            return RecentPage(comments, f"{begin} {page + 1}")
        last = _timestamp(comments[-1].updated_at)
        if last == begin:
            raise _endless()  # so many in one second that the list does not get past it
        return RecentPage(comments, f"{last} 1")

    def create_comment(self, number: int, body: str) -> Comment:
        answer = self.client.send("POST", f"/issues/{number}/comments", f"comment on issue {number}", {"body": body})
        comment = _read(to_comment, answer.data)
        if comment.body.split() != body.split():
            raise IntegrityError(f"Comment {comment.id} does not contain what was sent.")
        return comment

    # --- reactions --------------------------------------------------------------------------------

    def add_reaction(self, comment_id: int, content: str) -> None:
        path = f"/issues/comments/{comment_id}/reactions"
        answer = self.client.send("POST", path, "react", {"content": content}, accepts=(404,))
        if answer.status != 404:
            self._written(answer.data, "content", content)

    def list_reactions(self, comment_id: int) -> tuple[tuple[str, User | None], ...]:
        path = f"/issues/comments/{comment_id}/reactions"
        answers = self._pages(path, "see reactions")
        return _read_all(lambda each: (text(each["content"]), to_user(each.get("user"))), answers)

    # --- labels -----------------------------------------------------------------------------------

    def get_label(self, name: str) -> Label | None:
        answer = self.client.get(f"/labels/{quote(name, safe='')}", "see labels", missing=True)
        return None if answer.status == 404 else _read(to_label, answer.data)

    def create_label(self, name: str, description: str) -> bool:
        sent = {"name": name, "description": description, "color": "ededed"}
        answer = self.client.send("POST", "/labels", "make labels", sent, accepts=(422,))
        if answer.status != 422:
            self._written(answer.data, "name", name)
            return True
        if answer.says("already_exists"):
            return False
        raise IntegrityError(f"GitHub refused the label {name!r}: {answer.message}.")

    def edit_label(self, name: str, description: str) -> None:
        path = f"/labels/{quote(name, safe='')}"
        answer = self.client.send("PATCH", path, "edit labels", {"description": description})
        self._written(answer.data, "description", description)

    def list_labels(self) -> tuple[str, ...]:
        return tuple(label.name for label in _read_all(to_label, self._pages("/labels", "see labels")))

    def add_label(self, number: int, name: str) -> None:
        sent = {"labels": [name]}
        answer = self.client.send("POST", f"/issues/{number}/labels", "label issues", sent)
        if name.lower() not in {label.name.lower() for label in _read_all(to_label, answer.data)}:
            raise InsufficientScope(f"GitHub silently dropped the label {name!r} of issue {number}.")

    def remove_label(self, number: int, name: str) -> None:
        path = f"/issues/{number}/labels/{quote(name, safe='')}"
        answer = self.client.send("DELETE", path, "take labels off issues", accepts=(404,))
        left = () if answer.status == 404 else _read_all(to_label, answer.data)
        if name.lower() in {label.name.lower() for label in left}:
            raise IntegrityError(f"Issue {number} still has the label {name!r}, although it was taken off.")

    def labels_ever(self, number: int) -> frozenset[str]:
        # An event shows a label as it was then (aws-actions/stale-issue-cleanup#20).
        events = self._pages(f"/issues/{number}/events", f"see the events of issue {number}")
        return frozenset(name for names in _read_all(_label_of, events) for name in names)

    # --- people -----------------------------------------------------------------------------------

    def permission(self, login: str) -> Permission:
        if self.client.connection.token is None:
            raise AuthMissing("A token is needed to see who may write.")
        path = f"/collaborators/{quote(login, safe='')}/permission"
        answer = self.client.get(path, "see who may write", missing=True)
        if answer.status == 404:
            return "none"
        return _PERMISSIONS.get(_read(lambda data: text(data["permission"]), answer.data), "none")

    def team(self, organization: str, slug: str) -> frozenset[str]:
        path = f"/orgs/{quote(organization, safe='')}/teams/{quote(slug, safe='')}/members"
        try:
            members = self._pages(path, "see the members of teams", absolute=True)
        except ObjectNotFound as error:
            raise InsufficientScope(
                f"This token may not see the team {organization}/{slug}, or it does not exist.",
                hint="Give the token the right to read the organization's members, or name people in CODEOWNERS.",
            ) from error
        return frozenset(_read_all(lambda member: text(member["login"]).lower(), members))

    def read_file(self, path: str) -> str | None:
        answer = self.client.get(f"/contents/{quote(path)}", "read files", remember=True, missing=True)
        if answer.status == 404 or not isinstance(answer.data, dict):
            return None
        if answer.data.get("encoding") != "base64":  # its content is left out, which must not pass for an empty file
            raise ConfigurationError(
                f"{path} of {self.repository} is too large to be read: GitHub shows files of up to 1 MB.",
                hint="Make it smaller, as with patterns that match more paths.",
            )
        return _read(lambda data: base64.b64decode(data["content"]), answer.data).decode("utf-8", "replace")

    # --- the clock --------------------------------------------------------------------------------

    def now(self) -> datetime:
        if self.client.now is None:  # this request does not count against the rate limit
            self.client.get("/rate_limit", "see the rate limit", absolute=True, missing=True)
        return self.client.now or datetime.now(UTC)

    def uninterrupted(self) -> AbstractContextManager[None]:
        return self.client.uninterrupted()

    # --- batches ----------------------------------------------------------------------------------

    def batch(self) -> AbstractContextManager[None]:
        return nullcontext()  # each request is durable by itself

    # --- inside -----------------------------------------------------------------------------------

    def _pages(self, path: str, what: str, *, absolute: bool = False) -> list[Any]:
        """The elements on all pages of a list; none if what it belongs to is gone, unless its path is absolute."""
        query = {"per_page": str(PAGE)}
        answer = self.client.get(path, what, query=query, absolute=absolute, missing=not absolute)
        found: list[Any] = []
        asked: set[str] = set()
        while answer.status != 404:
            found.extend(_read(several, answer.data))
            following = self.client.next_page(answer)
            if following is None:
                break
            if following in asked or len(asked) >= _PAGES:
                raise _endless()
            asked.add(following)
            answer = self.client.get(following, what, absolute=True, missing=True)
        return found

    def _written(self, data: Any, name: str, value: object) -> Any:
        """The answer to a write, if it contains what was sent."""
        if _read(lambda data: data[name], data) != value:
            raise IntegrityError(
                f"The answer to a write to {self.repository} does not contain what was sent; it may not have been done."
            )
        return data


def _read(convert: Callable[[Any], T], payload: Any) -> T:
    """A record of what the server sent. It may not be GitHub at all."""
    try:
        return convert(payload)
    except UNREADABLE as error:
        raise not_github() from error


def _read_all(convert: Callable[[Any], T], payload: Any) -> tuple[T, ...]:
    """The records of a list."""
    return tuple(_read(convert, each) for each in _read(several, payload))


def _timestamp(time: datetime | None) -> str:
    return "" if time is None else time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _label_of(event: Any) -> tuple[str, ...]:
    return (text(event["label"]["name"]),) if "label" in event else ()


def _endless() -> BackendUnavailable:
    return BackendUnavailable("The server's list does not end.", transient=False)


_CONFORMS: type[Backend] = GitHubBackend  # mypy holds the class against the port
