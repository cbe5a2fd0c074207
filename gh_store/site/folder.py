"""The folder that a site is written to: only what changed is written, and what we wrote before and do not need goes."""

import json
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from gh_store import files
from gh_store.domain.exceptions import ConfigurationError
from gh_store.site.names import name_of

MANIFEST: Final = ".gh-store-site.json"
_SHARED: Final = re.compile(
    r"(?:index|changes|object|404)\.html|feed\.xml|sitemap(?:-\d+)?\.xml|\.nojekyll|list/\d+\.html|index/(?:meta|\d+)\.json"
    r"|api/(?:changes|index)\.json|assets/[A-Za-z0-9-][A-Za-z0-9.-]*",
    re.ASCII,
)
"""Files of a site that are not those of one object. Whatever a manifest says, no other file is removed."""

_LARGEST: Final = 200_000_000
_MOST_OLDER: Final = 10_000
"""Older files of a history that a manifest may name."""


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
    pages: bool = False
    objects: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    shared: tuple[str, ...] = ()
    whole: bool = False

    def pieces(self) -> Iterator[str]:
        """The manifest, in pieces."""
        head = {
            "site": 1,
            "whole": self.whole,
            "key": self.key,
            "time": self.time,
            "pages": self.pages,
            "shared": sorted(self.shared),
        }
        yield f'{_line(head)[:-1]},"objects":{{'
        between = ""
        for object_id, found in sorted(self.objects.items()):
            yield f"{between}\n{_line(object_id)}:{_line(found)}"
            between = ","
        yield "\n}}\n"

    def files(self) -> Iterator[str]:
        """Every file that it names."""
        yield from self.shared
        for object_id in self.objects:
            yield from self.files_of(object_id)

    def files_of(self, object_id: str) -> Iterator[str]:
        """The files of an object; none if it has none here."""
        if object_id in self.objects:
            yield from files_of(object_id, self.objects[object_id][1], page=self.pages)

    def begun(self, new: "Built") -> "Built":
        """While what is new takes the place of this: all files that either has."""
        objects = {**self.objects, **new.objects}
        for object_id, (_, older) in self.objects.items():
            most = max(-1 if each is None else each for each in (older, objects[object_id][1]))
            objects[object_id] = "", None if most < 0 else most
        shared = {*self.shared, *new.shared}
        return Built(new.key, None, self.pages or new.pages, objects, tuple(shared))

    def gone(self, new: "Built") -> Iterator[str]:
        """The files that only this has, and not what is new."""
        yield from sorted({*self.shared} - {*new.shared})
        for object_id in self.objects:
            kept = {*new.files_of(object_id)}
            yield from (name for name in self.files_of(object_id) if name not in kept)


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
            if folder.exists() and not folder.is_dir():
                raise ConfigurationError(
                    f"{folder}: this is a file, and no folder.", file=folder, hint="Name another --output."
                )
            if folder.exists() and any(folder.iterdir()) and not force:
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
        raise files.unwritten(folder, error, "folder") from error
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return Built()  # torn: all is looked at anew


def _read(found: Any) -> Built:
    objects = {
        object_id: (str(line), older if type(older) is int and 0 <= older <= _MOST_OLDER else None)
        for object_id, (line, older) in found["objects"].items()
    }
    for object_id in objects:
        object_id.encode()  # what is no text has no file
    shared = tuple(filter(_SHARED.fullmatch, found["shared"]))
    return Built(found["key"], found["time"], found["pages"] is True, objects, shared, found["whole"] is True)


class Folder:
    """
    A folder that a site is written to; `written` and `removed` count files.

    A link, a pipe or a device in the place of a file or a folder of ours is removed, and never followed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._made = set[str]()
        self.written = self.removed = 0

    def begin(self, built: Built) -> None:
        """Write the manifest, completely or not at all."""
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            if (self._path / MANIFEST).is_symlink():
                (self._path / MANIFEST).unlink()
        except OSError as error:
            raise files.unwritten(self._path, error, "folder") from error
        files.write(self._path / MANIFEST, built.pieces())

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file if its bytes changed. Raises ConfigurationError."""
        new = content.encode() if isinstance(content, str) else content
        path = self._path / name
        try:
            self._make(name.rpartition("/")[0])
            if not _create(path, new):
                found = path.lstat()
                if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
                    path.unlink()
                elif found.st_size == len(new) and path.read_bytes() == new:
                    return
                path.write_bytes(new)
        except OSError as error:
            raise files.unwritten(path, error) from error
        self.written += 1

    def _make(self, folder: str) -> None:
        """Make a folder of ours."""
        if folder and folder not in self._made:
            self._make(folder.rpartition("/")[0])
            path = self._path / folder
            if path.is_symlink():
                path.unlink()
            path.mkdir(exist_ok=True)
            self._made.add(folder)

    def has(self, names: Iterable[str]) -> bool:
        """True if all of these files are there."""
        return all(map(self._is_there, names))

    def _is_there(self, name: str) -> bool:
        try:
            return self._is_own(name.rpartition("/")[0]) and stat.S_ISREG((self._path / name).lstat().st_mode)
        except OSError:
            return False

    def _is_own(self, folder: str) -> bool:
        """True for a folder that no link leads to. Raises OSError if there is none."""
        if folder and folder not in self._made:
            own = self._is_own(folder.rpartition("/")[0]) and stat.S_ISDIR((self._path / folder).lstat().st_mode)
            if not own:
                return False
            self._made.add(folder)
        return True

    def remove(self, names: Iterable[str]) -> None:
        """Remove files, and the folders that they leave empty."""
        for name in names:
            path = self._path / name
            try:
                if not self._is_own(name.rpartition("/")[0]):
                    continue
                path.unlink()
                self.removed += 1
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
                continue
            except OSError as error:
                raise files.unwritten(path, error) from error
            with suppress(OSError):
                for folder in path.parents:
                    if folder == self._path:
                        break
                    folder.rmdir()


def _create(path: Path, content: bytes) -> bool:
    """Write a new file; False if something is there."""
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        return False
    return True
