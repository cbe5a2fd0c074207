"""Requests to GitHub's REST API through PyGithub, which nothing else imports."""

import hashlib
import json
import threading
import weakref
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlencode, urlsplit

import requests
import urllib3
from github.Auth import Token
from github.Requester import Requester
from requests.utils import parse_header_links

from gh_store.backends.base import PAGE
from gh_store.backends.github.cache import Cache, Known
from gh_store.backends.github.errors import Answer, rate_limited, refusal
from gh_store.backends.github.limiter import Limiter
from gh_store.domain.exceptions import (
    AuthMissing,
    BackendUnavailable,
    ConfigurationError,
    ObjectNotFound,
    RepoNotFoundOrUnauthorized,
)
from gh_store.logger import logger

Verb = Literal["GET", "POST", "PATCH", "DELETE"]

_API_VERSION: Final = "2022-11-28"
_MOVED: Final = (301, 302, 307, 308)


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


class Client:
    """
    One repository over HTTP: requests are paced, refusals become errors, and a renamed repository is followed.

    PyGithub's own retries, pauses and redirects are off: it would replay a POST blindly, and drop the
    query of a redirect (PyGithub 2.10, GithubRetry and Requester).

    Attributes:
        repository: `owner/name`, as it was named.
        owner: The login of its current owner.
        now: The server's clock in its last answer; None before the first.
    """

    def __init__(self, repository: str, connection: Connection, limiter: Limiter) -> None:
        self.repository = repository
        self.owner = repository.partition("/")[0]
        self.now: datetime | None = None
        self.connection = connection
        self._limiter = limiter
        self._cache = Cache(connection.identity, connection.cache)
        self._root = f"/repos/{repository}"
        self._prefix = urlsplit(connection.base_url).path.rstrip("/")
        self._answered = False
        self._local = threading.local()
        self._open = weakref.WeakSet[Requester]()  # a thread's own end with it
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close all connections; harmless to repeat."""
        with self._lock:
            for requester in list(self._open):
                requester.close()
            self._local = threading.local()

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
        if self.connection.token is None:
            raise AuthMissing(f"A token is needed to {what}.")
        answer = self._ask(verb, path, what, body=body)
        if answer.status in accepts:
            return answer
        return self._understood(verb, answer, path, what)

    def next_page(self, answer: Answer) -> str | None:
        """The path (relative to the server's address) of the page after an answer, if there is one."""
        for link in parse_header_links(answer.headers.get("link", "")):
            if link.get("rel") == "next":
                split = urlsplit(link["url"])
                return f"{split.path.removeprefix(self._prefix)}?{split.query}"
        return None

    # --- inside -----------------------------------------------------------------------------------

    def _understood(
        self, verb: Verb, answer: Answer, path: str, what: str, *, missing: bool = False, absolute: bool = False
    ) -> Answer:
        if 200 <= answer.status < 300:
            self._answered = self._answered or not absolute
            return answer
        if answer.status != 404:
            raise refusal(answer, what, self.repository, has_token=self.connection.token is not None)
        if not absolute:
            self._must_be_there()
        if missing:
            return answer
        if verb == "GET":
            raise ObjectNotFound(f"There is nothing at {path} of {self.repository}.")
        raise refusal(  # GitHub also hides what a token may not write
            Answer(403, answer.headers, answer.data), what, self.repository, has_token=True
        )

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
        raise BackendUnavailable(f"{self.repository} was moved twice during one request.", outcome_unknown=False)

    def _follow(self, path: str) -> None:
        """Find out where the repository is now, or that only the issue was moved."""
        answer = self._request("GET", self._root, "see where it is", follow=True)
        data = answer.data
        if answer.status != 200 or not isinstance(data, dict) or not {"id", "full_name", "owner"} <= data.keys():
            raise RepoNotFoundOrUnauthorized(
                f"{self.repository} was moved to where this token may not see it.", hint="Use its new name."
            )
        root, name = f"/repositories/{data['id']}", str(data["full_name"])
        if root == self._root or name.lower() == self.repository.lower():
            raise ObjectNotFound(
                f"{path.strip('/').partition('?')[0]} of {self.repository} was moved to another repository.",
                hint="Move it back, or create the object again.",
            )
        logger.warning("{} is now called {}; use the new name.", self.repository, name)
        self._root, self.owner = root, str(data["owner"]["login"])

    def _request(
        self, verb: Verb, path: str, what: str, body: object = None, *, remember: bool = False, follow: bool = False
    ) -> Answer:
        known = self._cache.get(path) if remember else None
        headers = {"If-None-Match": known.etag} if known is not None else {}
        self._limiter.admit(write=verb != "GET", now=self.now or datetime.now(UTC))
        try:
            requester = self._requester(follow=follow)
            status, told, text = requester.requestJson(verb, path, headers=headers, input=body)
        except requests.exceptions.RetryError:
            return Answer(301, {})
        except requests.RequestException as error:
            raise self._unanswered(error, what) from None  # the cause would show the request, token included
        except RuntimeError as error:  # PyGithub does not follow a redirect to another host
            raise BackendUnavailable(
                f"{self.connection.base_url} redirects to another server.",
                transient=False,
                hint="Check the address of the server (--base-url, GITHUB_API_URL, GH_HOST).",
            ) from error
        if status == 304 and known is not None:
            status, text = 200, known.text
        elif remember and status == 200 and "etag" in told:
            self._cache.put(path, Known(told["etag"], text))
        answer = Answer(status, told, _parsed(text))
        self.now = answer.date or self.now
        limited = rate_limited(answer)
        if limited is not None:
            self._limiter.refuse(limited)
            raise limited
        if 200 <= status < 300 and text and answer.data is None:
            raise BackendUnavailable(
                f"The answer of {self.connection.base_url} is not valid JSON; a proxy may have sent it."
            )
        return answer

    def _requester(self, *, follow: bool) -> Requester:
        """One for each thread: PyGithub keeps a request in fields of the connection, which threads would overwrite."""
        name = "following" if follow else "plain"
        kept: Requester | None = getattr(self._local, name, None)
        if kept is None:
            connection = self.connection
            statuses = () if follow else (301,)  # raise an error, before the query is lost
            kept = Requester(
                auth=Token(connection.token) if connection.token else None,
                base_url=connection.base_url,
                timeout=connection.timeout,  # type: ignore[arg-type]  # requests accepts fractions of seconds
                user_agent=_user_agent(),
                verify=connection.ca_bundle or True,
                per_page=PAGE,
                pool_size=None,
                retry=urllib3.Retry(total=0, read=False, status_forcelist=statuses, allowed_methods=None),
                api_version=_API_VERSION,
            )
            setattr(self._local, name, kept)
            with self._lock:
                self._open.add(kept)
        return kept

    def _unanswered(self, error: requests.RequestException, what: str) -> Exception:
        host = urlsplit(self.connection.base_url).netloc
        if isinstance(error, requests.exceptions.SSLError):
            return BackendUnavailable(
                f"The certificate of {host} is not trusted.",
                transient=False,
                hint="Name your server's certificates: --ca-bundle FILE or REQUESTS_CA_BUNDLE.",
            )
        if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidHeader)):
            return ConfigurationError(f"The address or the token for {host} is not valid.")
        if isinstance(error, requests.exceptions.Timeout):
            return BackendUnavailable(
                f"{host} did not answer within {self.connection.timeout:g} s when asked to {what}.",
                outcome_unknown=not isinstance(error, requests.exceptions.ConnectTimeout),
            )
        reason = getattr(error.args[0], "reason", None) if error.args else None
        never_sent = isinstance(reason, urllib3.exceptions.NewConnectionError)
        return BackendUnavailable(
            f"{host} cannot be reached." if never_sent else f"{host} closed the connection when asked to {what}.",
            outcome_unknown=not never_sent,
        )


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
