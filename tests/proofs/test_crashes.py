"""Each verb, cut at its requests in turn; `python benchmarks/proofs.py crashes` leaves out none, over HTTP either."""

import crashes
import pytest
from crashes import FAULTS, VERBS, prepared
from world import World

from gh_store import BackendUnavailable

pytestmark = pytest.mark.untraced  # the tests of each idea run the same lines

VERB = pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.__name__)


@VERB
@pytest.mark.parametrize("dies", [True, False], ids=["dies", "goes on"])
def test_a_cut_anywhere_changes_nothing_in_the_end(tmp_path, config, verb, dies):
    assert crashes.cut_anywhere(tmp_path, config, verb, dies=dies, step=17 if verb is crashes.process_120 else 1) > 2


def test_a_backend_that_stays_away_is_said_so(tmp_path, config):
    world = prepared(World, tmp_path / "away.db", config)
    with world.closing:
        world.faults.cut = lambda index, verb: "before"
        for verb in VERBS:
            with pytest.raises(BackendUnavailable):
                verb(world.store())


# Over HTTP fewer examples: modes of one verb ask the same, and what they ask of each kind of request is in the first six.
# What a client is told by other faults is one of these three (test_in_process.py); one verb meets them all.
FIRST = [
    crashes.create, crashes.update_and_process, crashes.process, crashes.delete, crashes.sweep, crashes.move
]  # fmt: skip  # a list of names
THEN = [
    crashes.create_again, crashes.update, crashes.reject, crashes.move_again, crashes.delete_moved, crashes.import_,
    crashes.adopt, crashes.repair,
]  # fmt: skip  # as above
TOLD = ["drop-before", "drop-after", "primary-limit"]
LONG = (
    crashes.sweep,
    crashes.move,
    crashes.move_again,
    crashes.delete_moved,
    crashes.import_,
    crashes.adopt,
    crashes.repair,
)


def met(pairs):
    return pytest.mark.parametrize(("verb", "fault"), list(pairs), ids=lambda each: getattr(each, "__name__", each))


def step(verb, fault):
    """Of verbs that ask a lot (each request in turn is cut above), over HTTP so many requests lie between two faults."""
    return 3 if verb not in LONG else 5 if fault == "drop-after" else 11


@met(
    [(verb, fault) for verb in FIRST for fault in (FAULTS if verb is crashes.update_and_process else TOLD)]
    + [(verb, "drop-after") for verb in THEN]
)
def test_a_fault_of_the_server_is_survived_without_anybodys_help(tmp_path, config, verb, fault):
    assert crashes.fault_anywhere(tmp_path, config, verb, fault, dies=False, step=step(verb, fault))


@met([(verb, fault) for verb in FIRST for fault in TOLD[1:]] + [(verb, "drop-after") for verb in THEN])
def test_a_program_that_dies_of_a_fault_of_the_server_may_try_again(tmp_path, config, verb, fault):
    assert crashes.fault_anywhere(tmp_path, config, verb, fault, dies=True, step=step(verb, fault))
