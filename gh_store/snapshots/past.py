"""
The history of an object in a snapshot: its events, oldest first, each a small dict.

To fold the events yields the object at every version. Where it does not, because comments were changed or are lost, the
event tells its `state` itself.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NotRequired, TypedDict

from gh_store import wire
from gh_store.domain.events import Event, Outcome
from gh_store.domain.values import JsonObject, Mode, State
from gh_store.log.fold import fold

_ANY: Final = datetime.fromtimestamp(0, UTC)
_MODES: Final = tuple(Mode)
"""Where no time is asked for."""


class Told(TypedDict):
    """
    An event in a snapshot.

    Attributes:
        comment_id: The comment that carries it.
        timestamp: When that was written (UTC, whole seconds).
        author: The login of who wrote it; None for an account that was deleted since.
        type: `initial_state` or `update`.
        mode: How it changes the object: `append`, `replace`, `merge` or `patch`; None where it does not say.
        data: What it says.
        outcome: `applied`, `rejected`, or `pending`.
        version: The version of the object after it.
        error: Why it was rejected.
        issue_number: The issue that it was written to, if that is not the object's own.
        state: The data after it, only where folding the events up to here does not yield them.
    """

    comment_id: int
    timestamp: str
    author: str | None
    type: str
    mode: str | None
    data: Any
    outcome: str
    version: int
    error: NotRequired[str]
    issue_number: NotRequired[int]
    state: NotRequired[JsonObject]


@dataclass(frozen=True, slots=True)
class Step:
    """
    An event, and the data of the object after it.

    Attributes:
        event: What is told of it.
        data: The data of the object after it.
    """

    event: Told
    data: JsonObject


def steps(history: Iterable[Mapping[str, Any]]) -> Iterator[Step]:
    """The events of an entry, each with the data after it."""
    data: JsonObject = {}
    for event in history:
        told: Any = event
        data = told["state"] if "state" in told else _after(data, told)
        yield Step(told, data)


def compact(told: Iterable[Step]) -> Iterator[Told]:
    """The events, each with its `state` only where folding them does not yield it."""
    data: JsonObject = {}
    for step in told:
        event = step.event
        if wire.canonical(_after(data, event)) != wire.canonical(step.data):
            event = {**event, "state": step.data}
        data = step.data
        yield event


def _after(data: JsonObject, event: Told) -> JsonObject:
    """The data after an event, from those before it."""
    if event["outcome"] == Outcome.REJECTED or "error" in event:
        return data
    said = event["data"]
    if event["type"] == "initial_state":
        return said if isinstance(said, dict) else {}
    if event["mode"] not in _MODES or not isinstance(said, list if event["mode"] == Mode.PATCH else dict):
        return data
    state = fold(State(0, _ANY, data, 0), Event(event["comment_id"], _ANY, Mode(event["mode"]), said, 0))
    return state.data if isinstance(state, State) else data
