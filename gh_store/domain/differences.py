"""Differences between two states of an object."""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final


class Absent(Enum):
    """The type of ABSENT."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return self.name

    def __bool__(self) -> bool:
        return False


ABSENT: Final = Absent.ABSENT
"""No value at all, which is not null."""


@dataclass(frozen=True, slots=True)
class Difference:
    """
    One difference between two states.

    Attributes:
        path: Where, as a JSON pointer (RFC 6901).
        old: The value before, or ABSENT; of a list, the items that were removed.
        new: The value after, or ABSENT; of a list, the items that were inserted.
        at: None for a value; for a list, the index at which items were removed and inserted.
    """

    path: str
    old: Any
    new: Any
    at: int | None = None

    @property
    def where(self) -> str:
        """The path; of a list, with the index."""
        return self.path if self.at is None else f"{self.path}/{self.at}"

    @property
    def removes(self) -> bool:
        """True if anything is no more."""
        return self.old is not ABSENT and self.old != []

    @property
    def inserts(self) -> bool:
        """True if anything is there now."""
        return self.new is not ABSENT and self.new != []
