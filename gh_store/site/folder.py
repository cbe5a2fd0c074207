"""The folder that a site is written to: only what changed is written, and what we wrote before and do not need goes."""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from gh_store import wire
from gh_store.domain.exceptions import ConfigurationError, InsufficientScope
from gh_store.site.names import name_of

MANIFEST: Final = ".gh-store-site.json"
_SHARED: Final = re.compile(r"[a-z0-9.-]+|(?:list|index|api|assets)/[A-Za-z0-9.-]+")
"""Files of a site that are not those of one object. Whatever a manifest says, no other file is removed."""

_LARGEST: Final = 200_000_000


@dataclass(frozen=True, slots=True)
class Built:
    """
    What a site was built from, as its manifest tells.

    Attributes:
        key: Of code, options and repository: with another, every page is made anew.
        time: Of the snapshot.
        pages: Whether each object has a page of its own.
        objects: Object id -> the hash of its line, and the number of older files of its history, or None.
        shared: The other files.
        whole: False while a build is under way.
    """

    key: str = ""
    time: str | None = None
    pages: bool = True
    objects: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    shared: tuple[str, ...] = ()
    whole: bool = False

    def text(self) -> str:
        """The manifest."""
        head = {
            "site": 1,
            "whole": self.whole,
            "key": self.key,
            "time": self.time,
            "pages": self.pages,
            "shared": sorted(self.shared),
        }
        lines = ",\n".join(f"{_line(each)}:{_line(found)}" for each, found in sorted(self.objects.items()))
        return f'{_line(head)[:-1]},"objects":{{\n{lines}\n}}}}\n'

    def files(self) -> Iterator[str]:
        """Every file that it names."""
        yield from self.shared
        for object_id, (_, older) in self.objects.items():
            yield from files_of(object_id, older, page=self.pages)


def files_of(object_id: str, older: int | None, *, page: bool) -> Iterator[str]:
    """The files of an object."""
    name = name_of(object_id)
    if page:
        yield f"o/{name}.html"
    yield f"api/objects/{name}.json"
    if older is not None:
        yield f"api/history/{name}.json"
        yield from (f"api/history/{name}~{number}.json" for number in range(1, older + 1))


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def read_manifest(folder: Path, *, force: bool) -> Built:
    """
    What was built in a folder before; nothing for a new one.

    Raises:
        ConfigurationError: It holds files of somebody else, and `force` is not set.
    """
    file = folder / MANIFEST
    try:
        if not file.is_file():
            if folder.exists() and (not folder.is_dir() or any(folder.iterdir())) and not force:
                raise ConfigurationError(
                    f"{folder}: there are files here that are not those of a site of gh-store.",
                    file=folder,
                    hint="Name another --output, or give --force: files of the same name are then replaced.",
                )
            return Built()
        if file.stat().st_size > _LARGEST:
            return Built()
        return _read(json.loads(file.read_bytes()))
    except OSError as error:
        raise _failed(folder, error) from error
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return Built()  # torn: all is looked at anew


def _read(found: Any) -> Built:
    objects = {
        str(object_id): (str(line), older if type(older) is int and 0 <= older < 1_000_000 else None)
        for object_id, (line, older) in found["objects"].items()
    }
    wire.check_value(list(objects))
    shared = tuple(each for each in found["shared"] if _SHARED.fullmatch(each) and ".." not in each)
    return Built(found["key"], found["time"], found["pages"] is True, objects, shared, found["whole"] is True)


class Folder:
    """A folder that a site is written to; `written` and `removed` count files."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._made = set[Path]()
        self.written = self.removed = 0

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file if its bytes changed. Raises ConfigurationError."""
        new = content.encode() if isinstance(content, str) else content
        path = self._path / name
        try:
            if path.parent not in self._made:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._made.add(path.parent)
            if path.is_symlink():
                path.unlink()  # what it leads to is not ours
            with suppress(FileNotFoundError):
                if path.stat().st_size == len(new) and path.read_bytes() == new:
                    return
            path.write_bytes(new)
        except OSError as error:
            raise _failed(path, error) from error
        self.written += 1

    def has(self, names: Iterable[str]) -> bool:
        """True if all of these files are there."""
        return all((self._path / name).is_file() for name in names)

    def remove(self, names: Iterable[str]) -> None:
        """Remove files, and the folders that they leave empty."""
        for name in names:
            path = self._path / name
            try:
                path.unlink()
                self.removed += 1
            except FileNotFoundError:
                continue
            except OSError as error:
                raise _failed(path, error) from error
            with suppress(OSError):
                for folder in path.parents:
                    if folder == self._path:
                        break
                    folder.rmdir()


def _failed(path: Path, error: OSError) -> ConfigurationError | InsufficientScope:
    why = f"{path}: the site cannot be written: {error.strerror or error}."
    if isinstance(error, PermissionError):
        return InsufficientScope(why, hint="Check the permissions of the folder.")
    return ConfigurationError(why, file=path, hint="Name another --output, or make room.")
