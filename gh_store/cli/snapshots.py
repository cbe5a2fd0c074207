"""`gh-store snapshot` and `gh-store update-snapshot`: all objects in one document, for a static site."""

import sys
from pathlib import Path
from typing import Any

import click

from gh_store.cli.actions import report_snapshot
from gh_store.cli.escapes import quiet_json
from gh_store.cli.opening import open_store
from gh_store.cli.options import command, positionals, store_options
from gh_store.cli.plans import PLAN, announcing, print_plan
from gh_store.cli.terminal import progress, say


@command(epilog="Example: gh-store snapshot --output site/data.json")
@click.option(
    "-o", "--output", metavar="FILE", default="snapshot.json", show_default=True, help="The file; - is stdout."
)
@click.option("--complete", is_flag=True, help="Read every issue of the repository instead of the label index.")
@PLAN
@store_options
def snapshot(output: str, complete: bool, plan: bool, **where: Any) -> int:
    """Write all objects to one JSON document."""
    with open_store(**where) as store, progress("Reading objects", announcing(store, "snapshot")) as step:
        if plan:
            return print_plan(store, "snapshot")
        if output == "-":
            pieces = store.snapshot(complete=complete, progress=step).pieces()
        else:
            changed = store.write_snapshot(output, complete=complete, progress=step)
    if output == "-":
        sys.stdout.writelines(map(quiet_json, pieces))
    else:
        say(f"wrote {output}" if changed else f"{output} is up to date")
        report_snapshot(Path(output), changed=changed)
    return 0


@command("update-snapshot", epilog="Example: gh-store update-snapshot site/data.json")
@positionals("snapshot_path")
@store_options
def update_snapshot(snapshot_path: str, **where: Any) -> None:
    """Bring a snapshot file up to date, removals included."""
    with open_store(**where) as store, progress("Reading changes") as step:
        changed = store.update_snapshot(snapshot_path, progress=step)
    say(f"updated {snapshot_path}" if changed else f"{snapshot_path} is up to date")
    report_snapshot(Path(snapshot_path), changed=changed)
