"""The parameters of a query: what each takes, and what was given. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_to_bytes

from gh_store.domain.values import JsonObject
from gh_store.serve.http.message import Problem

_MOST_FIELDS: Final = 20
_WHOLE: Final = re.compile(r"[0-9]{1,15}", re.ASCII)
_DECIMAL: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Parameter:
    """
    A parameter of a query.

    Attributes:
        read: Its value; raises ValueError for garbage.
        schema: What it takes, as JSON Schema.
        default: Its value where it is not given.
        guarded: True if it takes the token to give it, unless it is given as its default.
    """

    name: str
    summary: str
    read: Callable[[str], Any]
    schema: JsonObject
    default: Any = None
    guarded: bool = False


def whole(name: str, summary: str, least: int, most: int, default: int | None = None) -> Parameter:
    """A parameter that is a whole number."""

    def read(text: str) -> int:
        number = int(text) if _WHOLE.fullmatch(text) else -1
        if not least <= number <= most:
            raise ValueError(f"a whole number from {least:,} to {most:,}")
        return number

    schema = {"type": "integer", "minimum": least, "maximum": most}
    return Parameter(name, summary, read, schema if default is None else {**schema, "default": default}, default)


def seconds(name: str, summary: str, most: int) -> Parameter:
    """A parameter that is a number of seconds."""

    def read(text: str) -> float:
        if not _DECIMAL.fullmatch(text) or float(text) > most:
            raise ValueError(f"a number of seconds from 0 to {most}")
        return float(text)

    return Parameter(name, summary, read, {"type": "number", "minimum": 0, "maximum": most, "default": 0}, 0.0)


def flag(name: str, summary: str, *, guarded: bool = False) -> Parameter:
    """A parameter that is true or false."""

    def read(text: str) -> bool:
        if text not in ("true", "false"):
            raise ValueError("true or false")
        return text == "true"

    return Parameter(name, summary, read, {"type": "boolean", "default": False}, default=False, guarded=guarded)


def text(name: str, summary: str, default: str | None = "") -> Parameter:
    """A parameter that is any text."""
    return Parameter(name, summary, str, {"type": "string"}, default)


def read_query(query: bytes, parameters: Sequence[Parameter] | None) -> Mapping[str, Any]:
    """
    The values of all parameters that a route has.

    Args:
        parameters: None for a route that does not care about what is given.
    Raises:
        Problem: Something is given that the route has not, more than once, or as garbage.
    """
    values = {each.name: each.default for each in parameters or ()}
    if not query or parameters is None:
        return values
    try:
        given = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise _bad("The query of the address cannot be read.", "Send UTF-8, percent-encoded.") from error
    known = {each.name: each for each in parameters}
    seen = set()
    for name, value in given:
        parameter = known.get(name)
        if parameter is None:
            names = ", ".join(known) or "none"
            raise _bad("The query has a parameter that this endpoint does not take.", f"It takes: {names}.")
        if name in seen:
            raise _bad(f"{name} is given more than once.", "Give it once.")
        seen.add(name)
        try:
            values[name] = parameter.read(value)
        except ValueError as error:
            raise _bad(f"{name} is not {error}.", "Correct it, or leave it out.") from error
    return values


def decoded(text: str) -> str:
    """A part of a path without its escapes. Raises Problem if it is not UTF-8."""
    if "%" not in text:
        return text
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError as error:
        raise _bad("The path cannot be read.", "Send UTF-8, percent-encoded.") from error


def _bad(message: str, hint: str) -> Problem:
    return Problem(400, "InvalidInput", message, hint)
