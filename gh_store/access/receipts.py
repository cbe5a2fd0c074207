"""Who left which reaction, and which of them are ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from gh_store.access.rights import Rights
from gh_store.backends.base import Backend
from gh_store.backends.retry import Retry
from gh_store.config import Config
from gh_store.domain.events import Event, Malformed, Outcome
from gh_store.domain.issues import Comment, User

Reactions: TypeAlias = tuple[tuple[str, User | None], ...]
"""Contents, and who left them."""


@dataclass(frozen=True, slots=True)
class Receipts:
    """The processor's reactions on comments. Anyone may react, so a count alone proves nothing."""

    backend: Backend
    config: Config
    rights: Rights
    retry: Retry

    @property
    def _ours(self) -> tuple[str, str, str]:
        config = self.config
        return config.reactions_processed, config.reactions_rejected, config.reactions_initial_state

    @property
    def _applied(self) -> tuple[str, str]:
        return self.config.reactions_processed, self.config.reactions_initial_state

    def shows(self, comment: Comment) -> bool:
        """True if the comment carries a reaction that could be a receipt."""
        return _carries(comment, self._ours)

    def passed_over(self, comment: Comment, event: Event | Malformed) -> bool:
        """
        True if what a comment says was conversation when it was decided. For comments up to the watermark.

        What is nearly an event was conversation to older processors, and leaves the state as it is. So its receipt
        alone tells.
        """
        nearly = isinstance(event, Malformed) and event.nearly
        return nearly and not comment.reactions.get(self.config.reactions_rejected, 0)

    def processed(self, comment: Comment) -> bool:
        """True if somebody who counts says that the comment was applied. May ask who reacted."""
        return self._left(comment, (self.config.reactions_processed,))

    def shows_applied(self, comment: Comment) -> bool:
        """True if the comment carries a reaction that could say that it was applied, or repeats what was."""
        return _carries(comment, self._applied)

    def applied(self, comment: Comment) -> bool:
        """True if somebody who counts says so. May ask who reacted."""
        return self._left(comment, self._applied)

    def began(self, comment: Comment) -> bool:
        """True if somebody who counts says that the object began with this comment. May ask who reacted."""
        return self._left(comment, (self.config.reactions_initial_state,))

    def decided(self, comment: Comment) -> bool:
        """True if somebody who counts says that the comment was handled, in whichever way. May ask who reacted."""
        return self._left(comment, self._ours)

    def outcome(self, comment_id: int) -> Outcome | None:
        """What became of a comment, as somebody who counts says; None if nobody does. Asks who reacted."""
        reactions = self._reactions(comment_id)
        if self._counting(reactions, (self.config.reactions_rejected,)):
            return Outcome.REJECTED
        return Outcome.APPLIED if self._counting(reactions, self._ours) else None

    def by_whom(self, comment: Comment) -> frozenset[User]:
        """Who left a reaction that could be a receipt. Asks who reacted."""
        left = self._reactions(comment.id)
        return frozenset(user for content, user in left if content in self._ours and user is not None)

    def _left(self, comment: Comment, contents: Sequence[str]) -> bool:
        return _carries(comment, contents) and self._counting(self._reactions(comment.id), contents)

    def _reactions(self, comment_id: int) -> Reactions:
        return self.retry.read(lambda: self.backend.list_reactions(comment_id))

    def _counting(self, reactions: Reactions, contents: Sequence[str]) -> bool:
        return any(left in contents and self.rights.counts(user) for left, user in reactions)

    def leave(self, comment: Comment, event: Event | Malformed, outcome: Outcome) -> None:
        """React; who has reacted so before does not do it twice."""
        if isinstance(event, Event) and event.initial and outcome is Outcome.APPLIED:
            content = self.config.reactions_initial_state
        elif outcome is Outcome.REJECTED:
            content = self.config.reactions_rejected
        else:
            content = self.config.reactions_processed
        self.retry.read(lambda: self.backend.add_reaction(comment.id, content))


def _carries(comment: Comment, contents: Sequence[str]) -> bool:
    return any(comment.reactions.get(content, 0) > 0 for content in contents)
