"""The work on many objects, item by item: what each item is checked for, done with, and told of."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gh_store import wire
from gh_store.access.lookup import find
from gh_store.domain.events import Draft
from gh_store.domain.exceptions import GitHubStoreError, InvalidInput, InvalidUpdate, ObjectExists
from gh_store.domain.findings import BulkResult
from gh_store.domain.values import JsonObject, Mode
from gh_store.objects.batches import in_batches
from gh_store.objects.create import create
from gh_store.objects.inputs import checked_object, checked_put, checked_update
from gh_store.objects.put import put
from gh_store.objects.update import Updater

_LOGS: Final = 100
"""Objects whose events are remembered by name."""


@dataclass(frozen=True, slots=True)
class _Item:
    """A checked item, with data that is nobody else's; or why it is none."""

    object_id: str
    data: Any = None
    error: GitHubStoreError | None = None
    event_id: str | None = None


def create_many(
    updater: Updater, items: Iterable[tuple[str, JsonObject]], labels: Sequence[str]
) -> Iterator[BulkResult]:
    """See Store.create_many."""

    def do(using: Updater, item: _Item) -> BulkResult:
        processor = using.processor
        try:
            return BulkResult(item.object_id, create(processor, item.object_id, _sound(item), labels), changed=True)
        except ObjectExists:
            now = processor.reader.view(find(processor.repo, item.object_id))
            if now.meta.pending is None or wire.canonical(now.data) != wire.canonical(item.data):
                raise
            return BulkResult(item.object_id, now)

    return _run(updater, (_checked(updater, item, checked_object) for item in items), do)


def put_many(updater: Updater, items: Iterable[tuple[str, JsonObject]]) -> Iterator[BulkResult]:
    """See Store.put_many."""

    def do(using: Updater, item: _Item) -> BulkResult:
        done = put(using, item.object_id, _sound(item), None)
        return BulkResult(item.object_id, done.object, done.changed)

    return _run(updater, (_checked(updater, item, checked_put) for item in items), do)


def update_many(
    updater: Updater, items: Iterable[tuple[str, JsonObject | list[Any]]], mode: Mode | str, event_id: str | None
) -> Iterator[BulkResult]:
    """See Store.update_many."""
    checked_update({}, Mode.MERGE, None, event_id)
    logs = dict[str, set[str]]()
    stopped = dict[str, GitHubStoreError]()

    def do(using: Updater, item: _Item) -> BulkResult:
        changes = _sound(item)
        if item.object_id in stopped:  # a repetition would write what is missing after this
            raise stopped[item.object_id]
        if item.event_id is not None and item.event_id in _named(using, item.object_id, logs):
            return BulkResult(item.object_id, using.processor.reader.view(find(using.processor.repo, item.object_id)))
        draft = Draft(changes, item.event_id or "", Mode(mode))
        return BulkResult(item.object_id, using.update(item.object_id, draft, process=False, wait=None), changed=True)

    def checked(numbered: tuple[int, tuple[str, Any]]) -> _Item:
        number, item = numbered
        object_id, changes = _pair(item)
        try:
            wire.check_object_id(object_id)
            checked_mode, own = checked_update(changes, mode, None, event_id)
            if checked_mode is Mode.REPLACE:  # what others come to, the state decides
                updater.processor.repo.schemas.check(object_id, own, InvalidUpdate)
        except GitHubStoreError as error:
            return _Item(object_id, error=error)
        return _Item(object_id, own, event_id=event_id and _event_id(event_id, number, object_id, mode, own))

    def failed(item: _Item, error: GitHubStoreError) -> None:
        if item.error is None:
            stopped.setdefault(item.object_id, error)

    return _run(updater, map(checked, enumerate(items)), do, failed)


def _event_id(*named: object) -> str:
    """The same for the same item at the same place of a run of the same name."""
    return hashlib.sha256(wire.canonical(["many", *named]).encode("ascii")).hexdigest()[:32]


def _named(using: Updater, object_id: str, logs: dict[str, set[str]]) -> set[str]:
    """The names of the events that an object had when this run met it; its whole log is read once for that."""
    if object_id not in logs:
        reader = using.processor.reader
        comments = reader.whole(reader.identified(find(reader.repo, object_id)))
        logs[object_id] = set(reader.repo.authority.named(comments))
        while len(logs) > _LOGS:
            logs.pop(next(iter(logs)))
    return logs[object_id]


def _run(
    updater: Updater,
    items: Iterator[_Item],
    do: Callable[[Updater, _Item], BulkResult],
    note: Callable[[_Item, GitHubStoreError], None] = lambda item, error: None,
) -> Iterator[BulkResult]:
    def failed(item: _Item, error: GitHubStoreError) -> BulkResult:
        note(item, error)
        return BulkResult(item.object_id, error=error)

    return in_batches(updater.processor.repo, items, updater.apart, do, failed)


def _checked(updater: Updater, item: tuple[str, JsonObject], check: Callable[[str, object], JsonObject]) -> _Item:
    object_id, data = _pair(item)
    try:
        own = check(object_id, data)
        updater.processor.repo.schemas.check(object_id, own)
        return _Item(object_id, own)
    except GitHubStoreError as error:
        return _Item(object_id, error=error)


def _pair(item: object) -> tuple[str, Any]:
    if not isinstance(item, tuple | list) or len(item) != 2:
        raise InvalidInput("An item is not a pair of an object id and data.", hint="Give pairs, as dict.items() does.")
    return item[0], item[1]


def _sound(item: _Item) -> Any:
    if item.error is not None:
        raise item.error
    return item.data
