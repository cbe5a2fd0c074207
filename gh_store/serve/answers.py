"""What readers are answered: from the model, if it is fresh; else from GitHub, if it answers in time."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TypeVar

from gh_store.domain.exceptions import GitHubStoreError, InvalidInput, ObjectNotFound
from gh_store.domain.values import JsonObject
from gh_store.serve.cache import CacheDown
from gh_store.serve.hub import Hub
from gh_store.serve.misses import Misses
from gh_store.serve.model import Cursor, Model, Row, etag_of, text_of
from gh_store.serve.refresh import Looked
from gh_store.serve.served import Answer, Batch, Document, Incomplete, Synced, UnknownCursor
from gh_store.serve.snapshots import Snapshots
from gh_store.serve.webhook import Hint
from gh_store.store import Store
from gh_store.wire import check_object_id

T = TypeVar("T")

_PATIENCE: Final = 2.0
"""Seconds that a reader waits for GitHub, where there is something old to serve."""


class Answers:
    """
    One store, as the endpoints ask it.

    Args:
        hub: Keeps the model fresh.
        interval: Seconds between its looks at what changed.
        ttl: Seconds after which what is held is asked for again before it is served.
        read_only: True if nobody may write.
        embedded: True for a store that answers at once: it is asked each time, and the model is for lists.
    """

    def __init__(
        self,
        hub: Hub,
        *,
        interval: float = 300.0,
        ttl: float = 600.0,
        read_only: bool = False,
        embedded: bool = False,
    ) -> None:
        self.hub = hub
        self._interval = interval
        self._ttl = ttl
        self._read_only = read_only
        self._embedded = embedded
        self._misses = Misses()
        self._lookups: dict[str, asyncio.Task[Row]] = {}
        self._checks: dict[int, asyncio.Task[Looked]] = {}
        self._snapshots = Snapshots(hub)

    @property
    def repository(self) -> str:
        return self.hub.repository

    async def status(self) -> JsonObject:
        hub, model = self.hub, await self.hub.watch.look()
        return {
            "repository": self.repository,
            "complete": model is not None and model.complete,
            "objects": model.objects if model is not None else None,
            "cursor": str(model.cursor) if model is not None else None,
            "age": self._age(model, None) if model is not None and model.listed else None,
            "cache": "ok" if model is not None else "down",
            "github": hub.asking.gate.told(),
            "queue": {"refresh": len(hub.queue), "process": len(hub.processing)},
            "processing": hub.processing.on,
            "read_only": self._read_only,
            "interval": self._interval,
            "ttl": self._ttl,
        }

    # --- one object -------------------------------------------------------------------------------

    async def object(self, object_id: str, *, fresh: bool = False) -> Answer:
        check_object_id(object_id)
        if fresh or self._embedded:
            return _answer(await self._look_up(object_id), 0.0, None if self._embedded else "request")
        row = await self._row(object_id)
        if row is None:
            return _answer(await self._missed(object_id), 0.0, "uri-miss")
        age = self._age(self.hub.watch.model, row)
        if age <= self._ttl:
            return _answer(row, age)
        checked, detail = await self._checked(row)
        return _answer(checked, self._age(self.hub.watch.model, checked), "stale", detail)

    async def version(self, object_id: str, version: int) -> Answer:
        return await self._noted(
            object_id, f"version {version}", lambda store: text_of(store.get(object_id, version)), version
        )

    async def history(self, object_id: str) -> Answer:
        def read(store: Store) -> str:
            told = {"object_id": object_id, "history": store.get_object_history(object_id)}
            return json.dumps(told, ensure_ascii=False, separators=(",", ":"))

        return await self._noted(object_id, "history", read)

    async def _noted(
        self, object_id: str, name: str, read: Callable[[Store], str], version: int | None = None
    ) -> Answer:  # fmt: skip  # what it takes, what it yields
        """What has to be read from the whole log: kept for as long as the issue is as it was."""
        now = await self.object(object_id)
        watch, told = self.hub.watch, json.loads(now.text)
        stamp = f"{told['issue_number']} {now.etag}"
        row = await self._row(object_id)
        if row is not None:  # events that were rejected change no object
            stamp += f" {row.seen.updated_at}"
        try:
            noted = await watch.ask(watch.cache.noted, object_id, name)
        except CacheDown:
            noted = None
        if noted is not None and noted[0] == stamp and not self._embedded:
            return Answer(noted[1], etag_of(noted[1], version), now.age, now.forwarded, now.detail)
        text = await self.hub.asking.github("read", read, self.hub.store)
        with suppress(CacheDown):
            await watch.ask(watch.cache.note, object_id, name, stamp, text)
        return Answer(text, etag_of(text, version), 0.0, "miss")

    # --- many -------------------------------------------------------------------------------------

    async def objects(self, prefix: str, after: str, limit: int) -> Batch:
        model, watch = await self._complete(), self.hub.watch
        rows = await watch.ask(watch.cache.rows, prefix, after, limit + 1)
        return Batch(tuple(rows[:limit]), str(model.cursor), len(rows) > limit, self._age(model, None))

    async def changes(self, after: str | None, limit: int) -> Batch:
        model, watch = await self._complete(), self.hub.watch
        known = Cursor.read(after) if after is not None else Cursor(model.cursor.generation, 0)
        if known is None:
            raise InvalidInput("This is not a cursor.", hint="Give a `cursor` as it was answered.")
        rows = await watch.ask(watch.cache.changes, known, limit + 1)
        if rows is None or known.position > model.cursor.position:  # it was never given, or by a model that was lost
            raise UnknownCursor(str(model.cursor))
        more, position = len(rows) > limit, max((row.position for row in rows[:limit]), default=0)
        end = position if more else max(position, model.cursor.position)
        cursor = Cursor(model.cursor.generation, end)
        return Batch(tuple(rows[:limit]), str(cursor), more, self._age(model, None))

    async def snapshot(self) -> Document:
        model = await self._complete()
        return await self._snapshots.document(model, self._age(model, None))

    async def cursor(self) -> str:
        if self._embedded:
            await self.hub.sync(complete=False)
        model = self.hub.watch.model or await self.hub.watch.look()
        if model is None:
            raise CacheDown
        return str(model.cursor)

    async def _complete(self) -> Model:
        """The model, which is complete. An embedded store is looked at before."""
        if self._embedded:
            await self.hub.sync(complete=False)
        model = await self.hub.watch.look()
        if model is None:
            raise CacheDown
        if not model.complete:
            raise Incomplete
        return model

    # --- writes, syncs, hints ---------------------------------------------------------------------

    async def write(self, object_id: str, work: Callable[[Store], T]) -> T:
        hub = self.hub

        def written() -> tuple[T, Looked | None]:
            done = work(hub.store)
            if done is None:
                hub.refresh.deleted(object_id)
                return done, None
            try:
                return done, hub.refresh.object(object_id)[1]
            except GitHubStoreError:  # it is written; readers see it a moment later
                return done, None

        try:
            done, looked = await hub.asking.github("write", written)
        except GitHubStoreError as error:
            if error.written or error.in_doubt:
                hub.plan.ask("changed", hub.clock())
                hub.wake()
            raise
        self._misses.forget(object_id)
        await hub.watch.look()
        if looked is not None:
            await hub.after(looked)
        elif done is not None:
            hub.plan.ask("changed", hub.clock())
            hub.wake()
        return done

    async def sync(self, *, complete: bool = False) -> Synced:
        return await self.hub.sync(complete=complete)

    def hint(self, hint: Hint) -> bool:
        return self.hub.hint(hint)

    # --- inside -----------------------------------------------------------------------------------

    def _age(self, model: Model | None, row: Row | None) -> float:
        """Seconds since GitHub confirmed an object: itself, or by a list of what changed; or all of them."""
        confirmed = max(model.listed if model is not None else 0.0, row.confirmed if row is not None else 0.0)
        return max(0.0, self.hub.clock() - confirmed)

    async def _row(self, object_id: str) -> Row | None:
        """What is held; None also where the cache does not answer, or a deletion was confirmed too long ago."""
        watch = self.hub.watch
        try:
            row = await watch.ask(watch.cache.row, object_id)
        except CacheDown:
            return None
        if row is not None and row.seen.deleted:
            if self._age(watch.model, row) <= self._ttl:
                raise _absent(object_id)
            return None
        return row

    async def _missed(self, object_id: str) -> Row:
        """Look an object up that is not held, if it may be; who asks for the same meanwhile waits with us."""
        hub, now = self.hub, self.hub.clock()
        if self._misses.absent(object_id, now):
            raise _absent(object_id)
        task = self._lookups.get(object_id)
        if task is None:
            model, gate = hub.watch.model, hub.asking.gate
            if not gate.is_open or not self._misses.may_ask(now):
                if model is not None and model.complete:
                    raise _absent(object_id)
                raise gate.refusal(now) if not gate.is_open else Incomplete
            task = self._lookups[object_id] = hub.spawn(self._look_up(object_id))
            task.add_done_callback(lambda _: self._lookups.pop(object_id, None))
        return await asyncio.shield(task)

    async def _look_up(self, object_id: str) -> Row:
        hub = self.hub
        try:
            row, looked = await hub.asking.github("read", hub.refresh.object, object_id)
        except ObjectNotFound:
            self._misses.miss(object_id, hub.clock())
            await hub.watch.look()
            raise
        self._misses.forget(object_id)
        await hub.after(looked)
        return row

    async def _checked(self, row: Row) -> tuple[Row, str | None]:
        """What is held of an object after its issue was asked for; the old after 2 s, or if GitHub does not answer."""
        hub, number = self.hub, row.seen.issue_number
        task = self._checks.get(number)
        if task is None:
            task = self._checks[number] = hub.spawn(self._check(number))
            task.add_done_callback(lambda _: self._checks.pop(number, None))
        done, _ = await asyncio.wait({task}, timeout=_PATIENCE)
        if not done:
            return row, "github-slow"
        error = task.exception() if not task.cancelled() else None
        held = await self._row(row.seen.object_id)
        if error is not None or task.cancelled():
            state = hub.asking.gate.told()["state"]
            return held or row, f"github-{state}" if state != "ok" else "github-failed"
        if held is None:
            return row, "cache-down"
        return held, None

    async def _check(self, number: int) -> Looked:
        looked = await self.hub.asking.github("read", self.hub.refresh.issue, number)
        await self.hub.after(looked)
        return looked


def _answer(row: Row, age: float, forwarded: str | None = None, detail: str | None = None) -> Answer:
    return Answer(row.seen.text or "", row.etag, age, forwarded, detail)


def _absent(object_id: str) -> ObjectNotFound:
    return ObjectNotFound(f"There is no object {object_id!r}.")
