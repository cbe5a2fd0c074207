"""
A server in simulated time: its loop waits on the clock of a world, and its threads work one step at a time.

Nothing here is concurrent, so every run is the same; what overlaps does so because each piece of work takes some time.
"""

import asyncio
import math
import random
import selectors
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from world import Clock, World

from gh_store import Store
from gh_store.backends.base import Backend
from gh_store.domain.issues import Comment, Issue
from gh_store.issues.object_issue import read_issue
from gh_store.serve.answers import Answers
from gh_store.serve.cache import Cache
from gh_store.serve.cache.sqlite import SqliteCache
from gh_store.serve.hub import Hub
from gh_store.serve.model import seconds
from gh_store.serve.webhook import Hint

T = TypeVar("T")

_STEP = 0.3
"""Seconds that a piece of work takes."""


class Killed(BaseException):
    """The process has ended here."""


class _Selector(selectors.DefaultSelector):
    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready and timeout != 0:
            assert timeout is not None, "everybody waits for somebody else"
            self.clock.at = max(self.clock.at + timeout, math.nextafter(self.clock.at, math.inf))
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        super().__init__(_Selector(clock))
        self._clock_resolution = 1e-6  # seconds since the epoch are floats

    def time(self) -> float:
        return self.clock.at


class Threads(Executor):
    """Work that begins after a moment, on one real thread that the loop waits for."""

    worker = ThreadPoolExecutor(1, "simulated")

    def __init__(self, _name: str, most: int) -> None:
        self.most = most
        self.takes = _STEP
        self.running = self.peak = 0
        self.waiting: list[tuple[Future[Any], Callable[[], Any]]] = []
        self.closed = False

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future = Future[Any]()
        self.waiting.append((future, lambda: work(*args, **kwargs)))
        self._next()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002  # as Executor's
        self.closed = True

    def _next(self) -> None:
        while self.waiting and self.running < self.most:
            self.running += 1
            self.peak = max(self.peak, self.running)
            asyncio.get_running_loop().call_later(self.takes, self._run, *self.waiting.pop(0))

    def _run(self, future: Future[Any], work: Callable[[], Any]) -> None:
        self.running -= 1
        if self.closed or not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(self.worker.submit(work).result())
        except BaseException as error:  # noqa: BLE001  # a kill, too
            future.set_exception(error)
        self._next()


def run(world: World, main: Callable[[], Awaitable[T]]) -> T:
    """Run something in the time of a world."""

    async def within() -> T:
        return await main()

    with asyncio.Runner(loop_factory=lambda: _Loop(world.clock)) as runner:
        return runner.run(within())


def serving(
    world: World, path: Path, *, store: Store | None = None, cache: Cache | None = None, seed: int = 1, **terms: Any
) -> Answers:
    """A server of a world's repository, whose cache is in a file."""
    shown = {name: terms.pop(name) for name in ("ttl", "embedded") if name in terms}
    hub = Hub(
        store or world.store(),
        cache or SqliteCache(path),
        clock=world.clock,
        jitter=random.Random(seed).random,
        threads=Threads,
        **terms,
    )
    return Answers(hub, **shown)


async def until(served: Answers, holds: Callable[[], bool], most: float = 600.0) -> None:
    """Wait until something holds."""
    end = served.hub.clock() + most
    while not holds():
        assert served.hub.clock() < end, f"not after {most} s"
        await asyncio.sleep(0.05)


async def idle(served: Answers, most: float = 3600.0) -> None:
    """Wait until nothing is under way."""
    hub = served.hub
    await asyncio.sleep(0.1)  # so that what is due has begun
    await until(served, lambda: is_idle(served), most)
    assert hub.watch.model is not None


def is_idle(served: Answers) -> bool:
    hub = served.hub
    model = hub.watch.model
    busy = hub._syncing or len(hub.queue) or (hub.processing.on and len(hub.processing))
    return not busy and model is not None and model.complete and hub.asking.gate.is_open


def held(served: Answers) -> dict[str, tuple[int, int, str]]:
    """What the model holds: object id -> issue, version, text."""
    rows = served.hub.watch.cache.rows("", "", 100_000)
    return {row.seen.object_id: (row.seen.issue_number, row.seen.version, row.seen.text or "") for row in rows}


class Deliveries:
    """
    The webhooks that GitHub sends of what happens in a world.

    Args:
        world: Its issues are compared with how they were.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self._issues: dict[int, Issue] = {}
        self._comments: dict[int, tuple[Comment, ...]] = {}
        self.take()

    def take(self) -> list[Hint]:
        """Those of what has happened since the last call, in order of issues."""
        hints, before = [], self._issues
        self._issues = {issue.number: issue for issue in self.world.issues()}
        for number, issue in self._issues.items():
            if issue == before.get(number):
                continue
            head = read_issue(issue, self.world.config)
            known = {comment.id for comment in self._comments.get(number, ())}
            self._comments[number] = self.world.comments(number)
            where = self.world.repository, 1, number
            new = (comment.id for comment in self._comments[number] if comment.id not in known)
            hints += [Hint(*where, comment, seconds(issue.updated_at), head=head) for comment in new]
            hints.append(Hint(*where, 0, seconds(issue.updated_at), head=head, whole=True))
        hints += [Hint(self.world.repository, 1, number, gone=True) for number in before.keys() - self._issues.keys()]
        return hints


class Cut:
    """
    A backend or a cache behind which the process ends at one of its steps.

    Args:
        behind: What is asked.
        steps: Shared by all that belong to one process: how many steps are left; None for no end.
    """

    def __init__(self, behind: Any, steps: "Steps") -> None:
        self._behind = behind
        self._steps = steps

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._behind, name)
        if not callable(member) or name in ("close", "uninterrupted", "batch", "now"):
            return member

        def asked(*args: Any, **kwargs: Any) -> Any:
            self._steps.step()
            answer = member(*args, **kwargs)
            self._steps.step()
            return answer

        return asked


class Steps:
    """Counts the steps of a process, and ends it after so many."""

    def __init__(self, most: int | None = None) -> None:
        self.taken = 0
        self.most = most

    @property
    def ended(self) -> bool:
        return self.most is not None and self.taken > self.most

    def step(self) -> None:
        self.taken += 1
        if self.ended:
            raise Killed


def cut_store(world: World, steps: Steps) -> Store:
    """A program's store that ends with its process."""
    backend: Backend = Cut(world.through(), steps)
    return Store(backend, world.config, sleep=world.clock.sleep, clock=world.clock)
