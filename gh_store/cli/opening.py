"""Which store a command works on, and the data that it is given."""

import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gh_store import files
from gh_store.cli import settings
from gh_store.cli.options import DEFAULT_STORE
from gh_store.cli.terminal import say
from gh_store.domain.exceptions import ConfigurationError, InvalidInput, InvalidObject

if TYPE_CHECKING:
    from gh_store.stores import Store


@dataclass(frozen=True, slots=True)
class Place:
    """
    Which store is meant.

    Attributes:
        file: The file of an embedded store, or None.
        repository: The repository on GitHub, or None.
        source: The variable that names it, or None if options do, or nothing does.
    """

    file: str | None = None
    repository: str | None = None
    source: str | None = None


def place_of(store: str | None, repo: str | None, environ: Mapping[str, str] | None = None) -> Place:
    """The options decide; then GH_STORE or GH_REPO; then GITHUB_REPOSITORY. The environment is that of the process."""
    environ = os.environ if environ is None else environ
    if store is not None and repo is not None:
        raise click.UsageError("--store and --repo name two stores; give one of them.")
    if store is not None or repo is not None:
        return Place(store, repo)
    file, repository = environ.get("GH_STORE"), environ.get("GH_REPO")
    if file and repository:
        raise click.UsageError("GH_STORE and GH_REPO name two stores; unset one of them, or give --store or --repo.")
    if file or repository:
        return Place(file or None, repository or None, "GH_STORE" if file else "GH_REPO")
    repository = environ.get("GITHUB_REPOSITORY") or None
    return Place(None, repository, "GITHUB_REPOSITORY" if repository else None)


def store_name(opened: "Store", store: str | None) -> str:
    """What people call a store: its repository, or its file."""
    from gh_store.stores import LocalStore

    if not isinstance(opened, LocalStore):
        return opened.backend.repository
    return place_of(store, None).file or DEFAULT_STORE


def unmade(store: str | None, repo: str | None, **where: Any) -> dict[str, Any]:
    """The same place, for who only asks what work takes: a store in a file, which takes no requests, is not made."""
    embedded = place_of(store, repo).repository is None
    return {"store": ":memory:" if embedded else store, "repo": repo, **where}


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
    """The store that options or variables name, or the one in a file in this folder."""
    from gh_store.stores import GitHubStore, LocalStore

    place = place_of(store, repo)
    settings.start(config)
    if place.repository is not None:
        opened = GitHubStore(place.repository, token, config, base_url=base_url, ca_bundle=ca_bundle)
        if place.source is not None:
            say(f"using {opened.backend.repository} ({place.source})")
        return opened
    if token or base_url or ca_bundle:
        raise click.UsageError("--token, --base-url and --ca-bundle go with --repo.")
    if place.file is not None:
        return LocalStore(place.file, config, create=create)
    offer = "" if Path(DEFAULT_STORE).exists() else clone_offer()
    say(f"using ./{DEFAULT_STORE} (--store names another)")
    try:
        opened_here = LocalStore(DEFAULT_STORE, config, create=create)
    except ConfigurationError as error:
        error.hint = f"{offer} {error.hint}".strip()
        raise
    if offer and create:
        say(f"hint: {offer}")
    return opened_here


def clone_offer() -> str:
    """In a clone, how to name the repository that it is of; else empty."""
    from gh_store.cli.clone import repository_of

    found = repository_of(Path())
    return f"For the repository of this clone, add --repo {found}." if found else ""


def read_data(text: str | None, from_file: str | None, what: str) -> Any:
    """JSON from an argument, a file, or stdin."""
    from gh_store import wire
    from gh_store.objects.inputs import read_text

    if (text is None) == (from_file is None):
        raise click.UsageError(f"Give {what} once: as an argument, `-` for stdin, or --from-file FILE.")
    given = text
    if from_file is not None and from_file != "-":
        text = read_text(Path(from_file), files.MOST_OF_ONE)
    elif text is None or text == "-":
        text = read_stdin(files.MOST_OF_ONE)
    try:
        return wire.read_value(text)
    except InvalidObject as error:
        if given is not None and (given.startswith("@") or os.path.isfile(given)):  # noqa: PTH113  # which never raises
            error.hint = f"For what a file holds, give --from-file {shlex.quote(given.removeprefix('@'))} instead."
        raise


def read_stdin(most: int) -> str:
    """The text on stdin, of at most `most` bytes."""
    try:
        return files.read_stream(sys.stdin.buffer, most)
    except OSError as error:
        raise click.UsageError(f"stdin cannot be read: {error.strerror}.") from error
    except files.Unreadable as error:
        raise error.told(f"stdin cannot be read: {error}.", InvalidInput) from error
