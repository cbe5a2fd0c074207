"""Titles, ids and labels: how an issue says which object it holds, and which state its body shows."""

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

_CHECKPOINT = re.compile(
    r" \[v([1-9]\d{0,8}) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) (\d{1,18})/(\d{1,6}) ([0-9a-f]{8})"
    r"(?: after (\d{1,10})@(\d{1,18}))?( retired)?\]\Z",
    re.ASCII,
)


def write_time(time: datetime) -> str:
    """A time in UTC, in whole seconds. (`strftime` takes ten times as long, and each write needs it.)"""
    return f"{time.isoformat()[:19]}Z"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """
    What the title of an issue says about the state in its body.

    Attributes:
        version: The number of applied events; 1 is the creation.
        time: When the last applied event was written.
        watermark: The last comment that the commit knew.
        comments: How many comments the commit knew, including the replies of its own run.
        checksum: A checksum of the other fields and the state, in eight hexadecimal digits.
        after: For a segment that continues another issue: that issue, and its last comment that is included.
        retired: True if another issue continues this one, and every event up to the watermark was forwarded to it.
    """

    version: int
    time: datetime
    watermark: int
    comments: int
    checksum: str
    after: Place | None = None
    retired: bool = False

    def fits(self, object_id: str, data: JsonObject) -> bool:
        """True if the checksum is that of this object id, this state, and the rest of the title."""
        return self.checksum == _check(object_id, self, data)


def _check(object_id: str, checkpoint: Checkpoint, data: JsonObject) -> str:
    checked = [
        object_id,
        checkpoint.version,
        write_time(checkpoint.time),
        checkpoint.watermark,
        checkpoint.comments,
        data,
    ]
    if checkpoint.after is not None:
        checked.append([checkpoint.after.issue, checkpoint.after.comment])
    if checkpoint.retired:
        checked.append("retired")
    return hashlib.sha256(canonical(checked).encode("ascii")).hexdigest()[:8]


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

    `after` is left out where a long id leaves no room for it: the first event of the segment says it too.
    """
    checkpoint = Checkpoint(version, time, watermark, comments, "", after, retired)
    named = f"v{version} {write_time(time)} {watermark}/{comments} {_check(object_id, checkpoint, data)}"
    continues = f" after {after.issue}@{after.comment}" if after is not None else ""
    title = f"{TITLE_PREFIX}{object_id} [{named}{continues}{' retired' if retired else ''}]"
    if after is not None and len(title) > MAX_TITLE:
        return write_title(object_id, version, time, watermark, comments, data, retired=retired)
    return title


def withheld_title(object_id: str) -> str:
    """The title of an issue that is still being filled, and says nothing about a state yet."""
    return f"{TITLE_PREFIX}{object_id}"


@dataclass(frozen=True, slots=True)
class Title:
    """The object id of an issue, and its checkpoint if it has a valid one."""

    object_id: str | None
    checkpoint: Checkpoint | None


def read_title(text: str, labels: Collection[str] | None, uid_prefix: str) -> Title:
    """
    What a title says, as far as the labels of the issue confirm it; everything that it says, if `labels` is None.

    The id is None if the title does not contain it and the label is a hashed one.
    """
    prefix = uid_prefix.lower()
    uids = [label[len(prefix) :] for label in labels or () if label.lower().startswith(prefix)]
    name = text.removeprefix(TITLE_PREFIX)
    if name != text:
        found = _CHECKPOINT.search(name)
        if found:
            object_id = name[: found.start()]
            if labels is None or _confirmed(object_id, uids, uid_prefix):
                version, time, watermark, comments, check, issue, comment, retired = found.groups()
                try:
                    at = datetime.fromisoformat(time)
                except ValueError:  # such as the 45th of a month
                    return Title(object_id, None)
                after = Place(int(issue), int(comment)) if issue else None
                checkpoint = Checkpoint(int(version), at, int(watermark), int(comments), check, after, bool(retired))
                return Title(object_id, checkpoint)
        if _confirmed(name, uids, uid_prefix):
            return Title(name, None)
    return Title(next((uid for uid in uids if not _HASHED.match(uid)), None), None)


_HASHED = re.compile(r"sha256-[0-9a-f]{32}\Z", re.IGNORECASE)


# They reverse the text around them, which makes an id read as another one.
_BIDIRECTIONAL = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Spaces, the characters that Unicode calls default ignorable, annotation marks, and the blank of Braille.
_INVISIBLE = re.compile(
    r"[\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+\Z"
)


def check_object_id(object_id: object) -> str:
    """Return an id that an object can have, or raise InvalidObjectID, which names the rule that it breaks."""
    if not isinstance(object_id, str):
        raise InvalidObjectID(f"An object id is a string, not a value of type {type(object_id).__name__}.")
    if not object_id:
        raise InvalidObjectID("The object id is empty.")
    if len(object_id) > MAX_ID:
        raise InvalidObjectID(f"The object id has {len(object_id)} characters; the limit is {MAX_ID}.")
    if object_id != object_id.strip():
        raise InvalidObjectID("The object id begins or ends with a space.")
    # Cc control, Cs surrogate, Zl and Zp line ends: none of them survives in a title.
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in object_id):
        raise InvalidObjectID("The object id contains a control character.")
    return object_id


def check_new_object_id(object_id: object) -> str:
    """Return an id that a new object may get. Stricter than `check_object_id`: older objects stay reachable."""
    object_id = check_object_id(object_id)
    if _INVISIBLE.match(object_id):
        raise InvalidObjectID("The object id contains no visible character.")
    if _BIDIRECTIONAL.search(object_id):
        raise InvalidObjectID("The object id contains a bidirectional control character.")
    return object_id


def plain_label(object_id: str, uid_prefix: str) -> str | None:
    """The label that contains the id itself, or None if no label can (length, comma)."""
    label = uid_prefix + object_id
    fits = len(label) <= MAX_LABEL and "," not in object_id and not _HASHED.match(object_id)
    return label if fits else None


def hashed_label(object_id: str, uid_prefix: str) -> str:
    """The label of an id that has no plain label, or whose plain label differs from another one only in case."""
    return f"{uid_prefix}sha256-{hashlib.sha256(object_id.encode('utf-8')).hexdigest()[:32]}"


def _confirmed(object_id: str, uids: Collection[str], uid_prefix: str) -> bool:
    """True if one of the UID labels, without their prefix, is a label of the id."""
    if object_id in uids and plain_label(object_id, uid_prefix) is not None:
        return True
    return hashed_label(object_id, uid_prefix)[len(uid_prefix) :] in uids
