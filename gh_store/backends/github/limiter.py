"""How fast this process makes requests: one limiter for all threads that use one identity."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from gh_store.domain.exceptions import RateLimited

_HOUR: Final = 3600.0
_HELD: Final = 2
"""Requests in an uninterrupted stretch: a GET and a PATCH."""


@dataclass(frozen=True, slots=True)
class Limits:
    """
    What is allowed.

    Attributes:
        requests_per_hour: In any hour; 0 is no limit.
        between_writes: Seconds.
        between_requests: Seconds.
    """

    requests_per_hour: int = 0
    between_writes: float = 0.0
    between_requests: float = 0.0


@dataclass
class Ledger:
    """What one identity has asked for on a server, and when: shared by all who ask with it in this process."""

    asked: deque[float] = field(default_factory=deque)
    last_request: float = -math.inf
    last_write: float = -math.inf
    refused: tuple[float, RateLimited] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    writers: threading.Lock = field(default_factory=threading.Lock)


@dataclass
class Limiter:
    """
    Paces requests, counts those of the last hour, and remembers when the server takes requests again.

    Writes queue up behind each other, and reads pass them.

    Attributes:
        limits: What is allowed.
        clock: Seconds; must never run backwards.
        sleep: Waits so many seconds.
        ledger: What was asked for.
    """

    limits: Limits
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    ledger: Ledger = field(default_factory=Ledger)
    _thread: threading.local = field(default_factory=threading.local)

    def admit(self, *, write: bool, now: datetime) -> None:
        """
        Let a request through, after the pause that is due.

        Args:
            now: The server's time, for error messages.
        Raises:
            RateLimited: The hour's requests are used up, or the server takes none until later.
        """
        if getattr(self._thread, "held", False):
            with self.ledger.lock:
                at = self.clock()
                self._note(at, write=write)
                self.ledger.asked.append(at)
            return
        self._enter(1, write=write, now=now)

    @contextmanager
    def uninterrupted(self, now: datetime) -> Iterator[None]:
        """Let this thread's requests inside through at once: their pauses are made on entering."""
        self._enter(_HELD, write=True, now=now, count=False)
        self._thread.held = True
        try:
            yield
        finally:
            self._thread.held = False

    def refuse(self, error: RateLimited) -> None:
        """Remember that the server refuses requests for a while, so that no thread makes one in vain."""
        if error.wait is not None:
            with self.ledger.lock:
                self.ledger.refused = (self.clock() + error.wait, error)

    def _enter(self, requests: int, *, write: bool, now: datetime, count: bool = True) -> None:
        if not write:
            self._pause(self._turn(self.clock(), requests, write=False, now=now, count=count))
            return
        with self.ledger.lock:
            self._check(requests, now)
        with self.ledger.writers:  # those behind wait here: no read stands behind a turn that is not taken yet
            at = self.clock()
            due = max(at, self.ledger.last_write + self.limits.between_writes)
            self._pause(due - at)
            pause = self._turn(max(due, self.clock()), requests, write=True, now=now, count=count)
        self._pause(pause)

    def _turn(self, at: float, requests: int, *, write: bool, now: datetime, count: bool) -> float:
        """Take the next turn from a time on: the turn is taken before the pause until then, which is the answer."""
        with self.ledger.lock:
            self._check(requests, now)
            due = max(at, self.ledger.last_request + self.limits.between_requests)
            self._note(due, write=write)
            if count:
                self.ledger.asked.append(due)
        return due - at

    def _pause(self, seconds: float) -> None:
        if seconds > 0:
            self.sleep(seconds)

    def _note(self, at: float, *, write: bool) -> None:
        self.ledger.last_request = max(self.ledger.last_request, at)
        if write:
            self.ledger.last_write = max(self.ledger.last_write, at)

    def _check(self, requests: int, now: datetime) -> None:
        """Raise RateLimited if so many requests are too many. The caller has the lock."""
        ledger, at = self.ledger, self.clock()
        if ledger.refused is not None:
            until, error = ledger.refused
            if at < until:
                raise RateLimited(error.message, reset=error.reset, wait=until - at, own=error.own, hint=error.hint)
            ledger.refused = None
        while ledger.asked and ledger.asked[0] <= at - _HOUR:
            ledger.asked.popleft()
        most = self.limits.requests_per_hour
        if most and len(ledger.asked) + requests > most:
            wait = ledger.asked[max(0, len(ledger.asked) + requests - most - 1)] + _HOUR - at if ledger.asked else _HOUR
            reset = (now + timedelta(seconds=wait)).astimezone(UTC)
            raise RateLimited(
                f"This process has made {most:,} requests in an hour, which is its own limit, not GitHub's.",
                reset=reset,
                wait=wait,
                own=True,
                hint=f"Try again at {reset:%H:%M:%S} UTC, or set rate_limit.max_requests_per_hour.",
            )


_shared: dict[str, Ledger] = {}
_sharing = threading.Lock()


def shared_limiter(identity: str, limits: Limits, sleep: Callable[[float], None] = time.sleep) -> Limiter:
    """A limiter that counts together with all others that this process has for one identity on one server."""
    with _sharing:
        return Limiter(limits, sleep=sleep, ledger=_shared.setdefault(identity, Ledger()))
