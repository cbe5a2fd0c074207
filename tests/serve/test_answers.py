"""How fresh what readers are answered is, and what it costs to say so."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from serve.simulated import held, idle, is_idle, run, serving, until

from gh_store.domain.exceptions import BackendUnavailable, InvalidInput, InvalidObjectID, ObjectNotFound
from gh_store.serve.model import etag_of, object_of
from gh_store.serve.served import Incomplete, UnknownCursor


@pytest.fixture
def serve(tmp_path, request):
    """Run something with a server, which has synced once unless that is not wanted."""

    def running(world, main, *, synced=True, takes=None, **terms):
        async def within():
            served = serving(world, tmp_path / "cache.db", **terms)
            for pool, seconds in (takes or {}).items():
                served.hub.asking._pools[pool].takes = seconds
            await served.hub.start()
            try:
                if synced:
                    await idle(served)
                    world.faults.calls.clear()
                await main(served)
            finally:
                await served.hub.stop()

        run(world, within)

    return running


async def shown(served, object_id, **how):
    answer = await served.object(object_id, **how)
    return object_of(answer.text).data, int(answer.age), answer.forwarded, answer.detail


# --- fresh ------------------------------------------------------------------------------------------------


def test_what_is_held_is_served_and_its_age_counts_from_the_newer_of_object_and_list(calm, serve):
    calm.near().create("a", {"n": 1})
    calm.near().create("b", {})

    async def main(served):
        calm.clock.sleep(100)
        assert await shown(served, "a") == ({"n": 1}, 100, None, None)
        assert calm.requests() == []
        await served.object("a", fresh=True)
        calm.clock.sleep(10)
        assert (await shown(served, "a"))[1] == 10
        assert (await shown(served, "b"))[1] == 110  # no list has confirmed it since
        calm.near().create("c", {})
        calm.clock.sleep(100)
        await served.sync()
        calm.clock.sleep(100)
        await served.sync()  # neither of them is in that list
        assert {(await shown(served, name))[1] for name in "ab"} == {0}
        answer = await served.object("a")
        assert answer.etag == etag_of(answer.text, 1)

    serve(calm, main, interval=0.0)


def test_what_is_older_than_its_ttl_is_asked_for_by_number_which_is_free(hub, serve):
    hub.near().create("a", {"n": 1})

    async def main(served):
        hub.clock.sleep(601)
        await served.object("a")
        hub.clock.sleep(601)
        hub.asked()
        await asyncio.gather(*(served.object("a") for _ in range(20)))
        asked = hub.asked()
        assert len(asked) == 1
        assert asked[0].endswith("/issues/1 304")
        assert await shown(served, "a") == ({"n": 1}, 0, None, None)
        hub.clock.sleep(601)
        hub.near().update("a", {"n": 2}, process=True)
        assert await shown(served, "a") == ({"n": 2}, 0, "stale", None)
        hub.clock.sleep(601)
        hub.near().delete("a")
        with pytest.raises(ObjectNotFound):
            await served.object("a")

    serve(hub, main, interval=0.0)


def test_after_two_seconds_the_old_is_served_and_the_look_goes_on_behind_it(calm, serve):
    calm.near().create("a", {"n": 1})

    async def main(served):
        calm.clock.sleep(700)
        calm.near().update("a", {"n": 2}, process=True)
        begun = calm.clock()
        assert await shown(served, "a") == ({"n": 1}, 702, "stale", "github-slow")
        assert calm.clock() - begun == pytest.approx(2.0, abs=0.01)
        await asyncio.sleep(4)
        assert calm.requests() == ["get_issue"]
        assert await shown(served, "a") == ({"n": 2}, 1, None, None)

    serve(calm, main, interval=0.0, takes={"read": 5.0})


def test_while_github_fails_the_old_is_served_at_once_and_says_why(calm, serve):
    calm.near().create("a", {"n": 1})

    async def main(served):
        calm.clock.sleep(700)
        calm.faults.cut = lambda index, verb: "before"
        data, _, forwarded, detail = await shown(served, "a")
        assert (data, forwarded, detail) == ({"n": 1}, "stale", "github-unavailable")
        calm.requests()
        begun = calm.clock()
        assert (await shown(served, "a"))[3] == "github-unavailable"
        assert (calm.clock(), calm.requests()) == (begun, [])

    serve(calm, main, interval=0.0)


# --- misses -----------------------------------------------------------------------------------------------


def test_a_miss_is_looked_up_once_and_who_leaves_cancels_nobody(calm, serve):
    async def main(served):
        calm.near().create("a", {"n": 1})
        first, *others = [asyncio.create_task(served.object("a")) for _ in range(10)]
        await asyncio.sleep(0.1)
        first.cancel()
        answers = await asyncio.gather(*others)
        assert {(answer.text, answer.forwarded) for answer in answers} == {(answers[0].text, "uri-miss")}
        assert calm.requests() == ["list_issues"]
        assert (await shown(served, "a"))[2] is None

    serve(calm, main)


def test_what_is_absent_is_known_to_be_for_a_minute_unless_it_comes(calm, serve):
    async def main(served):
        for _ in range(5):
            with pytest.raises(ObjectNotFound):
                await served.object("a")
        assert len(calm.requests()) == 2
        calm.near().create("a", {})
        with pytest.raises(ObjectNotFound):
            await served.object("a")
        calm.clock.sleep(60)
        assert (await shown(served, "a"))[0] == {}
        with pytest.raises(ObjectNotFound):
            await served.object("b")
        await served.write("b", lambda store: store.create("b", {"n": 1}))
        assert (await shown(served, "b"))[0] == {"n": 1}
        with pytest.raises(InvalidObjectID):
            await served.object(" b")

    serve(calm, main)


def test_a_thousand_misses_ask_github_for_sixty(calm, serve):
    async def main(served):
        results = await asyncio.gather(*(served.object(f"o{at}") for at in range(1000)), return_exceptions=True)
        assert {type(result) for result in results} == {ObjectNotFound}
        assert calm.requests().count("list_issues") == 60
        calm.clock.sleep(61)
        with pytest.raises(ObjectNotFound):
            await served.object("o999")
        assert calm.requests() != []

    serve(calm, main)


def test_before_the_model_is_complete_a_miss_too_many_is_no_absence_and_lists_are_refused(calm, serve):
    calm.near().create("a", {"n": 1})

    async def main(served):
        assert (await shown(served, "a"))[0] == {"n": 1}
        results = await asyncio.gather(*(served.object(f"o{at}") for at in range(99)), return_exceptions=True)
        assert [type(result) for result in results].count(Incomplete) == 40
        for asked in (served.objects("", "", 10), served.changes(None, 10), served.snapshot()):
            with pytest.raises(Incomplete):
                await asked

    serve(calm, main, synced=False, takes={"sync": 1e6})


def test_while_github_fails_a_miss_is_absent_if_the_model_is_complete_and_else_an_error(calm, serve):
    async def complete(served):
        calm.faults.cut = lambda index, verb: "before"
        with pytest.raises(BackendUnavailable):
            await served.object("a")
        calm.requests()
        with pytest.raises(ObjectNotFound):
            await served.object("b")
        assert calm.requests() == []

    async def incomplete(served):
        await until(served, lambda: not served.hub.asking.gate.is_open)
        with pytest.raises(BackendUnavailable):
            await served.object("a")

    serve(calm, complete)
    calm.faults.cut = lambda index, verb: "before"
    serve(calm, incomplete, synced=False, cache=_elsewhere(calm))
    calm.faults.cut = lambda index, verb: None


def _elsewhere(world):
    from gh_store.serve.cache.sqlite import SqliteCache  # noqa: PLC0415

    return SqliteCache(world.path.parent / "another.db")


# --- lists ------------------------------------------------------------------------------------------------


def test_lists_changes_and_the_snapshot_are_those_of_the_store(calm, serve):
    for name in ("b", "a/2", "a/1", "ä", "c"):
        calm.near().create(name, {"name": name})
    calm.near().update("b", {"x": 1}, process=True)

    async def main(served):
        batch = await served.objects("", "", 3)
        assert [row.seen.object_id for row in batch.rows] == ["a/1", "a/2", "b"]
        assert batch.more
        batch = await served.objects("", "b", 3)
        assert ([row.seen.object_id for row in batch.rows], batch.more) == (["c", "ä"], False)
        assert [row.seen.object_id for row in (await served.objects("a/", "", 9)).rows] == ["a/1", "a/2"]
        first = await served.changes(None, 4)
        rest = await served.changes(first.cursor, 4)
        assert (len(first.rows), first.more, len(rest.rows), rest.more) == (4, True, 1, False)
        calm.near().delete("c")
        await served.sync()
        (gone,) = (await served.changes(rest.cursor, 4)).rows
        assert (gone.seen.object_id, gone.seen.deleted) == ("c", True)
        assert (await served.changes(await served.cursor(), 4)).rows == ()
        for never_given in ("0123456789abcdef-0", f"{await served.cursor()}0"):
            with pytest.raises(UnknownCursor) as unknown:
                await served.changes(never_given, 4)
            assert unknown.value.cursor == await served.cursor()
        with pytest.raises(InvalidInput):
            await served.changes("garbage", 4)
        document = await served.snapshot()
        told = json.loads(await text(document.pieces))
        assert told["objects"] == json.loads(calm.near().snapshot().text())["objects"]
        assert told["repository"] == calm.repository
        assert (await served.snapshot()).etag == document.etag
        calm.near().update("b", {"x": 2}, process=True)
        await served.sync()
        assert (await served.snapshot()).etag != document.etag

    serve(calm, main)


async def text(pieces: AsyncIterator[str]) -> str:
    return "".join([piece async for piece in pieces])


def test_histories_and_versions_are_read_once_for_each_state(calm, serve):
    calm.near().create("a", {"n": 1})
    calm.near().update("a", {"n": 2}, process=True)

    async def main(served):
        history = json.loads((await served.history("a")).text)
        assert history == {"object_id": "a", "history": calm.near().get_object_history("a")}
        old = await served.version("a", 1)
        assert (object_of(old.text).data, old.etag) == ({"n": 1}, etag_of(old.text, 1))
        calm.requests()
        assert json.loads((await served.history("a")).text) == history
        assert (await served.version("a", 1)).text == old.text
        assert calm.requests() == []
        calm.near().update("a", {}, expected_version=1, event_id="e")
        calm.near().process_updates(1)  # rejected: the object is the same, and its history is not
        calm.clock.sleep(2)
        await served.sync()
        assert len(json.loads((await served.history("a")).text)["history"]) == 3
        with pytest.raises(ObjectNotFound):
            await served.version("a", 9)
        with pytest.raises(ObjectNotFound):
            await served.history("b")

    serve(calm, main)


# --- writes -----------------------------------------------------------------------------------------------


def test_writes_are_seen_at_once_whatever_lags_and_processed_behind(world, serve):
    async def main(served):
        for n in range(3):
            await served.write("a", lambda store, n=n: store.put("a", {"n": n}))
            assert (await shown(served, "a"))[0] == {"n": n}
            assert (await served.objects("", "", 9)).rows[0].seen.text == (await served.object("a")).text
        cursor = await served.cursor()
        await served.write("a", lambda store: store.update("a", {"m": 1}))
        assert (await shown(served, "a"))[0] == {"n": 2, "m": 1}
        assert await served.cursor() != cursor
        await idle(served)
        assert world.near().observe(1).due is False
        await served.write("a", lambda store: store.delete("a"))
        with pytest.raises(ObjectNotFound):
            await served.object("a")
        assert (await served.objects("", "", 9)).rows == ()
        await idle(served)
        assert held(served) == {}

    serve(world, main)


def test_a_write_that_was_written_and_failed_is_looked_for(calm, serve):
    calm.near().create("a", {"n": 1})

    async def main(served):
        calm.faults.cut = lambda index, verb: "before" if verb == "edit_issue" else None

        def write(store):
            raised = BackendUnavailable("nobody answers")
            store.update("a", {"n": 2})
            raised.tell_written("e")
            raise raised

        with pytest.raises(BackendUnavailable):
            await served.write("a", write)
        calm.faults.cut = lambda index, verb: None
        await until(served, lambda: is_idle(served) and object_of(held(served)["a"][2]).data == {"n": 2}, 30)

    serve(calm, main, interval=0.0)


# --- embedded stores --------------------------------------------------------------------------------------


def test_an_embedded_store_is_asked_each_time(calm, serve):
    calm.near().create("a", {"n": 1})

    async def main(served):
        for n in range(3):
            calm.near().update("a", {"n": n}, process=True)  # by another process
            assert await shown(served, "a") == ({"n": n}, 0, None, None)
            (row,) = (await served.objects("", "", 9)).rows
            assert object_of(row.seen.text).data == {"n": n}
        before = await served.cursor()
        calm.near().update("a", {"n": 9}, process=True)
        assert await served.cursor() != before

    serve(calm, main, embedded=True)
