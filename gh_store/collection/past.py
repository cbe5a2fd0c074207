"""The entries of a snapshot, with the history of their objects."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from gh_store import wire
from gh_store.collection.fetched import Fetched, KnownComments
from gh_store.domain.events import Event, Malformed, Outcome
from gh_store.domain.exceptions import GitHubStoreError, InsufficientScope, IntegrityError
from gh_store.domain.issues import Comment
from gh_store.domain.values import Mode, State
from gh_store.issues.object_issue import ObjectIssue
from gh_store.log.decide import Decision, decide
from gh_store.log.duplicates import may_repeat_earlier
from gh_store.reading import history
from gh_store.reading.proof import commit_of_title
from gh_store.reading.reader import Reader
from gh_store.reading.values import Reading, stored
from gh_store.snapshots import Entry, Log, Step, Told, compact, steps


@dataclass(frozen=True, slots=True)
class Historian:
    """
    Tells the entries of objects, with their history.

    Attributes:
        reader: Asks for the log of each object.
        known: What was fetched of all logs, if anything was.
        since: What was fetched was written or edited since then; None if it is everything.
    """

    reader: Reader
    known: Fetched | None = None
    since: datetime | None = None

    def entry(self, head: ObjectIssue, old: Entry | None = None) -> Entry:
        """
        An object with its history.

        Args:
            old: Its entry as it was.
        Raises:
            IntegrityError: See Reader.view.
        """
        head = self.reader.identified(head)
        if self.known is not None:
            entry = self._continued(head, old, self.known) if old is not None else None
            if entry is not None:
                return entry
            comments = KnownComments.over(self.reader.repo.comments, self.known)
            try:
                reading = _whole(Reader(replace(self.reader.repo, comments=comments)), head)
            except IntegrityError:
                pass
            else:
                if reading is not None and reading.proved:
                    return self._told(reading)
        reading = _whole(self.reader, head)
        return self._told(reading) if reading is not None else Entry.of(self.reader.view(head))

    def _told(self, reading: Reading) -> Entry:
        """The entry of an object, as it was read."""
        head, authority = reading.head, self.reader.repo.authority
        believed = authority.believes(head)
        obj = stored(head, head.state()) if head.settled and believed else reading.object
        at = head.checkpoint if believed else None
        log = Log(at.watermark, at.comments) if at is not None else None
        return Entry.of(obj, list(compact(_steps(self.reader, reading))), log)

    def _continued(self, head: ObjectIssue, old: Entry, known: Fetched) -> Entry | None:
        """
        The entry of an object, from the old one and what was fetched since; None if that does not prove the title.

        What was counted before and what was fetched must be as many comments as the issue has. A comment of the second
        of the last look may be among either, and one that was edited may be any event of old: then its log is read.
        """
        value, at, authority = old.value, head.checkpoint, self.reader.repo.authority
        told: list[Told] = value.get("history", [])
        if at is None or "log" not in value or not told or (old.object_id, old.number) != (head.object_id, head.number):
            return None
        if head.uncommitted or head.incomplete or not head.settled or not authority.believes(head):
            return None
        log, position = Log(**value["log"]), max(value["log"]["watermark"], told[-1]["comment_id"])
        found = known.of(head.number)
        new = [comment for comment in found if comment.id > position]
        if (
            log.comments + len(new) != head.issue.comments
            or any(event["outcome"] == Outcome.PENDING.value for event in told)
            or any(comment.edited for comment in found)
            or any(self.since is None or comment.created_at <= self.since for comment in new)
        ):
            return None
        try:
            decisions = self._decided(head, told, [each for each in new if each.id <= at.watermark], position)
        except InsufficientScope:
            return None
        if decisions is None:
            return None
        added = (Step(_event(decision, head.number, head.number), decision.state.data) for decision in decisions)
        obj = stored(head, head.state())
        return Entry.of(obj, list(compact([*steps(told), *added])), Log(at.watermark, at.comments))

    def _decided(self, head: ObjectIssue, told: list[Told], new: list[Comment], position: int) -> list[Decision] | None:
        """What was decided behind the events of an entry; None if that does not prove the title."""
        authority, start = self.reader.repo.authority, _state(told)

        def counts(comment: Comment, event: Event | Malformed) -> bool:
            return not authority.receipts.passed_over(comment, event) and authority.is_authorised(comment, event)

        if may_repeat_earlier(new, position, counts):
            return None
        decisions = decide(new, counts, start=start, after=position, refuses=authority.refuses(head))
        if decisions and decisions[0].outcome is not Outcome.APPLIED and _may_repeat(told[-1], decisions[0]):
            return None
        state = decisions[-1].state if decisions else start
        if not commit_of_title(head).fits(state, ()):
            return None
        return [decision for decision in decisions if decision.outcome is not Outcome.DUPLICATE]


def _state(told: list[Told]) -> State:
    """The state after the events of an entry."""
    *_, last = steps(told)
    times = [event["timestamp"] for event in told if event["outcome"] == Outcome.APPLIED.value]
    time = datetime.fromisoformat(times[-1] if times else told[-1]["timestamp"])
    return State(told[-1]["version"], time, last.data, len(wire.write_body(last.data)))


_SAYS: Final[tuple[Literal["author", "mode", "data"], ...]] = ("author", "mode", "data")


def _may_repeat(last: Told, decision: Decision) -> bool:
    """True if an event may plainly repeat the last one that is told: what the comment itself says is not known."""
    event = _event(decision, 0, 0)
    return all(wire.canonical(last[name]) == wire.canonical(event[name]) for name in _SAYS)


def _whole(reader: Reader, head: ObjectIssue) -> Reading | None:
    """An object with its whole log; for who may not ask who is authorised, as far as it was committed."""
    try:
        return history.whole(reader, head)
    except InsufficientScope:
        return reader.read_committed(head)


def _steps(reader: Reader, reading: Reading) -> Iterator[Step]:
    own = reading.head.number
    for number, decision, pending in history.by_issue(reader, reading):
        if decision.outcome is not Outcome.DUPLICATE:
            yield Step(_event(decision, number, own, pending=pending), decision.state.data)


def _event(decision: Decision, issue: int, own: int, *, pending: bool = False) -> Told:
    comment, event = decision.comment, decision.event
    initial = isinstance(event, Event) and event.initial
    told = Told(
        comment_id=comment.id,
        timestamp=comment.created_at.isoformat(),
        author=comment.author.login if comment.author is not None else None,
        type="initial_state" if initial else "update",
        mode=event.mode.value if isinstance(event, Event) else _mode(event.meta.get("update_mode", Mode.APPEND.value)),
        data=event.data if isinstance(event, Event) or _is_value(event.data) else None,
        outcome=(Outcome.PENDING if pending else decision.outcome).value,
        version=decision.state.version,
    )
    if decision.error is not None:
        told["error"] = decision.error.message
    if issue != own:
        told["issue_number"] = issue
    return told


def _is_value(data: object) -> bool:
    """True for what JSON can say, and UTF-8."""
    try:
        wire.check_value(data)
    except GitHubStoreError:
        return False
    return True


def _mode(text: object) -> str | None:
    return text if isinstance(text, str) and text in tuple(Mode) else None
