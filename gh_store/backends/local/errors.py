"""What SQLite's errors mean, as errors of the port."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from gh_store.domain.exceptions import (
    BackendUnavailable,
    ConfigurationError,
    GitHubStoreError,
    InsufficientScope,
    IntegrityError,
    InvalidUpdate,
    ObjectNotFound,
)


class Errors:
    """
    Inside, what SQLite raises is raised as an error of the port. (A class: every verb enters it.)

    Args:
        path: The file, for messages.
        is_used_up: True if a table has the largest number that there is. SQLite calls that a full disk.
    """

    def __init__(self, path: Path, is_used_up: Callable[[], bool]) -> None:
        self._path = path
        self._is_used_up = is_used_up

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        told = self._told(error) if isinstance(error, Exception) else None
        if told is not None:
            raise told from error

    def _told(self, error: Exception) -> GitHubStoreError | None:
        """What an error comes to, or None for one that is not ours to tell."""
        if isinstance(error, sqlite3.ProgrammingError):
            if "closed" not in str(error):
                return InvalidUpdate(f"A value of this type cannot be stored: {error}.")
            return BackendUnavailable("The store is closed.", transient=False, hint="Open it again.")
        if isinstance(error, OverflowError):  # a number too large for any row
            return ObjectNotFound("There is no issue of that number.")
        if isinstance(error, sqlite3.Error):
            return self._mapped(error)
        if isinstance(error, OSError):  # reading what may not be written
            return unopened(self._path)
        return None

    def _mapped(self, error: sqlite3.Error) -> GitHubStoreError:
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return BackendUnavailable(
                f"{self._path}: other processes kept the store busy for too long.", outcome_unknown=False
            )
        if name.startswith("SQLITE_READONLY"):
            return InsufficientScope(
                f"{self._path}: this store may only be read.",
                hint="Get write permission on the file and its folder.",
            )
        if name == "SQLITE_FULL" and self._is_used_up():
            return IntegrityError(
                f"{self._path}: a row has the largest number that there is, so no other can follow.",
                hint="Restore the file from a copy.",
            )
        if name == "SQLITE_FULL":
            return BackendUnavailable(
                f"{self._path}: the disk is full.", transient=False, hint="Free some space; what was stored is safe."
            )
        if name == "SQLITE_NOTADB":
            return ConfigurationError(
                f"{self._path}: this file is not a store; it was not changed.",
                file=self._path,
                hint="Name another file with --store.",
            )
        if name.startswith("SQLITE_CANTOPEN"):
            return unopened(self._path)
        if name.startswith("SQLITE_IOERR"):
            return BackendUnavailable(f"{self._path}: the disk failed ({name}).")
        return IntegrityError(f"{self._path}: {error} ({name or 'no code'}).", hint="Restore the file from a copy.")


def unopened(path: Path) -> ConfigurationError | InsufficientScope:
    """The error for a store that cannot be opened. SQLite does not tell why, so it is looked for."""
    message, another = f"{path}: the store cannot be opened", "Name another file with --store."
    try:
        whole = path.absolute()
    except OSError:  # the folder that we are in was deleted
        return ConfigurationError(f"{message}.", file=path, hint=another)
    there = next(each for each in (whole, *whole.parents) if os.path.exists(each))  # noqa: PTH110  # which never raises
    if there == whole and not os.access(there, os.R_OK):
        return InsufficientScope(f"{message}: permission denied.", hint="Get permission to read the file.")
    if os.path.isdir(there) and not os.access(there, os.W_OK | os.X_OK):  # noqa: PTH112
        hint = "Get permission to write in the folder, or name another file with --store."
        return InsufficientScope(f"{message}: permission denied in {there}.", hint=hint)
    if there not in (whole, whole.parent):
        return ConfigurationError(f"{message}: its folder is missing.", file=path, hint="Create the folder first.")
    return ConfigurationError(f"{message}.", file=path, hint=another)
