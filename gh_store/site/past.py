"""The past of an object: what each event changed, from the fold of its history."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gh_store import snapshots, wire
from gh_store.domain.differences import Difference
from gh_store.domain.events import Outcome
from gh_store.domain.pointers import below
from gh_store.domain.values import JsonObject
from gh_store.log.difference import differences
from gh_store.site.source import Item, time
from gh_store.snapshots import Told


@dataclass(frozen=True, slots=True)
class Step:
    """
    An event, and what it changed.

    Attributes:
        changes: What is different after it.
        begins: True for the first state, of which no changes are told: it is what is left when all later ones are
            undone.
        counts: True if the object's data includes it.
    """

    comment: int
    issue: int
    time: datetime
    author: str | None
    mode: str
    data: Any
    outcome: str
    version: int
    error: str | None
    changes: tuple[Difference, ...]
    begins: bool
    counts: bool


@dataclass(frozen=True, slots=True)
class Past:
    """
    The events of an object, oldest first.

    Attributes:
        first: The data of the first version.
        drift: From what the history leads to, to the data. Empty, unless comments were edited or deleted.
    """

    steps: tuple[Step, ...]
    first: JsonObject
    drift: tuple[Difference, ...]


def past_of(item: Item) -> Past | None:
    """The past of an object, or None if the snapshot does not tell it."""
    if item.history is None:
        return None
    steps = list[Step]()
    data: JsonObject = {}
    first: JsonObject | None = None
    # What is pending comes last, and the data does not include it.
    known = [event for event in item.history if not _waits(event, item)]
    for told in snapshots.steps(known):
        event, counts = told.event, told.event["outcome"] != Outcome.REJECTED
        begins = counts and first is None
        first = told.data if begins else first
        changes = tuple(differences(data, told.data)) if counts and not begins else ()
        data = told.data
        steps.append(_step(item, event, changes, begins=begins, counts=counts))
    waiting = (_step(item, event, (), begins=False, counts=False) for event in item.history if _waits(event, item))
    drift = tuple(differences(data, item.data)) if wire.canonical(data) != wire.canonical(item.data) else ()
    return Past((*steps, *waiting), first or {}, drift if first is not None else ())


def _waits(event: Told, item: Item) -> bool:
    return event["outcome"] == Outcome.PENDING and ("error" in event or event["version"] > item.version)


def _step(item: Item, event: Told, changes: tuple[Difference, ...], *, begins: bool, counts: bool) -> Step:
    return Step(
        comment=event["comment_id"],
        issue=event.get("issue_number") or item.number,
        time=time(event["timestamp"]),
        author=event["author"],
        mode="create" if event["type"] == "initial_state" else event["mode"] or "append",
        data=event["data"],
        outcome=event["outcome"],
        version=event["version"],
        error=event.get("error"),
        changes=changes,
        begins=begins,
        counts=counts,
    )


def often(steps: Iterable[Step]) -> Counter[str]:
    """How often each path changed."""
    return Counter(each.path for step in steps for each in step.changes)


def numbers(past: Past) -> dict[str, list[tuple[int, float]]]:
    """
    The numeric fields of an object over time: JSON pointer -> (seconds since the epoch, value) at each change.

    Lists are passed by: their items have no lasting place.
    """
    found: dict[str, list[tuple[int, float]]] = {}
    for step in past.steps:
        if not step.counts:
            continue
        at = int(step.time.timestamp())
        values = _leaves(past.first, "") if step.begins else _new(step.changes)
        for path, number in values:
            found.setdefault(path, []).append((at, number))
    return {path: points for path, points in found.items() if len(points) > 1}


def _new(changes: tuple[Difference, ...]) -> Iterator[tuple[str, float]]:
    for each in changes:
        if each.at is None:
            yield from _leaves(each.new, each.path)


def _leaves(value: Any, path: str) -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _leaves(member, below(path, key))
    elif type(value) in (int, float) and abs(value) < 1e300:
        yield path, float(value)
