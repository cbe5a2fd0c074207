"""Titles, ids and labels: how an issue says which object it holds, and what its body is worth."""

import hashlib
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gh_store.domain.events import Place
from gh_store.domain.exceptions import InvalidObjectID
from gh_store.domain.limits import MAX_LABEL, MAX_TITLE
from gh_store.domain.values import JsonObject
from gh_store.wire.values import canonical

MAX_ID: Final = 165
SYSTEM_LABEL: Final = "gh-store"
ARCHIVED_LABEL: Final = "archived"
RETIRED_LABEL: Final = "gh-store-retired"
TITLE_PREFIX: Final = "Stored Object: "

TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
_CHECKPOINT = re.compile(
    r" \[v([1-9]\d{0,8}) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) (\d{1,18})/(\d{1,6}) ([0-9a-f]{8})"
    r"(?: after (\d{1,10})@(\d{1,18}))?( retired)?\]\Z",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """
    What the title of an issue says of the state in its body.

    Attributes:
        version: Applied events, from 1 (creation).
        time: Of the last applied event, as written.
        watermark: The last comment that the commit knew.
        comments: How many comments it knew, and the replies of its own run.
        checksum: Eight hexadecimal digits that prove the others and the state.
        after: For a segment that continues another: that one, and up to where it is included.
        retired: True if another issue continues this one, and what came up to the watermark was forwarded there.
    """

    version: int
    time: datetime
    watermark: int
    comments: int
    checksum: str
    after: Place | None = None
    retired: bool = False

    def fits(self, object_id: str, data: JsonObject) -> bool:
        """True if the checksum is of this object id, this state, and what the title says beside it."""
        return self.checksum == _check(object_id, self, data)


def _check(object_id: str, checkpoint: Checkpoint, data: JsonObject) -> str:
    proved = [
        object_id,
        checkpoint.version,
        checkpoint.time.strftime(TIME),
        checkpoint.watermark,
        checkpoint.comments,
        data,
    ]
    if checkpoint.after is not None:
        proved.append([checkpoint.after.issue, checkpoint.after.comment])
    if checkpoint.retired:
        proved.append("retired")
    return hashlib.sha256(canonical(proved).encode("ascii")).hexdigest()[:8]


def write_title(
    object_id: str,
    version: int,
    time: datetime,
    watermark: int,
    comments: int,
    data: JsonObject,
    *,
    after: Place | None = None,
    retired: bool = False,
) -> str:
    """
    The title of an issue whose body holds `data`. `time` is in UTC.

    `after` is left out where the longest ids leave no room for it: the segment's first event says it too.
    """
    checkpoint = Checkpoint(version, time, watermark, comments, "", after, retired)
    named = f"v{version} {time.strftime(TIME)} {watermark}/{comments} {_check(object_id, checkpoint, data)}"
    continues = f" after {after.issue}@{after.comment}" if after is not None else ""
    title = f"{TITLE_PREFIX}{object_id} [{named}{continues}{' retired' if retired else ''}]"
    if after is not None and len(title) > MAX_TITLE:
        return write_title(object_id, version, time, watermark, comments, data, retired=retired)
    return title


def withheld_title(object_id: str) -> str:
    """The title of an issue that is still being filled, and vouches for nothing yet."""
    return f"{TITLE_PREFIX}{object_id}"


@dataclass(frozen=True, slots=True)
class Title:
    """The object id that an issue stands for, and its checkpoint if it has one that is ours."""

    object_id: str | None
    checkpoint: Checkpoint | None


def read_title(text: str, labels: Collection[str] | None, uid_prefix: str) -> Title:
    """
    What a title says, as far as the issue's labels vouch for it; all that it says, if they are None.

    The id is None where the title does not tell it and the label is a hashed one.
    """
    prefix = uid_prefix.lower()
    uids = [label[len(prefix) :] for label in labels or () if label.lower().startswith(prefix)]
    name = text.removeprefix(TITLE_PREFIX)
    if name != text:
        found = _CHECKPOINT.search(name)
        if found:
            object_id = name[: found.start()]
            if labels is None or _vouched(object_id, uids, uid_prefix):
                version, time, watermark, comments, check, issue, comment, retired = found.groups()
                try:
                    at = datetime.fromisoformat(time)
                except ValueError:  # the 45th of a month
                    return Title(object_id, None)
                after = Place(int(issue), int(comment)) if issue else None
                checkpoint = Checkpoint(int(version), at, int(watermark), int(comments), check, after, bool(retired))
                return Title(object_id, checkpoint)
        if _vouched(name, uids, uid_prefix):
            return Title(name, None)
    return Title(next((uid for uid in uids if not _HASHED.match(uid)), None), None)


_HASHED = re.compile(r"sha256-[0-9a-f]{32}\Z", re.IGNORECASE)


def check_object_id(object_id: object) -> str:
    """Return the id, or raise InvalidObjectID saying which rule it breaks."""
    if not isinstance(object_id, str):
        raise InvalidObjectID(f"An object id is a string, not a {type(object_id).__name__}.")
    if not object_id:
        raise InvalidObjectID("The object id is empty.")
    if len(object_id) > MAX_ID:
        raise InvalidObjectID(f"The object id has {len(object_id)} characters; {MAX_ID} fit.")
    if object_id != object_id.strip():
        raise InvalidObjectID("The object id begins or ends with a space.")
    # Cc control, Cs surrogate, Zl and Zp line ends: none of them survives in a title.
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in object_id):
        raise InvalidObjectID("The object id holds a control character.")
    return object_id


def plain_label(object_id: str, uid_prefix: str) -> str | None:
    """The label that shows the id itself, or None if labels cannot (length, comma)."""
    label = uid_prefix + object_id
    fits = len(label) <= MAX_LABEL and "," not in object_id and not _HASHED.match(object_id)
    return label if fits else None


def hashed_label(object_id: str, uid_prefix: str) -> str:
    """The label of an id that has no plain one, or whose plain one differs from another's by case."""
    return f"{uid_prefix}sha256-{hashlib.sha256(object_id.encode('utf-8')).hexdigest()[:32]}"


def _vouched(object_id: str, uids: Collection[str], uid_prefix: str) -> bool:
    """True if one of the UID labels, bare of their prefix, stands for the id."""
    if object_id in uids and plain_label(object_id, uid_prefix) is not None:
        return True
    return hashed_label(object_id, uid_prefix)[len(uid_prefix) :] in uids
