"""What is different between two states; and the update that turns one into the other and changes nothing else."""

from collections.abc import Iterator
from typing import Any

from gh_store import wire
from gh_store.domain.differences import ABSENT, Difference
from gh_store.domain.pointers import below
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
        here = below(path, key)
        if key not in new:
            operations.append({"op": "remove", "path": here})
        elif isinstance(old.get(key), dict) and isinstance(new[key], dict):
            operations.extend(_patch_difference(old[key], new[key], here))
        elif key not in old or wire.canonical(old[key]) != wire.canonical(new[key]):
            operations.append({"op": "add", "path": here, "value": new[key]})
    return operations


def differences(old: JsonObject, new: JsonObject, path: str = "") -> Iterator[Difference]:
    """
    Where two states differ: members by name, and of each list one splice, without its common head and tail.

    Takes time in proportion to both states.
    """
    for key in [*old, *(key for key in new if key not in old)]:
        before, after = old.get(key, ABSENT), new.get(key, ABSENT)
        if before is after:  # most members of a state are those of the state before it
            continue
        here = below(path, key)
        if isinstance(before, dict) and isinstance(after, dict):
            yield from differences(before, after, here)
        elif isinstance(before, list) and isinstance(after, list):
            yield from _splice(before, after, here)
        elif before is ABSENT or after is ABSENT or wire.canonical(before) != wire.canonical(after):
            yield Difference(here, before, after)


def _splice(old: list[Any], new: list[Any], path: str) -> Iterator[Difference]:
    before, after = ([wire.canonical(item) for item in items] for items in (old, new))
    head = _common(before, after)
    tail = _common(before[head:][::-1], after[head:][::-1])
    removed, inserted = old[head : len(old) - tail], new[head : len(new) - tail]
    if removed or inserted:
        yield Difference(path, removed, inserted, head)


def _common(one: list[str], other: list[str]) -> int:
    """How many items are the same from the beginning."""
    same = 0
    for here, there in zip(one, other, strict=False):
        if here != there:
            break
        same += 1
    return same
