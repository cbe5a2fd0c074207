"""Which objects are not there, and how many may be looked for. Pure: the time comes in."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

ABSENT: Final = 60.0
"""Seconds for which an object that was looked for in vain is known not to be there."""

A_MINUTE: Final = 60
"""Objects that are looked for in any minute."""

_MINUTE: Final = 60.0
_MOST: Final = 10_000


@dataclass(slots=True)
class Misses:
    """What was looked for, lately."""

    _absent: dict[str, float] = field(default_factory=dict)
    _asked: deque[float] = field(default_factory=deque)

    def absent(self, object_id: str, now: float) -> bool:
        """True if the object was not there a moment ago."""
        return now < self._absent.get(object_id, 0.0)

    def miss(self, object_id: str, now: float) -> None:
        """The object is not there."""
        self._absent.pop(object_id, None)
        self._absent[object_id] = now + ABSENT
        if len(self._absent) > _MOST:
            del self._absent[next(iter(self._absent))]

    def forget(self, object_id: str) -> None:
        """It may be there now."""
        self._absent.pop(object_id, None)

    def may_ask(self, now: float) -> bool:
        """True if one more may be looked for; counts it."""
        while self._asked and self._asked[0] <= now - _MINUTE:
            self._asked.popleft()
        if len(self._asked) >= A_MINUTE:
            return False
        self._asked.append(now)
        return True
