"""Looking after a store: verify, repair, adopt."""

from collections.abc import Sequence
from typing import Any

import click

from gh_store.cli.escapes import one_line
from gh_store.cli.hints import typed
from gh_store.cli.opening import open_store
from gh_store.cli.options import command, store_options
from gh_store.cli.plans import PLAN, announcing, print_plan
from gh_store.cli.printing import Printer, prints_many
from gh_store.cli.terminal import folded, progress, say
from gh_store.cli.views import REPAIRED, TRANSFERRED, as_dict
from gh_store.domain.counts import several
from gh_store.domain.exceptions import GitHubStoreError, IntegrityError
from gh_store.domain.findings import Finding, RepairResult, TransferResult

_DRY_RUN = click.option("--dry-run", is_flag=True, help="Only show what would be done.")
_WORDS = {"damage": "damage", "pending": "pending", "suspected": "remark"}
_IDS = click.argument("object_ids", nargs=-1, metavar="[ID]...")


@command(epilog="Example: gh-store verify || gh-store repair")
@_IDS
@click.option("--json", "as_object", is_flag=True, help="{damage, pending, suspected}, for programs.")
@click.option("--strict", is_flag=True, help="Exit with 7 if something is pending, too.")
@PLAN
@store_options
def verify(object_ids: tuple[str, ...], as_object: bool, strict: bool, plan: bool, **where: Any) -> int:
    """
    Replay logs from their first event, and compare. Exit with 7 if something needs repair.

    What is pending, and remarks (an applied comment was edited, an issue is missing), leave the exit code 0.
    """
    with open_store(**where) as store, progress("Replaying objects", announcing(store, "verify")) as step:
        if plan:
            return print_plan(store, "verify", wanted=len(object_ids))
        seen = store.verify(*object_ids, progress=step)
    named = {"damage": seen.damage, "pending": seen.pending, "suspected": seen.suspected}
    if as_object:
        Printer().one({name: [*map(as_dict, found)] for name, found in named.items()})
    else:
        for word, finding in ((_WORDS[name], finding) for name, found in named.items() for finding in found):
            kind = "" if word == finding.kind else f"{finding.kind}: "
            click.echo(folded(one_line(f"{word}: {_place(finding)}: {kind}{finding.found}"), "  "))
            click.echo(folded(f"    {one_line(typed(finding.remedy))}", "    "))
    say(f"{len(seen.damage)} to repair, {len(seen.pending)} pending, {several('remark', len(seen.suspected))}")
    return IntegrityError.exit_code if seen.damage or (strict and seen.pending) else 0


@command(epilog="Example: gh-store repair --dry-run")
@_IDS
@_DRY_RUN
@PLAN
@prints_many
@store_options
def repair(object_ids: tuple[str, ...], dry_run: bool, plan: bool, out: Printer, **where: Any) -> int:
    """
    Repair what is derived from the log. Events are never changed.

    Derived are body, title, receipts, labels, and whether the issue is open.
    """
    with open_store(**where) as store, progress("Replaying objects", announcing(store, "repair")) as step:
        if plan:
            return print_plan(store, "repair", out, wanted=len(object_ids))
        done = store.repair(*object_ids, dry_run=dry_run, progress=step)
    for each in done:
        say(f"{_place(each)}: {'would ' if dry_run else ''}{each.doing} ({', '.join(each.kinds)})")
    out.many(map(as_dict, done), REPAIRED)
    return exit_code(done)


@command(epilog="Example: gh-store adopt --dry-run")
@_IDS
@_DRY_RUN
@PLAN
@prints_many
@store_options
def adopt(object_ids: tuple[str, ...], dry_run: bool, plan: bool, out: Printer, **where: Any) -> int:
    """
    Take over objects whose creator can no longer write, but can still edit the issues.

    Each object goes on, with its history, in an issue of yours. The old issue keeps its log, and holds no object.
    """
    with open_store(**where) as store, progress("Looking over objects", announcing(store, "adopt")) as step:
        if plan:
            return print_plan(store, "adopt", out)
        done = store.adopt(*object_ids, dry_run=dry_run, progress=step)
    out.many(map(as_dict, done), TRANSFERRED)
    return exit_code(done)


def exit_code(done: Sequence[RepairResult | TransferResult]) -> int:
    """Show the errors of all objects; the code of the first."""
    failed = [each.error for each in done if isinstance(each.error, GitHubStoreError)]
    for error in failed:
        say(f"error: {error.message}")
        say(f"hint: {typed(error.hint)}")
    return failed[0].exit_code if failed else 0


def _place(found: Finding | RepairResult) -> str:
    named = found.object_id or "an object"
    return named if found.issue_number is None else f"{named} (issue {found.issue_number})"
