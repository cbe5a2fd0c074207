"""Programs that meet, in a few of the interleavings of their requests; `python benchmarks/proofs.py schedules` has more."""

import math
import random

import pytest
from interleavings import SCENARIOS, play, schedules, up_to, with_changes
from schedule import run
from stage import Stage

pytestmark = pytest.mark.untraced  # the tests of each idea run the same lines

SEED = 20261121
SCENARIO = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)


@SCENARIO
def test_schedules_of_few_changes(tmp_path, scenario):
    length, programs = play(tmp_path / "first.db", scenario, lambda ready: ready[0])
    every = schedules(length, programs, 2) if programs < 5 else []
    for number, (order, at) in enumerate(random.Random(SEED).sample(every, min(14, len(every)))):
        play(tmp_path / f"{number}.db", scenario, with_changes(order, at))


@SCENARIO
def test_every_interleaving_up_to_a_depth(tmp_path, scenario):
    _, programs = play(tmp_path / "first.db", scenario, lambda ready: ready[0])
    for number, choose in enumerate(up_to(int(math.log(16, programs)), programs)):
        play(tmp_path / f"{number}.db", scenario, choose)


@SCENARIO
def test_random_schedules(tmp_path, scenario):
    random_ = random.Random(SEED)
    for number in range(8):
        play(tmp_path / f"{number}.db", scenario, random_.choice)


def test_the_scheduler_finds_what_a_scheduler_should(tmp_path):
    """A program that reads, and writes what it read: the lost update that it loses is found."""

    def count(store):
        body = store.backend.get_issue(1).body
        store.backend.edit_issue(1, body=str(int(body) + 1))

    lost = 0
    for number, (order, at) in enumerate(schedules(4, 2, 1)):
        stage = Stage(tmp_path / f"{number}.db")
        with stage.world.closing:
            stage.world.backend().create_issue("counter", "0", [])
            run([stage.program("one", count), stage.program("two", count)], with_changes(order, at), [])
            lost += stage.world.issue().body != "2"
    assert lost
