"""Telling people on the issue what was not applied, and believing what was told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gh_store import wire
from gh_store.access.receipts import Receipts
from gh_store.access.rights import Access
from gh_store.config import Config
from gh_store.domain.events import Event
from gh_store.domain.exceptions import AccessError, InvalidInput
from gh_store.domain.issues import Comment
from gh_store.issues.comments import CommentHandler
from gh_store.log.comments import Log, read_comment
from gh_store.log.decide import Decision, rejection
from gh_store.logger import logger


@dataclass(frozen=True, slots=True)
class PostedReplies:
    """What one run has told so far, which lists may not show yet: about what -> the reply's id, None if it failed."""

    replies: dict[str, int | None] = field(default_factory=dict)

    def comments(self, log: Log) -> int:
        """How many comments an issue has whose list may lack replies of this run."""
        listed = {comment.id for comment in log.comments}
        return log.total + sum(reply is not None and reply not in listed for reply in self.replies.values())

    def last(self, log: Log) -> int:
        """The last comment listed, but no reply of this run: others may come into sight before it."""
        own = set(self.replies.values())
        return next((comment.id for comment in reversed(log.comments) if comment.id not in own), 0)


@dataclass(frozen=True, slots=True)
class Replies:
    """Comments in prose. Only those of authorised people are believed."""

    config: Config
    comments: CommentHandler
    access: Access
    receipts: Receipts

    def tell(self, number: int, log: Log, decisions: tuple[Decision, ...], told: PostedReplies) -> None:
        """Reply to each rejected event that has no reply yet."""
        # A copy's writer was told where it was rejected first.
        copies = {d.comment.id for d in decisions if isinstance(d.event, Event) and d.event.refused is not None}
        rejected = [each for each in decisions if each.error is not None and each.comment.id not in copies]
        if not rejected:
            return
        known = {reply[0] for reply in self._believed(log.comments)}
        for decision in rejected:
            position, error = decision.comment.id, decision.error
            if error is not None and position not in known:
                text = wire.write_reply(position, type(error).__name__, error.message, error.hint)
                self._reply(number, str(position), text, told)

    def tell_put_back(self, number: int, log: Log, event_id: str, why: str, told: PostedReplies) -> None:
        """Say why an edit by hand was not kept."""
        text = wire.write_put_back(event_id, why)
        if not any(comment.body == text and self.access.trusts(comment.author) for comment in log.comments):
            self._reply(number, event_id, text, told)

    def _reply(self, number: int, about: str, text: str, told: PostedReplies) -> None:
        if about in told.replies or not self.config.rejections_reply:
            return
        try:
            told.replies[about] = self.comments.reply(number, text).id
        except (AccessError, InvalidInput) as error:  # a full or locked issue holds nothing up
            logger.warning("Issue {}: a reply could not be posted: {}", number, error)
            told.replies[about] = None

    def _believed(self, comments: Sequence[Comment]) -> Iterator[tuple[int, str, str]]:
        for comment in comments:
            reply = wire.read_reply(comment.body)
            if reply is not None and self.access.trusts(comment.author):
                yield reply

    def raise_rejection(self, comments: Sequence[Comment], position: int) -> None:
        """
        Raise what an event was rejected for, as its reply or its receipt tells; nothing if it was applied.

        An event that repeats another fares as that did.
        """
        same = _repeated(comments, position)
        for told, name, message in self._believed(comments):
            if told in same:
                raise rejection(name, message)
        # No reply: they are switched off, or it could not be posted.
        if any(map(self.receipts.rejected, same)):
            raise rejection("InvalidUpdate", f"Event {position} was rejected.")


def _repeated(comments: Sequence[Comment], position: int) -> list[int]:
    """The positions of an event and of all that share its event_id."""
    events = [read_comment(comment) for comment in comments]
    ids = {event.event_id for event in events if isinstance(event, Event) and event.position == position}
    shared = [event.position for event in events if isinstance(event, Event) and event.event_id in ids - {None}]
    return shared or [position]
