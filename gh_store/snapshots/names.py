"""The names of files that stand for objects: the same on every system, and none for two objects."""

import hashlib
import re
from typing import Final

_SEGMENT: Final = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9_-])?", re.ASCII)
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.ASCII)
"""What Windows keeps for devices, whatever follows a dot."""

_SUFFIXES: Final = (".json", ".html")
_MOST_SEGMENTS: Final = 4
_LONGEST: Final = 120
_SLUG: Final = 40
_DIGITS: Final = 16


def file_name(object_id: str) -> str:
    """
    The path, without a suffix, of the files of an object: `stations/oslo`, or `~Oslo-…` made safe.

    An id that is a plain path is its own name. Any other has a readable part and the start of its SHA-256.
    """
    segments = object_id.split("/")
    if len(object_id) <= _LONGEST and len(segments) <= _MOST_SEGMENTS and all(map(_is_plain, segments)):
        return object_id
    slug = re.sub(r"[^A-Za-z0-9]+", "-", object_id).strip("-")[:_SLUG].strip("-").lower()
    return f"~{slug}-{hashlib.sha256(object_id.encode()).hexdigest()[:_DIGITS]}"


def _is_plain(segment: str) -> bool:
    return (
        _SEGMENT.fullmatch(segment) is not None
        and _RESERVED.fullmatch(segment) is None
        and not segment.endswith(_SUFFIXES)
    )
