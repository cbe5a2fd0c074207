"""A site from a snapshot. The same snapshot and the same options give the same bytes."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gh_store import snapshots
from gh_store.site import api, feed, table
from gh_store.site.facts import Facts
from gh_store.site.folder import MANIFEST, Built, Folder, files_of, read_manifest
from gh_store.site.names import name_of
from gh_store.site.options import MOST_PAGES, Options, check_live
from gh_store.site.pages import Pages, assets
from gh_store.site.past import past_of
from gh_store.site.places import code_key
from gh_store.site.source import Item, read_item
from gh_store.site.text import stamp
from gh_store.snapshots import Header, Snapshot


@dataclass(frozen=True, slots=True)
class Result:
    """What a build did, in numbers: objects in the site, files written and removed."""

    objects: int
    written: int
    removed: int


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
    read = snapshots.read(snapshot)
    old = read_manifest(output, force=force)
    header = read.header
    check_live(snapshot, options, header)
    folder = Folder(output)
    key = _hash(f"{code_key(options.theme)} {options.key()} {header.repository} {header.server} {header.api}")
    time = stamp(header.time) if header.time is not None else None
    known = old.objects if old.whole and old.key == key else {}
    hashes = _looked_through(read, snapshot, known)
    expect(len(hashes))
    same = old.whole and old.key == key and old.time == time
    if same and hashes == {each: line for each, (line, _) in known.items()} and folder.has(old.files()):
        return Result(len(hashes), 0, 0)
    begun: dict[str, tuple[str, int | None]] = dict.fromkeys(hashes, ("", 0))
    folder.write(MANIFEST, Built(key, None, True, begun | old.objects, old.shared).text())
    own = options.pages if options.pages is not None else len(hashes) <= MOST_PAGES
    pages = Pages(header, options, own=own)
    rows, facts = list[table.Row](), Facts()
    objects = dict[str, tuple[str, int | None]]()
    for entry in read:
        item = read_item(snapshot, entry)
        rows.append(table.row_of(item))
        facts.add(item)
        line, older = known.get(item.object_id, ("", None))
        if line != hashes[item.object_id] or not folder.has(files_of(item.object_id, older, page=own)):
            older = _write_object(item, folder, pages)
        objects[item.object_id] = hashes[item.object_id], older
        progress()
    shared = list[str]()
    for name, content in _shared(header, pages, options, rows, facts):
        folder.write(name, content)
        shared.append(name)
    new = Built(key, time, own, objects, tuple(shared), whole=True)
    before = {*old.files(), *(file for each in old.objects for file in files_of(each, 0, page=True))}
    folder.remove(sorted(before - {*new.files()}))
    folder.write(MANIFEST, new.text())
    return Result(len(hashes), folder.written, folder.removed)


def _looked_through(read: Snapshot, path: Path, known: Mapping[str, tuple[str, int | None]]) -> dict[str, str]:
    """
    The hash of each object's line.

    Each line is looked at before the first file is written: a snapshot that is not whole leaves the site as it is.
    """
    hashes = dict[str, str]()
    for entry in read:
        hashes[entry.object_id] = _hash(entry.text)
        if known.get(entry.object_id, ("", None))[0] != hashes[entry.object_id]:
            read_item(path, entry)
    return hashes


def _write_object(item: Item, folder: Folder, pages: Pages) -> int | None:
    """Write the files of an object; the number of older files of its history, or None."""
    past, name = past_of(item), name_of(item.object_id)
    if pages.own:
        folder.write(f"o/{name}.html", pages.object(item, past))
    folder.write(f"api/objects/{name}.json", api.as_json(api.object_file(item)))
    if past is None:
        return None
    for part, content in api.history_files(item, past):
        folder.write(f"api/history/{part}.json", api.as_json(content))
    return api.pieces(len(past.steps))


def _shared(
    header: Header, pages: Pages, options: Options, rows: list[table.Row], facts: Facts
) -> Iterator[tuple[str, str | bytes]]:
    collections = table.collections_of(rows, options.columns)
    yield "index.html", pages.index(facts, rows, collections)
    yield "changes.html", pages.changes(facts)
    yield "object.html", pages.any_object()
    yield "404.html", pages.missing()
    for number, page in enumerate(pages.lists(rows, collections), 1):
        yield f"list/{number}.html", page
    yield "index/meta.json", api.as_json({**table.meta_file(rows, collections, own_pages=pages.own), **pages.live()})
    for number, shard in enumerate(table.shard_files(rows, collections)):
        yield f"index/{number}.json", api.as_json(shard)
    yield "api/changes.json", api.as_json(api.changes_file(facts.latest))
    yield "api/index.json", api.as_json(api.index_file([(row.object_id, row.version, row.updated) for row in rows]))
    yield "feed.xml", feed.atom(pages.title, pages.base, header.repository, pages.address, facts.latest)
    if pages.base is not None:
        objects = [(pages.address(row.object_id), row.updated) for row in rows] if pages.own else []
        yield from feed.sitemaps(pages.base, objects)
    yield ".nojekyll", ""
    yield from assets(options).items()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
