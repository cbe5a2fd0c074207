"""
Which repository, on which server, with which token.

This, the configuration and the command line read the environment, and nothing else does.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from gh_store.credentials.secrets import App, app_of, secret, secret_in
from gh_store.credentials.servers import address_of, is_loopback, located, repository_of, server_of
from gh_store.credentials.tokens import Token, token_for
from gh_store.domain.exceptions import ConfigurationError

__all__ = ["App", "Credentials", "Token", "app_of", "is_loopback", "page", "resolve", "secret", "secret_in"]


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
    name, address = located(repository, base_url, environ)
    server = server_of(address)
    bundle = environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE") if server.scheme == "https" else None
    for file in (ca_bundle, None if ca_bundle else bundle):
        if file and not os.path.exists(file):  # noqa: PTH110  # a string for requests
            raise ConfigurationError(
                f"{file}: the file of certificates was not found.", hint="Check --ca-bundle and REQUESTS_CA_BUNDLE."
            )
    # Who names a server in the repository alone, which others may have written, sends it nothing of an App.
    app = app_of(environ) if not token and (base_url or server_of(address_of(None, None, environ)) == server) else None
    found = None if app is not None else token_for(token, server, environ)
    return Credentials(repository_of(name, server), address, found, ca_bundle, app)


def page(repository: str | None = None, base_url: str | None = None, environ: Mapping[str, str] | None = None) -> str:
    """The address of a repository's page, for people. The arguments are those of `resolve`."""
    name, address = located(repository, base_url, os.environ if environ is None else environ)
    server = server_of(address)
    return f"{server.site}/{repository_of(name, server)}"
