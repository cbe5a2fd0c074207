"""What GitHub tells of what happened: who sent it, and which issue to look at. Pure."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs

from gh_store import wire
from gh_store.backends.github.decode import UNREADABLE, parse, text, to_issue, whole
from gh_store.config import Config
from gh_store.issues.object_issue import ObjectIssue, read_issue
from gh_store.serve.model import seconds

LARGEST: Final = 8 * 1024 * 1024
"""Bytes of a payload: an edit of a full issue holds its text twice, each character as up to six."""

EVENTS: Final = ("issues", "issue_comment", "label", "repository")
"""What is listened to; any other event says nothing of a store."""

_FORM: Final = "application/x-www-form-urlencoded"
_FIELDS: Final = 4  # GitHub sends one
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}", re.ASCII)
_GONE: Final = ("deleted", "transferred")
_WRITTEN: Final = ("created", "edited")


@dataclass(frozen=True, slots=True)
class Hint:
    """
    Something may have happened to an issue, or to all of them.

    Attributes:
        repository: `owner/name` as the payload says it now.
        repository_id: Its number, which a rename does not change.
        issue_number: The issue; None for what may concern all: then a complete sync is due.
        comment_id: The comment that must be seen when it is read again; 0 if there is none.
        updated_at: What the issue's `updated_at` must have reached: seconds since the epoch; 0 if that is not told.
        gone: True if the issue was deleted, or moved to another repository: a read that shows it lags.
        head: The issue as the payload shows it, for what its labels say; None if it does not, or the issue is gone.
        whole: True if `head` may tell the state of the object by itself, if it is settled: not beside a comment.
    """

    repository: str
    repository_id: int
    issue_number: int | None = None
    comment_id: int = 0
    updated_at: int = 0
    gone: bool = False
    head: ObjectIssue | None = None
    whole: bool = False


def is_signed(body: bytes, signature: str | None, secret: str) -> bool:
    """
    True if a body was sent by somebody who knows the secret.

    Args:
        body: The bytes as they arrived.
        signature: The header X-Hub-Signature-256, whatever it holds.
        secret: Nothing is signed with an empty one.
    """
    if not secret or signature is None:
        return False
    expected = f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogatepass"))


def read_hint(event: str, content_type: str, body: bytes, config: Config) -> Hint | None:
    """
    What a payload hints at, or None if it says nothing of a store, or nothing that can be read.

    Args:
        event: The header X-GitHub-Event.
        content_type: JSON, or a form with the JSON in the field `payload`.
        body: At most LARGEST bytes, whose signature was checked.
        config: The settings that name labels.
    """
    if event not in EVENTS:
        return None
    try:
        payload = parse(_json(content_type, body))
        repository = text(payload["repository"]["full_name"])
        if not _NAME.fullmatch(repository):
            return None
        where = repository, whole(payload["repository"]["id"])
        if event == "repository":
            return Hint(*where)
        return _label(payload, config, where) if event == "label" else _issue(payload, config, where, event)
    except (*UNREADABLE, RecursionError):
        return None


def _json(content_type: str, body: bytes) -> str:
    """The JSON text of a payload. Raises ValueError or LookupError for what holds none."""
    told = body.decode()
    if content_type.partition(";")[0].strip().lower() != _FORM:
        return told
    (payload,) = parse_qs(told, max_num_fields=_FIELDS, errors="strict", strict_parsing=True)["payload"]
    return payload


def _issue(payload: Any, config: Config, where: tuple[str, int], event: str) -> Hint | None:
    issue, action = payload["issue"], payload["action"]
    if "pull_request" in issue:
        return None
    number = whole(issue["number"])
    if event == "issues" and action in _GONE:
        return Hint(*where, number, gone=True)
    comment = whole(payload["comment"]["id"]) if event == "issue_comment" and action in _WRITTEN else 0
    try:
        head = read_issue(to_issue(issue), config)
    except UNREADABLE:  # the hint is worth a look all the same
        return Hint(*where, number, comment)
    updated_at = seconds(head.issue.updated_at)
    return Hint(*where, number, comment, updated_at, head=head, whole=event == "issues")


def _label(payload: Any, config: Config, where: tuple[str, int]) -> Hint | None:
    """
    What became of a label. A new one is on no issue yet; and of one that was put on, its issue tells.

    The description of a UID label is the seal of an object, which its issue does not tell.
    """
    label, changes = payload["label"], payload.get("changes") or {}
    names = [text(label["name"])]
    if "name" in changes:
        names.append(text(changes["name"]["from"]))
    ours = (config.base_label.lower(), wire.ARCHIVED_LABEL, wire.RETIRED_LABEL)
    if not any(name.lower() in ours or name.lower().startswith(config.uid_prefix.lower()) for name in names):
        return None
    if payload["action"] == "deleted" or "name" in changes:
        return Hint(*where)
    if payload["action"] != "edited" or "description" not in changes:
        return None
    told = (label.get("description"), changes["description"].get("from"))
    seals = (wire.read_seal(text(each or "")) for each in told)
    sealed = next((seal.issue for seal in seals if seal is not None), None)
    return Hint(*where, sealed) if sealed is not None else None
