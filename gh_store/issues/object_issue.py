"""What an issue says of the object that it holds, before anybody has looked at its comments. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from gh_store import wire
from gh_store.config import Config
from gh_store.domain.events import Place
from gh_store.domain.exceptions import ObjectNotFound
from gh_store.domain.issues import Issue
from gh_store.domain.values import JsonObject, State


class Status(StrEnum):
    """What its labels make of an issue."""

    ACTIVE = "active"
    DELETED = "deleted"
    WITHDRAWN = "withdrawn"  # or retired: the object has gone on in another issue
    NO_OBJECT = "no object"


@dataclass(frozen=True)
class ObjectIssue:
    """What an issue says of the object it holds."""

    issue: Issue
    config: Config
    status: Status
    object_id: str | None
    checkpoint: wire.Checkpoint | None
    continues: Place | None = None  # as its first event says, where that was read

    @cached_property
    def body(self) -> JsonObject | None:
        """The state that the body shows, or None if it is no JSON object."""
        return wire.read_body(self.issue.body)

    @cached_property
    def intact(self) -> bool:
        """True if the title's check fits the body: nobody has touched either since the commit."""
        return (
            self.object_id is not None
            and self.checkpoint is not None
            and self.body is not None
            and self.checkpoint.fits(self.object_id, self.body)
        )

    @property
    def settled(self) -> bool:
        """True if nothing is pending, and one look at the issue has shown it."""
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
        place = (
            self.checkpoint.after
            if self.checkpoint is not None and self.checkpoint.after is not None
            else self.continues
        )
        return place if place is not None and place.issue < self.issue.number else None

    @property
    def uncommitted(self) -> bool:
        """True for a segment that was not committed yet: what it continues may not be retired and drained."""
        return self.after is not None and self.checkpoint is not None and self.checkpoint.watermark == 0

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
        """When the object was created: its first issue, if it went on in others."""
        if self.after is None:
            return self.issue.created_at
        prefix = self.config.uid_prefix.lower()
        uids = (label for label in self.issue.labels if label.name.lower().startswith(prefix))
        known = (since for since in map(wire.read_since, (label.description for label in uids)) if since is not None)
        return min((*known, self.issue.created_at))

    @property
    def incomplete(self) -> bool:
        """True for a creation under way, or one that was cut: not even the initial state is there."""
        return self.issue.comments == 0 and self.checkpoint is not None and self.checkpoint.watermark == 0

    def has_label(self, name: str) -> bool:
        return any(label.name.lower() == name.lower() for label in self.issue.labels)

    def state(self) -> State:
        """The state in the body of a intact head."""
        assert self.checkpoint is not None
        assert self.body is not None
        time = self.checkpoint.time if self.checkpoint.version > 1 or self.after else self.issue.created_at
        return State(self.checkpoint.version, time, self.body, wire.WORST_GROWTH * len(self.issue.body))


def read_issue(issue: Issue, config: Config) -> ObjectIssue:
    """Pure: what an issue says, before anybody has looked at its comments."""
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


def lines(heads: Sequence[ObjectIssue]) -> list[list[ObjectIssue]]:
    """
    The lives of one object id, each from its first segment to its last, as far as these issues tell.

    Of several that continue the same issue, the lowest number goes on; the others are in no line.
    """
    known = {head.issue.number: head for head in heads if head.status is not Status.NO_OBJECT}
    following: dict[int, ObjectIssue] = {}
    begins: list[ObjectIssue] = []
    for _, head in sorted(known.items()):
        if head.after is None:
            begins.append(head)
        elif head.after.issue not in following:
            following[head.after.issue] = head
            if head.after.issue not in known:
                begins.append(head)
    found = []
    for head in begins:
        line = [head]
        while line[-1].issue.number in following:
            line.append(following[line[-1].issue.number])
        found.append(line)
    return found


def current_issues(heads: Sequence[ObjectIssue]) -> list[ObjectIssue]:
    """
    Of the active issues of one id those that hold an object: several only if they do not continue each other.

    As long as an issue is active, what continues it is none yet; but not if a hand gave it its label back.
    """
    held = []
    for line in lines(heads):
        active = [head for head in line if head.status is Status.ACTIVE]
        first = next((head for head in active if not head.drained), active[0] if active else None)
        if first is not None:
            held.append(first)
    return held


def deleted(head: ObjectIssue) -> ObjectNotFound:
    """The error for whoever meets a deleted object."""
    return ObjectNotFound(
        f"The object {head.object_id!r} of issue {head.issue.number} was deleted.",
        hint="Create it again, and it begins a new life.",
    )
