"""What a hub does, rule by rule, in simulated time."""

import asyncio
from dataclasses import replace

import pytest
from loguru import logger
from serve.simulated import Deliveries, held, idle, is_idle, run, serving, until

from gh_store.domain.exceptions import BackendUnavailable, ObjectNotFound, RateLimited
from gh_store.serve.cache import CacheDown
from gh_store.serve.model import object_of, seconds
from gh_store.serve.webhook import Hint


@pytest.fixture
def serve(calm, tmp_path):
    """Run something with a server of a calm world, which has synced once."""

    def running(main, *, settled=True, world=calm, **terms):
        async def within():
            served = serving(world, tmp_path / "cache.db", **terms)
            await served.hub.start()
            try:
                if settled:
                    await idle(served)
                    world.requests()
                await main(served)
            finally:
                await served.hub.stop()

        run(world, within)

    return running


def hinted(world, number, **told):
    return Hint(world.repository, 1, number, **told)


def data(served):
    return {object_id: object_of(text).data for object_id, (_, _, text) in held(served).items()}


def reads(world):
    return [verb for verb in world.requests() if verb not in ("add_reaction", "edit_issue")]


# --- a webhook is a hint ----------------------------------------------------------------------------------


def test_a_webhook_is_read_again_and_processed(calm, serve):
    calm.near().create("a", {"n": 1})
    deliveries = Deliveries(calm)

    async def main(served):
        calm.near().update("a", {"n": 2})
        for hint in deliveries.take():
            assert served.hint(hint)
        await until(served, lambda: data(served) == {"a": {"n": 2}})
        assert calm.head().checkpoint.version == 1  # served first
        await idle(served)
        assert calm.head().checkpoint.version == 2  # and processed after
        assert calm.head().settled
        assert (await served.status())["queue"] == {"refresh": 0, "process": 0}

    serve(main)


def test_a_payload_that_says_what_is_held_costs_no_request(calm, serve):
    calm.near().create("a", {"n": 1})

    async def main(served):
        deliveries = Deliveries(calm)
        deliveries._issues = {}
        hints = [hint for hint in deliveries.take() if hint.whole]
        for hint in hints:
            served.hint(hint)
        before = served.hub.watch.cache.row("a")
        await asyncio.sleep(5)
        assert (len(hints), calm.requests(), is_idle(served)) == (1, [], True)
        assert served.hub.watch.cache.row("a").confirmed > before.confirmed
        served.hint(replace(hints[0], whole=False, comment_id=0))  # that of a comment does not say all
        await asyncio.sleep(5)
        assert calm.requests() == ["get_issue"]

    serve(main)


def test_issues_of_no_object_and_other_repositories_cost_no_request(calm, serve):
    calm.backend().create_issue("a question", "", ["help"])
    deliveries = Deliveries(calm)

    async def main(served):
        calm.backend().create_comment(1, "me too")
        hints = deliveries.take()
        assert len(hints) == 2
        assert all(map(served.hint, hints))
        assert not served.hint(Hint("some/thing", 7, 1))
        assert served.hint(Hint("re/named", 1, 1, head=hints[0].head))  # a renamed repository keeps its id
        await asyncio.sleep(5)
        assert calm.requests() == []

    serve(main)


def test_an_issue_is_read_again_until_it_shows_what_was_hinted_at(calm, serve):
    calm.near().create("a", {"n": 1})

    async def main(served):
        before = calm.issue()
        calm.near().update("a", {"n": 2}, process=True)
        issue, comment = calm.issue(), calm.comments()[-1]
        calm.faults.read_lag, calm.faults.changed[1] = 2.0, (calm.clock(), before)
        served.hint(hinted(calm, 1, comment_id=comment.id, updated_at=seconds(issue.updated_at)))
        await until(served, lambda: data(served) == {"a": {"n": 2}}, 15)
        assert reads(calm).count("get_issue") > 1
        await idle(served)
        served.hint(hinted(calm, 1, comment_id=comment.id + 10**6))  # it was deleted meanwhile
        await until(served, lambda: is_idle(served), 30)
        assert reads(calm).count("get_issue") < 12

    calm.clock.sleep(30)
    serve(main, process=False)


def test_while_github_fails_a_newer_payload_that_is_settled_is_served(calm, serve):
    calm.near().create("a", {"n": 1})
    calm.near().create("b", {"n": 1})
    deliveries = Deliveries(calm)

    async def main(served):
        calm.faults.cut = lambda index, verb: "before"
        calm.clock.sleep(2)
        calm.near().update("a", {"n": 2}, process=True)
        calm.near().update("b", {"n": 2})
        for hint in deliveries.take():
            served.hint(hint)
        await until(served, lambda: data(served) == {"a": {"n": 2}, "b": {"n": 1}}, 30)
        assert (await served.status())["github"]["state"] == "unavailable"
        await asyncio.sleep(100)
        assert data(served) == {"a": {"n": 2}, "b": {"n": 1}}
        calm.faults.cut = lambda index, verb: None
        await until(served, lambda: data(served)["b"] == {"n": 2}, 120)

    serve(main)


def test_past_ten_thousand_hints_a_sync_looks_at_what_changed(calm, serve):
    calm.near().create("a", {"n": 1})

    async def main(served):
        calm.near().update("a", {"n": 2}, process=True)
        for number in range(2, 10_003):
            served.hint(hinted(calm, number))
        assert len(served.hub.queue) == 0
        await until(served, lambda: data(served) == {"a": {"n": 2}}, 5)
        assert "list_issues" in calm.requests()

    serve(main)


# --- coalescing -------------------------------------------------------------------------------------------


def test_a_stream_of_hints_becomes_few_looks(calm, serve):
    calm.near().create("a", {"n": 1})

    async def main(served):
        for _ in range(100):
            served.hint(hinted(calm, 1))
            await asyncio.sleep(0.01)
        await idle(served)
        assert calm.requests() == ["get_issue"] * 5  # after 0.05 s, and then as often as one ends: 0.3 s each

    serve(main)


def test_an_object_in_trouble_is_tried_again_and_holds_up_no_other(calm, serve):
    for name in "ab":
        calm.near().create(name, {})

    async def main(served):
        calm.near().update("a", {"n": 1})
        calm.faults.cut = lambda index, verb: "before" if verb == "list_comments" else None
        served.hint(hinted(calm, 1))
        await asyncio.sleep(20)
        calm.near().update("b", {"n": 1}, process=True)
        served.hint(hinted(calm, 2))
        await until(served, lambda: data(served) == {"a": {}, "b": {"n": 1}}, 20)
        calm.faults.cut = lambda index, verb: None
        await until(served, lambda: data(served)["a"] == {"n": 1}, 120)

    serve(main)


def test_four_issues_are_read_at_once_and_one_is_processed(calm, serve):
    for name in "abcdefgh":
        calm.near().create(name, {})

    async def main(served):
        for number, name in enumerate("abcdefgh", 1):
            calm.near().update(name, {"n": number})
            served.hint(hinted(calm, number))
        await idle(served)
        assert all(calm.head(number).settled for number in range(1, 9))
        peaks = {name: pool.peak for name, pool in served.hub.asking._pools.items()}
        assert (peaks["refresh"], peaks["process"]) == (4, 1)

    serve(main)


# --- processing -------------------------------------------------------------------------------------------


def test_without_the_right_it_warns_and_stops_processing_and_goes_on_to_serve(calm, serve):
    calm.near().create("a", {"n": 1})
    calm.user("eve", "read")

    async def main(served):
        assert served.hub.processing.on
        calm.near().update("a", {"n": 2})
        served.hint(hinted(calm, 1))
        await until(served, lambda: not served.hub.processing.on, 30)
        calm.requests()
        await asyncio.sleep(100)
        assert (await served.status())["processing"] is False
        assert (await served.status())["github"]["state"] == "ok"
        assert not {"create_comment", "edit_issue"} & {*calm.requests()}
        calm.near().process_updates(1)
        calm.near().create("b", {})
        await served.sync()
        assert data(served) == {"a": {"n": 2}, "b": {}}

    serve(main, store=calm.store("eve"))


def test_one_issue_that_takes_nothing_is_no_reason_to_stop(calm, serve):
    for name in "ab":
        calm.near().create(name, {})

    async def main(served):
        calm.near().update("a", {"n": 1})
        calm.near().update("b", {"n": 1})
        calm.backend().lock_issue(1)
        served.hint(hinted(calm, 1))
        await asyncio.sleep(20)
        served.hint(hinted(calm, 2))
        await until(served, lambda: calm.head(2).settled, 60)
        assert served.hub.processing.on
        calm.backend().lock_issue(1, locked=False)
        await until(served, lambda: calm.head(1).settled, 200)

    serve(main)


def test_who_does_not_process_only_reads(calm, serve):
    calm.near().create("a", {"n": 1})
    calm.near().update("a", {"n": 2})

    async def main(served):
        await asyncio.sleep(400)
        assert {*calm.requests()} <= {"get_issue", "list_issues", "list_comments"}
        assert data(served) == {"a": {"n": 2}}

    serve(main, process=False)


def test_a_creation_that_is_under_way_is_left_to_its_creator_for_a_while(calm, serve):
    async def main(served):
        calm.faults.calls.clear()
        calm.faults.cut = lambda index, verb: "after" if index >= 1 else None
        store = calm.store(config=replace(calm.config, retries_max_attempts=1))
        with pytest.raises(BackendUnavailable):
            store.create("a", {"n": 1})
        calm.faults.cut = lambda index, verb: None
        assert calm.issue().comments == 0
        served.hint(hinted(calm, 1))
        await asyncio.sleep(10)
        assert calm.issue().comments == 0
        await until(served, lambda: data(served) == {"a": {"n": 1}}, 30)
        assert calm.head().settled

    serve(main)


# --- blocked ----------------------------------------------------------------------------------------------


def test_nothing_is_asked_until_a_limit_ends_and_then_one_job_goes_first(hub, tmp_path):
    for name in "abc":
        hub.near().create(name, {"n": 1})

    async def main():
        config = replace(hub.config, rate_limit_on_limit="raise")
        served = serving(hub, tmp_path / "cache.db", store=hub.store(config=config))
        await served.hub.start()
        await idle(served)
        hub.asked()
        hub.trouble.add({"kind": "primary-limit", "seconds": 1800, "times": 1})
        for name in "abc":
            hub.near().update(name, {"n": 2}, process=True)
        served.hint(hinted(hub, 1))
        await until(served, lambda: not served.hub.asking.gate.is_open, 5)
        hub.asked()
        for number in (1, 2, 3):
            served.hint(hinted(hub, number))
        with pytest.raises(RateLimited) as refused:
            await served.sync()
        assert 1700 < refused.value.wait < 1810
        with pytest.raises(RateLimited):
            await served.object("a", fresh=True)
        with pytest.raises(RateLimited):
            await served.write("d", lambda store: store.create("d", {}))
        told = (await served.status())["github"]
        assert told["state"] == "rate-limited"
        hub.clock.sleep(1700)
        await asyncio.sleep(5)
        assert hub.asked() == []
        assert data(served)["a"] == {"n": 1}
        hub.trouble.add({"kind": "502", "times": 3})  # and then another trouble: nobody else asks
        await until(served, lambda: len(hub.trouble.requests) >= 3, 400)
        assert all("/issues?" in asked for asked in hub.asked())
        await until(served, lambda: data(served) == {"a": {"n": 2}, "b": {"n": 2}, "c": {"n": 2}}, 120)
        await idle(served)
        await served.hub.stop()

    run(hub, main)


# --- syncs ------------------------------------------------------------------------------------------------


def test_each_interval_it_looks_at_what_changed_and_each_day_at_everything(calm, serve):
    for name in "ab":
        calm.near().create(name, {})

    async def main(served):
        calm.near().update("a", {"n": 1}, process=True)
        await asyncio.sleep(280)
        assert (data(served)["a"], calm.requests()) == ({}, [])
        await asyncio.sleep(30)
        assert (data(served)["a"], calm.requests()) == ({"n": 1}, ["list_issues"])
        calm.backend().delete_issue(2)  # which no list shows
        calm.clock.sleep(80_000)
        await asyncio.sleep(5)
        assert "b" in data(served)
        calm.clock.sleep(7_000)
        await asyncio.sleep(5)
        assert "b" not in data(served)

    serve(main)


def test_without_an_interval_it_looks_only_at_its_start_and_each_day(calm, serve):
    async def main(served):
        calm.clock.sleep(80_000)
        await asyncio.sleep(5)
        assert calm.requests() == []
        calm.clock.sleep(7_000)
        await asyncio.sleep(5)
        assert calm.requests() != []

    serve(main, interval=0.0)


def test_events_of_labels_and_of_the_repository_ask_for_everything(calm, serve):
    for name in "ab":
        calm.near().create(name, {})

    async def main(served):
        calm.backend().delete_issue(2)
        served.hint(Hint(calm.repository, 1))
        await asyncio.sleep(2)
        assert "b" in data(served)  # the first complete sync was a moment ago
        await until(served, lambda: "b" not in data(served), 60)

    serve(main)


def test_a_sync_by_hand_tells_what_it_did_and_two_at_once_are_one(calm, serve):
    for name in "abc":
        calm.near().create(name, {})

    async def main(served):
        calm.near().update("a", {"n": 1}, process=True)
        done = await asyncio.gather(*(served.sync() for _ in range(5)))
        assert calm.requests() == ["list_issues"]
        assert {*done} == {done[0]}
        assert (done[0].changed, done[0].failed, done[0].complete) == (1, 0, False)
        assert done[0].cursor == await served.cursor()
        calm.backend().delete_issue(3)
        assert (await served.sync(complete=True)).complete
        assert sorted(data(served)) == ["a", "b"]
        calm.faults.cut = lambda index, verb: "before"
        with pytest.raises(BackendUnavailable):
            await served.sync()

    serve(main)


def test_who_waits_for_a_sync_is_told_when_github_refuses_meanwhile(calm, serve):
    calm.near().create("a", {"n": 1})

    async def main(served):
        served.hub.asking._pools["sync"].takes = 30.0
        first = asyncio.create_task(served.sync())
        await asyncio.sleep(1)
        second = asyncio.create_task(served.sync())  # after the first
        served.hub.asking.gate.close(RateLimited("used up", wait=1800.0), calm.clock(), calm.clock())
        begun = calm.clock()
        for waits in (first, second):
            with pytest.raises(RateLimited):
                await waits
        assert calm.clock() - begun < 60

    serve(main)


def test_a_model_that_vanishes_begins_anew_with_everything(calm, serve, tmp_path):
    for name in "ab":
        calm.near().create(name, {})

    async def main(served):
        before = await served.cursor()
        (tmp_path / "cache.db").unlink()
        await until(served, lambda: is_idle(served) and len(data(served)) == 2, 10)
        assert (await served.cursor()).partition("-")[0] != before.partition("-")[0]

    serve(main)


def test_another_instance_sees_within_a_moment_that_the_model_has_changed(calm, serve, tmp_path):
    calm.near().create("a", {})

    async def main(served):
        other = serving(calm, tmp_path, cache=served.hub.watch.cache)
        await other.hub.start()
        await idle(other)
        before = await other.cursor()
        await served.write("a", lambda store: store.put("a", {"n": 1}))
        await asyncio.sleep(0.3)
        assert before != await other.cursor() == await served.cursor()
        await other.hub.stop()

    serve(main)


def test_a_cache_that_is_down_is_told_once_and_so_is_its_return(serve, tmp_path):
    said = []

    async def main(served):
        sink = logger.add(said.append, format="{message}")
        logger.enable("gh_store")
        try:
            file = tmp_path / "cache.db"
            file.unlink()
            file.mkdir()
            for _ in range(3):
                assert await served.hub.watch.look() is None
            file.rmdir()
            assert await served.hub.watch.look() is not None
        finally:
            logger.disable("gh_store")
            logger.remove(sink)

    serve(main)
    told = [each.split(":")[1].strip() for each in said if "cache" in each]
    assert told == ["the cache does not answer", "the cache answers again."]


def test_a_cache_that_is_down_stops_no_look_up(calm, serve):
    calm.near().create("a", {"n": 1})

    async def main(served):
        cache = served.hub.watch.cache
        cache.close()
        with pytest.raises(CacheDown):
            cache.model()
        assert object_of((await served.object("a")).text).data == {"n": 1}
        with pytest.raises(ObjectNotFound):
            await served.object("b")
        await served.hub.watch.look()
        assert (await served.status())["cache"] == "down"
        with pytest.raises(CacheDown):
            await served.objects("", "", 10)
        with pytest.raises(CacheDown):
            await served.sync()

    serve(main)
