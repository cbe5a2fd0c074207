"""Looking after a store: verify, repair, adopt; and a backup and the way back, export and import."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from gh_store.cli.commands import commands
from gh_store.cli.options import open_store, store_options
from gh_store.cli.terminal import emit, progress, say
from gh_store.domain.exceptions import GitHubStoreError, IntegrityError
from gh_store.domain.findings import Finding, RepairResult, TransferResult
from gh_store.domain.values import JsonObject
from gh_store.files import write

_DRY_RUN = click.option("--dry-run", is_flag=True, help="Only tell what would be done.")
_IDS = click.argument("object_ids", nargs=-1, metavar="[ID]...")


@commands.command(epilog="Example: gh-store verify || gh-store repair")
@_IDS
@click.option("--json", "as_object", is_flag=True, help="{damage, suspected}, for programs.")
@store_options
def verify(object_ids: tuple[str, ...], as_object: bool, **where: Any) -> int:
    """
    Replay logs from their first event and compare; exit with 7 if something is to be mended.

    Remarks (a decided comment that was edited, an issue that is gone) are no damage, and leave the exit code 0.
    """
    with open_store(**where) as store, progress("Replaying objects") as step:
        seen = store.verify(*object_ids, progress=step)
    if as_object:
        emit({"damage": [*map(_finding, seen.damage)], "suspected": [*map(_finding, seen.suspected)]})
    else:
        for finding in (*seen.damage, *seen.suspected):
            word = "damage" if finding.damage else "remark"
            click.echo(f"{word}: {_place(finding)}: {finding.kind}: {finding.found}\n    {finding.remedy}")
    say(f"{len(seen.damage)} to mend, {len(seen.suspected)} remarks")
    return IntegrityError.exit_code if seen.damage else 0


def _place(found: Finding | RepairResult) -> str:
    named = found.object_id or "an object"
    named = named if named.isprintable() else repr(named)  # a title may hold what a terminal acts upon
    return named if found.issue_number is None else f"{named} (issue {found.issue_number})"


def _finding(finding: Finding) -> JsonObject:
    return {
        "kind": finding.kind.value,
        "object_id": finding.object_id,
        "issue_number": finding.issue_number,
        "found": finding.found,
        "remedy": finding.remedy,
    }


@commands.command(epilog="Example: gh-store repair --dry-run")
@_IDS
@_DRY_RUN
@store_options
def repair(object_ids: tuple[str, ...], dry_run: bool, **where: Any) -> int:
    """Mend what is derived from the log: body, title, receipts, labels, open or closed. Events are never touched."""
    with open_store(**where) as store, progress("Replaying objects") as step:
        done = store.repair(*object_ids, dry_run=dry_run, progress=step)
    for each in done:
        say(f"{_place(each)}: {'would ' if dry_run else ''}{each.doing} ({', '.join(each.kinds)})")
    emit([
        {
            "object_id": each.object_id,
            "issue_number": each.issue_number,
            "kinds": [kind.value for kind in each.kinds],
            "doing": each.doing,
            "error": _told(each.error),
        }
        for each in done
    ])  # fmt: skip  # one array
    return _code(done)


@commands.command(epilog="Example: gh-store adopt --dry-run")
@_IDS
@_DRY_RUN
@store_options
def adopt(object_ids: tuple[str, ...], dry_run: bool, **where: Any) -> int:
    """
    Take over the objects whose creator may no longer write, but may still edit their issues.

    Each goes on, history and all, in an issue of yours; the old one keeps its log, and holds no object any more.
    """
    with open_store(**where) as store, progress("Looking over objects") as step:
        done = store.adopt(*object_ids, dry_run=dry_run, progress=step)
    emit([*map(_transferred, done)])
    return _code(done)


@commands.command("export", epilog="Example: gh-store export --output backup.jsonl")
@click.option("--output", metavar="FILE", help="Write to a file instead of stdout.")
@click.option("--deleted", is_flag=True, help="Deleted objects too.")
@store_options
def export_store(output: str | None, deleted: bool, **where: Any) -> None:
    """Write the whole store with its logs, as JSON Lines: a backup that `import` brings back anywhere."""
    with open_store(**where) as store, progress("Reading objects") as step:
        lines = store.export(deleted=deleted, progress=step)
        if output is None or output == "-":
            sys.stdout.writelines(lines)
        else:
            write(Path(output), lines)
            say(f"wrote {output}")


@commands.command("import", epilog="Example: gh-store import backup.jsonl --store restored.db")
@click.argument("file", metavar="FILE")
@store_options
def import_store(file: str, **where: Any) -> int:
    """
    Make the objects of FILE (- is stdin): an export, a snapshot, or lines of {"id", "document"}.

    All of it is read before anything is written. If it is cut, run it again: it makes what is missing.
    """
    with open_store(**where, create=True) as store, progress("Making objects") as step:
        done = store.import_from(_stdin() if file == "-" else Path(file), progress=step)
    say(f"{sum(each.made for each in done)} made, {sum(not (each.made or each.error) for each in done)} were there")
    emit([*map(_transferred, done)])
    return _code(done)


def _stdin() -> list[str]:
    try:
        return [sys.stdin.buffer.read().decode("utf-8")]
    except UnicodeDecodeError as error:
        raise click.UsageError("stdin: this is no UTF-8 text.") from error


def _transferred(done: TransferResult) -> JsonObject:
    return {
        "object_id": done.object_id,
        "issue_number": done.issue_number,
        "made": done.made,
        "error": _told(done.error),
    }


def _told(error: Exception | None) -> str | None:
    return None if error is None else f"{type(error).__name__}: {error}"


def _code(done: Sequence[RepairResult | TransferResult]) -> int:
    """The code of the first object in trouble; each of them is told."""
    failed = [each.error for each in done if isinstance(each.error, GitHubStoreError)]
    for error in failed:
        say(f"error: {error.message}")
        say(f"hint: {error.hint}")
    return failed[0].exit_code if failed else 0
