"""The commands by name. Each is loaded when it is used; its name and its summary are known before."""

from importlib import import_module
from typing import Any, Final

import click

_COMMANDS: Final = {
    "Objects": (
        ("create", "writing:create", "Create an object"),
        ("put", "writing:put", "Create an object, or replace its data"),
        ("get", "reading:get", "Print an object, with all pending updates applied"),
        ("update", "writing:update", "Append an update to an object"),
        ("delete", "writing:delete", "Delete an object"),
        ("list", "reading:list_objects", "Print all objects, or those that are asked for"),
        ("watch", "watching:watch", "Print changes as they come"),
    ),
    "The past of an object": (
        ("history", "past:history", "Print what was applied to an object or rejected"),
        ("diff", "past:diff", "Print where two versions of an object differ"),
        ("revert", "past:revert", "Give an object the data again that it had at a version"),
        ("open", "past:open_page", "Open the issue of an object in the browser"),
    ),
    "Processing": (("process-updates", "processing:process_updates", "Apply pending updates to one issue, or to all"),),
    "Snapshots and copies": (
        ("snapshot", "snapshots:snapshot", "Write all objects to a document, to lines, or to a folder"),
        ("update-snapshot", "snapshots:update_snapshot", "Bring a snapshot up to date, removals included"),
        ("site", "sites:site", "Make a static site of a snapshot"),
        ("export", "transfer:export_store", "Write the whole store with its logs, as JSON Lines"),
        ("import", "transfer:import_store", "Create the objects of an export, a snapshot or a list"),
    ),
    "Serving": (("serve", "serving:serve", "Serve stores over HTTP"),),
    "Care": (
        ("verify", "maintenance:verify", "Replay logs from their first event, and compare"),
        ("repair", "maintenance:repair", "Repair what is derived from the log"),
        ("adopt", "maintenance:adopt", "Take over objects whose creator can no longer write"),
        ("doctor", "health:doctor", "Check the token, its rights, the repository and the store"),
    ),
    "Setting up": (
        ("init", "init:init", "Create a configuration file and a store, or workflows"),
        ("completion", "completion:completion", "Print the completion script of a shell"),
        ("demo", "demo.command:demo", "Show what the store does, in a new folder"),
        ("dev-server", "server:dev_server", "Serve GitHub's REST API offline, over a store in a file"),
    ),
}
_ALIASES: Final = {"ls": "list", "rm": "delete"}


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


class Grouped(click.Group):
    """Commands that help shows by their purpose."""

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """A command by its name, or by its short one."""
        return super().get_command(context, _ALIASES.get(name, name))

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """Each group with the summaries of its commands, in full."""
        short = {name: alias for alias, name in _ALIASES.items()}
        longest = max(map(len, self.commands))
        for title, commands in _COMMANDS.items():
            with formatter.section(title):
                formatter.write_dl(
                    [
                        (name.ljust(longest), f"{summary} ({short[name]})" if name in short else summary)
                        for name, _, summary in commands
                    ]
                )


def _show_version(context: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not context.resilient_parsing:
        from gh_store import __version__

        click.echo(f"gh-store, version {__version__}")
        context.exit()


@click.group(
    cls=Grouped,
    commands=[Deferred(*command) for group in _COMMANDS.values() for command in group],
    context_settings={
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
        "token_normalize_func": lambda name: name.replace(
            "_", "-"
        ),  # as the published package's options may be written
    },
    epilog="`gh-store demo` shows how it works. Exit codes: 1 internal error, 2 invalid input or a limit, 3 not found "
    "or already exists, 4 unexpected version, 5 credentials or permissions, 6 try again later, 7 inconsistent data, "
    "130 interrupted.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Show the version."
)
def commands() -> None:
    """An event-sourced store of JSON objects: one object is one issue, its updates are comments."""
