"""Answers that were read before, with their ETags: what has not changed does not count against the rate limit."""

import hashlib
import json
import os
import re
import secrets
import stat
import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gh_store.logger import logger

_MEMORY: Final = 32_000_000
"""Bytes kept in memory: the issues of more than 10,000 small objects, packed."""

_BESIDE: Final = 300
"""Bytes that an entry takes beside what it holds."""

_DISK: Final = 100_000_000
"""Bytes kept in a folder."""

_MARK: Final = ".gh-store-cache"
_OURS: Final = re.compile(r"gh-store-[0-9a-f]{64}\.(json|[0-9a-f]{16}\.tmp)")


@dataclass(frozen=True, slots=True)
class Known:
    """An answer that was read before: its ETag and its text."""

    etag: str
    text: str


class Cache:
    """
    Answers by address, in memory, and in a folder if one is given.

    An answer is used only when the server says that it is still valid. The folder may be deleted
    at any moment; a broken file in it counts as missing. A folder that was there already is used only if it was
    empty or has our mark, and none that others may write to: they could put answers in it.

    Args:
        identity: Whose answers these are: an ETag is valid for one token. Only a hash of it leaves this process.
        folder: Created with mode 0700 if it is missing.
    """

    def __init__(self, identity: str, folder: Path | None = None, *, most: int = _DISK) -> None:
        self._identity = identity
        self._folder = folder
        self._most = most
        self._known: OrderedDict[str, tuple[str, bytes]] = OrderedDict()
        self._size = 0
        self._on_disk: int | None = None
        self._lock = threading.Lock()

    def get(self, address: str) -> Known | None:
        """The answer read from an address before, or None."""
        with self._lock:
            kept = self._known.get(address)
            if kept is not None:
                self._known.move_to_end(address)
        if kept is not None:
            return Known(kept[0], zlib.decompress(kept[1]).decode())
        return self._load(self._folder, address) if self._folder is not None else None

    def put(self, address: str, known: Known) -> None:
        """Keep an answer."""
        packed = zlib.compress(known.text.encode(), 1)  # to a quarter: most of it is the same in every issue
        with self._lock:
            before = self._known.pop(address, None)
            self._known[address] = known.etag, packed
            self._size += _weight(address, (known.etag, packed)) - (_weight(address, before) if before else 0)
            while self._size > _MEMORY:
                oldest, what = self._known.popitem(last=False)
                self._size -= _weight(oldest, what)
        if self._folder is not None:
            self._save(self._folder, address, known)

    # --- the folder -------------------------------------------------------------------------------

    def _file(self, folder: Path, address: str) -> Path:
        name = hashlib.sha256(f"{self._identity}\n{address}".encode()).hexdigest()
        return folder / f"gh-store-{name}.json"

    def _is_usable(self, folder: Path) -> bool:
        """True for a folder that is ours, and ours alone. A folder that never will be is not asked about again."""
        if _is_shared(folder):
            reason = "others may write to this folder"
        elif not (folder / _MARK).is_file():
            reason = "this folder has files that are not of the cache"
        else:
            return True
        logger.warning("http.cache: {}: {}; it is not used.", folder, reason)
        self._folder = None
        return False

    def _load(self, folder: Path, address: str) -> Known | None:
        file = self._file(folder, address)
        try:
            if not folder.exists() or not any(folder.iterdir()) or not self._is_usable(folder):
                return None
            kept = json.loads(file.read_bytes())
            known = Known(kept["etag"], kept["text"])
            if kept["sum"] != _sum(known):
                return None
            os.utime(file)  # what was used last is kept longest
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return None
        return known

    def _save(self, folder: Path, address: str, known: Known) -> None:
        file = self._file(folder, address)
        temporary = file.with_suffix(f".{secrets.token_hex(8)}.tmp")
        raw = json.dumps({"etag": known.etag, "text": known.text, "sum": _sum(known)}).encode()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _is_shared(folder) and not any(folder.iterdir()):
                (folder / _MARK).touch(0o600)
            if not self._is_usable(folder):
                return
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
                opened.write(raw)
            temporary.replace(file)
            self._bound(folder, len(raw))
        except OSError as error:  # a cache that cannot be written is no reason to fail
            logger.debug("http.cache: {}", error.strerror)
            with suppress(OSError):
                temporary.unlink(missing_ok=True)

    def _bound(self, folder: Path, added: int) -> None:
        """Keep the folder below its size; what was unused longest goes first."""
        self._on_disk = sum(size for _, size, _ in _files(folder)) if self._on_disk is None else self._on_disk + added
        if self._on_disk <= self._most:
            return
        files = sorted(_files(folder))
        self._on_disk = sum(size for _, size, _ in files)
        for _, size, path in files:
            if self._on_disk <= self._most * 8 // 10:
                break
            path.unlink(missing_ok=True)
            self._on_disk -= size


def _weight(address: str, kept: tuple[str, bytes]) -> int:
    return len(address) + len(kept[0]) + len(kept[1]) + _BESIDE


def _files(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """What we wrote in a folder, and nothing else."""
    for path in folder.iterdir():
        with suppress(OSError):
            told = path.lstat()
            if _OURS.fullmatch(path.name) and stat.S_ISREG(told.st_mode):
                yield told.st_mtime, told.st_size, path


def _is_shared(folder: Path) -> bool:
    """True for a folder that others may write to."""
    told = folder.stat()
    writable = stat.S_IWGRP | stat.S_IWOTH
    return os.name == "posix" and (told.st_uid != os.geteuid() or bool(told.st_mode & writable))


def _sum(known: Known) -> str:
    return hashlib.sha256(f"{known.etag}\n{known.text}".encode()).hexdigest()
