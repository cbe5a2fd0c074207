"""The one way to write a file: completely, or not at all."""

import errno
import os
import re
import secrets
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from gh_store.domain.exceptions import ConfigurationError, InsufficientScope

_MOST_LINKS: Final = 40
_DESCRIPTOR: Final = re.compile(r"/(?:dev|proc/(?P<pid>\d+))/fd/(?P<number>\d+)")


def write(path: Path, pieces: Iterable[str]) -> None:
    """
    Replace a file completely or not at all. Missing folders are created.

    What is not a regular file (a device, a pipe, standard output) is written into, and stays what it is.

    Raises:
        ConfigurationError: It cannot be written; also for a folder, or a link that somebody else may have put there.
        InsufficientScope: The permissions do not suffice.
        BrokenPipeError: What reads a pipe has left.
    """
    try:
        target = _resolved(path)
        if (number := _descriptor(target)) is not None:
            _write_into(os.dup(number), pieces)
        elif not target.exists() or target.is_file():
            _replace(target, pieces)
        elif target.is_dir():
            raise ConfigurationError(f"{path}: this is a folder.", file=path, hint="Name a file.")
        else:
            _write_into(os.open(target, os.O_WRONLY | getattr(os, "O_NOCTTY", 0)), pieces)
    except BrokenPipeError:
        raise
    except PermissionError as error:
        raise InsufficientScope(
            f"{path}: the file cannot be written: {error.strerror}.", hint="Check the permissions of file and folder."
        ) from error
    except OSError as error:
        raise ConfigurationError(
            f"{path}: the file cannot be written: {error.strerror}.", file=path, hint="Name another file, or make room."
        ) from error


def is_kept(path: Path) -> bool:
    """True for a regular file: what is written there can be read again, and is replaced by the next write."""
    try:
        target = _resolved(path)
        return _descriptor(target) is None and target.is_file()
    except OSError:
        return False


def _replace(path: Path, pieces: Iterable[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # A random name: threads, processes and containers may write the same file at once.
    temporary = path.with_name(f".gh-store-{secrets.token_hex(8)}.tmp")
    kept = stat.S_IMODE(path.stat().st_mode) if path.exists() else None
    created = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if kept is None else 0o600)
    try:
        with open(created, "w", encoding="utf-8", newline="\n") as file:  # noqa: PTH123  # a descriptor
            file.writelines(pieces)
            file.flush()
            os.fsync(created)
        if kept is not None:
            temporary.chmod(kept)
        temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


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


def _resolved(path: Path, links: int = 0) -> Path:
    """The file that a path leads to. Raises ConfigurationError for a link that somebody else may have put there."""
    path = path.absolute()
    if path == path.parent:
        return path
    folder = _resolved(path.parent, links)
    if path.name == "..":
        return folder.parent
    here = folder / path.name
    if _descriptor(here) is not None or not here.is_symlink():
        return here
    if links >= _MOST_LINKS:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    if os.name == "posix" and not _is_trusted(here):
        raise ConfigurationError(
            f"{here}: this link is not followed, because others may write to its folder.",
            file=here,
            hint="Name the file itself.",
        )
    return _resolved(folder / here.readlink(), links + 1)


def _is_trusted(link: Path) -> bool:
    shared = link.parent.stat().st_mode
    if shared & stat.S_IWOTH and not shared & stat.S_ISVTX:
        return False  # anybody may exchange it
    return not shared & (stat.S_IWGRP | stat.S_IWOTH) or link.lstat().st_uid == os.geteuid()


def _descriptor(path: Path) -> int | None:
    """The number of a descriptor of this process: to open it anew would forget its position."""
    found = _DESCRIPTOR.fullmatch(str(path))
    return int(found["number"]) if found and found["pid"] in (None, str(os.getpid())) else None
