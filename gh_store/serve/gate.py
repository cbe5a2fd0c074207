"""Whether GitHub may be asked. Pure: the time comes in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from gh_store.domain.exceptions import AccessError, BackendUnavailable, GitHubStoreError, RateLimited
from gh_store.serve.queue import pause

CLOSING: Final = (AccessError, BackendUnavailable, RateLimited)
"""Errors after which other requests would fail as well."""


@dataclass(slots=True)
class Gate:
    """
    After an error of GitHub nothing is asked until a limit ends, or for a growing pause; then one job goes first.

    Attributes:
        jitter: A number from 0 to 1, another each time.
        error: Why it is closed, or None.
        until: Until when nothing is asked at all: seconds since the epoch, by this machine's clock.
    """

    jitter: Callable[[], float]
    error: GitHubStoreError | None = None
    until: float = 0.0
    _failures: int = 0
    _closed: float = 0.0

    @property
    def is_open(self) -> bool:
        return self.error is None

    def is_shut(self, now: float) -> bool:
        """True if nothing may be asked, not even by the one job that goes first."""
        return self.error is not None and now < self.until

    def close(self, error: GitHubStoreError, begun: float, now: float) -> None:
        """A job failed that had begun at a time. What had begun before the last failure makes the pause no longer."""
        limit = error.wait if isinstance(error, RateLimited) else None
        if self.error is None or begun >= self._closed:
            self._failures += 1
            self._closed = now
            self.until = max(self.until, now + pause(self._failures, self.jitter()))
            self.error = error
        if limit is not None:
            self.until, self.error = max(self.until, now + limit), error

    def open(self, begun: float) -> None:
        """A job succeeded that had begun at a time. If that was before the last failure, it proves nothing."""
        if self.error is not None and begun >= self.until:
            self.error, self._failures, self.until = None, 0, 0.0

    def refusal(self, now: float) -> GitHubStoreError:
        """The error for who wants to ask now."""
        wait = max(0.0, self.until - now)
        match self.error:
            case RateLimited() as error:
                return RateLimited(error.message, reset=error.reset, wait=wait, own=error.own, hint=error.hint)
            case AccessError() as error:
                return type(error)(error.message, hint=error.hint)
            case error:
                message = error.message if error is not None else "GitHub is asked by somebody else first."
                return BackendUnavailable(message, outcome_unknown=False, hint="Try again in a moment.")

    def told(self) -> dict[str, str | None]:
        """What the status says of it."""
        match self.error:
            case None:
                state = "ok"
            case RateLimited():
                state = "rate-limited"
            case AccessError():
                state = "refused"
            case _:
                state = "unavailable"
        until = datetime.fromtimestamp(int(self.until), UTC).isoformat() if self.error is not None else None
        return {"state": state, "until": until, "message": self.error.message if self.error is not None else None}
