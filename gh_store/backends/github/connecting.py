"""From credentials to a connection."""

from pathlib import Path

from gh_store.backends.github.client import Connection
from gh_store.backends.github.installation import shared_installation
from gh_store.backends.github.tokens import TokenSource
from gh_store.credentials import Credentials


def connect(who: Credentials, *, timeout: float, cache: str | None = None) -> Connection:
    """
    The connection for whoever was found. Makes no request.

    Args:
        timeout: Seconds to wait for an answer.
        cache: The folder of `http.cache`.
    Raises:
        ConfigurationError: The key of a GitHub App is none.
    """
    token: str | TokenSource | None = who.token.value if who.token is not None else None
    if who.app is not None:
        token = shared_installation(who.app, who.repository, who.base_url, timeout=timeout, ca_bundle=who.ca_bundle)
    folder = Path(cache).expanduser() if cache is not None else None
    return Connection(who.base_url, token, timeout=timeout, ca_bundle=who.ca_bundle, cache=folder)
