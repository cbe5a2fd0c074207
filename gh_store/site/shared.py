"""The files of a site that are not those of one object: their names, known before any is made, and what they hold."""

from collections.abc import Iterator, Mapping

from gh_store.site import api, feed, table
from gh_store.site.facts import Facts
from gh_store.site.options import Options
from gh_store.site.pages import Pages, assets, lists
from gh_store.site.table import Collection, Rows
from gh_store.snapshots import Header


def names(objects: int, pages: Pages, options: Options) -> Iterator[str]:
    """The names, for so many objects."""
    yield from ("index.html", "changes.html", "object.html", "404.html")
    yield from (f"list/{number}.html" for number in range(1, lists(objects) + 1))
    yield "index/meta.json"
    yield from (f"index/{number}.json" for number in range(table.shards(objects)))
    yield from ("api/changes.json", "api/index.json", "feed.xml")
    if pages.base is not None:
        yield from feed.sitemap_names(_addresses(objects, pages))
    yield ".nojekyll"
    yield from assets(options)


def contents(
    header: Header,
    pages: Pages,
    options: Options,
    rows: Rows,
    collections: Mapping[str, Collection],
    facts: Facts,
) -> Iterator[str | bytes]:
    """What they hold, in the order of their names."""
    yield pages.index(facts, rows, collections)
    yield pages.changes(facts)
    yield pages.any_object(facts)
    yield pages.missing()
    yield from pages.lists(rows, collections)
    meta = table.meta_file(len(rows), collections, options.columns, own_pages=pages.own)
    yield api.as_json({**meta, **pages.live()})
    yield from map(api.as_json, table.shard_files(rows, collections))
    yield api.as_json(api.changes_file(facts.latest))
    yield api.index_file(rows.heads())
    yield feed.atom(pages.title, pages.base, header.repository, pages.address, facts.latest)
    if pages.base is not None:
        shown = ((pages.address(row.object_id), row.updated) for row in rows.heads()) if pages.own else ()
        yield from feed.sitemaps(pages.base, shown, _addresses(len(rows), pages))
    yield ""
    yield from assets(options).values()


def _addresses(objects: int, pages: Pages) -> int:
    """How many pages the sitemap names."""
    return objects + 1 if pages.own else 1
