"""Who may come in at all: by which name they call the server, from which address, from which page, and how often."""

import ipaddress
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from gh_store.credentials import is_loopback
from gh_store.serve.http.message import Headers, Problem, Response, encoded, retry
from gh_store.serve.http.writes import MODES
from gh_store.serve.settings import Network, Settings

_MOST_ADDRESSES: Final = 10_000
"""Addresses whose requests are counted; the one that was quiet for longest is forgotten first."""

_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(:[0-9]{0,5})?", re.ASCII)
_MOST_FORWARDED: Final = 20
_EXPOSED: Final = "ETag, Location, Link, Age, Cache-Status, Retry-After, Accept-Patch"
_TAKEN: Final = "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, Last-Event-ID"
_PREFLIGHT_AGE: Final = 600


# --- the name ---------------------------------------------------------------------------------------


def check_host(given: Sequence[str], version: str, settings: Settings) -> None:
    """
    Raise Problem unless the Host header is a name of this server. On loopback others are refused: a page elsewhere
    may have led its own name to this machine.
    """
    if len(given) > 1 or (not given and version != "1.0"):
        raise Problem(400, "BadRequest", "A request has one Host header.", "Send it once.")
    host = given[0] if given else ""
    name = _name_in(host)
    on_loopback = is_loopback(settings.host)
    if name in settings.allowed_hosts or (on_loopback and is_loopback(name)):
        return
    if on_loopback or settings.allowed_hosts:
        raise Problem(
            421,
            "MisdirectedRequest",
            "This server does not answer under this name.",
            "Ask for localhost, or start it with --allowed-host NAME.",
        )


def _name_in(host: str) -> str:
    """The name in a Host header, without brackets and port; empty if it is garbage."""
    found = _HOST.fullmatch(host)
    return found[1].lower().strip("[]").rstrip(".") if found is not None else ""


# --- the address ------------------------------------------------------------------------------------


def client_of(peer: str, forwarded: str | None, trusted: Sequence[Network]) -> str:
    """
    The address of whoever asks.

    Args:
        peer: Who opened the connection.
        forwarded: The header X-Forwarded-For: each proxy adds whom it was asked by.
        trusted: Whose word is taken.
    """
    if not trusted or forwarded is None:
        return peer
    for told in [*reversed(forwarded.split(",")[-_MOST_FORWARDED:])]:
        if not _is_in(peer, trusted):
            break
        address = _address(told.strip())
        if address is None:
            break
        peer = address
    return peer


def _address(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)


def _is_in(text: str, networks: Sequence[Network]) -> bool:
    address = _address(text)
    return address is not None and any(ipaddress.ip_address(address) in network for network in networks)


# --- the rate ---------------------------------------------------------------------------------------


class Rate:
    """
    Requests a second for each address; as many may come at once.

    Args:
        most: A second; 0 for any number.
        clock: Seconds; never runs backwards.
    """

    def __init__(self, most: float, clock: Callable[[], float]) -> None:
        self._most, self._clock = most, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def check(self, client: str) -> None:
        """Raise Problem if an address may not come now."""
        if not self._most:
            return
        if (left := self._now(client)) < 1:
            raise Problem(
                429,
                "TooManyRequests",
                f"More than {self._most:g} requests a second came from this address.",
                "Ask less often; GET …/events tells when something changed.",
                retry((1 - left) / self._most),
            )

    def spend(self, client: str) -> None:
        """Count a request."""
        if self._most:
            self._left[_network_of(client)] = (max(0.0, self._now(client) - 1), self._clock())

    def _now(self, client: str) -> float:
        """How many requests an address has left."""
        key, now, burst = _network_of(client), self._clock(), max(1.0, self._most)
        left, since = self._left.pop(key, (burst, now))
        left = min(burst, left + (now - since) * self._most)
        self._left[key] = (left, now)
        if len(self._left) > _MOST_ADDRESSES:
            self._left.popitem(last=False)
        return left


def _network_of(client: str) -> str:
    """What is counted together: an address, or the network that one user of IPv6 has."""
    if ":" not in client:
        return client
    try:
        return str(ipaddress.ip_network((client.partition("%")[0], 64), strict=False))
    except ValueError:
        return client


# --- pages in browsers ------------------------------------------------------------------------------


def cors_headers(origin: str | None, allowed: frozenset[str]) -> Headers:
    """What lets the script of a page at an origin read an answer."""
    if not allowed:
        return ()
    told = {"Vary": "Origin"}
    if origin is not None and (origin.lower() in allowed or "*" in allowed):
        told |= {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": _EXPOSED}
    return encoded(told)


def preflight(headers: Mapping[str, str], allowed: frozenset[str], methods: Sequence[str]) -> Response:
    """The answer to OPTIONS: the methods of a path; to a browser that asks for a page, what the page may send."""
    told = {"Allow": ", ".join(methods)}
    if "PATCH" in methods:
        told["Accept-Patch"] = ", ".join(MODES)
    origin = headers.get("origin", "").lower()
    if "access-control-request-method" in headers and (origin in allowed or (origin and "*" in allowed)):
        told |= {
            "Access-Control-Allow-Methods": ", ".join(methods),
            "Access-Control-Allow-Headers": _TAKEN,
            "Access-Control-Max-Age": str(_PREFLIGHT_AGE),
        }
    return Response(204, encoded(told))
