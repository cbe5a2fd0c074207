"""GitHub's JSON as records of the port. Pure, and careful: accounts may be deleted, and bodies null."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from gh_store.domain.issues import Comment, Issue, Label, User

_NO_REACTION: Final = ("url", "total_count")


def to_user(payload: Mapping[str, Any] | None) -> User | None:
    return None if payload is None else User(str(payload["login"]), payload.get("type") == "Bot")


def to_label(payload: Mapping[str, Any]) -> Label:
    return Label(str(payload["name"]), payload.get("description") or "")


def to_issue(payload: Mapping[str, Any]) -> Issue:
    return Issue(
        number=int(payload["number"]),
        title=str(payload["title"]),
        body=payload.get("body") or "",
        open=payload["state"] == "open",
        labels=tuple(map(to_label, payload["labels"])),
        author=to_user(payload.get("user")),
        created_at=datetime.fromisoformat(payload["created_at"]),
        updated_at=datetime.fromisoformat(payload["updated_at"]),
        comments=int(payload["comments"]),
        is_pull_request="pull_request" in payload,
        locked=bool(payload.get("locked")),
    )


def to_comment(payload: Mapping[str, Any]) -> Comment:
    reactions = payload.get("reactions") or {}
    return Comment(
        id=int(payload["id"]),
        body=payload.get("body") or "",
        author=to_user(payload.get("user")),
        created_at=datetime.fromisoformat(payload["created_at"]),
        reactions={content: count for content, count in reactions.items() if content not in _NO_REACTION and count},
        edited=payload.get("updated_at", payload["created_at"]) != payload["created_at"],
    )
