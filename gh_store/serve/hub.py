"""
Keeps a read model fresh: what is hinted at, what is due, and who processes it.

One loop decides what to do next, by rules that are plain values (Queue, Gate, Plan). What waits for GitHub runs in
threads: four refreshes at once, one sync, one look-up for each object that was missed, and one that processes.
"""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from contextlib import suppress
from typing import Any, Final, TypeVar

from gh_store.domain.counts import several
from gh_store.domain.exceptions import GitHubStoreError
from gh_store.issues.object_issue import Status
from gh_store.logger import logger
from gh_store.serve.asking import POOLS, Asking, make_threads
from gh_store.serve.cache import Cache, CacheDown
from gh_store.serve.gate import CLOSING, Gate
from gh_store.serve.plan import Kind, Plan
from gh_store.serve.processing import Processing
from gh_store.serve.queue import Queue, Want
from gh_store.serve.refresh import Looked, Over, Refresh, observation
from gh_store.serve.served import Synced
from gh_store.serve.sync import Sync
from gh_store.serve.waiting import Waiting, tell
from gh_store.serve.watch import Watch
from gh_store.serve.webhook import Hint
from gh_store.store import Store

T = TypeVar("T")

_DELAY: Final = 0.05
"""Seconds in which hints at the same issue become one look."""

_MOST: Final = 10_000
"""Issues that wait; where more do, a sync looks at them."""

_LOOKS: Final = 4
"""Looks at an issue until it is taken as it shows itself: what is looked for may be gone."""


class Hub:
    """
    The work on one store.

    Args:
        store: May be shared by threads, and waits out no limit (`on_limit: raise`).
        cache: Where its model is.
        interval: Seconds between two looks at what changed; 0 for none but the first.
        process: Apply what is pending.
        repository: What it is called, where that is not what its backend says.
        clock: Seconds since the epoch.
        jitter: A number from 0 to 1, another each time.
        threads: Makes the threads that wait for answers.
    """

    def __init__(
        self,
        store: Store,
        cache: Cache,
        *,
        interval: float = 300.0,
        process: bool = True,
        repository: str | None = None,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
        threads: Callable[[str, int], Executor] = make_threads,
    ) -> None:
        self.store = store
        self.repository = repository or store.backend.repository
        self.clock = clock
        self.queue = Queue(_DELAY, POOLS["refresh"], _MOST, jitter)
        self.plan = Plan(interval, jitter)
        self.refresh = Refresh(store, cache, clock)
        self.asking = Asking(Gate(jitter), self._closed, clock=clock, make=threads)
        self.processing = Processing(store, self.asking, self._look, clock=clock, jitter=jitter, on=process)
        self.watch = Watch(cache, self.refresh.model, self.asking, self.wake, self.repository)
        self._repository_id: int | None = None
        self._waiting = Waiting()
        self._syncing = False
        self._tasks = set[asyncio.Task[Any]]()
        self._wake = asyncio.Event()

    # --- begin and end ----------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin; returns at once. Every start syncs from where the last one ended: what was under way is not lost."""
        await self.watch.look()
        self.spawn(self._work())
        self.spawn(self.watch.run())

    async def stop(self) -> None:
        """End what is under way. A request that is being answered ends by itself, and what it brings is not kept."""
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        self._waiting.end()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.asking.stop()

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """A task of its own, which ends with the hub at the latest."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        error = task.exception() if not task.cancelled() else None
        if error is not None and not isinstance(error, (GitHubStoreError, CacheDown)):  # these were told who waited
            logger.opt(exception=error).error("internal error: {}", type(error).__name__)
        self.wake()

    def wake(self) -> None:
        """There may be something to do."""
        self._wake.set()

    def _closed(self) -> None:
        """GitHub refuses: the one job that goes first then shows what was missed meanwhile."""
        self.plan.ask("changed", self.clock())
        self.wake()

    # --- what others ask for ----------------------------------------------------------------------

    def hint(self, hint: Hint) -> bool:
        """Something may have happened to an issue, or to all. False if it is none of this repository."""
        named = hint.repository.lower() == self.store.backend.repository.lower()
        if not named and hint.repository_id != self._repository_id:
            return False
        if self._repository_id is None:
            self._repository_id = hint.repository_id
        now = self.clock()
        if hint.issue_number is None:
            self.plan.ask("complete", now, patient=True)
        else:
            want = self._want(hint)
            self._hinted(hint.issue_number, want, now)
            if not self.asking.gate.is_open:  # what can be told without GitHub is; the look waits
                self.spawn(self._told(want))
        self.wake()
        return True

    def _want(self, hint: Hint) -> Want:
        seen = self.store.observe_head(hint.head) if hint.whole and hint.head is not None else None
        told = observation(seen) if seen is not None else None
        ours = hint.head is None or hint.head.status is not Status.NO_OBJECT
        return Want(hint.comment_id, hint.updated_at, hint.gone, ours, told, read=told is None)

    def _hinted(self, number: int, want: Want, now: float) -> None:
        if not self.queue.hint(number, want, now):
            logger.warning("More than {:,} issues wait: looking at all that changed instead.", _MOST)
            self.plan.ask("changed", now)

    def _look(self, number: int) -> None:
        self._hinted(number, Want(), self.clock())

    async def sync(self, *, complete: bool) -> Synced:
        """
        Look at what changed, or at everything, beginning from now on.

        Raises:
            GitHubStoreError: GitHub cannot be asked, or the sync came to nothing.
            CacheDown: The cache does not answer.
        """
        waiter = self._waiting.add(complete=complete)
        self.plan.ask("complete" if complete else "changed", self.clock())
        self.wake()
        return await waiter

    # --- the loop ---------------------------------------------------------------------------------

    async def _work(self) -> None:
        while True:
            self._wake.clear()
            due = self._begin(self.clock())
            pause = max(0.0, due - self.clock()) if due is not None else None
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):  # wait_for of 3.11 swallows the end of the hub
                    await self._wake.wait()

    def _begin(self, now: float) -> float | None:
        """Begin what is due; when to look again, or None for when something ends."""
        gate, model = self.asking.gate, self.watch.model
        if gate.is_shut(now) or model is None:  # nobody waits for a sync that may begin in an hour
            tell(self._waiting.take(complete=True), None, gate.refusal(now) if model is not None else CacheDown())
            return gate.until if model is not None else None  # the watch goes on
        kind = self.plan.due(now, model) if not self._syncing else None
        if kind is not None:
            self._syncing = True
            self.plan.begin(kind)
            self.spawn(self._sync(kind))
        if not gate.is_open:
            return None if self._syncing else self.plan.next(model)
        while (job := self.queue.take(now)) is not None:
            self.spawn(self._refresh(*job))
        while (job := self.processing.take(now)) is not None:
            self.spawn(self.processing.run(*job))
        dues = [self.queue.next, self.processing.next, self.plan.next(model) if not self._syncing else None]
        return min((each for each in dues if each is not None), default=None)

    async def _refresh(self, number: int, want: Want, failures: int) -> None:
        """Read an issue again, until it shows what was hinted at."""
        reached = False
        try:
            if await self._is_known(number, want):
                reached = True
                return
            looked = await self.asking.github("refresh", self.refresh.issue, number)
            await self.after(looked)
            reached = looked.reaches(want) or failures + 1 >= _LOOKS
        except CLOSING:
            await self._told(want)
        except (CacheDown, Over):
            pass
        except GitHubStoreError as error:
            logger.warning("Issue {}: {} {}", number, error, error.hint)
        finally:
            if reached:
                self.queue.done(number)
            else:
                self.queue.again(number, self.clock())

    async def _is_known(self, number: int, want: Want) -> bool:
        """True if a payload tells nothing new: of an issue that is of no object, or what is held already."""
        if want.ours and want.read and not want.gone:
            return False
        held = await self.watch.ask(self.watch.cache.row_of_issue, number)
        if want.gone or not want.ours:
            return held is None
        if held is None or held.seen != want.told:
            return False
        return not await self._told(want)

    async def _told(self, want: Want) -> bool:
        """Serve what a payload said by itself, if it is newer; True if it was."""
        if want.told is None:
            return False
        try:
            changed = await self.watch.ask(self.refresh.told, want.told)
        except CacheDown:
            return False
        if changed:
            await self.watch.look()
        return changed

    async def after(self, looked: Looked) -> None:
        """An issue was looked at: tell who listens, and process what is pending."""
        if looked.changed:
            await self.watch.look()
        self.processing.after(looked)
        if looked.due:
            self.wake()

    async def _sync(self, kind: Kind) -> None:
        complete = kind == "complete"
        waiters = self._waiting.take(complete=complete)
        done: Synced | None = None
        trouble: Exception | None = None
        try:
            done = await self._synced(complete=complete)
        except (GitHubStoreError, CacheDown) as error:
            trouble = error
        except Over:  # who waits for it waits for the next one
            self._waiting.put_back(waiters, complete=complete)
            waiters = []
        finally:
            self._syncing = False
            now = self.clock()
            self.plan.done(kind, now) if done is not None else self.plan.failed(kind, now)
            tell(waiters, done, trouble)
            self.wake()

    async def _synced(self, *, complete: bool) -> Synced:
        if self._repository_id is None:  # by it, webhooks are known after a rename
            self._repository_id = await self.asking.first("sync", self.store.backend.repository_id)
        sync = await self.asking.first("sync", Sync.of, self.refresh, complete=complete)
        while not sync.ended:
            for looked in await self.asking.first("sync", sync.page):
                await self.after(looked)
                if looked.error is not None and looked.number:
                    self._hinted(looked.number, Want(updated_at=looked.updated_at), self.clock())
        held = [since for since in (self.queue.since, self.processing.queue.since) if since is not None]
        if not await self.watch.ask(sync.end, min(held, default=None)):
            raise Over
        model = await self.watch.look()
        cursor = str(model.cursor) if model is not None else str(sync.model.cursor)
        level = "INFO" if sync.changed or complete else "DEBUG"
        logger.log(
            level, "{}: looked at {}; {} changed.", self.repository, several("issue", sync.looked_at), sync.changed
        )
        return Synced(sync.looked_at, sync.changed, sync.failed, sync.complete, cursor)
