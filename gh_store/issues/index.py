"""Where objects were last seen by this process, so that the next request goes by number."""

import threading
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from gh_store.issues.object_issue import ObjectIssue, Status

_KNOWN: Final = 10_000
_SHORT: Final = 8_192
"""Characters of a body up to which a head is kept whole."""


@dataclass(frozen=True, slots=True)
class Known:
    """
    What this process last saw of an object's issue: later reads must not show less.

    `head` is all of it, if that is not long.
    """

    number: int
    updated_at: datetime
    comments: int
    version: int
    head: ObjectIssue | None = None


class IssueIndex:
    """Object id -> what was last seen of its issue; the 10,000 (`most`) seen last. May be shared by threads."""

    def __init__(self, most: int = _KNOWN) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._known: dict[str, Known] = {}

    def get(self, object_id: str) -> Known | None:
        """What this process knows of an object without asking."""
        return self._known.get(object_id)

    def remember(self, head: ObjectIssue) -> None:
        """Keep what an answer has shown."""
        if head.object_id is None or head.status is not Status.ACTIVE or head.incomplete or head.uncommitted:
            return
        issue, version = head.issue, head.checkpoint.version if head.checkpoint else 0
        with self._lock:
            self._known.pop(head.object_id, None)
            kept = replace(head) if len(issue.body) <= _SHORT else None  # what it has parsed, callers hold
            self._known[head.object_id] = Known(issue.number, issue.updated_at, issue.comments, version, kept)
            if len(self._known) > self._most:
                self._known.pop(next(iter(self._known)))

    def forget(self, object_id: str) -> None:
        """Look the object up the next time."""
        self._known.pop(object_id, None)
