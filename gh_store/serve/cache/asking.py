"""Asking a Valkey that may be down: within a second, and not again right after it failed."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from valkey import Valkey
from valkey.backoff import NoBackoff
from valkey.connection import parse_url
from valkey.exceptions import ConnectionError as NoConnection
from valkey.exceptions import NoScriptError, ValkeyError
from valkey.exceptions import TimeoutError as NoAnswer
from valkey.retry import Retry

from gh_store.domain.exceptions import ConfigurationError
from gh_store.serve.cache import CacheDown
from gh_store.serve.cache.scripts import Script

_TIMEOUT: Final = 1.0
"""Seconds for a connection, and for each part of an answer."""

_PAUSE: Final = 0.5
"""Seconds after a failure in which nothing is asked."""

_ALLOWED: Final = {"host", "port", "db", "username", "password", "path", "ssl_ca_certs", "connection_class"}


class Asking:
    """
    A client for threads. After a failure one of them tries again, and all others fail at once.

    Args:
        address: `valkey://`, `valkeys://`, `redis://`, `rediss://` or `unix://`. Its password is never shown.
        clock: Seconds that never run backwards.
    Raises:
        ConfigurationError: The address is garbage. It is not connected to yet.
    """

    def __init__(self, address: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        options = _options(address)
        self._shown = _shown(options)
        self._clock = clock
        self._client = Valkey.from_url(
            address,
            socket_timeout=_TIMEOUT,
            socket_connect_timeout=_TIMEOUT,
            retry=Retry(NoBackoff(), 0),
            lib_name=None,
            lib_version=None,
        )
        self._lock = threading.Lock()
        self._until: float | None = None
        self._closed = False

    def __repr__(self) -> str:
        return f"Asking({self._shown})"

    def run(self, script: Script, keys: Sequence[bytes], *args: bytes) -> Any:
        """What a script answers. Raises CacheDown."""
        try:
            return self.ask("EVALSHA", script.name, len(keys), *keys, *args)
        except _Unknown:
            return self.ask("EVAL", script.text, len(keys), *keys, *args)

    def ask(self, *command: str | bytes | int) -> Any:
        """What a command answers. Raises CacheDown."""
        self._begin()
        try:
            told = self._client.execute_command(*command)  # type: ignore[no-untyped-call]  # it has no types
        except NoScriptError as error:
            self._until = None
            raise _Unknown from error
        except (NoConnection, NoAnswer) as error:
            self._until = self._clock() + _PAUSE
            raise CacheDown(f"{self._shown}: {error}") from error
        except ValkeyError as error:  # it answered
            self._until = None
            raise CacheDown(f"{self._shown}: {error}") from error
        self._until = None
        return told

    def close(self) -> None:
        """End all connections; harmless to repeat."""
        self._closed = True
        self._client.close()  # type: ignore[no-untyped-call]  # as above
        self._client.connection_pool.disconnect()

    def _begin(self) -> None:
        if self._closed:
            raise CacheDown(f"{self._shown}: it is closed")
        if self._until is None:
            return
        with self._lock:
            until = self._until
            if until is not None:
                if self._clock() < until:
                    raise CacheDown(f"{self._shown}: it did not answer")
                self._until = self._clock() + _PAUSE + _TIMEOUT  # while this thread tries


class _Unknown(CacheDown):
    """The server does not know the script by its name."""


def _options(address: str) -> dict[str, Any]:
    # What the library says of a wrong address may be a part of a password.
    try:
        options: dict[str, Any] = dict(parse_url(address))
        path = urlsplit(address).path
    except ValueError:
        options, path = {"": None}, ""
    known = options.keys() <= _ALLOWED and str(options.get("db", 0)).isascii() and str(options.get("db", 0)).isdecimal()
    if not known or ("path" not in options and path.strip("/") not in ("", str(options.get("db")))):
        raise ConfigurationError(
            "The address of the cache is not valid.",
            hint="Give one such as valkey://HOST:6379/0 or rediss://USER:PASSWORD@HOST:6379; what is special in a "
            "password is written as in any URL: %2F for a slash.",
        )
    return options


def _shown(options: dict[str, Any]) -> str:
    if "path" in options:
        return f"unix://{options['path']}"
    return f"valkey://{options.get('host', 'localhost')}:{options.get('port', 6379)}/{options.get('db', 0)}"
