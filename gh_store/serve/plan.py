"""When to look at what changed, and when at everything. Pure: the time comes in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from gh_store.serve.model import Model
from gh_store.serve.queue import pause

Kind = Literal["changed", "complete"]

_DAY: Final = 86_400.0
_APART: Final = 60.0
"""Seconds between complete syncs that events ask for: labels come in crowds."""


@dataclass(slots=True)
class Plan:
    """
    The syncs of one store.

    Attributes:
        interval: Seconds between two looks at what changed; 0 for none but the first.
        jitter: A number from 0 to 1, another each time.
    """

    interval: float
    jitter: Callable[[], float]
    _changed: float | None = 0.0
    _complete: float | None = None
    _ended: float = 0.0
    _not_before: float = 0.0
    _failures: int = 0

    def ask(self, kind: Kind, now: float, *, patient: bool = False) -> None:
        """
        A sync is due now.

        Args:
            patient: Leave a pause after the last complete one.
        """
        if kind == "changed":
            self._changed = now
            return
        due = max(now, self._ended + _APART) if patient else now
        self._complete = min(due, self._complete) if self._complete is not None else due

    def due(self, now: float, model: Model) -> Kind | None:
        """The sync that is due."""
        if now < self._not_before:
            return None
        if not model.complete or now >= self._complete_at(model):
            return "complete"
        return "changed" if self._changed is not None and now >= self._changed else None

    def next(self, model: Model) -> float | None:
        """When the next one is due; None for never."""
        if not model.complete:
            return self._not_before
        due = [self._complete_at(model), *([self._changed] if self._changed is not None else [])]
        return max(self._not_before, min(due))

    def begin(self, kind: Kind) -> None:
        """A sync begins; what is asked for from now on is one after it."""
        self._changed = None
        if kind == "complete":
            self._complete = None

    def done(self, kind: Kind, now: float) -> None:
        """A sync has come to its end."""
        self._failures, self._not_before = 0, 0.0
        if kind == "complete":
            self._ended = now
        if self.interval and self._changed is None:
            self._changed = now + self.interval

    def failed(self, kind: Kind, now: float) -> None:
        """It came to nothing: it is due again, after a pause."""
        self._failures += 1
        self._not_before = now + pause(self._failures, self.jitter())
        self.ask(kind, now)

    def _complete_at(self, model: Model) -> float:
        daily = model.completed + _DAY
        return min(daily, self._complete) if self._complete is not None else daily
