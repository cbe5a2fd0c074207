"""GitHub's JSON as records of the port. Pure, and careful: accounts may be deleted, bodies null, the rest nonsense."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from gh_store.domain.issues import Comment, Issue, Label, RecentComment, User

UNREADABLE: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What reading a payload raises if it is none of GitHub's."""

_NO_REACTION: Final = ("url", "total_count")
_YEARS: Final = range(2000, 3000)
_ISSUE: Final = re.compile(r"/issues/([0-9]{1,18})$", re.ASCII)
_LOGIN: Final = re.compile(r"[!-~]{1,39}(\[bot\])?")
"""GitHub's are shorter than its tokens, and errors show them."""

_MOST_PARTS: Final = 1_000_000
"""Members and elements of an answer that is read: a page of 100 issues with 100 labels each has a tenth of it."""

_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)  # possessive: hostile text costs linear time


def parse(text: str) -> Any:
    """The value of JSON text. Raises ValueError, also for one of so many parts that it would fill the memory."""
    if _parts(text) > _MOST_PARTS and _parts(_STRING.sub("", text)) > _MOST_PARTS:
        raise ValueError
    return json.loads(text)


def _parts(text: str) -> int:
    return sum(map(text.count, ",[{"))


def to_user(payload: Mapping[str, Any] | None) -> User | None:
    if payload is None:
        return None
    if not _LOGIN.fullmatch(payload["login"]):
        raise ValueError
    return User(payload["login"], payload.get("type") == "Bot")


def to_label(payload: Mapping[str, Any]) -> Label:
    return Label(text(payload["name"]), text(payload.get("description") or ""))


def to_issue(payload: Mapping[str, Any]) -> Issue:
    return Issue(
        number=whole(payload["number"]),
        title=text(payload["title"]),
        body=text(payload.get("body") or ""),
        open=text(payload["state"]) == "open",
        labels=tuple(map(to_label, several(payload["labels"]))),
        author=to_user(payload.get("user")),
        created_at=to_time(payload["created_at"]),
        updated_at=to_time(payload["updated_at"]),
        comments=whole(payload["comments"]),
        is_pull_request="pull_request" in payload,
        locked=bool(payload.get("locked")),
    )


def to_comment(payload: Mapping[str, Any]) -> Comment:
    reactions = payload.get("reactions") or {}
    return Comment(
        id=whole(payload["id"]),
        body=text(payload.get("body") or ""),
        author=to_user(payload.get("user")),
        created_at=to_time(payload["created_at"]),
        reactions={each: whole(count) for each, count in reactions.items() if each not in _NO_REACTION and count},
        edited=payload.get("updated_at", payload["created_at"]) != payload["created_at"],
    )


def to_recent(payload: Mapping[str, Any]) -> RecentComment:
    number = _ISSUE.search(text(payload["issue_url"]))
    if number is None:
        raise ValueError
    return RecentComment(int(number[1]), to_time(payload["updated_at"]), to_comment(payload))


def text(value: object) -> str:
    """A text, that UTF-8 can write. Raises TypeError or ValueError for anything else."""
    if not isinstance(value, str):
        raise TypeError(type(value))
    value.encode()
    return value


def whole(value: object) -> int:
    """A number that counts or names something. Raises TypeError or ValueError for anything else."""
    if type(value) is not int:
        raise TypeError(type(value))
    if not 0 <= value < 2**63:
        raise ValueError
    return value


def several(value: object) -> list[Any]:
    """A list. Raises TypeError for anything else."""
    if not isinstance(value, list):
        raise TypeError(type(value))
    return value


def to_time(value: object) -> datetime:
    """A time of GitHub, in UTC. Raises TypeError or ValueError for anything else."""
    time = datetime.fromisoformat(text(value))
    if time.tzinfo is None or time.year not in _YEARS:
        raise ValueError
    return time.astimezone(UTC)
