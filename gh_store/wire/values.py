"""JSON values: which ones the store accepts, and the one way to write, read, compare and measure them."""

import json
import math
import re
from itertools import accumulate
from typing import Any, Final, NoReturn

from gh_store.domain.exceptions import InvalidObject, ValueTooLarge
from gh_store.domain.limits import MAX_TEXT
from gh_store.domain.values import JsonObject

MAX_DEPTH: Final = 100

ZERO_WIDTH: Final = (
    "\ufeff\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069"
)
"""A byte order mark, and what else editors leave before and after a text without anybody seeing it."""

BLANK: Final = ZERO_WIDTH + "".join(character for character in map(chr, range(0x3001)) if character.isspace())
"""What may stand around JSON."""

_PIECE: Final = 100_000
_BRACKET = re.compile(r"[\[\]{}]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# Possessive, and content with an unclosed string, so that hostile text costs linear time.
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)

# What GitHub or Markdown turns into mentions, references and links. In JSON text it occurs only inside strings.
_QUIET_TEXT: Final = (
    *((live, f"\\u{ord(live):04x}") for live in "&@#<`"),
    ("](", r"\u005d("),  # it would end a link that begins at a `[` of the syntax
    ("GH-", r"\u0047H-"),
    ("://", r":\u002f/"),
)
# These begin with the rarest character that they need, which makes the search several times as fast.
_GH = re.compile(r"-(?<=[Gg][Hh]-)(?=\d)")
_WWW = re.compile(r"\.(?<=[Ww][Ww][Ww]\.)")
# `[` is also JSON syntax. There it follows a separator, each of which ends in a NUL until the text is quiet:
# the text of a string never contains one.
_BRACKETS_IN_STRINGS = re.compile(r"\[(?<=[^\0\[]\[)\[*")
_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",\0", ":\0")).encode
_encode_canonically = json.JSONEncoder(ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode

WORST_GROWTH: Final = 6
"""A value read from n characters of JSON takes at most six times n characters as written (`@` -> `\\u0040`)."""


def check_value(value: object) -> None:
    """
    Raise unless `value` is JSON that every parser reads and that could fit in a body.

    Raises:
        InvalidObject: A key is not a string, a number is not finite, a string contains a lone surrogate,
            something is not JSON, or the nesting is more than 100 levels deep.
        ValueTooLarge: It has more parts than a body has characters.
    """
    fault = fault_of(value)
    if fault is _TOO_MANY:
        raise ValueTooLarge(fault, limit=MAX_TEXT)
    if fault is not None:
        raise InvalidObject(fault)


_TOO_MANY: Final = f"The value has more than {MAX_TEXT:,} parts, so it cannot fit in {MAX_TEXT:,} characters."


def fault_of(value: object) -> str | None:
    """What is wrong with a value, or None. Walks level by level, so that depth costs no recursion."""
    level: list[object] = [value]
    depth = parts = 0
    while level:
        parts += len(level)
        if parts > MAX_TEXT:  # this also ends the walk of a value that contains itself
            return _TOO_MANY
        below: list[object] = []
        for item in level:
            if isinstance(item, str):
                if not item.isascii() and _SURROGATE.search(item):
                    return "A string contains a lone surrogate, which UTF-8 cannot encode."
            elif isinstance(item, dict | list):
                if depth == MAX_DEPTH:
                    return f"The value is nested more than {MAX_DEPTH} levels deep."
                if isinstance(item, dict):
                    for key in item:
                        if not isinstance(key, str):
                            return f"The key {key!r} is of type {type(key).__name__}; JSON keys must be strings."
                        if not key.isascii() and _SURROGATE.search(key):
                            return "A key contains a lone surrogate, which UTF-8 cannot encode."
                    below.extend(item.values())
                else:
                    below.extend(item)
            elif isinstance(item, float):
                if not math.isfinite(item):
                    return f"The number {item!r} is not finite; JSON has no NaN and no Infinity."
            elif not (item is None or isinstance(item, int)):
                return f"A value of type {type(item).__name__} is not JSON."
        level = below
        depth += 1
    return None


def write_value(value: object) -> str:
    """The JSON text of a checked value, on one line. GitHub and Markdown find nothing in it to act on."""
    return _quiet(_text(value))


def write_body(data: JsonObject) -> str:
    """The body of an issue: one line for each member, so that people and diffs can read it."""
    if not data:
        return "{}"
    return _quiet("{\n" + ",\n".join(f"{_text(key)}:\0{_text(value)}" for key, value in data.items()) + "\n}")


def _text(value: object) -> str:
    try:
        return _encode(value)
    except ValueError as error:  # an int with more digits than Python converts
        raise InvalidObject(f"The value cannot be written as JSON: {error}.") from error


def _quiet(text: str) -> str:
    """Text of the encoder, with what is live in it escaped, and without its NULs."""
    if "[" in text:
        text = text.replace("![", r"\u0021[")
        text = _BRACKETS_IN_STRINGS.sub(lambda found: r"\u005b" * len(found[0]), text)
    text = text.replace("\0", "")
    for live, quiet in _QUIET_TEXT:
        text = text.replace(live, quiet)
    text = _GH.sub(r"\\u002d", text)
    for www in {text[found.start() - 3 : found.end()] for found in _WWW.finditer(text)}:
        text = text.replace(www, f"\\u{ord(www[0]):04x}{www[1:]}")
    return text


def copy_value(value: Any) -> Any:
    """A copy that shares nothing with `value`. By way of text, which is several times as fast as `deepcopy`."""
    return json.loads(json.dumps(value))


def read_value(text: str) -> Any:
    """
    The value of JSON text from a caller.

    Raises:
        InvalidObject: It is not valid JSON, a key occurs twice in one object, or the store does not accept the value.
        ValueTooLarge: It has more parts than a body has characters.
    """
    try:
        value = parse(text, unique=True)
    except json.JSONDecodeError as error:
        raise InvalidObject(
            f"This is not valid JSON: {error.msg} (line {error.lineno}, column {error.colno}).",
            hint="Put keys and strings in double quotes, and quote the whole value for your shell.",
        ) from error
    except Repeated as error:
        raise InvalidObject(str(error), hint="Remove all but one: it is not clear which one counts.") from error
    except Unfit as error:
        raise InvalidObject(str(error)) from error
    check_value(value)
    return value


def read_body(text: str) -> JsonObject | None:
    """The state in a body, or None if the body is not a JSON object that the store accepts."""
    try:
        value = parse(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) and fault_of(value) is None else None


def canonical(value: object) -> str:
    """The one text of a JSON value. Values are compared by it, and checksums are made of it."""
    return _encode_canonically(value)


def check_size(text: str, what: str) -> str:
    """Return `text`, or raise ValueTooLarge if it does not fit in an issue or a comment."""
    if len(text) > MAX_TEXT:
        raise ValueTooLarge(
            f"{what} takes {len(text):,} characters as written; the limit is {MAX_TEXT:,}.",
            size=len(text),
            limit=MAX_TEXT,
        )
    return text


def shortened(value: object) -> str:
    """A value from a file, as a message shows it."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an int with more digits than Python converts
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:59]}…"


class Unfit(ValueError):
    """JSON, or nearly JSON, that the store does not accept; the message says why."""


class Repeated(Unfit):
    """JSON text with an object that has a key twice."""


def _no_constant(name: str) -> NoReturn:
    raise Unfit(f"{name} is not valid JSON.")


def _no_repetition(members: list[tuple[str, Any]]) -> JsonObject:
    value = dict(members)
    if len(value) < len(members):
        seen = set[str]()
        again = next(key for key, _ in members if key in seen or seen.add(key))  # type: ignore[func-returns-value]  # it adds
        raise Repeated(f"The key {shortened(again)} occurs twice in one JSON object.")
    return value


_decode = json.JSONDecoder(parse_constant=_no_constant).decode
_decode_unique = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_no_repetition).decode


def parse(text: str, depth: int = MAX_DEPTH, *, unique: bool = False) -> Any:
    """
    Parse JSON text, with or without a byte order mark.

    Args:
        unique: Refuse an object that has a key twice, as what a caller gives is refused; else the last one counts, as
            in everything that was written before.
    Raises:
        json.JSONDecodeError: The text is not JSON.
        Unfit: It is nested deeper than `depth` (which is found before any parser recurses into it), or contains a
            number that Python does not read; Repeated, if a key occurs twice.
    """
    text = text.strip(BLANK)
    if nested_deeper(text, depth):
        raise Unfit(f"It is nested more than {MAX_DEPTH} levels deep.")
    try:
        return (_decode_unique if unique else _decode)(text)
    except (json.JSONDecodeError, Unfit):
        raise
    except ValueError as error:
        raise Unfit("It contains a number with too many digits.") from error


def nested_deeper(text: str, depth: int) -> bool:
    """True if JSON text is nested more than `depth` levels deep."""
    if text.count("[") + text.count("{") <= depth:
        return False
    text = _STRING.sub("", text)
    level = 0
    for start in range(0, len(text), _PIECE):  # not all at once: hostile text is nothing but brackets
        brackets = _BRACKET.findall(text, start, start + _PIECE)
        levels = list(accumulate((1 if bracket in "[{" else -1 for bracket in brackets), initial=level))
        if max(levels) > depth:
            return True
        level = levels[-1]
    return False
