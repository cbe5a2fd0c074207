"""Requests to the REST API of one repository: paced, conditional, and followed where it was renamed."""

import hashlib
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlencode, urlsplit, urlunsplit

from requests.utils import parse_header_links

from gh_store.backends.github.cache import Cache, Known
from gh_store.backends.github.decode import UNREADABLE, to_user, whole
from gh_store.backends.github.errors import Answer, one_line, rate_limited, refusal
from gh_store.backends.github.exchange import Exchange, understood, without
from gh_store.backends.github.limiter import Limiter
from gh_store.backends.github.tokens import Fixed, TokenSource
from gh_store.backends.github.transport import Reply
from gh_store.domain.exceptions import (
    AuthMissing,
    BackendUnavailable,
    GitHubStoreError,
    ObjectNotFound,
    RepoNotFoundOrUnauthorized,
)
from gh_store.logger import logger

Verb = Literal["GET", "POST", "PATCH", "DELETE"]

_MOVED: Final = (301, 302, 307, 308)
_HOPS: Final = 5


@dataclass(frozen=True, slots=True)
class Connection:
    """
    Where requests go, and how.

    Attributes:
        base_url: The address of the REST API.
        token: A token, or where to get one; None to read what is public. Never shown.
        timeout: Seconds to wait for an answer.
        ca_bundle: A file of certificates to trust instead of the usual ones.
        cache: The folder of `http.cache`.
    """

    base_url: str
    token: str | TokenSource | None = None
    timeout: float = 15.0
    ca_bundle: str | None = None
    cache: Path | None = None

    def __repr__(self) -> str:
        return f"Connection({self.base_url!r}, token={'set' if self.token else None})"

    @property
    def identity(self) -> str:
        """A name for the server and for whose token it is, which reveals neither."""
        source = self.source
        return hashlib.sha256(f"{self.base_url}\n{source and source.identity}".encode()).hexdigest()

    @property
    def source(self) -> TokenSource | None:
        """Where the token of a request comes from."""
        return Fixed(self.token) if isinstance(self.token, str) else self.token


def site_of(api: str) -> str:
    """The address of the site that belongs to a REST API."""
    address = urlsplit(api)
    host = address.netloc.removeprefix("api.") if not address.path.strip("/") else address.netloc
    return urlunsplit((address.scheme, host, address.path.removesuffix("/api/v3").rstrip("/"), "", ""))


class Client:
    """
    One repository over HTTP: requests are paced, refusals become errors, and a renamed repository is followed.

    Attributes:
        repository: `owner/name`, as it was named.
        owner: The login of its current owner.
    """

    def __init__(self, repository: str, connection: Connection, limiter: Limiter) -> None:
        self.repository = repository
        self.owner = repository.partition("/")[0]
        self.connection = connection
        self._limiter = limiter
        self._cache = Cache(connection.identity, connection.cache)
        self._exchange = Exchange(connection.base_url, connection.timeout, connection.ca_bundle)
        self._tokens = connection.source
        self._token: str | None = None
        self._root = f"/repos/{repository}"
        self._host = self._exchange.host
        self._seen: tuple[datetime, float] | None = None
        self._answered = False

    def close(self) -> None:
        """Close all connections; harmless to repeat."""
        self._exchange.close()

    @property
    def now(self) -> datetime | None:
        """The server's clock: its last answer, and the seconds since then. None before the first."""
        if self._seen is None:
            return None
        date, at = self._seen
        return (date + timedelta(seconds=self._limiter.clock() - at)).replace(microsecond=0)

    def uninterrupted(self) -> AbstractContextManager[None]:
        """See the port."""
        return self._limiter.uninterrupted(self.now or datetime.now(UTC))

    def get(
        self,
        path: str,
        what: str,
        *,
        query: dict[str, str] | None = None,
        remember: bool = False,
        absolute: bool = False,
        missing: bool = False,
    ) -> Answer:
        """
        Read.

        Args:
            path: Relative to the repository.
            what: What is asked for, in words.
            remember: Keep the answer, and ask next time whether it has changed.
            absolute: The path is relative to the server's address.
            missing: Return a 404 instead of raising an error.
        Raises:
            RateLimited, AuthMissing, AuthInvalid, InsufficientScope, RepoNotFoundOrUnauthorized,
            ObjectNotFound, BackendUnavailable: See errors.py.
        """
        if query:
            path = f"{path}?{urlencode(query)}"
        answer = self._ask("GET", path, what, absolute=absolute, remember=remember)
        return self._understood("GET", answer, path, what, missing=missing, absolute=absolute)

    def send(self, verb: Verb, path: str, what: str, body: object = None, *, accepts: tuple[int, ...] = ()) -> Answer:
        """
        Write.

        Args:
            accepts: Statuses to return instead of raising an error.
        Raises:
            AuthMissing: There is no token; nothing was sent. Otherwise as `get`.
        """
        self.require_token(what)
        answer = self._ask(verb, path, what, body=body)
        if answer.status in accepts:
            return answer
        return self._understood(verb, answer, path, what)

    def require_token(self, what: str) -> None:
        """Raise AuthMissing if there is no token to do `what` with."""
        if self.connection.token is None:
            raise AuthMissing(f"A token is needed to {what}.")

    def next_page(self, answer: Answer) -> str | None:
        """
        The path (relative to the server's address) of the page after an answer, if there is one.

        Raises:
            BackendUnavailable: The link to it is broken. What it leads to must not pass for nothing.
        """
        for link in parse_header_links(answer.headers.get("link", "")):
            if link.get("rel") == "next":
                return self._exchange.path_of(link["url"])
        return None

    # --- inside -----------------------------------------------------------------------------------

    def _understood(
        self, verb: Verb, answer: Answer, path: str, what: str, *, missing: bool = False, absolute: bool = False
    ) -> Answer:
        if 200 <= answer.status < 300:
            self._answered = self._answered or not absolute
            return answer
        if answer.status != 404:
            raise self._refusal(answer, what)
        if not absolute:
            self._must_be_there()
        if missing:
            return answer
        if verb == "GET":
            raise ObjectNotFound(f"There is nothing at {path} of {self.repository}.")
        raise self._refusal(Answer(403, answer.headers, answer.data), what)  # GitHub hides what a token may not write

    def _refusal(self, answer: Answer, what: str) -> GitHubStoreError:
        return refusal(answer, what, self.repository, has_token=self.connection.token is not None)

    def _must_be_there(self) -> None:
        """Raise RepoNotFoundOrUnauthorized if a 404 is about the whole repository."""
        if not self._answered and self._ask("GET", "", "see it").status == 404:
            known = "this token may not see it" if self.connection.token else "a token is needed to see it"
            raise RepoNotFoundOrUnauthorized(f"There is no repository {self.repository}, or {known}.")
        self._answered = True

    def _ask(
        self,
        verb: Verb,
        path: str,
        what: str,
        *,
        body: object = None,
        absolute: bool = False,
        remember: bool = False,
    ) -> Answer:
        """One request, to where the repository is now."""
        for _ in range(2):
            answer = self._request(verb, path if absolute else self._root + path, what, body, remember=remember)
            if answer.status not in _MOVED:
                return answer
            self._follow(path)
        raise BackendUnavailable(f"{self.repository} was moved twice during one request.", transient=False)

    def _follow(self, path: str) -> None:
        """Find out where the repository is now, or that only the issue was moved."""
        at = self._root
        for _ in range(_HOPS):
            answer = self._request("GET", at, "see where it is")
            if answer.status not in _MOVED:
                break
            at = self._exchange.path_of(answer.headers.get("location", ""), same_host=True)
        else:
            raise BackendUnavailable(f"{self._host} redirects in a circle.", transient=False)
        try:
            root, name = f"/repositories/{whole(answer.data['id'])}", str(answer.data["full_name"])
            owner = to_user(answer.data["owner"])
        except UNREADABLE:
            owner = None
        if answer.status != 200 or owner is None:
            raise RepoNotFoundOrUnauthorized(
                f"{self.repository} was moved to where this token may not see it.", hint="Use its new name."
            )
        if root == self._root or name.lower() == self.repository.lower():
            raise ObjectNotFound(
                f"{path.strip('/').partition('?')[0]} of {self.repository} was moved to another repository.",
                hint="Move it back, or create the object again.",
            )
        logger.warning("{} is now called {}; use the new name.", self.repository, self.hidden(one_line(name)))
        self._root, self.owner = root, owner.login

    def _request(self, verb: Verb, path: str, what: str, body: object = None, *, remember: bool = False) -> Answer:
        known = self._cache.get(path) if remember else None
        self._limiter.admit(write=verb != "GET", now=self.now or datetime.now(UTC))
        reply, token = self._sent(verb, path, what, body, known.etag if known is not None else None)
        if reply.status == 304 and known is not None:
            answer = understood(reply, token, text=known.text)
        else:
            answer = understood(reply, token)
            if remember and answer.status == 200 and answer.headers.get("etag", "\n").isprintable():
                self._cache.put(path, Known(answer.headers["etag"], reply.text))
        if answer.date is not None:
            self._seen = (answer.date, self._limiter.clock())
        limited = rate_limited(answer)
        if limited is not None:
            self._limiter.refuse(limited)
            raise limited
        if 200 <= answer.status < 300 and answer.data is None and (reply.text or reply.status == 304):
            raise BackendUnavailable(f"The answer of {self._host} is not valid JSON; a proxy may have sent it.")
        return answer

    def _sent(self, verb: Verb, path: str, what: str, body: object, etag: str | None) -> tuple[Reply, str | None]:
        """What the server sent, and the token that it was asked with: a new one, if it refused what was good so far."""
        while True:
            token = self._token = self._tokens.current() if self._tokens is not None else None
            reply = self._exchange.ask(verb, path, what, token, body=body, etag=etag)
            if reply.status != 401 or token is None or self._tokens is None or not self._tokens.refused(token):
                return reply, token

    def hidden(self, text: str) -> str:
        """A text of the server without the token, which it may have sent back."""
        return without(self._token, text)
