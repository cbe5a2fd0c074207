"""
JSON Schema 2020-12, by the library jsonschema, in bounded work.

What counts is the schema and the value alone, never a clock, so that all who judge an event agree. Nothing is fetched.
"""

import threading
from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any, Final, TypeAlias

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import extend
from referencing import Registry

from gh_store import wire
from gh_store.domain import pointers
from gh_store.schemas.pattern import Pattern

MAX_STEPS = 100_000
"""Keywords that are applied to one value, at most."""

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_REFERENCES: Final = ("$ref", "$dynamicRef")

_Errors: TypeAlias = Iterator[ValidationError]
_Keyword: TypeAlias = Callable[[Any, Any, Any, Any], _Errors]


class _TooSlow(Exception):
    """More work than a value may take."""


class Validator(threading.local):
    """
    Checks values against one schema. May be shared by threads.

    Raises:
        ValueError: This is not such a schema, it refers to another document, or its patterns take unbounded time.
    """

    def __init__(self, schema: Any) -> None:
        _check(schema)
        self._patterns = dict(_patterns(schema))
        self._steps = 0
        theirs: dict[str, Any] = dict(Draft202012Validator.VALIDATORS)
        own: dict[str, Any] = {
            "pattern": self._pattern,
            "patternProperties": self._pattern_properties,
            "additionalProperties": self._additional_properties,
            "uniqueItems": _unique_items,
        }
        keywords = {name: self._counted(own.get(name) or its) for name, its in theirs.items()}
        self._validator: Any = extend(Draft202012Validator, keywords)(schema, registry=Registry())  # type: ignore[no-untyped-call]
        self.first_fault({})  # a reference that leads nowhere at the top is found at once

    def first_fault(self, value: Any) -> tuple[str, str] | None:
        """
        The first fault of a value: its path, a JSON pointer, and what is wrong; or None.

        Raises:
            ValueError: The schema cannot be applied, or it takes more than MAX_STEPS.
        """
        self._steps = 0
        try:
            error = next(self._validator.iter_errors(value), None)
        except _TooSlow:
            raise ValueError(f"it is too slow: an object takes more than {MAX_STEPS:,} steps to check") from None
        except RecursionError:
            raise ValueError("it refers to itself without end") from None
        except Exception as fault:  # the library raises what it likes for a reference that leads nowhere
            raise ValueError(f"it cannot be applied: {fault}") from fault
        return (_pointer(error), error.message) if error is not None else None

    def _work(self, steps: int) -> None:
        self._steps += steps
        if self._steps > MAX_STEPS:
            raise _TooSlow

    def _counted(self, keyword: _Keyword) -> _Keyword:
        def applied(validator: Any, value: Any, instance: Any, schema: Any) -> _Errors:
            self._work(1)
            yield from keyword(validator, value, instance, schema) or ()

        return applied

    # --- keywords with patterns: Python's engine may take for ever ------------------------------------

    def _matches(self, pattern: str, text: str) -> bool:
        self._work(len(text) // 100)
        return self._patterns[pattern].search(text)

    def _pattern(self, validator: Any, value: str, instance: Any, _: Any) -> _Errors:
        if validator.is_type(instance, "string") and not self._matches(value, instance):
            yield ValidationError(f"{wire.shortened(instance)} does not match {wire.shortened(value)}")

    def _pattern_properties(self, validator: Any, value: Any, instance: Any, _: Any) -> _Errors:
        for pattern, below in value.items() if validator.is_type(instance, "object") else ():
            for key, member in instance.items():
                if self._matches(pattern, key):
                    yield from validator.descend(member, below, path=key, schema_path=pattern)

    def _additional_properties(self, validator: Any, value: Any, instance: Any, schema: Any) -> _Errors:
        named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
        for key, member in instance.items() if validator.is_type(instance, "object") else ():
            if key in named or any(self._matches(pattern, key) for pattern in patterns):
                continue
            if value is False:
                yield ValidationError(f"the member {wire.shortened(key)} is not allowed")
            else:
                yield from validator.descend(member, value, path=key)


def _unique_items(validator: Any, value: bool, instance: Any, _: Any) -> _Errors:
    # In linear time, which the library's takes for some lists only.
    checked = value and validator.is_type(instance, "array")
    if checked and len({wire.canonical(_plain(item)) for item in instance}) < len(instance):
        yield ValidationError("an item occurs twice")


def _plain(value: Any) -> Any:
    """A value whose canonical text is equal where JSON Schema calls two values equal: 1 is 1.0."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return {key: _plain(item) for key, item in value.items()} if isinstance(value, dict) else value


def _pointer(error: ValidationError | SchemaError) -> str:
    return reduce(pointers.below, error.absolute_path, "")


def _check(schema: Any) -> None:
    """Raise ValueError unless this is a schema of 2020-12."""
    if not isinstance(schema, dict | bool):
        raise ValueError("a schema is a JSON object")  # noqa: TRY004  # one kind of error for all that is wrong
    if isinstance(schema, dict) and str(schema.get("$schema", _DRAFT)).rstrip("#") != _DRAFT:
        raise ValueError(f"its $schema is not {_DRAFT}")
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise ValueError(f"not a valid schema at {_pointer(error)}: {error.message}") from error
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


def _patterns(schema: Any) -> Iterator[tuple[str, Pattern]]:
    """The patterns of a schema, each read. Raises ValueError for what cannot be bounded, or leads elsewhere."""
    nodes, keywords = [schema], set[str]()
    while nodes:
        node = nodes.pop()
        if isinstance(node, list):
            nodes.extend(node)
        if not isinstance(node, dict):
            continue
        nodes.extend(node.values())
        keywords |= node.keys()
        for keyword in _REFERENCES:
            target = node.get(keyword)
            if isinstance(target, str) and not target.startswith("#"):
                raise ValueError(f"{keyword} {wire.shortened(target)} leads to another document, which is not fetched")
        named = node.get("patternProperties")
        for text in (*(named if isinstance(named, dict) else ()), node.get("pattern")):
            if isinstance(text, str):
                yield text, Pattern(text)
    if {"unevaluatedProperties", "patternProperties"} <= keywords:  # it would use Python's engine
        raise ValueError("unevaluatedProperties and patternProperties do not go together")
