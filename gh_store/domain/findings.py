"""What looking after a store, and processing it, has come to."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from gh_store.domain.values import StoredObject


class Kind(StrEnum):
    """What a finding is about: damage; then what is pending; then what is worth a look, and may be as it shall be."""

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
        """True if it is to be repaired; else it is pending, or a remark."""
        return self.kind in _DAMAGE


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """
    A store looked over.

    Attributes:
        damage: What is to be repaired.
        pending: What the next run or sweep does.
        suspected: What looks as if somebody had changed the past, and what cannot be told from here.
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
        error: The error that stopped it, or None.
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
