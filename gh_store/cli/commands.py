"""The commands by name. Each is loaded when it is used; its name and its summary are known before."""

from importlib import import_module
from typing import Any, Final

import click

_COMMANDS: Final = (
    ("adopt", "maintenance:adopt", "Take over objects whose creator can no longer write"),
    ("completion", "completion:completion", "Print the completion script of a shell"),
    ("create", "objects:create", "Create an object"),
    ("delete", "objects:delete", "Delete an object"),
    ("demo", "demo:demo", "Show what the store does, in a new folder"),
    ("dev-server", "server:dev_server", "Serve GitHub's REST API offline, over a store in a file"),
    ("doctor", "health:doctor", "Check the token, its rights, the repository and the store"),
    ("export", "transfer:export_store", "Write the whole store with its logs, as JSON Lines"),
    ("get", "objects:get", "Print an object, with all pending updates applied"),
    ("history", "objects:history", "Print what was applied to an object or rejected, with the state after it"),
    ("import", "transfer:import_store", "Create the objects of an export, a snapshot or documents"),
    ("init", "init:init", "Create a configuration file and a store, or workflows"),
    ("list", "objects:list_objects", "Print all objects"),
    ("process-updates", "processing:process_updates", "Apply pending updates to one issue, or to all"),
    ("repair", "maintenance:repair", "Repair what is derived from the log"),
    ("snapshot", "snapshots:snapshot", "Write all objects to one JSON document"),
    ("update", "objects:update", "Append an update to an object"),
    ("update-snapshot", "snapshots:update_snapshot", "Bring a snapshot file up to date, removals included"),
    ("verify", "maintenance:verify", "Replay logs from their first event, and compare"),
)


class Deferred(click.Command):
    """A command that is imported when it is used; until then its summary stands for it."""

    def __init__(self, name: str, place: str, summary: str) -> None:
        super().__init__(name, short_help=summary)
        self._place = place

    def load(self) -> click.Command:
        """The command itself."""
        module, _, function = self._place.partition(":")
        command: click.Command = getattr(import_module(f"gh_store.cli.{module}"), function)
        return command

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        """A context of the command itself: click parses, runs and completes through it."""
        return self.load().make_context(*arguments, **options)


def _show_version(context: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not context.resilient_parsing:
        from gh_store import __version__

        click.echo(f"gh-store, version {__version__}")
        context.exit()


@click.group(
    commands=[Deferred(*command) for command in _COMMANDS],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`gh-store demo` shows how it works. Exit codes: 1 internal error, 2 invalid input or a limit, 3 not found "
    "or already exists, 4 unexpected version, 5 credentials or permissions, 6 try again later, 7 inconsistent data, "
    "130 interrupted.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Show the version."
)
def commands() -> None:
    """An event-sourced store of JSON objects: one object is one issue, its updates are comments."""
