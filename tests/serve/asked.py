"""A store in memory behind the endpoints: each answer asks the store itself. And a client of it, over a socket."""

import asyncio
import http.client
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator

from gh_store import LocalStore, Store
from gh_store import config as configuration
from gh_store.serve.http.app import App
from gh_store.serve.http.connection import Patience
from gh_store.serve.http.events import Pace
from gh_store.serve.http.openapi import describe
from gh_store.serve.model import Cursor, Observation, Row, etag_of, seconds, text_of
from gh_store.serve.served import Answer, Batch, Document, Synced, UnknownCursor
from gh_store.serve.server import Running, listen
from gh_store.serve.settings import Settings
from gh_store.serve.webhook import Hint

GENERATION = "0123456789abcdef"


@dataclass
class Asked:
    """What `Served` promises, of an embedded store: it is asked each time. Positions are counted from writes."""

    repository: str = "Ada/Data"
    store: Store = field(default_factory=lambda: LocalStore(":memory:"))
    rows: dict[str, Row] = field(default_factory=dict)
    hints: list[Hint] = field(default_factory=list)
    failing: Exception | None = None
    processes: bool = True
    age: float = 7.9
    detail: str | None = None
    fresh: int = 0
    complete: bool = True

    async def status(self) -> dict[str, Any]:
        queue = {"refresh": 0, "process": 0}
        github = {"state": "ok", "until": None, "message": None}
        return {
            "repository": self.repository, "complete": self.complete, "objects": len(self.rows),
            "cursor": self._now(), "age": self.age, "cache": "ok", "github": github, "queue": queue,
            "processing": False, "read_only": False, "interval": 300.0, "ttl": 600.0,
        }  # fmt: skip

    async def object(self, object_id: str, *, fresh: bool = False) -> Answer:
        self._fail()
        self.fresh += fresh
        obj = self.store.get(object_id)
        text = text_of(obj)
        why = "request" if fresh else None
        return Answer(text, etag_of(text, obj.meta.version), self.age, why, self.detail)

    async def version(self, object_id: str, version: int) -> Answer:
        obj = self.store.get(object_id, version)
        text = text_of(obj)
        return Answer(text, etag_of(text, version), 0.0, "uri-miss")

    async def history(self, object_id: str) -> Answer:
        told = {"object_id": object_id, "history": self.store.get_object_history(object_id)}
        text = json.dumps(told)
        return Answer(text, etag_of(text), 0.0, "uri-miss")

    async def objects(self, prefix: str, after: str, limit: int) -> Batch:
        self._fail()
        found = [row for name, row in sorted(self.rows.items()) if name.startswith(prefix) and name > after]
        found = [row for row in found if not row.seen.deleted]
        return Batch(tuple(found[:limit]), self._now(), len(found) > limit, self.age)

    async def changes(self, after: str | None, limit: int) -> Batch:
        cursor = Cursor(GENERATION, 0) if after is None else Cursor.read(after)
        if cursor is None or cursor.generation != GENERATION:
            raise UnknownCursor(self._now())
        found = sorted((row for row in self.rows.values() if row.position > cursor.position), key=lambda r: r.position)
        return Batch(tuple(found[:limit]), self._now(), len(found) > limit, self.age)

    async def snapshot(self) -> Document:
        taken = self.store.snapshot()

        async def pieces() -> Any:
            for piece in taken.pieces():
                yield piece

        return Document(pieces(), f'"{self._now()}"', self.age)

    async def cursor(self) -> str:
        self._fail()
        return self._now()

    async def write(self, object_id: str, work: Callable[[Store], Any]) -> Any:
        self._fail()
        try:
            return await asyncio.to_thread(work, self.store)
        finally:
            if self.processes:
                asyncio.get_running_loop().call_later(0.05, self.process)
            self.keep(object_id)

    async def sync(self, *, complete: bool = False) -> Synced:
        self._fail()
        return Synced(3, 0, 0, complete, self._now())

    def hint(self, hint: Hint) -> bool:
        self.hints.append(hint)
        return hint.repository.lower() == self.repository.lower()

    # --- what nobody asks for over HTTP -----------------------------------------------------------

    def process(self) -> None:
        self.store.process_pending()

    def keep(self, object_id: str) -> None:
        obj, before = self.store.get(object_id, default=None), self.rows.get(object_id)
        position = max((row.position for row in self.rows.values()), default=0) + 1
        if obj is not None:
            meta = obj.meta
            seen = Observation(object_id, meta.issue_number, seconds(meta.updated_at), meta.version, text_of(obj))
            self.rows[object_id] = Row(seen, position, 0.0)
        elif before is not None:
            gone = Observation(object_id, before.seen.issue_number, before.seen.updated_at, 0, None)
            self.rows[object_id] = Row(gone, position, 0.0)

    def _now(self) -> str:
        return str(Cursor(GENERATION, max((row.position for row in self.rows.values()), default=0)))

    def _fail(self) -> None:
        if self.failing is not None:
            raise self.failing


@dataclass
class All:
    """Stores that are all there are."""

    served: tuple[Asked, ...]
    started: bool = False
    stopped: bool = False

    async def start(self) -> None:
        self.started = True

    async def stop(self) -> None:
        self.stopped = True


@dataclass
class Answered:
    """An answer, as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def __getitem__(self, name: str) -> str:
        return self.headers[name.lower()]


@dataclass
class Description:
    """What /openapi.json says of an app."""

    app: App

    def __post_init__(self) -> None:
        document = describe(self.app.table, self.app._rights)
        self.paths, self.components = document["paths"], document["components"]
        varying = {"id": ".+", "owner": "[^/]+", "name": "[^/]+"}
        self.patterns = {
            template: re.compile(re.sub(r"\{(\w+)\}", lambda found: varying[found[1]], template))
            for template in self.paths
        }
        self.validators: dict[str, Draft202012Validator] = {}

    def check(self, method: str, path: str, answered: Answered) -> None:
        """An answer is one of those that its endpoint may give, and fits its schema."""
        found = urlsplit(path)
        names = found.path + ("/x" if re.search("(^|&)id=", found.query) else "")
        template = next((name for name, pattern in self.patterns.items() if pattern.fullmatch(names)), None)
        operation = self.paths[template].get(method.lower()) if template is not None else None
        if operation is None:
            assert answered.status in (204, 404, 405, 421, 429, 401), (method, path, answered.status)
            return
        content = operation["responses"][str(answered.status)].get("content", {})
        if answered.body:
            kind = answered["content-type"].partition(";")[0]
            if "json" in kind:
                self.validator(content[kind]["schema"]).validate(answered.json)
            assert kind in content, (template, kind)

    def validator(self, schema: Any) -> Draft202012Validator:
        key = json.dumps(schema)
        if key not in self.validators:
            self.validators[key] = Draft202012Validator({**schema, "components": self.components})
        return self.validators[key]


@dataclass
class Client:
    """Asks a server on this machine, each time over a connection of its own; answers must be as they are described."""

    port: int
    asked: Any
    app: App
    description: Description
    token: str | None = None
    store: str = "ada/data"

    def __call__(
        self, method: str, path: str, body: Any = None, token: str | None = None, **headers: str
    ) -> Answered:  # fmt: skip
        """Ask; a path without a slash in front is one of the store. Names of headers have _ for -; `token=""`: none."""
        where = path if path.startswith("/") else f"/api/v1/repos/{self.store}/{path}".rstrip("/")
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            given.setdefault("Content-Type", "application/json")
        if shown := self.token if token is None else token:
            given.setdefault("Authorization", f"Bearer {shown}")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, where, body=body, headers=given)
            found = connection.getresponse()
            pairs = {name.lower(): value for name, value in found.getheaders()}
            answered = Answered(found.status, pairs, found.read())
        finally:
            connection.close()
        self.description.check(method, where, answered)
        return answered

    def put(self, object_id: str, data: Any, **headers: str) -> Answered:
        return self("PUT", f"objects/{object_id}", data, **headers)


@contextmanager
def running(
    stores: Any, pace: Pace | None = None, patience: Patience | None = None, **settings: Any
) -> Iterator[Client]:
    """A server of stores on a port of its own; on loopback, with the token `secret`, which the client sends."""
    app = App(stores, Settings(**{"token": "secret", **settings}), configuration.load(), pace)
    listening = listen("127.0.0.1", 0)
    port = listening.getsockname()[1]
    server = Running(app, stores, listening, patience)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield Client(port, stores.served[0], app, Description(app), "secret")
    finally:
        server.stop()
        thread.join(20)
        assert not thread.is_alive()


@contextmanager
def serving(*asked: Asked, **options: Any) -> Iterator[Client]:
    """A server of stores that are asked each time, or of one that is empty."""
    stores = All(asked or (Asked(),))
    try:
        with running(stores, **options) as client:
            yield client
        assert stores.stopped
    finally:
        for each in stores.served:
            each.store.close()
