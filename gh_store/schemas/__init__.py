"""Schemas of objects, by the prefix of their ids: read once, and checked in bounded time."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gh_store import wire
from gh_store.domain.exceptions import ConfigurationError, InvalidObject, InvalidUpdate
from gh_store.domain.values import JsonObject

_LARGEST: Final = 1_000_000
"""Characters of a schema."""

_LONGEST: Final = 200
"""Characters of each part of a message: both may quote an object."""


@dataclass(frozen=True, slots=True)
class Schema:
    """
    The schema of the objects whose ids begin with a prefix.

    Attributes:
        prefix: The beginning of their ids.
        file: Where it is from.
        first_fault: The path and the message of the first fault of a value, or None. Raises ValueError if that cannot
            be told in bounded time.
    """

    prefix: str
    file: Path
    first_fault: Callable[[JsonObject], tuple[str, str] | None]

    def fault(self, data: JsonObject) -> str | None:
        """What is wrong with an object, with the path, in one bounded line. Raises ConfigurationError."""
        try:
            found = self.first_fault(data)
        except ValueError as error:
            raise _broken(self.prefix, self.file, str(error)) from error
        if found is None:
            return None
        path, why = map(_brief, found)
        return f"The object does not fit the schema {self.file.name} at {path or 'the top'}: {why}."


class Schemas:
    """
    The schemas in force.

    Args:
        files: Prefixes of ids, and the file of each.
    Raises:
        ConfigurationError: One of them is missing, broken, or cannot be checked in bounded time.
    """

    def __init__(self, files: Sequence[tuple[str, Path]]) -> None:
        longest_first = sorted(files, key=lambda each: len(each[0]), reverse=True)
        self._schemas = tuple(_read(prefix, file) for prefix, file in longest_first)

    def of(self, object_id: str | None) -> Schema | None:
        """The schema of an object: that of the longest prefix; None if there is none."""
        return next((each for each in self._schemas if (object_id or "").startswith(each.prefix)), None)

    def judge(self, object_id: str | None) -> Callable[[object, JsonObject], InvalidUpdate | None] | None:
        """Why an event that leads to some data is rejected; None where there is no schema."""
        schema = self.of(object_id)
        if schema is None:
            return None

        def judged(_: object, data: JsonObject) -> InvalidUpdate | None:
            fault = schema.fault(data)
            return InvalidUpdate(fault, hint=_HINT) if fault is not None else None

        return judged

    def check(
        self, object_id: str, data: JsonObject, kind: type[InvalidObject | InvalidUpdate] = InvalidObject
    ) -> None:
        """Raise an error of this kind for data that an object may not hold."""
        schema = self.of(object_id)
        fault = schema.fault(data) if schema is not None else None
        if fault is not None:
            raise kind(fault, hint=_HINT)


_HINT: Final = "Correct the value at that path. The setting `schemas` names the schema."


def _read(prefix: str, file: Path) -> Schema:
    try:  # only who has a schema waits for the import
        from gh_store.schemas.validator import Validator  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError(
            f"The setting `schemas` needs the package {error.name}.",
            key="store.schemas",
            hint="pip install 'gh-object-store[schemas]' adds it.",
        ) from error
    try:
        text = file.read_text(encoding="utf-8-sig")
        if len(text) > _LARGEST:
            raise _broken(prefix, file, f"it is longer than {_LARGEST:,} characters")
        return Schema(prefix, file, Validator(wire.parse(text, unique=True)).first_fault)
    except OSError as error:
        raise _broken(prefix, file, error.strerror or "it cannot be read") from error
    except json.JSONDecodeError as error:
        raise _broken(prefix, file, f"not valid JSON: {error.msg} (line {error.lineno})") from error
    except ValueError as error:
        raise _broken(prefix, file, str(error)) from error


def _broken(prefix: str, file: Path, why: str) -> ConfigurationError:
    key = f"store.schemas.{prefix}"
    return ConfigurationError(
        f"{file}: {_brief(key)}: {_brief(why)}.", key=key, file=file, hint="Correct the schema, or take its line out."
    )


def _brief(text: Any) -> str:
    line = " ".join(str(text).split()).rstrip(".")
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
