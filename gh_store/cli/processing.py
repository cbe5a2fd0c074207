"""`gh-store process-updates`: what a workflow runs."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from gh_store.cli.actions import Trigger, read_event, report_processed
from gh_store.cli.opening import open_store
from gh_store.cli.options import command, positionals, store_options
from gh_store.cli.plans import PLAN, announcing, print_plan
from gh_store.cli.printing import Printer, prints_many
from gh_store.cli.terminal import progress, say
from gh_store.cli.views import PROCESSED, as_dict
from gh_store.domain.exceptions import GitHubStoreError, ObjectNotFound

if TYPE_CHECKING:
    from gh_store.stores import Store

_AGE: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@command("process-updates", epilog="Example: gh-store process-updates --all --since 36h")
@positionals("issue", optional=("issue",))
@click.option("--event", metavar="FILE", help="The issue (and the comment to wait for) of a workflow's event.")
@click.option("--all", "everything", is_flag=True, help="Sweep: every object that is not settled.")
@click.option("--since", metavar="AGE|TIME", help="With --all: changed since then; 90m, 36h, 7d, or ISO 8601.")
@click.option("--dry-run", is_flag=True, help="Only show what would be done.")
@PLAN
@prints_many
@store_options
def process_updates(
    issue: str | None,
    event: str | None,
    everything: bool,
    since: str | None,
    dry_run: bool,
    plan: bool,
    out: Printer,
    **where: Any,
) -> int:
    """Apply pending updates to one issue, or to all."""
    if [issue is not None, event is not None, everything].count(True) != 1:
        raise click.UsageError("Give one of --issue N, --event FILE and --all.")
    if since is not None and not everything:
        raise click.UsageError("--since goes with --all.")
    if plan and (not everything or since is not None):
        raise click.UsageError("--plan goes with --all, without --since.")
    if issue is not None and not (issue.isascii() and issue.isdigit() and int(issue) > 0):
        raise click.UsageError(f"{issue!r} is not an issue number.")
    trigger = Trigger(int(issue or 0)) if event is None else read_event(Path(event))
    if trigger.is_talk:
        say("nothing to do: the comment is conversation")
        report_processed([])
        return 0
    with open_store(**where) as store:
        if plan:
            return print_plan(store, "process-updates", out)
        if everything:
            with progress("Looking over objects", announcing(store, "process-updates")) as step:
                done = store.process_pending(_time(store, since), dry_run=dry_run, progress=step)
        else:
            try:
                done = [
                    store.process(trigger.issue, dry_run=dry_run, comment_id=trigger.written, edited=trigger.edited)
                ]
            except ObjectNotFound as error:
                if event is None:
                    raise
                done = []  # events come for issues that hold no object, too
                say(f"nothing to do: {error}")
    report_processed(done)
    if everything:
        out.many(map(as_dict, done), PROCESSED)
    elif done and done[0].object is not None:
        out.one(as_dict(done[0].object))
    failed = next((each.error for each in done if each.error is not None), None)
    return failed.exit_code if isinstance(failed, GitHubStoreError) else 0


def _time(store: "Store", since: str | None) -> datetime | None:
    """An age by the backend's clock, or ISO 8601."""
    if since is None:
        return None
    number, unit = since[:-1], since[-1:]
    try:
        if unit in _AGE and number.isascii() and number.isdigit():
            return store.backend.now() - timedelta(**{_AGE[unit]: int(number)})
        time = datetime.fromisoformat(since)
    except (ValueError, OverflowError) as error:
        raise click.UsageError(f"{since!r} is neither an age (90m, 36h, 7d) nor a time (ISO 8601).") from error
    if time.tzinfo is None:
        raise click.UsageError(f"{since!r} has no time zone; end it with Z for UTC.")
    return time
