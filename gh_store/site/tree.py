"""Data as HTML: a tree that folds, lists of records as tables. The same as `render.js` makes of an older version."""

import json
import re
from collections import deque
from typing import Any, Final

from markupsafe import Markup, escape

from gh_store.domain.counts import several
from gh_store.domain.values import JsonObject
from gh_store.site.text import brief, visible, visible_block

_MOST_ITEMS: Final = 100
_MOST_KEYS: Final = 400
_MOST_ELEMENTS: Final = 9_000
"""Elements of a tree: 3,000 plain values, three each. What folds, a link or a long text takes more."""

_DEEPEST: Final = 12
_FOLD: Final = 600
"""Characters of a string that are in sight."""

_LONGEST: Final = 20_000
_IN_SIGHT: Final = 36
"""Lines of a tree that are open at first."""

_MOST_TABLE_KEYS: Final = 8
_LINK: Final = re.compile(r"https?://[^\s\"<>\\^`{|}]{1,2000}")
REL: Final = "nofollow noopener noreferrer"


def tree(data: JsonObject) -> Markup:
    """An object as a tree."""
    return Markup(_Tree(data).html())  # noqa: S704  # every value in it is escaped


def value(each: Any) -> str:
    """A scalar as HTML."""
    if isinstance(each, str):
        return _string(each)
    kind = "num" if type(each) in (int, float) else "lit"
    return f'<span class="{kind}">{json.dumps(each)}</span>'


def _string(text: str) -> str:
    if text == "":
        return '<span class="lit">""</span>'
    if _LINK.fullmatch(text) and visible(text) == text:
        address = escape(text)
        return f'<a href="{address}" rel="{REL}"><bdi>{address}</bdi></a>'
    if len(text) <= _FOLD:
        return f"<bdi>{escape(visible_block(text))}</bdi>"
    whole = escape(visible_block(text[:_LONGEST]))
    rest = f' <span class="more">… {len(text) - _LONGEST:,} more characters in the JSON</span>'
    return (
        f'<details class="text"><summary><bdi>{escape(visible_block(text[:_FOLD]))}</bdi>… '
        f'<span class="size">{len(text):,} characters</span></summary><bdi>{whole}</bdi>'
        f"{rest if len(text) > _LONGEST else ''}</details>"
    )


def _more_of(each: Any) -> int:
    """How many elements a scalar takes beside its own."""
    if not isinstance(each, str):
        return 0
    return 5 if len(each) > _FOLD else 1 if each.startswith("http") else 0


def columns(items: Any) -> list[str] | None:
    """The keys of a list of flat records, in order; None for any other value."""
    if not isinstance(items, list) or len(items) < 2:
        return None
    keys: dict[str, None] = {}
    for item in items:
        if not isinstance(item, dict) or not item:
            return None
        if any(
            isinstance(each, dict | list) or (isinstance(each, str) and len(each) > _FOLD) for each in item.values()
        ):
            return None
        keys |= dict.fromkeys(item)
        if len(keys) > _MOST_TABLE_KEYS:
            return None
    return list(keys)


def _key(key: str) -> str:
    return escape(visible(brief(key)) or '""')


def _size(each: Any) -> str:
    return several("key" if isinstance(each, dict) else "item", len(each))


class _Tree:
    def __init__(self, data: JsonObject) -> None:
        self._data = data
        self._open = _opened(data)
        self._left = _MOST_ELEMENTS

    def html(self) -> str:
        if not self._data:
            return '<p class="none">This object is empty.</p>'
        return f'<ul class="tree">{"".join(self._members(self._data, 1))}</ul>'

    def _members(self, each: Any, level: int) -> list[str]:
        pairs = list(each.items()) if isinstance(each, dict) else list(enumerate(each))
        most = _MOST_KEYS if isinstance(each, dict) else _MOST_ITEMS
        lines = list[str]()
        for key, member in pairs[:most]:
            if self._left <= 0:
                break
            lines.append(self._line(str(key), member, level))
        if len(lines) < len(pairs):
            lines.append(f'<li class="more">… {len(pairs) - len(lines):,} more in the JSON</li>')
        return lines

    def _line(self, key: str, each: Any, level: int) -> str:
        name = f'<bdi class="key">{_key(key)}</bdi>'
        self._left -= 3
        if not isinstance(each, dict | list):
            self._left -= _more_of(each)
            return f"<li>{name}: {value(each)}</li>"
        size = f'<span class="size">{_size(each)}</span>'
        if not each:
            return f"<li>{name}: {size}</li>"
        self._left -= 4
        if level >= _DEEPEST:
            return f'<li>{name}: {size} <span class="more">… more in the JSON</span></li>'
        if isinstance(each, list) and (keys := columns(each)) is not None:
            inside = self._table(key, each, keys)
        else:
            inside = f"<ul>{''.join(self._members(each, level + 1))}</ul>"
        is_open = " open" if id(each) in self._open else ""
        return f"<li><details{is_open}><summary>{name}: {size}</summary>{inside}</details></li>"

    def _table(self, name: str, items: list[JsonObject], keys: list[str]) -> str:
        numeric = {
            key for key in keys if all(type(item[key]) in (int, float) for item in items[:_MOST_ITEMS] if key in item)
        }
        right = {key: ' class="right"' if key in numeric else "" for key in keys}
        head = "".join(f'<th scope="col"{right[key]}><bdi>{_key(key)}</bdi></th>' for key in keys)
        rows = list[str]()
        self._left -= 4 + 2 * len(keys)
        for item in items[:_MOST_ITEMS]:
            if self._left <= 0:
                break
            self._left -= 1 + 2 * len(keys) + sum(map(_more_of, item.values()))
            cells = (f"<td{right[key]}>{value(item[key]) if key in item else ''}</td>" for key in keys)
            rows.append(f"<tr>{''.join(cells)}</tr>")
        more = len(items) - len(rows)
        rest = f'<p class="more">… {more:,} more in the JSON</p>' if more else ""
        body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
        frame = f'<div class="frame" tabindex="0" role="region" aria-label="{_key(name)}">'
        return f"{frame}<table>{body}</table></div>{rest}"


def _opened(data: JsonObject) -> set[int]:
    """The parts that are open at first: breadth first, until so many lines are in sight."""
    opened, lines = set[int](), len(data)
    waiting = deque[Any]([data])
    while waiting:
        each = waiting.popleft()
        for member in each.values() if isinstance(each, dict) else each:
            if isinstance(member, dict | list) and member:
                table = columns(member) is not None
                if lines + len(member) + table > _IN_SIGHT:
                    continue
                lines += len(member) + table
                opened.add(id(member))
                if not table:
                    waiting.append(member)
    return opened
