"""Comments as the log of an object."""

from dataclasses import dataclass

from gh_store import wire
from gh_store.domain.events import Event, Malformed
from gh_store.domain.issues import Comment


@dataclass(frozen=True, slots=True)
class Log:
    """
    The comments of an issue, ascending by id, from some page on.

    Attributes:
        comments: What was listed.
        before: How many comments stand before the first listed.
        more: True if there are younger ones, which are left for later.
    """

    comments: tuple[Comment, ...]
    before: int
    more: bool = False

    @property
    def total(self) -> int:
        return self.before + len(self.comments)

    @property
    def whole(self) -> bool:
        return self.before == 0

    @property
    def last(self) -> int:
        """The id of the last comment, 0 if there is none."""
        return self.comments[-1].id if self.comments else 0


def read_comment(comment: Comment) -> Event | Malformed | None:
    """What a comment says; None for conversation."""
    return wire.read_event(comment.body, position=comment.id, time=comment.created_at)
