"""`gh-store demo`: the store at work, for a newcomer. Every command that it prints is the one that it runs."""

import hashlib
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from gh_store import files
from gh_store.cli.commands import commands
from gh_store.cli.options import command
from gh_store.domain.exceptions import ConfigurationError, GitHubStoreError, InvalidInput

_MARK: Final = ".gh-store-demo"
"""The file that lists what a demo wrote, as `sha256sum` does: the next one replaces only that."""

_STORE: Final = "store.db"
_SNAPSHOT: Final = "snapshot.json"

_STEPS: Final[Sequence[tuple[str, Sequence[str]]]] = (
    ("Create an object. It is one issue: the body is its state, a comment is its first event.",
     ("create", "site/metrics", '{"visits": 1, "pages": {"/": 1}}')),
    ("Append an update. By default it is a deep merge. It is written, and pending.",
     ("update", "site/metrics", '{"visits": 2, "pages": {"/about": 1}}')),
    ("Append a merge patch (RFC 7396), in which null removes a key.",
     ("update", "site/metrics", '{"pages": {"/": null}}', "--mode", "merge")),
    ("Read the object. Pending updates are included.",
     ("get", "site/metrics")),
    ("Process everything that is pending, as a workflow does when an issue is reopened.",
     ("process-updates", "--all")),
    ("Apply a patch (RFC 6902) right away, and only if the object is at version 3.",
     ("update", "site/metrics", '[{"op": "add", "path": "/tags", "value": ["demo"]}]',
      "--mode", "patch", "--expected-version", "3", "--process")),
    ("A patch whose test fails is rejected. Later events are still applied.",
     ("update", "site/metrics", '[{"op": "test", "path": "/visits", "value": 1}, {"op": "remove", "path": "/visits"}]',
      "--mode", "patch", "--process")),
    ("Show every event, its outcome, and the state after it.",
     ("history", "site/metrics")),
    ("Show the object as it was at its first version.",
     ("get", "site/metrics", "--version", "1")),
)  # fmt: skip  # a step is a sentence and a command


@command(epilog="Example: gh-store demo --output /tmp/try-it")
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    default="gh-store-demo",
    show_default=True,
    help="A new folder, or the folder of an earlier demo.",
)
def demo(output: str) -> None:
    """Show what the store does, in a new folder, with an embedded store."""
    folder = Path(output)
    _make_folder(folder)
    store, snapshot = folder / _STORE, folder / _SNAPSHOT
    try:
        for sentence, arguments in _STEPS:
            _step(sentence, [*arguments, "--store", str(store)])
        _step(
            "Write all objects to one document, for a static site.",
            ["snapshot", "--output", str(snapshot), "--store", str(store)],
        )
        click.echo(snapshot.read_text(encoding="utf-8"), nl=False)
    finally:  # a demo that was interrupted makes room, too
        files.write(folder / _MARK, (f"{_sum(path)}  {path.name}\n" for path in (store, snapshot) if path.exists()))
    click.secho("\nDone: an object was created, updated, processed and exported.", fg="green", bold=True)
    click.echo(f"The store:    {store}\nThe snapshot: {snapshot}")
    click.echo(f"Try it:       gh-store list --store {shlex.quote(str(store))}")


def _make_folder(folder: Path) -> None:
    """A folder for the demo. Of an earlier one, what that wrote and nobody changed since makes room."""
    mark = folder / _MARK
    try:
        if folder.is_symlink() or (folder.exists() and (mark.is_symlink() or not mark.is_file())):
            raise InvalidInput(
                f"{folder} exists and is not the folder of a demo.",
                hint="--output DIR names another folder.",
            )
        if folder.exists():
            written = mark.read_text(encoding="utf-8").splitlines()
            names = (_STORE, f"{_STORE}-wal", f"{_STORE}-shm", f"{_STORE}-journal", _SNAPSHOT)
            there = [path for name in names if (path := folder / name).exists() or path.is_symlink()]
            for path in there:
                if path.is_symlink() or not path.is_file() or f"{_sum(path)}  {path.name}" not in written:
                    raise InvalidInput(
                        f"{path} is not as the last demo left it.",
                        hint="Delete it if you do not need it, or name another folder with --output DIR.",
                    )
            for path in there:
                path.unlink()
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{folder}: {error}.", file=folder, hint="--output DIR names another folder."
        ) from error
    files.write(mark, [])


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _step(sentence: str, command: list[str]) -> None:
    click.secho(f"\n# {sentence}", fg="cyan")
    click.secho(f"$ gh-store {shlex.join(command)}", bold=True)
    try:
        commands.main(args=command, prog_name="gh-store", standalone_mode=False)
    except GitHubStoreError as error:
        click.echo(f"error: {error.message} (exit {error.exit_code})\nhint: {error.hint}")
