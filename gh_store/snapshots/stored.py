"""
Reads snapshots from files: documents and folders.

A document that was written here is read line by line, so that memory holds one object at a time; its header stands at
the end. Any other layout of the same JSON is read at once.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from gh_store import files, wire
from gh_store.domain.exceptions import ConfigurationError, InsufficientScope, InvalidInput
from gh_store.snapshots.entry import DEPTH, Entry, Malformed, line
from gh_store.snapshots.names import file_name
from gh_store.snapshots.snapshot import Header, Snapshot

MANIFEST: Final = "manifest.json"
"""The file of a folder that names all others. It is written last."""

_BEGIN: Final = b'{\n"objects": {'
_END: Final = b"},\n"
_LONGEST_HEADER: Final = 1_000_000

Members = Callable[[], Iterator[tuple[str, Any]]]
"""Reads the members of `objects` anew each time it is called, by key."""


def read(path: str | Path) -> Snapshot:
    """
    The snapshot in a file or a folder.

    Raises:
        ConfigurationError: There is none, it cannot be read, or it is not a snapshot. To iterate it raises that, too:
            an entry is looked at when it is reached.
        InsufficientScope: It may not be read.
    """
    path = Path(path)
    try:
        folder = path.is_dir()
        there = folder or path.exists()
    except (OSError, ValueError):  # that no file can have this name is told below
        folder, there = False, True
    if not there:
        raise ConfigurationError(
            f"{path}: there is no such snapshot.", file=path, hint="`gh-store snapshot --output FILE` makes one."
        )
    try:
        if folder and not (path / MANIFEST).exists():
            raise Malformed(f"it has no {MANIFEST}")
        header, members = opened(path / MANIFEST if folder else path)
    except ValueError as error:
        raise no_snapshot(path, str(error)) from error
    return Snapshot(header, _Stored(path, members, partial(_in_folder, path) if folder else Entry.read))


def no_snapshot(path: Path, reason: str) -> ConfigurationError:
    """The error for a file or folder that is not a snapshot."""
    what = "folder" if os.path.isdir(path) else "file"  # noqa: PTH112  # no name makes it raise
    return ConfigurationError(
        f"{path}: this {what} is not a snapshot: {reason.rstrip('.')}.",
        file=path,
        hint="Name one that `gh-store snapshot` wrote, or take a new one under another name.",
    )


@dataclass(frozen=True, slots=True)
class _Stored:
    """The entries of a file, read anew each time."""

    path: Path
    members: Members
    entry: Callable[[str, Any], Entry]

    def __iter__(self) -> Iterator[Entry]:
        last: str | None = None
        try:
            for object_id, value in self.members():
                if last is not None and object_id <= last:
                    raise Malformed(f"object {wire.shortened(object_id)} is there twice, or not in its place")
                last = object_id
                yield self.entry(object_id, value)
        except ValueError as error:
            raise no_snapshot(self.path, str(error)) from error
        except OSError as error:
            raise _unreadable(self.path, files.unopened(error)) from error


# --- documents ------------------------------------------------------------------------------------


def opened(file: Path) -> tuple[Header, Members]:
    """
    The header of a document, and what it holds.

    Raises:
        ConfigurationError: The file cannot be read.
        Malformed, or another ValueError: It does not hold such a document.
    """
    if not files.is_kept(file):
        raise Malformed("not a regular file")
    header = _header_behind(file)
    if header is not None:
        return header, partial(_lines, file)
    try:
        text = files.read(file, files.MOST)
    except files.Unreadable as error:
        raise _unreadable(file, error) from error
    if text.startswith('{"data":'):  # no document has this key
        raise Malformed("it has an object a line, and no header; take a document or a folder")
    document: Any = wire.parse(text, DEPTH + 2)
    if not isinstance(document, dict):
        raise Malformed("not a JSON object")
    objects = document.get("objects")
    if not isinstance(objects, dict):
        raise Malformed("objects is not an object")
    return Header.read(document), lambda: iter(sorted(objects.items(), key=lambda member: member[0]))


def _header_behind(file: Path) -> Header | None:
    """The header at the end of a document; None if it was not written here, or is cut off."""
    try:
        with file.open("rb") as raw:
            if raw.read(len(_BEGIN)) != _BEGIN:
                return None
            size = raw.seek(0, 2)
            raw.seek(max(len(_BEGIN) - 1, size - _LONGEST_HEADER))
            tail = raw.read(_LONGEST_HEADER)
    except OSError as error:
        raise _unreadable(file, files.unopened(error)) from error
    at = tail.rfind(b"\n" + _END)
    at = at + 1 if at >= 0 else tail.find(b"{" + _END) + 1 if tail.startswith(b"{" + _END) else -1
    if at < 0:
        return None
    try:
        document = wire.parse("{" + tail[at + len(_END) :].decode(), DEPTH)
        return Header.read(document) if isinstance(document, dict) else None
    except ValueError:
        return None


def _lines(file: Path) -> Iterator[tuple[str, Any]]:
    """The members of a document that was written here."""
    with file.open("rb") as raw:
        raw.seek(len(_BEGIN))
        last = raw.readline()
        while last != _END:
            last = raw.readline(files.MOST)
            if not last.endswith(b"\n"):
                raise Malformed("it is cut off")
            if last != _END:
                member = wire.parse("{" + last.decode().rstrip("\n").removesuffix(",") + "}", DEPTH + 1)
                yield from member.items()


def _unreadable(path: Path, error: files.Unreadable) -> InvalidInput | InsufficientScope:
    return error.told(f"{path}: the snapshot cannot be read: {error}.", ConfigurationError, file=path)


# --- folders --------------------------------------------------------------------------------------


def object_file(object_id: str) -> str:
    """The file of an object in a folder."""
    return f"objects/{file_name(object_id)}.json"


def history_file(object_id: str) -> str:
    """The file of its history."""
    return f"history/{file_name(object_id)}.json"


def digest(raw: bytes) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(raw).hexdigest()


def _in_folder(folder: Path, object_id: str, listed: Any) -> Entry:
    """An entry, from the files that stand for it."""
    if not isinstance(listed, dict):
        raise Malformed(f"object {wire.shortened(object_id)} is malformed")
    value = _checked(folder, object_file(object_id), listed.get("sha256"))
    if "history" in listed and isinstance(value, dict):
        value["history"] = _checked(folder, history_file(object_id), listed.get("history_sha256"))
    return Entry.read(object_id, value)


def _checked(folder: Path, name: str, sha256: object) -> Any:
    """The JSON in a file of a folder, if it is what the manifest tells."""
    try:
        raw = (folder / name).read_bytes()
    except FileNotFoundError as error:
        raise Malformed(f"{name} is missing") from error
    if digest(raw) != sha256:
        raise Malformed(f"{name} is not what {MANIFEST} says: the folder was changed by hand, or written in part")
    return wire.parse(raw.decode(), DEPTH)


def of_folder(entry: Entry) -> tuple[str, str | None]:
    """What the files of an object hold: of itself, and of its history, an event a line."""
    value = entry.value
    history = value.pop("history", None)
    events = ",".join(f"\n{line(event)}" for event in history or ())
    return f"{line(value)}\n", None if history is None else f"[{events}\n]\n"
