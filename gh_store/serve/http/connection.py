"""
A connection, and how long its client may take.

uvicorn waits for ever for the rest of a request, and for who reads no answer; this one does not.
"""

import asyncio
import socket
from asyncio.events import TimerHandle
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gh_store.serve.http.message import Problem, Response

_LARGEST_HEAD: Final = 65_536


@dataclass(frozen=True, slots=True)
class Patience:
    """
    What a client may take, in seconds.

    Attributes:
        head: For the head of a request.
        whole: For all of a request.
        answer: For taking 64 KiB of an answer, and for saying anything at all: who has gone without a word is dropped.
        idle: Between two requests.
        end: For the rest of all answers, when the server is told to end.
    """

    head: float = 10.0
    whole: float = 30.0
    answer: float = 30.0
    idle: int = 5
    end: int = 5


class Config(uvicorn.Config):
    """The settings of uvicorn, with ours."""

    def __init__(self, app: Any, patience: Patience) -> None:
        super().__init__(
            app,
            http=Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=patience.idle,
            timeout_graceful_shutdown=patience.end,
        )
        self.patience = patience


class Connection(HttpToolsProtocol):
    """A connection of a client."""

    config: Config
    _begun = 0.0
    _head = False
    _size = 0
    _late: TimerHandle | None = None
    _stalled: TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._expect_life(transport.get_extra_info("socket"))
        self._begin()
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._finish()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take a part of a request, if it comes in time."""
        if not self._begun:
            self._begin()
        self._size += len(data) if self._head else 0
        super().data_received(data)
        if self._begun and not self.transport.is_closing():
            if self._head and self._size > _LARGEST_HEAD:
                self._refuse(431, "HeadTooLarge", "The head of the request is too large.", "Send shorter headers.")
            else:
                self._wait()

    def on_message_begin(self) -> None:
        """A request begins, maybe behind another."""
        super().on_message_begin()
        if not self._begun:
            self._begin()

    def on_headers_complete(self) -> None:
        """The body may take longer."""
        self._head = False
        self._stop()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """All of it is there."""
        self._finish()
        super().on_message_complete()

    def pause_writing(self) -> None:
        """The client does not take what it asked for."""
        super().pause_writing()
        self._stalled = self.loop.call_later(self.config.patience.answer, self.transport.abort)

    def resume_writing(self) -> None:
        """It does again."""
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be read."""
        self._refuse(400, "BadRequest", "This is not an HTTP request.", msg)

    # --- how long it takes ------------------------------------------------------------------------

    def _begin(self) -> None:
        self._begun, self._head, self._size = self.loop.time(), True, 0

    def _wait(self) -> None:
        """See to it that what has begun comes to its end."""
        if self._late is None:
            patience = self.config.patience
            self._late = self.loop.call_at(
                self._begun + (patience.head if self._head else patience.whole), self._is_late
            )

    def _stop(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _finish(self) -> None:
        self._stop()
        self._begun = 0.0

    def _is_late(self) -> None:
        self._late = None
        cycle = self.cycle
        answering = cycle is not None and cycle.response_started and not (self._head and cycle.response_complete)
        if not self._size or answering:
            self.transport.abort()
        else:
            self._refuse(408, "RequestTimeout", "The request did not come to its end in time.", "Send it at once.")

    def _refuse(self, status: int, error: str, message: str, hint: str) -> None:
        """Answer beside the application, and close."""
        self._finish()
        response: Response = Problem(status, error, message, hint, {"Connection": "close"}).response()
        headers = [*response.headers, (b"content-length", str(len(response.body)).encode())]
        lines = b"".join(b"%s: %s\r\n" % header for header in headers)
        title = b"HTTP/1.1 %d %s\r\n" % (status, HTTPStatus(status).phrase.encode())
        self.transport.write(title + lines + b"\r\n" + response.body)
        self.transport.close()

    def _expect_life(self, opened: socket.socket | None) -> None:
        """Have the system find out who has gone without a word, also in the middle of a stream."""
        if opened is None:
            return
        seconds = max(1, int(self.config.patience.answer))
        options = {"SO_KEEPALIVE": 1, "TCP_KEEPIDLE": seconds, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}
        for name, value in {**options, "TCP_USER_TIMEOUT": 1_000 * seconds}.items():
            number = getattr(socket, name, None)
            if number is not None:
                opened.setsockopt(socket.SOL_SOCKET if name.startswith("SO_") else socket.IPPROTO_TCP, number, value)
