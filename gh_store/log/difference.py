"""The update that turns one state into another and changes nothing else."""

from typing import Any

from gh_store import wire
from gh_store.domain.values import JsonObject, Mode
from gh_store.log.fold import merge


def difference(old: JsonObject, new: JsonObject) -> tuple[Mode, Any]:
    """
    An update that turns `old` into `new` and does not touch what is the same in both.

    A merge if possible. A patch if a member became null, because a merge removes such a member.
    """
    changes = _merge_difference(old, new)
    if wire.canonical(merge(old, changes)) == wire.canonical(new):
        return Mode.MERGE, changes
    return Mode.PATCH, list(_patch_difference(old, new, ""))


def _merge_difference(old: JsonObject, new: JsonObject) -> JsonObject:
    changes: JsonObject = {key: None for key in old if key not in new}
    for key, value in new.items():
        before = old.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            deeper = _merge_difference(before, value)
            if deeper:
                changes[key] = deeper
        elif key not in old or wire.canonical(before) != wire.canonical(value):
            changes[key] = value
    return changes


def _patch_difference(old: JsonObject, new: JsonObject, path: str) -> list[JsonObject]:
    operations: list[JsonObject] = []
    for key in [*old, *(key for key in new if key not in old)]:
        here = f"{path}/{key.replace('~', '~0').replace('/', '~1')}"
        if key not in new:
            operations.append({"op": "remove", "path": here})
        elif isinstance(old.get(key), dict) and isinstance(new[key], dict):
            operations.extend(_patch_difference(old[key], new[key], here))
        elif key not in old or wire.canonical(old[key]) != wire.canonical(new[key]):
            operations.append({"op": "add", "path": here, "value": new[key]})
    return operations
