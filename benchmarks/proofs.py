"""
That nothing is lost, shown at length.

    python benchmarks/proofs.py NAME [--count N | --minutes M] [--seed S] [--jobs J]

    crashes    each verb cut before and after each of its requests, on both backends
    schedules  programs that meet, in so many random interleavings of their requests (and some of at most two changes)
    year       a simulated year with so many events
    kills      so many programs killed with SIGKILL
    log        10,000 real versions through one object, with log.max_events at 2,400 and at 7
    fuzz       so many examples for each law of the parsers of what anybody may have written
    all        every one of them, for half an hour

With --minutes a proof runs in short rounds, each with the next seed, until the time is over. (Crashes and log have no
dice: one round of them shows all.) Each round prints what it has tried. The first failure ends the program with 1, and
shows how to repeat it. The tests run short ones.
"""

import argparse
import importlib
import itertools
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "proofs"))

import crashes
import interleavings
import kills
import world
import year
from loguru import logger

from gh_store import config as configuration

TESTS = Path(crashes.__file__).parents[1]
COUNTS = {"crashes": 0, "schedules": 100_000, "year": 100_000, "kills": 500, "log": 5, "fuzz": 5_000}
ROUNDS = {"crashes": 0, "log": 1, "schedules": 2_000, "year": 2_000, "kills": 50, "fuzz": 200}
"""The same for a round of at most a minute, in the order of `all`."""
WITHOUT_DICE = ("crashes", "log")


@contextmanager
def folder() -> Iterator[Path]:
    """In memory if there is such a place: nothing here is about disks, but for kills."""
    memory = Path("/dev/shm")  # a folder of our own in it
    made = tempfile.mkdtemp(dir=memory if memory.is_dir() else None)
    try:
        yield Path(made)
    finally:
        shutil.rmtree(made)


def one_crash(job: tuple[str, str | None, bool]) -> int:
    name, fault, dies = job
    logger.remove()
    verb, config = getattr(crashes, name), configuration.load()
    with folder() as here:
        try:
            if fault is None:
                return crashes.cut_anywhere(here, config, verb, dies=dies)
            return crashes.fault_anywhere(here, config, verb, fault, dies=dies)
        finally:
            world.stop_server()


def all_crashes(_count: int, _seed: int, jobs: int) -> str:
    names = [verb.__name__ for verb in crashes.VERBS]
    todo = [(name, fault, True) for name in names for fault in (None, "drop-before", "drop-after")]
    todo += [(name, None, False) for name in names]  # who goes on by itself
    with ProcessPoolExecutor(jobs) as pool:
        done = list(pool.map(one_crash, todo))
    told: Counter[str] = Counter()
    for (_, fault, _), tried in zip(todo, done, strict=True):
        told[f"over HTTP, {fault}" if fault else "embedded, cut before or after"] += tried
    return f"{len(names)} verbs: " + "; ".join(f"{tried:,} {what}" for what, tried in told.items())


def some_schedules(job: tuple[str, int, int, int, bool]) -> tuple[int, int]:
    """So many random schedules of a scenario; or so many of at most two changes."""
    name, seed, first, last, every = job
    logger.remove()
    scenario = next(each for each in interleavings.SCENARIOS if each.__name__ == name)
    requests = tried = 0
    with folder() as here:
        if every:
            length, programs = interleavings.play(here / "first.db", scenario, lambda ready: ready[0])
            known = interleavings.schedules(length, programs, 2) if programs < 5 else []
            random.Random(seed).shuffle(known)
            chosen = [interleavings.with_changes(order, at) for order, at in known[first:last]]
        else:
            chosen = [random.Random(f"{seed}-{name}-{number}").choice for number in range(first, last)]
        for number, choose in enumerate(chosen, first):
            try:
                requests += interleavings.play(here / f"{number}.db", scenario, choose)[0]
            except AssertionError as error:
                raise AssertionError(f"{name}, seed {seed}, schedule {number}: {error}") from error
            tried += 1
            for file in here.glob(f"{number}.db*"):
                file.unlink()
    return tried, requests


def all_schedules(count: int, seed: int, jobs: int) -> str:
    names = [scenario.__name__ for scenario in interleavings.SCENARIOS]
    each, at_once = count // len(names) + 1, 250
    few_of = count // 50
    todo = [
        (name, seed, first, min(first + at_once, few_of), True) for name in names for first in range(0, few_of, at_once)
    ]
    todo += [
        (name, seed, first, min(first + at_once, each), False) for first in range(0, each, at_once) for name in names
    ]
    with ProcessPoolExecutor(jobs) as pool:
        done = list(pool.map(some_schedules, todo))
    few = sum(tried for (*_, every), (tried, _) in zip(todo, done, strict=True) if every)
    tried, requests = (sum(column) for column in zip(*done, strict=True))
    random_ = f"{tried - few:,} random ones; {requests:,} requests"
    return f"{len(names)} scenarios: {few:,} schedules of at most two changes, {random_}"


def a_year(count: int, seed: int, _jobs: int) -> str:
    logger.remove()

    def month(lived: year.Year) -> None:
        seen = lived.seen
        print(f"year: seed {seed}, month {seen['left']}, {seen['accepted']:,} of {count:,} events", file=sys.stderr)

    with folder() as here:
        lived, applied, issues = year.live(here / "store.db", count, seed, objects=400, tell=month)
    told = ", ".join(f"{many:,} {name}" for name, many in sorted(lived.seen.items()))
    return f"{applied:,} events applied in {issues} issues of {len(lived.objects)} objects ({told})"


def all_kills(count: int, seed: int, _jobs: int) -> str:
    with tempfile.TemporaryDirectory() as here:
        told, there = kills.killed(seed, count, Path(here))
    return f"{count:,} programs killed: {told:,} updates told, {there:,} there, each once"


def a_long_log(count: int, _seed: int, _jobs: int) -> str:
    logger.remove()
    real_data = importlib.import_module("test_real_data")
    for most in (2_400, 7):
        with folder() as here:
            there = world.World(here / "store.db", configuration.load())
            with there:
                real_data.versions_in_a_long_log(there, most, 2_000 * count)
    return f"{2_000 * count:,} versions, twice"


def all_fuzz(count: int, seed: int, jobs: int) -> str:
    laws = ["proofs/test_fuzz.py", "wire/test_wire.py", "log/test_fold.py", "transfer/test_records.py"]
    asked = [sys.executable, "-m", "pytest", "-q", "-n", str(jobs), f"--hypothesis-seed={seed}", *laws]
    done = subprocess.run(asked, cwd=TESTS, env={**os.environ, "EXAMPLES": str(count)}, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    return f"{', '.join(laws)} with {count:,} examples for each law"


PROOFS = {
    "crashes": all_crashes, "schedules": all_schedules, "year": a_year, "kills": all_kills, "log": a_long_log,
    "fuzz": all_fuzz,
}  # fmt: skip  # a table


def tell(name: str, count: int, seed: int, jobs: int) -> None:
    began = time.monotonic()
    try:
        told = PROOFS[name](count, seed, jobs)
    except (Exception, SystemExit):
        print(f"{name}: failed; repeat it by: python benchmarks/proofs.py {name} --count {count} --seed {seed}")
        raise
    print(f"{name}: seed {seed}, {told}; {time.monotonic() - began:.0f} s", flush=True)  # the result


def rounds(names: list[str], minutes: float, seed: int, jobs: int) -> None:
    """At least one round of each; who comes later gets an equal share of the time that is left."""
    end = time.monotonic() + 60 * minutes
    for at, name in enumerate(names):
        now = time.monotonic()
        until = now + (end - now) / (len(names) - at)
        for next_seed in itertools.count(seed):
            tell(name, ROUNDS[name], next_seed, jobs)
            if name in WITHOUT_DICE or time.monotonic() >= until:
                break


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=["all", *PROOFS])
    parser.add_argument("--count", type=int, help="how many; each has its default")
    parser.add_argument("--minutes", type=float, help="how long, instead of how many; 30 for all")
    parser.add_argument(
        "--seed", type=int, default=random.randrange(1_000_000), help="a new one each time, unless given"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    if given.name == "all" or given.minutes is not None:
        names = list(ROUNDS) if given.name == "all" else [given.name]
        rounds(names, 30 if given.minutes is None else given.minutes, given.seed, given.jobs)
    else:
        tell(given.name, COUNTS[given.name] if given.count is None else given.count, given.seed, given.jobs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
