"""What the endpoints ask of a store that is served."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from gh_store.domain.values import JsonObject
from gh_store.serve.model import Row
from gh_store.serve.webhook import Hint
from gh_store.store import Store

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """
    Something to send.

    Attributes:
        text: JSON.
        etag: A strong validator of it, with its quotes.
        age: Seconds since GitHub confirmed it.
        forwarded: Why GitHub was asked, as Cache-Status says it (`uri-miss`, `stale`, `request`); None for a hit.
        detail: Why an answer is older than it should be, or None.
    """

    text: str
    etag: str
    age: float = 0.0
    forwarded: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """
    A part of a list.

    Attributes:
        rows: Its rows.
        cursor: Of the model when it was read.
        more: True if there are others behind it.
        age: Seconds since GitHub confirmed all of it.
    """

    rows: tuple[Row, ...]
    cursor: str
    more: bool
    age: float = 0.0


@dataclass(frozen=True, slots=True)
class Document:
    """
    A snapshot to send.

    Attributes:
        pieces: Its text.
        etag: A strong validator of it, with its quotes; it is known before the text is.
        age: Seconds since GitHub confirmed all of it.
    """

    pieces: AsyncIterator[str]
    etag: str
    age: float = 0.0


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync did, as `POST /sync` answers it."""

    looked_at: int
    changed: int
    failed: int
    complete: bool
    cursor: str


class Incomplete(Exception):
    """The model was never complete: lists would miss objects."""


class UnknownCursor(Exception):
    """A cursor of another generation. `cursor` is the one to begin with."""

    def __init__(self, cursor: str) -> None:
        super().__init__(cursor)
        self.cursor = cursor


class Served(Protocol):
    """One store. Its methods raise GitHubStoreError as the verbs of a store do."""

    @property
    def repository(self) -> str:
        """`owner/name`."""

    async def status(self) -> JsonObject:
        """What `GET /api/v1/repos/{owner}/{name}` answers."""

    async def object(self, object_id: str, *, fresh: bool = False) -> Answer:
        """An object as `gh-store get` prints it. `fresh` asks GitHub. Raises ObjectNotFound."""

    async def version(self, object_id: str, version: int) -> Answer:
        """The same at a version."""

    async def history(self, object_id: str) -> Answer:
        """`{"object_id": …, "history": […]}`."""

    async def objects(self, prefix: str, after: str, limit: int) -> Batch:
        """Objects by id. Raises Incomplete."""

    async def changes(self, after: str | None, limit: int) -> Batch:
        """What changed after a cursor, or all. Raises UnknownCursor, Incomplete."""

    async def snapshot(self) -> Document:
        """A snapshot. Raises Incomplete."""

    async def cursor(self) -> str:
        """Of the model as it is now."""

    async def write(self, object_id: str, work: Callable[[Store], T]) -> T:
        """Carry out a write, and show it to readers before it returns; what is pending is processed behind it."""

    async def sync(self, *, complete: bool = False) -> Synced:
        """Look at what changed, or at everything."""

    def hint(self, hint: Hint) -> bool:
        """Something may have happened to an issue. False if it is not one of this store."""


class Stores(Protocol):
    """All stores that are served."""

    @property
    def served(self) -> Sequence[Served]:
        """In the order in which they were named."""

    async def start(self) -> None:
        """Begin to keep them fresh; returns at once."""

    async def stop(self) -> None:
        """End all that is under way, within seconds. No sleep is slept to its end."""
