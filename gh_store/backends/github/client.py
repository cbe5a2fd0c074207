"""Requests to GitHub's REST API through PyGithub, which nothing else imports."""

import hashlib
import threading
import weakref
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlencode, urlsplit, urlunsplit

import requests
import urllib3
from github.Auth import Token
from github.Requester import Requester
from requests.utils import parse_header_links

from gh_store.backends.base import PAGE
from gh_store.backends.github.cache import Cache, Known
from gh_store.backends.github.decode import UNREADABLE, parse, to_user, whole
from gh_store.backends.github.errors import ADDRESS, Answer, one_line, rate_limited, refusal, unanswered
from gh_store.backends.github.limiter import Limiter
from gh_store.backends.github.transport import Line
from gh_store.domain.exceptions import (
    AuthMissing,
    BackendUnavailable,
    GitHubStoreError,
    ObjectNotFound,
    RepoNotFoundOrUnauthorized,
)
from gh_store.logger import logger

Verb = Literal["GET", "POST", "PATCH", "DELETE"]

_API_VERSION: Final = "2022-11-28"
_MOVED: Final = (301, 302, 307, 308)
_HOPS: Final = 5
_SECRET: Final = 8


def _user_agent() -> str:
    try:
        return f"gh-object-store/{version('gh-object-store')}"
    except PackageNotFoundError:  # run from a bare checkout
        return "gh-object-store"


@dataclass(frozen=True, slots=True)
class Connection:
    """
    Where requests go, and how.

    Attributes:
        base_url: The address of the REST API.
        token: None to read what is public. Never shown.
        timeout: Seconds to wait for an answer.
        ca_bundle: A file of certificates to trust instead of the usual ones.
        cache: The folder of `http.cache`.
    """

    base_url: str
    token: str | None = None
    timeout: float = 15.0
    ca_bundle: str | None = None
    cache: Path | None = None

    def __repr__(self) -> str:
        return f"Connection({self.base_url!r}, token={'set' if self.token else None})"

    @property
    def identity(self) -> str:
        """A name for server and token that reveals neither."""
        return hashlib.sha256(f"{self.base_url}\n{self.token}".encode()).hexdigest()


def site_of(api: str) -> str:
    """The address of the site that belongs to a REST API."""
    address = urlsplit(api)
    host = address.netloc.removeprefix("api.") if not address.path.strip("/") else address.netloc
    return urlunsplit((address.scheme, host, address.path.removesuffix("/api/v3").rstrip("/"), "", ""))


class Client:
    """
    One repository over HTTP: requests are paced, refusals become errors, and a renamed repository is followed.

    PyGithub's own retries, pauses and redirects are off (see Line): it would replay a POST blindly.

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
        self._root = f"/repos/{repository}"
        self._base = urlsplit(connection.base_url)
        self._host = self._base.netloc
        self._seen: tuple[datetime, float] | None = None
        self._answered = False
        self._local = threading.local()
        self._open = weakref.WeakSet[Line]()  # a thread's own end with it
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close all connections; harmless to repeat."""
        with self._lock:
            for line in list(self._open):
                line.close()
            self._local = threading.local()

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
                return self._path(link["url"])
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
            at = self._path(answer.headers.get("location", ""), same_host=True)
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

    def _path(self, url: str, *, same_host: bool = False) -> str:
        """The path and query of an address that the server has sent, relative to the server's address."""
        try:
            split = urlsplit(url)
            elsewhere = split.netloc and (split.scheme, split.hostname) != (self._base.scheme, self._base.hostname)
        except ValueError:
            split, elsewhere = urlsplit(""), False
        if same_host and elsewhere:
            raise BackendUnavailable(f"{self._host} redirects to another server.", transient=False, hint=ADDRESS)
        if not split.path.startswith("/"):
            raise BackendUnavailable(f"{self._host} sent a broken link.", transient=False, hint=ADDRESS)
        path = split.path.removeprefix(self._base.path.rstrip("/"))
        return f"{path}?{split.query}" if split.query else path

    def _request(self, verb: Verb, path: str, what: str, body: object = None, *, remember: bool = False) -> Answer:
        known = self._cache.get(path) if remember else None
        headers = {"If-None-Match": known.etag} if known is not None else {}
        self._limiter.admit(write=verb != "GET", now=self.now or datetime.now(UTC))
        requester, line = self._line()
        try:
            requester.requestJson(verb, path, headers=headers, input=body, cnx=line)  # type: ignore[arg-type]  # all that it uses of a connection
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise unanswered(  # it shows the token
                error, what, self._host, self.connection.timeout, sent=not line.connecting, proxied=line.proxied
            ) from None
        status, text = line.reply.status, line.reply.text
        told = {name: self.hidden(value) for name, value in line.reply.headers.items()}
        if status == 304 and known is not None:
            status, text = 200, known.text
        elif remember and status == 200 and told.get("etag", "\n").isprintable():
            self._cache.put(path, Known(told["etag"], text))
        answer = Answer(status, told, self._parsed(text, shown=not 200 <= status < 300))
        if answer.date is not None:
            self._seen = (answer.date, self._limiter.clock())
        limited = rate_limited(answer)
        if limited is not None:
            self._limiter.refuse(limited)
            raise limited
        if 200 <= status < 300 and text and answer.data is None:
            raise BackendUnavailable(f"The answer of {self._host} is not valid JSON; a proxy may have sent it.")
        return answer

    def _line(self) -> tuple[Requester, Line]:
        """One for each thread: PyGithub is not made to be shared by several."""
        kept: tuple[Requester, Line] | None = getattr(self._local, "kept", None)
        if kept is None:
            connection = self.connection
            requester = Requester(
                auth=Token(connection.token) if connection.token else None,
                base_url=connection.base_url,
                timeout=0,  # this, and what follows but the version, is for connections that are not made
                user_agent=_user_agent(),
                verify=True,
                per_page=PAGE,
                pool_size=None,
                retry=None,
                api_version=_API_VERSION,
            )
            origin = f"{self._base.scheme}://{self._base.netloc}"
            kept = self._local.kept = requester, Line(origin, connection.timeout, connection.ca_bundle or True)
            with self._lock:
                self._open.add(kept[1])
        return kept

    def hidden(self, text: str) -> str:
        """A text of the server without the token, which it may have sent back. What is very short is no secret."""
        token = self.connection.token
        return text.replace(token, "***") if token and len(token) >= _SECRET else text

    def _parsed(self, text: str, *, shown: bool) -> Any:
        """The JSON of an answer, or None; without the token where errors show it. What others have stored stays."""
        try:
            data = parse(text) if text else None
            return self._hidden_in(data) if shown else data
        except (ValueError, RecursionError):
            return None

    def _hidden_in(self, data: Any) -> Any:
        if isinstance(data, str):
            return self.hidden(data)
        if isinstance(data, list):
            return [self._hidden_in(each) for each in data]
        if isinstance(data, dict):
            return {self.hidden(name): self._hidden_in(each) for name, each in data.items()}
        return data
