"""The rules that are plain values: which issue is next, whether GitHub may be asked, when a sync is due."""

import pytest

from gh_store.domain.exceptions import AuthInvalid, BackendUnavailable, InsufficientScope, RateLimited
from gh_store.serve.gate import Gate
from gh_store.serve.misses import Misses
from gh_store.serve.model import Cursor, Model, Observation
from gh_store.serve.plan import Plan
from gh_store.serve.queue import Queue, Want, pause


def queue(*, most=10_000, patient=False):
    return Queue(0.05, 4, most, lambda: 1.0, patient=patient)


def taken(queue, now):
    jobs = []
    while (job := queue.take(now)) is not None:
        jobs.append(job[0])
    return jobs


# --- the queue --------------------------------------------------------------------------------------------


def test_an_issue_is_due_50_ms_after_its_first_hint_whatever_comes_then():
    waiting = queue()
    for at in (0.0, 0.02, 0.04):
        waiting.hint(1, Want(), at)
        assert waiting.take(at) is None
    assert waiting.next == 0.05
    assert taken(waiting, 0.05) == [1]  # each hint would have prolonged it, and a stream for ever


def test_one_run_and_one_follow_up_however_many_hints_come():
    waiting = queue()
    waiting.hint(1, Want(), 0.0)
    assert taken(waiting, 1.0) == [1]
    for at in range(5):
        waiting.hint(1, Want(comment_id=at), 2.0)
    assert taken(waiting, 9.0) == []  # it is under way
    assert (waiting.next, len(waiting)) == (None, 1)
    waiting.done(1)
    assert waiting.take(9.0) == (1, Want(comment_id=4), 0)
    waiting.done(1)
    assert taken(waiting, 99.0) == []


def test_four_are_under_way_at_once():
    waiting = queue()
    for number in range(1, 7):
        waiting.hint(number, Want(), 0.0)
    assert taken(waiting, 1.0) == [1, 2, 3, 4]
    assert waiting.next is None
    waiting.done(2)
    assert taken(waiting, 1.0) == [5]


def test_past_the_most_nothing_waits_and_all_is_looked_at():
    waiting = queue(most=10)
    assert all(waiting.hint(number, Want(), 0.0) for number in range(10))
    assert waiting.hint(3, Want(), 0.0)  # it waits already
    assert not waiting.hint(10, Want(), 0.0)
    assert len(waiting) == 0
    assert taken(waiting, 1.0) == []


def test_what_failed_stays_and_waits_longer_each_time():
    waiting = queue()
    waiting.hint(1, Want(updated_at=7), 0.0)
    now, pauses = 1.0, []
    for failures in range(9):
        number, want, before = waiting.take(now)
        assert (number, want.updated_at, before) == (1, 7, failures)
        waiting.again(1, now)
        pauses.append(waiting.next - now)
        now = waiting.next
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert waiting.since == 7
    waiting.take(now)
    waiting.done(1)
    assert waiting.since is None
    assert {pause(3, jitter) for jitter in (0.0, 0.5, 1.0)} == {2.0, 3.0, 4.0}


def test_a_hint_shortens_the_pause_after_a_failure_unless_the_queue_is_patient():
    for patient, due in ((False, 2.05), (True, 9.0)):
        waiting = queue(patient=patient)
        waiting.hint(1, Want(), 0.0)
        now = 1.0
        for _ in range(3):
            waiting.take(now)
            waiting.again(1, now)
            now = waiting.next
        waiting.hint(1, Want(), 2.0)
        assert waiting.next == (due if not patient else now)


def test_what_is_dropped_is_not_taken_and_begins_anew():
    waiting = queue()
    waiting.hint(1, Want(), 0.0)
    waiting.take(1.0)
    waiting.again(1, 1.0)
    waiting.drop(1)
    assert (len(waiting), waiting.next, taken(waiting, 99.0)) == (0, None, [])
    waiting.hint(1, Want(), 100.0)
    assert waiting.take(101.0) == (1, Want(), 0)


def test_hints_at_one_issue_want_all_that_each_wanted():
    older, newer = (Observation("a", 1, at, at, "{}") for at in (5, 6))
    one = Want(comment_id=9, updated_at=5, ours=False, told=newer, read=False)
    two = Want(comment_id=3, updated_at=6, gone=True, told=older, read=False)
    assert one | two == two | one == Want(9, 6, gone=True, ours=True, told=newer, read=False)
    assert (one | Want()).read  # one payload said nothing by itself


# --- the gate ---------------------------------------------------------------------------------------------


def test_nothing_is_asked_until_a_limit_ends():
    gate = Gate(lambda: 1.0)
    gate.close(RateLimited("used up", wait=1800.0), 0.0, 10.0)
    assert gate.is_shut(1809.0)
    assert not gate.is_shut(1810.0)
    assert not gate.is_open  # the one job that goes first has not
    refusal = gate.refusal(1000.0)
    assert (type(refusal), refusal.wait) == (RateLimited, 810.0)
    assert gate.told() == {"state": "rate-limited", "until": "1970-01-01T00:30:10+00:00", "message": "used up"}
    gate.open(1810.0)
    assert gate.told() == {"state": "ok", "until": None, "message": None}


def test_the_pause_grows_to_a_minute_and_a_success_ends_it():
    gate, now, pauses = Gate(lambda: 1.0), 0.0, []
    for _ in range(8):
        gate.close(BackendUnavailable("down"), now, now)
        pauses.append(gate.until - now)
        now = gate.until
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    gate.open(now)
    gate.close(BackendUnavailable("down"), now, now)
    assert gate.until == now + 1


def test_what_had_begun_before_the_failure_neither_opens_it_nor_makes_the_pause_longer():
    gate = Gate(lambda: 1.0)
    gate.close(BackendUnavailable("down"), 0.0, 5.0)
    for _ in range(3):
        gate.close(BackendUnavailable("down"), 1.0, 5.5)
    assert gate.until == 6.0
    gate.open(2.0)
    assert not gate.is_open
    gate.open(6.0)
    assert gate.is_open


@pytest.mark.parametrize("kind", [AuthInvalid, InsufficientScope])
def test_who_is_refused_is_told_so(kind):
    gate = Gate(lambda: 1.0)
    gate.close(kind("no", hint="ask"), 0.0, 0.0)
    refusal = gate.refusal(0.5)
    assert (type(refusal), refusal.message, refusal.hint, gate.told()["state"]) == (kind, "no", "ask", "refused")


# --- the plan ---------------------------------------------------------------------------------------------

EMPTY = Model(Cursor("0" * 16, 0))
FULL = Model(Cursor("0" * 16, 9), 9, complete=True, since=1, listed=1000.0, completed=1000.0)


def planned(interval=300.0):
    return Plan(interval, lambda: 1.0)


def test_the_first_sync_is_complete_and_a_start_looks_at_what_changed():
    assert planned().due(1000.0, EMPTY) == "complete"
    assert planned().due(1000.0, FULL) == "changed"


def test_then_what_changed_is_looked_at_each_interval_and_everything_each_day():
    plan = planned()
    plan.begin("changed")
    plan.done("changed", 1000.0)
    assert (plan.due(1299.0, FULL), plan.next(FULL), plan.due(1300.0, FULL)) == (None, 1300.0, "changed")
    assert plan.due(1000.0 + 86_400, FULL) == "complete"
    plan = planned(interval=0.0)
    plan.begin("changed")
    plan.done("changed", 1000.0)
    assert (plan.due(80_000.0, FULL), plan.next(FULL)) == (None, 87_400.0)


def test_what_is_asked_for_while_a_sync_runs_is_one_after_it():
    plan = planned()
    plan.begin("changed")
    plan.ask("changed", 1001.0)
    plan.done("changed", 1002.0)
    assert plan.due(1002.0, FULL) == "changed"


def test_complete_syncs_that_events_ask_for_leave_a_pause_and_those_by_hand_none():
    plan = planned()
    plan.ask("complete", 1000.0, patient=True)
    assert plan.due(1000.0, FULL) == "complete"
    plan.begin("complete")
    plan.done("complete", 1010.0)
    plan.ask("complete", 1020.0, patient=True)
    plan.ask("complete", 1030.0, patient=True)
    assert (plan.due(1069.0, FULL), plan.due(1070.0, FULL)) == (None, "complete")
    plan.ask("complete", 1031.0)
    assert plan.due(1031.0, FULL) == "complete"


def test_a_sync_that_failed_is_due_again_after_a_pause():
    plan = planned(interval=0.0)
    plan.begin("complete")
    plan.failed("complete", 1000.0)
    assert (plan.due(1000.5, FULL), plan.next(FULL), plan.due(1001.0, FULL)) == (None, 1001.0, "complete")
    plan.failed("complete", 1001.0)
    assert plan.next(FULL) == 1003.0


# --- misses -----------------------------------------------------------------------------------------------


def test_what_was_looked_for_in_vain_is_absent_for_a_minute():
    misses = Misses()
    misses.miss("a", 100.0)
    assert (misses.absent("a", 159.9), misses.absent("a", 160.0), misses.absent("b", 100.0)) == (True, False, False)
    misses.forget("a")
    assert not misses.absent("a", 100.0)


def test_sixty_may_be_looked_for_in_any_minute():
    misses = Misses()
    assert [misses.may_ask(100.0 + at / 10) for at in range(70)].count(True) == 60
    assert not misses.may_ask(159.9)
    assert misses.may_ask(160.0)


def test_it_does_not_remember_without_end():
    misses = Misses()
    for at in range(10_050):
        misses.miss(str(at), 0.0)
    assert not misses.absent("0", 1.0)
    assert misses.absent("10049", 1.0)
