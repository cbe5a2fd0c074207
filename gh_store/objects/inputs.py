"""What callers give, checked before the first request: all that can be known to be wrong without asking."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gh_store import wire
from gh_store.config import Config
from gh_store.domain.events import Draft
from gh_store.domain.exceptions import InvalidInput, InvalidObject, InvalidUpdate
from gh_store.domain.limits import MAX_LABEL, MAX_TEXT
from gh_store.domain.values import JsonObject, Mode
from gh_store.log.fold import check_patch


def checked_object(object_id: str, data: object) -> JsonObject:
    """A copy of `data` that nobody else can change. Raises InvalidObjectID, InvalidObject or ValueTooLarge."""
    wire.check_object_id(object_id)
    if not isinstance(data, dict):
        raise InvalidObject(f"A {type(data).__name__} is no JSON object.")
    own: JsonObject = _own(data, initial_of=object_id)
    wire.check_size(wire.write_body(own), "The object")
    return own


def checked_update(
    changes: object, mode: Mode | str, expected_version: int | None, event_id: str | None
) -> tuple[Mode, Any]:
    """The mode, and a copy of `changes`. Raises InvalidUpdate, InvalidObject or ValueTooLarge."""
    try:
        mode = Mode(mode)
    except ValueError as error:
        raise InvalidUpdate(f"There is no update mode {mode!r}.", hint=f"One of {', '.join(Mode)}.") from error
    check_version(expected_version)
    if event_id is not None:
        if not isinstance(event_id, str) or not 0 < len(event_id) <= MAX_TEXT:
            raise InvalidUpdate("An event_id is a string, and not empty.", hint="Leave it out, or give it a name.")
        wire.check_value(event_id)
    if mode is not Mode.PATCH and not isinstance(changes, dict):
        raise InvalidUpdate(f"The changes are no JSON object, which {mode} needs.")
    own = _own(changes, event_id=event_id)
    if mode is Mode.PATCH:
        check_patch(own)
    if mode is Mode.REPLACE:
        wire.check_size(wire.write_body(own), "The object")
    return mode, own


def check_version(version: int | None) -> None:
    """Raise InvalidUpdate unless an object could be at this version."""
    if version is not None and (not isinstance(version, int) or isinstance(version, bool) or version < 1):
        raise InvalidUpdate(f"No object is at version {version!r}.", hint="Versions are whole numbers from 1.")


def checked_labels(labels: Sequence[str] | str | None, config: Config) -> list[str]:
    """The labels that a caller may put on an issue. Raises InvalidObject."""
    for label in (several := several_labels(labels)):
        if not isinstance(label, str) or not 0 < len(label.strip()) == len(label) <= MAX_LABEL or "," in label:
            raise InvalidObject(
                f"{label!r} is no label.", hint=f"A label has 1 to {MAX_LABEL} characters and no comma."
            )
        if is_ours(label, config):
            raise InvalidObject(f"The label {label!r} is the store's own.", hint="Choose another name.")
    return several


def is_ours(label: str, config: Config) -> bool:
    """True for a label by which the store says what an issue is."""
    ours = (wire.SYSTEM_LABEL, wire.ARCHIVED_LABEL, wire.RETIRED_LABEL, config.base_label.lower())
    return label.lower() in ours or label.lower().startswith(config.uid_prefix.lower())


def several_labels(labels: Sequence[str] | str | None) -> list[str]:
    """One label, several, or none."""
    return [labels] if isinstance(labels, str) else list(labels or ())


def check_aware(time: datetime | None) -> None:
    """Raise InvalidInput for a time without a zone."""
    if time is not None and time.tzinfo is None:
        raise InvalidInput(f"{time.isoformat()} has no time zone.", hint="Give an aware datetime, in UTC for instance.")


def read_text(path: Path) -> str:
    """The text of a file. Raises InvalidInput if it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{path}: {error.strerror}.", hint="Name a file that can be read.") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path}: this is no UTF-8 text.", hint="Make the file anew, as UTF-8.") from error


def _own(data: object, *, event_id: str | None = None, initial_of: str | None = None) -> Any:
    """A copy of a value that fits in an event with the longest envelope that it may get."""
    wire.check_value(data)
    text = wire.write_value(data)
    # Far below the limit it fits, whatever is escaped; writing it twice would be half of a write's time.
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
    return json.loads(text)
