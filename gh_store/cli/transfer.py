"""A backup and the way back: export and import."""

import sys
from pathlib import Path
from typing import Any

import click

from gh_store.cli.escapes import quiet_json
from gh_store.cli.maintenance import exit_code
from gh_store.cli.opening import open_store, read_stdin
from gh_store.cli.options import store_options
from gh_store.cli.output import as_dict
from gh_store.cli.terminal import emit, progress, say
from gh_store.files import MOST, write


@click.command("export", epilog="Example: gh-store export --output backup.jsonl")
@click.option("--output", metavar="FILE", help="Write to a file instead of stdout.")
@click.option("--deleted", is_flag=True, help="Deleted objects too.")
@store_options
def export_store(output: str | None, deleted: bool, **where: Any) -> None:
    """Write the whole store with its logs, as JSON Lines. `import` brings it back on any backend."""
    with open_store(**where) as store, progress("Reading objects") as step:
        lines = store.export(deleted=deleted, progress=step)
        if output is None or output == "-":
            sys.stdout.writelines(map(quiet_json, lines))
        else:
            write(output, lines)
            say(f"wrote {output}")


@click.command("import", epilog="Example: gh-store import backup.jsonl --store restored.db")
@click.argument("file", metavar="FILE")
@store_options
def import_store(file: str, **where: Any) -> int:
    """
    Create the objects of an export, a snapshot or documents (lines of {"id", "document"}).

    FILE may be - for stdin. All of it is read before anything is written. If the command is interrupted, run it
    again: it creates what is missing.
    """
    with open_store(**where, create=True) as store, progress("Creating objects") as step:
        done = store.import_from([read_stdin(MOST)] if file == "-" else Path(file), progress=step)
    say(f"{sum(each.made for each in done)} created, {sum(not (each.made or each.error) for each in done)} unchanged")
    emit([*map(as_dict, done)])
    return exit_code(done)
