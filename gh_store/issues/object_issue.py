"""What an issue says of the object that it holds, before anybody has looked at its comments. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Final

from gh_store import wire
from gh_store.config import Config
from gh_store.domain.events import Place
from gh_store.domain.exceptions import ObjectNotFound
from gh_store.domain.issues import Issue, Label
from gh_store.domain.limits import MAX_TITLE
from gh_store.domain.values import JsonObject, State

_PLACE: Final = 40
"""Characters that a title gives to what it continues, at most."""


class Status(StrEnum):
    """What its labels make of an issue."""

    ACTIVE = "active"
    DELETED = "deleted"
    WITHDRAWN = "withdrawn"  # or retired: the object has gone on in another issue
    NO_OBJECT = "no object"


@dataclass(frozen=True)
class ObjectIssue:
    """
    An issue as a holder of an object. Its title and body together are its head.

    Attributes:
        issue: The issue.
        config: The settings that name its labels.
        status: What its labels make of it.
        object_id: The object's id, or None where title and labels do not tell it.
        checkpoint: What the title says of the committed state, or None.
        continues: What it continues, as its first event says, where that was read.
    """

    issue: Issue
    config: Config
    status: Status
    object_id: str | None
    checkpoint: wire.Checkpoint | None
    continues: Place | None = None

    @property
    def number(self) -> int:
        """The number of the issue."""
        return self.issue.number

    @cached_property
    def body(self) -> JsonObject | None:
        """The state that the body shows, or None if it is not a JSON object."""
        return wire.read_body(self.issue.body)

    @cached_property
    def intact(self) -> bool:
        """True if the title's checksum fits the body: one commit wrote both, or somebody made it look so."""
        return (
            self.object_id is not None
            and self.checkpoint is not None
            and self.body is not None
            and self.checkpoint.fits(self.object_id, self.body)
        )

    # --- the seal ---------------------------------------------------------------------------------

    @cached_property
    def uid_label(self) -> Label | None:
        """The label that stands for the object's id."""
        prefix = self.config.uid_prefix
        uids = [label for label in self.issue.labels if label.name.lower().startswith(prefix.lower())]
        if self.object_id is None:
            return uids[0] if len(uids) == 1 else None
        names = (wire.plain_label(self.object_id, prefix), wire.hashed_label(self.object_id, prefix))
        both = [label for label in uids if label.name in names]
        # Who labels could put the second one on, and hide what the first one says.
        sealed = (label for label in both if wire.read_seal(label.description) is not None)
        return next(sealed, both[0] if both else None)

    @cached_property
    def seal_in_force(self) -> wire.Seal | None:
        """The seal of the object's last commit, whichever issue it names."""
        return wire.read_seal(self.uid_label.description) if self.uid_label is not None else None

    @property
    def again(self) -> bool:
        """True if the id was there before, and no seal tells yet that this is the object, and not what was deleted."""
        return self.uid_label is not None and wire.claims_again(self.uid_label.description)

    @property
    def seal(self) -> wire.Seal | None:
        """The seal, if it names this issue."""
        seal = self.seal_in_force
        return seal if seal is not None and seal.issue == self.number else None

    @cached_property
    def sealed(self) -> bool:
        """True if the seal is of this very head: people with write permission vouch for it."""
        if self.seal is None or not self.intact:
            return False
        assert self.object_id is not None
        assert self.checkpoint is not None
        assert self.body is not None
        return self.seal == wire.seal_of(self.number, self.object_id, self.checkpoint, self.body)

    # --- what the head says -----------------------------------------------------------------------

    @property
    def settled(self) -> bool:
        """True if nothing is pending, as far as the head is to be believed."""
        return (
            not self.issue.open
            and self.checkpoint is not None
            and self.checkpoint.comments == self.issue.comments
            and self.intact
            and not (self.status is Status.DELETED and self.has_label(self.config.base_label))
            and (self.drained or not self.retired)
        )

    @property
    def after(self) -> Place | None:
        """What this segment continues: the title says it, as long as nobody replaces that."""
        at = self.checkpoint
        place = at.after if at is not None and at.after is not None else self.continues
        return place if place is not None and place.issue < self.number else None

    @property
    def tells_after(self) -> bool:
        """True if the title says what this segment continues, or that it is the first: a long id leaves no room."""
        at = self.checkpoint
        return at is not None and (at.after is not None or len(self.issue.title) < MAX_TITLE - _PLACE)

    @property
    def uncommitted(self) -> bool:
        """True for a segment that was not committed yet: what it continues may not be retired and drained."""
        begins = self.checkpoint is not None and self.checkpoint.watermark == 0 and self.seal is None
        return begins and self.after is not None

    @property
    def incomplete(self) -> bool:
        """True for a creation under way, or one that was cut: not even the initial state is there."""
        begins = self.checkpoint is not None and self.checkpoint.watermark == 0 and self.seal is None
        return begins and self.issue.comments == 0

    @property
    def retired(self) -> bool:
        """True for an issue that an object has left, and whose late events are forwarded."""
        return self.status is Status.WITHDRAWN and self.has_label(wire.RETIRED_LABEL)

    @property
    def drained(self) -> bool:
        """True if all that reached an issue which its object has left was forwarded, up to the watermark."""
        return self.checkpoint is not None and self.checkpoint.retired and self.intact

    @property
    def created_at(self) -> datetime:
        """When the object was created: its first issue, if it went on in others. The title has no say in it."""
        since = wire.read_since(self.uid_label.description) if self.uid_label is not None else None
        return min(since or self.issue.created_at, self.issue.created_at)

    def has_label(self, name: str) -> bool:
        """True if the issue has a label of this name, in any case."""
        return any(label.name.lower() == name.lower() for label in self.issue.labels)

    def state(self) -> State:
        """The state in the body of an intact head."""
        assert self.checkpoint is not None
        assert self.body is not None
        time = self.checkpoint.time if self.checkpoint.version > 1 or self.after else self.issue.created_at
        return State(self.checkpoint.version, time, self.body, wire.WORST_GROWTH * len(self.issue.body))


def read_issue(issue: Issue, config: Config) -> ObjectIssue:
    """What an issue says of the object that it holds."""
    names = [label.name for label in issue.labels]
    lower = {name.lower() for name in names}
    if issue.is_pull_request or not any(name.startswith(config.uid_prefix.lower()) for name in lower):
        return ObjectIssue(issue, config, Status.NO_OBJECT, None, None)
    if wire.ARCHIVED_LABEL in lower:
        status = Status.DELETED
    elif config.base_label.lower() in lower:
        status = Status.ACTIVE
    else:
        status = Status.WITHDRAWN
    title = wire.read_title(issue.title, names, config.uid_prefix)
    return ObjectIssue(issue, config, status, title.object_id, title.checkpoint)


def deleted(head: ObjectIssue) -> ObjectNotFound:
    """The error for whoever meets a deleted object."""
    return ObjectNotFound(
        f"The object {head.object_id!r} of issue {head.number} was deleted.",
        hint="Create it again, and it begins a new life.",
    )
