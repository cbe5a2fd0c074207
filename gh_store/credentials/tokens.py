"""The token for a server: as given, in the environment, or of `gh`."""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from gh_store.credentials.servers import Server, server_of
from gh_store.domain.exceptions import AuthInvalid, ConfigurationError

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


def token_for(given: str | None, server: Server, environ: Mapping[str, str]) -> Token | None:
    """
    The token for this server.

    The order is that of `gh` (cli.github.com/manual/gh_help_environment). A token of github.com is never sent
    elsewhere, except to the server that Actions names as its origin.
    """
    if given:
        return _checked(given, "the argument")
    host = server.name
    names: list[str] = []
    if host == "github.com" or host.endswith(".ghe.com"):
        names = ["GH_TOKEN", "GITHUB_TOKEN"]
    else:
        names = ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"]
        if _named(environ) == server:
            names += ["GH_TOKEN", "GITHUB_TOKEN"]
    for name in names:
        if environ.get(name):
            return _checked(environ[name], name)
    return _from_gh(host, environ)


def _named(environ: Mapping[str, str]) -> Server | None:
    """The server that Actions names as the origin of its tokens."""
    try:
        return server_of(environ.get("GITHUB_API_URL", "").rstrip("/"))
    except ConfigurationError:
        return None


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
    if not isinstance(value, str):
        raise AuthInvalid(f"The token from {source} is not a string.")
    value = value.strip()
    if not value.isascii() or not value.isprintable() or " " in value or not value:
        raise AuthInvalid(f"The token from {source} contains characters that are not allowed in a token.")
    return Token(value, source)
