"""One SQLite file of ours: opening it, making it, its transactions, and what its errors mean."""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

from gh_store.domain.exceptions import (
    BackendUnavailable,
    ConfigurationError,
    GitHubStoreError,
    InsufficientScope,
    IntegrityError,
    ObjectNotFound,
)

Synchronous = Literal["FULL", "NORMAL", "OFF"]

_APPLICATION_ID: Final = 0x67687374  # "ghst"


class SqliteFile:
    """
    A database that several threads and processes share: WAL, and one transaction a verb.

    Args:
        path: The file; it is made if it is missing, its folder is not.
        schemas: Of each version of the format, the statements that make it of the version before.
        busy_timeout: Seconds to wait for others.
        synchronous: SQLite's setting; see LocalBackend.
    Raises:
        ConfigurationError: The file is none of ours, or of a newer version.
    """

    def __init__(self, path: Path, schemas: Sequence[str], *, busy_timeout: float, synchronous: Synchronous) -> None:
        self.path = path
        self._busy_timeout = busy_timeout
        self._lock = threading.RLock()
        with self._errors():
            self.connection = self._connect()
            try:
                self.connection.execute(f"PRAGMA synchronous = {synchronous}")
                self._prepare(schemas)
            except BaseException:
                self.connection.close()
                raise

    def close(self) -> None:
        """Let go of the file; harmless to repeat."""
        with self._lock:
            self.connection.close()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """For one statement on `connection` that changes nothing."""
        with self._lock, self._errors():
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction on `connection`, which happens wholly or not at all."""
        with self._lock, self._errors():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    # --- opening ----------------------------------------------------------------------------------

    def _connect(self) -> sqlite3.Connection:
        # A file that may not be written is opened for reading; without that, SQLite could not even
        # tell what it holds.
        mode = "rwc" if not self.path.exists() else "rw" if os.access(self.path, os.W_OK) else "ro"
        if mode == "ro" and not self.path.with_name(f"{self.path.name}-wal").exists():
            mode = "ro&immutable=1"  # nobody writes now; else SQLite wants to write beside the file
        return sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=self._busy_timeout,
            isolation_level=None,
            check_same_thread=False,
        )

    def _prepare(self, schemas: Sequence[str]) -> None:
        application, version = self._one("PRAGMA application_id"), self._one("PRAGMA user_version")
        if application != _APPLICATION_ID or version < len(schemas):
            self._make(schemas)
        elif version > len(schemas):
            raise ConfigurationError(
                f"{self.path}: this store is of format {version}; this gh-store knows {len(schemas)}.",
                file=self.path,
                hint="Upgrade gh-store: pip install --upgrade gh-object-store.",
            )

    def _make(self, schemas: Sequence[str]) -> None:
        """Make a store of an empty file or of an older format, unless another process does so at this moment."""
        deadline = time.monotonic() + self._busy_timeout
        while True:
            try:
                if self._one("SELECT count(*) FROM sqlite_master") == 0:
                    self.connection.execute("PRAGMA journal_mode = WAL")  # does not wait for others by itself
                self.connection.execute("BEGIN IMMEDIATE")
                break
            except sqlite3.OperationalError as error:
                if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
        try:
            ours = self._one("PRAGMA application_id") == _APPLICATION_ID
            version = self._one("PRAGMA user_version") if ours else 0
            if not ours and self._one("SELECT count(*) FROM sqlite_master"):
                raise ConfigurationError(
                    f"{self.path}: this is another program's database, and stays as it is.",
                    file=self.path,
                    hint="--store names another file.",
                )
            for schema in schemas[version:]:
                for statement in schema.split(";\n"):
                    self.connection.execute(statement)
            self.connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            self.connection.execute(f"PRAGMA user_version = {len(schemas)}")
            self.connection.execute("COMMIT")
        finally:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")

    def _one(self, query: str) -> Any:
        return self.connection.execute(query).fetchone()[0]

    # --- errors -----------------------------------------------------------------------------------

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.ProgrammingError as error:
            raise BackendUnavailable("The store was closed.", transient=False, hint="Open it again.") from error
        except OverflowError as error:  # a number that no row can have
            raise ObjectNotFound("There is no issue of that number.") from error
        except sqlite3.Error as error:
            raise self._mapped(error) from error

    def _mapped(self, error: sqlite3.Error) -> GitHubStoreError:
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return BackendUnavailable(
                f"{self.path}: other processes kept the store busy for too long.", outcome_unknown=False
            )
        if name.startswith("SQLITE_READONLY"):
            return InsufficientScope(
                f"{self.path}: this store may only be read.",
                hint="Ask for write permission on the file and its folder.",
            )
        if name == "SQLITE_FULL":
            return BackendUnavailable(
                f"{self.path}: the disk is full.", transient=False, hint="Make room; what was stored is safe."
            )
        if name == "SQLITE_NOTADB":
            return ConfigurationError(
                f"{self.path}: this file is no store, and stays as it is.",
                file=self.path,
                hint="--store names another file.",
            )
        if name.startswith("SQLITE_CANTOPEN"):
            return ConfigurationError(
                f"{self.path}: the store cannot be opened.",
                file=self.path,
                hint="Make the folder, or ask for the right to write in it.",
            )
        if name.startswith("SQLITE_IOERR"):
            return BackendUnavailable(f"{self.path}: the disk does not answer ({name}).")
        return IntegrityError(f"{self.path}: {error} ({name or 'no code'}).", hint="Restore the file from a copy.")
