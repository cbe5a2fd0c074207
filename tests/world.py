"""One repository and everybody who acts on it, on a clock that only moves when somebody sleeps."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gh_store import Store
from gh_store.backends.base import Comment, Issue
from gh_store.backends.faults import Faults, FaultyBackend
from gh_store.backends.local import LocalBackend, Role
from gh_store.core.config import Config


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


@dataclass
class World:
    """One repository, and everybody who acts on it."""

    path: Path
    config: Config
    lagging: bool = False
    clock: Clock = field(default_factory=Clock)
    faults: Faults = field(init=False)
    closing: ExitStack = field(default_factory=ExitStack)
    people: dict[str, LocalBackend] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.faults = Faults(clock=self.clock)
        if self.lagging:
            self.faults.label_lag, self.faults.read_lag, self.faults.late_ids = 1.5, 0.9, True

    def backend(self, user: str | None = None) -> LocalBackend:
        """The repository in somebody's hands, without faults: as on the pages of GitHub."""
        name = user or "local"
        if name not in self.people:
            self.people[name] = LocalBackend(self.path, user=user, clock=self.clock)
            self.closing.callback(self.people[name].close)
        return self.people[name]

    def store(self, user: str | None = None, **options: Any) -> Store:
        """A store in somebody's hands; each call is a program of its own, which remembers nothing."""
        config = options.pop("config", self.config)
        return Store(FaultyBackend(self.backend(user), self.faults), config, sleep=self.clock.sleep, **options)

    def user(self, login: str, role: Role) -> LocalBackend:
        """A user with a role."""
        self.backend().set_role(login, role)
        return self.backend(login)

    def settle(self) -> None:
        """Let all lag pass."""
        self.clock.sleep(10)

    # --- what a person sees on the page of an issue ------------------------------------------------

    def issue(self, number: int = 1) -> Issue:
        return self.backend().get_issue(number)

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
