"""Which repository, on which server, with which token. Only this and the command line read the environment."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from gh_store.domain.exceptions import AuthInvalid, ConfigurationError

_GITHUB: Final = "https://api.github.com"
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_GH_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Token:
    """
    A token. It is never shown.

    Attributes:
        value: The token itself.
        source: Where it was found, for messages.
    """

    value: str = field(repr=False)
    source: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """
    Where a store is, and who accesses it.

    Attributes:
        repository: `owner/name`.
        base_url: The address of the REST API.
        token: The token, or None to read what is public.
        ca_bundle: A file of certificates to trust instead of the usual ones.
    """

    repository: str
    base_url: str
    token: Token | None
    ca_bundle: str | None = None


def resolve(
    repository: str | None = None,
    token: str | None = None,
    base_url: str | None = None,
    ca_bundle: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Credentials:
    """
    Complete what was given from the environment, in one order for library and command line.

    Args:
        repository: `owner/name`; else GITHUB_REPOSITORY.
        token: Else GH_TOKEN, GITHUB_TOKEN (or, for another server than github.com, those of the
            enterprise), else what `gh auth token` says.
        base_url: The address of the REST API; else GITHUB_API_URL, else that of GH_HOST.
        environ: The environment; else that of this process.
    Raises:
        ConfigurationError: No repository is named, or no token may be sent to the address.
        AuthInvalid: The token contains characters that are not allowed in a token.
    """
    environ = os.environ if environ is None else environ
    name = repository or environ.get("GITHUB_REPOSITORY")
    if not name:
        raise ConfigurationError(
            "No repository is named.", hint="Name it as owner/name: repo=, --repo or GITHUB_REPOSITORY."
        )
    if not _REPOSITORY.fullmatch(name):
        raise ConfigurationError(f"{name!r} is not a repository name.", hint="Write it as owner/name.")
    address = _address(base_url, environ)
    _check(address)
    if ca_bundle is not None and not os.path.exists(ca_bundle):  # noqa: PTH110  # a string for requests
        raise ConfigurationError(f"{ca_bundle}: the file of certificates was not found.")
    return Credentials(name, address, _token(token, address, environ), ca_bundle)


def _address(base_url: str | None, environ: Mapping[str, str]) -> str:
    given = base_url or environ.get("GITHUB_API_URL")
    if not given and environ.get("GH_HOST"):
        host = environ["GH_HOST"]
        if host == "github.com":
            given = _GITHUB
        else:
            given = f"https://api.{host}" if host.endswith(".ghe.com") else f"https://{host}/api/v3"
    return (given or _GITHUB).rstrip("/")


def _check(address: str) -> None:
    """Raise ConfigurationError unless a token may travel to this address."""
    try:
        split = urlsplit(address)
        sound = split.scheme in ("http", "https") and split.hostname and not split.username and split.port != 0
    except ValueError:  # the port is not a number
        sound = None
    if not sound:  # the address is not shown: it may hold a password
        raise ConfigurationError("The address of the server is not valid.", hint="Write it as https://HOST/api/v3.")
    if split.scheme == "http" and not _is_loopback(split.hostname or ""):
        raise ConfigurationError(
            f"{address} would send the token unencrypted.", hint="Use https. Only loopback addresses may use http."
        )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _host(address: str) -> str:
    """The name that `gh` uses for a server."""
    host = urlsplit(address).hostname or ""
    if host == "api.github.com" or host.endswith(".ghe.com"):
        return host.removeprefix("api.")
    return host


def _same_server(one: SplitResult, other: SplitResult) -> bool:
    return (one.scheme, one.hostname, one.port) == (other.scheme, other.hostname, other.port)


def _token(given: str | None, address: str, environ: Mapping[str, str]) -> Token | None:
    """
    The token for this server.

    The order is that of `gh` (cli.github.com/manual/gh_help_environment). A token of github.com is never sent
    elsewhere, except to the server that Actions names as its origin.
    """
    if given:
        return _checked(given, "the argument")
    host = _host(address)
    names: list[str] = []
    if host == "github.com" or host.endswith(".ghe.com"):
        names = ["GH_TOKEN", "GITHUB_TOKEN"]
    else:
        names = ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"]
        named = environ.get("GITHUB_API_URL")
        if named and _same_server(urlsplit(named), urlsplit(address)):
            names += ["GH_TOKEN", "GITHUB_TOKEN"]
    for name in names:
        if environ.get(name):
            return _checked(environ[name], name)
    return _from_gh(host, environ)


def _from_gh(host: str, environ: Mapping[str, str]) -> Token | None:
    gh = shutil.which("gh", path=environ.get("PATH"))
    if gh is None:
        return None
    # `gh` reads the same variables. Without them it answers with the token that it has stored.
    clean = {name: value for name, value in environ.items() if not name.endswith("_TOKEN")}
    try:
        told = subprocess.run(  # noqa: S603  # no shell, and the host was checked
            [gh, "auth", "token", "--hostname", host],
            env=clean,
            capture_output=True,
            text=True,
            timeout=_GH_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = told.stdout.strip()
    return _checked(found, f"gh auth token --hostname {host}") if told.returncode == 0 and found else None


def _checked(value: str, source: str) -> Token:
    """A token that fits in a header. Otherwise a library would show it in an error."""
    value = value.strip()
    if not value.isascii() or not value.isprintable() or " " in value or not value:
        raise AuthInvalid(f"The token from {source} contains characters that are not allowed in a token.")
    return Token(value, source)
