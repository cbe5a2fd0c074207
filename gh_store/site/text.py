"""Text as a page shows it: what cannot be seen, or turns the text around it, is written as an escape."""

import json
import re
import unicodedata
from datetime import UTC, datetime
from typing import Any, Final

from gh_store.domain.pointers import keys_of
from gh_store.wire.values import ZERO_WIDTH

_INVISIBLE: Final = (
    r"\x00-\x1f\x7f-\x9f\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2028\u2029\u2065\u206a-\u206f\u3164\ufe00"
    r"\uffa0\ufff0-\uffff\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
) + "".join(f"\\u{ord(each):04x}" for each in ZERO_WIDTH)
_LINE: Final = re.compile(f"[{_INVISIBLE}]")
_BLOCK: Final = re.compile(f"(?![\t\n])[{_INVISIBLE}]")

_LONGEST_NAME: Final = 160
_KEY: Final = re.compile(r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt])*"(?=\.|$)|[^.]+')
_LONGEST_SEARCHED: Final = 4_000
"""Characters of an object that the search looks into."""


def visible(text: str) -> str:
    """Text on one line."""
    return text if text.isprintable() and text.isascii() else _LINE.sub(_escape, text)


def visible_block(text: str) -> str:
    """Text that keeps its lines and tabs."""
    return text if text.isprintable() and text.isascii() else _BLOCK.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\u{{{code:x}}}"


def compact(value: Any, most: int) -> str:
    """A value as JSON on one line, keys in order, cut at `most` characters; a string without its quotation marks."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def folded(text: str) -> str:
    """Text as it is searched: without case (ß is SS, and a sigma is one), and without the marks on letters."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text)
    letters = "".join(each for each in parts if not unicodedata.category(each).startswith("M"))
    return letters.lower().upper().lower().replace("\N{GREEK SMALL LETTER FINAL SIGMA}", "\N{GREEK SMALL LETTER SIGMA}")


def searched(object_id: str, data: Any) -> str:
    """What a search looks into: the id and the values of an object, folded."""
    found, left = [object_id], _LONGEST_SEARCHED - len(object_id)
    waiting = [data]
    while waiting and left > 0:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(reversed(value.values()))
        elif isinstance(value, list):
            waiting.extend(reversed(value))
        elif value is not None:
            text = compact(value, left) if isinstance(value, str) else json.dumps(value)
            found.append(text)
            left -= len(text) + 1
    return folded(" ".join(found))


def brief(name: str) -> str:
    """A key or a path, cut where it is long."""
    return compact(name, _LONGEST_NAME)


def dotted(pointer: str) -> str:
    """A JSON pointer as people write paths, cut where it is long: `reading.wind`."""
    return brief(".".join(map(quoted, keys_of(pointer))))


def quoted(key: str) -> str:
    """A key as it stands in a path: quoted if it has a dot in it, or nothing."""
    return json.dumps(key, ensure_ascii=False) if "." in key or not key else key


def split(path: str) -> list[str]:
    """The keys of a path that people wrote; in quotation marks a key may have a dot in it."""
    return [json.loads(key) if key.startswith('"') else key for key in _KEY.findall(path)]


_MONTHS: Final = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def day(time: datetime) -> str:
    """A date in words (UTC), in no language but English, whatever the machine speaks."""
    return f"{time.day} {_MONTHS[time.month - 1]} {time.year}"


def minute(time: datetime) -> str:
    """A time in words (UTC)."""
    return f"{day(time)}, {time.hour:02}:{time.minute:02}"


def stamp(time: datetime) -> str:
    """A time for programs, in UTC and whole seconds."""
    return f"{time.astimezone(UTC).isoformat(timespec='seconds').removesuffix('+00:00')}Z"
