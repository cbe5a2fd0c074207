"""
The seal: what the description of an object's UID label says of the state that was committed last.

Only people with write permission may edit a label (docs.github.com, "Repository roles"), and its description comes with
every issue. The author of an issue may edit its title and body for ever, also when he has no rights any more. So what
he must not change stands here.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gh_store.domain.events import Place
from gh_store.domain.values import JsonObject
from gh_store.wire.titles import Checkpoint, write_time
from gh_store.wire.values import canonical

_TIME: Final = r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"
_SEAL = re.compile(
    rf"([1-9]\d{{0,9}}) v([1-9]\d{{0,8}}) (\d{{1,18}})/(\d{{1,6}}) ([0-9a-f]{{24}})(?: since {_TIME})?\Z", re.ASCII
)
_AGAIN: Final = " again"
_SINCE = re.compile(rf"(?:.* )?since {_TIME}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Seal:
    """
    The last commit, as the UID label tells it.

    Attributes:
        issue: The issue that holds the object.
        version: Its version.
        watermark: The last comment that the commit knew.
        comments: How many comments it knew.
        digest: 24 hexadecimal digits that prove these and the state.
    """

    issue: int
    version: int
    watermark: int
    comments: int
    digest: str

    def fits(
        self, object_id: str, version: int, time: datetime, watermark: int, comments: int, after: Place | None,
        data: JsonObject,
    ) -> bool:  # fmt: skip  # the words of a commit, on one line
        """True if the digest is of exactly this commit of this issue."""
        return self == _seal(self.issue, object_id, version, time, watermark, comments, after, data)


def seal_of(issue: int, object_id: str, checkpoint: Checkpoint, data: JsonObject) -> Seal:
    """The seal of a commit: its issue, what its title says, and its state."""
    at = checkpoint
    return _seal(issue, object_id, at.version, at.time, at.watermark, at.comments, at.after, data)


def _seal(
    issue: int, object_id: str, version: int, time: datetime, watermark: int, comments: int, after: Place | None,
    data: JsonObject,
) -> Seal:  # fmt: skip  # as above
    # Of version 1 the time is that of the issue, which no edit changes.
    written = None if version == 1 else write_time(time)
    continued = None if after is None else [after.issue, after.comment]
    proved = [issue, object_id, version, written, watermark, comments, continued, data]
    return Seal(issue, version, watermark, comments, hashlib.sha256(canonical(proved).encode("ascii")).hexdigest()[:24])


def write_seal(seal: Seal, since: datetime | None = None) -> str:
    """The description of the UID label; 99 characters at most, of 100."""
    text = f"{seal.issue} v{seal.version} {seal.watermark}/{seal.comments} {seal.digest}"
    return text if since is None else f"{text} {write_since(since)}"


def read_seal(description: str) -> Seal | None:
    """The seal in a description, or None if there is none."""
    found = _SEAL.match(description)
    return Seal(int(found[1]), int(found[2]), int(found[3]), int(found[4]), found[5]) if found else None


def write_since(time: datetime) -> str:
    """What the description says of an object that has gone on in another issue: when it was created."""
    return f"since {write_time(time)}"


def read_since(description: str) -> datetime | None:
    """When the object was created, if the description of its UID label says so."""
    found = _SINCE.match(description)
    try:
        return datetime.fromisoformat(found[1]) if found else None
    except ValueError:  # the 45th of a month
        return None


def write_claim_again(nonce: str) -> str:
    """What the description says of an id that was there before, while an object takes it again."""
    return f"{nonce}{_AGAIN}"


def claims_again(description: str) -> bool:
    """True if an object takes an id that was there before."""
    return description.endswith(_AGAIN)
