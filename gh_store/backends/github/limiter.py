"""How fast this process makes requests: one limiter for all threads that use one identity."""

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
class Limiter:
    """
    Paces requests, counts those of the last hour, and remembers when the server takes requests again.

    Attributes:
        limits: What is allowed.
        clock: Seconds; must never run backwards.
        sleep: Waits so many seconds.
    """

    limits: Limits
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _asked: deque[float] = field(default_factory=deque)
    _next_request: float = 0.0
    _next_write: float = 0.0
    _refused: tuple[float, RateLimited] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
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
            with self._lock:
                self._count(self.clock(), write=write)
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
            with self._lock:
                self._refused = (self.clock() + error.wait, error)

    def _enter(self, requests: int, *, write: bool, now: datetime, count: bool = True) -> None:
        with self._lock:
            at = self.clock()
            self._check(at, requests, now)
            due = max(self._next_request, self._next_write if write else 0.0, at)
            # The turn is taken before the pause, so that threads queue up behind each other.
            self._next_request = due + self.limits.between_requests
            if write:
                self._next_write = due + self.limits.between_writes
            if count:
                self._asked.append(due)
        if due > at:
            self.sleep(due - at)

    def _count(self, at: float, *, write: bool) -> None:
        self._asked.append(at)
        self._next_request = max(self._next_request, at + self.limits.between_requests)
        if write:
            self._next_write = max(self._next_write, at + self.limits.between_writes)

    def _check(self, at: float, requests: int, now: datetime) -> None:
        if self._refused is not None:
            until, error = self._refused
            if at < until:
                raise RateLimited(error.message, reset=error.reset, wait=until - at, own=error.own, hint=error.hint)
            self._refused = None
        while self._asked and self._asked[0] <= at - _HOUR:
            self._asked.popleft()
        most = self.limits.requests_per_hour
        if most and len(self._asked) + requests > most:
            wait = self._asked[max(0, len(self._asked) + requests - most - 1)] + _HOUR - at if self._asked else _HOUR
            reset = (now + timedelta(seconds=wait)).astimezone(UTC)
            raise RateLimited(
                f"This process has made {most:,} requests in an hour, which is its own limit, not GitHub's.",
                reset=reset,
                wait=wait,
                own=True,
                hint=f"Try again at {reset:%H:%M:%S} UTC, or set rate_limit.max_requests_per_hour.",
            )


_shared: dict[str, Limiter] = {}
_sharing = threading.Lock()


def shared_limiter(identity: str, limits: Limits) -> Limiter:
    """The limiter that this process has for one identity on one server; the limits given last apply."""
    with _sharing:
        limiter = _shared.setdefault(identity, Limiter(limits))
        limiter.limits = limits
        return limiter
