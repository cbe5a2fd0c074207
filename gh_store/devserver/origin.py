"""
Who may ask: programs that mean this server, and no page in a browser whose name was led to this machine.

Pages that this machine serves may read, as any page may read GitHub's API: what they are shown, every program here can
ask for.
"""

from typing import Any, Final
from urllib.parse import urlsplit

from gh_store.credentials import is_loopback

_PORTS: Final = {"http": 80, "https": 443}

CORS: Final = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": (
        "ETag, Link, Location, Retry-After, X-GitHub-OTP, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Used, "
        "X-RateLimit-Resource, X-RateLimit-Reset, X-GitHub-Media-Type, X-GitHub-Request-Id"
    ),
}
"""What GitHub adds to each answer, so that pages may read it."""


def is_meant(scope: Any) -> bool:
    """
    True for a request to the address and port that it arrived at: from no page, or from one of this server; or to read
    without a token, from one of this machine.
    """
    hosts, origins = (
        [value.decode("latin-1") for name, value in scope["headers"] if name == wanted]
        for wanted in (b"host", b"origin")
    )
    if len(hosts) != 1 or not scope.get("server"):
        return False
    scheme, host = scope["scheme"], hosts[0]
    reads = scope["method"] == "GET" and all(name != b"authorization" for name, _ in scope["headers"])
    address, port = scope["server"]
    try:
        asked = urlsplit(f"{scheme}://{host}")
        named = asked.hostname in ("localhost", address) and (asked.port or _PORTS[scheme]) == port
    except ValueError:
        return False
    ours = all(each == f"{scheme}://{host}" or (reads and _is_local(each)) for each in origins)
    return named and asked.netloc == host and "@" not in host and ours


def _is_local(origin: str) -> bool:
    try:
        return is_loopback(urlsplit(origin).hostname or "")
    except ValueError:
        return False
