"""Who may ask: programs that mean this server, and no page in a browser whose name was led to this machine."""

from functools import lru_cache
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

_PORTS: Final = {"http": 80, "https": 443}


@lru_cache(64)  # asked of every request; names are of any length
def is_loopback(host: str) -> bool:
    """True for an address that only this machine reaches."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def is_meant(scope: Any) -> bool:
    """True for a request to the address and port that it arrived at, from no page or from one of this server."""
    hosts, origins = (
        [value.decode("latin-1") for name, value in scope["headers"] if name == wanted]
        for wanted in (b"host", b"origin")
    )
    if len(hosts) != 1 or not scope.get("server"):
        return False
    scheme, host = scope["scheme"], hosts[0]
    address, port = scope["server"]
    try:
        asked = urlsplit(f"{scheme}://{host}")
        named = asked.hostname in ("localhost", address) and (asked.port or _PORTS[scheme]) == port
    except ValueError:
        return False
    return named and asked.netloc == host and "@" not in host and all(each == f"{scheme}://{host}" for each in origins)
