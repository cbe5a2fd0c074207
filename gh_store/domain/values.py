"""Objects and their states: plain values without anything of a vendor."""

import html
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal, TypeAlias

Json: TypeAlias = dict[str, "Json"] | list["Json"] | str | int | float | bool | None
JsonObject: TypeAlias = dict[str, Any]  # `Any`, not `Json`: users index into their objects


class Mode(StrEnum):
    """How an event changes the state."""

    APPEND = "append"  # deep merge of objects; every other value replaces
    REPLACE = "replace"
    MERGE = "merge"  # RFC 7396
    PATCH = "patch"  # RFC 6902


ModeName: TypeAlias = Literal["append", "replace", "merge", "patch"]
"""The same as a string."""

_SHOWN: Final = 2_000
"""Characters of an object's JSON that a notebook shows."""


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


@dataclass(frozen=True, slots=True, repr=False)
class StoredObject:
    """An object: its state, and what the store knows about it."""

    meta: ObjectMeta
    data: JsonObject

    def __repr__(self) -> str:
        return f"<StoredObject {self.meta.object_id!r}, version {self.meta.version}, pending {self.meta.pending}>"

    def _repr_html_(self) -> str:
        """A small table, for notebooks. Whatever an object holds, it is text there, and never markup or a formula."""
        meta = self.meta
        text = json.dumps(self.data, indent=2, ensure_ascii=False)
        shown = {
            "object": meta.object_id,
            "version": str(meta.version),
            "pending": str(meta.pending),
            "updated": meta.updated_at.isoformat(),
            "data": text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…",
        }
        left = ' style="text-align: left"'
        cells = (f"<th{left}>{name}</th><td{left}><pre>{_as_html(value)}</pre></td>" for name, value in shown.items())
        rows = "".join(f"<tr>{each}</tr>" for each in cells)
        return f'<table class="tex2jax_ignore mathjax_ignore">{rows}</table>'


def _as_html(text: str) -> str:
    visible = (each if each.isprintable() or each == "\n" else f"\\u{ord(each):04x}" for each in text)
    return html.escape("".join(visible))


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
