"""`gh-store init`: a configuration file and a store, or the workflows that run a store."""

import os
from pathlib import Path
from typing import Any

import click

from gh_store.cli import settings
from gh_store.cli.clone import root_of
from gh_store.cli.opening import open_store, store_name
from gh_store.cli.options import command, folder, store_options
from gh_store.cli.printing import Printer
from gh_store.cli.terminal import say
from gh_store.cli.workflows import write_workflows
from gh_store.domain.exceptions import ConfigurationError, InsufficientScope


@command(epilog="Example: gh-store init --store data.db")
@click.option(
    "--workflows",
    metavar="[DIR]",
    is_flag=False,
    flag_value=".",
    callback=folder,
    help="Write the workflows into the repository that DIR is in (default: this folder) instead.",
)
@click.option("--force", is_flag=True, help="With --workflows: replace files that differ, and leave other processors.")
@store_options
def init(workflows: str | None, force: bool, config: str | None, **where: Any) -> None:
    """
    Create a configuration file and a store, or workflows.

    What exists already is left alone. With --repo no store is created: the repository is there. Workflows are not
    written where another workflow runs `gh-store process-updates` of another package: it must be deleted first.
    """
    if force and workflows is None:
        raise click.UsageError("--force goes with --workflows.")
    if workflows == "":
        raise click.UsageError("--workflows '' names no folder.")
    if workflows is not None and os.path.isfile(workflows):  # noqa: PTH113  # no name makes it raise
        raise click.UsageError(f"--workflows {workflows}: this is a file; name a folder.")
    if workflows is not None:
        done = write_workflows(_root(Path(workflows)), force=force)
        Printer().one({"workflows": [{"path": str(path), "outcome": outcome} for path, outcome in done.items()]})
        return
    file = settings.make_file(Path(config)) if config is not None else _users_file()
    with open_store(config=config, create=True, **where) as store:
        Printer().one({"store": store_name(store, where["store"]), "config": str(file) if file is not None else None})


def _root(where: Path) -> Path:
    """Where GitHub looks for workflows: the root of the clone that a folder is in."""
    root = root_of(where)
    if root is None:
        say(
            "note: this folder is in no clone. GitHub reads workflows only at the root of a repository: move them there"
        )
        return where
    if root == where.resolve():
        return where
    say(f"note: the workflows are in {root}, the root of the repository: GitHub reads them nowhere else")
    return root


def _users_file() -> Path | None:
    """The user's configuration file. A store needs none, so a home that cannot be written stops nothing."""
    from gh_store.config import user_path

    path = user_path()
    try:
        return None if path is None else settings.make_file(path)
    except (ConfigurationError, InsufficientScope) as error:
        say(f"note: the configuration file could not be created: {error}")
        return None
