"""`gh-store init`: a configuration file and a store, or the workflows that run a store."""

from pathlib import Path
from typing import Any

import click

from gh_store.cli import settings
from gh_store.cli.opening import open_store, store_name
from gh_store.cli.options import command, store_options
from gh_store.cli.printing import Printer
from gh_store.cli.terminal import say
from gh_store.cli.workflows import write_workflows
from gh_store.domain.exceptions import ConfigurationError


@command(epilog="Example: gh-store init --store data.db")
@click.option(
    "--workflows",
    metavar="[DIR]",
    is_flag=False,
    flag_value=".",
    help="Write the workflows into the repository in DIR (default: this folder) instead.",
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
    if workflows is not None:
        done = write_workflows(Path(workflows), force=force)
        Printer().one({"workflows": [{"path": str(path), "outcome": outcome} for path, outcome in done.items()]})
        return
    file = settings.make_file(Path(config)) if config is not None else _users_file()
    with open_store(config=config, create=True, **where) as store:
        Printer().one({"store": store_name(store, where["store"]), "config": str(file) if file is not None else None})


def _users_file() -> Path | None:
    """The user's configuration file. A store needs none, so a home that cannot be written stops nothing."""
    from gh_store.config import user_path

    path = user_path()
    try:
        return None if path is None else settings.make_file(path)
    except ConfigurationError as error:
        say(f"note: the configuration file could not be created: {error}")
        return None
