"""What a refresh keeps: what is newer, and where issues disagree, what the store says."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gh_store import wire
from gh_store.domain.exceptions import BackendUnavailable, ObjectNotFound, RateLimited
from gh_store.serve.cache.sqlite import SqliteCache
from gh_store.serve.model import new_generation, object_of
from gh_store.serve.queue import Want
from gh_store.serve.refresh import Over, Refresh, observation
from gh_store.serve.sync import Sync


@pytest.fixture
def cache(tmp_path):
    with closing(SqliteCache(tmp_path / "cache.db")) as cache:
        yield cache


def refresh(world, cache, **options):
    return Refresh(world.store(**options), cache, world.clock)


def synced(refresh, *, complete=False, hold=None):
    sync = Sync.of(refresh, complete=complete)
    while not sync.ended:
        sync.page()
    assert sync.end(hold)
    return sync


def held(cache):
    return {row.seen.object_id: object_of(row.seen.text) for row in cache.rows("", "", 10_000)}


def listed(world):
    return {obj.meta.object_id: obj for obj in world.near().list_all()}


# --- one issue --------------------------------------------------------------------------------------------


def test_an_issue_is_kept_as_get_shows_it_with_what_waits_to_be_processed(world, cache):
    store, refresher = world.store(), refresh(world, cache)
    number = store.create("a", {"n": 1}).meta.issue_number
    world.settle()
    looked = refresher.issue(number)
    assert (looked.holds, looked.changed, looked.due) == (True, True, False)
    store.update("a", {"n": 2})
    world.settle()
    looked = refresher.issue(number)
    assert looked.due
    assert looked.comment_id == world.comments(number)[-1].id
    assert held(cache) == listed(world)
    assert cache.row("a").seen.settled is False
    store.process_updates(number)
    world.settle()
    assert not refresher.issue(number).due
    assert held(cache) == listed(world)
    position = cache.row("a").position
    assert not refresher.issue(number).changed  # the same again only confirms
    assert cache.row("a").position == position
    assert cache.row("a").confirmed == world.clock()


def test_what_was_read_before_a_newer_look_is_not_kept(calm, cache):
    store, refresher = calm.near(), refresh(calm, cache)
    store.create("a", {"n": 1})
    older = store.observe(1)
    calm.settle()
    store.update("a", {"n": 2}, process=True)
    refresher.issue(1)
    assert not refresher.told(observation(older))
    assert held(cache)["a"].data == {"n": 2}


def test_a_deletion_within_the_second_of_an_update_is_newer_and_a_later_look_undoes_it_if_a_person_did(calm, cache):
    store, refresher = calm.near(), refresh(calm, cache)
    store.create("a", {"n": 1})
    before = store.observe(1)
    store.delete("a")
    refresher.issue(1)
    assert not refresher.told(observation(before))
    assert held(cache) == {}
    calm.backend().remove_label(1, wire.ARCHIVED_LABEL)  # in the same second
    calm.backend().add_label(1, "stored-object")
    refresher.issue(1)
    assert held(cache) == {}
    calm.clock.sleep(120)
    refresher.issue(1)
    assert held(cache) == listed(calm)
    assert list(held(cache)) == ["a"]


def test_issues_that_hold_nothing_say_nothing(calm, cache):
    refresher, pages = refresh(calm, cache), calm.backend()
    pages.create_issue("a question", "not an object", ["help"])
    calm.user("eve", "none").create_issue("Stored Object: a", "{}", [])
    pages.add_label(2, "UID:a")
    pages.add_label(2, "stored-object")  # a triager's label, and nobody who counts has opened it
    for number in (1, 2, 3):
        assert not refresher.issue(number).holds
    assert held(cache) == {}
    pages.delete_issue(2)


def test_an_issue_that_is_gone_takes_its_object_with_it(calm, cache):
    store, refresher = calm.near(), refresh(calm, cache)
    store.create("a", {})
    refresher.issue(1)
    calm.backend().delete_issue(1)
    looked = refresher.issue(1)
    assert looked.changed
    assert looked.reaches(Want(gone=True))
    assert cache.row("a").seen.deleted
    store.create("a", {"again": True})
    refresher.issue(2)
    assert held(cache) == listed(calm)


def test_what_shows_less_than_was_hinted_at_is_read_again(calm, cache):
    store, refresher = calm.near(), refresh(calm, cache)
    store.create("a", {})
    looked = refresher.issue(1)
    assert looked.reaches(Want(updated_at=looked.updated_at))
    assert not looked.reaches(Want(updated_at=looked.updated_at + 1))
    assert not looked.reaches(Want(gone=True))
    store.update("a", {"n": 1}, process=True)
    looked = refresher.issue(1)
    assert looked.reaches(Want(comment_id=looked.comment_id))
    assert not looked.reaches(Want(comment_id=looked.comment_id + 1))


def test_an_object_that_moves_to_another_issue_is_neither_lost_nor_there_twice(tmp_path, cache, config):
    from world import World  # noqa: PLC0415

    with World(tmp_path / "store.db", replace(config, log_max_events=4)) as world:
        store, refresher = world.near(), refresh(world, cache)
        store.create("a", {})
        refresher.issue(1)
        for n in range(6):
            store.update("a", {"n": n}, process=True)
        numbers = [issue.number for issue in world.issues()]
        assert len(numbers) > 1
        for number in (*reversed(numbers), *numbers):
            refresher.issue(number)
            assert held(cache) == listed(world)
        store.delete("a")
        for number in numbers:
            refresher.issue(number)
        assert held(cache) == {}


@pytest.mark.breaks_stores("several issues claim an id")
def test_of_several_issues_that_claim_an_id_the_store_decides(calm, cache):
    store, refresher, pages = calm.near(), refresh(calm, cache), calm.backend()
    store.create("a", {"n": 1})
    title, body = pages.get_issue(1).title, pages.get_issue(1).body
    calm.user("ada", "write").create_issue(title, body, ["stored-object", "UID:a"])
    for number in (1, 2, 1):
        calm.settle()
        refresher.issue(number)
        assert cache.row("a").seen.issue_number == 1
    pages.remove_label(1, "stored-object")
    refresher.issue(1)
    assert cache.row("a").seen.issue_number == 2


def test_an_issue_that_becomes_that_of_another_object_is_both(calm, cache):
    store, refresher, pages = calm.near(), refresh(calm, cache), calm.backend()
    store.create("a", {"n": 1})
    store.create("b", {"n": 2})
    refresher.issue(1)
    refresher.issue(2)
    pages.remove_label(1, "UID:a")
    refresher.issue(1)
    assert list(held(cache)) == ["b"]
    calm.settle()
    pages.add_label(1, "UID:a")
    calm.settle()
    refresher.issue(1)
    assert held(cache) == listed(calm)


# --- one object -------------------------------------------------------------------------------------------


def test_an_object_is_looked_up_and_what_is_not_there_is_given_up(world, cache):
    refresher = refresh(world, cache)
    with pytest.raises(ObjectNotFound):
        refresher.object("a")
    world.store().create("a", {"n": 1})
    row, looked = refresher.object("a")
    assert object_of(row.seen.text).data == {"n": 1}
    assert looked.number == row.seen.issue_number
    assert cache.row("a") == row
    world.near().delete("a")
    world.settle()
    with pytest.raises(ObjectNotFound):
        refresher.object("a")
    assert cache.row("a").seen.deleted


# --- many -------------------------------------------------------------------------------------------------


def test_the_first_sync_is_complete_and_then_only_what_changed_is_asked_for(world, cache):
    for at in range(3):
        world.near().create(f"o{at}", {"at": at})
    world.near().delete("o2")
    world.settle()
    refresher = refresh(world, cache)
    assert synced(refresher).complete
    assert (held(cache), cache.model().complete) == (listed(world), True)
    world.near().update("o1", {"x": 1})
    world.near().create("o3", {})
    world.near().delete("o0")
    world.settle()
    world.requests()
    sync = synced(refresher)
    assert (sync.complete, sync.changed, sync.failed) == (False, 3, 0)
    assert world.requests()[0] == "list_issues"
    assert held(cache) == listed(world)
    world.settle()
    assert synced(refresher).changed == 0


def test_a_complete_sync_finds_what_no_list_shows_and_goes_by_pages(calm, cache):
    store, refresher = calm.near(), refresh(calm, cache)
    with calm.backend().batch():
        for at in range(230):
            store.create(f"o{at:03}", {})
    synced(refresher)
    calm.backend().delete_issue(7)
    calm.backend().delete_issue(230)
    calm.settle()
    assert synced(refresher).changed == 0
    assert len(held(cache)) == 230
    sync, pages = Sync.of(refresher, complete=True), []
    while not sync.ended:
        pages.append(len(sync.page()))
    assert sync.end(None)
    assert pages == [100, 100, 28, 2]
    assert held(cache) == listed(calm)
    assert cache.row("o006").seen.deleted


def test_a_sync_completes_only_the_generation_that_it_began_with(calm, cache, tmp_path):
    calm.near().create("a", {})
    sync = Sync.of(refresh(calm, cache), complete=True)
    (tmp_path / "cache.db").unlink()
    cache.begin(new_generation())
    with pytest.raises(Over):
        sync.page()
    assert not sync.end(None)
    assert not cache.model().complete


def test_an_object_in_trouble_does_not_stop_a_sync_but_two_requests_that_fail_do(calm, cache):
    store, refresher = calm.near(), refresh(calm, cache)
    for name in "abc":
        store.create(name, {})
        store.update(name, {"n": 1})
    calm.faults.cut = lambda index, verb: "before" if index in range(2, 5) else None
    calm.faults.calls.clear()
    sync = synced(refresher)
    assert (sync.failed, len(held(cache))) == (1, 2)
    assert cache.model().since > 0
    calm.faults.calls.clear()
    assert synced(refresher, complete=True).failed == 1  # what is held, and fails, is not taken for gone
    calm.faults.cut = lambda index, verb: "before" if verb == "list_comments" else None
    with pytest.raises(BackendUnavailable):
        synced(refresher)


@pytest.mark.breaks_stores("somebody has overwritten an object and its log")
def test_an_object_that_cannot_be_read_any_more_stays_as_it_was_and_stops_no_sync(calm, cache):
    eve = calm.user("eve", "write")
    calm.store("eve").create("a", {"n": 1})
    calm.near().create("b", {"n": 1})
    refresher = refresh(calm, cache)
    synced(refresher)
    calm.backend().set_role("eve", "none")
    eve.edit_comment(calm.comments(1)[0].id, "nothing")
    eve.edit_issue(1, body='{"n": 2}')
    calm.near().update("b", {"n": 2}, process=True)
    calm.settle()
    for complete in (False, True):
        sync = synced(refresh(calm, cache), complete=complete)
        assert sync.failed == 1
        assert {name: obj.data for name, obj in held(cache).items()} == {"a": {"n": 1}, "b": {"n": 2}}


def test_what_still_has_to_be_done_holds_back_the_cursor_for_a_day(calm, cache):
    store, refresher = calm.near(), refresh(calm, cache)
    store.create("a", {})
    synced(refresher)
    before = cache.model().since
    calm.clock.sleep(1000)
    store.create("b", {})
    synced(refresher, hold=before + 10.0)
    assert cache.model().since == before + 10
    calm.clock.sleep(100_000)
    store.create("c", {})
    synced(refresher, hold=before + 10.0)
    assert cache.model().since == int(calm.clock()) - 86_400


def test_a_limit_ends_a_sync(hub, cache):
    hub.near().create("a", {})
    hub.trouble.add({"kind": "primary-limit", "times": 9})
    with pytest.raises(RateLimited):
        synced(Refresh(hub.store(config=replace(hub.config, rate_limit_on_limit="raise")), cache, hub.clock))
    hub.trouble.clear()
    hub.clock.sleep(90)


def test_what_a_head_says_by_itself_is_what_a_look_says(world):
    store = world.store()
    store.create("a", {"n": 1})
    world.settle()
    assert store.observe_head(world.head(1)) == store.observe(1)
    store.update("a", {"n": 2})
    assert store.observe_head(world.head(1)) is None
    store.process_updates(1)
    world.settle()
    assert store.observe_head(world.head(1)) == store.observe(1)
    store.delete("a")
    world.settle()
    told = store.observe_head(world.head(1))
    assert (told.deleted, told) == (True, store.observe(1))
    assert list(store.observe_changed(datetime.fromtimestamp(0, UTC)).each) == [told]
