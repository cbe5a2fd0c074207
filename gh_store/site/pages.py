"""The pages of a site: templates, and what each of them is given."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any, Final
from urllib.parse import quote, urlsplit

import jinja2
from markupsafe import Markup

from gh_store.domain.events import Outcome
from gh_store.domain.values import JsonObject
from gh_store.site import plots, timeline, tree
from gh_store.site.facts import Facts, Latest
from gh_store.site.json_ld import dataset
from gh_store.site.names import collection_of, name_of
from gh_store.site.options import Options, base_url
from gh_store.site.past import Past, Step, numbers, often
from gh_store.site.places import ASSETS
from gh_store.site.source import Item, pages_of
from gh_store.site.table import Collection, Row, Rows, cells_of
from gh_store.site.text import brief, compact, day, dotted, minute, stamp, visible
from gh_store.site.themes import fault_of_theme, loader
from gh_store.snapshots import Header

LISTED: Final = 500
"""Objects on a page of the plain list."""

FIRST_ROWS: Final = 100
_MOST_FIELDS: Final = 3
_LONGEST_ERROR: Final = 120
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'{live}; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table without script. `rest` is what the id has behind its collection."""

    collection: str
    rest: str
    href: str
    version: int
    updated: datetime
    cells: Sequence[str]


class Pages:
    """
    The pages of one site.

    Args:
        header: What the snapshot says of itself.
        options: What was chosen for the site.
        own: Whether each object has a page of its own; else a script shows it.
    """

    def __init__(self, header: Header, options: Options, *, own: bool) -> None:
        self._header, self._options, self.own = header, options, own
        self._home = pages_of(header)
        self._templates = jinja2.Environment(
            loader=loader(options.theme),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
            finalize=lambda value: visible(value) if type(value) is str else value,
        )
        self._templates.filters |= {
            "minute": minute, "day": day, "stamp": stamp, "dotted": dotted, "count": lambda number: f"{number:,}",
            "fields": _fields, "path": quote, "brief": brief,
        }  # fmt: skip
        self.base = base_url(options, header)
        self.title = options.title or header.repository.rpartition("/")[2] or "Objects"
        # Given to each template, and no globals of Jinja, which copies those slowly for each page.
        self._known: dict[str, Any] = {
            "policy": _POLICY.format(live=f" {_source(header.api)}" if options.live and header.api else ""),
            "live": options.live,
            "site": self.title,
            "description": options.description,
            "repository": header.repository,
            "home": self._home,
            "themed": options.theme is not None and (options.theme / "theme.css").is_file(),
            "issue_url": self.issue_url,
            "license": options.license,
            "rel": tree.REL,
            "address": self.address,
            "when": _when,
            "pill": _pill,
        }

    def address(self, object_id: str, version: int | None = None) -> str:
        """Where in the site an object is shown, or one of its versions."""
        anchor = f"#v{version}" if version is not None else ""
        page = f"o/{quote(name_of(object_id))}.html" if self.own else f"object.html#{quote(object_id, safe='')}"
        return f"{page}{anchor}"

    def issue_url(self, number: int, comment: int | None = None) -> str | None:
        """The page of an issue, or of a comment on it; None where the store has no pages."""
        if self._home is None:
            return None
        address = f"{self._home}/issues/{number}"
        return address if comment is None else f"{address}#issuecomment-{comment}"

    def live(self) -> JsonObject:
        """What pages need to know to ask GitHub; nothing if they do not."""
        if not self._options.live or self._header.time is None:
            return {}
        header = self._header
        chosen = {"prefix": header.prefix or "", "labels": list(header.labels)}
        return {
            "live": {"api": header.api, "repository": header.repository, "time": stamp(self._header.time), **chosen}
        }

    def object(self, item: Item, past: Past | None) -> str:
        """The page of an object."""
        steps = past.steps if past is not None else ()
        counts = often(steps)
        latest = next((step for step in reversed(steps) if step.counts), None)
        name = name_of(item.object_id)
        return self._render(
            "object.html",
            "../" * (name.count("/") + 1),
            item=item,
            name=name,
            collection=collection_of(item.object_id),
            tree=tree.tree(item.data),
            past=past,
            latest=latest,
            pending=sum(1 for step in steps if step.outcome == Outcome.PENDING and not step.counts),
            steps=[_shown(step, counts) for step in reversed(steps[-timeline.IN_PAGE :])],
            older=max(len(steps) - timeline.IN_PAGE, 0),
            events=len(steps),
            plots=plots.plots(numbers(past)) if past is not None else [],
        )

    def index(self, facts: Facts, rows: Iterable[Row], collections: Mapping[str, Collection]) -> str:
        """The first page."""
        only = next(iter(collections.values())) if len(collections) == 1 else None
        newest = facts.last
        shown = {
            "facts": facts,
            "bars": plots.bars(facts.days),
            "latest": facts.of_objects,
            "columns": only.columns if only is not None else None,
            "lines": [self._line(row, collections, single=only is not None) for row in islice(rows, FIRST_ROWS)],
            "more": facts.objects > FIRST_ROWS,
            "json_ld": dataset(self.title, self._options, self.base, self._header.repository, self._home, newest),
        }
        return self._render("index.html", "", **shown, time=self._header.time)

    def lists(self, rows: Rows, collections: Mapping[str, Collection]) -> Iterator[str]:
        """The pages of the plain list."""
        pages, lines = lists(len(rows)), (self._line(row, collections, single=False) for row in rows)
        for number in range(1, pages + 1):
            shown = {"number": number, "pages": pages, "objects": len(rows), "lines": [*islice(lines, LISTED)]}
            yield self._render("list.html", "../", **shown, time=self._header.time)

    def changes(self, facts: Facts) -> str:
        """The page of the latest changes."""
        return self._render(
            "changes.html", "", facts=facts, bars=plots.bars(facts.days), time=self._header.time, days=facts.by_day()
        )

    def any_object(self, facts: Facts) -> str:
        """The page on which a script shows any object."""
        first = self.issue_url(1)
        return self._render("any.html", "", issues=first[:-1] if first else None, history=facts.history)

    def missing(self) -> str:
        """The page for addresses that lead nowhere. It stands for any folder, so its links begin at the host."""
        return self._render("404.html", urlsplit(self.base or "/").path or "/", time=None)

    def _line(self, row: Row, collections: Mapping[str, Collection], *, single: bool) -> Line:
        cells = cells_of(row, collections[collection_of(row.object_id)])
        if not single:
            cells = [compact(" · ".join(filter(None, cells)), 200)]
        collection, updated = collection_of(row.object_id), datetime.fromisoformat(row.updated)
        rest = row.object_id[len(collection) + 1 :] if collection else row.object_id
        return Line(collection, rest, self.address(row.object_id), row.version, updated, cells)

    def _render(self, template: str, root: str, **shown: Any) -> str:
        try:
            return self._templates.get_template(template).render(self._known, root=root, **shown)
        except Exception as error:  # a theme is a program, and may fail in any way
            if self._options.theme is None:
                raise
            raise fault_of_theme(self._options.theme, error) from error


def lists(objects: int) -> int:
    """How many pages the plain list of so many objects has."""
    return max(-(-objects // LISTED), 1)


@lru_cache(1_000)
def _when(time: datetime) -> Markup:
    return Markup(f'<time datetime="{stamp(time)}">{minute(time)}</time>')  # noqa: S704  # times hold nothing to escape


def _pill(version: int, outcome: str) -> Markup:
    kind = {Outcome.REJECTED.value: " bad", Outcome.PENDING.value: " warn"}.get(outcome, "")
    text = outcome if kind else f"v{version}"
    return Markup(f'<span class="pill{kind}">{text}</span>')  # noqa: S704  # as above: words of ours


def _source(api: str) -> str:
    """An address as a policy names it: with a path, it has to end in a slash to mean what is below it."""
    path = urlsplit(api).path.rstrip("/")
    return f"{api.rstrip('/')}/" if path else api.rstrip("/")


def _shown(step: Step, counts: Mapping[str, int]) -> tuple[Step, str | None, Markup | None]:
    """An event, what it asks for if it does not count, and what it changed."""
    asked = None if step.counts else timeline.asked(step.data)
    return step, asked, timeline.changes(step.changes, counts) if step.changes else None


def _fields(change: Latest) -> str:
    if change.step is None or change.step.begins:
        return "created" if change.version == 1 else ""
    if change.step.error is not None:
        return compact(change.step.error, _LONGEST_ERROR)
    named = [dotted(path) for path in change.fields[:_MOST_FIELDS]]
    more = len(change.fields) - len(named)
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")


def assets(options: Options) -> dict[str, bytes]:
    """The files that all pages share, by their address."""
    found = {f"assets/{file.name}": file.read_bytes() for file in sorted(ASSETS.iterdir()) if file.is_file()}
    theme = options.theme / "theme.css" if options.theme is not None else None
    if theme is not None and theme.is_file():
        found["assets/theme.css"] = theme.read_bytes()
    return found
