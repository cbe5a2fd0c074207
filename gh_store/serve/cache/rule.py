"""Newer wins: what becomes of an observation beside what is held. Pure; the caches carry it out atomically."""

from typing import Final

from gh_store.serve.cache import Held
from gh_store.serve.model import Observation, Row

NEXT: Final = 0
"""The position of a row that takes the next one."""


def row_after(held: Row | None, former: Row | None, seen: Observation, now: float, over: int | None) -> Row | None:
    """
    The row to write, or None if nothing is kept. See `Cache.keep`.

    Args:
        held: The row of the observation's object.
        former: The row that the observation's issue made last.
    Raises:
        Held: As there.
    """
    if over is not None:
        if over != (held.position if held is not None else 0):
            return None
    else:
        if held is not None and held.seen.issue_number != seen.issue_number:
            raise Held(held)
        if former is not None and former.seen.object_id != seen.object_id and not former.seen.deleted:
            raise Held(former)
        if held is not None and seen.order < held.seen.order:
            return None
    if held is not None and held.seen.text == seen.text:
        return Row(seen, held.position, max(held.confirmed, now))
    return Row(seen, NEXT, now)
