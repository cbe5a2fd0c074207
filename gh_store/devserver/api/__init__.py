"""GitHub's REST API for repositories, issues, comments, labels, reactions, contents and rights."""

from collections.abc import Callable
from typing import Final

from gh_store.devserver.api import comments, issues, labels, repository
from gh_store.devserver.api.call import Call, Limit, Reply, moved, refusal

__all__ = ["ROUTES", "Call", "Limit", "Reply", "moved", "refusal"]

Handler = Callable[[Call], Reply]
_ISSUE: Final = "/issues/{number:int}"
_COMMENT: Final = "/issues/comments/{comment:int}"
_OF_A_REPOSITORY: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", "", repository.repository),
    ("GET", "/collaborators/{login}/permission", repository.permission),
    ("GET", "/contents/{path:path}", repository.file),
    ("PUT", "/contents/{path:path}", repository.put_file),
    ("GET", "/issues", issues.list_issues),
    ("POST", "/issues", issues.create_issue),
    ("GET", "/issues/comments", comments.list_recent),
    ("GET", f"{_COMMENT}/reactions", comments.list_reactions),
    ("POST", f"{_COMMENT}/reactions", comments.react),
    ("GET", _COMMENT, comments.get_comment),
    ("PATCH", _COMMENT, comments.edit_comment),
    ("DELETE", _COMMENT, comments.delete_comment),
    ("GET", _ISSUE, issues.get_issue),
    ("PATCH", _ISSUE, issues.edit_issue),
    ("PUT", f"{_ISSUE}/lock", issues.lock),
    ("DELETE", f"{_ISSUE}/lock", issues.unlock),
    ("GET", f"{_ISSUE}/events", labels.issue_events),
    ("GET", f"{_ISSUE}/comments", comments.list_comments),
    ("POST", f"{_ISSUE}/comments", comments.create_comment),
    ("GET", f"{_ISSUE}/labels", labels.issue_labels),
    ("POST", f"{_ISSUE}/labels", labels.add_labels),
    ("PUT", f"{_ISSUE}/labels", labels.put_labels),
    ("DELETE", _ISSUE + "/labels/{name:path}", labels.remove_label),
    ("GET", "/labels", labels.list_labels),
    ("POST", "/labels", labels.create_label),
    ("GET", "/labels/{name:path}", labels.get_label),
    ("PATCH", "/labels/{name:path}", labels.edit_label),
    ("DELETE", "/labels/{name:path}", labels.delete_label),
)
ROUTES: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", "/rate_limit", repository.rate_limit),
    ("GET", "/user", repository.who),
    ("GET", "/orgs/{organization}/teams/{team}/members", repository.team),
    *(
        (method, root + path, handler)
        for root in ("/repos/{owner}/{repo}", "/repositories/{repository_id:int}")
        for method, path, handler in _OF_A_REPOSITORY
    ),
)
"""Method, path below the address of the server, and handler."""
