"""What the server knows of a store: the newest observation of each object. Pure."""

import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gh_store.domain.values import ObjectMeta, StoredObject

LAST_RANK: Final = 2**53 - 1
"""No observation of a version has this rank; a number that JSON and Lua hold exactly."""

_CURSOR: Final = re.compile(r"([0-9a-f]{16})-([0-9]{1,15})", re.ASCII)
_TAG: Final = re.compile(r'"v([1-9][0-9]{0,14})-[0-9a-f]{32}"', re.ASCII)


@dataclass(frozen=True, slots=True)
class Observation:
    """
    What an issue said of its object when it was read.

    Attributes:
        object_id: The object.
        issue_number: Its issue.
        updated_at: When the issue changed last, by the server's clock: seconds since the epoch.
        version: Of the object; 0 if it was deleted.
        text: The object as `gh-store get` prints it, as JSON; None if it was deleted.
        settled: True if nothing waits to be processed.
    """

    object_id: str
    issue_number: int
    updated_at: int
    version: int
    text: str | None
    settled: bool = True

    @property
    def deleted(self) -> bool:
        return self.text is None

    @property
    def rank(self) -> int:
        """
        What makes one of two observations newer that were made in the same second; below 2 ** 53.

        The higher version; of the same one, what is settled; and a deletion, which nobody takes back within a second.
        """
        return 2 * self.version + self.settled if not self.deleted else LAST_RANK

    @property
    def order(self) -> tuple[int, int]:
        """What makes one observation of an issue newer than another."""
        return self.updated_at, self.rank


@dataclass(frozen=True, slots=True)
class Row:
    """
    An observation that is held.

    Attributes:
        seen: The observation.
        position: Where the model changed to it: rows with higher positions changed later.
        confirmed: When GitHub was last known to say the same: seconds since the epoch, by this machine's clock.
    """

    seen: Observation
    position: int
    confirmed: float

    @property
    def etag(self) -> str:
        """A strong validator of the text, which tells the version: a write with If-Match expects that one."""
        return etag_of(self.seen.text or "", self.seen.version)


@dataclass(frozen=True, slots=True)
class Cursor:
    """
    How much of the changes of a model is known.

    Attributes:
        generation: The model; another one for each that began empty.
        position: Of the last change that is known.
    """

    generation: str
    position: int

    @classmethod
    def read(cls, text: str) -> "Cursor | None":
        """The cursor that a text is, or None."""
        found = _CURSOR.fullmatch(text)
        return cls(found[1], int(found[2])) if found is not None else None

    def __str__(self) -> str:
        return f"{self.generation}-{self.position}"


@dataclass(frozen=True, slots=True)
class Model:
    """
    The state of a read model.

    Attributes:
        cursor: Its generation, and the position of its last change.
        objects: How many objects it holds, those that were deleted not counted.
        complete: True once a complete sync came to its end in this generation.
        since: What changed before is in it, by the server's clock: seconds since the epoch; 0 if nothing is.
        listed: When a list of changes last confirmed all of it: seconds since the epoch, by this machine's clock.
        completed: When it was last compared with all issues, by this machine's clock; 0 if never.
    """

    cursor: Cursor
    objects: int = 0
    complete: bool = False
    since: int = 0
    listed: float = 0.0
    completed: float = 0.0


def new_generation() -> str:
    """A name that no other generation has."""
    return secrets.token_hex(8)


def text_of(obj: StoredObject) -> str:
    """An object as JSON with the members that `gh-store get` prints."""
    meta = obj.meta
    told = {
        "object_id": meta.object_id,
        "issue_number": meta.issue_number,
        "created_at": meta.created_at.isoformat(),
        "updated_at": meta.updated_at.isoformat(),
        "version": meta.version,
        "pending": meta.pending,
        "data": obj.data,
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def object_of(text: str) -> StoredObject:
    """The object that such a text is of."""
    told = json.loads(text)
    data = told.pop("data")
    created, updated = (datetime.fromisoformat(told.pop(name)) for name in ("created_at", "updated_at"))
    return StoredObject(ObjectMeta(created_at=created, updated_at=updated, **told), data)


def etag_of(text: str, version: int | None = None) -> str:
    """A strong validator of an answer's text, with its quotes; of an object at a version it tells that, too."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:32]
    return f'"{digest}"' if version is None else f'"v{version}-{digest}"'


def version_of(etag: str) -> int | None:
    """The version that the validator of an object tells, or None."""
    found = _TAG.fullmatch(etag)
    return int(found[1]) if found is not None else None


def seconds(time: datetime) -> int:
    """A time of GitHub, as whole seconds since the epoch."""
    return int(time.timestamp())
