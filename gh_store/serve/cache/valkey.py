"""A read model in Valkey, which several instances share."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from gh_store.serve.cache import CacheDown, Kept
from gh_store.serve.cache import scripts as lua
from gh_store.serve.cache.asking import Asking
from gh_store.serve.cache.rule import NEXT, row_after
from gh_store.serve.model import Cursor, Model, Observation, Row

_NOTE_TTL: Final = 86_400
_NOTE: Final = 4_000_000
"""Bytes of the largest note."""

_TRIES: Final = 20
"""How often others may be quicker to change the same row."""


class ValkeyCache:
    """
    The port's comments are the promises. Nothing is asked before the first call.

    Args:
        asking: The server.
        store: A name that no other store has, such as `api.github.com/owner/name`. All keys have it as their hash tag.
    """

    waits = True

    def __init__(self, asking: Asking, store: str) -> None:
        self._asking = asking
        self._prefix = f"gh-store:1:{{{quote(store, safe='/')}}}:".encode()
        self._keys = [self._prefix + name for name in (b"state", b"rows", b"ids", b"changes", b"made")]

    def model(self) -> Model | None:
        told = self._run(lua.MODEL)
        return _model(told) if told is not None else None

    def begin(self, generation: str) -> Model:
        return _model(self._run(lua.BEGIN, generation))

    def row(self, object_id: str) -> Row | None:
        held = self._run(lua.ROW, object_id)
        return _row(object_id, held) if held is not None else None

    def row_of_issue(self, number: int) -> Row | None:
        return next(iter(_rows(self._run(lua.ROW_OF_ISSUE, number))), None)

    def rows(self, prefix: str, after: str, limit: int) -> Sequence[Row]:
        low, begins = _bytes(after), _bytes(prefix)
        least = b"(" + low if low >= begins else b"[" + begins
        return _rows(self._run(lua.ROWS, least, b"(" + begins + b"\xff", limit))

    def keep(self, generation: str, seen: Observation, now: float, *, over: int | None = None) -> Kept | None:
        for _ in range(_TRIES):
            begun, raw, former_id, raw_former = self._run(lua.HELD, seen.object_id, seen.issue_number)
            if begun is None or begun.decode() != generation:
                return None
            held = _row(seen.object_id, raw) if raw is not None else None
            former = _row(_text(former_id), raw_former) if raw_former is not None else None
            row = row_after(held, former, seen, now, over)
            if row is None:
                return Kept(held, changed=False) if held is not None else None
            position = self._run(
                lua.KEEP, generation, seen.object_id, seen.issue_number, int(not seen.deleted), _facts(raw),
                _facts(raw_former), row.position, _packed(row),
            )  # fmt: skip  # as the script names them
            if position == b"over":
                return None
            if position != b"changed":
                return Kept(Row(seen, int(position), row.confirmed), changed=row.position == NEXT)
        raise CacheDown("others change the same row all the time")

    def listed(self, generation: str, since: int, now: float) -> None:
        self._run(lua.CONFIRM, generation, since, now, 0)

    def completed(self, generation: str, since: int, now: float) -> bool:
        return bool(self._run(lua.CONFIRM, generation, since, now, 1))

    def changes(self, after: Cursor, limit: int) -> Sequence[Row] | None:
        told = self._run(lua.CHANGES, after.generation, after.position, limit)
        return _rows(told) if told is not None else None

    def note(self, object_id: str, name: str, stamp: str, text: str) -> None:
        key, (mark, raw) = self._note(object_id, name), (_bytes(stamp), _bytes(text))
        if len(raw) > _NOTE:
            self._asking.ask("UNLINK", key)
        else:
            self._asking.ask("SET", key, b"%d\n%b%b" % (len(mark), mark, raw), "EX", _NOTE_TTL)

    def noted(self, object_id: str, name: str) -> tuple[str, str] | None:
        told = self._asking.ask("GET", self._note(object_id, name))
        if told is None:
            return None
        length, _, raw = told.partition(b"\n")
        return _text(raw[: int(length)]), _text(raw[int(length) :])

    def close(self) -> None:
        self._asking.close()

    def _note(self, object_id: str, name: str) -> bytes:
        return self._prefix + b"note:" + quote(name, safe="").encode() + b":" + _bytes(object_id)

    def _run(self, script: lua.Script, *args: str | bytes | float) -> Any:
        raw = (each if isinstance(each, bytes) else _bytes(str(each)) for each in args)
        return self._asking.run(script, self._keys, *raw)


def _model(told: Sequence[bytes]) -> Model:
    generation, position, objects, complete, since, listed, completed = told
    cursor = Cursor(generation.decode(), int(position))
    return Model(cursor, int(objects), complete == b"1", int(since), float(listed), float(completed))


def _rows(told: Sequence[bytes]) -> list[Row]:
    return [_row(_text(object_id), raw) for object_id, raw in zip(told[::2], told[1::2], strict=True)]


def _row(object_id: str, raw: bytes) -> Row:
    facts, _, text = raw.partition(b"\n")
    position, confirmed, issue, updated, version, settled, deleted = facts.split(b" ")
    seen = Observation(
        object_id, int(issue), int(updated), int(version), None if deleted == b"1" else _text(text), settled == b"1"
    )
    return Row(seen, int(position), float(confirmed))


def _packed(row: Row) -> bytes:
    """A row as it is kept, without its position, which the script writes before it."""
    seen = row.seen
    facts = (
        f" {row.confirmed!r} {seen.issue_number} {seen.updated_at} {seen.version} {seen.settled:d} {seen.deleted:d}\n"
    )
    return facts.encode() + _bytes(seen.text or "")


def _facts(raw: bytes | None) -> bytes:
    return raw.partition(b"\n")[0] if raw is not None else b""


def _bytes(text: str) -> bytes:
    """As an id or a text is kept: bytes are ordered as code points are."""
    return text.encode("utf-8", "surrogatepass")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass")
