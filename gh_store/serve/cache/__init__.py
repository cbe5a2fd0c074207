"""
Where a read model is kept: the port. `sqlite.py` is for one process, `valkey.py` for several instances.

A cache may vanish, or lose single keys, at any moment; nothing is lost with it but time. Then there is no model, as
before the first: nothing is held, and nothing kept until one begins. Every method is atomic. One that cannot be carried
out raises `CacheDown`; who reads takes that for a miss.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gh_store.serve.model import Cursor, Model, Observation, Row


class CacheDown(Exception):
    """The cache does not answer."""


class Held(Exception):
    """
    Another issue holds the id, or the observation's issue held another id until now.

    Attributes:
        row: What is held: look up which issue holds its id, and keep that with `over` its position. If that is not the
            id of the observation, keep the observation again then.
    """

    def __init__(self, row: Row) -> None:
        super().__init__(row.seen.object_id)
        self.row = row


@dataclass(frozen=True, slots=True)
class Kept:
    """
    What became of an observation.

    Attributes:
        row: What is held now.
        changed: True if that is new: it has a position of its own.
    """

    row: Row
    changed: bool


class Cache(Protocol):
    """The read model of one store. May be shared by threads."""

    @property
    def waits(self) -> bool:
        """True if an answer may take longer than a moment: then the event loop must not wait for it."""

    def model(self) -> Model | None:
        """The state of the model; None if there is none, or a part of it was lost."""

    def begin(self, generation: str) -> Model:
        """Begin with an empty model of this generation, unless there is one already; the state of what is there."""

    def row(self, object_id: str) -> Row | None:
        """What is held of an object; deleted ones too, for as long as the model lives."""

    def row_of_issue(self, number: int) -> Row | None:
        """The row that an issue made last; None if it made none, or another issue has taken its id."""

    def rows(self, prefix: str, after: str, limit: int) -> Sequence[Row]:
        """Objects whose ids begin with `prefix` and come after `after`, by code point; no deleted ones."""

    def keep(self, generation: str, seen: Observation, now: float, *, over: int | None = None) -> Kept | None:
        """
        Keep an observation if it is not older than what is held.

        The same text as before only confirms; anything else takes the next position. None if the generation is over:
        then ask for the model anew.

        Args:
            now: By this machine's clock.
            over: The store was asked which issue holds the id, while this was the position of the row (0: no row). If
                it still is, the row gives way, whatever its order; else nothing is kept.
        Raises:
            Held: As there; only if `over` is not given.
        """

    def listed(self, generation: str, since: int, now: float) -> None:
        """All that changed up to `since` was kept: every row is confirmed."""

    def completed(self, generation: str, since: int, now: float) -> bool:
        """The same, and the model is complete. False, and nothing is noted, if the generation is over."""

    def changes(self, after: Cursor, limit: int) -> Sequence[Row] | None:
        """
        What changed after a cursor, deleted ones too, by position; None for a cursor of another generation.

        Positions may jump ahead, as at each start: so a cursor is behind whatever came after it, also if a crash took
        changes back.
        """

    def note(self, object_id: str, name: str, stamp: str, text: str) -> None:
        """Keep something else about an object, such as its history; it may be forgotten at any time."""

    def noted(self, object_id: str, name: str) -> tuple[str, str] | None:
        """Its stamp and text, or None."""

    def close(self) -> None:
        """Let go of it; harmless to repeat."""
