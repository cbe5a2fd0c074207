"""Snapshots: all objects as one JSON document, which can be updated with what changed since."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from gh_store import files, wire
from gh_store.collection.listing import Progress, expect, list_issues, objects
from gh_store.domain.exceptions import ConfigurationError
from gh_store.domain.values import StoredObject
from gh_store.issues.object_issue import Status
from gh_store.reading.reader import Reader

_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EMBEDDED: Final = "local"
"""What every embedded store was called before each had a name of its own, `local/<id>`."""


class Entry(NamedTuple):
    """An object in a snapshot: the number of its issue, and its line in the document."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """
    The exported state of a store.

    Attributes:
        time: By the clock of the backend. None in a document of the published package: its time is that
            of a client, so the document cannot be updated.
        repository: `owner/name`, or `local/<id>` for an embedded store.
        objects: Object id -> its entry.
    """

    time: datetime | None
    repository: str
    objects: dict[str, Entry]

    def pieces(self) -> Iterator[str]:
        """The document in pieces. Keys are sorted and each object has its own line, so that diffs show what changed."""
        between = ""
        yield '{\n"objects": {'
        for object_id in sorted(self.objects):
            yield f"{between}\n{_line(object_id)}: {self.objects[object_id].text}"
            between = ","
        end = "\n" if self.objects else ""
        time = _line(self.time.isoformat() if self.time else None)
        yield f'{end}}},\n"repository": {_line(self.repository)},\n"snapshot_time": {time}\n}}\n'

    def text(self) -> str:
        """The document."""
        return "".join(self.pieces())


def _line(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _entry(obj: StoredObject) -> Entry:
    meta = obj.meta
    described = {
        "issue_number": meta.issue_number,
        "object_id": meta.object_id,
        "created_at": meta.created_at.isoformat(),
        "updated_at": meta.updated_at.isoformat(),
        "version": meta.version,
    }
    return Entry(meta.issue_number, _line({"data": obj.data, "meta": described}))


def take(reader: Reader, progress: Progress = lambda: None, *, complete: bool = False) -> Snapshot:
    """A snapshot of all objects."""
    listing = list_issues(reader.repo, [reader.repo.config.base_label], complete=complete)
    expect(progress, listing.most)
    entries = _with({}, objects(reader, listing.heads, progress=progress))
    return Snapshot(listing.time, reader.repo.backend.repository, entries)


def bring_forward(reader: Reader, old: Snapshot, progress: Progress = lambda: None) -> Snapshot:
    """
    The snapshot as of now, from an old one and what changed since, including deletions.

    Raises:
        ConfigurationError: The old snapshot is of another repository.
    """
    here = reader.repo.backend.repository
    if old.repository == _EMBEDDED and here.startswith(f"{_EMBEDDED}/"):
        return take(reader, progress)  # which store it is of, it does not tell: nothing of it is kept
    if old.repository != here:
        raise ConfigurationError(
            f"The snapshot is of {wire.shortened(old.repository)}, and this store is {here!r}.",
            hint="Give a snapshot of this store, or another file name.",
        )
    if old.time is None:
        return take(reader, progress)
    # Times are whole seconds, and `since` includes the time itself.
    changed = list(reader.repo.issues.listed(changed_since=old.time - timedelta(seconds=1)))
    if old.time > reader.repo.backend.now():
        return take(reader, progress)  # what changed before that time would be missed
    numbers = {head.issue.number for head in changed}
    kept = {object_id: entry for object_id, entry in old.objects.items() if entry.number not in numbers}
    active = [head for head in sorted(changed, key=lambda head: head.number) if head.status is Status.ACTIVE]
    expect(progress, partial(len, active))
    unreadable = set[int]()
    found = objects(reader, iter(active), progress=progress, unreadable=lambda head: unreadable.add(head.number))
    entries = _with(kept, found)
    # What cannot be told any more stays as it was published last.
    entries |= {object_id: entry for object_id, entry in old.objects.items() if entry.number in unreadable}
    return Snapshot(max((head.issue.updated_at for head in changed), default=old.time), old.repository, entries)


def _with(entries: dict[str, Entry], found: Iterable[StoredObject]) -> dict[str, Entry]:
    """Add objects to the entries. Of several issues with the same id, the lowest number counts."""
    for obj in found:
        known = entries.get(obj.meta.object_id)
        if known is None or known.number > obj.meta.issue_number:
            entries[obj.meta.object_id] = _entry(obj)
    return entries


def load(path: Path) -> Snapshot | None:
    """
    The snapshot in a file, or None if the file does not exist.

    Raises:
        ConfigurationError: The file cannot be read, or is not a snapshot.
    """
    try:
        if not path.exists():
            return None
    except (OSError, ValueError):  # that no file can have this name is told below
        pass
    else:
        if not files.is_kept(path):
            raise _no_snapshot(path, "not a regular file")
    try:
        document: Any = wire.parse(files.read(path, files.MOST), wire.MAX_DEPTH + 3)  # objects, entry, data
    except files.Unreadable as error:
        raise ConfigurationError(f"{path}: the snapshot cannot be read: {error}.", file=path) from error
    except ValueError as error:
        raise _no_snapshot(path, str(error)) from error
    if not isinstance(document, dict):
        raise _no_snapshot(path, "not a JSON object")
    time, repository, objects = (document.get(key) for key in ("snapshot_time", "repository", "objects"))
    if not isinstance(repository, str):
        raise _no_snapshot(path, "repository is not a name")
    if not isinstance(objects, dict):
        raise _no_snapshot(path, "objects is not an object")
    entries = {object_id: _read_entry(path, object_id, entry) for object_id, entry in objects.items()}
    return Snapshot(_read_time(path, time), repository, entries)


def _read_time(path: Path, text: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)  # type: ignore[arg-type]  # a TypeError is an answer
        if time.microsecond or time.tzinfo is None:
            return None
        time = time.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise _no_snapshot(path, f"snapshot_time {wire.shortened(text)} is not a time") from error
    if time < _EARLIEST:
        raise _no_snapshot(path, f"snapshot_time {wire.shortened(text)} lies before {_EARLIEST.year}")
    return time


def _read_entry(path: Path, object_id: str, entry: Any) -> Entry:
    try:
        number = entry["meta"]["issue_number"]
        if type(number) is int and number > 0:
            text = _line(entry)
            f"{object_id}{text}".encode()  # a lone surrogate could be read, and not be written again
            return Entry(number, text)
    except (LookupError, TypeError, ValueError) as error:
        raise _no_snapshot(path, f"object {wire.shortened(object_id)} is malformed") from error
    raise _no_snapshot(path, f"object {wire.shortened(object_id)}: issue_number is not a number of an issue")


def _no_snapshot(path: Path, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"{path}: this file is not a snapshot: {reason.rstrip('.')}.",
        file=path,
        hint="Give another file name, or delete this file and take a new snapshot.",
    )
