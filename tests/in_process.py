"""
HTTP without a socket: what urllib3 sends to these addresses goes straight to the server's application.

All that lies above (PyGithub, requests, urllib3's pools, retries and errors) is what runs in production. Whatever is
about sockets, TLS and time runs over a real one (`hub`); that both say the same is tested in test_in_process.py.
"""

import asyncio
import http.client
import io
import itertools
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import urllib3
from starlette.types import ASGIApp, Message, Scope
from urllib3.connection import HTTPConnection

from gh_store.backends.github import transport

ZONE = "in.process"

_NUMBERS = itertools.count(1)
_SERVERS: dict[str, tuple[ASGIApp, asyncio.AbstractEventLoop, threading.Lock]] = {}


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Answer the requests of this process, one at a time; yields the address."""
    host = f"{next(_NUMBERS)}.{ZONE}"
    with asyncio.Runner() as runner:
        _SERVERS[host] = app, runner.get_loop(), threading.Lock()
        try:
            yield f"http://{host}"
        finally:
            del _SERVERS[host]


class _Exchange:
    """A request and its answer, as ASGI passes them; and what stands for uvicorn's transport."""

    def __init__(self, body: bytes) -> None:
        self.transport = self
        self.left: list[Message] = [{"type": "http.request", "body": body}]
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.body = b""

    async def answered(self, app: ASGIApp, scope: Scope) -> None:
        await app(scope, self.receive, self.send)

    async def receive(self) -> Message:
        return self.left.pop() if self.left else {"type": "http.disconnect"}  # no time passes while nobody answers

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [(name.decode(), value.decode("latin-1")) for name, value in message["headers"]]
        else:
            self.body += message["body"]

    def abort(self) -> None:
        raise http.client.RemoteDisconnected("")  # as http.client does where a connection ends without a byte


class _Connection(HTTPConnection):
    """A connection that is always there."""

    is_connected = True
    is_closed = False

    def request(  # type: ignore[override]  # the options are about sockets
        self, method: str, url: str, body: str | bytes | None = None, headers: Mapping[str, Any] | None = None, **_: Any
    ) -> None:
        split = urlsplit(url)
        sent = {"Host": self.host, **(headers or {})}
        self._method = method
        self._exchange = _Exchange(body.encode() if isinstance(body, str) else body or b"")
        self._scope = {
            "type": "http", "method": method, "scheme": "http", "path": unquote(split.path), "root_path": "",
            "raw_path": split.path.encode(), "query_string": split.query.encode(), "server": (self.host, self.port),
            "headers": [
                (name.lower().encode(), value if isinstance(value, bytes) else value.encode())
                for name, value in sent.items()
            ],
        }  # fmt: skip  # as in the specification

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]  # as urllib3 declares its own
        app, loop, lock = _SERVERS[self.host]
        exchange = self._exchange
        with lock:
            loop.run_until_complete(exchange.answered(app, self._scope))
        if not exchange.status:
            raise TimeoutError
        return urllib3.HTTPResponse(
            io.BytesIO(exchange.body), headers=urllib3.HTTPHeaderDict(exchange.headers), status=exchange.status, preload_content=False,
            request_method=self._method,
        )  # fmt: skip  # one answer


_Otherwise: Any = transport.POOLS["http"]


class _Pool(_Otherwise):  # type: ignore[misc]  # whatever connects otherwise
    def __init__(self, host: str, *arguments: Any, **options: Any) -> None:
        super().__init__(host, *arguments, **options)
        if host in _SERVERS:
            self.ConnectionCls = _Connection


transport.POOLS["http"] = _Pool
