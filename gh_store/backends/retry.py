"""The one retry loop: what to do when the backend does not answer, or refuses for a while."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final, TypeVar

from gh_store.domain.exceptions import BackendUnavailable, GitHubStoreError, RateLimited
from gh_store.domain.limits import OnLimit
from gh_store.logger import logger

T = TypeVar("T")

_MOST_WAITS: Final = 10
_SHORTEST_WAIT: Final = 60.0  # what GitHub asks for where it names no time, doubled each time
_LONGEST_WAIT: Final = 3600.0
_LONGEST_PAUSE: Final = 60.0
_STEEPEST: Final = 10  # then every pause is the longest, or the factor is 1 or less

_long_work: ContextVar[bool] = ContextVar("gh_store_long_work", default=False)


@contextmanager
def long_work() -> Iterator[None]:
    """Inside, `on_limit: auto` means to wait."""
    token = _long_work.set(True)
    try:
        yield
    finally:
        _long_work.reset(token)


def as_long_work(items: Iterator[T]) -> Iterator[T]:
    """The same items, each of them got by long work."""
    while True:
        with long_work():
            try:
                item = next(items)
            except StopIteration:
                return
        yield item


@dataclass(frozen=True, slots=True)
class Retry:
    """
    Attributes:
        max_attempts: Tries in all.
        backoff_factor: Seconds before the second try, and the factor of each further wait.
        cutoff: Seconds after which a write that was not answered can no longer arrive.
        on_limit: Whether to wait where a rate limit refuses a request.
        sleep: Waits so many seconds.
        clock: Seconds; must never run backwards.
        jitter: A number from 0 to 1, another each time: waits are up to a quarter longer, so that many programs which
            were refused at once do not come back at once.
    """

    max_attempts: int
    backoff_factor: float
    cutoff: float
    on_limit: OnLimit
    sleep: Callable[[float], None]
    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = lambda: 0.0

    def read(self, ask: Callable[[], T]) -> T:
        """Ask, and ask again: also for a write that may safely happen twice."""
        return self.write(lambda _: ask(), None)

    def write(self, do: Callable[[int], T], look_up: Callable[[], T | None] | None) -> T:
        """
        Write once.

        Args:
            do: The write; it is told which try this is, from 1.
            look_up: What the write made, or None if it did not happen. Asked before any repetition
                of a write that may have happened, when that can no longer arrive.
        """
        attempt, waits = 1, 0
        while True:
            try:
                return do(attempt)
            except RateLimited as error:  # it was not carried out, so this was no attempt
                self.wait_out(error, waits)
                waits += 1
            except BackendUnavailable as error:
                if not error.transient or attempt >= self.max_attempts:
                    error.in_doubt = look_up is not None and error.outcome_unknown
                    raise
                pause = self._jittered(min(self.backoff_factor ** min(attempt, _STEEPEST), _LONGEST_PAUSE))
                attempt += 1
                logger.warning("{} Trying again ({} of {}).", error, attempt, self.max_attempts)
                if look_up is None or not error.outcome_unknown:
                    self.sleep(pause)
                    continue
                self.sleep(max(pause, self.cutoff))
                made = self._looked_up(look_up)
                if made is not None:
                    return made

    def _looked_up(self, look_up: Callable[[], T | None]) -> T | None:
        try:
            return self.read(look_up)
        except GitHubStoreError as error:  # a limit of reads, say, is no word about the write
            error.in_doubt = True
            raise

    def wait_out(self, error: RateLimited, waits: int) -> None:
        """
        Wait until the limit is lifted, or raise the error: `on_limit` decides.

        Args:
            waits: How often this was waited for already.
        """
        patient = self.on_limit == "wait" or (self.on_limit == "auto" and _long_work.get())
        if not patient or waits >= _MOST_WAITS:
            raise error
        seconds = self._jittered(error.wait if error.wait is not None else _SHORTEST_WAIT * 2**waits)
        until = f"until {error.reset:%H:%M:%S} UTC " if error.reset is not None else ""
        logger.warning("{} Waiting {}({:.0f} s).", error, until, seconds)
        self.sleep(seconds)

    def _jittered(self, seconds: float) -> float:
        return min(seconds, _LONGEST_WAIT) * (1 + self.jitter() / 4)
