"""The commands that write one object."""

from typing import Any

import click

from gh_store.cli.opening import open_store, read_data
from gh_store.cli.options import command, positionals, store_options
from gh_store.cli.printing import Printer, prints_one
from gh_store.cli.terminal import say
from gh_store.cli.views import as_dict
from gh_store.domain.values import Mode

_FROM_FILE = click.option("--from-file", metavar="FILE", help="Read the JSON from a file.")


@command(epilog="""Example: gh-store create metrics '{"visits": 1}'""")
@positionals("object_id", "data", optional=("data",))
@_FROM_FILE
@click.option("--label", "labels", metavar="LABEL", multiple=True, help="One more label for its issue; repeatable.")
@prints_one
@store_options
def create(
    object_id: str, data: str | None, from_file: str | None, labels: tuple[str, ...], out: Printer, **where: Any
) -> None:
    """Create an object. DATA is a JSON object, or - for stdin."""
    value = read_data(data, from_file, "DATA")
    with open_store(**where, create=True) as store:
        out.one(as_dict(store.create(object_id, value, labels)))


@command(epilog="""Example: gh-store put metrics '{"visits": 1}' --if-version 3""")
@positionals("object_id", "data", optional=("data",))
@_FROM_FILE
@click.option(
    "--if-version", type=click.IntRange(min=0), metavar="N", help="Only if it is at this version; 0: only if it is new."
)
@prints_one
@store_options
def put(
    object_id: str, data: str | None, from_file: str | None, if_version: int | None, out: Printer, **where: Any
) -> None:
    """
    Create an object, or replace its data. DATA is a JSON object, or - for stdin.

    Nothing is written if the object holds the same data already.
    """
    value = read_data(data, from_file, "DATA")
    with open_store(**where, create=True) as store:
        out.one(as_dict(store.put(object_id, value, if_version)))


@command(epilog="""Example: gh-store update metrics '{"visits": 2}' --mode merge --process""")
@positionals("object_id", "changes", optional=("changes",))
@_FROM_FILE
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    default=Mode.APPEND.value,
    show_default=True,
    help="How the changes are applied.",
)
@click.option(
    "--expected-version", type=click.IntRange(min=1), metavar="N", help="Only if the object is at this version."
)
@click.option("--event-id", metavar="ID", help="A name for this event; makes the command safe to repeat.")
@click.option("--process", is_flag=True, help="Apply it right away.")
@click.option("--wait", type=click.FloatRange(min=0), metavar="SECONDS", help="Wait for a processor to decide it.")
@prints_one
@store_options
def update(
    object_id: str,
    changes: str | None,
    from_file: str | None,
    mode: str,
    expected_version: int | None,
    event_id: str | None,
    process: bool,
    wait: float | None,
    out: Printer,
    **where: Any,
) -> None:
    """Append an update to an object. CHANGES is a JSON object (for patch, an array), or - for stdin."""
    value = read_data(changes, from_file, "CHANGES")
    with open_store(**where) as store:
        obj = store.update(object_id, value, Mode(mode), expected_version, event_id, process, wait)
        if wait is not None and obj.meta.pending:
            say(f"still pending after {wait:g} s; the event was written and will be processed")
        out.one(as_dict(obj))


@command(epilog="Example: gh-store delete metrics")
@positionals("object_id")
@prints_one
@store_options
def delete(object_id: str, out: Printer, **where: Any) -> None:
    """Delete an object. Its issue stays, with its history."""
    with open_store(**where) as store:
        store.delete(object_id)
        out.one({"object_id": object_id})
