"""Issues, comments and labels as GitHub's JSON. Pure. Fields that the embedded backend does not have are empty."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from gh_store.domain.issues import Comment, Issue, Label, User

Payload = dict[str, Any]

REACTIONS: Final = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
_GHOST: Final = User("ghost")
_LARGEST_SHOWN: Final = 1024 * 1024
_LINKS: Final = (
    *("archive", "assignees", "blobs", "branches", "collaborators", "comments", "commits", "compare", "contents"),
    *("contributors", "deployments", "downloads", "events", "forks", "git_commits", "git_refs", "git_tags", "hooks"),
    *("issue_comment", "issue_events", "issues", "keys", "labels", "languages", "merges", "milestones"),
    *("notifications", "pulls", "releases", "stargazers", "statuses", "subscribers", "subscription", "tags"),
    *("teams", "trees"),
)
_COUNTS: Final = (
    *("forks", "forks_count", "open_issues", "open_issues_count", "size", "stargazers_count", "watchers"),
    *("watchers_count", "network_count", "subscribers_count"),
)


def number_of(*names: object) -> int:
    """A number that is always the same for the same names, and that JavaScript represents exactly."""
    return int.from_bytes(hashlib.sha256(repr(names).encode()).digest()[:6], "big")


def _node(kind: str, number: int) -> str:
    return base64.b64encode(f"{kind}:{number}".encode()).decode()


def when(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def rights(role: str) -> dict[str, bool]:
    """The permissions of a role, in GitHub's terms."""
    ladder = ("pull", "triage", "push", "maintain", "admin")
    reached = ("none", "read", "triage", "write", "maintain", "admin").index(role)
    return {right: at <= reached for at, right in enumerate(ladder, start=1)}


@dataclass(frozen=True, slots=True)
class Payloads:
    """
    The JSON of one repository.

    Attributes:
        base: The address of the server, without a slash at the end.
        repository: `owner/name`.
        repository_id: Stays the same when the repository is renamed.
        writers: The logins with write permission, in lower case.
    """

    base: str
    repository: str
    repository_id: int
    writers: frozenset[str]

    @property
    def root(self) -> str:
        return f"{self.base}/repos/{self.repository}"

    def user(self, user: User | None) -> Payload:
        user = user or _GHOST
        here = f"{self.base}/users/{user.login}"
        return {
            "login": user.login,
            "id": number_of("user", user.login.lower()),
            "node_id": _node("User", number_of("user", user.login.lower())),
            "avatar_url": f"{here}/avatar",
            "gravatar_id": "",
            "url": here,
            "html_url": f"{self.base}/{user.login}",
            "followers_url": f"{here}/followers",
            "following_url": f"{here}/following{{/other_user}}",
            "gists_url": f"{here}/gists{{/gist_id}}",
            "starred_url": f"{here}/starred{{/owner}}{{/repo}}",
            "subscriptions_url": f"{here}/subscriptions",
            "organizations_url": f"{here}/orgs",
            "repos_url": f"{here}/repos",
            "events_url": f"{here}/events{{/privacy}}",
            "received_events_url": f"{here}/received_events",
            "type": "Bot" if user.is_bot else "User",
            "user_view_type": "public",
            "site_admin": False,
        }

    def whole_user(self, user: User, at: datetime) -> Payload:
        nothing = dict.fromkeys(("bio", "blog", "company", "email", "hireable", "location", "name"))
        none = dict.fromkeys(("followers", "following", "public_gists", "public_repos"), 0)
        return {**self.user(user), **nothing, **none, "created_at": when(at), "updated_at": when(at)}

    def label(self, label: Label) -> Payload:
        number = number_of("label", self.repository_id, label.name.lower())
        return {
            "id": number,
            "node_id": _node("Label", number),
            "url": f"{self.root}/labels/{label.name}",
            "name": label.name,
            "description": label.description or None,
            "color": "ededed",
            "default": False,
        }

    def issue(self, issue: Issue) -> Payload:
        here = f"{self.root}/issues/{issue.number}"
        page = f"{self.base}/{self.repository}/issues/{issue.number}"
        number = number_of("issue", self.repository_id, issue.number)
        payload = {
            "id": number,
            "node_id": _node("Issue", number),
            "url": here,
            "repository_url": self.root,
            "labels_url": f"{here}/labels{{/name}}",
            "comments_url": f"{here}/comments",
            "events_url": f"{here}/events",
            "html_url": page,
            "number": issue.number,
            "state": "open" if issue.open else "closed",
            "state_reason": None if issue.open else "completed",
            "title": issue.title,
            "body": issue.body or None,
            "user": self.user(issue.author),
            "labels": [self.label(label) for label in issue.labels],
            "assignee": None,
            "assignees": [],
            "milestone": None,
            "locked": issue.locked,
            "active_lock_reason": None,
            "comments": issue.comments,
            "closed_at": None if issue.open else when(issue.updated_at),
            "closed_by": None,
            "created_at": when(issue.created_at),
            "updated_at": when(issue.updated_at),
            "author_association": self.association(issue.author),
            "performed_via_github_app": None,
            "reactions": self._rollup(here, {}),
            "timeline_url": f"{here}/timeline",
        }
        if issue.is_pull_request:
            pulls = f"{self.root}/pulls/{issue.number}"
            payload["pull_request"] = {
                "url": pulls,
                "html_url": page.replace("/issues/", "/pull/"),
                "diff_url": f"{pulls}.diff",
                "patch_url": f"{pulls}.patch",
                "merged_at": None,
            }
        return payload

    def labeled(self, issue: Issue, name: str) -> Payload:
        """The event of a label added to an issue. The backend does not keep by whom and when."""
        number = number_of("labeled", self.repository_id, issue.number, name)
        return {
            "id": number,
            "node_id": _node("LabeledEvent", number),
            "url": f"{self.root}/issues/events/{number}",
            "actor": self.user(issue.author),
            "event": "labeled",
            "commit_id": None,
            "commit_url": None,
            "created_at": when(issue.created_at),
            "label": {"name": name, "color": "ededed"},
            "performed_via_github_app": None,
        }

    def comment(self, comment: Comment, number: int, updated_at: datetime | None = None) -> Payload:
        here = f"{self.root}/issues/comments/{comment.id}"
        return {
            "id": comment.id,
            "node_id": _node("IssueComment", comment.id),
            "url": here,
            "html_url": f"{self.base}/{self.repository}/issues/{number}#issuecomment-{comment.id}",
            "issue_url": f"{self.root}/issues/{number}",
            "body": comment.body,
            "user": self.user(comment.author),
            "created_at": when(comment.created_at),
            "updated_at": when(updated_at or comment.created_at + timedelta(seconds=comment.edited)),
            "author_association": self.association(comment.author),
            "performed_via_github_app": None,
            "reactions": self._rollup(here, comment.reactions),
        }

    def reaction(self, comment_id: int, content: str, user: User | None, at: datetime) -> Payload:
        number = number_of("reaction", comment_id, content, user and user.login.lower())
        return {
            "id": number,
            "node_id": _node("Reaction", number),
            "user": self.user(user),
            "content": content,
            "created_at": when(at),
        }

    def _rollup(self, of: str, reactions: Mapping[str, int]) -> Payload:
        counts = {content: reactions.get(content, 0) for content in REACTIONS}
        return {"url": f"{of}/reactions", "total_count": sum(counts.values()), **counts}

    def association(self, user: User | None) -> str:
        if user is None:
            return "NONE"
        if user.login.lower() == self.repository.partition("/")[0].lower():
            return "OWNER"
        return "COLLABORATOR" if user.login.lower() in self.writers else "NONE"

    def permission(self, user: User, permission: str, role: str) -> Payload:
        described = {**self.user(user), "role_name": role, "permissions": rights(role)}
        return {"permission": permission, "role_name": role, "user": described}

    def whole_repository(self, at: datetime, *, private: bool, issues: bool, rights: Mapping[str, bool]) -> Payload:
        owner, _, name = self.repository.partition("/")
        page = f"{self.base}/{self.repository}"
        return {
            "id": self.repository_id,
            "node_id": _node("Repository", self.repository_id),
            "name": name,
            "full_name": self.repository,
            "owner": self.user(User(owner)),
            "private": private,
            "visibility": "private" if private else "public",
            "html_url": page,
            "url": self.root,
            "description": None,
            "fork": False,
            "homepage": None,
            "language": None,
            "license": None,
            "mirror_url": None,
            "default_branch": "main",
            "archived": False,
            "disabled": False,
            "has_issues": issues,
            **dict.fromkeys(("has_projects", "has_wiki", "has_pages", "has_discussions"), False),
            **dict.fromkeys(_COUNTS, 0),
            **{f"{link}_url": f"{self.root}/{link}" for link in _LINKS},
            **{f"{kind}_url": f"{page}.git" for kind in ("clone", "git", "ssh", "svn")},
            "pushed_at": when(at),
            "created_at": when(at),
            "updated_at": when(at),
            "permissions": dict(rights),
        }

    def file(self, path: str, text: str, *, listed: bool = False) -> Payload:
        """A file. A listing of its folder does not include the content, nor does a file over 1 MB, as on GitHub."""
        raw = text.encode("utf-8")
        sha = hashlib.sha1(b"blob %d\0" % len(raw) + raw, usedforsecurity=False).hexdigest()
        here, page = f"{self.root}/contents/{path}", f"{self.base}/{self.repository}/blob/main/{path}"
        git = f"{self.root}/git/blobs/{sha}"
        shown = {"encoding": "base64", "content": base64.encodebytes(raw).decode()}
        content = shown if len(raw) <= _LARGEST_SHOWN else {"encoding": "none", "content": ""}
        return {
            "type": "file",
            **({} if listed else content),
            "size": len(raw),
            "name": path.rpartition("/")[2],
            "path": path,
            "sha": sha,
            "url": here,
            "git_url": git,
            "html_url": page,
            "download_url": f"{page}?raw=1",
            "_links": {"git": git, "self": here, "html": page},
        }
