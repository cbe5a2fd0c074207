"""What an event changed, as HTML: `path  old → new`. The same as `render.js` makes of older events."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup, escape

from gh_store.domain.differences import ABSENT, Difference
from gh_store.site.past import Past
from gh_store.site.text import compact, dotted, visible

IN_PAGE: Final = 25
"""Events that are in a page without script."""

_MOST_CHANGES: Final = 12
_LONGEST: Final = 160
"""Characters of a value in a change."""

_SHORT: Final = 22
"""Characters of both values from which on they stand under each other."""

_WORDS: Final = re.compile(r"\s+|\S+")
_CONTEXT: Final = 6
"""Words before and after those that changed."""


def often(past: Past) -> Counter[str]:
    """How often each path changed."""
    return Counter(each.path for step in past.steps for each in step.changes)


def changes(found: Sequence[Difference], counts: Mapping[str, int]) -> Markup:
    """The changes of an event: what is rare first, and of what is equally rare the short ones."""
    most = max(counts.values(), default=1)
    shown = sorted((10 * counts.get(each.path, 0) // most, *_change(each)) for each in found)
    lines = [line for *_, line in shown[:_MOST_CHANGES]]
    if len(shown) > _MOST_CHANGES:
        lines.append(f'<li class="more">… {len(shown) - _MOST_CHANGES:,} more changes</li>')
    return Markup(f'<ul class="changes">{"".join(lines)}</ul>')  # noqa: S704  # every value in it is escaped


def _change(each: Difference) -> tuple[bool, str, str]:
    """A line, behind what it is sorted by."""
    path = dotted(each.path)
    if each.at is not None:
        path = f"{path}[{each.at}]"
        old, new = (", ".join(map(_text, items)) if items else None for items in (each.old, each.new))
    elif isinstance(each.old, str) and isinstance(each.new, str) and (marked := _words(each.old, each.new)):
        named = f'<bdi class="path">{escape(visible(path))}</bdi>'
        return True, path, f'<li class="wide">{named} <span class="words">{marked}</span></li>'
    else:
        old, new = (None if side is ABSENT else _text(side) for side in (each.old, each.new))
    wide = len(old or "") + len(new or "") + len(path) // 2 > 2 * _SHORT
    if old is None:
        values = f'<span class="sign">+ added</span> {_value("ins", new)}'
    elif new is None:
        values = f'<span class="sign">\u2212 removed</span> {_value("del", old)}'
    else:
        values = f'{_value("del", old)} <span class="sign">→</span> {_value("ins", new)}'
    line = f'<bdi class="path">{escape(visible(path))}</bdi> <span class="values">{values}</span></li>'
    return wide, path, ('<li class="wide">' if wide else "<li>") + line


def _text(side: Any) -> str:
    text = compact(side, _LONGEST)
    return text or '""'


def _value(tag: str, text: str | None) -> str:
    return f"<{tag}><bdi>{escape(visible((text or '')[:_LONGEST]))}</bdi></{tag}>"


def _words(old: str, new: str) -> str | None:
    """Two texts as one, with the words marked that changed; None where they are short, or have little in common."""
    if min(len(old), len(new)) < 40 or max(len(old), len(new)) > 20_000:
        return None
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    shortest = min(len(before), len(after))
    head = 0
    while head < shortest and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < shortest - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    if head + tail < 3:
        return None
    first = before[max(head - 2 * _CONTEXT, 0) : head]
    last = before[len(before) - tail :][: 2 * _CONTEXT]
    gone, come = "".join(before[head : len(before) - tail]), "".join(after[head : len(after) - tail])
    parts = [
        "…" if len(first) < head else "",
        f"<bdi>{escape(visible(''.join(first)))}</bdi>",
        _value("del", compact(gone, _LONGEST)) if gone else "",
        " " if gone and come else "",
        _value("ins", compact(come, _LONGEST)) if come else "",
        f"<bdi>{escape(visible(''.join(last)))}</bdi>",
        "…" if len(last) < tail else "",
    ]
    return "".join(parts)


def asked(data: Any) -> str:
    """What a rejected or pending event asks for, on one line."""
    return compact(json.dumps(data, ensure_ascii=False), 4 * _LONGEST)
