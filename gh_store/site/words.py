"""Which words of a text changed. The same as `words.js` finds."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

_WORD: Final = re.compile(r"\S+\s*|\s+")
_SHORTEST: Final = 40
"""Characters from which on a text is looked at word by word."""

_LONGEST: Final = 20_000
_MOST_PAIRS: Final = 20_000
"""Pairs of words that are compared; beyond them, what lies between common ends counts as changed."""


class Part(NamedTuple):
    """A part of two texts: common to both, or gone from the old one, or come with the new one."""

    same: Sequence[str] = ()
    gone: str = ""
    come: str = ""


def parts(old: str, new: str) -> list[Part] | None:
    """Two texts as one; None where they are short, or have little in common."""
    if min(len(old), len(new)) < _SHORTEST or max(len(old), len(new)) > _LONGEST:
        return None
    before, after = _WORD.findall(old), _WORD.findall(new)
    shortest = min(len(before), len(after))
    head = 0
    while head < shortest and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < shortest - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    end = len(before) - tail
    middle = _between(before[head:end], after[head : len(after) - tail])
    found = [Part(before[:head]), *middle, Part(before[end:])]
    common = sum(len(part.same) for part in found)
    if 3 * common < max(len(before), len(after)):
        return None
    return [part for part in found if part != Part() and part != Part([])]


def _between(old: list[str], new: list[str]) -> Iterator[Part]:
    if len(old) * len(new) > _MOST_PAIRS:
        yield Part((), "".join(old), "".join(new))
        return
    # How many words are common to the rest of both, from each place on.
    rest = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            rest[i][j] = rest[i + 1][j + 1] + 1 if old[i] == new[j] else max(rest[i + 1][j], rest[i][j + 1])
    i = j = 0
    same, gone, come = list[str](), "", ""
    while i < len(old) or j < len(new):
        if i < len(old) and j < len(new) and old[i] == new[j]:
            if gone or come:
                yield Part((), gone, come)
                gone = come = ""
            same.append(old[i])
            i, j = i + 1, j + 1
            continue
        if same:
            yield Part(same)
            same = []
        if j == len(new) or (i < len(old) and rest[i + 1][j] >= rest[i][j + 1]):
            gone, i = gone + old[i], i + 1
        else:
            come, j = come + new[j], j + 1
    if same:
        yield Part(same)
    if gone or come:
        yield Part((), gone, come)
