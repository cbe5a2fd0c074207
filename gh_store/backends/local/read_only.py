"""A SQLite file that this process may not write, read without ever being stale or torn."""

import os
import sqlite3
import time
from pathlib import Path
from typing import Final

from gh_store.domain.exceptions import BackendUnavailable

_SETTLED: Final = 0.05
"""Seconds after which another write shows in the time of a file, on any file system."""

_PATIENCE: Final = 2.0
"""Seconds for others to finish opening or closing the file."""


def is_writable(path: Path) -> bool:
    """True if SQLite can write a file: also the two files beside it, which it makes and deletes."""
    beside = [path.with_name(f"{path.name}{suffix}") for suffix in ("-wal", "-shm")]
    return os.access(path, os.W_OK) and (
        os.access(path.absolute().parent, os.W_OK) or all(os.access(each, os.W_OK) for each in beside)
    )


class ReadOnlyFile:
    """
    While others have the file open, its `-wal` is there, and SQLite reads with them. Otherwise SQLite could not even
    lock it, so a copy in memory is read, and made anew once the file has changed.
    """

    def __init__(self, path: Path, busy_timeout: float) -> None:
        self._path = path
        self._busy_timeout = busy_timeout
        self._copied: tuple[int, ...] | None = None

    def is_current(self) -> bool:
        """False if the connection that was made last may be stale."""
        return self._copied is None or self._copied == self._state()

    def connect(self) -> sqlite3.Connection:
        """A connection that reads what is in the file now."""
        deadline = time.monotonic() + min(self._busy_timeout, _PATIENCE)
        while True:
            before = self._state()
            try:
                connection = self._shared() if before is None else self._copy()
            except sqlite3.OperationalError:  # others are opening or closing it right now
                if time.monotonic() > deadline:
                    raise
            else:
                if before == self._state():
                    self._copied = before
                    return connection
                connection.close()
                if time.monotonic() > deadline:
                    raise BackendUnavailable(
                        f"{self._path}: other processes write to the store all the time.", outcome_unknown=False
                    )
            time.sleep(0.01)

    def _state(self) -> tuple[int, ...] | None:
        """What changes with every write to a file that nobody has open; None if somebody has."""
        while True:
            if any(self._path.with_name(f"{self._path.name}{suffix}").exists() for suffix in ("-wal", "-journal")):
                return None
            told = self._path.stat()
            if not 0 <= time.time() - told.st_mtime < _SETTLED:
                return told.st_ino, told.st_size, told.st_mtime_ns
            time.sleep(_SETTLED)

    def _shared(self) -> sqlite3.Connection:
        connection = self._open(f"{self._path.absolute().as_uri()}?mode=ro")
        try:
            connection.execute("SELECT count(*) FROM sqlite_master")
        except BaseException:
            connection.close()
            raise
        return connection

    def _copy(self) -> sqlite3.Connection:
        raw = bytearray(self._path.read_bytes())
        if raw[18:20] == b"\2\2":  # a write-ahead log, which memory has none of
            raw[18:20] = b"\1\1"
        connection = self._open("file::memory:")
        connection.deserialize(bytes(raw))
        return connection

    def _open(self, uri: str) -> sqlite3.Connection:
        return sqlite3.connect(uri, uri=True, timeout=self._busy_timeout, isolation_level=None, check_same_thread=False)
