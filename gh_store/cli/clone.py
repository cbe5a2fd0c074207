"""The repository that a clone came from, as its files tell it. Nothing is run, so nothing in them can act."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_LARGEST: Final = 100_000
_REMOTES: Final = ("upstream", "github", "origin")
"""The order of `gh`."""

_LINE: Final = re.compile(r'\s*(?:\[(?P<section>[^\]]*)\]|url\s*=\s*"?(?P<url>[^\s"]+)"?\s*$)')
_ADDRESS: Final = re.compile(
    r"(?:https://(?:[^@/\s]*@)?|ssh://git@|git@)(?P<host>[A-Za-z0-9.-]+)[:/](?P<name>[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+?)"
    r"(?:\.git)?/?"
)


def repository_of(folder: Path) -> str | None:
    """
    The repository of the clone that a folder is in, as `owner/name`, or `host/owner/name` where that is not github.com.

    None outside of a clone, and where no remote says it.
    """
    try:
        root = root_of(folder)
        if root is None:
            return None
        with (_git_folder(root / ".git") / "config").open(encoding="utf-8", errors="replace") as file:
            remotes = dict(_remotes(file.read(_LARGEST)))
    except (OSError, ValueError):
        return None
    return next((found for name in (*_REMOTES, *remotes) if (found := remotes.get(name))), None)


def root_of(folder: Path) -> Path | None:
    """The root of the clone that a folder is in, or None."""
    try:
        folder = folder.resolve()  # an OSError, if it was deleted
        return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)
    except (OSError, RuntimeError, ValueError):  # links that lead to each other; no system takes such a name
        return None


def _git_folder(place: Path) -> Path:
    """The folder of git's files. In a worktree `.git` is a file that names another, which names the shared one."""
    if place.is_dir():
        return place
    folder = place.parent / place.read_text(encoding="utf-8")[:_LARGEST].removeprefix("gitdir:").strip()
    shared = folder / "commondir"
    return folder / shared.read_text(encoding="utf-8")[:_LARGEST].strip() if shared.is_file() else folder


def _remotes(text: str) -> Iterator[tuple[str, str]]:
    remote = None
    for line in text.splitlines():
        found = _LINE.match(line)
        if found is None:
            continue
        if found["section"] is not None:
            kind, _, name = found["section"].partition(" ")
            remote = name.strip().strip('"') if kind == "remote" else None
        elif remote is not None and (address := _ADDRESS.fullmatch(found["url"])) is not None:
            host, name = address["host"].lower(), address["name"]
            yield remote, name if host == "github.com" else f"{host}/{name}"
