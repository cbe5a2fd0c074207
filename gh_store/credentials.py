"""
Which repository, on which server, with which token.

This, the configuration and the command line read the environment, and nothing else does.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final

from gh_store.domain.exceptions import AuthInvalid, ConfigurationError

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

_GH_SECONDS: Final = 10.0
_LARGEST_SECRET: Final = 65_536
_APP: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_APPS: Final = "The App's settings show both: see docs/serve.md."


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
class App:
    """
    A GitHub App. Its key is never shown.

    Attributes:
        app_id: Its number, or its client id.
        private_key: The text of a file in the format PEM.
        installation: The number of its installation; None to look it up by the repository.
    """

    app_id: str
    private_key: str = field(repr=False)
    installation: int | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """
    Where a store is, and who accesses it.

    Attributes:
        repository: `owner/name`.
        base_url: The address of the REST API.
        token: The token, or None to read what is public.
        ca_bundle: A file of certificates to trust instead of the usual ones.
        app: The GitHub App whose tokens are sent instead of one that was given.
    """

    repository: str
    base_url: str
    token: Token | None
    ca_bundle: str | None = None
    app: App | None = None


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
        repository: `owner/name`, `host/owner/name`, or the https or SSH address of a repository; else GH_REPO, else
            GITHUB_REPOSITORY.
        token: Else the tokens of a GitHub App (GH_STORE_APP_ID), else GH_TOKEN, GITHUB_TOKEN (or, for another server
            than github.com, those of the enterprise), else what `gh auth token` says.
        base_url: The address of the REST API; else GITHUB_API_URL, else that of GH_HOST.
        environ: The environment; else that of this process.
    Raises:
        ConfigurationError: No repository is named, no token may be sent to the address, or what names a GitHub App is
            incomplete.
        AuthInvalid: The token contains characters that are not allowed in a token.
    """
    environ = os.environ if environ is None else environ
    name, address = _located(repository, base_url, environ)
    server = _server(address)
    bundle = environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE") if server.scheme == "https" else None
    for file in (ca_bundle, None if ca_bundle else bundle):
        if file and not os.path.exists(file):  # noqa: PTH110  # a string for requests
            raise ConfigurationError(
                f"{file}: the file of certificates was not found.", hint="Check --ca-bundle and REQUESTS_CA_BUNDLE."
            )
    # Who names a server in the repository alone, which others may have written, sends it nothing of an App.
    app = app_of(environ) if not token and (base_url or _server(_address(None, None, environ)) == server) else None
    found = None if app is not None else _token(token, server, environ)
    return Credentials(_repository(name, _host(server)), address, found, ca_bundle, app)


def app_of(environ: Mapping[str, str]) -> App | None:
    """
    The GitHub App that the environment names, or None.

    Raises:
        ConfigurationError: It is named in part, or makes no sense.
    """
    app_id, key = environ.get("GH_STORE_APP_ID", "").strip(), secret("GH_STORE_APP_PRIVATE_KEY", environ)
    installation = environ.get("GH_STORE_APP_INSTALLATION_ID", "").strip()
    if not app_id and key is None and not installation:
        return None
    if not app_id or key is None:
        raise ConfigurationError(
            "A GitHub App has a number and a private key, and one of them is missing.",
            hint="Set GH_STORE_APP_ID and GH_STORE_APP_PRIVATE_KEY (or …_FILE), or neither.",
        )
    if not _APP.fullmatch(app_id):
        raise ConfigurationError("GH_STORE_APP_ID is not the number, or the client id, of a GitHub App.", hint=_APPS)
    if installation and not _NUMBER.fullmatch(installation):
        raise ConfigurationError("GH_STORE_APP_INSTALLATION_ID is not a number.", hint=_APPS)
    # What holds variables often has no line breaks.
    return App(app_id, key.replace("\\n", "\n"), int(installation) if installation else None)


def secret(name: str, environ: Mapping[str, str] | None = None) -> str | None:
    """
    What a variable says, or the file that another one names: NAME or NAME_FILE. None if it is empty.

    Args:
        environ: The environment; else that of this process.
    Raises:
        ConfigurationError: Both are set, or the file cannot be read. What is in it is not shown.
    """
    environ = os.environ if environ is None else environ
    given, file = environ.get(name, "").strip(), environ.get(f"{name}_FILE", "")
    if not file:
        return given or None
    if given:
        raise ConfigurationError(f"{name} and {name}_FILE are both set.", hint="Unset one of them.")
    return secret_in(file, f"{name}_FILE")


def secret_in(file: str, source: str) -> str:
    """
    What a file says.

    Args:
        source: What names the file, for messages.
    Raises:
        ConfigurationError: It cannot be read. What is in it is not shown.
    """
    try:
        with open(file, encoding="utf-8") as opened:  # noqa: PTH123  # a name, as the environment has it
            text = opened.read(_LARGEST_SECRET + 1)
    except (OSError, ValueError) as error:
        told = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ConfigurationError(
            f"{source}: {file} cannot be read: {told}.", hint="Name a file that is there."
        ) from None
    if not text.strip() or len(text) > _LARGEST_SECRET:
        raise ConfigurationError(f"{source}: {file} is empty, or too large.", hint="Name the file of the secret alone.")
    return text.strip()


def page(repository: str | None = None, base_url: str | None = None, environ: Mapping[str, str] | None = None) -> str:
    """The address of a repository's page, for people. The arguments are those of `resolve`."""
    name, address = _located(repository, base_url, os.environ if environ is None else environ)
    server = _server(address)
    host = _host(server)
    usual = server.port == {"https": 443, "http": 80}[server.scheme]
    return f"{server.scheme}://{host if usual else f'{host}:{server.port}'}/{_repository(name, host)}"


def _located(repository: str | None, base_url: str | None, environ: Mapping[str, str]) -> tuple[str, str]:
    """The name of a repository, without the server that it may begin with; and the address of the REST API."""
    name = repository or environ.get("GH_REPO") or environ.get("GITHUB_REPOSITORY")
    if not name:
        raise ConfigurationError(
            "No repository is named.", hint="Name it as owner/name: repo=, --repo, GH_REPO or GITHUB_REPOSITORY."
        )
    on_host = _ON_HOST.fullmatch(name)
    if on_host is None:
        return name, _address(base_url, None, environ)
    address = _address(base_url, on_host["host"].lower(), environ)
    if on_host["host"].lower() != _host(_server(address)):
        raise ConfigurationError(
            f"The repository is on {on_host['host']}, and --base-url is on {_host(_server(address))}.",
            hint="Leave out one of the two.",
        )
    return on_host["name"], address


def _repository(name: str, host: str) -> str:
    """`owner/name`, which may be given as the https or SSH address of a repository on this host."""
    found = _REPOSITORY_URL.fullmatch(name)
    if found is not None and host == (found["web"] or found["ssh"] or found["scp"]).lower():
        name = found["name"]
    name = name.removesuffix(".git")  # no repository is called so
    if not _REPOSITORY.fullmatch(name):  # it is not shown: an address may hold a password
        raise ConfigurationError(
            "The name of the repository is not valid.", hint=f"Write it as owner/name, or as an address on {host}."
        )
    return name


def _address(base_url: str | None, host: str | None, environ: Mapping[str, str]) -> str:
    """The address of the REST API: as given, or of the host before a repository's name, or the environment's."""
    if not base_url and host is None:
        base_url = environ.get("GITHUB_API_URL")
    host = (host or environ.get("GH_HOST", "")).lower()
    if not base_url and host and host != "github.com":
        base_url = f"https://api.{host}" if host.endswith(".ghe.com") else f"https://{host}/api/v3"
    return (base_url or _GITHUB).rstrip("/")


@dataclass(frozen=True, slots=True)
class _Server:
    scheme: str
    host: str
    port: int


def _server(address: str) -> _Server:
    """
    Where a token that is sent to an address goes.

    Raises:
        ConfigurationError: A token may not travel there, or it is no address that every library reads alike.
    """
    found = _ADDRESS.fullmatch(address)
    host = found["host"].lower() if found is not None else ""
    port = int(found["port"] or {"http": 80, "https": 443}[found["scheme"].lower()]) if found is not None else 0
    if found is None or not 0 < port < 65_536 or not _is_plain(host):
        # The address is not shown: it may hold a password.
        raise ConfigurationError("The address of the server is not valid.", hint="Write it as https://HOST/api/v3.")
    scheme = found["scheme"].lower()
    if scheme == "http" and not _is_loopback(host.strip("[]")):
        raise ConfigurationError(
            f"{address} would send the token unencrypted.", hint="Use https. Only loopback addresses may use http."
        )
    return _Server(scheme, host, port)


def _is_plain(host: str) -> bool:
    """True for a name, and for an address in the usual notation: 0x7f.1 is one, too, to some libraries."""
    last = host.rpartition(".")[2]
    if not (host.startswith("[") or last.isdigit() or last.startswith("0x")):
        return ".." not in host
    try:
        return ip_address(host.strip("[]")).version == (6 if host.startswith("[") else 4)
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _host(server: _Server) -> str:
    """The name that `gh` uses for a server."""
    if server.host == "api.github.com" or server.host.endswith(".ghe.com"):
        return server.host.removeprefix("api.")
    return server.host


def _named(environ: Mapping[str, str]) -> _Server | None:
    """The server that Actions names as the origin of its tokens."""
    try:
        return _server(environ.get("GITHUB_API_URL", "").rstrip("/"))
    except ConfigurationError:
        return None


def _token(given: str | None, server: _Server, environ: Mapping[str, str]) -> Token | None:
    """
    The token for this server.

    The order is that of `gh` (cli.github.com/manual/gh_help_environment). A token of github.com is never sent
    elsewhere, except to the server that Actions names as its origin.
    """
    if given:
        return _checked(given, "the argument")
    host = _host(server)
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
