"""The commands. Each is a thin shell around one verb of the store."""

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click

from gh_store import wire
from gh_store.cli import settings
from gh_store.cli.demo import run_demo
from gh_store.cli.options import open_store, positionals, read_data, store_name, store_options
from gh_store.cli.terminal import (
    emit,
    emit_array,
    emit_table,
    history_rows,
    is_terminal,
    object_json,
    object_rows,
    processed_json,
    progress,
    say,
)
from gh_store.cli.workflows import read_event, report_processed, report_snapshot, write_workflows
from gh_store.domain.exceptions import GitHubStoreError, ObjectNotFound
from gh_store.domain.values import Mode
from gh_store.stores import Store

_AGE: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`gh-store demo` shows all of it at work. Exit codes: 2 input or limit, 3 not found or there "
    "already, 4 version, 5 rights, 6 try later, 7 integrity, 1 an error of ours, 130 interrupted.",
)
@click.version_option(wire.CLIENT_VERSION, prog_name="gh-store")
def commands() -> None:
    """An event-sourced store of JSON objects: one object is one issue, its updates are comments."""


_from_file = click.option("--from-file", metavar="FILE", help="Read the JSON from a file.")


@commands.command(epilog="Example: gh-store init --store data.db")
@click.option(
    "--workflows",
    metavar="[DIR]",
    is_flag=False,
    flag_value=".",
    help="Write the workflows into the repository in DIR (this folder) instead.",
)
@click.option("--force", is_flag=True, help="With --workflows: also over files that differ.")
@store_options
def init(workflows: str | None, force: bool, config: str | None, **where: Any) -> None:
    """Make a configuration file and (without --repo) a store, where they are missing; or the workflows of a store."""
    if force and workflows is None:
        raise click.UsageError("--force goes with --workflows.")
    if workflows is not None:
        emit({"workflows": write_workflows(Path(workflows), force=force)})
        return
    file = settings.make_file(Path(config)) if config is not None else settings.ensure_user_file(None)
    with open_store(config=config, create=True, **where):
        emit({"store": store_name(**where), "config": str(file) if file is not None else None})


@commands.command(epilog="""Example: gh-store create metrics '{"visits": 1}'""")
@positionals("object_id", "data", optional=("data",))
@_from_file
@click.option("--label", "labels", metavar="LABEL", multiple=True, help="One more label for its issue; repeatable.")
@store_options
def create(object_id: str, data: str | None, from_file: str | None, labels: tuple[str, ...], **where: Any) -> None:
    """Create an object. DATA is a JSON object, or - for stdin."""
    value = read_data(data, from_file, "DATA")
    with open_store(**where, create=True) as store:
        emit(object_json(store.create(object_id, value, labels)))


@commands.command(epilog="Example: gh-store get metrics --version 3 | jq .data")
@positionals("object_id")
@click.option("--version", type=click.IntRange(min=1), metavar="N", help="As it was at this version.")
@click.option("--output", metavar="FILE", help="Write to a file instead of stdout.")
@store_options
def get(object_id: str, version: int | None, output: str | None, **where: Any) -> None:
    """Print an object as of now, with everything applied that is pending."""
    with open_store(**where) as store:
        emit(object_json(store.get(object_id, version)), output)


@commands.command(epilog="""Example: gh-store update metrics '{"visits": 2}' --mode merge --process""")
@positionals("object_id", "changes", optional=("changes",))
@_from_file
@click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),
    default=Mode.APPEND.value,
    show_default=True,
    help="How they are applied.",
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
    """Append an update. CHANGES is a JSON object (for patch, an array), or - for stdin."""
    value = read_data(changes, from_file, "CHANGES")
    with open_store(**where) as store:
        obj = store.update(object_id, value, mode, expected_version, event_id, process, wait)
        if wait is not None and obj.meta.pending:
            say(f"still pending after {wait:g} s; the event is written, and will be processed")
        emit(object_json(obj))


@commands.command(epilog="Example: gh-store delete metrics")
@positionals("object_id")
@store_options
def delete(object_id: str, **where: Any) -> None:
    """Delete an object; its issue stays, with its history."""
    with open_store(**where) as store:
        store.delete(object_id)
        emit({"object_id": object_id})


@commands.command("list", epilog="Example: gh-store list --prefix user/ | jq length")
@click.option("--prefix", metavar="TEXT", help="Only ids that begin so.")
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
            emit_array(map(object_json, objects))


@commands.command(epilog="Example: gh-store history metrics | jq '.[].outcome'")
@positionals("object_id")
@click.option("--output", metavar="FILE", help="Write to a file instead of stdout.")
@store_options
def history(object_id: str, output: str | None, **where: Any) -> None:
    """Print every event of an object, with the state after it."""
    with open_store(**where) as store:
        entries = store.get_object_history(object_id)
        if output is None and is_terminal():
            emit_table(object_id, ("version", "when", "who", "type", "outcome", "what"), history_rows(entries))
        else:
            emit(entries, output)


@commands.command("process-updates", epilog="Example: gh-store process-updates --all --since 36h")
@positionals("issue", optional=("issue",))
@click.option("--event", metavar="FILE", help="The issue (and the comment to wait for) of a workflow's event.")
@click.option("--all", "everything", is_flag=True, help="Sweep: every object that is not settled.")
@click.option("--since", metavar="AGE|TIME", help="With --all: changed since then; 90m, 36h, 7d, or ISO 8601.")
@click.option("--dry-run", is_flag=True, help="Only tell what would come of it.")
@store_options
def process_updates(
    issue: str | None, event: str | None, everything: bool, since: str | None, dry_run: bool, **where: Any
) -> int:
    """Apply what is pending: on one issue, on that of an event, or on all."""
    if [issue is not None, event is not None, everything].count(True) != 1:
        raise click.UsageError("Give one of --issue N, --event FILE and --all.")
    if since is not None and not everything:
        raise click.UsageError("--since goes with --all.")
    if issue is not None and not (issue.isascii() and issue.isdigit() and int(issue) > 0):
        raise click.UsageError(f"{issue!r} is no issue number.")
    number, comment_id = (int(issue or 0), 0) if event is None else read_event(Path(event))
    with open_store(**where) as store:
        if everything:
            with progress("Looking over objects") as step:
                done = store.process_pending(_time(store, since), dry_run=dry_run, progress=step)
        else:
            try:
                done = [store.process(number, dry_run=dry_run, comment_id=comment_id)]
            except ObjectNotFound as error:
                if event is None:
                    raise
                done = []  # of an issue that is none of ours, events come too
                say(f"nothing to do: {error}")
    report_processed(done)
    if everything:
        emit([processed_json(each) for each in done])
    elif done and done[0].object is not None:
        emit(object_json(done[0].object))
    failed = next((each.error for each in done if each.error is not None), None)
    return failed.exit_code if isinstance(failed, GitHubStoreError) else 0


def _time(store: Store, since: str | None) -> datetime | None:
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


@commands.command(epilog="Example: gh-store snapshot --output site/data.json")
@click.option("--output", metavar="FILE", default="snapshot.json", show_default=True, help="The file; - is stdout.")
@click.option("--complete", is_flag=True, help="Read every issue of the repository, and trust no index.")
@store_options
def snapshot(output: str, complete: bool, **where: Any) -> None:
    """Write all objects to one JSON document."""
    with open_store(**where) as store, progress("Reading objects") as step:
        if output == "-":
            pieces = store.snapshot(complete=complete, progress=step).pieces()
        else:
            changed = store.write_snapshot(output, complete=complete, progress=step)
    if output == "-":
        sys.stdout.writelines(pieces)
    else:
        say(f"wrote {output}" if changed else f"{output} is up to date")
        report_snapshot(Path(output), changed=changed)


@commands.command("update-snapshot", epilog="Example: gh-store update-snapshot site/data.json")
@positionals("snapshot_path")
@store_options
def update_snapshot(snapshot_path: str, **where: Any) -> None:
    """Bring the snapshot in a file forward, removals included."""
    with open_store(**where) as store, progress("Reading changes") as step:
        changed = store.update_snapshot(snapshot_path, progress=step)
    say(f"updated {snapshot_path}" if changed else f"{snapshot_path} is up to date")
    report_snapshot(Path(snapshot_path), changed=changed)


@commands.command(epilog="Example: gh-store demo --output /tmp/try-it")
@click.option(
    "--output",
    metavar="DIR",
    default="gh-store-demo",
    show_default=True,
    help="A new folder, or one of an earlier demo.",
)
def demo(output: str) -> None:
    """Show the store at work, on an embedded store in a new folder."""
    run_demo(Path(output), lambda arguments: commands.main(args=arguments, prog_name="gh-store", standalone_mode=False))
