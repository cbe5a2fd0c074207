"""The workflows that users copy into their repository."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gh_store import files
from gh_store.cli.terminal import say
from gh_store.domain.exceptions import ConfigurationError

NAMES: Final = ("process-updates.yml", "sweep.yml", "snapshot.yml")
_FOLDER: Final = Path(".github", "workflows")
_HERE_ALONE: Final = re.compile(r"^.*!endsWith\(github\.repository, '/gh-store'\).*\n", re.MULTILINE)
_INSTALLS: Final = re.compile(r"(gh-object-store(?:\[\w+\])?==)[^\s\"]+")


def workflow(name: str) -> str:
    """A workflow as users get it: it installs this version, and runs in any repository."""
    from gh_store import __version__

    package = Path(__file__).parents[1]
    for folder in (package / "workflows", package.parent / _FOLDER):
        if (folder / name).is_file():
            text = _HERE_ALONE.sub("", (folder / name).read_text(encoding="utf-8"))
            return _INSTALLS.sub(rf"\g<1>{__version__}", text)
    raise ConfigurationError(f"{name} is missing from this installation.", hint="Reinstall the package.")


def write_workflows(repository: Path, *, force: bool) -> dict[Path, str]:
    """
    Write the workflows into a repository. Returns what was done to each file: `written`, `kept` or `replaced`.

    Args:
        repository: The folder of the repository.
        force: Replace files that differ, and leave other processors where they are.
    Raises:
        ConfigurationError: A file exists and differs, or another workflow processes the store; nothing was written.
    """
    wanted = {repository / _FOLDER / name: workflow(name) for name in NAMES}
    try:
        for path in wanted:
            if not path.resolve().is_relative_to(repository.resolve()):
                raise ConfigurationError(
                    f"{path}: a link leads out of the repository.",
                    file=path,
                    hint="Replace the link by a folder or file.",
                )
            if path.exists() and not path.is_file():
                raise ConfigurationError(f"{path} exists and is not a regular file.", file=path)
        there = {path: _read(path) for path in wanted if path.exists()}
        others = ", ".join(str(path) for path in _other_processors(repository) if path not in wanted)
    except OSError as error:
        raise files.unwritten(repository / _FOLDER, error, "folder") from error
    except RuntimeError as error:  # of links that lead to each other
        raise ConfigurationError(f"{repository / _FOLDER}: {error}.", hint="Replace the links by folders.") from error
    if others and force:
        say(f"note: left beside them, and processes updates, too: {others}")
    elif others:
        raise ConfigurationError(
            f"Another workflow processes updates, too: {others}.",
            hint="Delete it first: two kinds of processor undo each other's work. --force leaves it there, which is "
            "right only if it works on another repository, or runs gh-object-store.",
        )
    for path, text in there.items():
        if text != wanted[path] and not force:
            raise ConfigurationError(
                f"{path} exists and differs.", file=path, hint="Compare it first; --force overwrites it."
            )
    done = {path: _outcome(there.get(path), text) for path, text in wanted.items()}
    for path, outcome in done.items():
        if outcome != "kept":
            files.write(path, [wanted[path]])
    return done


def _outcome(before: str | None, text: str) -> str:
    return "written" if before is None else "kept" if before == text else "replaced"


def _other_processors(repository: Path) -> Iterator[Path]:
    """The workflows of a repository that process its store with another package than this one."""
    from gh_store.doctor.processors import ENDINGS, runs_other_processor

    folder = repository / _FOLDER
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name.endswith(ENDINGS) and path.is_file() and runs_other_processor(_read(path)):
            yield path


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
