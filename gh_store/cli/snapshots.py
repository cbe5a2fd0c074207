"""`gh-store snapshot` and `gh-store update-snapshot`: all objects in files, for static sites and other programs."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gh_store.cli.actions import report_snapshot
from gh_store.cli.escapes import quiet_json
from gh_store.cli.opening import open_store
from gh_store.cli.options import command, positionals, store_options
from gh_store.cli.plans import PLAN, announcing, print_plan
from gh_store.cli.terminal import progress, say

if TYPE_CHECKING:
    from gh_store.snapshots import Snapshot

_OUTPUTS = {"document": "snapshot.json", "lines": "snapshot.jsonl", "folder": "snapshot"}


@command(epilog="Example: gh-store snapshot --history --output site/data.json")
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    help="The file, or the folder; - is stdout. By default snapshot.json, snapshot.jsonl, or the folder snapshot.",
)
@click.option("--history", is_flag=True, help="Tell the events of each object, too.")
@click.option(
    "--format",
    "form",
    type=click.Choice(list(_OUTPUTS)),
    default="document",
    show_default=True,
    help="One JSON document; an object a line; or a folder with a file for each object.",
)
@click.option("--prefix", metavar="TEXT", help="Only objects whose ids begin with this.")
@click.option("--label", multiple=True, help="Only objects with this label; repeat it for several.")
@click.option("--from", "source", metavar="SNAPSHOT", help="Convert this document or folder; no store is asked.")
@click.option("--complete", is_flag=True, help="Read every issue of the repository instead of the label index.")
@PLAN
@store_options
def snapshot(
    output: str | None,
    history: bool,
    form: str,
    prefix: str | None,
    label: tuple[str, ...],
    source: str | None,
    complete: bool,
    plan: bool,
    **where: Any,
) -> int:
    """Write all objects to a document, to lines, or to a folder."""
    target = output if output is not None else _OUTPUTS[form]
    if target == "-" and form == "folder":
        raise click.UsageError("A folder cannot be written to stdout: name one with --output.")
    if source is not None:
        if label or complete or plan:
            raise click.UsageError("--from asks no store, so --label, --complete and --plan do not go with it.")
        return _convert(source, target, form, prefix, history=history)
    chosen: dict[str, Any] = {"history": history, "prefix": prefix, "labels": list(label), "complete": complete}
    work = "snapshot --history" if history else "snapshot"
    with open_store(**where) as store, progress("Reading objects", announcing(store, work)) as step:
        if plan:
            return print_plan(store, work)
        if target == "-":
            pieces = _pieces(store.snapshot(**chosen, progress=step), form)
        else:
            changed = store.write_snapshot(target, form, **chosen, progress=step)
    if target == "-":
        sys.stdout.writelines(map(quiet_json, pieces))
    else:
        _report(target, changed=changed)
    return 0


def _convert(source: str, target: str, form: str, prefix: str | None, *, history: bool) -> int:
    """Write the snapshot in a file in another format."""
    from gh_store import snapshots

    old = snapshots.read(source)
    if history and not old.header.history:
        raise click.UsageError(f"{source} has no history: take a new snapshot with --history.")
    new = old if prefix is None else snapshots.chosen(old, prefix)
    if target == "-":
        sys.stdout.writelines(map(quiet_json, _pieces(new, form)))
    else:
        _report(target, changed=snapshots.write(target, new, snapshots.Format(form)))
    return 0


def _pieces(snapshot: "Snapshot", form: str) -> Iterator[str]:
    return snapshot.lines() if form == "lines" else snapshot.pieces()


def _report(target: str, *, changed: bool) -> None:
    say(f"wrote {target}" if changed else f"{target} is up to date")
    report_snapshot(Path(target), changed=changed)


@command("update-snapshot", epilog="Example: gh-store update-snapshot site/data.json")
@positionals("snapshot_path")
@store_options
def update_snapshot(snapshot_path: str, **where: Any) -> None:
    """
    Bring a snapshot up to date, removals included.

    It may be a document or a folder, and goes on to tell what it told: with history, or of some objects only.
    """
    with open_store(**where) as store, progress("Reading changes") as step:
        changed = store.update_snapshot(snapshot_path, progress=step)
    say(f"updated {snapshot_path}" if changed else f"{snapshot_path} is up to date")
    report_snapshot(Path(snapshot_path), changed=changed)
