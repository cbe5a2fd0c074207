"""Which repository, on which server, with which token; nothing but this and the command line reads the environment."""

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
    A token, which is never shown.

    Attributes:
        value: The token itself.
        source: Where it was found, in words.
    """

    value: str = field(repr=False)
    source: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """
    Where a store lies, and who asks for it.

    Attributes:
        repository: `owner/name`.
        base_url: The address of the REST API.
        token: Who asks; None to read what is public.
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
    What was given, completed from the environment: one order for library and command line.

    Args:
        repository: `owner/name`; else GITHUB_REPOSITORY.
        token: Else GH_TOKEN, GITHUB_TOKEN (or, for another server than github.com, those of the
            enterprise), else what `gh auth token` says.
        base_url: The address of the REST API; else GITHUB_API_URL, else that of GH_HOST.
        environ: Instead of this process's.
    Raises:
        ConfigurationError: No repository, or an address that no token may be sent to.
        AuthInvalid: The token cannot be one.
    """
    environ = os.environ if environ is None else environ
    name = repository or environ.get("GITHUB_REPOSITORY")
    if not name:
        raise ConfigurationError(
            "No repository is named.", hint="Name one as owner/name: repo=, --repo or GITHUB_REPOSITORY."
        )
    if not _REPOSITORY.fullmatch(name):
        raise ConfigurationError(f"{name!r} is no repository: it is written owner/name.")
    address = _address(base_url, environ)
    _check(address)
    if ca_bundle is not None and not os.path.exists(ca_bundle):  # noqa: PTH110  # a string for requests
        raise ConfigurationError(f"{ca_bundle}: there is no such file of certificates.")
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
    except ValueError:  # a port that is no number
        sound = None
    if not sound:  # its text is not shown: it may hold a password
        raise ConfigurationError("The server's address is none.", hint="Name it as https://HOST/api/v3.")
    if split.scheme == "http" and not _is_loopback(split.hostname or ""):
        raise ConfigurationError(
            f"{address} would carry the token in the open.", hint="Use https; http is for this machine alone."
        )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _host(address: str) -> str:
    """The name under which `gh` knows a server."""
    host = urlsplit(address).hostname or ""
    if host == "api.github.com" or host.endswith(".ghe.com"):
        return host.removeprefix("api.")
    return host


def _same_server(one: SplitResult, other: SplitResult) -> bool:
    return (one.scheme, one.hostname, one.port) == (other.scheme, other.hostname, other.port)


def _token(given: str | None, address: str, environ: Mapping[str, str]) -> Token | None:
    """
    The token for a server, and for no other.

    The order is that of `gh` (cli.github.com/manual/gh_help_environment): a token of github.com is
    never sent elsewhere, but to the server that Actions says it was made by.
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
    # Its own look at the environment would undo ours: it must tell what it keeps itself.
    clean = {name: value for name, value in environ.items() if not name.endswith("_TOKEN")}
    try:
        told = subprocess.run(  # noqa: S603  # no shell, and a host that was checked
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
    """A token that fits in a header; else the libraries below would show it in an error."""
    value = value.strip()
    if not value.isascii() or not value.isprintable() or " " in value or not value:
        raise AuthInvalid(f"The token from {source} holds characters that no token has.")
    return Token(value, source)
