"""
RFC 6902, in bounded work.

The results are those of the jsonpatch library. A patch is refused where it would write more than so many characters, or
nest values deeper than an object may, even for a moment: a hundred characters of `copy` can double an object ten times
over. What counts is the patch and the state alone, so that all who fold a log agree.
"""

import re
from typing import Any, Final

import jsonpatch
from jsonpointer import JsonPointer, JsonPointerException

from gh_store import wire
from gh_store.domain.exceptions import InvalidUpdate, ValueTooLarge
from gh_store.domain.limits import MAX_TEXT
from gh_store.domain.values import JsonObject

MAX_WRITTEN: Final = 4 * MAX_TEXT
"""The most characters of JSON that the operations of a patch may write in all. Its cost grows with nothing else."""

_MAX_MESSAGE: Final = 300
_TYPE: Final = re.compile(r"<class '(\w+)'>")
_TYPES: Final = {
    "dict": "object",
    "list": "array",
    "str": "string",
    "int": "number",
    "float": "number",
    "bool": "boolean",
    "NoneType": "null",
}
_ERRORS: Final = (
    jsonpatch.JsonPatchException,
    JsonPointerException,
    # What the library lets through for paths and values of the wrong type.
    TypeError,
    ValueError,
    LookupError,
    AttributeError,
)


def check_patch(operations: object) -> None:
    """Raise InvalidUpdate unless `operations` is a patch of RFC 6902, whatever it is applied to."""
    if not isinstance(operations, list):
        raise InvalidUpdate(
            "A patch is an array of operations (RFC 6902).",
            hint="Give an array; or, for a JSON object of changes, another mode than patch.",
        )
    try:
        jsonpatch.JsonPatch(operations)
    except _ERRORS as error:
        raise InvalidUpdate(
            f"The patch is malformed: {_brief(error)}.",
            hint='An operation looks like {"op": "replace", "path": "/a/b", "value": 1}: see RFC 6902.',
        ) from error


def apply_patch(old: JsonObject, operations: Any) -> JsonObject:
    """The state after a patch. Raises InvalidUpdate or ValueTooLarge. `old` is never changed."""
    check_patch(operations)
    data = wire.copy_value(old)
    written = 0
    for operation in operations:
        written += _written(operation, data)
        if written > MAX_WRITTEN:
            raise ValueTooLarge(
                f"The patch writes more than {MAX_WRITTEN:,} characters in all.",
                limit=MAX_WRITTEN,
                hint="Split it into several updates.",
            )
        try:
            data = jsonpatch.JsonPatch([operation]).apply(data, in_place=True)
        except _ERRORS as error:
            raise InvalidUpdate(f"The patch does not apply: {_brief(error)}.") from error
    if not isinstance(data, dict):
        raise InvalidUpdate("The result of the patch is not a JSON object.")
    wire.check_value(data)
    return data


def _written(operation: JsonObject, data: Any) -> int:
    """How many characters of JSON an operation writes. Raises InvalidUpdate if they would be nested too deep."""
    op, depth = operation["op"], operation["path"].count("/")
    try:
        if op in ("add", "replace"):
            value = operation["value"]
        elif op == "copy" or (op == "move" and depth > operation["from"].count("/")):
            parent, part = JsonPointer(operation["from"]).to_last(data)
            value = parent if part is None else parent[part]
        else:
            return 0  # other moves hand a value on as it is
    except _ERRORS:
        return 0  # the library says what is wrong
    text = wire.write_value(value)
    if wire.nested_deeper(text, wire.MAX_DEPTH - depth):
        raise InvalidUpdate(f"The patch nests values more than {wire.MAX_DEPTH} levels deep.")
    return len(text)


def _brief(error: Exception) -> str:
    """The message of an error, which may quote a whole document. Types are called by their JSON names."""
    text = _TYPE.sub(lambda found: _TYPES.get(found[1], found[1]), str(error))
    return text if len(text) <= _MAX_MESSAGE else f"{text[:_MAX_MESSAGE]}…"
