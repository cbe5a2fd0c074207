"""Checks of what callers give, before the first request: everything that can be known without asking."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from gh_store import files, wire
from gh_store.config import Config
from gh_store.domain.events import Draft
from gh_store.domain.exceptions import InvalidInput, InvalidObject, InvalidUpdate, ValueTooLarge
from gh_store.domain.limits import MAX_LABEL, MAX_LABELS, MAX_TEXT
from gh_store.domain.values import JsonObject, Mode
from gh_store.log.patch import check_patch

_LONGEST_WAIT: Final = 86_400.0
_MOST_LABELS: Final = MAX_LABELS - 5
"""The store needs three for an object, and one or two more when it moves or is deleted."""


def checked_object(object_id: str, data: object) -> JsonObject:
    """A copy of the data of a new object. Raises InvalidObjectID, InvalidObject or ValueTooLarge."""
    wire.check_new_object_id(object_id)
    return _checked_data(object_id, data)


def checked_put(object_id: str, data: object, if_version: int | None = None) -> JsonObject:
    """A copy of the data of an object, new or not. Raises as checked_object and check_version do."""
    if if_version == 0 and type(if_version) is int:
        return checked_object(object_id, data)
    check_version(if_version)
    wire.check_object_id(object_id)
    return _checked_data(object_id, data)


def _checked_data(object_id: str, data: object) -> JsonObject:
    if not isinstance(data, Mapping):
        raise InvalidObject(f"A value of type {type(data).__name__} is not a JSON object.")
    own: JsonObject = _own(dict(data), initial_of=object_id, body=True)
    return own


def checked_update(
    changes: object, mode: Mode | str, expected_version: int | None, event_id: str | None
) -> tuple[Mode, Any]:
    """The mode, and a copy of `changes`. Raises InvalidUpdate, InvalidObject or ValueTooLarge."""
    try:
        mode = Mode(mode)
    except ValueError as error:
        raise InvalidUpdate(f"Unknown update mode {mode!r}.", hint=f"Use one of {', '.join(Mode)}.") from error
    check_version(expected_version)
    if event_id is not None:
        if not isinstance(event_id, str) or not 0 < len(event_id) <= MAX_TEXT:
            raise InvalidUpdate(
                "The event_id is not a non-empty string.", hint="Leave it out, or give a non-empty string."
            )
        wire.check_value(event_id)
    if isinstance(changes, Mapping):
        changes = dict(changes)
    elif mode is not Mode.PATCH:
        raise InvalidUpdate(
            f"The changes are not a JSON object, as {mode} requires.",
            hint='A list of operations is a patch: add --mode patch (mode="patch").'
            if isinstance(changes, list)
            else "Give a JSON object.",
        )
    own = _own(changes, event_id=event_id, body=mode is Mode.REPLACE)
    if mode is Mode.PATCH:
        check_patch(own)
    return mode, own


def check_version(version: int | None) -> None:
    """Raise InvalidUpdate unless an object can be at this version."""
    if version is not None and (not isinstance(version, int) or isinstance(version, bool) or version < 1):
        raise InvalidUpdate(f"{version!r} is not a version.", hint="Versions are positive integers.")


def check_wait(seconds: float | None) -> None:
    """Raise InvalidUpdate unless somebody can wait for so long."""
    number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if seconds is not None and not (number and 0 <= seconds <= _LONGEST_WAIT):
        raise InvalidUpdate(f"{seconds!r} is not a number of seconds to wait.", hint="Give 0 or more, up to a day.")


def checked_labels(labels: Sequence[str] | str | None, config: Config) -> list[str]:
    """The extra labels, checked, each once: GitHub tells no case apart. Raises InvalidObject or ValueTooLarge."""
    try:
        several = several_labels(labels)
    except TypeError as error:
        raise InvalidObject("The labels are not strings.", hint="Give one string, or a list of them.") from error
    for label in several:
        if not _is_label(label):
            raise InvalidObject(
                f"{wire.shortened(label)} is not a valid label.",
                hint=f"A label has 1 to {MAX_LABEL} characters, no comma, no control character, no space at its ends.",
            )
        if is_ours(label, config):
            raise InvalidObject(f"The label {label!r} is reserved for the store.", hint="Choose another name.")
    once = list({label.lower(): label for label in reversed(several)}.values())[::-1]
    if (count := len(once)) > _MOST_LABELS:
        raise ValueTooLarge(
            f"{count} extra labels are too many: GitHub takes {MAX_LABELS} on an issue, some of them the store's own.",
            size=count,
            limit=_MOST_LABELS,
            hint=f"Give at most {_MOST_LABELS}.",
        )
    return once


def _is_label(label: object) -> bool:
    return (
        isinstance(label, str)
        and 0 < len(label.strip()) == len(label) <= MAX_LABEL
        and "," not in label
        and label.isprintable()  # lone surrogates are not
    )


def is_ours(label: str, config: Config) -> bool:
    """True for a label that is reserved for the store."""
    ours = (wire.SYSTEM_LABEL, wire.ARCHIVED_LABEL, wire.RETIRED_LABEL, config.base_label.lower())
    return label.lower() in ours or label.lower().startswith(config.uid_prefix.lower())


def several_labels(labels: Sequence[str] | str | None) -> list[str]:
    """One label, several, or none."""
    return [labels] if isinstance(labels, str) else list(labels or ())


def check_aware(time: datetime | None) -> None:
    """Raise InvalidInput for a time without a time zone."""
    if time is not None and time.tzinfo is None:
        raise InvalidInput(f"{time.isoformat()} has no time zone.", hint="Give an aware datetime, for instance in UTC.")


def read_text(path: Path, most: int) -> str:
    """The text of a file of at most `most` bytes. Raises InvalidInput or InsufficientScope if it cannot be read."""
    try:
        return files.read(path, most)
    except files.Unreadable as error:
        raise error.told(f"{path}: the file cannot be read: {error}.", InvalidInput) from error


def _own(data: Any, *, event_id: str | None = None, initial_of: str | None = None, body: bool = False) -> Any:
    """
    A copy that nobody else can change, of a value that fits in an event with the longest possible envelope.

    Args:
        body: It has to fit in a body, too.
    """
    wire.check_value(data)
    text = wire.write_value(data)
    # Far below the limit it fits, whatever is escaped. Writing it twice would be half of a write's time.
    if len(text) + len(event_id or "") + len(initial_of or "") > MAX_TEXT // 8:
        draft = Draft(
            data,
            event_id or "0" * 32,
            Mode.REPLACE,
            attempt=100,
            expected_version=10**9,
            initial_of=initial_of,
        )
        wire.write_event(draft, issue_number=10**10, time=datetime(2000, 1, 1, 0, 0, 0, 1, tzinfo=UTC))
        if body:
            wire.check_size(wire.write_body(data), "The object")
    return json.loads(text)
