"""Listening, serving until a signal comes, and an end within seconds."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn

from gh_store.domain.exceptions import InvalidInput
from gh_store.serve.http.app import App
from gh_store.serve.http.connection import Config, Patience
from gh_store.serve.served import Stores


def listen(host: str, port: int) -> socket.socket:
    """
    A listening socket; from here on requests wait for the server.

    Raises:
        InvalidInput: The port is taken, or there is no such address.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol or socket.IPPROTO_TCP)  # asyncio sends at once only with TCP
    except (OSError, UnicodeError) as error:
        raise _deaf(host, port, error) from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(1024)
    except OSError as error:
        listening.close()
        raise _deaf(host, port, error) from error
    return listening


def _deaf(host: str, port: int, error: Exception) -> InvalidInput:
    reason = getattr(error, "strerror", None) or error
    return InvalidInput(
        f"Cannot listen on {host}:{port}: {reason}.", hint="Give another --host or --port; port 0 chooses a free one."
    )


def address_of(listening: socket.socket) -> str:
    """Where it listens, as people type it."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


class Server(uvicorn.Server):
    """A server whose end is `stop`, and no signal of its own."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to whoever runs it."""
        yield


class Running:
    """
    A server at work.

    Args:
        stores: Kept fresh from when the first request may come.
        listening: Where requests come from; it is closed in the end.
    """

    def __init__(self, app: App, stores: Stores, listening: socket.socket, patience: Patience | None = None) -> None:
        self._app, self._stores, self._listening = app, stores, listening
        self._server = Server(Config(app, patience or Patience()))
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Event | None = None

    def run(self) -> None:
        """Serve until `stop`."""
        asyncio.run(self._run())

    def stop(self) -> None:
        """End it, from any thread, or from the handler of a signal."""
        with suppress(RuntimeError):  # it has ended
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._end)
        self._server.should_exit = True

    async def _run(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        await self._stores.start()
        ending = asyncio.create_task(self._end_stores())
        try:
            await self._server.serve(sockets=[self._listening])
        finally:
            self._end()
            await ending

    def _end(self) -> None:
        assert self._ended is not None
        self._app.close()
        self._ended.set()
        self._server.should_exit = True

    async def _end_stores(self) -> None:
        """Beside the end of answers: some of them wait for a store."""
        assert self._ended is not None
        await self._ended.wait()
        await self._stores.stop()
