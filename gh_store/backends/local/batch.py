"""One transaction of one thread for many verbs, on a connection of its own."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from gh_store.domain.exceptions import BackendUnavailable
from gh_store.domain.issues import Role


class Batch:
    """
    Begins with the first verb that writes, so a batch that only reads keeps nobody waiting.

    Attributes:
        begun: True from then on: nobody else writes.
        latest: The latest time in the file as of then, or that was told since.
        roles: Those that were asked for since then, by login.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.begun = False
        self.latest: float | None = None
        self.roles: dict[str, Role] = {}

    @contextmanager
    def verb(self) -> Iterator[None]:
        """What one verb writes. It checks everything before: if it fails later, the whole batch is undone."""
        self._check()
        if not self.begun:
            self.connection.execute("BEGIN IMMEDIATE")
            self.begun = True
        before = self.connection.total_changes
        try:
            yield
        except BaseException:
            if self.connection.total_changes != before:
                self.undo()
            raise

    def commit(self) -> None:
        """Keep all of it. Raises BackendUnavailable if SQLite has undone it."""
        self._check()
        if self.begun:
            self.connection.execute("COMMIT")

    def undo(self) -> None:
        """Undo all of it; harmless to repeat."""
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def _check(self) -> None:
        if self.begun and not self.connection.in_transaction:  # the disk was full, or has failed
            raise BackendUnavailable("The batch was undone.", outcome_unknown=False, transient=False)
