"""A snapshot: what its header says, and its entries."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self

from gh_store import wire
from gh_store.snapshots.entry import Entry, Malformed, line

_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Header:
    """
    What a snapshot says of itself.

    Attributes:
        time: By the clock of the backend. None in a document of the published package: its time is that
            of a client, so the document cannot be updated.
        repository: `owner/name`, or `local/<id>` for an embedded store.
        history: True if its entries tell the history of their objects.
        server: The address of the site of a store on GitHub, in a snapshot with history.
        api: The address of its REST API.
        prefix: What the ids of its objects begin with, if it is of some objects only.
        labels: What labels the issues of its objects have, if it is of some objects only.
    """

    time: datetime | None
    repository: str
    history: bool = False
    server: str | None = None
    api: str | None = None
    prefix: str | None = None
    labels: tuple[str, ...] = ()

    @classmethod
    def read(cls, document: dict[str, Any]) -> Self:
        """
        The header in a document.

        Raises:
            Malformed: The message says what is wrong.
        """
        repository, labels = document.get("repository"), document.get("labels", [])
        if not isinstance(repository, str) or not _is_text(repository):
            raise Malformed("repository is not a name")
        for name in ("server", "api", "prefix"):
            if not (document.get(name) is None or _is_text(document[name])):
                raise Malformed(f"{name} is not a text")
        if not (isinstance(labels, list) and all(map(_is_text, labels))):
            raise Malformed("labels is not a list of names")
        return cls(
            time=_read_time(document.get("snapshot_time")),
            repository=repository,
            history=document.get("history") is True,
            server=document.get("server"),
            api=document.get("api"),
            prefix=document.get("prefix"),
            labels=tuple(labels),
        )

    def members(self) -> dict[str, Any]:
        """The members of a document that say this, sorted. What is not said is left out."""
        said = {
            "api": self.api,
            "history": self.history or None,
            "labels": list(self.labels) or None,
            "prefix": self.prefix,
            "server": self.server,
        }
        always = {"repository": self.repository, "snapshot_time": self.time.isoformat() if self.time else None}
        return dict(sorted({**{name: value for name, value in said.items() if value is not None}, **always}.items()))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """
    The objects of a store at a time.

    Attributes:
        header: What it says of itself.
        entries: The objects, sorted by id, each once. They may be iterated more than once; those of a file are
            read from it each time, and raise ConfigurationError where it is malformed.
    """

    header: Header
    entries: Iterable[Entry]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    @property
    def objects(self) -> dict[str, Entry]:
        """All entries by object id, in memory."""
        return {entry.object_id: entry for entry in self.entries}

    def pieces(self) -> Iterator[str]:
        """The document in pieces. Keys are sorted and each object has its own line, so that diffs show what changed."""
        return document(((entry.object_id, entry.text) for entry in self.entries), self.header)

    def text(self) -> str:
        """The document."""
        return "".join(self.pieces())

    def lines(self) -> Iterator[str]:
        """The entries alone, an object a line."""
        return (f"{entry.text}\n" for entry in self.entries)


def document(lines: Iterable[tuple[str, str]], header: Header) -> Iterator[str]:
    """A document with a line for each key, and the header behind them, in pieces."""
    between, end = "", ""
    yield '{\n"objects": {'
    for key, text in lines:
        yield f"{between}\n{line(key)}: {text}"
        between, end = ",", "\n"
    members = ",\n".join(f"{line(name)}: {line(value)}" for name, value in header.members().items())
    yield f"{end}}},\n{members}\n}}\n"


def _is_text(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:  # a lone surrogate could be read, and not be written again
        return False
    return True


def _read_time(text: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)  # type: ignore[arg-type]  # a TypeError is an answer
        if time.microsecond or time.tzinfo is None:
            return None
        time = time.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise Malformed(f"snapshot_time {wire.shortened(text)} is not a time") from error
    if time < _EARLIEST:
        raise Malformed(f"snapshot_time {wire.shortened(text)} lies before {_EARLIEST.year}")
    return time
