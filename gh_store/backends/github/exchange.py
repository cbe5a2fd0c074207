"""One request and its answer, through PyGithub, which nothing else imports."""

import threading
import weakref
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

import requests
import urllib3
from github.Auth import AppAuth, AppAuthToken, Token
from github.Requester import Requester
from jwt.algorithms import RSAAlgorithm

from gh_store import wire
from gh_store.backends.base import PAGE
from gh_store.backends.github.decode import parse
from gh_store.backends.github.errors import ADDRESS, Answer, unanswered
from gh_store.backends.github.transport import Line, Reply
from gh_store.domain.exceptions import BackendUnavailable, ConfigurationError

_API_VERSION: Final = "2022-11-28"
_SECRET: Final = 8


class Exchange:
    """
    Requests to one server, by any thread, each with the token that it is given.

    PyGithub's own retries, pauses and redirects are off (see Line): it would replay a POST blindly.

    Args:
        base_url: The address of the REST API.
        timeout: Seconds to wait for an answer.
        ca_bundle: A file of certificates to trust instead of the usual ones.
    """

    def __init__(self, base_url: str, timeout: float, ca_bundle: str | None) -> None:
        self._base_url = base_url
        self._base = urlsplit(base_url)
        self._timeout = timeout
        self._ca_bundle = ca_bundle
        self._local = threading.local()
        self._open = weakref.WeakSet[Line]()  # a thread's own end with it
        self._lock = threading.Lock()

    @property
    def host(self) -> str:
        return self._base.netloc

    def close(self) -> None:
        """Close all connections; harmless to repeat."""
        with self._lock:
            for line in list(self._open):
                line.close()
            self._local = threading.local()

    def ask(
        self, verb: str, path: str, what: str, token: str | None, *, body: object = None, etag: str | None = None,
        app: bool = False,
    ) -> Reply:  # fmt: skip  # a request, on one line
        """
        Ask once.

        Args:
            path: Relative to the server's address.
            what: What is asked for, in words.
            token: Whose request it is.
            etag: Of the answer that is known.
            app: The token is the one that an App has signed for itself.
        Raises:
            BackendUnavailable, ConfigurationError: There was no answer: see errors.py.
        """
        requester, line = self._line(token, app=app)
        headers = {"If-None-Match": etag} if etag is not None else {}
        try:
            requester.requestJson(verb, path, headers=headers, input=body, cnx=line)  # type: ignore[arg-type]  # all that it uses of a connection
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise unanswered(  # it shows the token
                error, what, self.host, self._timeout, sent=not line.connecting, proxied=line.proxied
            ) from None
        return line.reply

    def path_of(self, url: str, *, same_host: bool = False) -> str:
        """The path and query of an address that the server has sent, relative to the server's address."""
        try:
            split = urlsplit(url)
            elsewhere = split.netloc and (split.scheme, split.hostname) != (self._base.scheme, self._base.hostname)
        except ValueError:
            split, elsewhere = urlsplit(""), False
        if same_host and elsewhere:
            raise BackendUnavailable(f"{self.host} redirects to another server.", transient=False, hint=ADDRESS)
        if not split.path.startswith("/"):
            raise BackendUnavailable(f"{self.host} sent a broken link.", transient=False, hint=ADDRESS)
        path = split.path.removeprefix(self._base.path.rstrip("/"))
        return f"{path}?{split.query}" if split.query else path

    def _line(self, token: str | None, *, app: bool) -> tuple[Requester, Line]:
        """A connection for each thread, and what writes requests with a token: PyGithub is not made to be shared."""
        kept: tuple[str | None, Requester, Line] | None = getattr(self._local, "kept", None)
        if kept is None or kept[0] != token:
            requester = Requester(
                auth=None if not token else AppAuthToken(token) if app else Token(token),
                base_url=self._base_url,
                timeout=0,  # this, and what follows but the version, is for connections that are not made
                user_agent=f"gh-object-store/{wire.client_version()}",
                verify=True,
                per_page=PAGE,
                pool_size=None,
                retry=None,
                api_version=_API_VERSION,
            )
            kept = self._local.kept = token, requester, self._opened() if kept is None else kept[2]
        return kept[1], kept[2]

    def _opened(self) -> Line:
        line = Line(f"{self._base.scheme}://{self._base.netloc}", self._timeout, self._ca_bundle or True)
        with self._lock:
            self._open.add(line)
        return line


@lru_cache(maxsize=16)
def signer(private_key: str) -> Callable[[dict[str, Any]], str | bytes]:
    """
    What makes the JSON Web Tokens of a GitHub App. Reading a key takes longer than a request, so it is done once.

    Raises:
        ConfigurationError: The key is not an RSA key in the format PEM; it is not shown.
    """
    try:
        key: Any = RSAAlgorithm(RSAAlgorithm.SHA256).prepare_key(private_key)
        signing = AppAuth.create_jwt_sign(lambda: key, "RS256")
        signing({})
    except Exception:  # noqa: BLE001  # each library has its own for a key that is not valid
        raise ConfigurationError(
            "The private key of the GitHub App is not an RSA key in the format PEM.",
            hint="Give the file that GitHub made: GH_STORE_APP_PRIVATE_KEY_FILE=app.private-key.pem.",
        ) from None
    return signing


def understood(reply: Reply, token: str | None, *, text: str | None = None) -> Answer:
    """
    An answer as it may be shown in errors: without the token, which the server may have sent back.

    What others have stored, in an answer that is no refusal, stays as it is.

    Args:
        text: The body, if it is not that of the reply.
    """
    headers = {name: without(token, value) for name, value in reply.headers.items()}
    status, body = (reply.status, reply.text) if text is None else (200, text)
    return Answer(status, headers, _parsed(body, token, shown=not 200 <= status < 300))


def without(token: str | None, text: str) -> str:
    """A text without a token. What is very short is no secret."""
    return text.replace(token, "***") if token and len(token) >= _SECRET else text


def _parsed(text: str, token: str | None, *, shown: bool) -> Any:
    """The JSON of an answer, or None."""
    try:
        data = parse(text) if text else None
        return _hidden_in(data, token) if shown else data
    except (ValueError, RecursionError):
        return None


def _hidden_in(data: Any, token: str | None) -> Any:
    if isinstance(data, str):
        return without(token, data)
    if isinstance(data, list):
        return [_hidden_in(each, token) for each in data]
    if isinstance(data, dict):
        return {without(token, name): _hidden_in(each, token) for name, each in data.items()}
    return data
