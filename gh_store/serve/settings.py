"""What a server is told by options and by the environment, checked before anything begins."""

import ipaddress
import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from gh_store import credentials
from gh_store.credentials import is_loopback
from gh_store.domain.exceptions import InvalidInput
from gh_store.logger import logger
from gh_store.serve.rights import Rights

INTERVAL: Final = "5m"
TTL: Final = "10m"
RATE: Final = 50.0
"""Requests a second of an address, where others than this machine ask."""

_UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
_DURATION: Final = re.compile(r"([0-9]{1,9})([smhd]?)", re.ASCII)
_LONGEST: Final = 366 * 86_400.0
_TOKEN: Final = re.compile(r"[\x21-\x7e]+", re.ASCII)
_ORIGIN: Final = re.compile(r"https?://([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
_BOOLEANS: Final = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off", ""), False),
}

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """
    The settings of a server.

    Attributes:
        host: The address to listen at.
        port: 0 for any that is free.
        interval: Seconds between two syncs; 0 for none.
        ttl: Seconds for which what GitHub said is taken for what it would say.
        cache: A folder, or the address of a Valkey.
        process: True to apply what is pending.
        rate: Requests a second of each address; 0 for any number.
        max_age: Seconds for which others may keep what they read.
        trusted_proxies: Who may say in X-Forwarded-For whom it asks for.
        token: What writers present, or None.
        webhook_secret: What webhooks are signed with, or None.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    interval: float = 300.0
    ttl: float = 600.0
    cache: str = field(default="", repr=False)
    read_only: bool = False
    process: bool = True
    public_reads: bool = False
    allowed_hosts: frozenset[str] = frozenset()
    cors: frozenset[str] = frozenset()
    rate: float = 0.0
    max_age: int = 0
    trusted_proxies: tuple[Network, ...] = ()
    token: str | None = field(default=None, repr=False)
    webhook_secret: str | None = field(default=None, repr=False)

    @property
    def rights(self) -> Rights:
        """What callers may ask for."""
        return Rights(self.token, self.read_only, is_loopback(self.host), self.public_reads)


def read(options: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """
    The settings that options and the environment say; an option that is None was not given.

    Raises:
        InvalidInput: One of them is garbage, or others could write without a token.
    """
    host = str(options["host"])
    read_only = bool(options["read_only"]) or _boolean(environ, "GH_STORE_READ_ONLY")
    rate = options["rate"]
    if rate is not None and not math.isfinite(rate):
        raise InvalidInput(f"--rate: {rate} is not a number of requests.", hint="Give one such as 50; 0 is any number.")
    credentials.app_of(environ)  # garbage in it is refused, whichever store is served
    settings = Settings(
        host=host,
        port=options["port"],
        interval=_interval(options["interval"], environ),
        ttl=duration(options["ttl"], "--ttl"),
        cache=options["cache"] or environ.get("GH_STORE_CACHE") or str(_cache_folder(environ)),
        read_only=read_only,
        process=options["process"] and not read_only,
        public_reads=options["public_reads"],
        allowed_hosts=frozenset(_each(_host_name, options["allowed_host"])),
        cors=frozenset(_each(_origin, options["cors"])),
        rate=rate if rate is not None else 0.0 if is_loopback(host) else RATE,
        max_age=options["max_age"],
        trusted_proxies=tuple(_each(_network, options["trusted_proxy"])),
        token=_token(environ),
        webhook_secret=credentials.secret("GH_STORE_WEBHOOK_SECRET", environ),
    )
    if settings.rights.exposes_writes:
        raise InvalidInput(
            f"Others can reach {host}, and there is no token to keep them from writing.",
            hint="Set GH_STORE_SERVE_TOKEN, or give --read-only.",
        )
    return settings


def duration(text: str, option: str) -> float:
    """Seconds, as `90s`, `5m`, `1h`, `1d` or `90` says them. Raises InvalidInput."""
    found = _DURATION.fullmatch(text)
    seconds = float(int(found[1]) * _UNITS[found[2]]) if found is not None else None
    if seconds is None or seconds > _LONGEST:
        raise InvalidInput(f"{option}: {_short(text)} is not a duration.", hint="Give one such as 90s, 5m or 1h.")
    return seconds


def _interval(option: str | None, environ: Mapping[str, str]) -> float:
    if option is not None:
        return duration(option, "--interval")
    given = environ.get("GH_STORE_SYNC_INTERVAL")
    try:
        return duration(given or INTERVAL, "GH_STORE_SYNC_INTERVAL")
    except InvalidInput as error:
        logger.warning("{} It is {} instead.", error, INTERVAL)
        return duration(INTERVAL, "")


def _cache_folder(environ: Mapping[str, str]) -> Path:
    base = environ.get("XDG_CACHE_HOME", "")
    home = Path(base) if os.path.isabs(base) else Path.home() / ".cache"  # noqa: PTH117  # the specification ignores any other
    return home / "gh-store" / "serve"


def _each(read_one: Callable[[str], T], values: Sequence[str]) -> list[T]:
    return [read_one(value) for value in values]


def _host_name(text: str) -> str:
    if not (_NAME.fullmatch(text) or _is_address(text.removeprefix("[").removesuffix("]"))):
        raise InvalidInput(
            f"--allowed-host: {_short(text)} is not a host name.", hint="Give a name without scheme and port."
        )
    return text.lower().strip("[]").rstrip(".")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _origin(text: str) -> str:
    if text != "*" and not _ORIGIN.fullmatch(text.lower()):
        raise InvalidInput(
            f"--cors: {_short(text)} is not an origin.", hint="Give one such as https://data.example, without a path."
        )
    return text.lower()


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise InvalidInput(
            f"--trusted-proxy: {_short(text)} is not a network.", hint="Give one such as 10.0.0.0/8, or an address."
        ) from error


def _boolean(environ: Mapping[str, str], name: str) -> bool:
    given = environ.get(name, "").strip().lower()
    if given not in _BOOLEANS:
        raise InvalidInput(f"{name}: {_short(given)} is neither true nor false.", hint="Set it to true or to false.")
    return _BOOLEANS[given]


def _token(environ: Mapping[str, str]) -> str | None:
    token = credentials.secret("GH_STORE_SERVE_TOKEN", environ)
    if token is not None and not _TOKEN.fullmatch(token):
        raise InvalidInput(
            "GH_STORE_SERVE_TOKEN has characters that no Authorization header takes.",
            hint="Use letters and digits, for instance what `openssl rand -hex 32` prints.",
        )
    return token


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else f"{text[:59]}…")
