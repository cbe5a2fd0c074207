"""The end of a server: whatever sleeps in one of its threads wakes up."""

import threading
from typing import Final

from gh_store.domain.exceptions import BackendUnavailable

_LONGEST: Final = threading.TIMEOUT_MAX


class Stop:
    """
    Sleeps that last until a server is stopped, at most.

    Hand `sleep` to the stores that the server opens: then it ends the pauses of their limiter, of their repetitions,
    and of their processing.
    """

    def __init__(self) -> None:
        self._stopped = threading.Event()

    @property
    def stopped(self) -> bool:
        return self._stopped.is_set()

    def stop(self) -> None:
        """End all sleeps, and those that begin later; harmless to repeat."""
        self._stopped.set()

    def sleep(self, seconds: float) -> None:
        """
        Wait so many seconds.

        Raises:
            BackendUnavailable: The server is stopped, or was.
        """
        if self._stopped.wait(min(seconds, _LONGEST)):
            raise BackendUnavailable(
                "The server is being stopped.", transient=False, hint="Try again when it runs; nothing is lost."
            )
