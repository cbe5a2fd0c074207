"""The one retry loop: what to do when the backend does not answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from loguru import logger

from gh_store.core.exceptions import BackendUnavailable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Retry:
    """
    Attributes:
        max_attempts: Tries in all.
        backoff_factor: Seconds before the second try, and the factor of each further wait.
        cutoff: Seconds after which a write that was not answered can no longer arrive.
        sleep: Waits so many seconds.
    """

    max_attempts: int
    backoff_factor: float
    cutoff: float
    sleep: Callable[[float], None]

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
        for attempt in range(1, self.max_attempts):
            try:
                return do(attempt)
            except BackendUnavailable as error:
                if not error.transient:
                    raise
                logger.warning("{} Trying again ({} of {}).", error, attempt + 1, self.max_attempts)
                pause = self.backoff_factor**attempt
                if look_up is None or not error.outcome_unknown:
                    self.sleep(pause)
                    continue
                self.sleep(max(pause, self.cutoff))
                made = self.read(look_up)
                if made is not None:
                    return made
        return do(self.max_attempts)
