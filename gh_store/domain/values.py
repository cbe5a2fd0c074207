"""Objects and their states: plain values without anything of a vendor."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, "Json"] | list["Json"] | str | int | float | bool | None
JsonObject: TypeAlias = dict[str, Any]  # `Any`, not `Json`: users index into their objects


class Mode(StrEnum):
    """How an event changes the state."""

    APPEND = "append"  # deep merge of objects; every other value replaces
    REPLACE = "replace"
    MERGE = "merge"  # RFC 7396
    PATCH = "patch"  # RFC 6902


@dataclass(frozen=True, slots=True)
class ObjectMeta:
    """
    What the store knows about an object.

    Attributes:
        object_id: The name that its users gave it.
        issue_number: The issue that contains it.
        created_at: When the issue was created (UTC, whole seconds).
        updated_at: When the last applied event was written (UTC, whole seconds).
        version: The number of applied events, including the creation: 1 for a new object.
        pending: The number of authorised events that the state does not include yet; None if this
            reader may not ask who is authorised.
    """

    object_id: str
    issue_number: int
    created_at: datetime
    updated_at: datetime
    version: int
    pending: int | None = 0


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object: its state, and what the store knows about it."""

    meta: ObjectMeta
    data: JsonObject


@dataclass(slots=True)
class State:
    """
    The result of folding a log up to some position. Never changed after it was made.

    (Not `frozen`: the fold makes one for every event, and a frozen one takes three times as long to make.)

    Attributes:
        version: The number of applied events, including the creation.
        time: When the last of them was written.
        data: The object.
        size: An upper bound of the characters that `data` takes in a body.
    """

    version: int
    time: datetime
    data: JsonObject
    size: int
