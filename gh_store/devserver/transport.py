"""Requests as they arrive, and answers as they are sent, or not."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import Request
from starlette.types import Receive, Send

_LARGEST: Final = 10_000_000
"""Bytes of a request's body."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it is sent."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


async def read_body(request: Request) -> bytes | None:
    """The body, or None if it is too large, or says that it will be."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > _LARGEST:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST:
            return None
    return bytes(body)


async def send_answer(send: Send, answer: Answer) -> None:
    """Send an answer whole."""
    headers: Sequence[tuple[bytes, bytes]] = [
        (name.encode(), value.encode())
        for name, value in {**answer.headers, "content-length": str(len(answer.body))}.items()
        if not (name == "content-length" and answer.status in (204, 304))
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def drop(receive: Receive, send: Callable[..., Awaitable[None]]) -> None:
    """Close the connection without a byte. ASGI cannot do that, but uvicorn's `send` knows its transport."""
    getattr(send, "__self__").transport.abort()  # noqa: B009  # no type says so
    await until_gone(receive)


async def until_gone(receive: Receive) -> None:
    """Wait until the client has left, for a minute."""
    with suppress(asyncio.TimeoutError):
        async with asyncio.timeout(60):
            while (await receive())["type"] != "http.disconnect":
                pass
