"""Which cache an address or a folder is."""

import hashlib
import re
from pathlib import Path
from typing import Final

from gh_store.domain.exceptions import ConfigurationError
from gh_store.serve.cache import Cache
from gh_store.serve.cache.sqlite import SqliteCache

_SERVER: Final = re.compile(r"[a-z]+://|unix:", re.ASCII | re.IGNORECASE)
_UNUSUAL: Final = re.compile(r"[^a-z0-9._-]+", re.ASCII)


def opened(place: str, store: str) -> Cache:
    """
    The cache of a store. That of a server is not connected to yet.

    Args:
        place: A folder, or the address of a Valkey: `valkey://HOST:6379/0`.
        store: A name that no other store has, such as `api.github.com/owner/name`; in small letters where letters may
            be of any size.
    Raises:
        ConfigurationError: It cannot be used: see SqliteCache and Asking; or the client of Valkey is not installed.
    """
    if not _SERVER.match(place):
        name = f"{_UNUSUAL.sub('+', store)[:100]}-{hashlib.sha256(store.encode()).hexdigest()[:16]}.db"
        return SqliteCache(Path(place).expanduser() / name)
    try:
        from gh_store.serve.cache.asking import Asking  # noqa: PLC0415  # the client of Valkey is an extra
        from gh_store.serve.cache.valkey import ValkeyCache  # noqa: PLC0415  # as above
    except ImportError as error:
        raise ConfigurationError(
            f"A cache in Valkey needs the package {error.name}.",
            hint="pip install 'gh-object-store[server,valkey]' adds it.",
        ) from error
    return ValkeyCache(Asking(place), store)
