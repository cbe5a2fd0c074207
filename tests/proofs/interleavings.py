"""
Processors, writers, a deleter, a sweeper and an adopter, in the interleavings of their requests.

Every schedule with few changes of program is tried (most bugs need few), and random ones from a printed seed. In the end
a sweep runs, and then: each event was applied exactly once and in order, nothing is pending, verify finds no damage, and
no read that began after an update returned missed it.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from people import PEOPLE
from schedule import Program, run
from stage import Scenario, Stage

from gh_store import ObjectExists, Store, wire
from gh_store.access.lookup import find


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

    stage.at_last.append(adopted)
    return [stage.program("adopt", lambda store: store.adopt()), stage.program("write", write)]


def adopted(near: Store) -> None:
    """What an adoption that met others has left, the next one takes."""
    assert all(each.error is None for each in near.adopt())


def an_edit_that_comes_too_late(stage: Stage) -> list[Program]:
    """Of a comment that was rejected; each of two processors may tell its author."""
    world = stage.world
    comment = world.backend().create_comment(1, '{"late": 1,}')
    world.near().process_updates(1)

    def told(near: Store) -> None:
        near.process_updates(1)
        replies = [each for each in world.comments() if each.body == wire.write_post_anew(comment.id)]
        assert 1 <= len(replies) <= 2, replies
        assert "late" not in near.get("thing").data

    stage.at_last.append(told)
    edit = stage.person("edit", lambda pages: pages(None).edit_comment(comment.id, '{"late": 1}'))
    return [edit, stage.processor("one"), stage.processor("two"), stage.writer("b")]


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
    an_edit_that_comes_too_late,
    two_movers_a_writer_and_a_reader,
    a_mover_a_deleter_and_a_writer,
    writers_that_know_the_old_issue,
    all_of_them,
    all_but_the_deleter,
    *PEOPLE,
]


def play(path: Path, scenario: Scenario, choose: Callable[[Sequence[int]], int]) -> tuple[int, int]:
    """One schedule from its beginning to its end, and what must hold then; how many requests and programs it had."""
    stage = Stage(path)
    trace: list[str] = []
    try:
        programs = scenario(stage)
        run(programs, choose, trace)
        errors = [program.error for program in programs if program.error is not None]
        assert errors == [], errors
        near = stage.world.near()
        for finish in stage.at_last:
            finish(near)
        unreadable = [done.object_id for done in near.process_pending() if done.error is not None]
        check(stage, near, unreadable)
    except AssertionError as error:
        raise AssertionError(f"{error} after {trace}") from error
    finally:
        stage.world.closing.close()
    return len(trace), len(programs)


def check(stage: Stage, near: Store, unreadable: Sequence[str | None]) -> None:
    """At rest: each event that counts was applied once and in order, and head, seal and log say the same."""
    assert unreadable == [] or (stage.unreadable and unreadable == ["thing"]), unreadable
    again = near.process_pending()
    assert [done.object_id for done in again] == unreadable, again
    damage = [each for each in near.verify().damage if each.issue_number not in stage.unconfirmed]
    assert unreadable or {each.kind for each in damage} <= stage.to_repair, damage
    for obj in near.list_all():
        head = find(near._repo, obj.meta.object_id)
        assert near._repo.authority.is_settled(head), head
        assert head.body == obj.data, head
        assert obj.meta.issue_number not in stage.unconfirmed, obj
        history = near.get_object_history(obj.meta.object_id)
        applied = [entry for entry in history if entry["outcome"] == "applied"]
        names = [entry["metadata"].get("event_id") or entry["comment_id"] for entry in applied]
        assert len(set(names)) == len(names), f"an event was applied twice: {names}"
        assert "evil" not in obj.data, obj.data
        if not stage.altered:  # else no comment proves the past
            assert [entry["version"] for entry in applied] == list(range(1, len(applied) + 1)), applied
            assert applied[-1]["state"] == obj.data, applied
        if obj.meta.object_id == "thing":
            assert set(stage.written) <= set(obj.data), f"{stage.written} was written, {obj.data} is there"
        if obj.meta.object_id == "left":
            assert obj.data == {"n": 0, "m": 1} | dict.fromkeys(stage.left, 1), obj.data


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
