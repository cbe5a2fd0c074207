"""Who waits, for how long, by which clock: measured, clamped, and checked before anything is written."""

import itertools
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from gh_store import (
    AuthMissing,
    BackendUnavailable,
    InvalidObject,
    InvalidUpdate,
    ObjectNotFound,
    RateLimited,
    ValueTooLarge,
)
from gh_store.backends.retry import Retry
from gh_store.objects.inputs import checked_labels


def failing(error):
    def ask():
        raise error

    return ask


def test_pauses_grow_and_end_at_a_minute():
    slept = []
    with pytest.raises(BackendUnavailable):
        Retry(20, 2.0, 10, "auto", slept.append).read(failing(BackendUnavailable("No answer.")))
    assert slept[:5] == [2, 4, 8, 16, 32]
    assert set(slept[5:]) == {60}
    assert len(slept) == 19


def test_no_factor_makes_a_pause_that_cannot_be_computed():
    for factor in (0, 0.5, 1, 60, 60.0):
        slept = []
        with pytest.raises(BackendUnavailable):
            Retry(500, factor, 10, "auto", slept.append).read(failing(BackendUnavailable("No answer.")))
        assert max(slept) <= 60


def test_those_who_were_refused_at_once_come_back_apart():
    slept, dice = [], itertools.cycle([0.0, 0.5, 1.0])
    retry = Retry(4, 8.0, 10, "wait", slept.append, jitter=lambda: next(dice))
    with pytest.raises(BackendUnavailable):
        retry.read(failing(BackendUnavailable("No answer.")))
    assert slept == [8, 60 * 1.125, 60 * 1.25]
    slept.clear()
    with pytest.raises(RateLimited):
        retry.read(failing(RateLimited("Later.", wait=1e12)))
    assert len(slept) == 10
    assert set(slept) == {3600, 3600 * 1.125, 3600 * 1.25}


@pytest.mark.parametrize("wait", [math.nan, math.inf, -math.inf, -1, -0.001, "5", True, 1e9, [], 10**400])
def test_a_wait_that_is_none_is_refused_before_anything_is_written(calm, wait):
    store = calm.store()
    store.create("x", {})
    calm.requests()
    with pytest.raises(InvalidUpdate, match="seconds to wait"):
        store.update("x", {"n": 1}, wait=wait)
    assert calm.requests() == []


def test_a_wait_measures_time_and_not_sleeps(calm):
    """A backend that is slow, or a machine that slept, uses the time up, too."""
    store = calm.store()
    store.create("x", {})
    slept = []

    def slowly(seconds):
        slept.append(seconds)
        calm.clock.sleep(seconds + 7)

    slow = calm.store(sleep=slowly)
    assert slow.update("x", {"n": 1}, wait=20).meta.pending == 1
    assert sum(slept) < 10
    assert len(slept) == 3


@pytest.mark.parametrize("behind", [timedelta(hours=1), timedelta(days=4_000), timedelta(seconds=5), None])
def test_a_server_clock_that_is_behind_costs_one_patience_and_holds_nothing_up(hub, behind):
    hub.near().create("x", {"n": 0})
    hub.near().update("x", {"n": 1})
    original = hub.server._reply

    def lying(request, token, body):
        reply = original(request, token, body)
        date = (
            "nonsense"
            if behind is None
            else format_datetime(datetime.fromtimestamp(hub.clock(), UTC) - behind, usegmt=True)
        )
        return replace(reply, headers={**reply.headers, "date": date})

    hub.server._reply = lying
    before = hub.clock.slept
    assert hub.store().process_updates(1).data == {"n": 1}
    assert hub.clock.slept - before <= hub.config.processing_patience + 0.1


def test_more_labels_than_an_issue_takes_are_found_before_the_id_is_claimed(world):
    store = world.store()
    for labels in ([f"l{n}" for n in range(96)], [f"l{n}" for n in range(120)]):
        with pytest.raises(ValueTooLarge, match="extra labels"):
            store.create("x", {}, labels)
    for label in ("a\nb", "\x00", "\ud800", "\x1b[31m", "x" * 51, "", " a", "a,b", 7):
        with pytest.raises(InvalidObject, match="not a valid label"):
            store.create("x", {}, [label])
    for labels in (7, {"a": 1, 5: 2}, [["a"]], [b"a"]):
        with pytest.raises(InvalidObject, match="label"):
            store.create("x", {}, labels)
    assert world.backend().list_labels() == ()
    store.create("x", {"n": 1}, [f"l{n}" for n in range(95)] + [f"L{n}" for n in range(95)])  # one each
    world.settle()
    store.delete("x")
    with pytest.raises(ObjectNotFound):
        world.store().get("x")


def test_a_label_is_sent_once_whatever_its_case(config):
    """GitHub counts what is sent, and tells no case apart."""
    assert checked_labels(["a", "B", "A", "b", "c"], config) == ["a", "B", "c"]


def test_whoever_has_no_token_is_told_so_by_every_verb_that_writes(hub):
    hub.near().create("x", {"n": 0})
    hub.near().create("settled", {})
    hub.near().update("x", {"n": 1})
    anybody = hub.store("-anonymous-")
    exported = [line.replace('"x"', '"new"') for line in hub.near().export()]
    for verb in (
        lambda: anybody.create("y", {}),
        lambda: anybody.update("x", {}),
        lambda: anybody.update("x", {}, process=True),
        lambda: anybody.delete("x"),
        lambda: anybody.delete("settled"),
        lambda: anybody.process_updates(1),
        lambda: anybody.adopt("x"),
        lambda: anybody.repair("x"),
        lambda: anybody.update("nobody", {}),
        lambda: anybody.put("nobody", {}),
        lambda: anybody.revert("nobody", 1),
        lambda: anybody.delete("nobody"),
        lambda: anybody.process_updates(99),
        lambda: anybody.import_from(exported),
        anybody.process_pending,
        lambda: anybody.create_many([("y", {})]),
        lambda: anybody.put_many([("y", {})]),
        lambda: anybody.update_many([("x", {})]),
    ):
        hub.asked()
        with pytest.raises(AuthMissing):
            verb()
        assert hub.asked() == []
    assert [each.object_id for each in anybody.process_pending(dry_run=True)] == ["x"]
    assert anybody.get("x").data == {"n": 1}, "reading takes none"
