"""What GitHub tells of what happened: who sent it, and which issue to look at. Pure."""

from dataclasses import dataclass

from gh_store.serve.model import Observation


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
        seen: The observation that the payload is, if it is one by itself: closed, title, check and count fit.
    """

    repository: str
    repository_id: int
    issue_number: int | None = None
    comment_id: int = 0
    updated_at: int = 0
    seen: Observation | None = None
