"""
The command: a life of one object, told in a line for each step, or with what each command prints.

The steps are commands. Whatever is told of one is read from the store after it ran.
"""

import io
import shlex
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from gh_store import files
from gh_store.cli.commands import commands
from gh_store.cli.demo.drawing import drawing
from gh_store.cli.demo.folder import PAGE, SNAPSHOT, STORE, WRITTEN, make_folder, remember
from gh_store.cli.demo.typed import typed
from gh_store.cli.options import command
from gh_store.cli.options import folder as is_folder
from gh_store.cli.terminal import PREFIX, folded, styled, width
from gh_store.cli.views import short
from gh_store.domain.counts import several
from gh_store.domain.exceptions import GitHubStoreError

if TYPE_CHECKING:
    from gh_store.domain.differences import Difference
    from gh_store.domain.values import StoredObject
    from gh_store.store import Store

_ID: Final = "site/metrics"
_WIDTH: Final = 80
"""Columns of the drawing, at most."""


@dataclass(frozen=True, slots=True)
class Step:
    """
    A command of the demo.

    Attributes:
        name: What a line of the demo calls it.
        sentence: What it shows.
        arguments: The command.
    """

    name: str
    sentence: str
    arguments: Sequence[str]


_STEPS: Final = (
    Step("create", "Create an object. It is one issue: the body is its state, a comment is its first event.",
         ("create", _ID, '{"visits": 1, "pages": {"home": 1}}')),
    Step("update", "Append an update. By default it is a deep merge. It is written, and pending.",
         ("update", _ID, '{"visits": 2, "pages": {"about": 1}}')),
    Step("update, merge", "Append a merge patch (RFC 7396), in which null removes a key. Reads include it.",
         ("update", _ID, '{"pages": {"home": null}}', "--mode", "merge")),
    Step("process", "Process everything that is pending, as a workflow does when an issue is reopened.",
         ("process-updates", "--all")),
    Step("update if at v3", "Apply a patch (RFC 6902) right away, and only if the object is at version 3.",
         ("update", _ID, '[{"op": "add", "path": "/tags", "value": ["demo"]}]',
          "--mode", "patch", "--expected-version", "3", "--process")),
    Step("update with a test", "A patch whose test fails is rejected. Later events are still applied.",
         ("update", _ID, '[{"op": "test", "path": "/visits", "value": 1}, {"op": "remove", "path": "/visits"}]',
          "--mode", "patch", "--process")),
)  # fmt: skip  # a step is a name, a sentence and a command
_NOW: Final = Step("now", "Read the object.", ("get", _ID))
_FIRST: Final = Step("at v1", "Show the object as it was at its first version.", ("get", _ID, "--version", "1"))
_VERIFY: Final = Step("verify", "Replay every log from its first event, and compare.", ("verify",))


@command(epilog="Example: gh-store demo --output /tmp/try-it")
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    default="gh-store-demo",
    callback=is_folder,
    show_default=True,
    help="A new folder, or the folder of an earlier demo.",
)
@click.option("-v", "--verbose", is_flag=True, help="Show each command, and the JSON that it prints.")
def demo(output: str, verbose: bool) -> None:
    """
    Show what the store does, in a new folder, with an embedded store.

    The folder then holds the store, a snapshot, and a page that shows the object and its history in a browser.
    """
    folder = Path(output)
    make_folder(folder)
    where = ["--store", str(folder / STORE)]
    try:
        _run(folder, where, verbose=verbose)
    finally:  # one that was interrupted makes room for the next, too
        remember(folder)
    click.echo(folded(f"Wrote {folder}: {', '.join(WRITTEN)} (for a browser). Next:", ""))
    program = typed(sys.argv[0], Path.cwd())
    click.echo(styled(f"{program} history {_ID} --store {shlex.quote(where[1])}", bold=True))


def _run(folder: Path, where: Sequence[str], *, verbose: bool) -> None:
    from gh_store.stores import LocalStore

    snapshot = Step("snapshot", "Write all objects to one document, for a static site.",
                    ("snapshot", "--output", str(folder / SNAPSHOT)))  # fmt: skip
    if verbose:
        history = Step("history", "Show every event, its outcome, and the state after it.", ("history", _ID))
        for step in (*_STEPS, _NOW, history, _FIRST, snapshot, _VERIFY):
            _show(step, where)
    with LocalStore(folder / STORE) as store:
        if not verbose:
            click.echo(folded("One object, in a file that works as GitHub Issues do. --verbose shows the JSON.", ""))
            _tell(_told(store, where))
            _quietly(snapshot, where)
        files.write(folder / PAGE, [_page(store)])
        if not verbose:
            click.echo(_drawn(store, min(width(), _WIDTH) - 1))
            _tell(_checked(store, where))


def _show(step: Step, where: Sequence[str]) -> None:
    """Run a step, with its command and all that it prints."""
    arguments = [*step.arguments, *where]
    click.echo(styled(f"\n{folded(f'# {step.sentence}', '# ')}", colour="cyan"))
    click.echo(styled(f"$ gh-store {shlex.join(arguments)}", bold=True))
    try:
        commands.main(args=arguments, prog_name="gh-store", standalone_mode=False)
    except GitHubStoreError as error:
        click.echo(f"error: {error.message} (exit {error.exit_code})\nhint: {error.hint}")


def _quietly(step: Step, where: Sequence[str]) -> str:
    """Run a step; what it says on stderr."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()) as said:
        commands.main(args=[*step.arguments, *where], prog_name="gh-store", standalone_mode=False)
    return said.getvalue()


def _told(store: "Store", where: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Run the steps. Of each its name, the version then, and what it did."""
    before: StoredObject | None = None
    for step in _STEPS:
        error: GitHubStoreError | None = None
        try:
            _quietly(step, where)
        except GitHubStoreError as raised:
            error = raised
        after = store.get(_ID)
        said = f"rejected: {error.message}" if error is not None else _change(before, after)
        yield step.name, f"v{after.meta.version}", said
        before = after


def _change(before: "StoredObject | None", after: "StoredObject") -> str:
    """What a step changed."""
    from gh_store.log.difference import differences

    if before is None:
        return short(after.data)
    done = (before.meta.pending or 0) - (after.meta.pending or 0)
    changes = ", ".join(map(_difference, differences(before.data, after.data)))
    pending = f" ({after.meta.pending} pending)" if after.meta.pending else ""
    return f"{changes}{pending}" if changes else f"applied {several('pending update', done)}"


def _difference(each: "Difference") -> str:
    from gh_store.domain.differences import ABSENT

    if each.old is ABSENT:
        return f"+ {each.path}: {short(each.new)}"
    if each.new is ABSENT:
        return f"- {each.path}: {short(each.old)}"
    return f"{each.path}: {short(each.old)} → {short(each.new)}"


def _checked(store: "Store", where: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """The state now and at the first version, and what `verify` says."""
    for step, obj in ((_NOW, store.get(_ID)), (_FIRST, store.get(_ID, version=1))):
        yield step.name, f"v{obj.meta.version}", short(obj.data)
    yield _VERIFY.name, "", _quietly(_VERIFY, where).strip().rpartition("\n")[2].removeprefix(PREFIX)


def _tell(lines: Iterable[tuple[str, str, str]]) -> None:
    for name, version, said in lines:
        head = f"{name:<18}  {version:<2}  "
        rest = textwrap.wrap(said, max(width() - len(head) - 1, 20), break_on_hyphens=False) or [""]
        click.echo(f"\n{' ' * len(head)}".join([styled(head, bold=True) + rest[0], *rest[1:]]))


def _drawn(store: "Store", columns: int) -> str:
    number = store.get(_ID).meta.issue_number
    issue, comments = store.backend.get_issue(number), store.backend.list_comments(number, 1).comments
    return "\n".join(drawing(issue, comments, columns))


def _page(store: "Store") -> str:
    from gh_store import __version__
    from gh_store.cli.demo.page import page

    source = f"{store.backend.repository}, an embedded store · made by gh-store {__version__}"
    return page(store.get(_ID), store.get_object_history(_ID), _drawn(store, _WIDTH - 1), source, SNAPSHOT)
