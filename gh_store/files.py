"""Files of people: written completely or not at all, and read within a bound."""

import errno
import os
import re
import secrets
import shlex
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

from gh_store.domain.exceptions import ConfigurationError, InsufficientScope, InvalidInput

MOST: Final = 1_000_000_000
"""Bytes of the largest file of many objects that is read: an export, or a snapshot."""

MOST_OF_ONE: Final = 32_000_000
"""Bytes of the largest file of one value, or of one event of a workflow."""

_PIECE: Final = 1_000_000
_SEPARATORS: Final = tuple(filter(None, (os.sep, os.altsep)))
_MOST_LINKS: Final = 40
_DESCRIPTOR: Final = re.compile(r"/(?:dev|proc/(?P<pid>\d+)(?:/task/\d+)?)/fd/(?P<number>\d{1,9})")
_DATABASE: Final = b"SQLite format 3\0"
"""What a store in a file begins with."""


class Unreadable(Exception):
    """A file that is not read; the text says why, and `hint` what to do. `denied`: a right is missing."""

    def __init__(self, why: str, hint: str, *, denied: bool = False) -> None:
        super().__init__(why)
        self.hint = hint
        self.denied = denied

    def told(self, message: str, kind: type[InvalidInput], **facts: Any) -> InvalidInput | InsufficientScope:
        """The error for the caller: of this kind, or of a missing right."""
        if self.denied:
            return InsufficientScope(message, hint=self.hint)
        return kind(message, hint=self.hint, **facts)


def read(path: Path, most: int) -> str:
    """The UTF-8 text of a file of at most `most` bytes, without a byte order mark. Raises Unreadable."""
    if (fault := _fault_of_name(path)) is not None:
        raise Unreadable(fault, "Name a file.")
    try:
        with path.open("rb") as file:
            return read_stream(file, most, str(path))
    except OSError as error:
        raise unopened(error) from error


def unopened(error: OSError) -> Unreadable:
    """Why a file cannot be opened, or read on."""
    why = error.strerror or str(error)
    if isinstance(error, PermissionError):
        return Unreadable(why, "Get permission to read it.", denied=True)
    return Unreadable(why, "Check the name." if isinstance(error, FileNotFoundError) else "Name another file.")


def read_stream(file: BinaryIO, most: int, name: str = "FILE") -> str:
    """The same of an open file, which hints call by this name. Raises Unreadable, and OSError."""
    begin = file.read(len(_DATABASE))
    if begin == _DATABASE:
        store = shlex.quote(name)
        raise Unreadable(
            "it is a database, not text",
            f"Of a store, `gh-store snapshot --store {store}` writes a snapshot, and `gh-store export --store {store}` "
            "prints an export.",
        )
    # A large file is refused unread; of what has no size (a pipe, a device), no more is read than is allowed.
    pieces, left = [begin], most - len(begin)
    if _size(file) <= most:
        while left >= 0 and (piece := file.read(min(left + 1, _PIECE))):
            pieces.append(piece)
            left -= len(piece)
    else:
        left = -1
    if left < 0:
        raise Unreadable(f"it is larger than {most:,} bytes", "Give less, in several files if need be.")
    try:
        return b"".join(pieces).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"it is not UTF-8 text (byte {error.start:,})", "Give UTF-8 text.") from error


def _size(file: BinaryIO) -> int:
    try:
        return os.fstat(file.fileno()).st_size
    except OSError:  # what is no file of the system
        return 0


def write(path: str | Path, pieces: Iterable[str], *, durable: bool = True) -> None:
    """
    Replace a file completely or not at all. Missing folders are created.

    What is not a regular file (a device, a pipe, standard output) is written into, and stays what it is.

    Args:
        durable: Wait until the file outlasts a loss of power. Otherwise it may hold nothing after one.
    Raises:
        ConfigurationError: It cannot be written; also for a folder, a database, or a link that somebody else may have
            put there.
        InsufficientScope: The permissions do not suffice.
        BrokenPipeError: What reads a pipe has left.
    """
    if (fault := _fault_of_name(path)) is not None:
        raise ConfigurationError(f"{path}: {fault}.", file=Path(path), hint="Name a file.")
    path = Path(path)
    try:
        target = resolved(path)
        if (number := _descriptor(target)) is not None:
            _write_into(os.dup(number), pieces)
        elif not target.exists() or target.is_file():
            _replace(target, pieces, durable=durable)
        elif target.is_dir():
            raise ConfigurationError(f"{path}: this is a folder.", file=path, hint="Name a file.")
        else:
            _write_into(os.open(target, os.O_WRONLY | getattr(os, "O_NOCTTY", 0)), pieces)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritten(path, error) from error


def unwritten(path: Path, error: OSError, what: str = "file") -> ConfigurationError | InsufficientScope:
    """The error for a file or folder that the system does not let us write."""
    message = f"{path}: the {what} cannot be written: {error.strerror or error}."
    if isinstance(error, PermissionError):
        return InsufficientScope(message, hint=f"Get permission to write there, or name another {what}.")
    return ConfigurationError(message, file=path, hint=f"Name another {what}, or make room.")


def is_kept(path: Path) -> bool:
    """True for a regular file: what is written there can be read again, and is replaced by the next write."""
    try:
        target = resolved(path)
        return _descriptor(target) is None and target.is_file()
    except (OSError, ValueError):  # ValueError: no system takes such a name
        return False


def _fault_of_name(path: str | Path) -> str | None:
    """Why no file has this name, or None."""
    name = os.fspath(path)
    try:
        if b"\0" in os.fsencode(name):
            return "no file has this name"
    except UnicodeEncodeError:
        return "no file has this name"
    return "this is a folder" if name.endswith(_SEPARATORS) else None


def _replace(path: Path, pieces: Iterable[str], *, durable: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if _is_database(path):
        raise ConfigurationError(
            f"{path}: this is a database; it was not changed.", file=path, hint="Name another file, or delete this one."
        )
    # A random name: threads, processes and containers may write the same file at once.
    temporary = path.with_name(f".gh-store-{secrets.token_hex(8)}.tmp")
    kept = stat.S_IMODE(path.stat().st_mode) if path.exists() else None
    created = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if kept is None else 0o600)
    try:
        with open(created, "w", encoding="utf-8", newline="\n") as file:  # noqa: PTH123  # a descriptor
            file.writelines(pieces)
            file.flush()
            if durable:
                os.fsync(created)
        if kept is not None:
            temporary.chmod(kept)
        temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    if durable:
        _sync_folder(path.parent)


def _is_database(path: Path) -> bool:
    """True for a store, which is never replaced by text. What may not be read counts as none."""
    try:
        with path.open("rb") as file:
            return file.read(len(_DATABASE)) == _DATABASE
    except (FileNotFoundError, PermissionError):
        return False


def _write_into(descriptor: int, pieces: Iterable[str]) -> None:
    with open(descriptor, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(pieces)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":  # on other systems folders cannot be opened
        with suppress(PermissionError):  # one that may be written and not read
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


# --- links ----------------------------------------------------------------------------------------


def resolved(path: Path, links: int = 0) -> Path:
    """
    The file that a path leads to.

    Raises:
        ConfigurationError: A link on the way may have been put there by somebody else.
        OSError: The links lead in a circle, or a folder cannot be looked into.
    """
    path = path.absolute()
    if path == path.parent:
        return path
    folder = resolved(path.parent, links)
    if path.name == "..":
        return folder.parent
    here = folder / path.name
    if _descriptor(here) is not None or not here.is_symlink() or _leads_to_none(here):
        return here
    if links >= _MOST_LINKS:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    if os.name == "posix" and not _is_trusted(here):
        raise ConfigurationError(
            f"{here}: this link is not followed, because others may write to its folder.",
            file=here,
            hint="Name the file itself.",
        )
    return resolved(folder / here.readlink(), links + 1)


def _leads_to_none(link: Path) -> bool:
    """True for the descriptor of another process that is a pipe, a terminal or a device: its link names no file."""
    return _DESCRIPTOR.fullmatch(str(link)) is not None and link.exists() and not link.is_file()


def _is_trusted(link: Path) -> bool:
    shared = link.parent.stat().st_mode
    if shared & stat.S_IWOTH and not shared & stat.S_ISVTX:
        return False  # anybody may exchange it
    return not shared & (stat.S_IWGRP | stat.S_IWOTH) or link.lstat().st_uid == os.geteuid()


def _descriptor(path: Path) -> int | None:
    """The number of a descriptor of this process: to open it anew would forget its position."""
    found = _DESCRIPTOR.fullmatch(str(path))
    return int(found["number"]) if found and found["pid"] in (None, str(os.getpid())) else None
