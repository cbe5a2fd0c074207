"""
Many objects at once on the embedded backend, beside `sqlite-utils insert` and the `eventsourcing` package.

    python benchmarks/many.py [--sizes 1000 10000 100000] [--runs 3]

Each line is a program of its own, from its start to its end, which reads the same objects from a file of JSON lines and
writes a SQLite file in transactions of many objects. The ratios are to sqlite-utils in the same run: by the clock, and
by the processor, which other programs disturb less. The best of the runs counts. sqlite-utils keeps a row for each
object; the others keep a log for each.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

DOCUMENT: Final = {"name": "boto3", "version": "1.44.5", "rank": 1, "summary": "The AWS SDK for Python (Boto3)"}
AT_ONCE: Final = 500
"""Objects of one transaction of `eventsourcing`: as many as of ours."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a program took: seconds, and the most memory that it held, in MB."""

    clock: float
    processor: float
    peak: float


def measured(command: list[str]) -> Cost:
    """What a program takes. Ends this one if it fails."""
    begun = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as program:
        _, status, used = os.wait4(program.pid, 0)
        program.returncode = os.waitstatus_to_exitcode(status)
    if program.returncode:
        raise SystemExit(f"{command} ended with {program.returncode}")
    return Cost(time.perf_counter() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def best(costs: list[Cost]) -> Cost:
    return Cost(*(min(getattr(cost, name) for cost in costs) for name in ("clock", "processor", "peak")))


def pairs(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            told = json.loads(line)
            yield told["id"], told["document"]


def work(verb: str, source: Path, target: Path) -> None:
    """One side's work; in a program of its own."""
    if verb == "eventsourcing":
        save(source, target)
        return
    from gh_store import LocalStore  # noqa: PLC0415  # the other sides do not import it

    with LocalStore(target) as store:
        if verb == "import":
            assert all(each.made for each in store.import_from(source))
        elif verb == "update_many":
            assert all(each.changed for each in store.update_many((name, {"rank": 2}) for name, _ in pairs(source)))
        elif verb == "put_many again":
            assert not any(each.changed for each in store.put_many(pairs(source)))
        elif verb == "list_all where":
            assert sum(1 for _ in store.list_all(where="rank == `1`")) == sum(1 for _ in pairs(source))
        elif verb == "changes":
            assert sum(1 for _ in store.changes()) == sum(1 for _ in pairs(source))
        else:
            assert all(each.changed for each in getattr(store, verb)(pairs(source)))


def save(source: Path, target: Path) -> None:
    """The same with the `eventsourcing` package: one aggregate for each object, saved many at a time."""
    from uuid import UUID  # noqa: PLC0415  # of this side alone

    from eventsourcing.application import Application  # noqa: PLC0415  # as above
    from eventsourcing.domain import Aggregate  # noqa: PLC0415  # as above

    class Thing(Aggregate):
        def __init__(self, name: str, data: dict[str, Any]) -> None:
            self.name = name
            self.data = data

    things = Application[UUID]({"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(target)})
    told = pairs(source)
    while made := [Thing(name, data) for name, data in islice(told, AT_ONCE)]:
        things.save(*made)
    things.close()


VERBS: Final = (
    "create_many", "put_many", "put_many again", "list_all where", "changes", "update_many", "import", "eventsourcing",
)  # fmt: skip  # a list
AFTER: Final = {
    "put_many again": "put_many", "list_all where": "put_many", "changes": "put_many", "update_many": "create_many",
}  # fmt: skip  # a table
"""The verb whose store the work goes on with."""


def compare(folder: Path, size: int, runs: int) -> None:
    source, rows = folder / f"{size}.jsonl", folder / f"{size}-rows.jsonl"
    with source.open("w", encoding="utf-8") as ours, rows.open("w", encoding="utf-8") as theirs:
        for number in range(size):
            ours.write(json.dumps({"id": f"object-{number}", "document": DOCUMENT}) + "\n")
            theirs.write(json.dumps({"id": f"object-{number}", **DOCUMENT}) + "\n")
    costs: dict[str, list[Cost]] = {}
    for run in range(runs):
        target = folder / f"{size}-{run}-rows.db"
        insert = [sys.executable, "-m", "sqlite_utils", "insert", str(target), "t", str(rows), "--nl", "--pk", "id"]
        costs.setdefault("sqlite-utils insert", []).append(measured(insert))
        for verb in VERBS:
            target = folder / f"{size}-{run}-{AFTER.get(verb, verb)}.db"
            costs.setdefault(verb, []).append(measured([sys.executable, __file__, "--work", verb, source, target]))  # type: ignore[list-item]  # paths will do
    floor = best(costs["sqlite-utils insert"])
    for name, met in costs.items():
        cost = best(met)
        print(
            f"{size:>9,} {name:<20} {cost.clock:>8.2f} {cost.clock / floor.clock:>7.1f}x {cost.processor:>10.2f} "
            f"{cost.processor / floor.processor:>7.1f}x {cost.peak:>8.0f}",
            flush=True,
        )
    print(f"{size:>9,} {told_of(folder / f'{size}-0-put_many.db', 100)}", flush=True)


def told_of(path: Path, events: int) -> str:
    """The requests that it takes to be told of so many new events, each on an object of its own."""
    from gh_store import Store  # noqa: PLC0415  # the other sides do not import it
    from gh_store.backends.local import LocalBackend  # noqa: PLC0415  # as above
    from gh_store.backends.testing.faults import Faults, FaultyBackend  # noqa: PLC0415  # as above

    faults = Faults()
    with Store(FaultyBackend(LocalBackend(path), faults)) as store:
        cursor = store.cursor()
        for number in range(events):
            store.update(f"object-{number}", {"rank": 2}, process=True)
        faults.calls.clear()
        assert sum(1 for _ in store.changes(cursor)) == events
        return f"{len(faults.calls)} requests to be told of {events} new events"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--work", nargs=3, metavar=("VERB", "SOURCE", "TARGET"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.work:
        verb, source, target = chosen.work
        work(verb, Path(source), Path(target))
        return
    print(f"{'objects':>9} {'work':<20} {'clock s':>8} {'ratio':>8} {'processor s':>10} {'ratio':>7} {'peak MB':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for size in chosen.sizes:
            compare(Path(folder), size, chosen.runs)


if __name__ == "__main__":
    main()
