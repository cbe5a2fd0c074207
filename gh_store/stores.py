"""The stores that users hold: each a `Store` over the backend that its constructor picks."""

import random
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from gh_store import config as configuration
from gh_store import credentials
from gh_store.backends.local import LocalBackend
from gh_store.backends.memory import MEMORY, MemoryBackend
from gh_store.domain.limits import OnLimit
from gh_store.store import Store

__all__ = ["GitHubStore", "LocalStore", "Store"]


class GitHubStore(Store):
    """
    A store on the issues of a repository on GitHub. Makes no request before it is used.

    Args:
        repo: `owner/name`; without it, GITHUB_REPOSITORY.
        token: Without it, the tokens of the GitHub App that GH_STORE_APP_ID names, or GH_TOKEN, GITHUB_TOKEN, or what
            `gh auth token` says. With no token at all, a public repository can be read.
        config_path: A configuration file that must be there.
        max_concurrent_updates: See Store.
        base_url: The address of the REST API; without it, GITHUB_API_URL, that of GH_HOST, or
            that of github.com.
        ca_bundle: A file of certificates to trust instead of the usual ones.
        on_limit: What to do at a rate limit, whatever the configuration says.
        sleep: Waits so many seconds.
    Raises:
        ConfigurationError: No repository is named, or an address that no token may be sent to.
    """

    def __init__(
        self,
        repo: str | None = None,
        token: str | None = None,
        config_path: str | Path | None = None,
        max_concurrent_updates: int | None = None,
        base_url: str | None = None,
        *,
        ca_bundle: str | None = None,
        on_limit: OnLimit | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        # PyGithub is imported only where GitHub is used: it costs a command more than its work does.
        from gh_store.backends.github import GitHubBackend, Limits, connect, shared_limiter  # noqa: PLC0415

        who = credentials.resolve(repo, token, base_url, ca_bundle)
        config = configuration.load(config_path)
        if on_limit is not None:
            config = replace(config, rate_limit_on_limit=on_limit)
        connection = connect(who, timeout=config.http_timeout, cache=config.http_cache)
        limits = Limits(
            config.rate_limit_max_requests_per_hour,
            config.rate_limit_seconds_between_writes,
            config.rate_limit_seconds_between_requests,
        )
        limiter = shared_limiter(connection.identity, limits, sleep)
        backend = GitHubBackend(who.repository, connection, limiter)
        super().__init__(
            backend, config, max_concurrent_updates=max_concurrent_updates, sleep=sleep, jitter=random.random
        )


class LocalStore(Store):
    """
    A store in one SQLite file: the same verbs and promises, with no token and no network.

    Args:
        path: The file; it is made if it is missing. `:memory:` for a store that ends with this one.
        config_path: A configuration file that must be there.
        max_concurrent_updates: See Store.
        user: Who acts; without one, the owner of the file.
        create: False to raise ConfigurationError where there is no file.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        path: str | Path = "gh-store.db",
        config_path: str | Path | None = None,
        max_concurrent_updates: int | None = None,
        *,
        user: str | None = None,
        create: bool = True,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        config = configuration.load(config_path)
        in_memory = str(path) == MEMORY
        backend = MemoryBackend(user=user) if in_memory else LocalBackend(path, user=user, create=create)
        super().__init__(backend, config, max_concurrent_updates=max_concurrent_updates, sleep=sleep)
