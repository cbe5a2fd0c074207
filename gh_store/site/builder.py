"""A site from a snapshot. The same snapshot and the same options give the same bytes."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gh_store import snapshots
from gh_store.site import api, shared
from gh_store.site.facts import Facts
from gh_store.site.folder import Built, Folder, read_manifest
from gh_store.site.names import collection_of, name_of
from gh_store.site.options import MOST_PAGES, Options, check_live
from gh_store.site.pages import Pages
from gh_store.site.past import past_of
from gh_store.site.places import code_key
from gh_store.site.source import Item, read_item
from gh_store.site.table import Rows, collections_of, row_of, unfilled
from gh_store.site.text import stamp
from gh_store.snapshots import Entry, Snapshot
from gh_store.spool import Spool


@dataclass(frozen=True, slots=True)
class Result:
    """
    What a build did, in numbers: objects in the site, files written and removed.

    Attributes:
        unfilled: Chosen columns that no object fills, as `COLLECTION:a.b`; not told where nothing is to do.
    """

    objects: int
    written: int
    removed: int
    unfilled: tuple[str, ...] = ()


def build(
    snapshot: Path,
    output: Path,
    options: Options,
    progress: Callable[[], object] = lambda: None,
    expect: Callable[[int], object] = lambda objects: None,
    *,
    force: bool = False,
) -> Result:
    """
    Write a site, or bring it up to date.

    The manifest is written first and last: a build that was cut off is repeated as a whole.

    Args:
        progress: Called for each object.
        expect: Told the number of objects before.
        force: Write into a folder with files of somebody else.
    Raises:
        ConfigurationError: There is no snapshot, or it is not whole; or the folder is not that of a site.
    """
    old = read_manifest(output, force=force)
    read = snapshots.read(snapshot)
    header, folder = read.header, Folder(output)
    check_live(snapshot, options, header)
    key = _hash(f"{code_key(options.theme)} {options.key()} {header.repository} {header.server} {header.api}")
    time = stamp(header.time) if header.time is not None else None
    known = old.objects if old.whole and old.key == key else {}
    with Spool() as lines, Spool() as told:
        objects = _looked_through(read, snapshot, known, lines)
        expect(len(objects))
        same = old.whole and old.key == key and old.time == time
        if same and objects == old.objects and folder.has(old.files()):
            return Result(len(objects), 0, 0)
        own = options.pages if options.pages is not None else len(objects) <= MOST_PAGES
        pages = Pages(header, options, own=own)
        names = tuple(shared.names(len(objects), pages, options))
        new = Built(key, time, own, objects, names, whole=True)
        folder.begin(old.begun(new))
        rows, facts = Rows(told), Facts()
        for entry in map(_entry, lines):
            item = read_item(snapshot, entry)
            rows.add(row_of(item, options.columns.get(collection_of(item.object_id), ())))
            facts.add(item)
            if known.get(item.object_id) != objects[item.object_id] or not folder.has(new.files_of(item.object_id)):
                _write_object(item, folder, pages)
            progress()
        collections = collections_of(rows, options.columns)
        contents = shared.contents(header, pages, options, rows, collections, facts)
        for name, content in zip(names, contents, strict=True):
            folder.write(name, content)
    folder.remove(old.gone(new))
    folder.begin(new)
    return Result(len(objects), folder.written, folder.removed, tuple(unfilled(collections, options.columns)))


def _looked_through(
    read: Snapshot, path: Path, known: Mapping[str, tuple[str, int | None]], lines: Spool
) -> dict[str, tuple[str, int | None]]:
    """
    The hash of each object's line, and how many older files its history has.

    Each line is looked at, and kept, before the first file is written: a snapshot that is not whole leaves the site as
    it is, and one that is replaced meanwhile changes nothing.
    """
    objects = dict[str, tuple[str, int | None]]()
    for entry in read:
        line = _hash(entry.text)
        before, older = known.get(entry.object_id, ("", None))
        if before != line:
            history = read_item(path, entry).history
            older = api.pieces(len(history)) if history is not None else None
        objects[entry.object_id] = line, older
        lines.add(f"{entry.object_id}\t{entry.number}\t{entry.text}")  # no id has a tab
    return objects


def _entry(line: str) -> Entry:
    object_id, number, text = line.split("\t", 2)
    return Entry(object_id, int(number), text)


def _write_object(item: Item, folder: Folder, pages: Pages) -> None:
    """Write the files of an object."""
    past, name = past_of(item), name_of(item.object_id)
    if pages.own:
        folder.write(f"o/{name}.html", pages.object(item, past))
    folder.write(f"api/objects/{name}.json", api.as_json(api.object_file(item)))
    if past is not None:
        for part, content in api.history_files(item, past):
            folder.write(f"api/history/{part}.json", api.as_json(content))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
