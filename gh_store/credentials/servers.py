"""Servers and repositories: the address of a REST API, and the names that people give to what is there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import Final

from gh_store.domain.exceptions import ConfigurationError

_GITHUB: Final = "https://api.github.com"
_NAME: Final = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9_.-]{1,100}"
_REPOSITORY: Final = re.compile(rf"(?!-){_NAME}/{_NAME}")
_ON_HOST: Final = re.compile(rf"(?P<host>[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+)/(?P<name>{_NAME}/{_NAME})")
"""As `gh` writes a repository of another server."""

_REPOSITORY_URL: Final = re.compile(
    r"(?:https://(?P<web>[a-z0-9.-]+)/|ssh://git@(?P<ssh>[a-z0-9.-]+)(?::[0-9]{1,5})?/|git@(?P<scp>[a-z0-9.-]+):)"
    r"(?P<name>[^/]+/[^/]+?)/?",
    re.IGNORECASE,
)
_ADDRESS: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:(?P<port>[0-9]{1,5}))?(/[\w.~/-]*)?",
    re.ASCII | re.IGNORECASE,
)
"""No user, query, backslash or escape: what every library reads alike."""

_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Server:
    """Where a token that is sent goes."""

    scheme: str
    host: str
    port: int

    @property
    def name(self) -> str:
        """The name that `gh` uses for it."""
        if self.host == "api.github.com" or self.host.endswith(".ghe.com"):
            return self.host.removeprefix("api.")
        return self.host

    @property
    def site(self) -> str:
        """The address of its pages, for people."""
        return f"{self.scheme}://{self.name}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")


def server_of(address: str) -> Server:
    """
    The server of an address.

    Raises:
        ConfigurationError: A token may not travel there, or it is no address that every library reads alike.
    """
    found = _ADDRESS.fullmatch(address)
    host = found["host"].lower() if found is not None else ""
    port = int(found["port"] or _PORTS[found["scheme"].lower()]) if found is not None else 0
    if found is None or not 0 < port < 65_536 or not _is_plain(host):
        # The address is not shown: it may hold a password.
        raise ConfigurationError("The address of the server is not valid.", hint="Write it as https://HOST/api/v3.")
    scheme = found["scheme"].lower()
    if scheme == "http" and not is_loopback(host.strip("[]")):
        raise ConfigurationError(
            f"{address} would send the token unencrypted.", hint="Use https. Only loopback addresses may use http."
        )
    return Server(scheme, host, port)


def _is_plain(host: str) -> bool:
    """True for a name, and for an address in the usual notation: 0x7f.1 is one, too, to some libraries."""
    last = host.rpartition(".")[2]
    if not (host.startswith("[") or last.isdigit() or last.startswith("0x")):
        return ".." not in host
    try:
        return ip_address(host.strip("[]")).version == (6 if host.startswith("[") else 4)
    except ValueError:
        return False


@lru_cache(64)  # servers ask it of every request, and names are of any length
def is_loopback(host: str) -> bool:
    """True for an address that only this machine reaches."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def address_of(base_url: str | None, host: str | None, environ: Mapping[str, str]) -> str:
    """The address of the REST API: as given, or of the host before a repository's name, or the environment's."""
    if not base_url and host is None:
        base_url = environ.get("GITHUB_API_URL")
    host = (host or environ.get("GH_HOST", "")).lower()
    if not base_url and host and host != "github.com":
        base_url = f"https://api.{host}" if host.endswith(".ghe.com") else f"https://{host}/api/v3"
    return (base_url or _GITHUB).rstrip("/")


def located(repository: str | None, base_url: str | None, environ: Mapping[str, str]) -> tuple[str, str]:
    """The name of a repository, without the server that it may begin with; and the address of the REST API."""
    name = repository or environ.get("GH_REPO") or environ.get("GITHUB_REPOSITORY")
    if not name:
        raise ConfigurationError(
            "No repository is named.", hint="Name it as owner/name: repo=, --repo, GH_REPO or GITHUB_REPOSITORY."
        )
    on_host = _ON_HOST.fullmatch(name)
    if on_host is None:
        return name, address_of(base_url, None, environ)
    address = address_of(base_url, on_host["host"].lower(), environ)
    if on_host["host"].lower() != server_of(address).name:
        raise ConfigurationError(
            f"The repository is on {on_host['host']}, and --base-url is on {server_of(address).name}.",
            hint="Leave out one of the two.",
        )
    return on_host["name"], address


def repository_of(name: str, server: Server) -> str:
    """`owner/name`, which may be given as the https or SSH address of a repository on this server."""
    found, host = _REPOSITORY_URL.fullmatch(name), server.name
    if found is not None and host == (found["web"] or found["ssh"] or found["scp"]).lower():
        name = found["name"]
    name = name.removesuffix(".git")  # no repository is called so
    if not _REPOSITORY.fullmatch(name):  # it is not shown: an address may hold a password
        raise ConfigurationError(
            "The name of the repository is not valid.", hint=f"Write it as owner/name, or as an address on {host}."
        )
    return name
