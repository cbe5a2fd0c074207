"""Hand edits: what a person made of a body, against what was committed."""

import hashlib

from gh_store import wire
from gh_store.access.authority import Authority
from gh_store.domain.events import Event
from gh_store.domain.values import JsonObject
from gh_store.issues.object_issue import ObjectIssue
from gh_store.log.comments import Log, read_comment
from gh_store.reading.values import Edit


def edit_id(head: ObjectIssue, after: int) -> str:
    """The event_id of the hand edit that a body is, whoever finds it."""
    return f"edit-{after}-{hashlib.sha256(head.issue.body.encode('utf-8')).hexdigest()[:16]}"


def find_edit(
    head: ObjectIssue, log: Log, base: JsonObject, body: JsonObject | None, after: int, authority: Authority
) -> Edit | None:
    """The edit that turns `base` into `body`, unless they are the same or the log holds it."""
    if body is not None and wire.canonical(body) == wire.canonical(base):
        return None
    event_id = edit_id(head, after)
    for comment in log.comments:
        event = read_comment(comment) if event_id in comment.body and comment.id > after else None
        if isinstance(event, Event) and event.event_id == event_id and authority.is_authorised(comment, event):
            return None
    return Edit(event_id, base, body)
