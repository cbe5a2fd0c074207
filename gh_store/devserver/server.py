"""Running the server: for a user, or in a thread of a test."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from gh_store.credentials import is_loopback
from gh_store.domain.exceptions import InvalidInput


def _server(app: ASGIApp, certificate: str | None = None) -> uvicorn.Server:
    # Faults are answers here, so uvicorn logs nothing of its own. The Date is that of the backend.
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="critical",
            lifespan="off",
            date_header=False,
            server_header=False,
            proxy_headers=False,
            ssl_certfile=certificate,
        )
    )


def check_loopback(host: str) -> None:
    """Raise InvalidInput for an address that others can reach: the tokens of a dev server are not secret."""
    if not is_loopback(host):
        raise InvalidInput(
            f"The dev server listens on loopback addresses only, and {host!r} is not one.",
            hint="Leave out --host, or give 127.0.0.1.",
        )


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on loopback. Raises InvalidInput if that is not possible."""
    check_loopback(host)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # asyncio sends at once only with TCP
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)  # from here on requests wait for the server
    except OSError as error:
        listening.close()
        raise InvalidInput(
            f"Cannot listen on {host}:{port}: {error.strerror}.", hint="Give another --port; 0 chooses a free one."
        ) from error
    return listening


def serve(app: ASGIApp, listening: socket.socket, ready: Callable[[], object]) -> None:
    """Serve until interrupted. Calls `ready` when an interruption is taken in good order."""

    async def run() -> None:
        ready()
        await _server(app).serve(sockets=[listening])

    asyncio.run(run())


@contextmanager
def serving(app: ASGIApp, certificate: str | None = None) -> Iterator[str]:
    """Serve in a thread, and yield the address. With TLS if a file with key and certificate is given."""
    listening = listen("127.0.0.1", 0)
    server = _server(app, certificate)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])), daemon=True)
    thread.start()
    try:
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
