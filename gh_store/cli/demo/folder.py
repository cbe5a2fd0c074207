"""The folder of a demo, in which nothing is replaced or removed but what a demo wrote."""

import hashlib
from pathlib import Path
from typing import Final

from gh_store import files
from gh_store.domain.exceptions import ConfigurationError, InvalidInput

STORE: Final = "store.db"
SNAPSHOT: Final = "snapshot.json"
PAGE: Final = "index.html"
WRITTEN: Final = (STORE, SNAPSHOT, PAGE)

_MARK: Final = ".gh-store-demo"
"""The file that lists what a demo wrote, as `sha256sum` does: the next one replaces only that."""

_POSSIBLE: Final = (*WRITTEN, *(f"{STORE}-{kind}" for kind in ("wal", "shm", "journal")))


def make_folder(folder: Path) -> None:
    """
    A folder for the demo. Of an earlier one, what that wrote and nobody changed since makes room.

    Raises:
        InvalidInput: The folder is another one, or holds what an earlier demo did not leave so.
        ConfigurationError: It cannot be read or written.
        InsufficientScope: The permissions do not suffice.
    """
    mark = folder / _MARK
    try:
        if folder.is_symlink() or (folder.exists() and (mark.is_symlink() or not mark.is_file())):
            raise InvalidInput(
                f"{folder} exists and is not the folder of a demo.",
                hint="--output DIR names another folder.",
            )
        if folder.exists():
            written = mark.read_text(encoding="utf-8").splitlines()
            there = [path for name in _POSSIBLE if (path := folder / name).exists() or path.is_symlink()]
            for path in there:
                if path.is_symlink() or not path.is_file() or _line(path) not in written:
                    raise InvalidInput(
                        f"{path} is not as the last demo left it.",
                        hint="Delete it if you do not need it, or name another folder with --output DIR.",
                    )
            for path in there:
                path.unlink()
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise files.unwritten(folder, error, "folder") from error
    except ValueError as error:
        raise ConfigurationError(
            f"{folder}: {error}.", file=folder, hint="--output DIR names another folder."
        ) from error
    files.write(mark, [])


def remember(folder: Path) -> None:
    """Note what the files of a demo hold, so that the next one may replace them."""
    there = (path for name in WRITTEN if (path := folder / name).exists())
    files.write(folder / _MARK, [f"{_line(path)}\n" for path in there])


def _line(path: Path) -> str:
    return f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}"
