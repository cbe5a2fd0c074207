"""Telling people on the issue what was not applied, and believing what was told."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gh_store import wire
from gh_store.access.repository import Repository
from gh_store.domain.events import Event, Outcome
from gh_store.domain.exceptions import AccessError, InvalidInput
from gh_store.domain.issues import Comment
from gh_store.log.comments import Log, read_comment
from gh_store.log.decide import Decision, rejection
from gh_store.log.duplicates import Counts
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


def overwritten(number: int) -> tuple[str, str]:
    """What is put back of an issue whose author has no right any more, and why: told once, however often he edits."""
    return f"forged-{number}", "its author, who may edit it for ever, has no write permission any more"


@dataclass(frozen=True, slots=True)
class Replies:
    """Comments in prose. Only those of people who count are believed."""

    repo: Repository

    def tell(self, number: int, log: Log, decisions: tuple[Decision, ...], posted: PostedReplies) -> None:
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
                self._reply(number, str(position), text, posted)

    def tell_put_back(self, number: int, log: Log, event_id: str, why: str, posted: PostedReplies) -> None:
        """Say why an edit by hand was not kept."""
        text = wire.write_put_back(event_id, why)
        if not any(comment.body == text and self._counts(comment) for comment in log.comments):
            self._reply(number, event_id, text, posted)

    def _reply(self, number: int, about: str, text: str, posted: PostedReplies) -> None:
        if about in posted.replies or not self.repo.config.rejections_reply:
            return
        try:
            posted.replies[about] = self.repo.comments.reply(number, text).id
        except (AccessError, InvalidInput) as error:  # a full or locked issue holds nothing up
            logger.warning("Issue {}: a reply could not be posted: {}", number, error)
            posted.replies[about] = None

    def _believed(self, comments: Sequence[Comment]) -> Iterator[tuple[int, str, str]]:
        for comment in comments:
            reply = wire.read_reply(comment.body)
            if reply is not None and self._counts(comment):
                yield reply

    def _counts(self, comment: Comment) -> bool:
        return self.repo.rights.counts(comment.author, written=comment.created_at)

    def raise_rejection(self, comments: Sequence[Comment], position: int) -> bool:
        """
        Raise what an event was rejected for, as its reply or its receipt tells. True if a receipt says it was applied.

        An event that repeats another fares as that did.
        """
        same = _repeated(comments, position, self.repo.authority.is_presumed)
        for told, name, message in self._believed(comments):
            if told in same:
                raise rejection(name, message)
        # No reply: they are switched off, or it could not be posted.
        outcomes = {self.repo.receipts.outcome(each) for each in same}
        if Outcome.REJECTED in outcomes:
            raise rejection("InvalidUpdate", f"Event {position} was rejected.")
        return Outcome.APPLIED in outcomes


def _repeated(comments: Sequence[Comment], position: int, counts: Counts) -> list[int]:
    """The positions of an event and of all that count and share its event_id."""
    events = {comment.id: read_comment(comment) for comment in comments}
    event = events.get(position)
    event_id = event.event_id if isinstance(event, Event) else None
    if event_id is None:
        return [position]
    same = (each for each in comments if isinstance(it := events[each.id], Event) and it.event_id == event_id)
    return [each.id for each in same if each.id == position or counts(each, events[each.id])]  # type: ignore[arg-type]  # it is an Event
