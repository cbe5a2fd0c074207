"""The results of verifying, repairing, importing, processing and observing, and of verbs on many objects."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gh_store.domain.exceptions import GitHubStoreError
from gh_store.domain.values import StoredObject


class Kind(StrEnum):
    """What a finding is about: damage first; then what is pending; then what deserves a look, and may be intended."""

    STATE = "state"
    TITLE = "title"
    LABELS = "labels"
    RECEIPTS = "receipts"
    DUPLICATES = "duplicates"
    FORGED = "forged"
    UNCONFIRMED = "unconfirmed"
    PENDING = "pending"
    CHANGED = "changed"
    OVERLOOKED = "overlooked"
    GONE = "gone"
    LOCKED = "locked"
    WITHHELD = "withheld"


_DAMAGE = frozenset({
    Kind.STATE, Kind.TITLE, Kind.LABELS, Kind.RECEIPTS, Kind.DUPLICATES, Kind.FORGED, Kind.UNCONFIRMED,
})  # fmt: skip  # one line reads best


@dataclass(frozen=True, slots=True)
class Finding:
    """
    Something that differs from the log, or seems to.

    Attributes:
        kind: What it is about.
        object_id: The object, or None if its issue does not say.
        issue_number: The issue, or None if there is none.
        found: What was found, in a sentence.
        remedy: How to repair or restore it.
    """

    kind: Kind
    object_id: str | None
    issue_number: int | None
    found: str
    remedy: str

    @property
    def damage(self) -> bool:
        """True if it needs repair; otherwise it is pending, or a remark."""
        return self.kind in _DAMAGE


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """
    The result of verifying a store.

    Attributes:
        damage: What needs repair.
        pending: What the next run or sweep does.
        suspected: What looks as if somebody had changed the past, and what cannot be verified from here.
    """

    damage: tuple[Finding, ...]
    pending: tuple[Finding, ...]
    suspected: tuple[Finding, ...]

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> "VerifyReport":
        """A report of these findings."""
        found = tuple(findings)
        return cls(
            damage=tuple(each for each in found if each.damage),
            pending=tuple(each for each in found if each.kind is Kind.PENDING),
            suspected=tuple(each for each in found if not each.damage and each.kind is not Kind.PENDING),
        )


@dataclass(frozen=True, slots=True)
class RepairResult:
    """
    What a repair did, or would do, to one issue.

    Attributes:
        object_id: The object.
        issue_number: Its issue.
        kinds: What was wrong.
        doing: What was done, in words.
        error: The error that stopped the repair, or None.
    """

    object_id: str | None
    issue_number: int | None
    kinds: tuple[Kind, ...]
    doing: str
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class TransferResult:
    """
    What an import or an adoption did with one object.

    Attributes:
        object_id: Its id.
        issue_number: The issue that contains it now, or None.
        made: False if there was nothing to do, for instance because an earlier run did it.
        updated: True if an object that was there before was given this data.
        error: The error that stopped the work on this object, or None.
    """

    object_id: str
    issue_number: int | None = None
    made: bool = False
    updated: bool = False
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class BulkResult:
    """
    What became of one item of `create_many`, `put_many` or `update_many`.

    Attributes:
        object_id: The object, as the item names it.
        object: The object as of then, or None if there was an error.
        changed: True if something was written for it.
        error: The error that stopped the work on this item, or None.
    """

    object_id: str
    object: StoredObject | None = None
    changed: bool = False
    error: GitHubStoreError | None = None


@dataclass(frozen=True, slots=True)
class Processed:
    """
    What a sweep did to one object.

    Attributes:
        object_id: Its id, or None if its issue does not say.
        issue_number: Its issue.
        applied: The number of events applied.
        rejected: The number of events rejected.
        error: The error that stopped the work on this object, or None.
        reasons: The comment of each rejected event, and why it was rejected.
        object: The object afterwards.
    """

    object_id: str | None
    issue_number: int
    applied: int = 0
    rejected: int = 0
    error: Exception | None = None
    reasons: tuple[tuple[int, str], ...] = ()
    object: StoredObject | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """
    What an issue says of its object.

    Attributes:
        issue_number: The issue.
        updated_at: When the issue changed last (UTC, whole seconds).
        object_id: The object; None if the issue is of none, or does not tell which.
        object: The object as of now; None if this issue does not hold it, or not any more.
        deleted: True if this issue held it until it was deleted.
        due: True if a processor has something to do here.
        comment_id: The last comment that this includes; 0 if that is not known.
        error: The error that kept the object from being read, or None.
    """

    issue_number: int
    updated_at: datetime
    object_id: str | None = None
    object: StoredObject | None = None
    deleted: bool = False
    due: bool = False
    comment_id: int = 0
    error: GitHubStoreError | None = None


@dataclass(frozen=True, slots=True)
class Observations:
    """
    What many issues say.

    Attributes:
        time: What changes later is not in here, and may be asked for from then on.
        each: One issue after the other; a page is asked for when it is reached.
    """

    time: datetime
    each: Iterator[Observed]
