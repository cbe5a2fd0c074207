"""A read model in a SQLite file, for one process."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from zlib import crc32

from gh_store.serve.cache import Kept
from gh_store.serve.cache.file import CacheFile, Damaged
from gh_store.serve.cache.rule import NEXT, row_after
from gh_store.serve.model import Cursor, Model, Observation, Row

_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE state (generation, position, objects, complete, since, listed, completed, sum);
CREATE TABLE rows (
  position INTEGER PRIMARY KEY, id NOT NULL UNIQUE, issue, updated, version, settled, confirmed, text, sum
);
CREATE INDEX objects ON rows (id) WHERE text IS NOT NULL;
CREATE TABLE issues (number INTEGER PRIMARY KEY, id);
CREATE TABLE notes (place INTEGER PRIMARY KEY, id, name, stamp, size, text, sum, UNIQUE (id, name))
"""
_SELECT: Final = "SELECT position, id, issue, updated, version, settled, confirmed, text, sum FROM rows "
_JUMP: Final = 1_000_000
"""Each start goes on so far ahead: no cursor that was told before a loss of power is then one of other changes."""

_NOTES: Final = 64_000_000
"""Bytes of all notes."""

_LARGEST: Final = 2**63 - 1
"""SQLite's largest number."""


class SqliteCache:
    """
    The port's comments are the promises. Every row has a sum: bytes that changed on the disk are never served.

    Args:
        path: The file; see CacheFile.
        most_noted: Bytes of all notes; the oldest give way.
    Raises:
        ConfigurationError: As CacheFile.
    """

    waits = False

    def __init__(self, path: Path, *, most_noted: int = _NOTES) -> None:
        self._most_noted = most_noted
        self._file = CacheFile(path, _SCHEMA, _VERSION, _check)

    def model(self) -> Model | None:
        return self._file.reading(_model)

    def begin(self, generation: str) -> Model:
        def work(connection: sqlite3.Connection) -> Model:
            model = _model(connection)
            if model is None:
                model = Model(Cursor(generation, 0))
                _write(connection, model)
            return model

        return self._file.writing(work)

    def row(self, object_id: str) -> Row | None:
        return self._file.reading(lambda connection: _row(connection, object_id))

    def row_of_issue(self, number: int) -> Row | None:
        return self._file.reading(lambda connection: _row_of_issue(connection, number))

    def rows(self, prefix: str, after: str, limit: int) -> Sequence[Row]:
        low, begins = _bytes(after), _bytes(prefix)
        where = "WHERE text IS NOT NULL AND id > ? AND id >= ? AND id < ? ORDER BY id LIMIT ?"
        return self._file.reading(lambda connection: _rows(connection, where, low, begins, begins + b"\xff", limit))

    def keep(self, generation: str, seen: Observation, now: float, *, over: int | None = None) -> Kept | None:
        def work(connection: sqlite3.Connection) -> Kept | None:
            model = _model(connection)
            if model is None or model.cursor.generation != generation:
                return None
            held = _row(connection, seen.object_id)
            former = _row_of_issue(connection, seen.issue_number)
            row = row_after(held, former, seen, now, over)
            if row is None:
                return Kept(held, changed=False) if held is not None else None
            changed = row.position == NEXT
            if changed:
                row = replace(row, position=model.cursor.position + 1)
                objects = model.objects + (not seen.deleted) - (held is not None and not held.seen.deleted)
                _write(connection, replace(model, cursor=Cursor(generation, row.position), objects=objects))
            _put(connection, row, held)
            if former is None or former.seen.object_id != seen.object_id:
                made = (seen.issue_number, _bytes(seen.object_id))
                connection.execute("INSERT OR REPLACE INTO issues VALUES (?, ?)", made)
            return Kept(row, changed)

        return self._file.writing(work)

    def listed(self, generation: str, since: int, now: float) -> None:
        self._file.writing(lambda connection: _confirm(connection, generation, since, now))

    def completed(self, generation: str, since: int, now: float) -> bool:
        def work(connection: sqlite3.Connection) -> bool:
            model = _confirm(connection, generation, since, now)
            if model is not None:
                _write(connection, replace(model, complete=True, completed=max(model.completed, now)))
            return model is not None

        return self._file.writing(work)

    def changes(self, after: Cursor, limit: int) -> Sequence[Row] | None:
        def work(connection: sqlite3.Connection) -> Sequence[Row] | None:
            model = _model(connection)
            if model is None or model.cursor.generation != after.generation:
                return None
            return _rows(connection, "WHERE position > ? ORDER BY position LIMIT ?", after.position, limit)

        return self._file.writing(work)

    def note(self, object_id: str, name: str, stamp: str, text: str) -> None:
        raw = _bytes(text)
        told = (_bytes(object_id), name, stamp, len(raw), raw)

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM notes WHERE id = ? AND name = ?", told[:2])
            if len(raw) <= self._most_noted:
                connection.execute(
                    "INSERT INTO notes (id, name, stamp, size, text, sum) VALUES (?, ?, ?, ?, ?, ?)",
                    (*told, _sum(told)),
                )
                connection.execute(
                    "DELETE FROM notes WHERE place IN (SELECT place FROM (SELECT place, sum(size) OVER "
                    "(ORDER BY place DESC) AS size FROM notes) WHERE size > ?)",
                    (self._most_noted,),
                )

        self._file.writing(work)

    def noted(self, object_id: str, name: str) -> tuple[str, str] | None:
        def work(connection: sqlite3.Connection) -> tuple[str, str] | None:
            found = connection.execute(
                "SELECT id, name, stamp, size, text, sum FROM notes WHERE id = ? AND name = ?",
                (_bytes(object_id), name),
            ).fetchone()
            return (found[2], _text(_intact(found)[4])) if found is not None else None

        return self._file.writing(work)

    def close(self) -> None:
        self._file.close()


def _check(connection: sqlite3.Connection) -> None:
    """Raise Damaged if the parts disagree; otherwise go on far ahead."""
    model = _model(connection)
    position = model.cursor.position if model is not None else 0
    objects = model.objects if model is not None else 0
    last, held = connection.execute("SELECT coalesce(max(position), 0), count(text) FROM rows").fetchone()
    if last > position or held != objects:
        raise Damaged("its counts disagree")
    if model is not None:
        _write(connection, replace(model, cursor=Cursor(model.cursor.generation, position + _JUMP)))


def _model(connection: sqlite3.Connection) -> Model | None:
    found = connection.execute(
        "SELECT generation, position, objects, complete, since, listed, completed, sum FROM state"
    ).fetchall()
    if not found:
        return None
    generation, position, *others = _intact(found[0])
    objects, complete, since, listed, completed = others
    return Model(Cursor(generation, position), objects, bool(complete), since, listed, completed)


def _write(connection: sqlite3.Connection, model: Model) -> None:
    cursor = model.cursor
    told = (
        cursor.generation, cursor.position, model.objects, int(model.complete), model.since, model.listed,
        model.completed,
    )  # fmt: skip  # as the columns are
    connection.execute("DELETE FROM state")
    connection.execute("INSERT INTO state VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*told, _sum(told)))


def _confirm(connection: sqlite3.Connection, generation: str, since: int, now: float) -> Model | None:
    model = _model(connection)
    if model is None or model.cursor.generation != generation:
        return None
    model = replace(model, since=max(model.since, since), listed=max(model.listed, now))
    _write(connection, model)
    return model


def _row(connection: sqlite3.Connection, object_id: str) -> Row | None:
    return next(iter(_rows(connection, "WHERE id = ?", _bytes(object_id))), None)


def _row_of_issue(connection: sqlite3.Connection, number: int) -> Row | None:
    if number > _LARGEST:
        return None
    found = _rows(connection, "WHERE id = (SELECT id FROM issues WHERE number = ?) AND issue = ?", number, number)
    return next(iter(found), None)


def _rows(connection: sqlite3.Connection, where: str, *values: object) -> Sequence[Row]:
    rows = []
    for told in connection.execute(_SELECT + where, values):
        position, object_id, issue, updated, version, settled, confirmed, text = _intact(told)
        seen = Observation(
            _text(object_id), issue, updated, version, None if text is None else _text(text), bool(settled)
        )
        rows.append(Row(seen, position, confirmed))
    return rows


def _put(connection: sqlite3.Connection, row: Row, held: Row | None) -> None:
    """Write a row in place of the one that is held."""
    seen = row.seen
    told = (
        row.position, _bytes(seen.object_id), seen.issue_number, seen.updated_at, seen.version, int(seen.settled),
        row.confirmed, None if seen.text is None else _bytes(seen.text),
    )  # fmt: skip  # as the columns are
    if held is not None and held.position == row.position:  # the text is as it was: most of what is written is so
        facts = (*told[2:7], _sum(told), row.position)
        columns = "(issue, updated, version, settled, confirmed, sum) = (?, ?, ?, ?, ?, ?)"
        connection.execute(f"UPDATE rows SET {columns} WHERE position = ?", facts)  # noqa: S608  # columns of ours
        return
    if held is not None:
        connection.execute("DELETE FROM rows WHERE position = ?", (held.position,))
    connection.execute("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*told, _sum(told)))


def _intact(told: tuple[Any, ...]) -> tuple[Any, ...]:
    """The values of a row without their sum. Raises Damaged if that does not fit."""
    if _sum(told[:-1]) != told[-1]:
        raise Damaged("a sum does not fit")
    return told[:-1]


def _sum(told: tuple[Any, ...]) -> int:
    *facts, text = told
    return crc32(repr(facts).encode(), crc32(text) if isinstance(text, bytes) else crc32(repr(text).encode()))


def _bytes(text: str) -> bytes:
    """As an id or a text is kept: bytes are ordered as code points are."""
    return text.encode("utf-8", "surrogatepass")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass")
