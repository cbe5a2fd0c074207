"""All endpoints: one table, from which routing, metrics and the description of the API are made."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gh_store.serve import webhook
from gh_store.serve.http import values, writes
from gh_store.serve.http.events import Events
from gh_store.serve.http.health import Health
from gh_store.serve.http.hooks import Hooks
from gh_store.serve.http.message import Call, Response
from gh_store.serve.http.metrics import Metrics
from gh_store.serve.http.reads import ROOT, Reads
from gh_store.serve.http.values import Parameter
from gh_store.serve.rights import Access

JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"
REPOSITORY: Final = f"{ROOT}/{{owner}}/{{name}}"
OBJECTS: Final = f"{REPOSITORY}/objects"
OBJECT: Final = f"{REPOSITORY}/objects/{{id}}"
HISTORY: Final = f"{REPOSITORY}/history/{{id}}"
WEBHOOK: Final = "/api/v1/webhooks/github"
DESCRIPTION: Final = "/openapi.json"

_ID: Final = values.text("id", "The object, instead of in the path: clients rewrite . and .. there.", None)
_WAIT: Final = values.seconds("wait", "Seconds to wait until the update is applied.", writes.LONGEST_WAIT)
_PREFIX: Final = values.text("prefix", "Only ids that begin with it.")
_AFTER: Final = values.text("after", "Only ids that follow this one.")
_LIMIT: Final = values.whole("limit", "At most so many.", 1, 1_000, 100)

Endpoint = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Route:
    """
    An endpoint.

    Attributes:
        template: Its path, with the parts that vary in braces.
        endpoint: What answers.
        access: What it asks of callers.
        answers: What it tells by status: the name of a schema, a media type, or nothing.
        parameters: Of the query; None where it does not matter what is given.
        bodies: The media types that it takes; none if it takes no body.
        largest: Bytes of a body.
        conditions: The headers that it heeds.
    """

    method: str
    template: str
    summary: str
    endpoint: Endpoint
    access: Access
    answers: Mapping[int, str | None]
    parameters: Sequence[Parameter] | None = ()
    bodies: Sequence[str] = ()
    largest: int = 0
    conditions: Sequence[str] = ()

    @property
    def of_store(self) -> bool:
        """True if it is about one store."""
        return self.template.startswith(REPOSITORY)

    @property
    def of_object(self) -> bool:
        """True if it is about one object."""
        return "{id}" in self.template


def routes(
    reads: Reads, events: Events, hooks: Hooks, health: Health, metrics: Metrics, description: Endpoint
) -> list[Route]:
    """The table."""
    read, write, free = Access.READ, Access.WRITE, Access.OPEN
    known = ("If-None-Match",)
    guarded = ("If-Match", "Idempotency-Key")
    refused = {409: None, 412: None, 413: None, 415: None, 422: None, 502: None}
    return [
        Route("GET", ROOT, "The state of all stores.", reads.repositories, read, {200: "Repositories", 304: None},
              conditions=known),
        Route("GET", REPOSITORY, "The state of a store.", reads.repository, read, {200: "Repository", 304: None},
              conditions=known),
        Route("GET", OBJECTS, "Objects by id; an object, with `id`.", reads.objects, read, {200: "Objects", 304: None},
              (_PREFIX, _AFTER, _LIMIT), conditions=known),
        Route("GET", OBJECT, "An object.", reads.one, read, {200: "Object", 304: None, 502: None},
              (_ID, values.whole("version", "As it was at this version.", 1, 10**9),
               values.flag("fresh", "Ask GitHub first; takes the token.", guarded=True)), conditions=known),
        Route("GET", HISTORY, "What was applied to an object or rejected.", reads.history, read,
              {200: "History", 304: None, 502: None}, (_ID,), conditions=known),
        Route("GET", f"{REPOSITORY}/snapshot", "All objects in one document.", reads.snapshot, read,
              {200: "Snapshot", 304: None}, conditions=known),
        Route("GET", f"{REPOSITORY}/changes", "Which objects changed after a cursor.", reads.changes, read,
              {200: "Changes", 304: None, 410: None},
              (values.text("after", "A cursor; without one, all objects changed.", None), _LIMIT), conditions=known),
        Route("GET", f"{REPOSITORY}/events", "Server-sent events: `connected`, then `refresh` for each change.",
              events.events, read, {200: "text/event-stream"}, conditions=("Last-Event-ID",)),
        Route("PUT", OBJECT, "Create an object, or replace its data.", writes.put, write,
              {200: "Object", 201: "Object", 202: "Object", **refused}, (_ID, _WAIT), (JSON,), writes.LARGEST,
              (*guarded, "If-None-Match")),
        Route("PATCH", OBJECT, "Change an object.", writes.patch, write,
              {200: "Object", 202: "Object", **refused}, (_ID, _WAIT), (*writes.MODES,), writes.LARGEST, guarded),
        Route("DELETE", OBJECT, "Delete an object.", writes.delete, write,
              {204: None, 409: None, 412: None, 502: None}, (_ID,), conditions=("If-Match",)),
        Route("POST", f"{REPOSITORY}/sync", "Look at what changed on GitHub, or at everything.", writes.sync, write,
              {200: "Sync", 502: None}, (values.flag("complete", "Look at everything."),)),
        Route("POST", WEBHOOK, "Take a webhook of GitHub.", hooks.take, free,
              {202: None, 204: None, 401: None, 404: None, 413: None}, None, (JSON, _FORM), webhook.LARGEST),
        Route("GET", "/healthz", "The server runs.", health.alive, free, {200: "Health"}, None),
        Route("GET", "/readyz", "All objects are known, and caches answer.", health.ready, free, {200: "Health"}, None),
        Route("GET", "/metrics", "Measurements, for Prometheus.", metrics.metrics, read, {200: "text/plain"}, None),
        Route("GET", DESCRIPTION, "This description.", description, read, {200: "object", 304: None}, None,
              conditions=known),
    ]  # fmt: skip  # a table


class Router:
    """
    Finds the endpoints of a path.

    Args:
        table: All endpoints.
    """

    def __init__(self, table: Sequence[Route]) -> None:
        self._methods: dict[str, dict[str, Route]] = {}
        for route in table:
            self._methods.setdefault(route.template, {})[route.method] = route

    def find(self, path: str) -> tuple[dict[str, Route], str, str]:
        """
        The endpoints of a path by method, with the store and the object that it names; no endpoint if it is none.

        Raises:
            Problem: The path cannot be decoded.
        """
        if not path.startswith(f"{ROOT}/"):
            return self._methods.get(path, {}) if "{" not in path else {}, "", ""
        owner, _, rest = path[len(ROOT) + 1 :].partition("/")
        name, _, rest = rest.partition("/")
        kind, _, last = rest.partition("/")
        template = f"{REPOSITORY}/{kind}" if kind else REPOSITORY
        if last or (f"{template}/{{id}}" in self._methods and template not in self._methods):
            template = f"{template}/{{id}}"
        methods = self._methods.get(template, {}) if "{" not in kind else {}
        return methods, values.decoded(f"{owner}/{name}").lower(), values.decoded(last)

    def of_object(self, methods: Mapping[str, Route]) -> dict[str, Route]:
        """The endpoints of one object, where the query names it and the path is that of all of them."""
        template = next(iter(methods.values())).template
        return self._methods.get(f"{template}/{{id}}", {})
