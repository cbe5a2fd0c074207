"""
Processors, writers, a deleter, a sweeper and an adopter, in the interleavings of their requests.

Every schedule with few changes of program is tried (most bugs need few), and random ones from a printed seed. In the end
a sweep runs, and then: each event was applied exactly once and in order, nothing is pending, verify finds no damage, and
no read that began after an update returned missed it.
"""

import itertools
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from schedule import Program, Scheduled, run
from world import World

from gh_store import ObjectExists, ObjectNotFound, Store
from gh_store import config as configuration

Scenario = Callable[["Stage"], list[Program]]


CONFIG = configuration.load()


@cache
def template() -> tuple[bytes, float]:
    """The file of a repository with an object in it, and its time."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "store.db", CONFIG)
        with world.closing:
            world.near().create("thing", {"n": 0})
        return world.path.read_bytes(), world.clock.at


class Stage:
    """A repository, and the programs that meet in it."""

    def __init__(self, path: Path) -> None:
        data, at = template()
        path.write_bytes(data)
        self.world = World(path, CONFIG)
        self.world.clock.at = at
        self.written: list[str] = []  # what updates of `thing` have returned, in order
        self.left: list[str] = []  # and those of `left`

    def program(self, name: str, do: Callable[[Store], object], knows: Sequence[str] = ()) -> Program:
        """What a program does with a store that knows the issues of some objects by number, as they are before all this."""
        backend = Scheduled(self.world.backend())
        store = Store(backend, self.world.config, sleep=self.world.clock.sleep)
        for object_id in knows:
            store.get(object_id)

        def begin(program: Program) -> None:
            backend.program = program
            do(store)

        return Program(name, begin)

    def writer(self, key: str, knows: Sequence[str] = (), **options: Any) -> Program:
        def write(store: Store) -> None:
            try:
                store.update("thing", {key: 1}, **options)
            except ObjectNotFound:
                return
            self.written.append(key)

        return self.program(f"write-{key}", write, knows)

    def knowing(self, key: str, **options: Any) -> Program:
        return self.writer(key, ["thing"], **options)

    def reader(self) -> Program:
        def read(store: Store) -> None:
            before = list(self.written)
            try:
                data = store.get("thing").data
            except ObjectNotFound:
                return
            assert set(before) <= set(data), f"{before} were written before {data} was read"

        return self.program("read", read)

    def processor(self, name: str = "process") -> Program:
        def process(store: Store) -> None:
            try:
                store.process_updates(1)
            except ObjectNotFound:
                return

        return self.program(name, process)

    def sweeper(self) -> Program:
        return self.program("sweep", lambda store: store.process_pending())

    def deleter(self) -> Program:
        def delete(store: Store) -> None:
            try:
                store.delete("thing")
            except ObjectNotFound:
                return

        return self.program("delete", delete)


def two_processors(stage: Stage) -> list[Program]:
    stage.world.near().update("thing", {"a": 1})
    stage.world.near().update("thing", [{"op": "test", "path": "/n", "value": 9}], "patch")
    stage.written.append("a")
    return [stage.processor("one"), stage.processor("two")]


def a_processor_and_a_writer(stage: Stage) -> list[Program]:
    stage.world.near().update("thing", {"a": 1})
    stage.written.append("a")
    return [stage.processor(), stage.writer("b"), stage.reader()]


def two_writers_that_process(stage: Stage) -> list[Program]:
    return [stage.writer("a", process=True), stage.writer("b", process=True)]


def a_deleter_a_writer_and_a_sweeper(stage: Stage) -> list[Program]:
    return [stage.deleter(), stage.writer("a"), stage.sweeper()]


def two_creators(stage: Stage) -> list[Program]:
    def create(store: Store) -> None:
        try:
            store.create("new", {"n": 1})
        except ObjectExists:
            return

    return [stage.program("one", create), stage.program("two", create), stage.sweeper()]


def an_adopter_and_a_writer(stage: Stage) -> list[Program]:
    world = stage.world
    world.user("ada", "write")
    Store(world.backend("ada"), world.config).create("left", {"n": 0})
    world.near().update("left", {"m": 1})
    world.user("ada", "read")

    def write(store: Store) -> None:
        store.get("left")  # it knows the old issue by its number
        store.update("left", {"k": 1})
        stage.left.append("k")

    return [stage.program("adopt", lambda store: store.adopt()), stage.program("write", write)]


def long(stage: Stage) -> None:
    """The object's issue is long when the next event is processed."""
    stage.world.config = replace(stage.world.config, log_max_events=3)
    stage.world.near().update("thing", {"a": 1})
    stage.world.near().update("thing", [{"op": "test", "path": "/n", "value": 9}], "patch")
    stage.written.append("a")


def two_movers_a_writer_and_a_reader(stage: Stage) -> list[Program]:
    long(stage)
    return [stage.processor("one"), stage.processor("two"), stage.writer("b"), stage.reader()]


def a_mover_a_deleter_and_a_writer(stage: Stage) -> list[Program]:
    long(stage)
    return [stage.processor(), stage.deleter(), stage.writer("b")]


def writers_that_know_the_old_issue(stage: Stage) -> list[Program]:
    long(stage)
    return [stage.processor(), stage.knowing("b"), stage.knowing("c", process=True), stage.sweeper(), stage.reader()]


def all_of_them(stage: Stage) -> list[Program]:
    long(stage)
    return [
        stage.processor("one"), stage.processor("two"), stage.knowing("b"), stage.writer("c", process=True),
        stage.deleter(), stage.sweeper(), stage.reader(),
    ]  # fmt: skip  # a list of programs


def all_but_the_deleter(stage: Stage) -> list[Program]:
    return [program for program in all_of_them(stage) if program.name != "delete"]


SCENARIOS = [
    two_processors,
    a_processor_and_a_writer,
    two_writers_that_process,
    a_deleter_a_writer_and_a_sweeper,
    two_creators,
    an_adopter_and_a_writer,
    two_movers_a_writer_and_a_reader,
    a_mover_a_deleter_and_a_writer,
    writers_that_know_the_old_issue,
    all_of_them,
    all_but_the_deleter,
]


def play(path: Path, scenario: Scenario, choose: Callable[[Sequence[int]], int]) -> tuple[int, int]:
    """One schedule from its beginning to its end, and what must hold then; how many requests and programs it had."""
    stage = Stage(path)
    with stage.world.closing:
        programs = scenario(stage)
        trace = run(programs, choose)
        errors = [program.error for program in programs if program.error is not None]
        assert errors == [], f"{errors} after {trace}"
        near = stage.world.near()
        for done in near.process_pending():
            assert done.error is None, (done, trace)
        if scenario is an_adopter_and_a_writer:
            assert all(each.error is None for each in near.adopt()), trace
        check(stage, near, trace)
    return len(trace), len(programs)


def check(stage: Stage, near: Store, trace: list[str]) -> None:
    again = near.process_pending()
    assert again == [], (again, trace)
    assert near.verify().damage == (), (near.verify().damage, trace)
    for obj in near.list_all():
        history = near.get_object_history(obj.meta.object_id)
        applied = [entry for entry in history if entry["outcome"] == "applied"]
        assert [entry["version"] for entry in applied] == list(range(1, len(applied) + 1)), trace
        assert applied[-1]["state"] == obj.data, trace
        names = [entry["metadata"]["event_id"] for entry in applied]
        assert len(set(names)) == len(names), f"an event was applied twice after {trace}"
        if obj.meta.object_id == "thing":
            assert set(stage.written) <= set(obj.data), (
                f"{stage.written} was written, {obj.data} is there after {trace}"
            )
        if obj.meta.object_id == "left":
            assert obj.data == {"n": 0, "m": 1} | dict.fromkeys(stage.left, 1), trace


def with_changes(order: Sequence[int], changes: Sequence[int]) -> Callable[[Sequence[int]], int]:
    """One program after the other, but at these requests the next in `order` goes on."""
    state = {"step": 0, "at": 0}

    def choose(ready: Sequence[int]) -> int:
        if state["step"] in changes:
            state["at"] += 1
        state["step"] += 1
        for offset in range(len(order)):
            candidate = order[(state["at"] + offset) % len(order)]
            if candidate in ready:
                state["at"] += offset
                return candidate
        raise AssertionError

    return choose


def up_to(depth: int, programs: int) -> Iterator[Callable[[Sequence[int]], int]]:
    """Every way to interleave the first so many requests; then one program after the other."""
    for digits in itertools.product(range(programs), repeat=depth):
        left = list(digits)

        def choose(ready: Sequence[int], left: list[int] = left) -> int:
            return ready[left.pop(0) % len(ready)] if left else ready[0]

        yield choose


def schedules(length: int, programs: int, changes: int) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """All schedules of so many changes at most."""
    orders = list(itertools.permutations(range(programs)))
    return [
        (order, at)
        for order in orders
        for many in range(changes + 1)
        for at in itertools.combinations(range(1, length), many)
    ]
