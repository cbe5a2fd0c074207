"""
Regular expressions in linear time: all ways through one at once, none of them tried again.

Python's own engine takes exponential time for some patterns and texts, and nothing can stop it.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeAlias

MAX_STATES: Final = 1_000
"""Places in a pattern. With each character of a text, each of them is looked at once, at most."""

_REMEMBERED: Final = 10_000
_UNBOUNDED: Final = 4_294_967_295

_Test: TypeAlias = Callable[[str], bool]
_States: TypeAlias = frozenset[int]


class Pattern:
    """
    A pattern, to search texts for.

    `$` stands at the very end alone, as in JSON Schema.

    Raises:
        ValueError: It is not a pattern, is too large, or has what takes more than linear time or means something else
            elsewhere: references back, looking around, word boundaries, flags.
    """

    def __init__(self, text: str) -> None:
        try:
            # The parser of Python knows the syntax; it is the only part of the engine that is used.
            parsed: Any = re._parser.parse(text)  # type: ignore[attr-defined]  # noqa: SLF001  # its stubs leave it out
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"{text[:60]!r} is not a pattern: {error}") from error
        self._text = text
        if parsed.state.flags & ~re.UNICODE:
            raise self._refused("flags")
        self._tests: dict[int, tuple[_Test, int]] = {}
        self._empty: dict[int, tuple[str, tuple[int, ...]]] = {}
        self._many = 0
        self._end = self._new()
        self._start = self._sequence(parsed, self._end)
        self._known: dict[tuple[_States, str], _States] = {}

    def search(self, text: str) -> bool:
        """True if the pattern is found anywhere in a text."""
        states = self._closed([self._start], first=True, last=not text)
        for at, character in enumerate(text, start=1):
            if self._end in states:
                return True
            last = at == len(text)
            known = None if last else self._known.get((states, character))
            if known is None:
                moved = [
                    there for state in states if (step := self._tests.get(state)) and step[0](character)
                    for there in (step[1],)
                ]  # fmt: skip  # one thought
                known = self._closed([*moved, self._start], first=False, last=last)
                if not last:
                    if len(self._known) >= _REMEMBERED:
                        self._known.clear()
                    self._known[states, character] = known
            states = known
        return self._end in states

    def _closed(self, states: Iterable[int], *, first: bool, last: bool) -> _States:
        """All places that can be reached without a character more."""
        found, left = set[int](), list(states)
        while left:
            state = left.pop()
            if state not in found:
                found.add(state)
                where, there = self._empty.get(state, ("", ()))
                if (where != "first" or first) and (where != "last" or last):
                    left.extend(there)
        return frozenset(found)

    # --- reading ----------------------------------------------------------------------------------

    def _refused(self, what: str) -> ValueError:
        return ValueError(f"the pattern {self._text[:60]!r} cannot be checked in bounded time: it has {what}")

    def _new(self) -> int:
        self._many += 1
        if self._many > MAX_STATES:
            raise self._refused(f"more than {MAX_STATES:,} places")
        return self._many

    def _way(self, *there: int, where: str = "") -> int:
        state = self._new()
        self._empty[state] = where, there
        return state

    def _sequence(self, items: Iterable[Any], then: int) -> int:
        for kind, value in reversed(list(items)):
            then = self._item(str(kind), value, then)
        return then

    def _item(self, kind: str, value: Any, then: int) -> int:
        match kind:
            case "BRANCH":
                return self._way(*(self._sequence(branch, then) for branch in value[1]))
            case "SUBPATTERN" if not (value[1] or value[2]):
                return self._sequence(value[3], then)
            case "MAX_REPEAT" | "MIN_REPEAT":
                return self._repeated(value, then)
            case "AT" if str(value) in ("AT_BEGINNING", "AT_BEGINNING_STRING"):
                return self._way(then, where="first")
            case "AT" if str(value) in ("AT_END", "AT_END_STRING"):
                return self._way(then, where="last")
            case "LITERAL" | "NOT_LITERAL" | "ANY" | "IN":
                state = self._new()
                self._tests[state] = _test(kind, value), then
                return state
            case _:
                raise self._refused(kind.lower().replace("_", " "))

    def _repeated(self, value: tuple[int, int, Any], then: int) -> int:
        least, most, items = value
        if most == _UNBOUNDED:
            loop = self._new()
            self._empty[loop] = "", (self._sequence(items, loop), then)
            then = loop
        else:
            end = then
            for _ in range(most - least):
                then = self._way(self._sequence(items, then), end)
        for _ in range(least):
            then = self._way(self._sequence(items, then))
        return then


def _test(kind: str, value: Any) -> _Test:
    match kind:
        case "LITERAL":
            return lambda character: ord(character) == value
        case "NOT_LITERAL":
            return lambda character: ord(character) != value
        case "ANY":
            return lambda character: character != "\n"
    negated = any(str(each) == "NEGATE" for each, _ in value)
    tests = [_member(str(each), what) for each, what in value if str(each) != "NEGATE"]
    return lambda character: any(test(character) for test in tests) is not negated


def _member(kind: str, value: Any) -> _Test:
    if kind == "RANGE":
        return lambda character: value[0] <= ord(character) <= value[1]
    if kind == "CATEGORY":
        found = re.compile(_CATEGORIES[str(value)]).match
        return lambda character: found(character) is not None
    return _test(kind, value)


_CATEGORIES: Final = {
    "CATEGORY_DIGIT": "[0-9]",
    "CATEGORY_NOT_DIGIT": "[^0-9]",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": "[A-Za-z0-9_]",
    "CATEGORY_NOT_WORD": "[^A-Za-z0-9_]",
}
"""As ECMA-262, which JSON Schema names, understands them."""
