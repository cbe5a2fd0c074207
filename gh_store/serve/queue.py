"""Which issues wait to be looked at: coalesced, bounded, tried again. Pure: the time comes in."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final

from gh_store.serve.model import Observation

LONGEST_PAUSE: Final = 60.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Want:
    """
    What must be seen when an issue is read.

    Attributes:
        comment_id: This comment; 0 for none.
        updated_at: What the issue's `updated_at` must have reached: seconds since the epoch; 0 if that is not known.
        gone: True if the issue must not be there any more.
        ours: True if its labels, or nobody, say that it is of an object.
        told: What a payload said of it by itself.
        read: True if a payload did not say all.
    """

    comment_id: int = 0
    updated_at: int = 0
    gone: bool = False
    ours: bool = True
    told: Observation | None = None
    read: bool = True

    def __or__(self, other: "Want") -> "Want":
        told = [each.told for each in (self, other) if each.told is not None]
        return Want(
            comment_id=max(self.comment_id, other.comment_id),
            updated_at=max(self.updated_at, other.updated_at),
            gone=self.gone or other.gone,
            ours=self.ours or other.ours,
            told=max(told, key=lambda each: each.order, default=None),
            read=self.read or other.read,
        )


@dataclass(slots=True)
class _Entry:
    want: Want
    since: float
    due: float
    turn: int


@dataclass(slots=True)
class Queue:
    """
    Issues, each once.

    Attributes:
        delay: Seconds from the first hint until an issue is due; later hints do not prolong it.
        at_once: How many may be under way.
        most: How many may wait; None for no limit.
        patient: True if a hint does not shorten the pause after a failure.
        jitter: A number from 0 to 1, another each time.
    """

    delay: float
    at_once: int
    most: int | None
    jitter: Callable[[], float]
    patient: bool = False
    _waiting: dict[int, _Entry] = field(default_factory=dict)
    _running: dict[int, _Entry] = field(default_factory=dict)
    _order: list[tuple[float, int, int]] = field(default_factory=list)
    _failures: dict[int, int] = field(default_factory=dict)
    _turns: "count[int]" = field(default_factory=count)

    def __len__(self) -> int:
        """How many wait, or are under way."""
        return len(self._waiting.keys() | self._running.keys())

    def hint(self, number: int, want: Want, now: float, *, delay: float | None = None) -> bool:
        """
        Something may have happened to an issue. False, and nothing waits any more, if too many do: look at everything.

        Args:
            delay: Another one than usual.
        """
        due = now + (self.delay if delay is None else delay)
        waiting = self._waiting.get(number)
        if waiting is not None:
            waiting.want |= want
            if due < waiting.due and not (self.patient and number in self._failures):
                self._put(number, replace(waiting, due=due))
            return True
        if self.most is not None and len(self._waiting) >= self.most:
            self._waiting.clear()
            self._order.clear()
            self._failures.clear()
            return False
        self._put(number, _Entry(want, want.updated_at or now, due, 0))
        return True

    def take(self, now: float) -> tuple[int, Want, int] | None:
        """The next issue that is due, what is wanted, and how often that failed; it is under way from now on."""
        while len(self._running) < self.at_once and (number := self._first(now)) is not None:
            entry = self._running[number] = self._waiting.pop(number)
            return number, entry.want, self._failures.get(number, 0)
        return None

    def done(self, number: int) -> None:
        """An issue that was under way was looked at."""
        self._running.pop(number, None)
        self._failures.pop(number, None)

    def again(self, number: int, now: float) -> None:
        """It failed: it waits again, longer each time."""
        entry = self._running.pop(number, None)
        if entry is None:
            return
        failures = self._failures[number] = self._failures.get(number, 0) + 1
        due = now + pause(failures, self.jitter())
        followed = self._waiting.get(number)
        if followed is not None and not self.patient:
            due = min(due, followed.due)
        want = entry.want | followed.want if followed is not None else entry.want
        self._put(number, _Entry(want, entry.since, due, 0))

    def drop(self, number: int) -> None:
        """There is nothing to do for an issue that waits."""
        self._waiting.pop(number, None)
        if number not in self._running:
            self._failures.pop(number, None)

    @property
    def next(self) -> float | None:
        """When the next issue is due; None if nothing can be taken before something ends."""
        if len(self._running) >= self.at_once:
            return None
        due = [entry.due for number, entry in self._waiting.items() if number not in self._running]
        return min(due, default=None)

    @property
    def since(self) -> float | None:
        """When the first of those changed that wait, or are under way; None if there are none."""
        entries = (*self._waiting.values(), *self._running.values())
        return min((entry.since for entry in entries), default=None)

    def _put(self, number: int, entry: _Entry) -> None:
        entry.turn = next(self._turns)
        self._waiting[number] = entry
        heapq.heappush(self._order, (entry.due, entry.turn, number))

    def _first(self, now: float) -> int | None:
        """The first that is due, and not under way."""
        held = []
        found = None
        while self._order and self._order[0][0] <= now and found is None:
            due, turn, number = heapq.heappop(self._order)
            waiting = self._waiting.get(number)
            if waiting is None or waiting.turn != turn:
                continue  # it was put anew, or dropped
            if number in self._running:
                held.append((due, turn, number))
            else:
                found = number
        for each in held:
            heapq.heappush(self._order, each)
        return found


def pause(failures: int, jitter: float) -> float:
    """Seconds to wait after so many failures: doubled each time, up to LONGEST_PAUSE, of which a half is by chance."""
    return min(2.0 ** min(failures - 1, 10), LONGEST_PAUSE) * (1 + jitter) / 2
