"""The token of a GitHub App where it is installed, which is renewed before it ends."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from gh_store.backends.github.decode import UNREADABLE, text, to_time, whole
from gh_store.backends.github.errors import Answer, not_github, rate_limited, refusal
from gh_store.backends.github.exchange import Exchange, signer, understood
from gh_store.credentials import App
from gh_store.domain.exceptions import (
    AuthInvalid,
    BackendUnavailable,
    GitHubStoreError,
    RepoNotFoundOrUnauthorized,
)
from gh_store.logger import logger

_EARLY: Final = 300.0
"""Seconds before the end of a token in which it is renewed."""

_AGAIN: Final = 30.0
"""Seconds after a renewal that failed, while the token is still good."""

_YOUNG: Final = 5.0
"""Seconds in which a new token may not be known to all of the server's machines."""

_SKEW: Final = timedelta(seconds=5)
_BACKDATED: Final = 60
_LIFE: Final = 540  # of what the App signs; ten minutes are the most, by the server's clock
_HOPS: Final = 5
_MOVED: Final = (301, 302, 307, 308)
_HINT: Final = "Check GH_STORE_APP_ID and GH_STORE_APP_PRIVATE_KEY; `gh-store doctor` tells more."


@dataclass(frozen=True, slots=True)
class _Kept:
    """A token, when it was made, is to be renewed and ends: seconds by the clock of the installation."""

    value: str = field(repr=False)
    made: float
    renewed: float
    ends: float


class Installation:
    """
    The tokens of a GitHub App where it is installed: one for all threads, renewed before it ends.

    A renewal that fails keeps the old token until its end. Makes no request before the first token is asked for.

    Args:
        app: The App.
        repository: `owner/name`, by which the installation is looked up if the App does not name one.
        exchange: How the server is asked.
        clock: Seconds; must never run backwards.
        now: The clock of this machine. Where it differs from the server's, that one counts.
    """

    def __init__(
        self,
        app: App,
        repository: str,
        exchange: Exchange,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.app = app
        self._repository = repository
        self._exchange = exchange
        self._clock = clock
        self._now = now
        self._ahead = timedelta()
        self._number = app.installation
        self._kept: _Kept | None = None
        self._renewing = threading.Lock()
        self._sign = signer(app.private_key)  # a key that is none is found before any work begins

    def __repr__(self) -> str:
        return f"Installation({self.app.app_id!r}, {self._repository!r})"

    @property
    def identity(self) -> str:
        return identity_of(self.app, self._repository)

    def current(self) -> str:
        kept = self._kept
        if kept is not None and self._clock() < kept.renewed:
            return kept.value
        usable = kept is not None and self._clock() < kept.ends
        if not self._renewing.acquire(blocking=not usable):  # somebody is about it, and the old one is still good
            assert kept is not None
            return kept.value
        try:
            if self._kept is kept:
                self._renew(kept)
            assert self._kept is not None
            return self._kept.value
        finally:
            self._renewing.release()

    def refused(self, token: str) -> bool:
        with self._renewing:
            kept = self._kept
            if kept is None or kept.value != token:  # another thread has met it before
                return True
            if self._clock() < kept.made + _YOUNG:
                raise BackendUnavailable("GitHub does not know the App's new token yet.", outcome_unknown=False)
            self._kept = None  # the App was suspended or its installation changed: ask what is so now
            return True

    def slug(self) -> str:
        """The name of the App in addresses; its bot is called `<slug>[bot]`. Asks the server."""
        return self._read(self._asked("GET", "/app", "see the GitHub App"), "slug")

    def permissions(self) -> dict[str, str]:
        """What the installation may do, as GitHub names it. Asks the server."""
        data = self._asked("GET", f"/app/installations/{self._found()}", "see the installation").data
        told = data.get("permissions") if isinstance(data, dict) else None
        return {str(name): str(level) for name, level in told.items()} if isinstance(told, dict) else {}

    # --- inside -----------------------------------------------------------------------------------

    def _renew(self, kept: _Kept | None) -> None:
        try:
            self._kept = self._made()
        except GitHubStoreError as error:
            if isinstance(error, BackendUnavailable):
                error.outcome_unknown = False  # of what this token is for, nothing was sent
            at = self._clock()
            if kept is None or at >= kept.ends:
                raise
            logger.warning(
                "The token of the GitHub App was not renewed: {} It is good for {:.0f} s.", error, kept.ends - at
            )
            self._kept = _Kept(kept.value, kept.made, min(at + _AGAIN, kept.ends), kept.ends)

    def _made(self) -> _Kept:
        what = "make a token of the GitHub App"
        at = self._clock()
        try:
            answer = self._asked("POST", f"/app/installations/{self._found()}/access_tokens", what)
        except RepoNotFoundOrUnauthorized:
            if self.app.installation is not None:
                raise
            self._number = None  # it was installed anew, perhaps
            answer = self._asked("POST", f"/app/installations/{self._found()}/access_tokens", what)
        try:
            value, ends = text(answer.data["token"]), to_time(answer.data["expires_at"])
            if not value.isascii() or not value.isprintable() or " " in value or not value:
                raise ValueError
        except UNREADABLE:
            raise not_github() from None
        life = (ends - (answer.date or self._now() + self._ahead)).total_seconds()
        return _Kept(value, at, at + max(life - _EARLY, life / 2), at + life)

    def _found(self) -> int:
        """The number of the installation."""
        if self._number is None:
            answer = self._asked("GET", f"/repos/{self._repository}/installation", "find the App's installation")
            try:
                number = self._number = whole(answer.data["id"])
            except UNREADABLE:
                raise not_github() from None
            return number
        return self._number

    def _asked(self, verb: str, path: str, what: str) -> Answer:
        """The answer to the App itself. Where the clocks differ, it asks again by the server's."""
        for _ in range(_HOPS):
            answer = self._signed(verb, path, what)
            if answer.status == 401 and answer.date is not None:
                ahead = answer.date - self._now()
                if abs(ahead - self._ahead) > _SKEW:
                    self._ahead = ahead
                    continue
            if answer.status not in _MOVED:
                break
            path = self._exchange.path_of(answer.headers.get("location", ""), same_host=True)
        if 200 <= answer.status < 300:
            return answer
        raise self._refusal(answer, what)

    def _signed(self, verb: str, path: str, what: str) -> Answer:
        at = int((self._now() + self._ahead).timestamp())
        claims = {"iat": at - _BACKDATED, "exp": at + _LIFE, "iss": self.app.app_id}
        signed = self._sign(claims)
        token = signed if isinstance(signed, str) else signed.decode()
        return understood(self._exchange.ask(verb, path, what, token, app=True), token)

    def _refusal(self, answer: Answer, what: str) -> GitHubStoreError:
        if answer.status == 401:
            return AuthInvalid(f"GitHub does not accept the key of the GitHub App {self.app.app_id}.", hint=_HINT)
        if answer.status == 404:
            known = self.app.installation
            where = f"on {self._repository}" if known is None else f"as installation {known}"
            return RepoNotFoundOrUnauthorized(
                f"The GitHub App {self.app.app_id} is not installed {where}.",
                hint="Install it for the repository: on the App's page, Install App.",
            )
        return rate_limited(answer) or refusal(answer, what, self._repository, has_token=True)

    @staticmethod
    def _read(answer: Answer, name: str) -> str:
        try:
            return text(answer.data[name])
        except UNREADABLE:
            raise not_github() from None


def identity_of(app: App, repository: str) -> str:
    """
    A name for an installation, known before the first request.

    An App is installed once for an owner, so repositories of one owner have one installation.
    """
    owner = repository.partition("/")[0].lower()
    return f"app {app.app_id} {owner if app.installation is None else app.installation}"


_shared: dict[tuple[str, str, str], Installation] = {}
_sharing = threading.Lock()


def shared_installation(
    app: App, repository: str, base_url: str, *, timeout: float, ca_bundle: str | None
) -> Installation:
    """The one that this process has: all stores of an owner, and all their threads, use one token."""
    key = base_url, identity_of(app, repository), app.private_key
    with _sharing:
        if key not in _shared:
            _shared[key] = Installation(app, repository, Exchange(base_url, timeout, ca_bundle))
        return _shared[key]
