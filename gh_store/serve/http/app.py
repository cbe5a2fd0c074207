"""The server as an ASGI application: who may come in, which endpoint is meant, and what becomes of errors."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any, Final

from starlette.types import Receive, Scope, Send

from gh_store.config import Config
from gh_store.logger import logger
from gh_store.serve.http import guards, routes, values
from gh_store.serve.http.events import Events, Pace
from gh_store.serve.http.health import Health
from gh_store.serve.http.hooks import Hooks
from gh_store.serve.http.message import Call, Problem, Response, no_such_path, retry
from gh_store.serve.http.metrics import OTHER, Metrics
from gh_store.serve.http.openapi import describe
from gh_store.serve.http.problems import problem_of
from gh_store.serve.http.reads import Reads
from gh_store.serve.http.routes import Route
from gh_store.serve.http.transfer import ClientGone, read_body, read_headers, send_response
from gh_store.serve.rights import Access
from gh_store.serve.served import Stores
from gh_store.serve.settings import Settings

_HOOKS_AT_ONCE: Final = 16
"""Large bodies of webhooks that are in memory at once: anybody may send them."""

_HOOKS_WAITING: Final = 256
"""Large ones that wait until one of those bodies was read: GitHub sends each once, and gives it 10 s."""

_CHALLENGE: Final = 'Bearer realm="gh-store"'


class App:
    """
    All endpoints over some stores.

    Args:
        config: The settings of the stores.
        pace: What streams of events may take.
    Attributes:
        table: All endpoints.
    """

    def __init__(self, stores: Stores, settings: Settings, config: Config, pace: Pace | None = None) -> None:
        served = tuple(stores.served)
        self._settings, self._rights = settings, settings.rights
        self._served = {each.repository.lower(): each for each in served}
        self._rate = guards.Rate(settings.rate, time.monotonic)
        self._unsigned = guards.Rate(settings.rate, time.monotonic)  # readers behind GitHub's proxy use up none of it
        self._events = Events(pace or Pace())
        self._metrics = Metrics(served, self._events)
        self._hooks = Hooks(served, settings.webhook_secret, config, self._metrics.hooked, self._unsigned.spend)
        self._reads = Reads.of(served, self._rights, settings.max_age)
        self._hooks_now, self._hook_turns = 0, asyncio.Semaphore(_HOOKS_AT_ONCE)
        self._closed = False
        self.table = routes.routes(
            self._reads, self._events, self._hooks, Health(served), self._metrics, self._description
        )
        self._described = describe(self.table, self._rights)
        self._router = routes.Router(self.table)

    def close(self) -> None:
        """End all streams of events, which would go on for half an hour, and all waits for a decision."""
        self._closed = True
        self._events.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return
        started, label = time.perf_counter(), OTHER
        headers, method = read_headers(scope["headers"]), scope["method"]
        response = None
        try:
            try:
                methods, store, object_id = self._route(scope)
                label = next(iter(methods.values())).template if methods else OTHER
                client = self._admit(scope, headers, methods)
                response = await self._answer(scope, receive, headers, methods, client, store, object_id)
            except ClientGone:
                return
            except asyncio.CancelledError:
                if not self._closed:
                    raise
                response = _stopping().response()
            except Exception as error:  # noqa: BLE001  # the one place where errors become answers
                response = problem_of(error).response()
            more = guards.cors_headers(headers.get("origin"), self._settings.cors)
            await send_response(response, method, more, receive, send)
        except ClientGone:
            pass
        except Exception as error:
            logger.warning("an answer of {} was cut: {}", label, error)
            raise
        finally:
            if response is not None:
                if response.done is not None:
                    response.done()
                seconds = time.perf_counter() - started
                self._metrics.answered(method, label, response.status, seconds if response.pieces is None else None)
                logger.debug("{} {}: {} in {:.1f} ms", method, label, response.status, 1_000 * seconds)

    # --- who, and what ----------------------------------------------------------------------------

    def _route(self, scope: Scope) -> tuple[Mapping[str, Route], str, str]:
        methods, store, object_id = self._router.find(scope["raw_path"].decode("latin-1"))
        names = (part.partition(b"=")[0] for part in scope["query_string"].split(b"&"))
        if methods and not object_id and b"id" in names:
            methods = self._router.of_object(methods) or methods
        return methods, store, object_id

    def _admit(self, scope: Scope, headers: Mapping[str, str], methods: Mapping[str, Route]) -> str:
        """The address of a caller who may come in. Raises Problem for any other."""
        is_hook = any(route.template == routes.WEBHOOK for route in methods.values())
        if not is_hook:
            hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
            guards.check_host(hosts, scope["http_version"], self._settings)
        peer = scope["client"][0] if scope["client"] else ""
        client = guards.client_of(peer, headers.get("x-forwarded-for"), self._settings.trusted_proxies)
        if is_hook:  # GitHub sends as many as it has, once each; those of others are counted when they are read
            self._unsigned.check(client)
        elif not any(route.access is Access.OPEN for route in methods.values()):
            self._rate.check(client)
            self._rate.spend(client)
        return client

    def _allowed(self, methods: Mapping[str, Route]) -> list[str]:
        """The methods that a path takes of anybody."""
        shown = [name for name, route in methods.items() if route.access is not Access.WRITE or self._rights.writable]
        return [*shown, *(["HEAD"] if "GET" in shown else []), "OPTIONS"]

    def _check_rights(self, route: Route, given: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        rights, guarded = self._rights, [
            each.name for each in route.parameters or () if each.guarded and given[each.name] != each.default
        ]  # fmt: skip  # what takes the token
        if guarded and rights.token is None:
            raise Problem(
                403,
                "Forbidden",
                f"{guarded[0]} takes a token, and this server has none.",
                "Leave it out, or start the server with GH_STORE_SERVE_TOKEN.",
            )
        authorization = headers.get("authorization")
        if (guarded or rights.takes_token(route.access)) and not rights.is_presented(authorization):
            challenge = _CHALLENGE if authorization is None else f'{_CHALLENGE}, error="invalid_token"'
            raise Problem(
                401,
                "Unauthorized",
                "This takes the token of the server." if authorization is None else "This is not the token.",
                "Send Authorization: Bearer, and what GH_STORE_SERVE_TOKEN is on the server.",
                {"WWW-Authenticate": challenge},
            )

    # --- the answer -------------------------------------------------------------------------------

    async def _answer(
        self,
        scope: Scope,
        receive: Receive,
        headers: Mapping[str, str],
        methods: Mapping[str, Route],
        client: str,
        store: str,
        object_id: str,
    ) -> Response:
        if not methods or (routes.WEBHOOK in (each.template for each in methods.values()) and not self._hooks.enabled):
            raise no_such_path()
        if scope["method"] == "OPTIONS":
            return guards.preflight(headers, self._settings.cors, self._allowed(methods))
        route = methods.get("GET" if scope["method"] == "HEAD" else scope["method"])
        if route is None or (route.access is Access.WRITE and not self._rights.writable):
            raise self._not_allowed(methods, route)
        given = values.read_query(scope["query_string"], route.parameters)
        self._check_rights(route, given, headers)
        served = self._served.get(store) if route.of_store else None
        if route.of_store and served is None:
            raise Problem(404, "NotFound", "This server has no such store.", "GET /api/v1/repos lists its stores.")
        named = _object(route, object_id, given)
        call = Call(scope["method"], headers, given, client, served, named, ending=lambda: self._closed)
        if not route.largest:
            return await route.endpoint(call)
        if route.template != routes.WEBHOOK:
            return await route.endpoint(replace(call, body=await _body_of(route, call, receive)))
        return await self._hook(route, call, receive)

    async def _hook(self, route: Route, call: Call, receive: Receive) -> Response:
        """Who sends little, and slowly, keeps no large one from being read."""
        async with AsyncExitStack() as held:
            body = await _body_of(route, call, receive, lambda: held.enter_async_context(self._hook_turn()))
            return await route.endpoint(replace(call, body=body))

    @asynccontextmanager
    async def _hook_turn(self) -> AsyncIterator[None]:
        if self._hooks_now >= _HOOKS_AT_ONCE + _HOOKS_WAITING:
            raise Problem(503, "TooManyBodies", "Too many webhooks are being read.", "Send it again.", retry(1))
        self._hooks_now += 1
        try:
            async with self._hook_turns:
                yield
        finally:
            self._hooks_now -= 1

    def _not_allowed(self, methods: Mapping[str, Route], route: Route | None) -> Problem:
        allow = {"Allow": ", ".join(self._allowed(methods))}
        if route is None:
            return Problem(405, "MethodNotAllowed", "This path does not take this method.", "See Allow.", allow)
        return Problem(
            405,
            "ReadOnly",
            "This server takes no writes.",
            "Start it without --read-only, and with GH_STORE_SERVE_TOKEN.",
            allow,
        )

    async def _description(self, call: Call) -> Response:
        return self._reads.told(call, self._described)


async def _body_of(
    route: Route, call: Call, receive: Receive, turn: Callable[[], Awaitable[None]] | None = None
) -> bytes:  # fmt: skip  # what it takes, what it yields
    return await read_body(receive, call.headers.get("content-length"), route.largest, turn)


def _stopping() -> Problem:
    """The time is up for what was not answered when the server was told to end."""
    hint = "Send it again when it runs; an update with an Idempotency-Key counts once."
    return Problem(503, "Stopping", "The server is being stopped.", hint, retry(1))


def _object(route: Route, in_path: str, given: Mapping[str, Any]) -> str:
    """The object that a request names once, in its path or its query."""
    in_query = given.get("id") if route.of_object else None
    if in_path and in_query is not None:
        raise Problem(400, "InvalidInput", "The object is named in the path and by ?id=.", "Name it once.")
    return in_path or in_query or ""
