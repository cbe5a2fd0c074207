"""What is told of all objects together: counts, the days of their events, and what changed last."""

import heapq
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from itertools import groupby
from typing import Final, NamedTuple

from gh_store.site.names import name_of
from gh_store.site.past import Step, often, past_of
from gh_store.site.source import Item, time

MOST_CHANGES: Final = 200
MOST_OBJECTS: Final = 5


class _Mark(NamedTuple):
    """When something happened, and to which object; comment 0 stands for an object without history."""

    time: datetime
    comment: int
    object_id: str
    order: int
    item: Item


@dataclass(frozen=True, slots=True)
class Latest:
    """
    One of the latest changes.

    Attributes:
        step: None without history: then it is only known that there was one.
        fields: The paths that changed, those that seldom do first.
    """

    item: Item
    name: str
    time: datetime
    version: int
    step: Step | None
    fields: tuple[str, ...]

    @property
    def object_id(self) -> str:
        """The object."""
        return self.item.object_id

    @property
    def outcome(self) -> str:
        """What became of it."""
        return self.step.outcome if self.step is not None else ""


class Facts:
    """What is told of all objects together, gathered one by one."""

    def __init__(self) -> None:
        self.objects = self.events = 0
        self.history = False
        self.people: set[str] = set()
        self.days: Counter[date] = Counter()
        self.last: datetime | None = None
        self._newest: list[_Mark] = []
        self._of_objects: list[_Mark] = []

    def add(self, item: Item) -> None:
        """Count an object."""
        self.objects += 1
        self.last = max(filter(None, (self.last, item.updated)))
        if item.history is None:
            mark = _Mark(item.updated, 0, item.object_id, 0, item)
            _keep(self._newest, mark, MOST_CHANGES)
            _keep(self._of_objects, mark, MOST_OBJECTS)
            return
        self.history = True
        self.events += len(item.history)
        newest: _Mark | None = None
        for index, event in enumerate(item.history):
            at = time(event["timestamp"])
            self.days[at.date()] += 1
            if event["author"] is not None:
                self.people.add(event["author"])
            newest = _Mark(at, event["comment_id"], item.object_id, index, item)
            _keep(self._newest, newest, MOST_CHANGES)
        if newest is not None:
            _keep(self._of_objects, newest, MOST_OBJECTS)

    @cached_property
    def latest(self) -> list[Latest]:
        """What changed last, the newest first. Asked for when all are counted."""
        return _told(self._newest)

    @cached_property
    def of_objects(self) -> list[Latest]:
        """The latest change of each of the objects that changed last."""
        return _told(self._of_objects)

    def by_day(self) -> list[tuple[date, list[Latest]]]:
        """The latest changes of each day, the newest first."""
        return [(day, list(group)) for day, group in groupby(self.latest, key=lambda each: each.time.date())]


def _keep(heap: list[_Mark], mark: _Mark, most: int) -> None:
    """Keep the newest ones."""
    if len(heap) < most:
        heapq.heappush(heap, mark)
    elif mark[:4] > heap[0][:4]:
        heapq.heapreplace(heap, mark)


def _told(marks: list[_Mark]) -> list[Latest]:
    told: dict[str, tuple[dict[int, Step], Mapping[str, int]]] = {}
    found = list[Latest]()
    for mark in sorted(marks, key=lambda mark: mark[:4], reverse=True):
        if mark.object_id not in told:
            past = past_of(mark.item)
            steps = past.steps if past is not None else ()
            told[mark.object_id] = {step.comment: step for step in steps}, often(steps)
        steps_by_comment, counts = told[mark.object_id]
        step = steps_by_comment.get(mark.comment)
        paths = {each.path for each in step.changes} if step is not None else set[str]()
        fields = tuple(sorted(paths, key=lambda path: (counts[path], path)))
        version = step.version if step is not None else mark.item.version
        found.append(Latest(mark.item, name_of(mark.object_id), mark.time, version, step, fields))
    return found
