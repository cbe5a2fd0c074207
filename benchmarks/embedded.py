"""
The embedded backend beside the `eventsourcing` package on SQLite, and beside bare SQLite.

    python benchmarks/embedded.py [--sizes 1000 10000 100000]

All sides write with the same `journal_mode` and `synchronous`, named in the output, and commit every
event by itself. Numbers are of this machine, at this moment; quote ratios only.
"""

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.system import ProcessApplication

from gh_store import LocalStore, Mode
from gh_store.domain.events import Event
from gh_store.domain.values import State
from gh_store.log.fold import fold

DOCUMENT = {"name": "boto3", "version": "1.44.5", "rank": 1, "summary": "The AWS SDK for Python (Boto3)"}
PER_OBJECT = 1000
"""Events of one object: it is a log, not a table."""


class Thing(Aggregate):
    """The same object as an aggregate of the `eventsourcing` package."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data

    @event("Updated")
    def update(self, changes: dict[str, Any]) -> None:
        self.data = {**self.data, **changes}


class Things(Application[UUID]):
    """Updates by id, as its documentation writes them: get, call, save."""

    is_snapshotting_enabled = True

    def update(self, thing_id: UUID, changes: dict[str, Any]) -> dict[str, Any]:
        thing: Thing = self.repository.get(thing_id)
        thing.update(changes)
        self.save(thing)
        return thing.data


class Mirror(ProcessApplication[UUID]):
    """Handles every event once, and records with each how far it has come."""

    folded: dict[UUID, dict[str, Any]]

    def policy(self, domain_event: Any, processing_event: Any) -> None:  # noqa: ARG002  # its signature
        if isinstance(domain_event, Thing.Updated):  # type: ignore[attr-defined]  # made by the decorator
            self.folded[domain_event.originator_id] |= domain_event.changes


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def bare(path: Path, count: int) -> dict[str, float]:
    """Nothing but an INSERT in a transaction for each event."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, object INTEGER, body TEXT)")
    text = '{"rank": 17}' + " " * 200

    def append() -> None:
        for number in range(count):
            database.execute("INSERT INTO events (object, body) VALUES (?, ?)", (number // PER_OBJECT, text))

    taken = {"append": seconds(append)}
    database.close()
    return taken


def peer(path: Path, count: int) -> dict[str, float]:
    """The same work with the `eventsourcing` package, its cache of aggregates switched on."""
    environment = {
        "PERSISTENCE_MODULE": "eventsourcing.sqlite",
        "SQLITE_DBNAME": str(path),
        "AGGREGATE_CACHE_MAXSIZE": "1000",
    }
    things = Things(environment)
    made = [Thing(DOCUMENT) for _ in range(max(1, count // PER_OBJECT))]
    things.save(*made)
    ids = [thing.id for thing in made]
    mirror = Mirror({**environment, "SQLITE_DBNAME": f"{path}.mirror"})
    mirror.folded = {each: dict(DOCUMENT) for each in ids}
    mirror.follow(things.name, things.notification_log)
    mirror.pull_and_process(things.name)

    def append() -> None:
        for number in range(count):
            things.update(ids[number % len(ids)], {"rank": number})

    def process() -> None:
        mirror.pull_and_process(things.name)

    def read() -> None:
        for number in range(2000):
            things.repository.get(ids[number % len(ids)])

    taken = {"append": seconds(append), "process": seconds(process), "read": seconds(read)}
    assert mirror.folded[ids[-1]]["rank"] == count - 1
    assert mirror.recorder.max_tracking_id(things.name) == count + len(ids)
    mirror.close()
    things.close()
    return taken


def ours(path: Path, count: int) -> dict[str, float]:
    """Append, process, read, as a program does it through the public verbs."""
    store = LocalStore(path)
    names = [f"object-{number}" for number in range(max(1, count // PER_OBJECT))]
    for name in names:
        store.create(name, DOCUMENT)

    def append() -> None:
        for number in range(count):
            store.update(names[number % len(names)], {"rank": number})

    def process() -> None:
        store.process_pending()

    def read() -> None:
        for number in range(2000):
            store.get(names[number % len(names)])

    taken = {"append": seconds(append), "process": seconds(process), "read": seconds(read)}
    store.close()
    return taken


def many(path: Path, count: int) -> None:
    """Print how long `count` objects take, and the memory of reading them all; run in a process of its own."""
    import resource  # noqa: PLC0415  # not on every system

    store = LocalStore(path)

    def create() -> None:
        for number in range(count):  # keeps nothing, or memory would be that of this list
            store.create(f"object-{number}", DOCUMENT)

    created = seconds(create)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    listed = seconds(lambda: sum(1 for _ in store.list_all()))
    after_list = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    snapshot = path.with_suffix(".json")
    written = seconds(lambda: store.write_snapshot(snapshot))
    after_snapshot = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    store.update("object-0", {"rank": 2}, process=True)
    forward = seconds(lambda: store.update_snapshot(snapshot))
    megabytes = snapshot.stat().st_size / 2**20
    print(
        f"{count:>9,} {count / created:>11,.0f} {count / listed:>11,.0f} {(after_list - before) / 1024:>10.1f} "
        f"{written:>10.2f} {forward:>10.2f} {(after_snapshot - after_list) / 1024:>12.1f} {megabytes:>10.1f}"
    )


def folds() -> float:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    small = Event(position=1, time=at, mode=Mode.APPEND, data={"rank": 2}, size=60)
    state, count = State(1, at, DOCUMENT, 120), 500_000

    def run() -> None:
        now = state
        for _ in range(count):
            result = fold(now, small)
            assert isinstance(result, State)
            now = result

    return count / seconds(run)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--many", nargs=2, metavar=("PATH", "COUNT"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.many:
        many(Path(chosen.many[0]), int(chosen.many[1]))
        return
    print("journal_mode = WAL, synchronous = FULL on all sides; one transaction an event\n")
    print(f"{'events':>9} {'work':<9} {'gh-store/s':>12} {'eventsourcing/s':>16} {'bare SQLite/s':>14} {'ratio':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for size in chosen.sizes:
            root = Path(folder) / str(size)
            root.mkdir()
            check_pragmas(root)
            mine, theirs, floor = ours(root / "a.db", size), peer(root / "b.db", size), bare(root / "c.db", size)
            for work, done in (("append", size), ("process", size), ("read", 2000)):
                row = [done / mine[work], done / theirs[work]]
                lowest = f"{done / floor[work]:>14,.0f}" if work in floor else f"{'':>14}"
                print(
                    f"{size:>9,} {work:<9} {row[0]:>12,.0f} {row[1]:>16,.0f} {lowest} {row[0] / row[1]:>7.1f}x",
                    flush=True,
                )
        print(
            f"\n{'objects':>9} {'created/s':>11} {'listed/s':>11} {'list +MB':>10} {'snapshot s':>10} "
            f"{'forward s':>10} {'snapshot +MB':>12} {'file MB':>10}"
        )
        for size in chosen.sizes:
            command = [sys.executable, __file__, "--many", str(Path(folder) / f"many-{size}.db"), str(size)]
            subprocess.run(command, check=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    print(f"\nfold: {folds():,.0f} small parsed events a second, size check included")


def check_pragmas(folder: Path) -> None:
    """All sides write alike, or the rows would not be of the same work."""
    store = LocalStore(folder / "check.db")
    things = Things({"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(folder / "check2.db")})
    with things.factory.datastore.transaction(commit=False) as cursor:  # type: ignore[attr-defined]  # of its SQLite factory
        for pragma in ("journal_mode", "synchronous"):
            cursor.execute(f"PRAGMA {pragma}")
            theirs = cursor.fetchone()[0]
            mine = store.backend._db.execute(f"PRAGMA {pragma}").fetchone()[0]  # type: ignore[attr-defined]  # noqa: SLF001  # nobody else asks
            if mine != theirs:
                raise SystemExit(f"{pragma}: gh-store {mine}, eventsourcing {theirs}: this is no comparison")
    things.close()
    store.close()


if __name__ == "__main__":
    main()
