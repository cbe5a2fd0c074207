"""What requests cost: so many an hour, for each token, and for each installation of an App, whatever its token is."""

from collections.abc import Callable, Mapping
from typing import Final

from gh_store.devserver.api import Limit
from gh_store.devserver.apps import Apps

HOURLY: Final = 5000
"""Requests per hour and token."""

HOURLY_WITHOUT: Final = 60
"""Requests per hour of those who have no token."""


class Costs:
    """
    The requests of this hour. The clock tells seconds since the epoch.

    Attributes:
        used: The hour of the last request of each, and how many there were in it.
    """

    def __init__(self, apps: Callable[[], Apps], clock: Callable[[], float]) -> None:
        self._apps = apps
        self._clock = clock
        self.used: dict[str | int | None, tuple[int, int]] = {}

    def limit(self, token: str | None) -> Limit:
        """The rate limit of a token."""
        hour = int(self._clock()) // 3600
        at, used = self.used.get(self._payer(token), (hour, 0))
        return Limit(HOURLY if token is not None else HOURLY_WITHOUT, used if at == hour else 0, (hour + 1) * 3600)

    def charge(self, token: str | None) -> None:
        """Count a request."""
        limit = self.limit(token)
        self.used[self._payer(token)] = (limit.reset // 3600 - 1, limit.used + 1)

    def headers(self, token: str | None) -> Mapping[str, str]:
        """What an answer says of it."""
        limit = self.limit(token)
        return {
            "x-ratelimit-limit": str(limit.limit),
            "x-ratelimit-used": str(limit.used),
            "x-ratelimit-remaining": str(limit.limit - limit.used),
            "x-ratelimit-reset": str(limit.reset),
            "x-ratelimit-resource": "core",
        }

    def _payer(self, token: str | None) -> str | int | None:
        app = self._apps().of_token(token) if token is not None else None
        return app.installation if app is not None else token
