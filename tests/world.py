"""One repository and everybody who acts on it, on a clock that only moves when somebody sleeps."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

import in_process

from gh_store import Store
from gh_store.backends.base import Backend
from gh_store.backends.github import Connection, GitHubBackend, Limiter, Limits
from gh_store.backends.memory import MEMORY, Repository
from gh_store.backends.testing.faults import Faults, FaultyBackend
from gh_store.backends.testing.local import LocalWebUI
from gh_store.backends.testing.memory import MemoryWebUI
from gh_store.backends.testing.web_ui import WebUI
from gh_store.config import Config
from gh_store.devserver.app import DevServer
from gh_store.devserver.server import serving
from gh_store.domain.issues import Comment, Issue, Role
from gh_store.issues.object_issue import ObjectIssue, read_issue

REPOSITORY = "local/data"


@dataclass
class Clock:
    """Seconds since the epoch; sleeping is what moves them."""

    at: float = 1_800_000_000.0
    slept: float = 0.0

    def __call__(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds
        self.slept += seconds


class Switch:
    """One server on a socket for all tests of a process; each test puts its own repository behind it."""

    def __init__(self) -> None:
        self.app: DevServer | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert self.app is not None
        await self.app(scope, receive, send)


@dataclass
class World:
    """
    One repository, and everybody who acts on it.

    A context manager: in the end, what a sweep leaves of its store must be sound.
    """

    path: Path
    config: Config
    lagging: bool = False
    clock: Clock = field(default_factory=Clock)
    faults: Faults = field(init=False)
    closing: ExitStack = field(default_factory=ExitStack)
    people: dict[str, WebUI] = field(default_factory=dict)

    breaks_stores: ClassVar[bool] = False

    def __post_init__(self) -> None:
        self.faults = Faults(clock=self.clock)
        if self.lagging:
            self.faults.label_lag, self.faults.read_lag, self.faults.late_ids = 1.5, 0.9, True

    @property
    def repository(self) -> str:
        """What the repository is called."""
        return self.backend().repository

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        with self.closing:
            if error is None and not self.breaks_stores:
                self.check()

    def check(self) -> None:
        """After a sweep, the store is as its logs say."""
        self.settle()
        failed = [done for done in self.near().process_pending() if done.error is not None]
        assert failed == [], failed
        damage = self.near().verify().damage
        assert damage == (), damage

    def backend(self, user: str | None = None) -> WebUI:
        """The repository in somebody's hands, without faults: as on the pages of GitHub."""
        name = user or "local"
        if name not in self.people:
            self.people[name] = self.open(user)
            self.closing.callback(self.people[name].close)
        return self.people[name]

    def open(self, user: str | None) -> WebUI:
        """The repository, opened anew by somebody."""
        return LocalWebUI(self.path, user=user, clock=self.clock, synchronous="OFF")

    def through(self, user: str | None = None) -> Backend:
        """The repository as somebody's program reaches it."""
        return self.backend(user)

    def store(self, user: str | None = None, **options: Any) -> Store:
        """A store in somebody's hands; each call is a program of its own, which remembers nothing."""
        options = {"config": self.config, "sleep": self.clock.sleep, "clock": self.clock, **options}
        return Store(FaultyBackend(self.through(user), self.faults), **options)

    def near(self) -> Store:
        """The owner's store, reached without faults and without a network: for preparing and looking."""
        return Store(self.backend(), self.config, sleep=self.clock.sleep)

    def user(self, login: str, role: Role) -> WebUI:
        """A user with a role."""
        self.backend().set_role(login, role)
        return self.backend(login)

    def settle(self) -> None:
        """Let all lag pass."""
        self.clock.sleep(10)

    # --- what a person sees on the page of an issue ------------------------------------------------

    def issue(self, number: int = 1) -> Issue:
        return self.backend().get_issue(number)

    def issues(self) -> list[Issue]:
        """All of them, by number."""
        page = self.backend().list_issues()
        issues = list(page.issues)
        while page.next is not None:
            page = self.backend().list_issues(cursor=page.next)
            issues += page.issues
        return issues

    def head(self, number: int = 1) -> ObjectIssue:
        """What an issue says of its object."""
        return read_issue(self.issue(number), self.config)

    def comments(self, number: int = 1) -> tuple[Comment, ...]:
        comments: list[Comment] = []
        page = 1
        while True:
            read = self.backend().list_comments(number, page)
            comments.extend(read.comments)
            if not read.more:
                return tuple(comments)
            page += 1

    def requests(self) -> list[str]:
        """The verbs asked for since the last call."""
        calls, self.faults.calls[:] = list(self.faults.calls), []
        return calls


class MemoryWorld(World):
    """The repository in memory."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.data = Repository(self.clock)

    def open(self, user: str | None) -> WebUI:
        return MemoryWebUI(self.data, user=user)


class GitHubWorld(World):
    """
    The repository on a server that behaves like GitHub, reached over HTTP: in memory and without a socket, unless asked.
    """

    @property
    def repository(self) -> str:
        return REPOSITORY

    def __init__(self, path: Path, config: Config, *, lagging: bool = False, in_file: bool = False) -> None:
        super().__init__(path, config)
        self.server = DevServer(
            path if in_file else MEMORY, REPOSITORY, {"token-of-local": "local"}, clock=self.clock, synchronous="OFF"
        )
        if lagging:
            lags = self.server.faults.lags
            lags.label_lag, lags.read_lag, lags.late_ids = 1.5, 0.9, True
        self.closing.callback(self.server.close)
        self.address = self.closing.enter_context(in_process.serving(self.server))

    def open(self, user: str | None) -> WebUI:
        return self.server.owner_pages.as_user(user or "local")

    def on_a_socket(self) -> Self:
        """Answer at an address that other processes may use, too."""
        _SWITCH.app, self.address = self.server, address()
        return self

    @property
    def trouble(self) -> Any:
        """What goes wrong on the server, and what was asked of it."""
        return self.server.faults

    def connection(self, user: str | None = None, **options: Any) -> Connection:
        """Where somebody's requests go; -anonymous- sends no token."""
        if user == "-anonymous-":
            return Connection(self.address, **options)
        token = f"token-of-{user or 'local'}"
        self.server.users[token] = user or "local"
        return Connection(self.address, token, **options)

    def through(self, user: str | None = None, *, limits: Limits | None = None, **options: Any) -> GitHubBackend:
        limiter = Limiter(limits or Limits(), clock=self.clock, sleep=self.clock.sleep)
        backend = GitHubBackend(REPOSITORY, self.connection(user, **options), limiter)
        self.closing.callback(backend.close)
        return backend

    def requests(self) -> list[str]:
        calls, asked = super().requests(), self.asked()
        assert len(asked) == len(calls), f"{calls} took {asked}"
        return calls

    def asked(self) -> list[str]:
        """The requests since the last call: `METHOD /path?query status`."""
        asked = [f"{each['method']} {each['path']} {each['status']}" for each in self.trouble.requests]
        self.trouble.requests.clear()
        return asked


_SWITCH = Switch()
_SERVING = ExitStack()
_ADDRESS: list[str] = []


def address() -> str:
    """The address of the one server of this process."""
    if not _ADDRESS:
        _ADDRESS.append(_SERVING.enter_context(serving(_SWITCH)))
    return _ADDRESS[0]


def stop_server() -> None:
    """End it, with the tests."""
    _SERVING.close()
    _ADDRESS.clear()
