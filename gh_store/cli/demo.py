"""`gh-store demo`: the main job, in front of a newcomer. Every command it prints is the one it runs."""

import shlex
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import click

from gh_store.domain.exceptions import ConfigurationError, GitHubStoreError, InvalidInput

_MARK: Final = ".gh-store-demo"

_STEPS: Final[Sequence[tuple[str, Sequence[str]]]] = (
    ("Create an object. It is one issue: its state is the body, its first event a comment.",
     ("create", "site/metrics", '{"visits": 1, "pages": {"/": 1}}')),
    ("Append an update: a deep merge, unless you say otherwise. It is written, and pending.",
     ("update", "site/metrics", '{"visits": 2, "pages": {"/about": 1}}')),
    ("A merge patch (RFC 7396), in which null removes.",
     ("update", "site/metrics", '{"pages": {"/": null}}', "--mode", "merge")),
    ("Reads are never stale: `get` folds in what is pending.",
     ("get", "site/metrics")),
    ("Process all that is pending, as a workflow does when an issue is reopened.",
     ("process-updates", "--all")),
    ("A patch (RFC 6902), applied right away, and only if the object is at version 3.",
     ("update", "site/metrics", '[{"op": "add", "path": "/tags", "value": ["demo"]}]',
      "--mode", "patch", "--expected-version", "3", "--process")),
    ("A patch whose test fails is rejected, alone: the events behind it would go on.",
     ("update", "site/metrics", '[{"op": "test", "path": "/visits", "value": 1}, {"op": "remove", "path": "/visits"}]',
      "--mode", "patch", "--process")),
    ("Every event, what became of it, and the state after it.",
     ("history", "site/metrics")),
    ("The object as it was at its first version.",
     ("get", "site/metrics", "--version", "1")),
)  # fmt: skip  # a step is a sentence and a command


def run_demo(folder: Path, run: Callable[[list[str]], Any]) -> None:
    """
    Run the steps on a new store in `folder`.

    Args:
        run: Runs a command of the command line.
    Raises:
        InvalidInput: There is a folder that no demo made.
    """
    _make_folder(folder)
    store = folder / "store.db"
    for sentence, command in _STEPS:
        _step(sentence, [*command, "--store", str(store)], run)
    snapshot = folder / "snapshot.json"
    _step(
        "All objects in one document, for a static site.",
        ["snapshot", "--output", str(snapshot), "--store", str(store)],
        run,
    )
    click.echo(snapshot.read_text(encoding="utf-8"), nl=False)
    click.secho("\nDone: an object was created, updated, processed and exported.", fg="green", bold=True)
    click.echo(f"The store:    {store}\nThe snapshot: {snapshot}")
    click.echo(f"Try it:       gh-store list --store {shlex.quote(str(store))}")


def _make_folder(folder: Path) -> None:
    if folder.exists():
        if not (folder / _MARK).is_file():
            raise InvalidInput(
                f"{folder} is there, and no demo made it; it stays as it is.", hint="--output DIR names another folder."
            )
        shutil.rmtree(folder)
    try:
        folder.mkdir(parents=True)
        (folder / _MARK).write_text("Made by `gh-store demo`, which may replace this folder.\n", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"{folder}: {error.strerror}.", file=folder, hint="--output DIR names another."
        ) from error


def _step(sentence: str, command: list[str], run: Callable[[list[str]], Any]) -> None:
    click.secho(f"\n# {sentence}", fg="cyan")
    click.secho(f"$ gh-store {shlex.join(command)}", bold=True)
    try:
        run(command)
    except GitHubStoreError as error:
        click.echo(f"error: {error.message} (exit {error.exit_code})\nhint: {error.hint}")
