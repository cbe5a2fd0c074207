"""What became of an object, event by event, with the state at every version."""

from typing import Literal

from gh_store.core.exceptions import IntegrityError, ObjectNotFound
from gh_store.core.log import Decision
from gh_store.core.reading import Reader, Reading, stored
from gh_store.core.types import Event, HistoryEntry, Outcome, StoredObject
from gh_store.handlers.issue import Head


def history(reader: Reader, head: Head) -> list[HistoryEntry]:
    """Every event that counts, oldest first, those pending last."""
    reading = reader.read(head, whole=True)
    return [_entry(decision, reading, pending=pending) for decision, pending in decisions_of(reading)]


def at_version(reader: Reader, head: Head, version: int) -> StoredObject:
    """
    The object as it was at a version.

    Raises:
        ObjectNotFound: It never had that version.
        IntegrityError: Comments were edited or deleted since, and the log does not yield it any more.
    """
    reading = reader.read(head, whole=True)
    for decision, _ in decisions_of(reading):
        if decision.state.version == version:
            if not reading.proved and version < reading.base.version:
                raise IntegrityError(
                    f"Version {version} of {head.object_id!r} cannot be told: its comments were changed since.",
                    hint="`gh-store history` shows what is left of them.",
                )
            return stored(reading.head, decision.state)
    latest = reading.state.version
    if version == latest:  # the log may hold less than the committed state proves
        return stored(reading.head, reading.state)
    raise ObjectNotFound(f"{head.object_id!r} has no version {version}; its latest is {latest}.")


def decisions_of(reading: Reading) -> list[tuple[Decision, bool]]:
    """Every decision of an object whose whole log was read, in order; and whether it is pending."""
    known = {decision.comment.id: (decision, False) for decision in reading.known}
    decisions = {decision.comment.id: (decision, True) for decision in reading.pending} | known
    return [decisions[comment_id] for comment_id in sorted(decisions)]


def _entry(decision: Decision, reading: Reading, *, pending: bool) -> HistoryEntry:
    comment, event = decision.comment, decision.event
    kind: Literal["initial_state", "update"] = (
        "initial_state" if isinstance(event, Event) and event.initial else "update"
    )
    entry = HistoryEntry(
        timestamp=comment.created_at.isoformat(),
        type=kind,
        data=event.data,
        comment_id=comment.id,
        metadata=dict(event.meta)
        or {"client_version": "legacy", "timestamp": comment.created_at.isoformat(), "update_mode": "append"},
        author=comment.author.login if comment.author else None,
        outcome=(Outcome.PENDING if pending else decision.outcome).value,
        version=decision.state.version,
        state=decision.state.data,
        proved=reading.proved,
    )
    if decision.error is not None:
        entry["error"] = decision.error.message
    return entry
