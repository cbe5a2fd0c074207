"""Changes: every applied event once, in the order in which it was written, from wherever a reader stopped."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gh_store import InvalidInput
from gh_store.spool import Spool


def told(changes):
    return [(change.object_id, change.version, change.state) for change in changes]


def read_on(world, cursor=None):
    """All that a new program reads after a cursor, and where it stopped."""
    changes = list(world.store().changes(cursor))
    return told(changes), changes[-1].cursor if changes else cursor


def test_every_event_once_in_the_order_of_writing(world):
    store = world.store()
    store.create("a", {"n": 0})
    store.create("b", {})
    store.update("a", {"n": 1})
    store.update("b", {"m": 1})
    store.update("a", [{"op": "test", "path": "/n", "value": 9}], mode="patch")
    store.update("a", {"n": 2})
    world.settle()
    store.process_pending()
    world.settle()
    changes = list(world.store().changes())
    assert told(changes) == [
        ("a", 1, {"n": 0}), ("b", 1, {}), ("a", 2, {"n": 1}), ("b", 2, {"m": 1}), ("a", 3, {"n": 2}),
    ]  # fmt: skip  # a table
    assert [change.event["comment_id"] for change in changes] == sorted({c.event["comment_id"] for c in changes})
    assert {change.author for change in changes} == {world.backend().owner}
    assert changes[0].time == world.comments(1)[0].created_at
    for at, change in enumerate(changes, 1):  # from wherever a reader stopped
        assert told(world.store().changes(change.cursor)) == told(changes[at:]), change.cursor


def test_what_waits_to_be_processed_is_told_later(world):
    store = world.store()
    store.create("slow", {})
    store.create("fast", {})
    store.update("slow", {"n": 1})  # before the other one, and processed after it
    store.update("fast", {"n": 1}, process=True)
    world.settle()
    seen, cursor = read_on(world)
    assert seen == [("slow", 1, {}), ("fast", 1, {}), ("fast", 2, {"n": 1})]
    assert read_on(world, cursor) == ([], cursor)
    world.near().process_pending()
    world.settle()
    store.update("fast", {"n": 2}, process=True)
    world.settle()
    assert read_on(world, cursor)[0] == [("slow", 2, {"n": 1}), ("fast", 3, {"n": 2})]


def test_a_reader_who_stops_in_the_middle_of_what_was_late(world):
    store = world.store()
    for name in ("slow", "slower", "fast"):
        store.create(name, {})
    for n in range(3):
        store.update("slow", {"n": n})
        store.update("slower", {"n": n})
    store.update("fast", {"n": 1}, process=True)
    world.settle()
    _, cursor = read_on(world)
    world.near().process_updates(1)
    world.settle()
    store.update("fast", {"n": 2}, process=True)
    world.settle()
    first = list(world.store().changes(cursor))
    assert told(first) == [*(("slow", n + 2, {"n": n}) for n in range(3)), ("fast", 3, {"n": 2})]
    world.near().process_pending()
    world.settle()
    for at, change in enumerate(first, 1):
        rest = told(world.store().changes(change.cursor))
        later = [("slower", n + 2, {"n": n}) for n in range(3)]
        assert sorted(rest, key=str) == sorted([*told(first[at:]), *later], key=str), change.cursor


def test_an_object_that_goes_on_in_other_issues(world):
    world.config = replace(world.config, log_max_events=5)
    store = world.store()
    store.create("long", {})
    seen, cursor = [], None
    for n in range(30):
        store.update("long", {"n": n}, process=n % 3 == 0)
        if n % 4 == 0:
            world.settle()
            more, cursor = read_on(world, cursor)
            seen += more
    world.settle()
    world.near().process_pending()
    world.settle()
    seen += read_on(world, cursor)[0]
    assert world.head().retired
    assert seen == [("long", 1, {}), *(("long", n + 2, {"n": n}) for n in range(30))]
    assert told(world.store().changes()) == seen


def test_strangers_and_deleted_objects_tell_nothing(world):
    store = world.store()
    store.create("gone", {})
    store.create("here", {})
    world.backend("mallory").create_comment(2, '{"evil": 1}')
    world.settle()
    _, cursor = read_on(world)
    store.delete("gone")
    world.backend("mallory").create_comment(2, '{"evil": 2}')
    world.near().process_pending()
    world.settle()
    assert read_on(world, cursor)[0] == []
    assert read_on(world)[0] == [("here", 1, {})]
    store.create("gone", {"again": True})
    world.settle()
    assert read_on(world, cursor)[0] == [("gone", 1, {"again": True})]


def test_what_a_leaver_forges_is_not_told_and_hides_nothing(world):
    world.user("ada", "write")
    world.store("ada").create("x", {"n": 0})
    world.settle()
    _, cursor = read_on(world)
    world.store().update("x", {"n": 1}, process=True)
    world.backend().set_role("ada", "read")
    sealed = world.issue()
    world.backend("ada").edit_issue(1, title="mine", body='{"n": 9}')
    world.settle()
    seen, later = read_on(world, cursor)
    assert all(state != {"n": 9} for _, _, state in seen)
    world.near().process_pending()
    world.settle()
    assert world.issue().body == sealed.body
    assert [*seen, *read_on(world, later)[0]] == [("x", 2, {"n": 1})]


def test_following_waits_for_more(world):
    store = world.store()
    store.create("x", {"n": 0})
    world.settle()
    follower = world.store()
    following = follower.changes(follower.cursor(), follow=True)
    for n in range(1, 4):
        store.update("x", {"n": n}, process=True)
        world.settle()
        world.requests()
        assert told([next(following)]) == [("x", n + 1, {"n": n})]


def test_a_cursor_of_now_leaves_out_what_was_processed(world):
    store = world.store()
    store.create("x", {"n": 0})
    store.create("y", {})
    store.update("y", {"n": 1})
    world.settle()
    cursor = world.store().cursor()
    assert read_on(world, cursor)[0] == []
    world.near().process_pending()
    world.settle()
    assert read_on(world, cursor)[0] == [("y", 2, {"n": 1})]


def test_requests_grow_with_what_changed(world):
    store = world.store()
    for number in range(120):
        store.create(f"object-{number}", {})
    world.settle()
    cursor = world.store().cursor()
    for number in range(5):
        store.update(f"object-{number}", {"n": 1}, process=True)
    world.settle()
    world.requests()
    assert len(read_on(world, cursor)[0]) == 5
    asked = world.requests()
    assert asked.count("list_issues") == 1
    assert asked.count("list_comments") == 5
    assert len(asked) == 6 + asked.count("permission"), asked


def test_following_a_long_log_asks_for_its_last_page_alone(world):
    store = world.store()
    store.create("x", {"n": 0})
    for n in range(250):
        world.backend().create_comment(1, f'{{"n": {n}}}')
    world.near().process_updates(1)
    world.settle()
    follower = world.store()
    follower.get("x")  # and it knows the time
    following = follower.changes(follow=True)
    assert len([next(following) for _ in range(251)]) == 251
    store.update("x", {"n": "last"}, process=True)
    world.settle()
    world.requests()
    assert next(following).version == 252
    assert world.requests().count("list_comments") <= 2


@pytest.mark.parametrize("text", ["", "1", "1_2", "2_3_4", "1_-2_3", "1_2_3_4", "1_2_3_4-", "1_\u0661_3", "1_2_3\n", 7])
def test_nonsense_is_no_cursor(world, text):
    with pytest.raises(InvalidInput, match="not a cursor"):
        world.store().changes(text)
    assert world.requests() == []


@given(lines=st.lists(st.text("abc", max_size=9), max_size=60), run=st.integers(1, 40))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_spool_sorts_more_than_memory_holds(lines, run):
    with Spool(run) as spool:
        for line in lines:
            spool.add(line)
        assert list(spool) == sorted(lines)
