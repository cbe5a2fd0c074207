"""One HTTP exchange, bounded in time and in size, whatever the server does."""

import socket
import threading
import weakref
from collections.abc import ItemsView, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from gh_store.backends.github.deadline import DEADLINES

LARGEST: Final = 64_000_000
"""The most bytes of an answer, unpacked. A page of 100 texts of 65,536 characters, each escaped, has 39 million."""

_CHUNK: Final = 65_536


class TooLarge(requests.RequestException):
    """An answer of more than LARGEST bytes."""


@dataclass(frozen=True, slots=True)
class Reply:
    """
    What the server sent.

    Attributes:
        status: The HTTP status.
        headers: Names in lower case.
        text: The body, unpacked.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""

    def read(self) -> str:
        """For PyGithub."""
        return self.text

    def getheaders(self) -> ItemsView[str, str]:
        """For PyGithub."""
        return self.headers.items()


class Line:
    """
    A connection of one thread, in the form that PyGithub takes.

    PyGithub writes requests with it, and is shown an empty reply: by itself it sleeps at a 202, loses the query of a
    redirect, and raises ValueError at a rate limit that is not a number (PyGithub 2.10, Requester).

    Args:
        origin: Scheme, host and port.
        timeout: Seconds to connect to an address, and seconds that a whole exchange takes at most: a server that
            sends a byte from time to time does not prolong it. (Through a SOCKS proxy: seconds between two bytes.)
        verify: A file of certificates to trust, or True for the usual ones.

    Attributes:
        reply: What the server sent last.
        connecting: True while a connection is made: nothing of the request has been sent.
        proxied: True if the last connection leads through a proxy.
    """

    def __init__(self, origin: str, timeout: float, verify: str | bool) -> None:
        self.reply = Reply()
        self.connecting = False
        self.proxied = False
        self._origin = origin
        self._timeout = timeout
        self._verify = verify
        self._asked: tuple[str, str, Any, Mapping[str, str]] = ("GET", "/", None, {})
        self._expired = False
        self._socket: socket.socket | None = None
        self._forget = weakref.finalize(self, lambda: None)
        self._session = _Session()
        self._session.auth = lambda request: request  # otherwise requests would send what .netrc says
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _Adapter())

    def close(self) -> None:
        """Close the connection; harmless to repeat."""
        self._session.close()
        self._forget()

    def request(self, verb: str, url: str, data: Any, headers: Mapping[str, str], stream: bool = False) -> None:
        """For PyGithub: what to ask."""
        del stream
        self._asked = (verb, url, data, headers)

    def getresponse(self) -> Reply:
        """For PyGithub: ask, keep the reply, and show none of it."""
        self.reply = self._exchange()
        return Reply()

    def connected(self, opened: socket.socket, *, proxied: bool = False) -> None:
        """
        Remember a new connection, and whether it leads to a proxy.

        A duplicate can be shut down while another thread reads, with TLS too.
        """
        self._forget()
        self.proxied = proxied
        self._socket = opened.dup()
        self._forget = weakref.finalize(self, self._socket.close)

    def _exchange(self) -> Reply:
        verb, url, data, headers = self._asked
        self._expired = self.connecting = False
        _BUSY.line = self
        try:
            with DEADLINES.within(self._timeout, self._abort), self._session.request(
                verb, f"{self._origin}{url}", data=data, headers=headers,
                timeout=self._timeout, verify=self._verify, allow_redirects=False, stream=True,
            ) as response:  # fmt: skip
                told = {name.lower(): value for name, value in response.headers.items()}
                reply = Reply(response.status_code, told, self._text(response))
        except Exception:
            self._forget()
            if self._expired:
                raise requests.ReadTimeout from None
            raise
        if self._expired:  # the end of the text may be missing
            raise requests.ReadTimeout
        return reply

    def _text(self, response: requests.Response) -> str:
        chunks, size = [], 0
        for chunk in response.iter_content(_CHUNK):
            chunks.append(chunk)
            size += len(chunk)
            if size > LARGEST:
                raise TooLarge
        return b"".join(chunks).decode("utf-8", "replace")

    def _abort(self) -> None:
        self._expired = True
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:  # it has ended already
                return


class _Session(requests.Session):
    """
    One that takes nothing from an answer but what we read of it.

    Even where redirects are not followed, requests reads the whole body of one, however large, to prepare the next
    request. Cookies of a server would be kept, and sent back.
    """

    def __init__(self) -> None:
        super().__init__()
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: where a redirect leads to is read elsewhere."""


_BUSY = threading.local()
"""The line that this thread uses at the moment."""


class _Telling(HTTPConnection):
    """A connection that tells its line how far it is."""

    def _new_conn(self) -> socket.socket:
        opened = super()._new_conn()
        _BUSY.line.connected(opened, proxied=self.proxy is not None)
        return opened

    def connect(self) -> None:
        _BUSY.line.connecting = True
        super().connect()
        _BUSY.line.connecting = False


class _Http(_Telling):
    pass


class _Https(_Telling, HTTPSConnection):
    pass


class _HttpPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Https


POOLS: Final[dict[str, type[urllib3.HTTPConnectionPool]]] = {"http": _HttpPool, "https": _HttpsPool}
"""What connects, by scheme."""


class _Adapter(HTTPAdapter):
    """Connections that tell their line of themselves."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = dict(POOLS)

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        manager = super().proxy_manager_for(*args, **options)
        if isinstance(manager, urllib3.ProxyManager):  # not one of SOCKS, which makes connections of its own
            manager.pool_classes_by_scheme = dict(POOLS)
        return manager
