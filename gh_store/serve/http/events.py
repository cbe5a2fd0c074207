"""
Server-sent events: a stream that tells that something changed, and up to where; what changed, clients ask then.

A client that is slow, or comes back, misses nothing: it is told the newest cursor, not each change.
"""

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from gh_store.logger import logger
from gh_store.serve.http.message import Call, Problem, Response, encoded, retry
from gh_store.serve.served import Served

_HEADERS: Final = encoded(
    {
        "Content-Type": "text/event-stream; charset=utf-8",
        "Cache-Control": "no-cache, no-transform",
        "X-Accel-Buffering": "no",
    }
)
_HEARTBEAT: Final = b": still here\n\n"


@dataclass(frozen=True, slots=True)
class Pace:
    """
    What streams may take.

    Attributes:
        poll: Seconds between two looks at a store, one for all of its streams.
        heartbeat: Seconds of silence.
        life: Seconds until a client has to come back; up to a tenth more or less, so that not all come at once.
        most: Streams at once.
        most_of_one: Streams of an address.
    """

    poll: float = 0.25
    heartbeat: float = 25.0
    life: float = 1_800.0
    most: int = 512
    most_of_one: int = 32


class Feed:
    """The cursor of a store, looked at as long as somebody listens."""

    def __init__(self, served: Served, pace: Pace) -> None:
        self.cursor = ""
        self.closed = False
        self._served, self._pace = served, pace
        self._listeners = 0
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def enter(self) -> None:
        """One listener more. Raises what the store raises if it has no cursor."""
        if self._task is None:
            self.cursor = await self._served.cursor()
        self._listeners += 1
        if self._task is None:
            self._task = asyncio.create_task(self._poll())

    def leave(self) -> None:
        """One listener less."""
        self._listeners -= 1
        if not self._listeners and self._task is not None:
            self._task.cancel()
            self._task = None

    def close(self) -> None:
        """End all streams."""
        self.closed = True
        self._wake()

    async def other_than(self, cursor: str, until: float) -> None:
        """Return when the cursor is another one, the feed was closed, or that time of the loop has come."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                while self.cursor == cursor and not self.closed:
                    await self._changed.wait()

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(self._pace.poll)
            try:
                cursor = await self._served.cursor()
            except Exception as error:  # noqa: BLE001  # whatever a cache raises: it will answer again
                logger.debug("the cursor of {} is not known: {}", self._served.repository, error)
                continue
            if cursor != self.cursor:
                self.cursor = cursor
                self._wake()

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


class Events:
    """The endpoint of all streams."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._feeds: dict[str, Feed] = {}
        self._clients: Counter[str] = Counter()
        self._closed = False

    @property
    def streams(self) -> int:
        """How many there are."""
        return self._clients.total()

    def close(self) -> None:
        """End all streams, and begin no other."""
        self._closed = True
        for feed in self._feeds.values():
            feed.close()

    async def events(self, call: Call) -> Response:
        """Tell each time that something changed."""
        if call.method == "HEAD":
            return Response(200, _HEADERS)
        if self._closed or self.streams >= self._pace.most:
            raise Problem(503, "TooManyStreams", "No further stream is possible.", "Try again later.", retry(30))
        if self._clients[call.client] >= self._pace.most_of_one:
            raise Problem(
                429,
                "TooManyStreams",
                f"{self._pace.most_of_one} streams of this address are open.",
                "Close one of them, or share one.",
                retry(30),
            )
        served = call.store
        feed = self._feeds.setdefault(served.repository, Feed(served, self._pace))
        self._clients[call.client] += 1
        try:
            await feed.enter()
        except BaseException:
            self._left(call.client)
            raise

        def done() -> None:
            self._left(call.client)
            feed.leave()

        pieces = _stream(feed, call.headers.get("last-event-id"), self._pace)
        return Response(200, _HEADERS, pieces=pieces, done=done)

    def _left(self, client: str) -> None:
        self._clients[client] -= 1
        if not self._clients[client]:
            del self._clients[client]


async def _stream(feed: Feed, last: str | None, pace: Pace) -> AsyncIterator[bytes]:
    clock = asyncio.get_running_loop().time
    end = clock() + pace.life * random.uniform(0.9, 1.1)  # noqa: S311  # no secret
    shown = feed.cursor
    yield _event("connected", shown)
    if last not in (None, "", shown):
        yield _event("refresh", shown)
    while not feed.closed and clock() < end:
        await feed.other_than(shown, min(end, clock() + pace.heartbeat))
        if feed.cursor != shown:
            shown = feed.cursor
            yield _event("refresh", shown)
        elif not feed.closed:
            yield _HEARTBEAT


def _event(name: str, cursor: str) -> bytes:
    return f"event: {name}\nid: {cursor}\ndata: {json.dumps({'cursor': cursor})}\n\n".encode()
