"""Small plots as SVG: fields over time, and events per day or week."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from markupsafe import Markup, escape

from gh_store.site.text import day, dotted, visible

_MOST: Final = 8
_WIDTH: Final = 300
_HEIGHT: Final = 90
_BUCKETS: Final = 150
_MOST_DAYS: Final = 60
_MOST_WEEKS: Final = 104


@dataclass(frozen=True, slots=True)
class Plot:
    """A field over time. `pointer` is its path as programs write it."""

    pointer: str
    path: str
    latest: str
    low: str
    high: str
    count: int
    first: datetime
    last: datetime
    svg: Markup


def plots(found: Mapping[str, Sequence[tuple[int, float]]]) -> list[Plot]:
    """The fields that changed most, drawn."""
    chosen = sorted(found, key=lambda path: (-len(found[path]), path))[:_MOST]
    return [_plot(path, found[path]) for path in sorted(chosen)]


def _plot(path: str, points: Sequence[tuple[int, float]]) -> Plot:
    values = [value for _, value in points]
    first, last = (datetime.fromtimestamp(points[end][0], UTC) for end in (0, -1))
    shown = visible(dotted(path))
    return Plot(
        path, shown, number(values[-1]), number(min(values)), number(max(values)), len(values), first, last,
        _line(shown, points),
    )  # fmt: skip


def number(value: float) -> str:
    """A number as people read it."""
    size = abs(value)
    if size < 1e15 and (size >= 1e5 or value == int(value)):
        return f"{math.floor(value + 0.5):,}"
    return f"{value:,.6g}" if 1e-4 <= size < 1e15 else f"{value:.4g}"


def _line(label: str, points: Sequence[tuple[int, float]]) -> Markup:
    begin, end = points[0][0], points[-1][0]
    values = [value for _, value in points]
    low, high = min(values), max(values)
    span, height = (end - begin) or 1, (high - low) or 1.0

    def across(time: int) -> float:
        return (time - begin) / span * _WIDTH

    def up(value: float) -> float:
        return _HEIGHT - 4 - (value - low) / height * (_HEIGHT - 8)

    drawn = " ".join(f"{across(time):.4g},{up(value):.4g}" for time, value in _thinned(points))
    base = up(0.0) if low < 0 < high else _HEIGHT - 0.5
    return Markup(  # noqa: S704  # the label is escaped, and all else are numbers
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(label)} over time">'
        f'<polygon class="area" points="0,{base:.4g} {drawn} {across(end):.4g},{base:.4g}"/>'
        f'<line class="base" x1="0" x2="{_WIDTH}" y1="{base:.4g}" y2="{base:.4g}"/><polyline points="{drawn}"/></svg>'
    )


def _thinned(points: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """No more points than can be seen: of each stretch of time the first, lowest, highest and last."""
    if len(points) <= 2 * _BUCKETS:
        return list(points)
    begin, span = points[0][0], (points[-1][0] - points[0][0]) or 1
    stretches: dict[int, list[int]] = {}
    for index, (time, _) in enumerate(points):
        stretches.setdefault((time - begin) * _BUCKETS // span, []).append(index)
    kept = set[int]()
    for indices in stretches.values():
        by_value = sorted(indices, key=lambda index: points[index][1])
        kept |= {indices[0], by_value[0], by_value[-1], indices[-1]}
    return [points[index] for index in sorted(kept)]


@dataclass(frozen=True, slots=True)
class Bars:
    """Events per day or week."""

    unit: str
    first: str
    last: str
    most: int
    svg: Markup


def bars(days: Mapping[date, int]) -> Bars | None:
    """How many events there were, by day, or by week where that is long."""
    if not days:
        return None
    first, last = min(days), max(days)
    length = 1 if (last - first).days < _MOST_DAYS else 7
    counts = dict[int, int]()
    for each, count in days.items():
        ago = (last - each).days // length
        counts[ago] = counts.get(ago, 0) + count
    total = min(max(counts) + 1, _MOST_WEEKS)
    heights = [counts.get(ago, 0) for ago in range(total - 1, -1, -1)]
    most = max(heights)
    wide = max(total, 12)
    rects = Markup("").join(
        Markup('<rect class="{kind}" x="{x}" y="{y:.4g}" width="11" height="{height:.4g}"/>').format(
            kind="bar" if count else "none",
            x=14 * (wide - total + index),
            y=60 - (count / most * 58 + 1 if count else 1),
            height=count / most * 58 + 1 if count else 1,
        )
        for index, count in enumerate(heights)
    )
    begin = last - timedelta(days=min(total * length - 1, (last - first).days))
    unit = "day" if length == 1 else "week"
    label = f"Events per {unit}, {day_of(begin)} to {day_of(last)}"
    svg = Markup(
        '<svg class="bars" viewBox="0 0 {w} 60" preserveAspectRatio="none" role="img" aria-label="{label}">'
        "{rects}</svg>"
    ).format(w=14 * wide - 3, label=label, rects=rects)
    return Bars(unit, day_of(begin), day_of(last), most, svg)


def day_of(each: date) -> str:
    """A date in words."""
    return day(datetime(each.year, each.month, each.day, tzinfo=UTC))
