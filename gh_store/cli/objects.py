"""The commands of one object, and the list of all."""

from typing import Any

import click

from gh_store.cli.opening import open_store, read_data
from gh_store.cli.options import positionals, store_options
from gh_store.cli.output import as_dict, history_rows, object_rows
from gh_store.cli.terminal import emit, emit_array, emit_table, is_terminal, say
from gh_store.domain.values import Mode

_FROM_FILE = click.option("--from-file", metavar="FILE", help="Read the JSON from a file.")
_OUTPUT = click.option("--output", metavar="FILE", help="Write to a file instead of stdout.")


@click.command(epilog="""Example: gh-store create metrics '{"visits": 1}'""")
@positionals("object_id", "data", optional=("data",))
@_FROM_FILE
@click.option("--label", "labels", metavar="LABEL", multiple=True, help="One more label for its issue; repeatable.")
@store_options
def create(object_id: str, data: str | None, from_file: str | None, labels: tuple[str, ...], **where: Any) -> None:
    """Create an object. DATA is a JSON object, or - for stdin."""
    value = read_data(data, from_file, "DATA")
    with open_store(**where, create=True) as store:
        emit(as_dict(store.create(object_id, value, labels)))


@click.command(epilog="Example: gh-store get metrics --version 3 | jq .data")
@positionals("object_id")
@click.option("--version", type=click.IntRange(min=1), metavar="N", help="As it was at this version.")
@_OUTPUT
@store_options
def get(object_id: str, version: int | None, output: str | None, **where: Any) -> None:
    """Print an object, with all pending updates applied."""
    with open_store(**where) as store:
        emit(as_dict(store.get(object_id, version)), output)


@click.command(epilog="""Example: gh-store update metrics '{"visits": 2}' --mode merge --process""")
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
    **where: Any,
) -> None:
    """Append an update to an object. CHANGES is a JSON object (for patch, an array), or - for stdin."""
    value = read_data(changes, from_file, "CHANGES")
    with open_store(**where) as store:
        obj = store.update(object_id, value, Mode(mode), expected_version, event_id, process, wait)
        if wait is not None and obj.meta.pending:
            say(f"still pending after {wait:g} s; the event was written and will be processed")
        emit(as_dict(obj))


@click.command(epilog="Example: gh-store delete metrics")
@positionals("object_id")
@store_options
def delete(object_id: str, **where: Any) -> None:
    """Delete an object. Its issue stays, with its history."""
    with open_store(**where) as store:
        store.delete(object_id)
        emit({"object_id": object_id})


@click.command("list", epilog="Example: gh-store list --prefix user/ | jq length")
@click.option("--prefix", metavar="TEXT", help="Only ids that begin with it.")
@click.option("--label", "labels", metavar="LABEL", multiple=True, help="Only with this label too; repeatable.")
@store_options
def list_objects(prefix: str | None, labels: tuple[str, ...], **where: Any) -> None:
    """Print all objects."""
    with open_store(**where) as store:
        objects = store.list_all(prefix, labels)
        if is_terminal():
            columns = ("object", "issue", "version", "pending", "updated", "data")
            emit_table("Objects", columns, object_rows(objects))
        else:
            emit_array(map(as_dict, objects))


@click.command(epilog="Example: gh-store history metrics | jq '.[].outcome'")
@positionals("object_id")
@click.option("--duplicates", is_flag=True, help="Show repetitions of the same event, too.")
@_OUTPUT
@store_options
def history(object_id: str, duplicates: bool, output: str | None, **where: Any) -> None:
    """Print what was applied to an object or rejected, with the state after it."""
    with open_store(**where) as store:
        entries = store.get_object_history(object_id, duplicates=duplicates)
        if output is None and is_terminal():
            emit_table(object_id, ("version", "when", "who", "type", "outcome", "what"), history_rows(entries))
        else:
            emit(entries, output)
