"""Which store a command works on, and the data that it is given."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gh_store import files
from gh_store.cli import settings
from gh_store.cli.options import DEFAULT_STORE
from gh_store.cli.terminal import say

if TYPE_CHECKING:
    from gh_store.stores import Store


def _repository(store: str | None, repo: str | None) -> str | None:
    """The repository that the options name, or None for a store in a file."""
    if store is not None and repo is not None:
        raise click.UsageError("--store and --repo name two stores; give one of them.")
    return None if store is not None else repo or os.environ.get("GITHUB_REPOSITORY") or None


def store_name(opened: "Store", store: str | None) -> str:
    """What people call a store: its repository, or its file."""
    from gh_store.stores import LocalStore

    return (store or DEFAULT_STORE) if isinstance(opened, LocalStore) else opened.backend.repository


def open_store(
    store: str | None,
    repo: str | None,
    token: str | None,
    base_url: str | None,
    ca_bundle: str | None,
    config: str | None,
    *,
    create: bool = False,
) -> "Store":
    """The store that the options name: --store, --repo, GITHUB_REPOSITORY, or a file in this folder."""
    from gh_store.stores import GitHubStore, LocalStore

    repository = _repository(store, repo)
    settings.start(config)
    if repository is not None:
        opened = GitHubStore(repository, token, config, base_url=base_url, ca_bundle=ca_bundle)
        if repo is None:
            say(f"using {opened.backend.repository} (GITHUB_REPOSITORY)")
        return opened
    if token or base_url or ca_bundle:
        raise click.UsageError("--token, --base-url and --ca-bundle go with --repo.")
    if store is None:
        say(f"using ./{DEFAULT_STORE} (--store names another)")
        store = DEFAULT_STORE
    return LocalStore(store, config, create=create)


def read_data(text: str | None, from_file: str | None, what: str) -> Any:
    """JSON from an argument, a file, or stdin."""
    from gh_store import wire
    from gh_store.objects.inputs import read_text

    if (text is None) == (from_file is None):
        raise click.UsageError(f"Give {what} once: as an argument, `-` for stdin, or --from-file FILE.")
    if from_file is not None and from_file != "-":
        text = read_text(Path(from_file), files.MOST_OF_ONE)
    elif text is None or text == "-":
        text = read_stdin(files.MOST_OF_ONE)
    return wire.read_value(text)


def read_stdin(most: int) -> str:
    """The text on stdin, of at most `most` bytes."""
    try:
        return files.read_stream(sys.stdin.buffer, most)
    except OSError as error:
        raise click.UsageError(f"stdin cannot be read: {error.strerror}.") from error
    except files.Unreadable as error:
        raise click.UsageError(f"stdin cannot be read: {error}.") from error
