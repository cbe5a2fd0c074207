"""What a reader hands out: an issue and its log together, and what users see of a state."""

from dataclasses import dataclass

from gh_store.domain.events import Event, Outcome, Place
from gh_store.domain.exceptions import IntegrityError
from gh_store.domain.values import JsonObject, ObjectMeta, State, StoredObject
from gh_store.issues.object_issue import ObjectIssue
from gh_store.log.comments import Log
from gh_store.log.decide import Decision
from gh_store.reading.earlier import EarlierSegments


@dataclass(frozen=True, slots=True)
class Edit:
    """
    A body that is not the state: somebody has changed it by hand.

    Attributes:
        event_id: Of the event that carries the edit; made of watermark and body.
        base: The state that was there before.
        body: What the person made of it, or None if it is not a JSON object.
    """

    event_id: str
    base: JsonObject
    body: JsonObject | None


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What an issue and its log say together.

    Attributes:
        head: The issue.
        log: Its comments, as far as they were needed.
        base: The committed state.
        watermark: The last comment that it includes.
        pending: Decisions that no commit holds yet, in order.
        state: The state after them.
        earlier: The segments before this issue; read as far as they are asked for.
        known: Decisions that lie behind, where the whole log was read for them.
        proved: True if the log yields `base`, or nobody asked.
        edit: A hand edit that the log does not hold yet.
        forged: True if the head is not what was committed, and its author does not count.
        after: What the issue continues.
    """

    head: ObjectIssue
    log: Log
    base: State
    watermark: int
    pending: tuple[Decision, ...]
    state: State
    earlier: EarlierSegments
    known: tuple[Decision, ...] = ()
    proved: bool = True
    edit: Edit | None = None
    forged: bool = False
    after: Place | None = None

    @property
    def begin(self) -> Event | None:
        """The event that this issue begins with, where the log was read from its beginning."""
        first = next((d.event for d in (*self.known, *self.pending) if d.creates), None)
        return first if isinstance(first, Event) else None

    @property
    def object(self) -> StoredObject:
        """The object with everything applied that is pending."""
        waiting = sum(decision.outcome is Outcome.APPLIED and not decision.creates for decision in self.pending)
        return stored(self.head, self.state, waiting)


def stored(head: ObjectIssue, state: State, pending: int | None = 0) -> StoredObject:
    """What users see of a state."""
    if head.object_id is None:
        raise IntegrityError(f"Issue {head.number} does not tell the id of its object any more.")
    meta = ObjectMeta(
        object_id=head.object_id,
        issue_number=head.number,
        created_at=head.created_at,
        updated_at=state.time if state.version > 1 else head.created_at,
        version=state.version,
        pending=pending,
    )
    return StoredObject(meta, state.data)
