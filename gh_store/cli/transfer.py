"""A backup and the way back: export and import."""

import sys
from pathlib import Path
from typing import Any

import click

from gh_store.cli.escapes import quiet_json
from gh_store.cli.maintenance import exit_code
from gh_store.cli.opening import open_store, read_stdin, unmade
from gh_store.cli.options import command, store_options
from gh_store.cli.plans import PLAN, announcing, print_plan
from gh_store.cli.printing import Printer, prints_many
from gh_store.cli.terminal import is_terminal, progress, say
from gh_store.cli.views import TRANSFERRED, as_dict
from gh_store.files import MOST, write


@command("export", epilog="Example: gh-store export --output backup.jsonl")
@click.option("-o", "--output", metavar="FILE", help="Write to a file instead of stdout.")
@click.option("--deleted", is_flag=True, help="Deleted objects too.")
@PLAN
@store_options
def export_store(output: str | None, deleted: bool, plan: bool, **where: Any) -> int:
    """Write the whole store with its logs, as JSON Lines. `import` brings it back on any backend."""
    at_once = output is None or output == "-"
    with (
        open_store(**where) as store,
        progress("Reading objects", announcing(store, "export"), alone=not (at_once and is_terminal())) as step,
    ):
        if plan:
            return print_plan(store, "export")
        lines = store.export(deleted=deleted, progress=step)
        if output is None or at_once:
            sys.stdout.writelines(map(quiet_json, lines))
        else:
            write(output, lines)
            say(f"wrote {output}")
    return 0


@command("import", epilog="Example: gh-store import backup.jsonl --store restored.db")
@click.argument("file", metavar="FILE")
@click.option("--update", is_flag=True, help="Give objects that exist the data in FILE, as `put` does.")
@PLAN
@prints_many
@store_options
def import_store(file: str, update: bool, plan: bool, out: Printer, **where: Any) -> int:
    """
    Create the objects of an export, a snapshot or a list.

    A list is what `list` and `list --jsonl` print, or lines of {"id", "document"}. FILE may be - for stdin.

    All of it is read before anything is written. If the command is interrupted, run it again: it creates what is
    missing. What failed is printed, in a pipe as an array, which is empty if all went well; --json prints everything.
    """
    from gh_store.objects.inputs import read_text
    from gh_store.transfer.records import read_lines

    told = read_lines(read_stdin(MOST), "the import") if file == "-" else read_lines(read_text(Path(file), MOST), file)
    events = [max(1, len(record.events)) for record in told]
    if plan:
        with open_store(**unmade(**where)) as store:
            return print_plan(store, "import", out, objects=len(told), events=events)
    with (
        open_store(**where, create=True) as store,
        progress("Creating objects", announcing(store, "import", events=events)) as step,
    ):
        done = store.import_records(told, update=update, progress=step)
    failed = [each for each in done if each.error is not None]
    made, updated = sum(each.made for each in done), sum(each.updated for each in done)
    counts = {"created": made, "updated": updated, "unchanged": len(done) - made - updated - len(failed)}
    say(", ".join(f"{count:,} {what}" for what, count in {**counts, "failed": len(failed)}.items()))
    if out.is_asked:
        out.many(map(as_dict, done), TRANSFERRED)
    elif not out.is_table:
        out.many(map(as_dict, failed), TRANSFERRED)
    return exit_code(done)  # which tells people what failed
