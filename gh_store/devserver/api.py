"""GitHub's REST API for repositories, issues, comments, labels, reactions, contents and rights."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from gh_store.backends.base import PAGE, Comment, Issue, Label, User
from gh_store.backends.faults import FaultyBackend
from gh_store.backends.local_pages import LocalPages
from gh_store.backends.local_rows import to_user
from gh_store.core.exceptions import GitHubStoreError, InsufficientScope, LogFull, ObjectNotFound, ValueTooLarge
from gh_store.core.types import MAX_COMMENTS
from gh_store.devserver.payloads import REACTIONS, Payload, Payloads, rights

_DOCS: Final = "https://docs.github.com/rest"
_PER_PAGE: Final = 30


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
    backend: FaultyBackend
    pages: LocalPages
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
        return self.payloads.issue(issue, locked=self.pages.fate(issue.number) == "locked")

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


# --- the repository -------------------------------------------------------------------------------


def _repository(call: Call) -> Reply:
    may = rights(call.pages.role(call.login) if call.login is not None else "read")
    payload = call.payloads.whole_repository(call.pages.now(), private=call.private, issues=call.issues, rights=may)
    return Reply(200, payload)


def _permission(call: Call) -> Reply:
    login = call.names["login"]
    permission = call.backend.permission(login)
    user = to_user(login)
    assert user is not None
    return Reply(200, call.payloads.permission(user, permission, call.pages.role(login)))


def _team(call: Call) -> Reply:
    members = sorted(call.backend.team(call.names["organization"], call.names["team"]))
    if call.login is None or not members:
        return Reply.error(404, "Not Found")
    return Reply(200, [call.payloads.user(User(login)) for login in members])


def _file(call: Call) -> Reply:
    text = call.backend.read_file(call.names["path"])
    return Reply.error(404, "Not Found") if text is None else Reply(200, call.payloads.file(call.names["path"], text))


def _put_file(call: Call) -> Reply:
    path, raw = call.names["path"], base64.b64decode(call.sent["content"])
    before = call.pages.read_file(path)
    if before is not None and call.sent.get("sha") != call.payloads.file(path, before)["sha"]:
        return Reply.error(409 if "sha" in call.sent else 422, f"{path} does not match {call.sent.get('sha', '')}")
    call.pages.put_file(path, raw.decode("utf-8"))
    content = call.payloads.file(path, raw.decode("utf-8"))
    commit = {"sha": content["sha"], "message": call.sent["message"], "url": content["git_url"]}
    return Reply(200 if before is not None else 201, {"content": content, "commit": commit})


def _rate_limit(call: Call) -> Reply:
    limit = call.limit
    core = {"limit": limit.limit, "used": limit.used, "remaining": limit.limit - limit.used, "reset": limit.reset}
    search = {"limit": 30, "used": 0, "remaining": 30, "reset": limit.reset}
    return Reply(200, {"resources": {"core": core, "search": search}, "rate": core})


def _who(call: Call) -> Reply:
    if call.login is None:
        return Reply.error(401, "Requires authentication")
    user = to_user(call.login)
    assert user is not None
    return Reply(200, call.payloads.whole_user(user, call.pages.now()))


# --- issues ---------------------------------------------------------------------------------------


def _no_issues() -> Reply:
    return Reply.error(410, "Issues has been disabled in this repository.")


def _list_issues(call: Call) -> Reply:
    if not call.issues:
        return _no_issues()
    query = call.query
    per_page = max(1, min(int(query.get("per_page", _PER_PAGE)), PAGE))
    state = query.get("state", "open")
    # A cursor is that of the backend's page, and how many of it were shown already.
    cursor, shown = json.loads(base64.urlsafe_b64decode(query["after"])) if "after" in query else (None, 0)
    skip = (int(query.get("page", 1)) - 1) * per_page
    found: list[Issue] = []
    following: tuple[str | None, int] | None = None
    while True:
        page = call.backend.list_issues(
            labels=[name for name in query.get("labels", "").split(",") if name],
            sort="updated" if query.get("sort") == "updated" else "created",
            descending=query.get("direction", "desc") == "desc",
            since=datetime.fromisoformat(query["since"]) if "since" in query else None,
            cursor=cursor,
        )
        for at, issue in enumerate(page.issues[shown:], start=shown):
            if state != "all" and issue.open != (state == "open"):
                continue
            if skip:
                skip -= 1
            elif len(found) == per_page:
                following = (cursor, at)
                break
            else:
                found.append(issue)
        if following is not None or page.next is None:
            break
        cursor, shown = page.next, 0
        if len(found) == per_page:
            following = (cursor, 0)
            break
    links: dict[str, str] = {}
    if following is not None:
        after = base64.urlsafe_b64encode(json.dumps(following).encode()).decode()
        kept = {name: value for name, value in query.items() if name not in ("page", "after")}
        address = f"{call.payloads.base}/repositories/{call.payloads.repository_id}/issues"
        links["link"] = f'<{address}?{urlencode({**kept, "after": after})}>; rel="next"'
    return Reply(200, [call.shown(issue) for issue in found], links)


def _create_issue(call: Call) -> Reply:
    if not call.issues:
        return _no_issues()
    labels = [label if isinstance(label, str) else label["name"] for label in call.sent.get("labels") or []]
    return Reply(201, call.shown(call.backend.create_issue(call.sent["title"], call.sent.get("body") or "", labels)))


def _get_issue(call: Call) -> Reply:
    return Reply(200, call.shown(call.backend.get_issue(call.number)))


def _edit_issue(call: Call) -> Reply:
    sent = call.sent
    state = sent.get("state")
    if "labels" in sent:
        _put_labels(call)
    issue = call.backend.edit_issue(
        call.number, title=sent.get("title"), body=sent.get("body"), open=None if state is None else state == "open"
    )
    return Reply(200, call.shown(issue))


def _lock(call: Call) -> Reply:
    call.pages.lock_issue(call.number)
    return Reply(204)


def _unlock(call: Call) -> Reply:
    call.pages.lock_issue(call.number, locked=False)
    return Reply(204)


# --- comments and reactions -----------------------------------------------------------------------


def _list_comments(call: Call) -> Reply:
    per_page = max(1, min(int(call.query.get("per_page", _PER_PAGE)), PAGE))
    page = max(1, int(call.query.get("page", 1)))
    begin, end = (page - 1) * per_page, page * per_page
    comments: list[Comment] = []
    more = False
    for at in range(begin // PAGE + 1, (end - 1) // PAGE + 2):
        read = call.backend.list_comments(call.number, at)
        offset = (at - 1) * PAGE
        comments.extend(read.comments[max(0, begin - offset) : end - offset])
        more = read.more or len(read.comments) > end - offset
    link = {"link": _page_link(call, page + 1)} if more else {}
    return Reply(200, [call.payloads.comment(comment, call.number) for comment in comments], link)


def _page_link(call: Call, page: int) -> str:
    root = f"{call.payloads.base}/repositories/{call.payloads.repository_id}"
    return f'<{root}/issues/{call.number}/comments?{urlencode({**call.query, "page": page})}>; rel="next"'


def _create_comment(call: Call) -> Reply:
    comment = call.backend.create_comment(call.number, call.sent["body"])
    return Reply(201, call.payloads.comment(comment, call.number))


def _get_comment(call: Call) -> Reply:
    return Reply(200, call.payloads.comment(*call.comment(int(call.names["comment"]))))


def _edit_comment(call: Call) -> Reply:
    call.pages.edit_comment(int(call.names["comment"]), call.sent["body"])
    return _get_comment(call)


def _delete_comment(call: Call) -> Reply:
    call.pages.delete_comment(int(call.names["comment"]))
    return Reply(204)


def _list_reactions(call: Call) -> Reply:
    comment, _ = call.comment(int(call.names["comment"]))
    left = call.backend.list_reactions(comment.id)
    wanted = call.query.get("content")
    return Reply(
        200,
        [
            call.payloads.reaction(comment.id, content, user, comment.created_at)
            for content, user in left
            if wanted in (None, content)
        ],
    )


def _react(call: Call) -> Reply:
    comment_id, content = int(call.names["comment"]), call.sent["content"]
    if content not in REACTIONS:
        return Reply.error(422, "Validation Failed", [{"resource": "Reaction", "code": "invalid", "field": "content"}])
    comment, _ = call.comment(comment_id)
    user = to_user(call.login)
    before = (content, user) in call.pages.list_reactions(comment_id)
    call.backend.add_reaction(comment_id, content)
    return Reply(200 if before else 201, call.payloads.reaction(comment_id, content, user, comment.created_at))


# --- labels ---------------------------------------------------------------------------------------


def _issue_labels(call: Call) -> Reply:
    return Reply(200, [call.payloads.label(label) for label in call.pages.get_issue(call.number).labels])


def _names(call: Call) -> list[str]:
    sent: Any = call.sent
    given = sent if isinstance(sent, list) else sent["labels"]
    return [label if isinstance(label, str) else label["name"] for label in given]


def _add_labels(call: Call) -> Reply:
    for name in _names(call):
        call.backend.add_label(call.number, name)
    return _issue_labels(call)


def _put_labels(call: Call) -> Reply:
    wanted = _names(call)
    for label in call.pages.get_issue(call.number).labels:
        if label.name.lower() not in {name.lower() for name in wanted}:
            call.backend.remove_label(call.number, label.name)
    for name in wanted:
        call.backend.add_label(call.number, name)
    return _issue_labels(call)


def _remove_label(call: Call) -> Reply:
    names = {label.name.lower() for label in call.pages.get_issue(call.number).labels}
    if call.names["name"].lower() not in names:
        return Reply.error(404, "Label does not exist")
    call.backend.remove_label(call.number, call.names["name"])
    return _issue_labels(call)


def _list_labels(call: Call) -> Reply:
    labels = [Label(name) for name in call.pages.labels()]
    return Reply(200, [call.payloads.label(call.pages.get_label(label.name) or label) for label in labels])


def _create_label(call: Call) -> Reply:
    call.pages.need("write", "make labels")  # rights come before what was sent
    name = call.sent["name"]
    if not call.backend.create_label(name, call.sent.get("description") or ""):
        return Reply.error(422, "Validation Failed", [{"resource": "Label", "code": "already_exists", "field": "name"}])
    return Reply(201, call.payloads.label(call.pages.get_label(name) or Label(name)))


def _get_label(call: Call) -> Reply:
    label = call.backend.get_label(call.names["name"])
    return Reply.error(404, "Not Found") if label is None else Reply(200, call.payloads.label(label))


def _edit_label(call: Call) -> Reply:
    if call.pages.get_label(call.names["name"]) is None:
        return Reply.error(404, "Not Found")
    call.backend.edit_label(call.names["name"], call.sent.get("description") or "")
    return _get_label(call)


def _delete_label(call: Call) -> Reply:
    call.pages.delete_label(call.names["name"])
    return Reply(204)


Handler = Callable[[Call], Reply]
_ISSUE: Final = "/issues/{number:int}"
_COMMENT: Final = "/issues/comments/{comment:int}"
_OF_A_REPOSITORY: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", "", _repository),
    ("GET", "/collaborators/{login}/permission", _permission),
    ("GET", "/contents/{path:path}", _file),
    ("PUT", "/contents/{path:path}", _put_file),
    ("GET", "/issues", _list_issues),
    ("POST", "/issues", _create_issue),
    ("GET", f"{_COMMENT}/reactions", _list_reactions),
    ("POST", f"{_COMMENT}/reactions", _react),
    ("GET", _COMMENT, _get_comment),
    ("PATCH", _COMMENT, _edit_comment),
    ("DELETE", _COMMENT, _delete_comment),
    ("GET", _ISSUE, _get_issue),
    ("PATCH", _ISSUE, _edit_issue),
    ("PUT", f"{_ISSUE}/lock", _lock),
    ("DELETE", f"{_ISSUE}/lock", _unlock),
    ("GET", f"{_ISSUE}/comments", _list_comments),
    ("POST", f"{_ISSUE}/comments", _create_comment),
    ("GET", f"{_ISSUE}/labels", _issue_labels),
    ("POST", f"{_ISSUE}/labels", _add_labels),
    ("PUT", f"{_ISSUE}/labels", _put_labels),
    ("DELETE", _ISSUE + "/labels/{name:path}", _remove_label),
    ("GET", "/labels", _list_labels),
    ("POST", "/labels", _create_label),
    ("GET", "/labels/{name:path}", _get_label),
    ("PATCH", "/labels/{name:path}", _edit_label),
    ("DELETE", "/labels/{name:path}", _delete_label),
)
ROUTES: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", "/rate_limit", _rate_limit),
    ("GET", "/user", _who),
    ("GET", "/orgs/{organization}/teams/{team}/members", _team),
    *(
        (method, root + path, handler)
        for root in ("/repos/{owner}/{repo}", "/repositories/{repository_id:int}")
        for method, path, handler in _OF_A_REPOSITORY
    ),
)
"""Method, path below the server's address, and what answers."""
