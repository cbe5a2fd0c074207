"""
Comments that are nearly events: what is wrong with them, and where.

Conversation is full of brackets, so only what nobody says is taken for a failed event: the whole text, or the whole of
one fenced block, opens like a JSON object or a patch, with a key and a colon, and ends with the bracket that closes it.
Comments may stand before and behind. What a closed block calls JSON needs no such end.
"""

import json
import re
from dataclasses import dataclass
from typing import Final

from gh_store.wire.values import BLANK, MAX_DEPTH, ZERO_WIDTH, Unfit, parse

# --- fences ---------------------------------------------------------------------------------------

_FENCE: Final = re.compile(r"(`{3,}|~{3,})([^`]*)")
_FENCED: Final = re.compile(r"^[ \t]*+(?:```|~~~)", re.MULTILINE)
_JSON_LIKE: Final = re.compile(r"(?:json[\w+-]*|js|javascript|)(?:[ \t{].*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Block:
    """A text that opens a fenced block. `closed` is False if its last line does not close it."""

    info: str
    body: str
    closed: bool


def fenced(text: str) -> Block | None:
    """The fenced block that a text without blanks around it begins with, and may be."""
    first, _, rest = text.partition("\n")
    fence = _FENCE.fullmatch(first.rstrip("\r"))
    if fence is None:
        return None
    info = fence[2].strip(" \t")
    body, _, last = rest.rpartition("\n")
    if last.strip().startswith(fence[1]) and not last.strip().strip(fence[1][0]):
        return Block(info, body.strip(BLANK), closed=True)
    return Block(info, rest.rstrip("`~").strip(BLANK), closed=False)


# --- what looks like JSON -------------------------------------------------------------------------

# Atomic and possessive, so that hostile text costs linear time.
_COMMENTS: Final = re.compile(r"(?<!:)//[^\n]*+|/\*(?>[\s\S]*?(?:\*/|\Z))")
_GAP: Final = rf"(?:[\s{ZERO_WIDTH}]++|//[^\n]*+|/\*(?>[\s\S]*?\*/))*+"
_QUOTES: Final = "\"'\u2018-\u201f\u00ab\u00bb\u2039\u203a\u00b4\u2032\u2033\uff02\uff07"
_QUOTED: Final = rf"""(?:"[^"\n]*+"|[{_QUOTES}][^{_QUOTES}\n]*+[{_QUOTES}])"""
_NAME: Final = r"[A-Za-z_$][\w$-]*+"
_COLON: Final = _GAP + "[:\uff1a]"
# A name without quotation marks is a key only if a value follows: `{note: not sure}` is conversation.
_VALUE: Final = (
    rf"(?:(?:-?\d[\d.eE+-]*+|true|false|null|True|False|None)\s*+[,}}]|[{_QUOTES}]|\[\s*+[{_QUOTES}{{\]]"
    rf"|\{{{_GAP}(?:{_QUOTED}|{_NAME}){_COLON})"
)
_OBJECT: Final = re.compile(rf"\{{{_GAP}(?:{_QUOTED}{_COLON}|{_NAME}{_COLON}\s*+{_VALUE})")
_PATCH: Final = re.compile(rf"\[{_GAP}\{{{_GAP}[{_QUOTES}]?(?:op|path|from|value)[{_QUOTES}]?{_COLON}")
_BEFORE: Final = re.compile(_GAP)
_STRING: Final = re.compile(r'"(?:[^"\\\n]|\\.)*+"?')


def _looks_like_json(text: str, *, whole: bool) -> bool:
    """True for what opens so; and, if it is to be `whole`, ends so, too."""
    before = _BEFORE.match(text)
    text = text[before.end() :] if before is not None else text
    opens, closes = (_OBJECT, "}") if text.startswith("{") else (_PATCH, "]")
    return opens.match(text) is not None and (not whole or _is_one_value(text, closes))


def _is_one_value(text: str, closes: str) -> bool:
    """True if the first bracket closes at the end, if at all."""
    depth = 0
    for bracket in re.finditer(r"[\[\]{}]", bare := _COMMENTS.sub("", _STRING.sub("", text))):
        depth += 1 if bracket[0] in "[{" else -1
        if depth == 0:
            return not bare[bracket.end() :].strip("]} \t\r\n")
    return text.endswith(closes)


# --- what is wrong --------------------------------------------------------------------------------


def fault_of_nearly(text: str) -> str | None:
    """What is wrong with a comment that is nearly an event, in one line; None for conversation, and for an event."""
    stripped = text.strip(BLANK)
    block = fenced(stripped)
    inner = stripped if block is None else block.body
    if block is not None and not _JSON_LIKE.fullmatch(block.info):
        return None
    is_said = block is not None and block.closed and block.info.lower().startswith("json") and not _FENCED.search(inner)
    if not _looks_like_json(inner, whole=not is_said):
        return None
    try:
        value = parse(inner, MAX_DEPTH + 1)
    except json.JSONDecodeError as error:
        at, what = _fault_of_json(inner, error)
        at += text.find(inner)
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        return f"It is not valid JSON (line {line}, column {column}): {what}."
    except Unfit as error:
        return str(error)
    if block is not None and not block.closed:
        return "The fenced block is not closed: its last line has to be the fence alone, as its first line is."
    if isinstance(value, list):
        return 'A list of operations is a patch: wrap it as {"_data": [...], "_meta": {"update_mode": "patch"}}.'
    if block is not None and block.info.lower() not in ("", "json"):
        return "The info string of the fenced block is not json."
    return None


def _fault_of_json(text: str, error: json.JSONDecodeError) -> tuple[int, str]:
    """Where, and what. In our words: those of Python differ by its version."""
    at = error.pos
    char, before = text[at : at + 1], text[:at].rstrip()
    if char == "," and text[at + 1 :].lstrip()[:1] in ("}", "]"):
        return at, "a comma before a closing bracket"
    if char in ("}", "]") and before.endswith(","):
        return len(before) - 1, "a comma before a closing bracket"
    return at, _named(text[at : at + 5], error.msg)


def _named(here: str, message: str) -> str:
    if message.startswith("Unterminated"):
        return "a string that is not closed"
    if message.startswith("Invalid control"):
        return "a line end or another control character inside a string"
    if message.startswith("Invalid \\"):
        return "an invalid escape inside a string"
    char = here[:1]
    if not char:
        return "it ends too early"
    if char == "'":
        return 'a single quotation mark, where JSON has "'
    if re.match(f"[{_QUOTES}]", char) and char != '"':
        return 'a curly quotation mark, where JSON has "'
    if char.isspace() or char in ZERO_WIDTH:
        return f"a character that JSON does not know as a space, U+{ord(char):04X}"
    if here.startswith(("//", "/*")):
        return "a comment, which JSON does not have"
    if here.startswith(("True", "False", "None")):
        return "a word of Python; JSON has true, false and null"
    if message.startswith("Expecting property name") and re.match(_NAME, here):
        return "a key without quotation marks"
    return f"{char!a} is not expected here"
