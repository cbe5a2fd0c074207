"""One SQLite file of one process, which begins anew whenever it was deleted or damaged."""

import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from gh_store.domain.exceptions import ConfigurationError
from gh_store.files import resolved
from gh_store.logger import logger
from gh_store.serve.cache import CacheDown

_T = TypeVar("_T")

_APPLICATION_ID: Final = 0x67687363  # "ghsc"
_NOT_DAMAGED: Final = ("SQLITE_FULL", "SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_NOMEM", "SQLITE_INTERRUPT")
"""Errors that say nothing about what is in the file."""

_WRITTEN: Final = "CREATE TABLE written (number); INSERT INTO written VALUES (0)"
"""How often it was written to: a log that was cut is as valid as before, and older."""


class Damaged(Exception):
    """What is in the file contradicts itself."""


_LOST: Final = (sqlite3.DatabaseError, Damaged)
_State: TypeAlias = "tuple[tuple[int, ...] | None, tuple[int, ...] | None]"


class CacheFile:
    """
    A database that no other process opens, and that costs nothing to lose.

    Its times and sizes are compared before each use: if somebody else wrote to it, it is verified as it is when it is
    opened. Whatever is wrong with it, an empty one takes its place.

    Args:
        path: The file. Its folder is created with mode 0700 if it is missing.
        schema: The statements that make an empty one.
        version: Of the schema. A file of any other begins anew.
        check: Called when the file was opened; raises Damaged, or any error of SQLite, for one that cannot be used.
    Raises:
        ConfigurationError: Another process uses it, others may write to its folder, or it cannot be made.
    """

    def __init__(self, path: Path, schema: str, version: int, check: Callable[[sqlite3.Connection], None]) -> None:
        self._path = _in_a_safe_folder(path)
        self._names = str(self._path), f"{self._path}-wal"
        self._schema = schema
        self._version = version
        self._check = check
        self._lock = threading.Lock()
        self._held: sqlite3.Connection | None = _only_one(self._path)
        self._connection: sqlite3.Connection | None = None
        self._left: _State = (None, None)
        self._written: int | None = None
        try:
            with self._lock:
                self._open()
        except CacheDown as error:
            self.close()
            if _is_busy(error.__cause__):  # somebody has deleted the lock of another process
                raise _used(self._path) from error
            raise ConfigurationError(
                f"{self._path}: the cache cannot be opened: {error}.",
                file=self._path,
                hint="Name a folder with --cache.",
            ) from error

    def reading(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """
        Do something that only reads, while nothing else is done. If the file turns out to be damaged, again, with an
        empty one.

        Raises:
            CacheDown: It cannot be done: the disk is full, or the file may not be written.
        """
        with self._lock:
            if self._held is None:
                raise CacheDown("it is closed")
            connection = self._connection
            if connection is None or self._left != self._state():
                connection = self._open()
            try:
                return work(connection)
            except _LOST as error:
                connection = self._anew(error)
            try:
                return work(connection)
            except _LOST as error:
                raise CacheDown(str(error)) from error

    def writing(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """The same for what writes: it happens wholly or not at all."""
        return self.reading(lambda connection: self._transaction(connection, work))

    def close(self) -> None:
        """Close it, and let other processes have it; harmless to repeat."""
        with self._lock:
            self._let_go()
            if self._held is not None:
                self._held.close()
                self._held = None

    def _transaction(self, connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], _T]) -> _T:
        connection.execute("BEGIN")
        try:
            told = work(connection)
            connection.execute("UPDATE written SET number = number + 1")
            connection.execute("COMMIT")
            self._written = 1 + (self._written or 0)
        except BaseException:
            with suppress(sqlite3.Error):  # some errors have ended it
                connection.execute("ROLLBACK")
            raise
        finally:
            self._left = self._state()
        return told

    def _state(self) -> _State:
        """What changes when anybody writes to the file."""
        file, log = self._names
        return _told(file), _told(log)

    # --- opening ----------------------------------------------------------------------------------

    def _open(self) -> sqlite3.Connection:
        """The file as it is, or an empty one. Raises CacheDown."""
        self._let_go()
        try:
            return self._connect()
        except (*_LOST, OSError) as error:
            return self._anew(error)

    def _anew(self, error: Exception) -> sqlite3.Connection:
        """An empty file, after this error. Raises CacheDown if it does not say that the file is damaged."""
        if isinstance(error, sqlite3.ProgrammingError):
            raise error
        if getattr(error, "sqlite_errorname", "").startswith(_NOT_DAMAGED):
            raise CacheDown(str(error)) from error
        self._written = None
        self._let_go()
        try:
            for suffix in ("", "-wal", "-shm", "-journal"):
                Path(f"{self._path}{suffix}").unlink(missing_ok=True)
            connection = self._connect()
        except (*_LOST, OSError) as again:
            raise CacheDown(getattr(again, "strerror", None) or str(again)) from again
        logger.warning("serve: {}: the cache begins anew: {}", self._path, error)
        return connection

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path.touch(mode=0o600)
        connection = sqlite3.connect(self._path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        # A file that is used exclusively needs no shared memory, which would end this process if it were truncated.
        for pragma in ("locking_mode = EXCLUSIVE", "mmap_size = 0", "synchronous = OFF", "journal_mode = WAL"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        made = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
        if made == [0, 0] and not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            connection.executescript(
                f"BEGIN; {self._schema}; {_WRITTEN}; PRAGMA application_id = {_APPLICATION_ID}; "
                f"PRAGMA user_version = {self._version}; COMMIT"
            )
        elif made != [_APPLICATION_ID, self._version]:
            raise Damaged("it is of another version")
        elif (fault := connection.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
            raise Damaged(fault)
        (written,) = connection.execute("SELECT number FROM written").fetchone() or (None,)
        if not isinstance(written, int) or self._written not in (None, written):
            raise Damaged("it is older than it was")
        self._written = written
        self._transaction(connection, self._check)

    def _let_go(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None


def _told(path: str) -> tuple[int, ...] | None:
    try:
        told = os.stat(path)  # noqa: PTH116  # on every read: quicker so
    except OSError:
        return None
    return told.st_ino, told.st_size, told.st_mtime_ns


def _in_a_safe_folder(path: Path) -> Path:
    """The file, in a folder that nobody else may write to, by a way that nobody else may change."""
    try:
        folder = resolved(path.parent)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        told = folder.stat()
    except (OSError, ValueError) as error:  # ValueError: no system takes such a name
        fault = getattr(error, "strerror", None) or "no folder has this name"
        raise ConfigurationError(
            f"{path.parent}: the cache's folder cannot be made: {fault}.",
            file=path.parent,
            hint="Name another folder with --cache.",
        ) from error
    if os.name == "posix" and (told.st_uid != os.geteuid() or told.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
        raise ConfigurationError(
            f"{folder}: others may write to this folder; it cannot hold the cache.",
            file=folder,
            hint="Name a folder of your own with --cache, or take the permission away: chmod go-w FOLDER.",
        )
    return folder / path.name


def _only_one(path: Path) -> sqlite3.Connection:
    """A lock that ends with this process, however that ends. Raises ConfigurationError if another process has it."""
    lock = Path(f"{path}.lock")
    for last in (False, True):
        held = None
        try:
            lock.touch(mode=0o600)
            held = sqlite3.connect(lock, timeout=0, isolation_level=None, check_same_thread=False)
            held.execute("BEGIN EXCLUSIVE")
        except (sqlite3.Error, OSError) as error:
            if held is not None:
                held.close()
            if _is_busy(error):
                raise _used(path) from error
            if last or isinstance(error, OSError):
                raise ConfigurationError(
                    f"{lock}: the cache cannot be locked: {getattr(error, 'strerror', None) or error}.",
                    file=lock,
                    hint="Name another folder with --cache.",
                ) from error
            lock.unlink(missing_ok=True)  # it is damaged, so nobody holds it
        else:
            return held
    raise AssertionError


def _is_busy(error: BaseException | None) -> bool:
    return getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY")


def _used(path: Path) -> ConfigurationError:
    return ConfigurationError(
        f"{path}: another gh-store serve uses this cache.",
        file=path,
        hint="Give each a folder with --cache, or let them share one: --cache valkey://HOST:6379.",
    )
