"""Putting an object: it is created, or its data replaced, and nothing is written where nothing changes."""

from dataclasses import dataclass
from typing import Final

from gh_store import wire
from gh_store.access.lookup import find
from gh_store.domain.commands import command
from gh_store.domain.exceptions import ConcurrentUpdateError, InvalidUpdate, ObjectExists, ObjectNotFound
from gh_store.domain.values import JsonObject, StoredObject
from gh_store.objects.create import create
from gh_store.objects.update import Updater
from gh_store.reading import history

_ATTEMPTS: Final = 5
"""Others have to create or delete the object between a look and a write, for each but the first."""


@dataclass(frozen=True, slots=True)
class Put:
    """An object that was put; and False if it was like that before."""

    object: StoredObject
    changed: bool


def put(updater: Updater, object_id: str, data: JsonObject, if_version: int | None) -> Put:
    """
    Create an object of checked data, or replace what it holds.

    Args:
        if_version: The version that it must be at; 0 if it must not exist; None for any.
    """
    for _ in range(_ATTEMPTS):
        try:
            now = None if if_version == 0 else updater.look(find(updater.processor.repo, object_id))
            if now is not None:
                return _replaced(updater, now, data, if_version)
        except ObjectNotFound as error:  # it is not there, or was deleted after the look
            if if_version is not None:
                raise _unmet(object_id, if_version, 0, error) from error
        wire.check_new_object_id(object_id)
        try:
            return Put(create(updater.processor, object_id, data, ()), changed=True)
        except ObjectExists as error:
            if if_version is not None:
                raise _unmet(object_id, if_version, None, error) from error
        updater.processor.repo.wait_out_lag()
    raise ConcurrentUpdateError(
        f"{object_id!r} was created and deleted by others under each of {_ATTEMPTS} attempts.",
        hint="Try again when they are done.",
    )


def revert(updater: Updater, object_id: str, to: int) -> StoredObject:
    """Give an object the data again that it had at a version."""
    reader = updater.processor.reader
    reading = history.whole(reader, find(updater.processor.repo, object_id))
    wanted = history.at_version(reader, reading, to).data
    now = updater.seen(reading)
    if _same(now.data, wanted):
        return now
    reader.repo.schemas.check(object_id, wanted, InvalidUpdate)
    return updater.replace(object_id, wanted, None)


def _replaced(updater: Updater, now: StoredObject, data: JsonObject, if_version: int | None) -> Put:
    meta = now.meta
    asked = meta.pending is not None  # else what is pending may be anything
    if if_version is not None and (meta.version > if_version or (asked and meta.version != if_version)):
        raise _unmet(meta.object_id, if_version, meta.version)
    if asked and _same(now.data, data):
        return Put(now, changed=False)
    return Put(updater.replace(meta.object_id, data, if_version), changed=True)


def _same(one: JsonObject, other: JsonObject) -> bool:
    return wire.canonical(one) == wire.canonical(other)


def _unmet(
    object_id: str, expected: int, actual: int | None, because: ObjectNotFound | ObjectExists | None = None
) -> ConcurrentUpdateError:
    found = because.message if because is not None else f"{object_id!r} is at version {actual}."
    error = ConcurrentUpdateError(
        f"Expected {f'version {expected}' if expected else 'no object'}. {found}",
        expected=expected,
        actual=actual,
        hint=f"{command('get', object_id)} shows it; repeat the call with its new version."
        if actual != 0
        else "To create it, give 0 as the version, or none.",
    )
    if because is not None:
        error.written = error.rejected = because.written
    return error
