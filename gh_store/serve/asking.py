"""What waits for answers: in threads, and through the gate."""

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from typing import Final, ParamSpec, TypeVar

from gh_store.domain.exceptions import AccessError, GitHubStoreError
from gh_store.logger import logger
from gh_store.serve.ending import THREADS
from gh_store.serve.gate import CLOSING, Gate

P = ParamSpec("P")
T = TypeVar("T")

POOLS: Final[Mapping[str, int]] = {"refresh": 4, "sync": 1, "process": 1, "read": 8, "write": 4, "cache": 4}
"""What is done at once, of each kind."""

_WRITE: Final = ("process", "write")
"""Kinds that need rights which readers can do without."""


def make_threads(name: str, most: int) -> Executor:
    """So many threads of a name."""
    return ThreadPoolExecutor(most, f"{THREADS}{name}")


class Asking:
    """
    Asks GitHub and the cache, without holding up the event loop.

    Args:
        gate: Whether GitHub may be asked.
        closed: Called after it was closed.
        clock: Seconds since the epoch.
        make: Makes the threads of one kind.
    """

    def __init__(
        self,
        gate: Gate,
        closed: Callable[[], object],
        *,
        clock: Callable[[], float] = time.time,
        make: Callable[[str, int], Executor] = make_threads,
    ) -> None:
        self.gate = gate
        self._closed = closed
        self._clock = clock
        self._pools = {name: make(name, most) for name, most in POOLS.items()}

    async def github(self, pool: str, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """
        Work that asks GitHub.

        Raises:
            GitHubStoreError: What the work raises; or, without having begun, what keeps GitHub from being asked.
        """
        if not self.gate.is_open:
            raise self.gate.refusal(self._clock())
        return await self.first(pool, work, *args, **kwargs)

    async def first(self, pool: str, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same of the one job that goes first after a pause."""
        begun = self._clock()
        if self.gate.is_shut(begun):
            raise self.gate.refusal(begun)
        try:
            answer = await self.thread(pool, work, *args, **kwargs)
        except CLOSING as error:
            if not (pool in _WRITE and isinstance(error, AccessError)):
                self._close(error, begun)
            raise
        self.gate.open(begun)
        return answer

    async def thread(self, pool: str, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Work that waits for something else."""
        return await asyncio.get_running_loop().run_in_executor(self._pools[pool], partial(work, *args, **kwargs))

    def stop(self) -> None:
        """Begin nothing any more. What has begun ends by itself."""
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)

    def _close(self, error: GitHubStoreError, begun: float) -> None:
        was_open, now = self.gate.is_open, self._clock()
        self.gate.close(error, begun, now)
        if was_open:
            logger.warning("GitHub is asked nothing for {:.0f} s: {}", max(0.0, self.gate.until - now), error)
        self._closed()
