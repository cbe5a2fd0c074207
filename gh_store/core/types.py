"""The values that users and modules hand to each other: frozen, and free of any vendor."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

Json: TypeAlias = dict[str, "Json"] | list["Json"] | str | int | float | bool | None
JsonObject: TypeAlias = dict[str, Any]  # `Any`, not `Json`: users index into what they stored

MAX_TEXT = 65_536
"""Characters that the body of an issue or a comment takes."""

MAX_LABEL = 50
"""Characters that the name of a label takes."""

MAX_COMMENTS = 2_500
"""Comments that an issue takes, whoever wrote them."""

MAX_TITLE = 256
"""Characters that the title of an issue takes."""


OnLimit: TypeAlias = Literal["auto", "wait", "raise"]
"""What to do when a rate limit is met: `auto` waits in long work, and raises elsewhere."""


class Mode(StrEnum):
    """How an event changes the state."""

    APPEND = "append"  # deep merge of objects; every other value replaces
    REPLACE = "replace"
    MERGE = "merge"  # RFC 7396
    PATCH = "patch"  # RFC 6902


@dataclass(frozen=True, slots=True)
class ObjectMeta:
    """
    What the store knows of an object.

    Attributes:
        object_id: The name that its users gave it.
        issue_number: The issue that holds it.
        created_at: When the issue was created (UTC, whole seconds).
        updated_at: When the last applied event was written (UTC, whole seconds).
        version: Applied events, the creation included: 1 for a new object.
        pending: Authorised events that the state does not include yet; None if this reader may not
            ask who is authorised.
    """

    object_id: str
    issue_number: int
    created_at: datetime
    updated_at: datetime
    version: int
    pending: int | None = 0


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object: its state, and what the store knows of it."""

    meta: ObjectMeta
    data: JsonObject


@dataclass(frozen=True, slots=True)
class Place:
    """A comment, and the issue that it stands in. (Comments are numbered over the whole repository.)"""

    issue: int
    comment: int


@dataclass(frozen=True, slots=True)
class Continued:
    """
    What a segment goes on from.

    Attributes:
        after: The issue that it continues, and the last comment of it that its first state includes.
        comments: How many comments stood there up to that one: where to look for those that came after.
        version: Applied events up to there.
        time: Of the last applied event up to there.
    """

    after: Place
    comments: int
    version: int
    time: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """
    One update of one object, parsed and of sound shape.

    Attributes:
        position: The id of the comment that carries it.
        time: When that comment was created.
        mode: How it changes the state.
        data: A JSON object, or the operations of a patch.
        meta: The `_meta` as it was written; empty for a bare event.
        size: Never less than the characters that `data` takes in a body.
        event_id: What a repetition of the same event shares with it.
        attempt: 2 or more if the event may have been posted before.
        expected_version: The version it insists on, or None.
        initial: True for the event that creates the object.
        full: True if it was written with `_data` and `_meta`.
        refused: The error (its name and its message) for which another store rejected the event that this
            one is a copy of, or None.
        continues: What the segment goes on from that begins with this event, or None.
        forwarded: Where the event stood that this one is a copy of, in an issue that the object has left; or None.
        copied_once: True if that event was posted only once there.
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
        """True if an object may begin with this event."""
        return self.initial and self.refused is None


@dataclass(frozen=True, slots=True)
class Malformed:
    """A comment that is written as an event and makes no sense; `why` is one line."""

    position: int
    time: datetime
    why: str
    data: Any = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    full: bool = True


@dataclass(slots=True)
class State:
    """
    What the fold of a log up to some position yields. Never changed once made.

    (Not `frozen`: one is made for every event folded, and a frozen one takes three times as long.)

    Attributes:
        version: Applied events, the creation included.
        time: When the last of them was written.
        data: The object.
        size: Never less than the characters that `data` takes in a body.
    """

    version: int
    time: datetime
    data: JsonObject
    size: int


class Outcome(StrEnum):
    """What became of an event."""

    APPLIED = "applied"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"
    PENDING = "pending"


class HistoryEntry(TypedDict):
    """
    One event of an object's history; a plain dict, as programs of the published package expect.

    `version` and `state` are those after the event. `proved` is False where comments were edited or
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


class Kind(StrEnum):
    """What a finding is about. The first six are damage; what follows is worth a look, and may be as it shall be."""

    STATE = "state"
    TITLE = "title"
    LABELS = "labels"
    RECEIPTS = "receipts"
    DUPLICATES = "duplicates"
    PENDING = "pending"
    CHANGED = "changed"
    GONE = "gone"
    LOCKED = "locked"
    WITHHELD = "withheld"


_DAMAGE = frozenset({Kind.STATE, Kind.TITLE, Kind.LABELS, Kind.RECEIPTS, Kind.DUPLICATES, Kind.PENDING})


@dataclass(frozen=True, slots=True)
class Finding:
    """
    Something that is not as the log says, or that looks so.

    Attributes:
        kind: What it is about.
        object_id: The object, or None if its issue does not tell.
        issue_number: The issue, or None if there is none.
        found: What it is, in a sentence.
        remedy: What mends it, or what it was that can restore it.
    """

    kind: Kind
    object_id: str | None
    issue_number: int | None
    found: str
    remedy: str

    @property
    def damage(self) -> bool:
        """True if it is to be mended; else it is a remark."""
        return self.kind in _DAMAGE


@dataclass(frozen=True, slots=True)
class Verified:
    """
    A store looked over.

    Attributes:
        damage: What is to be mended.
        suspected: What looks as if somebody had changed the past, and what cannot be told from here.
    """

    damage: tuple[Finding, ...]
    suspected: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Repaired:
    """
    What a repair did, or would do, to one issue.

    Attributes:
        object_id: The object.
        issue_number: Its issue.
        kinds: What was wrong.
        doing: What was done, in words.
        error: The error that stopped it, or None.
    """

    object_id: str | None
    issue_number: int | None
    kinds: tuple[Kind, ...]
    doing: str
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Transferred:
    """
    What an import or an adoption did with one object.

    Attributes:
        object_id: Its id.
        issue_number: The issue that holds it now, or None.
        made: False if an earlier run had done all of it, or if nothing was to be done.
        error: The error that stopped the work on this object, or None.
    """

    object_id: str
    issue_number: int | None = None
    made: bool = False
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class Processed:
    """
    What a sweep did to one object.

    Attributes:
        object_id: Its id, or None if its issue does not tell.
        issue_number: Its issue.
        applied: Events applied.
        rejected: Events rejected.
        error: The error that stopped the work on this object, or None.
        reasons: For each rejected event its comment, and why.
        object: The object after it.
    """

    object_id: str | None
    issue_number: int
    applied: int = 0
    rejected: int = 0
    error: Exception | None = None
    reasons: tuple[tuple[int, str], ...] = ()
    object: StoredObject | None = None
