"""Events, and what became of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, NotRequired, TypedDict

from gh_store.domain.values import JsonObject, Mode


@dataclass(frozen=True, slots=True)
class Place:
    """A comment and its issue. (Comment ids are unique in the whole repository.)"""

    issue: int
    comment: int


@dataclass(frozen=True, slots=True)
class Continued:
    """
    What a segment continues.

    Attributes:
        after: The issue that it continues, and the last comment there that the first state includes.
        comments: The number of comments there up to that one: where to look for later ones.
        version: The number of events applied up to there.
        time: When the last event applied up to there was written.
    """

    after: Place
    comments: int
    version: int
    time: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """
    One well-formed update of one object.

    Attributes:
        position: The id of the comment that carries it.
        time: When that comment was created.
        mode: How it changes the state.
        data: A JSON object, or the operations of a patch.
        meta: The `_meta` as it was written; empty for a bare event.
        size: An upper bound of the characters that `data` takes in a body.
        event_id: The same for every repetition of the event.
        attempt: 2 or more if the event may have been posted before.
        expected_version: The version that the object must be at, or None.
        initial: True for the event that creates the object.
        full: True if it was written with `_data` and `_meta`.
        refused: For a copy of an event that another store rejected, the name and the message of that error.
        continues: For the first event of a segment, what that segment continues.
        forwarded: For a copy of an event from an issue that the object has left, where that event is.
        copied_once: True if the copied event was posted only once there.
    """

    position: int
    time: datetime
    mode: Mode
    data: Any
    size: int
    meta: Mapping[str, Any] = field(default_factory=dict)
    event_id: str | None = None
    attempt: int = 1
    expected_version: int | None = None
    initial: bool = False
    full: bool = True
    refused: tuple[str, str] | None = None
    continues: Continued | None = None
    forwarded: Place | None = None
    copied_once: bool = False

    @property
    def begins(self) -> bool:
        """True if an object can begin with this event."""
        return self.initial and self.refused is None


@dataclass(frozen=True, slots=True)
class Malformed:
    """
    A comment that is written as an event, but is malformed. `why` is one line.

    What is `nearly` one was conversation to older processors. So up to the watermark only a receipt tells whether it
    was decided.
    """

    position: int
    time: datetime
    why: str
    data: Any = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    full: bool = True
    nearly: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """
    An event that is to be written.

    Attributes:
        data: A JSON object; for a patch its operations.
        event_id: What a repetition of the same event shares with it.
        mode: How it changes the state.
        attempt: 2 or more if the event may have been posted before.
        expected_version: The version that it insists on, or None.
        initial_of: The object id, for the event that an object or a segment of it begins with.
        origin: Where the event stood before it was copied, and what became of it there.
        continues: What the segment goes on from that begins with this event.
        forwarded: Where the event stood before the object went on in another issue.
        copied_once: True if it was posted only once there.
    """

    data: Any
    event_id: str
    mode: Mode = Mode.APPEND
    attempt: int = 1
    expected_version: int | None = None
    initial_of: str | None = None
    origin: Mapping[str, Any] | None = None
    continues: Continued | None = None
    forwarded: Place | None = None
    copied_once: bool = False


class Outcome(StrEnum):
    """What became of an event."""

    APPLIED = "applied"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"
    PENDING = "pending"


class HistoryEntry(TypedDict):
    """
    One event in the history of an object; a plain dict, as programs of the published package expect.

    `version` and `state` are those after the event. `proved` is False if comments were edited or
    deleted after they were applied, so that the log no longer yields the committed state.
    """

    timestamp: str
    type: Literal["initial_state", "update"]
    data: Any
    comment_id: int
    metadata: dict[str, Any]
    author: str | None
    outcome: str
    version: int
    state: JsonObject
    proved: bool
    error: NotRequired[str]


@dataclass(frozen=True, slots=True)
class Change:
    """
    An event that was applied to an object.

    Attributes:
        object_id: The object.
        event: The event, as the history of the object shows it.
        cursor: Where to go on after it.
    """

    object_id: str
    event: HistoryEntry
    cursor: str

    @property
    def version(self) -> int:
        """The version that the event made."""
        return self.event["version"]

    @property
    def state(self) -> JsonObject:
        """The object's data at that version."""
        return self.event["state"]

    @property
    def author(self) -> str | None:
        """The login of who wrote it; None for an account that was deleted since."""
        return self.event["author"]

    @property
    def time(self) -> datetime:
        """When it was written (UTC, whole seconds)."""
        return datetime.fromisoformat(self.event["timestamp"])
