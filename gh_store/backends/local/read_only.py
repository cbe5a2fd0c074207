"""A SQLite file that this process may not write, read without ever being stale or torn."""

import os
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Final, TypeAlias

from gh_store.domain.exceptions import BackendUnavailable

_SETTLED: Final = 0.05
"""Seconds after which another write shows in the time of a file, on any file system."""

_State: TypeAlias = tuple[tuple[int, ...] | None, ...]

_PATIENCE: Final = 2.0
"""Seconds for others to finish opening or closing the file."""


def is_writable(path: Path) -> bool:
    """True if SQLite can write a file: also the two files beside it, which it makes and deletes."""
    path = path.resolve()
    beside = [path.with_name(f"{path.name}{suffix}") for suffix in ("-wal", "-shm")]
    return os.access(path, os.W_OK) and (
        os.access(path.parent, os.W_OK) or all(os.access(each, os.W_OK) for each in beside)
    )


class ReadOnlyFile:
    """
    While others have the file open, its `-wal` is there, and SQLite reads with them. Otherwise SQLite could not even
    lock it, so a copy in memory is read, and made anew once the file has changed. So is what a program left behind
    that was killed: without its `-shm`, or with one that may not be read, SQLite does not open the `-wal`.
    """

    def __init__(self, path: Path, busy_timeout: float) -> None:
        self._path = path.resolve()  # SQLite looks for the two files beside what a link leads to
        self._busy_timeout = busy_timeout
        self._copied: _State | None = None

    def is_current(self) -> bool:
        """False if the connection that was made last may be stale."""
        return self._copied is None or self._copied == self._state()

    def connect(self) -> sqlite3.Connection:
        """A connection that reads what is in the file now."""
        deadline = time.monotonic() + min(self._busy_timeout, _PATIENCE)
        while True:
            if self._is_open() and (shared := self._shared()) is not None:
                if self._is_open():
                    self._copied = None
                    return shared
                shared.close()
            before = self._state()
            if before is not None:
                copy = self._copy()
                if before == self._state():
                    self._copied = before
                    return copy
                copy.close()
            if time.monotonic() > deadline:
                raise BackendUnavailable(
                    f"{self._path}: other processes write to the store all the time.", outcome_unknown=False
                )
            time.sleep(0.01)

    def _beside(self, suffix: str) -> Path:
        return self._path.with_name(f"{self._path.name}{suffix}")

    def _is_open(self) -> bool:
        """True if others have the file open, or died with it."""
        return any(self._beside(suffix).exists() for suffix in ("-wal", "-journal"))

    def _state(self) -> _State | None:
        """What changes with every write. None right after one: the next might not show in the time of the file yet."""
        state = list[tuple[int, ...] | None]()
        for path in (self._path, self._beside("-wal"), self._beside("-journal")):
            try:
                told = path.stat()
            except FileNotFoundError:
                state.append(None)
                continue
            if 0 <= time.time() - told.st_mtime < _SETTLED:
                return None
            state.append((told.st_ino, told.st_size, told.st_mtime_ns))
        return tuple(state)

    def _shared(self) -> sqlite3.Connection | None:
        """A connection beside those of others; None if SQLite cannot open one here, or not yet."""
        connection = self._open(f"{self._path.as_uri()}?mode=ro")
        try:
            connection.execute("SELECT count(*) FROM sqlite_master")
        except sqlite3.OperationalError as error:
            connection.close()
            if error.sqlite_errorname.startswith("SQLITE_BUSY"):
                raise
            return None
        except BaseException:
            connection.close()
            raise
        return connection

    def _copy(self) -> sqlite3.Connection:
        raw = bytearray(self._path.read_bytes())
        wal = self._beside("-wal")
        log = wal.read_bytes() if wal.exists() else b""
        if log:
            raw = bytearray(_recovered(bytes(raw), log))
        if raw[18:20] == b"\2\2":  # a write-ahead log, which memory has none of
            raw[18:20] = b"\1\1"
        connection = self._open("file::memory:")
        connection.deserialize(bytes(raw))
        return connection

    def _open(self, uri: str) -> sqlite3.Connection:
        return sqlite3.connect(uri, uri=True, timeout=self._busy_timeout, isolation_level=None, check_same_thread=False)


def _recovered(raw: bytes, log: bytes) -> bytes:
    """A file with what its write-ahead log adds: SQLite adds it, and only where it may write."""
    with tempfile.TemporaryDirectory(prefix="gh-store-") as folder:
        path = Path(folder) / "copy.db"
        path.write_bytes(raw)
        path.with_name(f"{path.name}-wal").write_bytes(log)
        with closing(sqlite3.connect(path)) as copy:
            copy.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return path.read_bytes()
