"""An object and its history as one page for a browser. It needs no script, and loads nothing. Pure."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape
from importlib.resources import files
from typing import Any, Final

from gh_store.cli.views import mode_of
from gh_store.domain.counts import several
from gh_store.domain.differences import Difference
from gh_store.domain.events import HistoryEntry
from gh_store.domain.values import JsonObject, StoredObject
from gh_store.log.difference import differences

_STYLE: Final = "page.css"


def page(obj: StoredObject, history: Sequence[HistoryEntry], drawn: str, source: str, link: str) -> str:
    """
    The page of an object.

    Args:
        obj: The object as of now.
        history: Its events, oldest first.
        drawn: The issue that holds it, as text.
        source: What the footer says of where it comes from.
        link: The address of the same as JSON, relative to the page.
    """
    style = f"\n{files(__package__).joinpath(_STYLE).read_text(encoding='utf-8')}"
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    meta, name = obj.meta, escape(obj.meta.object_id)
    before: list[JsonObject] = [{}, *(entry["state"] for entry in history)]
    events = "".join(_event(entry, old) for entry, old in reversed(list(zip(history, before, strict=False))))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escape(policy, quote=False)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{name} · gh-store</title>
<style>{style}</style>
</head>
<body>
<header><div class="inner"><p class="site">gh-store demo</p>
<p>One object, and everything that happened to it</p></div></header>
<main>
<h1><bdi>{name}</bdi> <span class="pill">v{meta.version}</span></h1>
<p class="facts">Updated {_time(meta.updated_at)} · created {_time(meta.created_at)} · issue {meta.issue_number} ·
<a href="{escape(link)}">JSON</a></p>
<div class="columns">
<div>
<section aria-labelledby="data"><h2 id="data">Data</h2><div class="card">{_tree(obj.data)}</div></section>
<section aria-labelledby="issue"><h2 id="issue">The issue that holds it</h2>
<div class="card"><pre tabindex="0" role="group" aria-labelledby="issue">{escape(drawn)}</pre></div></section>
</div>
<section aria-labelledby="history"><h2 id="history">History <small>{several("event", len(history))}</small></h2>
<ol class="rail">{events}</ol></section>
</div>
</main>
<footer><div class="inner"><p>{escape(source)}</p></div></footer>
</body>
</html>
"""


def _event(entry: HistoryEntry, old: JsonObject) -> str:
    """An event: which version it made, what it changed, and the object after it."""
    outcome, version = escape(entry["outcome"]), entry["version"]
    applied = entry["outcome"] == "applied"
    pill = f'<span class="pill {outcome}">{f"v{version}" if applied else outcome}</span>'
    who = f"{mode_of(entry).replace('_', ' ')} by {entry['author'] or 'a deleted account'}"
    changes = "".join(map(_change, differences(old, entry["state"])))
    if not applied and "error" in entry:
        changes = f'<p class="change">{escape(entry["error"])}</p>'
    past = f'<details class="past"><summary>The object at v{version}</summary>{_tree(entry["state"])}</details>'
    return f"""
<li class="{outcome}"><p class="event">{pill} <span>{escape(who)}</span>
{_time(datetime.fromisoformat(entry["timestamp"]))}</p>
<div class="card">{changes or '<p class="change meta">Nothing changed.</p>'}{past if applied else ""}</div></li>"""


def _change(each: Difference) -> str:
    old = f"<del>{_value(each.old)}</del>" if each.removes else ""
    new = f"<ins>{_value(each.new)}</ins>" if each.inserts else ""
    did = " → " if old and new else "removed " if old else "added "
    values = f"{old}{did}{new}" if old and new else f'<span class="meta">{did}</span>{old or new}'
    return f'<p class="change"><span class="key">{_text(each.where)}</span> <span>{values}</span></p>'


def _tree(value: Any) -> str:
    """A value, with the members of objects and the items of lists below each other."""
    members: Iterator[tuple[object, Any]] = iter(value.items() if isinstance(value, dict) else enumerate(value))
    lines = "".join(f"<li>{_member(str(key), member)}</li>" for key, member in members)
    return f"<ul>{lines}</ul>" if lines else '<p class="meta">Nothing in it.</p>'


def _member(key: str, value: Any) -> str:
    named = f'<span class="key">{_text(key)}:</span>'
    if not isinstance(value, dict | list) or not value:
        return f"{named} {_value(value)}"
    size = several("key" if isinstance(value, dict) else "item", len(value))
    return f"<details open><summary>{named} <small>{size}</small></summary>{_tree(value)}</details>"


def _value(value: Any) -> str:
    kind = (
        "constant" if value is None or isinstance(value, bool) else "number" if isinstance(value, int | float) else ""
    )
    return f'<span class="{f"value {kind}".strip()}">{escape(json.dumps(value, ensure_ascii=False))}</span>'


def _text(text: str) -> str:
    """Text as JSON writes it, without its quotation marks: control characters are seen, and do nothing."""
    return escape(json.dumps(text, ensure_ascii=False)[1:-1])


def _time(time: datetime) -> str:
    shown = f"{time.day} {time:%b %Y, %H:%M:%S}"
    return f'<time datetime="{time.isoformat()}">{shown}</time>'
