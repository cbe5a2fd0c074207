"""The snapshot of a model: written once for each state of it, to a file that all who ask are sent from."""

import asyncio
import hashlib
import tempfile
import threading
import weakref
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import IO, Final

from gh_store.serve.hub import Hub
from gh_store.serve.model import Model, object_of
from gh_store.serve.served import Document
from gh_store.snapshots import Entry, Header, Snapshot

_ROWS: Final = 500
_SLICE: Final = 262_144
"""Bytes."""

State = tuple[str, int]


class Written:
    """A text in a file, read by several at once."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # until nobody reads it any more
        weakref.finalize(self, self._file.close)
        self._lock = threading.Lock()
        digest = hashlib.sha256()
        for piece in pieces:
            raw = piece.encode()
            digest.update(raw)
            self._file.write(raw)
        self.etag = f'"{digest.hexdigest()[:32]}"'

    def read(self, at: int) -> tuple[str, int]:
        """The next lines from a place on, and the place after them."""
        with self._lock:
            self._file.seek(at)
            lines = self._file.readlines(_SLICE)
            return b"".join(lines).decode(), self._file.tell()


class Snapshots:
    """Args: hub: Whose model is told."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._last: tuple[State, Written] | None = None
        self._lock = asyncio.Lock()

    async def document(self, model: Model, age: float) -> Document:
        """The snapshot of a complete model."""
        state = str(model.cursor), model.since
        async with self._lock:
            if self._last is None or self._last[0] != state:
                written = await self._hub.asking.thread("read", self._write, model)
                self._last = state, written
            written = self._last[1]
        return Document(self._pieces(written), written.etag, age)

    async def _pieces(self, written: Written) -> AsyncIterator[str]:
        text, at = await self._hub.asking.thread("read", written.read, 0)
        while text:
            yield text
            text, at = await self._hub.asking.thread("read", written.read, at)

    def _write(self, model: Model) -> Written:
        header = Header(datetime.fromtimestamp(model.since, UTC), self._hub.store.backend.repository)
        return Written(Snapshot(header, _Rows(self._hub)).pieces())


class _Rows:
    """The entries of a model, by id."""

    def __init__(self, hub: Hub) -> None:
        self._cache = hub.watch.cache

    def __iter__(self) -> Iterator[Entry]:
        after = ""
        while rows := self._cache.rows("", after, _ROWS):
            for row in rows:
                after = row.seen.object_id
                if row.seen.text is not None:
                    yield Entry.of(object_of(row.seen.text))
