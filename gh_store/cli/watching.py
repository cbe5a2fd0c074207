"""`gh-store watch`: changes as they come."""

from contextlib import suppress
from typing import Any

import click

from gh_store.cli.opening import open_store
from gh_store.cli.options import command, store_options
from gh_store.cli.printing import Printer, prints_lines
from gh_store.cli.terminal import say
from gh_store.cli.views import event_line
from gh_store.domain.events import Change


@command(epilog="Example: gh-store watch --once --after 1_0_3")
@click.option("--after", metavar="CURSOR", help="Go on after a change, by its cursor.  [default: from now on]")
@click.option("--all", "everything", is_flag=True, help="Begin with the first change there ever was.")
@click.option("--once", is_flag=True, help="Stop at the last change there is; without it, wait for more.")
@prints_lines
@store_options
def watch(after: str | None, everything: bool, once: bool, out: Printer, **where: Any) -> None:
    """
    Print changes as they come: what was applied to any object, each event once.

    People see a line for each; programs read JSON Lines, each with a cursor to go on from. Ctrl-C ends it.
    """
    if after is not None and everything:
        raise click.UsageError("--after and --all name two beginnings; give one of them.")
    # Without --once, Ctrl-C is how it ends.
    with suppress(*() if once else (KeyboardInterrupt,)), open_store(**where) as store:
        begin = after if after is not None or everything else store.cursor()
        if not once:
            say("waiting for changes; press Ctrl-C to stop")
        out.stream(store.changes(begin, follow=not once), as_line, as_change)


def as_line(change: Change) -> str:
    """A change on a line."""
    return f"{change.object_id} {event_line(change.event)}"


def as_change(change: Change) -> dict[str, Any]:
    """A change as a JSON object: the object, the cursor, and the event as the history shows it."""
    return {"object_id": change.object_id, "cursor": change.cursor, **change.event}
