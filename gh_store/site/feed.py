"""The Atom feed and the sitemap."""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Final

from markupsafe import escape

from gh_store.site.facts import Latest
from gh_store.site.text import dotted, stamp, visible

Address = Callable[[str, int | None], str]
"""Where in the site an object is shown, or one of its versions."""

_MOST: Final = 100
_MOST_FIELDS: Final = 8
_MOST_ADDRESSES: Final = 40_000
_NAMESPACE: Final = uuid.UUID("2b1f7d39-7a52-5e0b-9a43-0d5f6a6b7a11")
_HEAD: Final = '<?xml version="1.0" encoding="utf-8"?>\n'
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)


def atom(title: str, base: str | None, repository: str, address: Address, latest: Sequence[Latest]) -> str:
    """
    The latest changes as a feed.

    The ids of entries follow from repository, object and comment alone: they last when the site moves.
    """
    entries = latest[:_MOST]
    lines = [
        f'{_HEAD}<feed xmlns="http://www.w3.org/2005/Atom">',
        f"<id>{_id(repository)}</id>",
        f"<title>{_text(title)}</title>",
        f"<updated>{stamp(entries[0].time if entries else _EARLIEST)}</updated>",
        f'<link rel="alternate" type="text/html" href="{_text(base or "index.html")}"/>',
    ]
    if base is not None:
        lines.append(f'<link rel="self" type="application/atom+xml" href="{_text(base)}feed.xml"/>')
    for each in entries:
        lines += _entry(each, base, repository, address)
    return "\n".join([*lines, "</feed>", ""])


def _entry(each: Latest, base: str | None, repository: str, address: Address) -> Iterator[str]:
    what = f"version {each.version}" if each.outcome in ("applied", "") else each.outcome
    step = each.step
    fields = ", ".join(map(dotted, each.fields[:_MOST_FIELDS]))
    more = f" and {len(each.fields) - _MOST_FIELDS} more" if len(each.fields) > _MOST_FIELDS else ""
    summary = f"{step.mode}: {fields}{more}" if step is not None and fields else what
    yield "<entry>"
    yield f"<id>{_id(repository, each.object_id, str(step.comment if step is not None else stamp(each.time)))}</id>"
    yield f"<title>{_text(f'{each.object_id}: {what}')}</title>"
    yield f"<updated>{stamp(each.time)}</updated>"
    yield f"<author><name>{_text((step.author if step is not None else None) or repository)}</name></author>"
    place = address(each.object_id, each.version if each.outcome == "applied" else None)
    yield f'<link rel="alternate" type="text/html" href="{_text(base or "")}{_text(place)}"/>'
    yield f"<summary>{_text(summary)}</summary>"
    yield "</entry>"


def _id(*names: str) -> str:
    return f"urn:uuid:{uuid.uuid5(_NAMESPACE, chr(10).join(names))}"


def _text(text: str) -> str:
    return str(escape(visible(text)))


def sitemap_names(pages: int, most: int = _MOST_ADDRESSES) -> list[str]:
    """The files of the sitemap of so many pages: one, or an index above so many addresses, behind its parts."""
    parts = -(-pages // most)
    return [*(f"sitemap-{number}.xml" for number in range(1, parts + 1) if parts > 1), "sitemap.xml"]


def sitemaps(base: str, objects: Iterable[tuple[str, str]], pages: int, most: int = _MOST_ADDRESSES) -> Iterator[str]:
    """
    What the files of the sitemap hold.

    Args:
        objects: The page of each object, and when it changed last.
        pages: How many these are, and the first page.
    """
    *parts, _ = sitemap_names(pages, most)
    places = (f"<url><loc>{_text(base)}{_text(page)}</loc><lastmod>{at}</lastmod></url>" for page, at in objects)
    addresses = chain([f"<url><loc>{_text(base)}</loc></url>"], places)
    for _ in parts or [""]:
        yield _sitemap("urlset", islice(addresses, most))
    if parts:
        yield _sitemap("sitemapindex", (f"<sitemap><loc>{_text(base)}{part}</loc></sitemap>" for part in parts))


def _sitemap(kind: str, lines: Iterable[str]) -> str:
    space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    return "\n".join([f"{_HEAD}<{kind} {space}>", *lines, f"</{kind}>", ""])
