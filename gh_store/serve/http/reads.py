"""What readers get: objects, lists, histories, snapshots, changes; each with what caches need to know."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from gh_store.domain.exceptions import ObjectNotFound
from gh_store.serve.http.conditional import is_known
from gh_store.serve.http.message import JSON, Call, Headers, Response, json_text
from gh_store.serve.model import Cursor, Row, etag_of
from gh_store.serve.rights import Rights
from gh_store.serve.served import Answer, Served

ROOT: Final = "/api/v1/repos"
_SLICE: Final = 65_536
"""Bytes that are sent at once."""


@dataclass(frozen=True, slots=True)
class Reads:
    """
    The endpoints that only read.

    Attributes:
        served: All stores.
        caching: The value of Cache-Control.
    """

    served: Sequence[Served]
    caching: str

    @classmethod
    def of(cls, served: Sequence[Served], rights: Rights, max_age: int) -> "Reads":
        """The endpoints under these rights; others may keep what they read for `max_age` seconds."""
        caching = f"max-age={max_age}" if max_age else "no-cache"
        return cls(served, f"private, {caching}" if rights.guards_reads else caching)

    async def repositories(self, call: Call) -> Response:
        """The state of all stores."""
        states = [await each.status() for each in self.served]
        return self.told(call, {"repositories": states})

    async def repository(self, call: Call) -> Response:
        """The state of a store."""
        return self.told(call, await call.store.status())

    async def objects(self, call: Call) -> Response:
        """Objects by id, a part of them."""
        prefix, limit = call.values["prefix"], call.values["limit"]
        batch = await call.store.objects(prefix, call.values["after"], limit)
        following = batch.rows[-1].seen.object_id if batch.more and batch.rows else None
        texts = ",".join(row.seen.text or "null" for row in batch.rows)
        text = f'{{"objects":[{texts}],{json_text({"next": following, "cursor": batch.cursor})[1:]}'
        link: Headers = ()
        if following is not None:
            query = urlencode({**({"prefix": prefix} if prefix else {}), "after": following, "limit": limit})
            link = ((b"link", f'<{path_of(call.store)}/objects?{query}>; rel="next"'.encode()),)
        # What is large is not hashed on the event loop.
        etag = etag_of(text) if len(text) < _SLICE else await asyncio.to_thread(etag_of, text)
        return self._answered(call, Answer(text, etag, batch.age), link)

    async def one(self, call: Call) -> Response:
        """An object: as it is, or as it was at a version."""
        version = call.values["version"]
        if version is None:
            answer = await call.store.object(call.object_id, fresh=call.values["fresh"])
        else:
            answer = await call.store.version(call.object_id, version)
        return self._answered(call, answer)

    async def history(self, call: Call) -> Response:
        """What was applied to an object or rejected."""
        return self._answered(call, await call.store.history(call.object_id))

    async def snapshot(self, call: Call) -> Response:
        """All objects, as one document."""
        document = await call.store.snapshot()
        headers = self._headers(document.etag, document.age)
        if is_known(call.headers.get("if-none-match"), document.etag):
            return Response(304, headers)
        return Response(200, (JSON, *headers), pieces=_sliced(document.pieces))

    async def changes(self, call: Call) -> Response:
        """Which objects changed after a cursor."""
        batch = await call.store.changes(call.values["after"], call.values["limit"])
        now = Cursor.read(batch.cursor)
        generation = now.generation if now is not None else ""
        last = batch.rows[-1] if batch.more and batch.rows else None
        told = {
            "changes": [_change(row, generation) for row in batch.rows],
            "cursor": batch.cursor if last is None else str(Cursor(generation, last.position)),
            "more": batch.more,
        }
        return self.told(call, told, batch.age)

    def told(self, call: Call, value: object, age: float = 0.0) -> Response:
        """Any value, as JSON."""
        text = json_text(value)
        return self._answered(call, Answer(text, etag_of(text), age))

    def _answered(self, call: Call, answer: Answer, more: Headers = ()) -> Response:
        headers = (*self._headers(answer.etag, answer.age, answer.forwarded, answer.detail), *more)
        if is_known(call.headers.get("if-none-match"), answer.etag):
            return Response(304, headers)
        return Response(200, (JSON, *headers), answer.text.encode())

    def _headers(
        self, etag: str, age: float, forwarded: str | None = None, detail: str | None = None
    ) -> Headers:  # fmt: skip  # one line each: what it takes, what it yields
        status = "gh-store; hit" if forwarded is None else f"gh-store; fwd={forwarded}"
        if detail is not None:
            status += f'; detail="{_quotable(detail)}"'
        return (
            (b"etag", etag.encode()),
            (b"cache-control", self.caching.encode()),
            (b"age", str(max(0, int(age))).encode()),
            (b"cache-status", status.encode()),
        )


def path_of(served: Served) -> str:
    """The path of a store."""
    return f"{ROOT}/{quote(served.repository)}"


def object_path(served: Served, object_id: str) -> str:
    """A path of an object that no client rewrites."""
    if any(part in (".", "..", "") for part in object_id.split("/")):
        return f"{path_of(served)}/objects?{urlencode({'id': object_id})}"
    return f"{path_of(served)}/objects/{quote(object_id)}"


def _change(row: Row, generation: str) -> Mapping[str, Any]:
    seen = row.seen
    return {
        "object_id": seen.object_id,
        "issue_number": seen.issue_number,
        "version": None if seen.deleted else seen.version,
        "deleted": seen.deleted,
        "cursor": str(Cursor(generation, row.position)),
    }


def _quotable(detail: str) -> str:
    """Text that a string of a structured header takes."""
    shown = "".join(each if " " <= each <= "~" else "?" for each in detail)
    return shown.replace("\\", "\\\\").replace('"', '\\"')


async def _sliced(pieces: AsyncIterator[str]) -> AsyncIterator[bytes]:
    """The same text in slices that are worth sending."""
    held, size = list[bytes](), 0
    async for piece in pieces:
        held.append(piece.encode())
        size += len(held[-1])
        if size >= _SLICE:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


async def current(served: Served, object_id: str, *, fresh: bool = False) -> Answer | None:
    """An object as readers see it, or as GitHub says it is; None if there is none."""
    try:
        return await served.object(object_id, fresh=fresh)
    except ObjectNotFound:
        return None
