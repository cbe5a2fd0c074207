"""The stores that a server serves, each with its cache and with what keeps it fresh."""

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from gh_store.backends.memory import MemoryBackend
from gh_store.domain.exceptions import ConfigurationError
from gh_store.serve.answers import Answers
from gh_store.serve.cache import Cache
from gh_store.serve.cache.opening import opened
from gh_store.serve.hub import Hub
from gh_store.serve.settings import Settings
from gh_store.serve.stopping import Stop
from gh_store.stores import GitHubStore, LocalStore, Store

_EMBEDDED: Final = "local"


@dataclass(frozen=True, slots=True)
class Where:
    """
    Which stores are meant, and who asks them.

    Attributes:
        file: The file of an embedded store, or None.
        repositories: Repositories on GitHub.
        token: As for GitHubStore, and so are the others.
    """

    file: str | None = None
    repositories: tuple[str, ...] = ()
    token: str | None = None
    base_url: str | None = None
    ca_bundle: str | None = None
    config: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """Stores that were opened; `stop` ends the sleeps of all."""

    served: Sequence[Answers]
    _stop: Stop

    async def start(self) -> None:
        """Begin to keep them fresh; returns at once."""
        for each in self.served:
            await each.hub.start()

    async def stop(self) -> None:
        """End all that is under way."""
        self._stop.stop()
        await asyncio.gather(*(each.hub.stop() for each in self.served))


@contextmanager
def open_stores(where: Where, settings: Settings) -> Iterator[Opened]:
    """
    The stores, for as long as the block lasts.

    Raises:
        ConfigurationError: One of them cannot be opened, or its cache.
    """
    stop = Stop()
    with ExitStack() as closing:
        served: dict[str, Answers] = {}
        for store, name in _stores(where, stop):
            closing.callback(store.close)
            if name.lower() in served:
                raise ConfigurationError(f"{name} is named twice.", hint="Name each repository once.")
            cache = _cache(store, settings.cache, closing)
            closing.callback(cache.close)
            hub = Hub(store, cache, interval=settings.interval, process=settings.process, repository=name)
            served[name.lower()] = Answers(
                hub,
                interval=settings.interval,
                ttl=settings.ttl,
                read_only=settings.read_only,
                embedded=where.file is not None,
            )
        yield Opened([*served.values()], stop)


def _stores(where: Where, stop: Stop) -> Iterator[tuple[Store, str]]:
    """The stores and their names."""
    if where.file is not None:
        if where.token or where.base_url or where.ca_bundle:
            raise ConfigurationError("--token, --base-url and --ca-bundle go with --repo.", hint="Leave them out.")
        store = LocalStore(where.file, where.config, create=False, sleep=stop.sleep)
        yield store, f"{_EMBEDDED}/{Path(where.file).stem.strip(':')}"
    for repository in where.repositories:
        on_github = GitHubStore(
            repository,
            where.token,
            where.config,
            base_url=where.base_url,
            ca_bundle=where.ca_bundle,
            on_limit="raise",
            sleep=stop.sleep,
        )
        yield on_github, on_github.backend.repository


def _cache(store: Store, place: str, closing: ExitStack) -> Cache:
    """The cache of a store, under a name that no other store has."""
    backend = store.backend
    host = urlsplit(backend.api).netloc if backend.api is not None else _EMBEDDED
    if isinstance(backend, MemoryBackend):  # nothing of it will be asked for again
        place = closing.enter_context(tempfile.TemporaryDirectory(prefix="gh-store-"))
    return opened(place, f"{host}/{backend.repository}".lower())
