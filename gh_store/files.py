"""The one way to write a file: completely, or not at all."""

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from gh_store.domain.exceptions import BackendUnavailable, InsufficientScope


def write(path: Path, pieces: Iterable[str]) -> None:
    """Replace a file completely or not at all. Missing folders are created."""
    path = path.resolve()  # of a link, the file that it points to
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("x", encoding="utf-8", newline="\n") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, temporary)
        temporary.replace(path)
        _sync_folder(path.parent)
    except PermissionError as error:
        raise InsufficientScope(
            f"{path}: the file cannot be written: {error.strerror}.", hint="Check the permissions of file and folder."
        ) from error
    except OSError as error:
        raise BackendUnavailable(
            f"{path}: the file cannot be written: {error.strerror}.", outcome_unknown=False
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":  # on other systems folders cannot be opened
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
