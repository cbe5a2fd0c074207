"""The commands of what was: the history of an object, and the page that shows it."""

from typing import Any

import click

from gh_store.cli.opening import open_store
from gh_store.cli.options import command, positionals, store_options
from gh_store.cli.printing import Printer, prints_many, prints_one
from gh_store.cli.terminal import say
from gh_store.cli.views import DIFFERENCES, HISTORY, as_dict, difference_dict, difference_lines, event_line


@command(epilog="Example: gh-store history metrics --oneline")
@positionals("object_id")
@click.option("--duplicates", is_flag=True, help="Show repetitions of the same event, too.")
@click.option("--oneline", is_flag=True, help="A line for each event: version, time, author, outcome, what it says.")
@prints_many
@store_options
def history(object_id: str, duplicates: bool, oneline: bool, out: Printer, **where: Any) -> None:
    """Print what was applied to an object or rejected, with the state after it."""
    if oneline and out.is_asked:
        raise click.UsageError("--oneline is a form of output itself; give no other.")
    with open_store(**where) as store:
        entries = store.get_object_history(object_id, duplicates=duplicates)
        if oneline:
            out.lines(map(event_line, entries))
        else:
            out.many(map(dict, entries), HISTORY)


@command(epilog="Example: gh-store diff metrics 1 3")
@positionals("object_id", "old", "new", optional=("old", "new"))
@prints_many
@store_options
def diff(object_id: str, old: str | None, new: str | None, out: Printer, **where: Any) -> None:
    """
    Print where two versions of an object differ.

    OLD and NEW are versions. Without NEW, it is the latest one, with all that is pending; without OLD, the one before.
    """
    versions = (_version(old, "OLD"), _version(new, "NEW"))
    with open_store(**where) as store:
        found = store.diff(object_id, *versions)
    if out.is_table and not out.is_asked:
        out.changes(line for difference in found for line in difference_lines(difference))
    else:
        out.many(map(difference_dict, found), DIFFERENCES)


def _version(text: str | None, name: str) -> int | None:
    if text is None:
        return None
    number = text.removeprefix("v")
    if not (number.isascii() and number.isdigit() and 0 < int(number) < 10**10):
        raise click.UsageError(f"{name}: {text!r} is not a version, such as 3.")
    return int(number)


@command(epilog="Example: gh-store revert metrics --to 2")
@positionals("object_id")
@click.option("--to", type=click.IntRange(min=1), metavar="VERSION", required=True, help="The version to go back to.")
@prints_one
@store_options
def revert(object_id: str, to: int, out: Printer, **where: Any) -> None:
    """
    Give an object the data again that it had at a version.

    That is one more event: nothing that came after is lost, and it can be reverted, too.
    """
    with open_store(**where) as store:
        out.one(as_dict(store.revert(object_id, to)))


@command("open", epilog="Example: gh-store open metrics --print")
@positionals("object_id")
@click.option("--print", "only_print", is_flag=True, help="Only print the address.")
@store_options
def open_page(object_id: str, only_print: bool, **where: Any) -> None:
    """Open the issue of an object in the browser. Where there is none, print its address."""
    import webbrowser

    from gh_store import credentials
    from gh_store.domain.commands import command as named
    from gh_store.domain.exceptions import ConfigurationError
    from gh_store.stores import LocalStore

    with open_store(**where) as store:
        if isinstance(store, LocalStore):
            raise ConfigurationError(
                "This store is a file: its objects have no page.",
                hint=f"{named('history', object_id)} shows what is on such a page.",
            )
        number = store.get(object_id).meta.issue_number
        page = credentials.page(where["repo"], where["base_url"])
    address = f"{page}/issues/{number}"
    if not only_print:
        try:
            if webbrowser.get().open(address):
                say(f"opened {address}")
                return
        except webbrowser.Error:
            pass
        say("no browser was found")
    click.echo(address)
