"""The model as it is: read again and again, for another instance may change it, and anybody may delete it."""

import asyncio
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

from gh_store.logger import logger
from gh_store.serve.asking import Asking
from gh_store.serve.cache import Cache, CacheDown
from gh_store.serve.model import Model

P = ParamSpec("P")
T = TypeVar("T")

EACH: Final = 0.25
"""Seconds between two looks."""


class Watch:
    """
    Args:
        cache: Where the model is.
        read: Reads the model, and begins a new one if there is none.
        asking: Asks a cache that waits.
        woken: Called if there is something to do: the model is back, or not complete.
        name: What logs call it.

    Attributes:
        model: As it was last seen; None while the cache does not answer.
    """

    def __init__(
        self, cache: Cache, read: Callable[[], Model], asking: Asking, woken: Callable[[], object], name: str
    ) -> None:  # fmt: skip  # what it takes, what it yields
        self.cache = cache
        self.model: Model | None = None
        self._read = read
        self._asking = asking
        self._woken = woken
        self._name = name
        self._down = False

    async def ask(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Ask the cache. Raises CacheDown."""
        if self.cache.waits:
            return await self._asking.thread("cache", call, *args, **kwargs)
        return call(*args, **kwargs)

    async def look(self) -> Model | None:
        """The model as it is now; None if the cache does not answer."""
        try:
            model = await self.ask(self._read)
        except CacheDown as error:
            if not self._down:
                logger.warning("{}: the cache does not answer: {}", self._name, error)
            self.model, self._down = None, True
            return None
        if self._down:
            logger.info("{}: the cache answers again.", self._name)
        before, self.model, self._down = self.model, model, False
        if before is None or not model.complete:
            self._woken()
        return model

    async def run(self) -> None:
        """Look, for ever."""
        while True:
            await asyncio.sleep(EACH)
            await self.look()
