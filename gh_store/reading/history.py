"""What became of an object, event by event, with the state at every version."""

from collections.abc import Iterator
from itertools import chain
from typing import Literal

from gh_store import wire
from gh_store.domain.commands import command
from gh_store.domain.differences import Difference
from gh_store.domain.events import Event, HistoryEntry, Outcome
from gh_store.domain.exceptions import IntegrityError, ObjectNotFound
from gh_store.domain.values import State, StoredObject
from gh_store.issues.object_issue import ObjectIssue
from gh_store.log.decide import Decision, decide
from gh_store.log.difference import differences
from gh_store.log.duplicates import may_repeat_earlier
from gh_store.reading.reader import Reader
from gh_store.reading.values import Reading, stored


def history(reader: Reader, head: ObjectIssue, *, duplicates: bool = False) -> list[HistoryEntry]:
    """
    What was applied or rejected, oldest first, and what is pending last.

    Args:
        duplicates: Show repetitions of the same event, too.
    """
    return [
        entry(decision, pending=pending, proved=proved)
        for part, proved in reversed(list(_parts(reader, whole(reader, head))))
        for decision, pending in part
        if duplicates or decision.outcome is not Outcome.DUPLICATE
    ]


def whole(reader: Reader, head: ObjectIssue) -> Reading:
    """An object with its whole log, as of now."""
    return reader.with_unforwarded(reader.read(head, whole=True))


def at_version(reader: Reader, reading: Reading, version: int) -> StoredObject:
    """
    The object, whose whole log was read, as it was at a version.

    Raises:
        ObjectNotFound: It never had that version.
        IntegrityError: Comments were edited or deleted since, and the log does not yield it any more.
    """
    object_id, latest = reading.head.object_id, reading.state.version
    if version > latest:
        raise ObjectNotFound(
            f"{object_id!r} has no version {version}; its latest is {latest}.",
            hint=f"{command('history', object_id)} shows its versions.",
        )
    for part, proved in _parts(reader, reading):
        for decision, pending in part:
            if decision.state.version == version and (proved or pending):
                return stored(reading.head, decision.state)
        if part and proved and part[0][0].state.version <= version:
            break
    if version == latest:  # the log may hold less than the committed state proves
        return stored(reading.head, reading.state)
    raise IntegrityError(
        f"Version {version} of {object_id!r} cannot be told: its comments were changed since.",
        hint=f"{command('history', object_id)} shows what is left of them.",
    )


def applied(reader: Reader, head: ObjectIssue, position: int) -> list[Decision]:
    """What commits have applied to an object after a position, oldest first. Reads the segments that this needs."""
    parts: list[list[Decision]] = []
    for part, _ in _parts(reader, reader.read(head, whole=True)):
        # What an object begins with is committed, though no watermark says so of a new one.
        decided = [decision for decision, pending in part if decision.creates or not pending]
        parts.append([each for each in decided if each.comment.id > position])
        if len(parts[-1]) < len(decided):
            break
    return [each for part in reversed(parts) for each in part if each.outcome is Outcome.APPLIED]


def applied_since(reader: Reader, head: ObjectIssue, state: State, position: int) -> list[Decision] | None:
    """
    The same from the state at that position, without what was before it; None if that does not yield the head.

    The head must be one that is believed.
    """
    assert head.checkpoint is not None
    authority, watermark = reader.repo.authority, head.checkpoint.watermark
    comments = [each for each in reader.log_after(head, position).comments if each.id <= watermark]
    counts = authority.is_authorised
    if may_repeat_earlier(comments, position, counts):
        return None
    decisions = decide(comments, counts, start=state, after=position, refuses=authority.refuses(head))
    reached = decisions[-1].state if decisions else state
    if (reached.version, wire.canonical(reached.data)) != (head.checkpoint.version, wire.canonical(head.body)):
        return None
    return [each for each in decisions if each.outcome is Outcome.APPLIED]


def diff(reader: Reader, head: ObjectIssue, old: int | None, new: int | None) -> list[Difference]:
    """Where two versions of an object differ; see Store.diff."""
    reading = whole(reader, head)
    later = new if new is not None else reading.state.version
    earlier = old if old is not None else later - 1
    before, after = (at_version(reader, reading, version).data if version else {} for version in (earlier, later))
    return list(differences(before, after))


Part = list[tuple[Decision, bool]]
"""Decisions in their order; and whether each of them is pending."""


def _parts(reader: Reader, reading: Reading) -> Iterator[tuple[Part, bool]]:
    """The decisions of each segment, the latest first; and whether the log still yields what was decided."""
    yield _own(_decided(reading)), reading.proved
    for replayed in reader.past(reading):
        yield _own([(decision, False) for decision in replayed.decisions]), replayed.proved


def by_issue(reader: Reader, reading: Reading) -> list[tuple[int, Decision, bool]]:
    """The same, each with the number of the issue that it was written to."""
    begins = reading.begin.continues if reading.begin is not None else None
    here = {comment.id for comment in reading.log.comments}
    numbers = chain((reading.head.number,), (segment.number for segment in reading.earlier))
    parts: list[list[tuple[int, Decision, bool]]] = []
    for (part, _), number in zip(_parts(reader, reading), numbers, strict=False):
        # What is still to be forwarded stands where the object was before.
        there = begins.after.issue if begins is not None and not parts else number
        own = here if not parts else set[int]()
        parts.append(
            [
                (number if parts or decision.comment.id in own else there, decision, pending)
                for decision, pending in part
            ]
        )
    return [each for part in reversed(parts) for each in part]


def _own(part: Part) -> Part:
    """Without the event that a segment begins with: it says again what the one before has said."""
    return [
        each for each in part if not (isinstance(each[0].event, Event) and each[0].creates and each[0].event.continues)
    ]


def decisions_of(reader: Reader, reading: Reading) -> Part:
    """Every decision on an object whose whole log was read, in order; and whether it is pending."""
    return [each for part, _ in reversed(list(_parts(reader, reading))) for each in part]


def _decided(reading: Reading) -> Part:
    known = {decision.comment.id: (decision, False) for decision in reading.known}
    return [*known.values(), *((each, True) for each in reading.pending if each.comment.id not in known)]


def entry(decision: Decision, *, pending: bool = False, proved: bool = True) -> HistoryEntry:
    """What users see of a decision; it shares nothing with others."""
    comment, event = decision.comment, decision.event
    kind: Literal["initial_state", "update"] = (
        "initial_state" if isinstance(event, Event) and event.initial else "update"
    )
    shown = HistoryEntry(
        timestamp=comment.created_at.isoformat(),
        type=kind,
        data=wire.copy_value(event.data),  # states and events share their parts; entries share nothing
        comment_id=comment.id,
        metadata=wire.copy_value(event.meta)
        or {"client_version": "legacy", "timestamp": comment.created_at.isoformat(), "update_mode": "append"},
        author=comment.author.login if comment.author else None,
        outcome=(Outcome.PENDING if pending else decision.outcome).value,
        version=decision.state.version,
        state=wire.copy_value(decision.state.data),
        proved=proved,
    )
    if decision.error is not None:
        shown["error"] = decision.error.message
    return shown
