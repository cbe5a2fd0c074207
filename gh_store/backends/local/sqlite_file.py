"""One SQLite file: opening it, creating it, and its transactions."""

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

from gh_store.backends.local.batch import Batch
from gh_store.backends.local.errors import Errors
from gh_store.backends.local.file_checks import EMPTY, check_file
from gh_store.backends.local.read_only import ReadOnlyFile, is_writable
from gh_store.backends.local.rows import LARGEST
from gh_store.domain.exceptions import ConfigurationError
from gh_store.files import resolved

Synchronous = Literal["FULL", "NORMAL", "OFF"]

_APPLICATION_ID: Final = 0x67687374  # "ghst"
_BREATH: Final = 0.05
"""After a batch, for so large a part of its time, whoever waits to write finds the file free: SQLite looks in ever
longer intervals, up to a tenth of a second."""


class _Here(threading.local):
    """What is of one thread: the batch that it is in."""

    batch: Batch | None = None


_TABLES: Final = "SELECT count(*) FROM sqlite_master"


class SqliteFile:
    """
    A database that several threads and processes share: WAL mode, and one transaction for each verb or batch of them.

    Args:
        path: The file; it is created if it is missing, but its folder is not.
        schemas: For each version of the format, the statements that upgrade a file of the version before.
        create: False to raise ConfigurationError if the file is missing, or empty.
        busy_timeout: Seconds to wait for other processes.
        synchronous: SQLite's setting; see LocalBackend.
    Raises:
        ConfigurationError: The file is not a store, or its format is newer than this program.
    """

    def __init__(
        self, path: Path, schemas: Sequence[str], *, create: bool, busy_timeout: float, synchronous: Synchronous
    ) -> None:
        self.path = path
        self._errors = Errors(path, self._is_used_up)
        check_file(path, create=create)
        with self._errors:
            read_only = path.exists() and not is_writable(path)
            if not read_only:
                resolved(path)  # no link of somebody else decides where a store is made
        if read_only:
            check_file(path, create=False)  # nothing can be made in it
        self._busy_timeout = busy_timeout
        self._synchronous = synchronous
        self._lock = threading.RLock()
        self._schemas = schemas
        self._create = create and not read_only
        self._read_only = ReadOnlyFile(path, busy_timeout) if read_only else None
        self._here = _Here()
        self._spare: list[sqlite3.Connection] = []
        self._closed = False
        with self._errors:
            self._shared = self._connect()
            try:
                self._prepare(schemas)
            except BaseException:
                self._shared.close()
                raise

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection that all threads share; inside a batch, that of the batch."""
        batch = self._here.batch
        return self._shared if batch is None else batch.connection

    @property
    def begun(self) -> Batch | None:
        """The batch that this thread is in, if that has begun to write, so that nobody else does."""
        batch = self._here.batch
        return batch if batch is not None and batch.begun else None

    def close(self) -> None:
        """Close the file; harmless to repeat."""
        with self._lock:
            self._closed = True
            self._shared.close()
            while self._spare:
                self._spare.pop().close()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """For one statement on `connection` that only reads."""
        if self._here.batch is not None:
            with self._errors:
                yield
            return
        with self._lock, self._errors:
            if self._read_only is not None:
                self._refresh(self._read_only)
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction on `connection`, or a part of a batch, which happens wholly or not at all."""
        batch = self._here.batch
        if batch is not None:
            with self._errors, batch.verb():
                yield
            return
        with self._lock, self._errors:
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    @contextmanager
    def batch(self) -> Iterator[None]:
        """All verbs of this thread as one transaction; others read meanwhile, and wait to write."""
        if self._read_only is not None or self._here.batch is not None:  # each verb tells the former itself
            yield
            return
        with self._errors:
            self._shared.execute("SELECT 1")  # a closed store stays closed
            batch = Batch(self._spare.pop() if self._spare else self._connect())
        self._here.batch, begun = batch, time.monotonic()
        try:
            yield
            with self._errors:
                batch.commit()
        finally:
            self._here.batch = None
            with self._errors:
                batch.undo()
            self._give_back(batch.connection)
        if batch.begun:
            time.sleep(_BREATH * (time.monotonic() - begun))

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if self._closed:
                connection.close()
            else:
                self._spare.append(connection)

    # --- opening ----------------------------------------------------------------------------------

    def _connect(self) -> sqlite3.Connection:
        if self._read_only is not None:
            return self._read_only.connect()
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode={'rw' if self.path.exists() else 'rwc'}",
            uri=True,
            timeout=self._busy_timeout,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _refresh(self, file: ReadOnlyFile) -> None:
        """Read the file anew if somebody has written to it."""
        self._shared.execute("SELECT 1")  # a closed store stays closed
        if file.is_current():
            return
        fresh = file.connect()
        self._shared.close()
        self._shared = fresh
        self._prepare(self._schemas)

    def _prepare(self, schemas: Sequence[str]) -> None:
        application, version = self._one("PRAGMA application_id"), self._one("PRAGMA user_version")
        if application != _APPLICATION_ID and not self._create and not self._one(_TABLES):
            raise ConfigurationError(
                f"{self.path}: this database is empty; it is not a store.", file=self.path, hint=EMPTY
            )
        if application != _APPLICATION_ID or version < len(schemas):
            self._make(schemas)
        if self._read_only is not None:
            self.connection.execute("PRAGMA query_only = ON")
        if version > len(schemas):
            raise ConfigurationError(
                f"{self.path}: this store has format {version}; this gh-store knows formats up to {len(schemas)}.",
                file=self.path,
                hint="Upgrade gh-store: pip install --upgrade gh-object-store.",
            )

    def _make(self, schemas: Sequence[str]) -> None:
        """Set up an empty file, or upgrade an older format, unless another process is doing so right now."""
        deadline = time.monotonic() + self._busy_timeout
        while True:
            try:
                if self._one(_TABLES) == 0:
                    self.connection.execute(
                        "PRAGMA journal_mode = WAL"
                    )  # SQLite does not wait for other processes here
                self.connection.execute("BEGIN IMMEDIATE")
                break
            except sqlite3.OperationalError as error:
                if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
        try:
            ours = self._one("PRAGMA application_id") == _APPLICATION_ID
            version = self._one("PRAGMA user_version") if ours else 0
            if not ours and self._one(_TABLES):
                raise ConfigurationError(
                    f"{self.path}: this is another program's database; it was not changed.",
                    file=self.path,
                    hint="Name another file with --store.",
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

    def _is_used_up(self) -> bool:
        """True if a table has the largest number that there is. SQLite calls that a full disk."""
        try:
            tables = self.connection.execute("SELECT name, seq FROM sqlite_sequence").fetchall()
            return any(
                LARGEST in (seq, self._one(f'SELECT max(rowid) FROM "{name}"'))  # noqa: S608  # a name of ours
                for name, seq in tables
            )
        except sqlite3.Error:
            return False
