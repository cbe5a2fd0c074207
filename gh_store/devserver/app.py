"""The server: who asks, and what goes wrong. The data is answered by `api`, and what is around it by `answers`."""

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from gh_store.backends.local.sqlite_file import Synchronous
from gh_store.backends.memory import MEMORY, Repository
from gh_store.backends.testing.faults import Faults, FaultyBackend
from gh_store.backends.testing.local import LocalWebUI
from gh_store.backends.testing.memory import MemoryWebUI
from gh_store.backends.testing.web_ui import WebUI
from gh_store.devserver import api, control
from gh_store.devserver.answers import Answers
from gh_store.devserver.apps import App, Apps
from gh_store.devserver.costs import Costs
from gh_store.devserver.deliveries import Deliveries
from gh_store.devserver.faults import FaultPlan
from gh_store.devserver.hooks import Tell, Watched, payload
from gh_store.devserver.origin import is_meant
from gh_store.devserver.payloads import Payloads, number_of, rights
from gh_store.devserver.pool import Pool
from gh_store.devserver.transport import Answer, drop, read_body, send_answer, until_gone
from gh_store.domain.exceptions import GitHubStoreError, ObjectNotFound

_AT_ONCE: Final = 64
"""Reads that are worked on at the same time; writes, which may all wait for a locked file, are as many beside them."""

_NONSENSE: Final = (AttributeError, LookupError, OverflowError, RecursionError, TypeError, ValueError)
"""What our code raises where a request contains what no client sends."""

_READS: Final = ("GET", "HEAD")
_WRITERS: Final = ("write", "maintain", "admin")
_ROUTES: Final = [
    Route(f"{prefix}{path}", endpoint=handler, methods=[method])
    for prefix in ("", "/api/v3")
    for method, path, handler in api.ROUTES
]


T = TypeVar("T")


class DevServer:
    """
    One repository behind GitHub's REST API; an ASGI application.

    Args:
        path: The file of the embedded backend, made if it is missing; `:memory:` for a repository that ends with the
            server.
        repository: `owner/name`.
        users: Token -> login. Without a token, a client may read.
        clock: Returns seconds since the epoch.
        private: True to show the repository only to users with a role of triage or more.
        latency: Seconds that each answer takes.
        synchronous: As for the embedded backend.
        apps: The GitHub Apps that are installed.
        webhooks: Who is told of every change. They are closed with the server.
    Attributes:
        control_token: What `/_devserver/` asks for.
        costs: What was asked for in this hour.
    """

    def __init__(
        self,
        path: str | Path,
        repository: str,
        users: Mapping[str, str],
        *,
        clock: Callable[[], float] = time.time,
        private: bool = False,
        latency: float = 0.0,
        synchronous: Synchronous = "FULL",
        apps: Sequence[App] = (),
        webhooks: Sequence[Deliveries] = (),
    ) -> None:
        self._in_memory = str(path) == MEMORY
        self.owner_pages: WebUI = (
            MemoryWebUI(Repository(clock))
            if self._in_memory
            else LocalWebUI(path, create=not Path(path).exists(), clock=clock, synchronous=synchronous)
        )
        self.repository_id = number_of("repository", repository.lower())
        self.users = dict(users)
        self.control_token = secrets.token_urlsafe(16)
        self.private = private
        self.latency = latency
        self.webhooks = list(webhooks)
        self.faults = FaultPlan(self.owner_pages, repository, Faults(clock=clock))
        self.apps = Apps(apps, clock)
        for app in apps:
            self.owner_pages.set_role(app.bot, app.role)
        self._pool = Pool(self.owner_pages)
        self._reading = ThreadPoolExecutor(_AT_ONCE, "dev-server-read")
        self._writing = ThreadPoolExecutor(_AT_ONCE, "dev-server-write")
        self.costs = Costs(lambda: self.apps, clock)
        self._answers = Answers(self.costs, clock)

    @property
    def repository(self) -> str:
        """The current name of the repository."""
        return self.faults.repository

    def close(self) -> None:
        """Close the file."""
        for threads in (self._reading, self._writing):
            threads.shutdown(wait=False, cancel_futures=True)
        self._pool.close()
        for webhook in self.webhooks:
            webhook.close()

    def pages(self, login: str) -> WebUI:
        """The repository as a user sees and changes it."""
        return self._pool.first(login)

    # --- one request ------------------------------------------------------------------------------

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if not is_meant(scope):
            await send_answer(
                send, self._answers.error(403, "This request is for another host, or comes from another origin.")
            )
            return
        request = Request(scope, receive)
        try:
            body = await read_body(request)
        except ClientDisconnect:
            return
        if body is None:
            await send_answer(send, self._answers.error(413, "The request is too large.", {"connection": "close"}))
            return
        if request.url.path.startswith(control.ROOT):
            await send_answer(send, await self._beside(self._controlled, request, body))
            return
        if self.latency:
            await asyncio.sleep(self.latency)
        fault = self.faults.hit(f"{request.method} {request.url.path}")
        kind = fault.kind if fault else ""
        answer = self._answers.refused(fault) if fault and not _carried_out(kind) else await self._answer(request, body)
        if kind in ("500", "502"):
            answer = Answer(int(kind), {"content-type": "text/html"}, b"<html>Unicorn!</html>")
        self._note(request, answer, kind)
        if kind in ("drop-before", "drop-after"):
            await drop(receive, send)
        elif kind == "timeout":
            await until_gone(receive)
        else:
            await send_answer(send, answer)

    async def _beside(self, work: Callable[..., T], request: Request, *arguments: Any) -> T:
        """What may wait for a file waits beside the loop that answers others; a write holds up no read."""
        if self._in_memory:
            return work(request, *arguments)
        threads = self._reading if request.method in _READS else self._writing
        return await asyncio.get_running_loop().run_in_executor(threads, work, request, *arguments)

    def _controlled(self, request: Request, body: bytes) -> Answer:
        """The answer of the server itself, to who knows its token."""
        token = _token(request.headers.get("authorization", "")) or ""
        if not secrets.compare_digest(token.encode(), self.control_token.encode()):
            return self._answers.error(
                401, "Send the token that the server told at its start: Authorization: Bearer TOKEN."
            )
        before = self.repository
        if self.webhooks:
            self.faults.pages = Watched(self.owner_pages, self._tell(request, self.owner_pages.user))
        reply = control.answer(self.faults, request.method, request.url.path, body)
        if self.repository != before:
            changes = {"repository": {"name": {"from": before.partition("/")[2]}}}
            self._tell(request, self.owner_pages.user)("repository", "renamed", changes=changes)
        return Answer(reply.status, {"content-type": "application/json"}, json.dumps(reply.data).encode())

    async def _answer(self, request: Request, body: bytes) -> Answer:
        token = _token(request.headers.get("authorization", ""))
        path = request.url.path.removeprefix("/api/v3")
        of_app = self.apps.answer(token, request.method, path, self._payloads(request, frozenset()))
        if path.endswith("/installation"):
            of_app = self._moved(request) or of_app
        if of_app is not None:
            return self._answers.finished(request, token, of_app)
        if token is not None and self._login(token) is None:
            return self._answers.finished(request, token, api.Reply.error(401, "Bad credentials"))
        limited = self._answers.limited(token)
        if limited is not None:
            return limited
        return self._answers.finished(request, token, await self._beside(self._reply, request, token, body))

    def _reply(self, request: Request, token: str | None, body: bytes) -> api.Reply:
        login = self._login(token)
        try:
            with self._pool.lent(login or "-anonymous-") as pages:
                return self._routed(request, token, body, login, pages)
        except _NONSENSE:
            return api.Reply.error(422, "Invalid request.")
        except ObjectNotFound:  # a number too large for any row
            return api.Reply.error(404, "Not Found")
        except GitHubStoreError:
            return api.Reply.error(500, "Server Error")

    def _routed(self, request: Request, token: str | None, body: bytes, login: str | None, pages: WebUI) -> api.Reply:
        moved = self._moved(request)
        if moved is not None:
            return moved
        for route in _ROUTES:
            match, child = route.matches(request.scope)
            if match is Match.FULL:
                names = dict(child["path_params"])
                break
        else:
            return api.Reply.error(404, "Not Found")
        if not self._named(names):
            return api.Reply.error(404, "Not Found")
        if self.private and (login is None or pages.role(login) in ("none", "read")):
            return api.Reply.error(404, "Not Found")
        if request.method != "GET" and login is None:
            return api.Reply.error(401, "Requires authentication")
        try:
            sent = json.loads(body) if body else {}
        except (ValueError, RecursionError):
            return api.Reply.error(400, "Problems parsing JSON")
        if self.webhooks and login is not None and request.method not in _READS:
            pages = Watched(pages, self._tell(request, login))
        call = api.Call(
            payloads=self._payloads(request, self._writers(pages)),
            backend=FaultyBackend(pages, self.faults.lags),
            pages=pages,
            login=login,
            names=names,
            query=dict(request.query_params),
            sent=sent,
            private=self.private,
            issues=not self.faults.no_issues,
            limit=self.costs.limit(token),
            apps=self.apps.bots,
        )
        try:
            return route.endpoint(call)  # type: ignore[no-any-return]  # starlette has no type for endpoints
        except GitHubStoreError as error:
            return api.refusal(error, call)

    def _login(self, token: str | None) -> str | None:
        """Whose token that is."""
        app = self.apps.of_token(token) if token is not None else None
        return app.bot if app is not None else self.users.get(token) if token is not None else None

    def _payloads(self, request: Request, writers: frozenset[str]) -> Payloads:
        below = "/api/v3" if request.url.path.startswith("/api/v3") else ""
        base = f"{request.url.scheme}://{request.url.netloc}{below}"
        return Payloads(base, self.repository, self.repository_id, writers)

    def _tell(self, request: Request, login: str) -> Tell:
        """What tells the webhooks of changes that somebody makes."""
        payloads = self._payloads(request, self._writers(self.owner_pages))

        def tell(event: str, action: str, **about: Any) -> None:
            now, may = self.owner_pages.now(), rights("admin")
            whole = payloads.whole_repository(now, private=self.private, issues=not self.faults.no_issues, rights=may)
            for webhook in self.webhooks:
                webhook.put(event, payload(payloads, whole, login, action, **about))

        return tell

    def _named(self, names: Mapping[str, Any]) -> bool:
        if "repository_id" in names:
            return int(names["repository_id"]) == self.repository_id
        if "owner" in names:
            return f"{names['owner']}/{names['repo']}".lower() == self.repository.lower()
        return True

    def _moved(self, request: Request) -> api.Reply | None:
        """The redirect of a renamed repository: 301 for reads, 307 for writes."""
        former = self.faults.renamed
        before, found, rest = request.url.path.partition(f"/repos/{former}")
        if former is None or not found or (rest and not rest.startswith("/")):
            return None
        here = f"{request.url.scheme}://{request.url.netloc}{before}/repositories/{self.repository_id}{rest}"
        location = f"{here}?{request.url.query}" if request.url.query else here
        return api.moved(location, 301 if request.method == "GET" else 307)

    def _writers(self, pages: WebUI) -> frozenset[str]:
        return frozenset(login.lower() for login in [*self.users.values()] if pages.role(login) in _WRITERS)

    # --- the server itself ------------------------------------------------------------------------

    def _note(self, request: Request, answer: Answer, fault: str) -> None:
        points = 0 if answer.status == 304 else 1 if request.method == "GET" else 5
        query = f"?{request.url.query}" if request.url.query else ""
        asked = {"method": request.method, "path": f"{request.url.path}{query}", "status": answer.status}
        self.faults.requests.append({**asked, "points": points, "fault": fault or None})


def _carried_out(kind: str) -> bool:
    return kind in ("drop-after", "502", "timeout")


def _token(authorization: str) -> str | None:
    _, _, token = authorization.partition(" ")
    return token.strip() or None
