"""Who waits for a sync."""

import asyncio
from dataclasses import dataclass, field

from gh_store.serve.served import Synced

Waiter = asyncio.Future[Synced]


@dataclass(slots=True)
class Waiting:
    """Those who wait for a sync that begins after they have asked for it."""

    _waiters: list[tuple[bool, Waiter]] = field(default_factory=list)

    def add(self, *, complete: bool) -> Waiter:
        """One more, who waits for a complete one or for any."""
        waiter: Waiter = asyncio.get_running_loop().create_future()
        self._waiters.append((complete, waiter))
        return waiter

    def take(self, *, complete: bool) -> list[Waiter]:
        """Those for whom a sync is that begins now."""
        taken = [waiter for whole, waiter in self._waiters if complete or not whole]
        self._waiters = [(whole, waiter) for whole, waiter in self._waiters if whole and not complete]
        return taken

    def put_back(self, waiters: list[Waiter], *, complete: bool) -> None:
        """They wait for the next one."""
        self._waiters += [(complete, waiter) for waiter in waiters]

    def end(self) -> None:
        """There will be none."""
        for _, waiter in self._waiters:
            waiter.cancel()


def tell(waiters: list[Waiter], done: Synced | None, trouble: Exception | None) -> None:
    """Tell who waits what came of a sync."""
    for waiter in waiters:
        if waiter.done():
            continue
        if done is not None:
            waiter.set_result(done)
        elif trouble is not None:
            waiter.set_exception(trouble)
        else:
            waiter.cancel()
