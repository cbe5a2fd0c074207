"""Running the server: in front of a user, or in a thread beside a test."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

import uvicorn
from starlette.types import ASGIApp

from gh_store.domain.exceptions import InvalidInput


def _server(app: ASGIApp, certificate: str | None = None) -> uvicorn.Server:
    # Faults are answers here, so uvicorn has nothing of its own to say. The Date is the backend's.
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
    """Raise InvalidInput for an address that others could reach: the tokens of a dev server are no secrets."""
    try:
        loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise InvalidInput(
            f"The dev server listens on loopback only, and {host!r} is not.",
            hint="Leave --host away, or say 127.0.0.1.",
        )


def listen(host: str, port: int) -> socket.socket:
    """A socket on loopback. Raises InvalidInput where there can be none."""
    check_loopback(host)
    issues_of = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(issues_of, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # asyncio sends at once only on these
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)  # from here on requests wait for the server, and are not refused
    except OSError as error:
        listening.close()
        raise InvalidInput(
            f"Nothing can listen on {host}:{port}: {error.strerror}.", hint="--port names another; 0 is any."
        ) from error
    return listening


def serve(app: ASGIApp, listening: socket.socket) -> None:
    """Answer until interrupted."""
    asyncio.run(_server(app).serve(sockets=[listening]))


@contextmanager
def serving(app: ASGIApp, certificate: str | None = None) -> Iterator[str]:
    """Answer in a thread, over TLS if there is a file of key and certificate; yields the address."""
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
