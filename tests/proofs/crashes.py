"""
Each verb, cut at each of its requests in turn, before and after it is carried out.

After a cut the caller tries again, then a sweep runs; and the store equals that of a run without the cut.
A program that is cut has no retries: it is dead.
"""

import json
import re
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from world import GitHubWorld, World

from gh_store import (
    BackendUnavailable,
    BulkResult,
    InvalidUpdate,
    ObjectExists,
    ObjectNotFound,
    RateLimited,
    Store,
    wire,
)
from gh_store import config as configuration
from gh_store.config import Config


def create(store: Store) -> None:
    with suppress(ObjectExists):  # it was made before the cut
        store.create("metrics", {"a": 1}, ["public"])


def create_again(store: Store) -> None:
    with suppress(ObjectExists):
        store.create("old", {"life": 2})


def update(store: Store) -> None:
    store.update("thing", {"b": {"c": 2}}, event_id="mine")


def replace_(store: Store) -> None:
    store.update("thing", {"b": 1}, "replace", event_id="mine")


def merge(store: Store) -> None:
    store.update("thing", {"a": None}, "merge", event_id="mine")


def patch(store: Store) -> None:
    store.update("thing", [{"op": "add", "path": "/c", "value": 3}], "patch", event_id="mine")


def update_and_process(store: Store) -> None:
    store.update("thing", {"b": {"c": 2}}, event_id="mine", process=True)


def reject(store: Store) -> None:
    with suppress(InvalidUpdate):
        store.update("thing", [{"op": "remove", "path": "/no"}], "patch", event_id="bad", process=True)


def process(store: Store) -> None:
    store.process_updates(2)


def process_one(store: Store) -> None:
    store.process_updates(5)


def process_edited(store: Store) -> None:
    """A hand edit of the body, and a comment that was corrected too late, about which its author is told."""
    store.process_updates(4)


def process_120(store: Store) -> None:
    store.process_updates(7)


def move(store: Store) -> None:
    """Three events, one of which is rejected; and then the issue is long."""
    store.process_updates(2)


def move_again(store: Store) -> None:
    """What reaches an issue that its object has left, and one that is long again because of it."""
    store.process_updates(8)


def delete_moved(store: Store) -> None:
    with suppress(ObjectNotFound):
        store.delete("moved")


def delete(store: Store) -> None:
    with suppress(ObjectNotFound):
        store.delete("busy")


def create_many(store: Store) -> None:
    done(store.create_many([("one", {"n": 1}), ("two", {"n": 2})], ["public"]))


def put_many(store: Store) -> None:
    done(store.put_many([("thing", {"a": 1}), ("edited", {"n": 2}), ("three", {"n": 3})]))


def update_many(store: Store) -> None:
    done(store.update_many([("thing", {"b": 1}), ("busy", {"m": 3}), ("thing", {"b": 2})], event_id="run"))


def done(results: Iterable[BulkResult]) -> None:
    for each in results:
        if each.error is not None:
            raise each.error


def import_(store: Store) -> None:
    for done in store.import_from(BACKUP):
        if done.error is not None:
            raise done.error


def adopt(store: Store) -> None:
    for done in store.adopt("left"):
        if done.error is not None:
            raise done.error


def repair(store: Store) -> None:
    for done in store.repair():
        if done.error is not None:
            raise done.error


def sweep(store: Store) -> None:
    for done in store.process_pending():
        if done.error is not None:
            raise done.error


BACKUP = [
    json.dumps(each) + "\n"
    for each in (
        {"gh-store": "export", "format": 1, "repository": "ada/site"},
        {
            "object_id": "from afar", "issue_number": 7, "version": 2, "deleted": False, "labels": ["public"],
            "data": {"n": 1},
            "events": [
                {"comment_id": at + 1, "author": "ada", "created_at": "2025-01-01T00:00:00+00:00", "outcome": outcome,
                 "type": kind, "data": {"n": n}, "meta": {}, **error}
                for at, (kind, outcome, n, error) in enumerate((
                    ("initial_state", "applied", 0, {}),
                    ("update", "rejected", 9, {"error": ["InvalidUpdate", "No."]}),
                    ("update", "applied", 1, {}),
                ))
            ],
        },
        {
            "object_id": "long gone", "issue_number": 8, "version": 1, "deleted": True, "labels": [], "data": {},
            "events": [],
        },
        {"gh-store": "end", "objects": 2},
    )
]  # fmt: skip  # as it stands in a file
W = TypeVar("W", bound=World)
Cut = Callable[[int, str], Literal["before", "after"] | None]
Picture = tuple[list[Any], list[Any]]
VERBS = [
    create, create_again, update, replace_, merge, patch, update_and_process, reject, process_one, process, process_edited,
    process_120,
    move, move_again, delete, delete_moved, sweep, create_many, put_many, update_many, import_, adopt, repair,
]  # fmt: skip  # a list of names
SHORT = 4
"""The comments that an issue may have, for the verbs that move objects."""


def settings(verb: Callable[[Store], None], config: Config) -> Config:
    return replace(config, log_max_events=SHORT) if verb in (move, move_again, delete_moved) else config


@cache
def template(prepare: Callable[[World], None]) -> tuple[bytes, float]:
    """The file of a repository with objects in every state that a verb may meet, and its time."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "store.db", configuration.load())
        with world.closing:
            prepare(world)
        return world.path.read_bytes(), world.clock.at


def prepared(
    kind: Callable[[Path, Config], W], path: Path, config: Config, verb: Callable[[Store], None] | None = None
) -> W:
    """A repository of its own, with all of that in it."""
    many, moves = verb is process_120, verb in (move, move_again, delete_moved)
    data, at = template(prepare_many if many else prepare_moved if moves else prepare)
    path.write_bytes(data)
    world = kind(path, config)
    world.clock.at = at
    return world


def prepare(world: World) -> None:
    store = world.near()
    store.create("thing", {"a": 1})
    store.create("busy", {"n": 0})
    store.update("busy", {"n": 1})
    store.update("busy", [{"op": "test", "path": "/n", "value": 7}], "patch")
    world.backend("stranger").create_comment(2, '{"n": "stranger"}')
    store.update("busy", {"m": 2})
    store.create("old", {"life": 1})
    store.delete("old")
    store.create("edited", {"by": "us"})
    talk = world.backend().create_comment(4, '{"n": 1,}')
    store.process_updates(4)
    world.backend().edit_comment(talk.id, '{"n": 1}')
    world.backend().edit_issue(4, body='{"by": "hand"}')
    world.user("ada", "write")
    theirs = Store(world.backend("ada"), world.config, sleep=world.clock.sleep)
    theirs.create("left", {"n": 0})
    theirs.update("left", {"n": 1}, process=True)
    store.update("left", {"m": 1})
    world.user("ada", "read")
    store.create("bare", {"n": 1})
    world.backend().remove_label(6, "stored-object")
    world.backend().remove_label(6, "UID:bare")
    world.backend().edit_issue(1, title="Hello")
    world.backend().remove_reaction(world.comments(1)[0].id, "rocket")


def prepare_many(world: World) -> None:
    store = world.near()
    for number in range(7):
        store.create(f"many-{number}", {"n": 0})
    for n in range(120):
        store.update("many-6", {"n": n})


def prepare_moved(world: World) -> None:
    prepare(world)
    world.near().create("seven", {})
    short = Store(world.backend(), replace(world.config, log_max_events=SHORT), sleep=world.clock.sleep)
    short.create("moved", {"n": 0})
    for n in range(1, SHORT + 1):
        short.update("moved", {"n": n}, process=True)
    for n in range(SHORT):
        world.backend().create_comment(8, json.dumps({"late": n}))
    world.backend().create_comment(8, '{"_data": [], "_meta": {}}')


def picture(world: World) -> Picture:
    """All that users and readers of the issues see, without what each run makes anew (ids, times, nonces)."""
    world.near().process_pending()
    issues = []
    for at in world.issues():
        said, told = [], []
        for comment in world.comments(at.number):
            event = wire.read_event(comment.body, position=comment.id, time=comment.created_at)
            text = comment.body if event is None else wire.canonical(event.data)
            said.append((re.sub(r"\d+", "N", text), tuple(sorted(comment.reactions.items()))))
            told += [comment.body] if event is None and comment.body.startswith("gh-store ") else []
        assert len(set(told)) == len(told), f"a reply was told twice: {told}"
        version = at.title.split("[")[1].split()[0]
        head = world.head(at.number)
        issues.append((head.object_id, head.status, version, at.open, at.body, tuple(said), head.intact))
    return sorted(issues, key=str), sorted(
        (o.meta.object_id, wire.canonical(o.data), o.meta.version, history(world, o.meta.object_id))
        for o in world.near().list_all()
    )


def history(world: World, object_id: str) -> str:
    """Each event once, in order, with what became of it."""
    entries = [entry for entry in world.near().get_object_history(object_id) if entry["outcome"] != "duplicate"]
    names = [entry["metadata"].get("event_id", entry["comment_id"]) for entry in entries]
    assert len(set(names)) == len(names), f"an event counts twice: {names}"
    return wire.canonical([[e["outcome"], e["version"], e["state"], e["author"]] for e in entries])


# --- cut at each request --------------------------------------------------------------------------


def run(folder: Path, config: Config, name: str, verb: Callable[[Store], None], cut: Cut, *, dies: bool) -> Picture:
    """
    The picture after a verb that was cut.

    Args:
        dies: The program has no retries, and whoever runs it tries again; else it has to help itself.
    """
    config = settings(verb, config)
    world = prepared(World, folder / f"{name}.db", replace(config, retries_max_attempts=1) if dies else config, verb)
    with world.closing:
        world.faults.cut = cut
        try:
            verb(world.store())
        except BackendUnavailable:
            if not dies:
                raise
            world.faults.cut = lambda index, verb: None
            verb(world.store())
        world.faults.cut = lambda index, verb: None
        return picture(world)


CUTS: Final[tuple[Literal["before", "after"], ...]] = ("before", "after")
READS: Final = ("get_", "list_")


def cutting(at: int, when: Literal["before", "after"]) -> Cut:
    return lambda index, name: when if index == at else None


def cut_anywhere(folder: Path, config: Config, verb: Callable[[Store], None], *, dies: bool, step: int = 1) -> int:
    """
    Cut a verb before and after every so many of its requests: the store is the same in the end. How often it was cut.

    Before a read and after it are the same cut: nothing was changed, and nothing was answered.
    """
    cuts = 0
    calls: list[str] = []
    clean = run(folder, config, "clean", verb, lambda index, name: calls.append(name), dies=dies)
    for at in range(0, len(calls), step):
        for when in CUTS[: 1 if calls[at].startswith(READS) else 2]:
            met = run(folder, config, f"{at}-{when}", verb, cutting(at, when), dies=dies)
            same = unrepeated(met) == unrepeated(clean) if dies else met == clean
            assert same, f"{verb.__name__} cut {when} request {at}, {calls[at]}, of {calls}"
            (folder / f"{at}-{when}.db").unlink()
            cuts += 1
    return cuts


def unrepeated(picture: Picture) -> Picture:
    """A retried update may stand twice in the log; it may count only once."""
    issues, objects = picture

    def once(said: tuple[tuple[str, object], ...]) -> list[tuple[str, object]]:
        texts = [text for text, _ in said]
        return [each for at, each in enumerate(said) if each[0] not in texts[:at]]

    return [(*issue[:5], once(issue[5]), issue[6]) for issue in issues], objects


# --- the same, over HTTP --------------------------------------------------------------------------

FAULTS = ["drop-before", "drop-after", "500", "502", "timeout", "primary-limit", "secondary-limit", "too-quickly"]


def over_http(
    path: Path, config: Config, verb: Callable[[Store], None], fault: str | None = None, at: int = 0
) -> tuple[Picture, list[str]]:
    """The picture after a verb that met a fault at one request, and what was asked of the server."""
    world = prepared(partial(GitHubWorld, in_file=True), path, settings(verb, config), verb)
    with world.closing:
        if fault is not None:
            world.trouble.add({"kind": fault, "after": at})
        store = Store(world.through(timeout=0.2 if fault == "timeout" else 15.0), world.config, sleep=world.clock.sleep)
        try:
            verb(store)
        except (BackendUnavailable, RateLimited):
            world.clock.sleep(3600)  # whoever runs it tries again later
            verb(Store(world.through(), world.config, sleep=world.clock.sleep))
        asked = world.asked()
        return picture(world), asked


def fault_anywhere(
    folder: Path, config: Config, verb: Callable[[Store], None], fault: str, *, dies: bool, step: int = 1
) -> int:
    """Let the server fail at every so many requests of a verb: the store is the same in the end. How often it failed."""
    retries = {"retries_max_attempts": 1, "rate_limit_on_limit": "raise"} if dies else {"rate_limit_on_limit": "wait"}
    config = replace(config, **retries)
    clean, asked = over_http(folder / "clean.db", config, verb)
    for at in range(0, len(asked), step):
        met, _ = over_http(folder / f"{at}.db", config, verb, fault, at)
        same = unrepeated(met) == unrepeated(clean) if dies else met == clean
        assert same, f"{verb.__name__} met {fault} at request {at} of {asked}"
        (folder / f"{at}.db").unlink()
    return len(range(0, len(asked), step))
