"""Bytes in and out: headers and bodies as ASGI has them, in slices, and only for as long as somebody is there."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Final

from starlette.types import Receive, Send

from gh_store.serve.http.message import Headers, Problem, Response

_SLICE: Final = 65_536
_NOSNIFF: Final = (b"x-content-type-options", b"nosniff")
_WITHOUT_BODY: Final = (204, 304)


class ClientGone(Exception):
    """Whoever asked has left."""


def read_headers(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by name; those that were repeated are joined by commas."""
    headers: dict[str, str] = {}
    for name, value in pairs:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


async def read_body(
    receive: Receive, length: str | None, largest: int, turn: Callable[[], Awaitable[None]] | None = None
) -> bytes:  # fmt: skip  # what it takes, what it yields
    """
    A body.

    Args:
        length: What Content-Length says: a body that is too large is refused by it, before any of it is read.
        turn: Waits until more than 64 KiB may be in memory; so much of each body is there anyway.
    Raises:
        Problem: It has more than `largest` bytes.
        ClientGone: It did not come to its end.
    """
    if length is not None and length.isdecimal() and (len(length) > 15 or int(length) > largest):
        raise _too_large(largest)
    pieces, size = list[bytes](), 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGone
        piece = message.get("body", b"")
        size += len(piece)
        if size > largest:
            raise _too_large(largest)
        pieces.append(piece)
        if turn is not None and size > _SLICE:
            await turn()
            turn = None
        if not message.get("more_body", False):
            return b"".join(pieces)


def _too_large(largest: int) -> Problem:
    return Problem(
        413, "ContentTooLarge", f"The body has more than {largest:,} bytes.", "Split the object into several."
    )


async def send_response(response: Response, method: str, more: Headers, receive: Receive, send: Send) -> None:
    """Send a response; to HEAD without its body."""
    headers = [*response.headers, *more, _NOSNIFF]
    if response.pieces is None and response.status not in _WITHOUT_BODY:
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    if method == "HEAD" or response.status in _WITHOUT_BODY:
        await send({"type": "http.response.body"})
    elif response.pieces is not None:
        await _while_there(response.pieces, receive, send)
    else:
        body = response.body
        for at in range(0, len(body) - _SLICE, _SLICE):
            await send({"type": "http.response.body", "body": body[at : at + _SLICE], "more_body": True})
        await send({"type": "http.response.body", "body": body[-(len(body) % _SLICE or _SLICE) :]})


async def _while_there(pieces: AsyncIterator[bytes], receive: Receive, send: Send) -> None:
    """Send pieces until they end, or the client leaves; then what makes them is cancelled."""
    sending, under_way = asyncio.current_task(), True
    assert sending is not None
    left = asyncio.create_task(_until_gone(receive))
    left.add_done_callback(lambda _: under_way and sending.cancel())
    try:
        async for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(0)  # to who has left, everything can be sent at once
    except asyncio.CancelledError:
        if not left.done():
            raise
        sending.uncancel()
        raise ClientGone from None
    finally:
        under_way = False
        left.cancel()
    await send({"type": "http.response.body"})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
