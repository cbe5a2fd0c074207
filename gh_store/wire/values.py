"""JSON values: what the store takes, and their one way to be written, read, compared and measured."""

import json
import math
import re
from typing import Any, Final, NoReturn

from gh_store.domain.exceptions import InvalidObject, ValueTooLarge
from gh_store.domain.limits import MAX_TEXT
from gh_store.domain.values import JsonObject

MAX_DEPTH: Final = 100

_SURROGATE = re.compile("[\ud800-\udfff]")
# Possessive, and content with an unclosed string, so that hostile text costs linear time.
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
# What GitHub turns into notifications or backlinks. In JSON text these stand only inside strings.
_LIVE_TEXT = re.compile(r"[@#<]|GH-|://")
_QUIET_TEXT = {"@": r"\u0040", "#": r"\u0023", "<": r"\u003c", "GH-": r"\u0047H-", "://": r":\u002f/"}

WORST_GROWTH: Final = 6
"""A value read from n characters of JSON takes at most six times n as written (`@` -> `\\u0040`)."""

_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":")).encode


def check_value(value: object) -> None:
    """
    Raise unless `value` is JSON that every reader understands and some text could hold.

    Raises:
        InvalidObject: A key is no string, a number is not finite, a string holds a lone surrogate,
            something is no JSON value, or it is nested more than 100 deep.
        ValueTooLarge: It has more parts than a text has characters.
    """
    fault = fault_of(value)
    if fault is _TOO_MANY:
        raise ValueTooLarge(fault, limit=MAX_TEXT)
    if fault is not None:
        raise InvalidObject(fault)


_TOO_MANY: Final = f"The value has more than {MAX_TEXT:,} parts; {MAX_TEXT:,} characters fit."


def fault_of(value: object) -> str | None:
    """What is wrong with a value, or None. Walks level by level, so depth costs no recursion."""
    level: list[object] = [value]
    depth = parts = 0
    while level:
        parts += len(level)
        if parts > MAX_TEXT:  # also the end of whatever contains itself
            return _TOO_MANY
        below: list[object] = []
        for item in level:
            if isinstance(item, str):
                if not item.isascii() and _SURROGATE.search(item):
                    return "A string holds a lone surrogate, which no UTF-8 text can carry."
            elif isinstance(item, dict | list):
                if depth == MAX_DEPTH:
                    return f"The value is nested more than {MAX_DEPTH} deep."
                if isinstance(item, dict):
                    for key in item:
                        if not isinstance(key, str):
                            return f"The key {key!r} is a {type(key).__name__}; JSON keys are strings."
                        if not key.isascii() and _SURROGATE.search(key):
                            return "A key holds a lone surrogate, which no UTF-8 text can carry."
                    below.extend(item.values())
                else:
                    below.extend(item)
            elif isinstance(item, float):
                if not math.isfinite(item):
                    return f"The number {item!r} is not finite, and JSON has no word for it."
            elif not (item is None or isinstance(item, int)):
                return f"A {type(item).__name__} is no JSON value."
        level = below
        depth += 1
    return None


def write_value(value: object) -> str:
    """JSON text of a checked value on one line, with nothing in it that GitHub would act upon."""
    try:
        text = _encode(value)
    except ValueError as error:  # an int of more digits than Python converts
        raise InvalidObject(f"The value cannot be written as JSON: {error}.") from error
    return _LIVE_TEXT.sub(lambda found: _QUIET_TEXT[found[0]], text)


def write_body(data: JsonObject) -> str:
    """The body of an issue: one line for each member, so that people and diffs can read it."""
    if not data:
        return "{}"
    lines = (f"{write_value(key)}:{write_value(value)}" for key, value in data.items())
    return "{\n" + ",\n".join(lines) + "\n}"


def read_value(text: str) -> Any:
    """
    The value of a JSON text that a caller gave.

    Raises:
        InvalidObject: It is no JSON, or a value that the store does not take.
        ValueTooLarge: It has more parts than a text has characters.
    """
    try:
        value = parse(text)
    except json.JSONDecodeError as error:
        raise InvalidObject(
            f"This is no JSON: {error.msg} (line {error.lineno}, column {error.colno}).",
            hint="Strings and keys stand in double quotes; quote the whole for your shell.",
        ) from error
    except Unfit as error:
        raise InvalidObject(str(error)) from error
    check_value(value)
    return value


def read_body(text: str) -> JsonObject | None:
    """The state in a body, or None if the body holds no JSON object that the store could hold."""
    try:
        value = parse(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) and fault_of(value) is None else None


def canonical(value: object) -> str:
    """The one text of a JSON value: by it values are compared and checks are made."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def check_size(text: str, what: str) -> str:
    """Return `text`, or raise ValueTooLarge if no issue or comment takes it."""
    if len(text) > MAX_TEXT:
        raise ValueTooLarge(
            f"{what} takes {len(text):,} characters as written; {MAX_TEXT:,} fit.",
            size=len(text),
            limit=MAX_TEXT,
        )
    return text


class Unfit(ValueError):
    """JSON, or nearly so, that the store does not take; the text says why."""


def _no_constant(name: str) -> NoReturn:
    raise Unfit(f"{name} is no JSON.")


_decode = json.JSONDecoder(parse_constant=_no_constant).decode


def parse(text: str, depth: int = MAX_DEPTH) -> Any:
    """
    Parse JSON text.

    Raises json.JSONDecodeError if it is none, and Unfit if it is nested deeper than `depth` (found
    before any parser recurses into it) or holds a number that Python does not read.
    """
    if text.count("[") + text.count("{") > depth:
        nested = 0
        for bracket in re.findall(r"[\[\]{}]", _STRING.sub("", text)):
            nested += 1 if bracket in "[{" else -1
            if nested > depth:
                raise Unfit(f"It is nested more than {MAX_DEPTH} deep.")
    try:
        return _decode(text)
    except (json.JSONDecodeError, Unfit):
        raise
    except ValueError as error:
        raise Unfit("It holds a number of more digits than readers take.") from error
