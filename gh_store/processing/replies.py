"""Telling people on the issue what was not applied, and believing what was told."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final

from gh_store import wire
from gh_store.access.repository import Repository
from gh_store.domain.events import Event, Outcome
from gh_store.domain.exceptions import AccessError, InsufficientScope, InvalidInput
from gh_store.domain.issues import Comment, EditedComment
from gh_store.issues.object_issue import Status
from gh_store.log.comments import Log, read_comment
from gh_store.log.decide import Decision, rejection
from gh_store.log.duplicates import Counts
from gh_store.logger import logger
from gh_store.reading.values import Reading

_ENOUGH: Final = 3
"""Replies of whomever that say the same: else a processor whose word does not count would never stop."""


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
                said = wire.fingerprint(decision.event) if isinstance(decision.event, Event) else None
                text = wire.write_reply(position, type(error).__name__, error.message, error.hint, said)
                self._reply(number, str(position), text, posted)

    def tell_put_back(self, number: int, log: Log, event_id: str, why: str, posted: PostedReplies) -> None:
        """Say why an edit by hand was not kept."""
        text = wire.write_put_back(event_id, why)
        if not any(comment.body == text and self._counts(comment) for comment in log.comments):
            self._reply(number, event_id, text, posted)

    def looked_for(self, edited: EditedComment | None) -> int:
        """The id of an edited comment, or 0. Who, before what: what a stranger edits is not even looked for."""
        try:
            return edited.id if edited is not None and self.repo.rights.counts(edited.author) else 0
        except InsufficientScope:
            return 0

    def tell_edited(self, reading: Reading, named: int, own: Container[int], posted: PostedReplies) -> bool:
        """
        Say of each comment that was decided and not applied, and was edited into an event since: post it anew.

        Args:
            named: A comment that is known to be edited, on whichever page it is; or 0.
            own: What this run has decided itself, as it stands.
        Returns:
            True if of one it can be told only when the receipts are there that an earlier run was cut off from.
        """
        head, log = reading.head, reading.log
        if not self.repo.config.rejections_reply or head.status is not Status.ACTIVE or head.checkpoint is None:
            return False
        known = {comment.id: comment for comment in log.comments}
        if named <= reading.watermark and named:
            read = self.repo.comments.backwards(head.number, log)
            known |= {comment.id: comment for comment in takewhile(lambda each: each.id >= named, read)}
        comments = [known[position] for position in sorted(known)]
        edited = {comment.id for comment in log.comments if comment.edited} | {named}
        later = False
        for comment in comments:
            if comment.id not in edited or comment.id > reading.watermark or comment.id in own:
                continue
            passed_by = self._passed_by(comment, comments, ask=comment.id == named)
            if passed_by is None and head.issue.open:
                later = True
            elif passed_by is not False:
                self._reply(head.number, f"edited-{comment.id}", wire.write_post_anew(comment.id), posted)
        return later

    def _passed_by(self, comment: Comment, comments: Sequence[Comment], *, ask: bool) -> bool | None:
        """
        True if a decided comment is an event that was not applied, and its author was not told so.

        None if no receipt tells. A reaction which says that it was applied is believed, unless one may `ask`.
        """
        event = read_comment(comment)
        if not isinstance(event, Event) or event.initial or not self._counts_now(comment, event):
            return False
        text = wire.write_post_anew(comment.id)
        same = [each for each in comments if each.body == text]
        if len(same) >= _ENOUGH or any(map(self._counts, same)):
            return False
        about = (each for each in comments if (reply := wire.read_reply(each.body)) and reply[0] == comment.id)
        rejected = next((each for each in about if self._counts(each)), None)
        if rejected is not None:  # it says what it was that was rejected
            return wire.read_said(rejected.body) != wire.fingerprint(event)
        if self.repo.receipts.shows_applied(comment) and not (ask and not self.repo.receipts.applied(comment)):
            return False
        return True if self.repo.receipts.shows(comment) else None

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

    def _counts_now(self, comment: Comment, event: Event) -> bool:
        """Who may not ask who counts tells nobody: a courtesy holds nothing up."""
        try:
            return self.repo.authority.is_authorised(comment, event)
        except InsufficientScope:
            return False

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
