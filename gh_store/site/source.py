"""The objects of a snapshot, as a site tells of them."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from gh_store import wire
from gh_store.domain.exceptions import ConfigurationError
from gh_store.domain.values import JsonObject
from gh_store.snapshots import Entry, Header, Told

NAME: Final = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+", re.ASCII)
"""`owner/name`: a snapshot may say anything."""


@dataclass(frozen=True, slots=True)
class Item:
    """
    An object.

    Attributes:
        number: Of its issue.
        history: Its events, oldest first; None in a snapshot without history.
    """

    object_id: str
    data: JsonObject
    number: int
    created: datetime
    updated: datetime
    version: int
    history: tuple[Told, ...] | None


def read_item(path: Path, entry: Entry) -> Item:
    """
    The object of an entry.

    Args:
        path: The snapshot.
        entry: One of its entries.
    Raises:
        ConfigurationError: It is malformed.
    """
    value: Any = entry.value
    try:
        data, meta = value["data"], value["meta"]
        version = _version(meta["version"])
        history = tuple(value["history"]) if "history" in value else None
        for event in history or ():
            time(event["timestamp"])  # one that no calendar has in UTC
        return Item(
            entry.object_id,
            {**data},
            entry.number,
            time(meta["created_at"]),
            time(meta["updated_at"]),
            version,
            history,
        )
    except (LookupError, TypeError, ValueError, OverflowError) as error:
        raise ConfigurationError(
            f"{path}: this file is not a snapshot: object {wire.shortened(entry.object_id)} is malformed.",
            file=path,
            hint="Take a new one with `gh-store snapshot --history`.",
        ) from error


@lru_cache(1_000)
def time(text: str) -> datetime:
    """A time of a snapshot in UTC. Raises ValueError or OverflowError."""
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)


def pages_of(header: Header) -> str | None:
    """Where the repository of a snapshot has its pages; None for an embedded store, and where it is not told."""
    server = header.server or ""
    name = header.repository
    if not server.startswith(("https://", "http://")) or not NAME.fullmatch(name) or name.startswith("local/"):
        return None
    return f"{server.rstrip('/')}/{name}"


def _version(value: object) -> int:
    if type(value) is not int or value < 1:
        raise TypeError
    return value
