"""The workflows that users copy into their repository."""

import re
from pathlib import Path
from typing import Final

from gh_store import files
from gh_store.domain.exceptions import ConfigurationError

NAMES: Final = ("process-updates.yml", "sweep.yml", "snapshot.yml")
_FOLDER: Final = Path(".github", "workflows")
_HERE_ALONE: Final = re.compile(r"^.*!endsWith\(github\.repository, '/gh-store'\).*\n", re.MULTILINE)
_INSTALLS: Final = re.compile(r"gh-object-store==\S+")


def workflow(name: str) -> str:
    """A workflow as users get it: it installs this version, and runs in any repository."""
    from gh_store import __version__

    package = Path(__file__).parents[1]
    for folder in (package / "workflows", package.parent / _FOLDER):
        if (folder / name).is_file():
            text = _HERE_ALONE.sub("", (folder / name).read_text(encoding="utf-8"))
            return _INSTALLS.sub(f"gh-object-store=={__version__}", text)
    raise ConfigurationError(f"{name} is missing from this installation.", hint="Reinstall the package.")


def write_workflows(repository: Path, *, force: bool) -> list[str]:
    """
    Write the workflows into a repository. Returns the paths that were written.

    Raises:
        ConfigurationError: A file exists and differs; nothing was written.
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
        there = {path: path.read_text(encoding="utf-8", errors="replace") for path in wanted if path.exists()}
    except (OSError, RuntimeError) as error:  # of links that lead to each other
        raise ConfigurationError(f"{repository / _FOLDER}: {error}.") from error
    for path, text in there.items():
        if text != wanted[path] and not force:
            raise ConfigurationError(
                f"{path} exists and differs.", file=path, hint="Compare it first; --force overwrites it."
            )
    new = {path: text for path, text in wanted.items() if there.get(path) != text}
    for path, text in new.items():
        files.write(path, [text])
    return [str(path) for path in new]
