"""How many requests long work takes on GitHub, and about how long. Pure: the request budget in numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gh_store.backends.base import PAGE
from gh_store.config import Config
from gh_store.domain.counts import several

_ANSWER: Final = 0.3
"""Seconds that an answer of GitHub takes, as a rule."""

_HOUR: Final = 3600.0


class Work(StrEnum):
    """Work on all objects."""

    LIST = "list"
    SNAPSHOT = "snapshot"
    HISTORY = "snapshot --history"
    PROCESS = "process-updates"
    EXPORT = "export"
    IMPORT = "import"
    VERIFY = "verify"
    REPAIR = "repair"
    ADOPT = "adopt"


@dataclass(frozen=True, slots=True)
class Estimate:
    """
    What work takes where nothing is pending, and nothing needs repair.

    Attributes:
        work: The command.
        objects: The number of objects at most.
        requests: The number of requests.
        writes: How many of them write.
        seconds: The time that they take at the configured pace.
    """

    work: Work
    objects: int
    requests: int
    writes: int
    seconds: int

    @property
    def sentence(self) -> str:
        """The estimate for people."""
        return (
            f"{several('request', self.requests)} for at most {several('object', self.objects)}, "
            f"about {duration(self.seconds)}"
        )


def estimate(work: Work, objects: int, config: Config, *, wanted: int = 0, events: Sequence[int] = ()) -> Estimate:
    """
    What work takes.

    Args:
        objects: The number of objects at most that there are; for an import, that it makes.
        wanted: How many of them are asked for, by their ids or as a limit; 0 for all.
        events: For an import, how many events each object has.
    """
    pages = -(-objects // PAGE)
    writes = 0
    match work:
        case Work.LIST | Work.SNAPSHOT:
            requests = _listed(objects, wanted)
        case Work.HISTORY:
            requests = _listed(objects) + pages  # the comments: at least one for each object
        case Work.PROCESS:
            requests = _listed(objects) + 2 * (objects > PAGE)  # deleted and retired ones have lists
        case Work.EXPORT:
            requests = _listed(objects) + objects
        case Work.VERIFY | Work.REPAIR:
            requests = max(1, pages) + 1 + objects // PAGE + (wanted or objects)  # a page of labels, too
        case Work.ADOPT:
            requests = max(1, pages) + 1
        case Work.IMPORT:
            # Label, issue, events and receipts, close, the label of an object. A longer log needs a commit, too.
            writes = sum(4 + 2 * many + (many > 1) for many in events)
            requests = 1 + writes + sum(3 + -(-many // PAGE) if many > 1 else 1 for many in events)
    return Estimate(work, objects, requests, writes, round(_seconds(requests, writes, config)))


def _listed(objects: int, wanted: int = 0) -> int:
    """What changed last, what is newest, and the pages."""
    return 1 if objects <= PAGE else 2 + -(-min(wanted or objects, objects) // PAGE)


def _seconds(requests: int, writes: int, config: Config) -> float:
    pause = max(
        requests * config.rate_limit_seconds_between_requests, writes * config.rate_limit_seconds_between_writes
    )
    limit = config.rate_limit_max_requests_per_hour
    waits = (requests - 1) // limit * _HOUR if limit else 0.0
    return max(pause, requests * _ANSWER) + waits


def duration(seconds: float) -> str:
    """A time for people: `40 s`, `12 min`, `3 h`."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 90 * 60 else f"{round(seconds / _HOUR)} h"
