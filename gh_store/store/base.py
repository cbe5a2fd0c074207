"""What all verbs of a store stand on: a backend, the settings, and the parts made from both."""

import time
from collections.abc import Callable
from typing import Self

from gh_store import config as configuration
from gh_store.access.repository import Repository
from gh_store.backends.base import Backend
from gh_store.config import Config
from gh_store.objects.update import Updater
from gh_store.processing.processor import Processor
from gh_store.reading.reader import Reader


class Opened:
    """An open store, before it has verbs."""

    def __init__(
        self,
        backend: Backend,
        config: Config | None = None,
        *,
        max_concurrent_updates: int | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.backend = backend
        self.config = config or configuration.load()
        self._repo = Repository.over(backend, self.config, sleep, clock, jitter)
        self._reader = Reader(self._repo)
        self._processor = Processor(self._reader)
        self._updater = Updater(self._processor, max_concurrent_updates)

    def close(self) -> None:
        """Let go of what the backend holds; harmless to repeat."""
        self.backend.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.backend.repository!r})"
