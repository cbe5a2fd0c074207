"""Writes snapshots to files, and only what changed."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from gh_store import files
from gh_store.domain.exceptions import ConfigurationError, GitHubStoreError
from gh_store.snapshots.entry import Entry, line
from gh_store.snapshots.snapshot import Header, Snapshot, document
from gh_store.snapshots.stored import MANIFEST, digest, history_file, object_file, of_folder, opened, read


class Format(StrEnum):
    """How a snapshot is written."""

    DOCUMENT = "document"  # one JSON document
    LINES = "lines"  # an object a line, without a header
    FOLDER = "folder"  # a file for each object, and one for its history


class _Same(Exception):
    """What would be written says the same as what is there."""


def write(path: str | Path, snapshot: Snapshot, form: Format = Format.DOCUMENT, *, now: datetime | None = None) -> bool:
    """
    Write a snapshot to a file or a folder; True if anything changed.

    What holds the same objects already stays as it is, to the byte: a newer time alone is no change.

    Args:
        now: By the clock of the store. What has a time to come is wrong, and does not stay.
    Raises:
        ConfigurationError, InsufficientScope: See files.write.
    """
    if form is Format.FOLDER:
        return _write_folder(Path(path), snapshot, now)
    if form is Format.LINES:
        return _write_lines(path, snapshot)
    entries = ((entry.object_id, entry.text) for entry in snapshot)
    return _write_document(path, entries, snapshot.header, _Before.document(Path(path), now))


def count(path: Path) -> int:
    """The number of objects in what was written, in whichever format."""
    with (path / MANIFEST if path.is_dir() else path).open("rb") as raw:
        if raw.readline() != b"{\n":
            raw.seek(0)
            return sum(1 for _ in raw)
    return sum(1 for _ in read(path))


class _Before:
    """What a document held before it is written, if it was one."""

    def __init__(
        self, header: Header | None = None, lines: Iterable[tuple[str, str]] = (), now: datetime | None = None
    ) -> None:
        self.header = header
        self._lines = iter(lines)
        self.same = header is not None and header.time is not None and (now is None or header.time <= now)

    @classmethod
    def document(cls, path: Path, now: datetime | None) -> "_Before":
        """Of a document."""
        if not files.is_kept(path):
            return cls()
        try:
            snapshot = read(path)
        except GitHubStoreError:  # whatever it is, it is being replaced
            return cls()
        return cls(snapshot.header, ((entry.object_id, entry.text) for entry in snapshot), now)

    @classmethod
    def manifest(cls, path: Path, now: datetime | None) -> "_Before":
        """Of the manifest of a folder."""
        try:
            header, members = opened(path)
            return cls(header, ((object_id, line(listed)) for object_id, listed in members()), now)
        except (GitHubStoreError, ValueError):
            return cls()

    def says(self, each: tuple[str, str] | None) -> bool:
        """True if this comes next; None for the end. What is malformed is not what anybody would write."""
        try:
            return next(self._lines, None) == each
        except (GitHubStoreError, ValueError):
            return False

    def close(self) -> None:
        """Let go of the file: not every system replaces one that is open."""
        self._lines = iter(())


def _write_document(path: str | Path, lines: Iterable[tuple[str, str]], header: Header, before: _Before) -> bool:
    def compared() -> Iterator[tuple[str, str]]:
        for each in lines:
            before.same = before.same and before.says(each)
            yield each
        old = before.header
        same = before.same and old is not None and before.says(None) and replace(old, time=header.time) == header
        before.close()
        if same:
            raise _Same

    try:
        files.write(path, document(compared(), header))
    except _Same:
        return False
    return True


def _write_lines(path: str | Path, snapshot: Snapshot) -> bool:
    def compared() -> Iterator[str]:
        old = _lines_before(Path(path))
        same = files.is_kept(Path(path))
        for each in snapshot.lines():
            same = same and next(old, None) == each.encode()
            yield each
        if same and next(old, None) is None:
            raise _Same

    try:
        files.write(path, compared())
    except _Same:
        return False
    return True


def _lines_before(path: Path) -> Iterator[bytes]:
    if not files.is_kept(path):
        return
    with path.open("rb") as raw:
        yield from raw


# --- folders --------------------------------------------------------------------------------------


def _write_folder(folder: Path, snapshot: Snapshot, now: datetime | None) -> bool:
    """The manifest comes last: a folder that was written in part does not pass for whole. Foreign files stay."""
    if folder.exists() and not folder.is_dir():
        raise ConfigurationError(f"{folder}: this is not a folder.", file=folder, hint="Name a folder.")
    manifest = folder / MANIFEST
    before, gone, changed = _listed(manifest), set[str](), False

    def put() -> Iterator[tuple[str, str]]:
        nonlocal changed
        old = next(before, None)
        for entry in snapshot:
            while old is not None and old[0] < entry.object_id:  # both are sorted
                gone.update(old[1])
                old = next(before, None)
            texts = _texts(entry)
            if old is not None and old[0] == entry.object_id:
                gone.update(name for name in old[1] if name not in texts)
                old = next(before, None)
            changed = sum(_put(folder / name, text) for name, text in texts.items()) > 0 or changed
            yield entry.object_id, line(_manifest_entry(texts))
        while old is not None:
            gone.update(old[1])
            old = next(before, None)

    changed = _write_document(manifest, put(), snapshot.header, _Before.manifest(manifest, now)) or changed
    gone.difference_update(name for _, names in _listed(manifest) for name in names)  # if it was not sorted
    for name in gone:
        _remove(folder, name)
    return changed or bool(gone)


def _listed(manifest: Path) -> Iterator[tuple[str, list[str]]]:
    """The objects in the manifest of a folder, and the names that their files have, whatever it says."""
    try:
        for object_id, listed in opened(manifest)[1]():
            with_history = isinstance(listed, dict) and "history" in listed
            yield object_id, [object_file(object_id), *([history_file(object_id)] if with_history else [])]
    except (GitHubStoreError, OSError, ValueError):  # what is there is being replaced
        return


def _texts(entry: Entry) -> dict[str, str]:
    """The files of an object, and what they hold."""
    own, history = of_folder(entry)
    return {object_file(entry.object_id): own} | (
        {history_file(entry.object_id): history} if history is not None else {}
    )


def _manifest_entry(texts: dict[str, str]) -> dict[str, str]:
    own, *history = ((name, digest(text.encode())) for name, text in texts.items())
    listed = {"file": own[0], "sha256": own[1]}
    for name, sum_ in history:
        listed |= {"history": name, "history_sha256": sum_}
    return listed


def _put(path: Path, text: str) -> bool:
    """Write a file unless it holds that; True if it did not."""
    try:
        if path.read_bytes() == text.encode():
            return False
    except OSError:
        pass
    files.write(path, [text], durable=False)  # the manifest tells if one of them is lost
    return True


def _remove(folder: Path, name: str) -> None:
    """Remove a file, and the folders that this leaves empty."""
    path = folder / name
    try:
        path.unlink(missing_ok=True)
        while path.parent != folder:
            path = path.parent
            path.rmdir()
    except OSError:  # not empty, or not ours to remove
        pass
