"""What an event changed, as HTML: `path  old → new`. The same as `render.js` makes of older events."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from markupsafe import Markup, escape

from gh_store.domain.differences import ABSENT, Difference
from gh_store.site import words
from gh_store.site.text import compact, dotted, visible

IN_PAGE: Final = 25
"""Events that are in a page without script."""

_MOST_CHANGES: Final = 12
_LONGEST: Final = 160
"""Characters of a value in a change."""

_SHORT: Final = 22
"""Characters of both values from which on they stand under each other."""

_WIDE: Final = '<li class="wide">'
_MOST_PARTS: Final = 40
"""Parts of texts in an event, common or changed, that are shown word by word."""

_CONTEXT: Final = 6
"""Common words in sight before and after those that changed."""


class _Change(NamedTuple):
    """What a line tells. `texts`: both sides, where they are texts."""

    path: str
    wide: bool
    old: str | None
    new: str | None
    texts: tuple[str, str] | None


def changes(found: Sequence[Difference], counts: Mapping[str, int]) -> Markup:
    """The changes of an event: what is rare first, and of what is equally rare the short ones."""
    most = max(counts.values(), default=1)
    ranked = ((10 * counts.get(each.path, 0) // most, _change(each)) for each in found)
    shown = sorted(ranked, key=lambda pair: (pair[0], pair[1].wide, pair[1].path))
    lines, left = list[str](), _MOST_PARTS
    for _, each in shown[:_MOST_CHANGES]:
        parts = words.parts(*each.texts) if each.texts is not None and left else None
        lines.append(_line(each, parts or (), left))
        left = max(left - len(parts or ()), 0)
    if len(shown) > _MOST_CHANGES:
        lines.append(f'<li class="more">… {len(shown) - _MOST_CHANGES:,} more changes</li>')
    return Markup(f'<ul class="changes">{"".join(lines)}</ul>')  # noqa: S704  # every value in it is escaped


def _change(each: Difference) -> _Change:
    path = dotted(each.path)
    texts: tuple[str, str] | None = None
    if each.at is not None:
        path = f"{path}[{each.at}]"
        old, new = (", ".join(map(_text, items)) if items else None for items in (each.old, each.new))
    else:
        old, new = (None if side is ABSENT else _text(side) for side in (each.old, each.new))
        if isinstance(each.old, str) and isinstance(each.new, str):
            texts = each.old, each.new
    wide = len(old or "") + len(new or "") + len(path) // 2 > 2 * _SHORT
    return _Change(path, wide, old, new, texts)


def _line(each: _Change, parts: Sequence[words.Part], most: int) -> str:
    named = f'<bdi class="path">{escape(visible(each.path))}</bdi>'
    if parts:
        values = f'<span class="words">{_words(parts, most)}</span>'
    elif each.old is None:
        values = f'<span class="values"><span class="sign">+ added</span> {_value("ins", each.new)}</span>'
    elif each.new is None:
        values = f'<span class="values"><span class="sign">\u2212 removed</span> {_value("del", each.old)}</span>'
    else:
        both = f'{_value("del", each.old)} <span class="sign">→</span> {_value("ins", each.new)}'
        values = f'<span class="values">{both}</span>'
    return f"{_WIDE if each.wide else '<li>'}{named} {values}</li>"


def _text(side: Any) -> str:
    text = compact(side, _LONGEST)
    return text or '""'


def _value(tag: str, text: str | None) -> str:
    return f"<{tag}><bdi>{escape(visible((text or '')[:_LONGEST]))}</bdi></{tag}>"


def _words(found: Sequence[words.Part], most: int) -> str:
    """Two texts as one, with the words marked that changed."""
    shown = list[str]()
    for index, part in enumerate(found[:most]):
        if part.same:
            shown.append(_common(part.same, first=index == 0, last=index == len(found) - 1))
        else:
            marked = [_value("del", compact(part.gone.strip(), _LONGEST))] if part.gone else []
            marked += [_value("ins", compact(part.come.strip(), _LONGEST))] if part.come else []
            shown.append(" ".join(marked))
    return " ".join([*shown, *(["…"] if len(found) > most else [])])


def _common(same: Sequence[str], *, first: bool, last: bool) -> str:
    """What is common, cut to some words beside those that changed."""
    before, after = ("" if first else "".join(same[:_CONTEXT])), ("" if last else "".join(same[-_CONTEXT:]))
    kept = (0 if first else _CONTEXT) + (0 if last else _CONTEXT)
    text = "".join(same) if len(same) <= kept else f"{before}… {after}" if not last else f"{before}…"
    return f"<bdi>{escape(visible(text.strip()))}</bdi>"


def asked(data: Any) -> str:
    """What a rejected or pending event asks for, on one line."""
    return compact(json.dumps(data, ensure_ascii=False), 4 * _LONGEST)
