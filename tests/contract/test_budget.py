"""Requests are counted: the table of the README is a promise."""

from collections import Counter
from dataclasses import replace

import pytest
from world import GitHubWorld, World

from gh_store import InvalidUpdate, ObjectNotFound


@pytest.fixture(params=[World, pytest.param(GitHubWorld, marks=pytest.mark.untraced)], ids=["embedded", "github"])
def calm(request, tmp_path, config):
    """A backend without lag, whose verbs are counted; and over HTTP, each of them is one request."""
    world = request.param(tmp_path / "store.db", config)
    with world:
        yield world


@pytest.fixture
def metrics(calm):
    calm.near().create("metrics", {"n": 0})
    return calm


def filled(world, comments):
    """An object whose log has so many comments, all processed."""
    store = world.near()
    store.create("metrics", {"n": 0})
    for n in range(comments - 1):
        store.update("metrics", {"n": n})
    store.process_updates(1)
    return store


def cost(world, verb):
    world.requests()
    verb()
    return world.requests()


def test_create(calm):
    assert cost(calm, lambda: calm.store().create("metrics", {})) == [
        "create_label", "create_issue", "create_comment", "add_reaction", "edit_issue"]  # fmt: skip


def test_create_where_the_label_was_there_before(calm):
    store = calm.store()
    store.create("metrics", {})
    store.delete("metrics")
    calls = cost(calm, lambda: calm.store().create("metrics", {}))
    pages = 2  # of issues of the last day: before the claim and after
    assert len(calls) - pages <= 9


@pytest.mark.parametrize("comments", [1, 99, 100, 101, 250])
def test_get(calm, comments):
    filled(calm, comments)
    assert cost(calm, lambda: calm.store().get("metrics")) == ["list_issues"]
    store = calm.store()
    store.get("metrics")
    assert cost(calm, lambda: store.get("metrics")) == ["get_issue"]
    store.update("metrics", {"more": 1})
    calls = cost(calm, lambda: calm.store().get("metrics"))
    assert calls[:2] == ["list_issues", "list_comments"]
    assert len(calls) <= (3 if comments == 100 else 2)


def test_get_of_what_is_not_there(metrics):
    def get(name):
        with pytest.raises(ObjectNotFound):
            metrics.store().get(name)

    assert cost(metrics, lambda: get("never")) == ["list_issues", "get_label"]
    metrics.store().delete("metrics")
    assert cost(metrics, lambda: get("metrics")) == ["list_issues", "get_label", "list_issues"]


def test_update(metrics):
    assert cost(metrics, lambda: metrics.store().update("metrics", {"n": 1})) == [
        "list_issues", "create_comment", "edit_issue"]  # fmt: skip
    store = metrics.store()
    store.get("metrics")
    others = ["create_comment", "edit_issue", "list_comments"]  # what is pending besides is read, once
    assert cost(metrics, lambda: store.update("metrics", {"n": 2})) == others
    assert cost(metrics, lambda: store.update("metrics", {"n": 3})) == ["create_comment", "edit_issue"]


def test_put(metrics):
    write, look = ["create_comment", "edit_issue"], ["list_issues"]
    assert cost(metrics, lambda: metrics.store().put("metrics", {"n": 0})) == look, "nothing changes"
    store = metrics.store()
    assert cost(metrics, lambda: store.put("metrics", {"n": 1})) == look + write
    pending = ["get_issue", "list_comments"]
    assert cost(metrics, lambda: store.put("metrics", {"n": 2})) == pending + write
    assert cost(metrics, lambda: store.put("metrics", {"n": 2})) == pending
    assert cost(metrics, lambda: store.put("metrics", {"n": 3}, if_version=3)) == pending + write
    made = ["create_label", "create_issue", "create_comment", "add_reaction", "edit_issue"]
    assert cost(metrics, lambda: store.put("new", {})) == ["list_issues", "get_label", *made]
    assert cost(metrics, lambda: store.put("newer", {}, if_version=0)) == made


def test_versions_and_the_ways_of_a_dict(metrics):
    store = metrics.store()
    store.update("metrics", {"n": 1}, process=True)
    look = ["get_issue", "list_comments"]
    assert cost(metrics, lambda: store.diff("metrics", 1, 2)) == look
    assert cost(metrics, lambda: store.revert("metrics", 2)) == look
    assert cost(metrics, lambda: store.revert("metrics", 1)) == [*look, "create_comment", "edit_issue"]
    assert cost(metrics, lambda: "metrics" in store) == ["get_issue"]
    assert cost(metrics, lambda: len(store)) == cost(metrics, lambda: set(store)) == ["list_issues"]


def test_create_many_and_put_many(calm):
    items = [(f"object-{n}", {"n": n}) for n in range(3)]
    created = ["create_label", "create_issue", "create_comment", "add_reaction", "edit_issue"]
    assert cost(calm, lambda: list(calm.store().create_many(items))) == created * 3
    assert cost(calm, lambda: list(calm.store().put_many(items))) == ["list_issues"] * 3
    again = cost(calm, lambda: list(calm.store().create_many(items)))
    assert again == ["create_label", "get_label", "list_issues", "list_issues"] * 3
    new = [("new", {})]
    assert cost(calm, lambda: list(calm.store().put_many(new))) == ["list_issues", "get_label", *created]


def test_update_many_of_one_object_looks_it_up_once(metrics):
    items = [("metrics", {"n": n}) for n in range(5)]
    update = ["create_comment", "edit_issue"]
    assert cost(metrics, lambda: list(metrics.store().update_many(items))) == ["list_issues", *update * 5]
    metrics.store().process_updates(1)
    named = cost(metrics, lambda: list(metrics.store().update_many(items, event_id="run")))
    assert named == ["list_issues", "list_comments", *[*update, "list_comments"] * 5]
    again = Counter(cost(metrics, lambda: list(metrics.store().update_many(items, event_id="run"))))
    assert again == {"list_issues": 1, "get_issue": 5, "list_comments": 6}


@pytest.mark.parametrize("comments", [1, 250])
@pytest.mark.parametrize("new", [1, 5, 120])
def test_process(calm, comments, new):
    store = filled(calm, comments)
    for n in range(new):
        store.update("metrics", {"n": n})
    calls = Counter(cost(calm, lambda: calm.store().process_updates(1)))
    pages = calls.pop("list_comments")
    assert calls == {"get_issue": 2, "edit_issue": 2, "add_reaction": new}
    assert pages <= 1 + (comments % 100 + new) // 100


def test_process_right_away(metrics):
    store = metrics.store()
    store.get("metrics")
    assert cost(metrics, lambda: store.update("metrics", {"n": 1}, process=True)) == [
        "create_comment", "edit_issue", "list_comments", "get_issue", "edit_issue", "add_reaction", "edit_issue"]  # fmt: skip


def test_an_author_not_yet_known_costs_one_request(metrics):
    metrics.user("writer", "write")
    for n in range(3):
        metrics.backend("writer").create_comment(1, f'{{"n": {n}}}')
    assert Counter(cost(metrics, lambda: metrics.store().process_updates(1)))["permission"] == 1


def test_a_rejection_costs_one_more(metrics):
    store = metrics.store()
    store.get("metrics")

    def reject():
        with pytest.raises(InvalidUpdate):
            store.update("metrics", [{"op": "remove", "path": "/x"}], "patch", process=True)

    assert len(cost(metrics, reject)) == 8


def test_a_hand_edit_costs_one_more_and_a_replay(metrics):
    metrics.backend().edit_issue(1, body='{"n": 9}')
    calls = Counter(cost(metrics, lambda: metrics.store().process_updates(1)))
    assert calls == {"get_issue": 3, "list_comments": 2, "create_comment": 1, "edit_issue": 2, "add_reaction": 1}


def test_delete(metrics):
    assert cost(metrics, lambda: metrics.store().delete("metrics")) == [
        "list_issues", "add_label", "edit_issue", "remove_label"]  # fmt: skip


@pytest.mark.parametrize("objects", [1, 250, 1000])
def test_lists_snapshots_and_sweeps(calm, objects, tmp_path):
    for number in range(objects):
        calm.near().create(f"object-{number}", {})
    store = calm.store()
    pages = -(-objects // 100)
    assert len(cost(calm, lambda: list(store.list_all()))) <= pages + 1
    file = tmp_path / "snapshot.json"
    for complete in (False, True):
        assert len(cost(calm, lambda complete=complete: store.write_snapshot(file, complete=complete))) <= pages + 1
    assert len(cost(calm, store.process_pending)) <= pages + 1 + 2 * (
        objects > 100
    )  # deleted and retired ones have lists
    calm.settle()
    store.update("object-0", {"n": 1})
    assert len(cost(calm, lambda: list(store.list_all()))) <= pages + 2, "one more for what is not settled"
    store.process_updates(1)
    calm.clock.sleep(100)
    since = calm.backend().now()
    assert cost(calm, lambda: store.process_pending(since)) == ["list_issues"]
    store.update_snapshot(file)
    calm.clock.sleep(100)
    assert cost(calm, lambda: store.update_snapshot(file)) == ["list_issues"]
    for number in range(min(5, objects)):
        store.update(f"object-{number}", {"n": 2}, process=True)
    assert cost(calm, lambda: store.update_snapshot(file)) == ["list_issues"]


@pytest.mark.parametrize("events", [10, 2_000, 10_000])
def test_the_length_of_a_log_costs_nothing(tmp_path, config, events):
    """Counted on the embedded backend; that requests and verbs are equal over HTTP is shown above."""
    world = World(tmp_path / "store.db", config)
    with world:
        store, page = world.store(), world.backend()
        store.create("metrics", {})
        store.create("other", {})
        number = 1
        for first in range(0, events, 300):
            for n in range(first, min(events, first + 300)):
                page.create_comment(number, f'{{"n": {n}}}')
            number = world.store().process_updates(number).meta.issue_number
        world.settle()
        world.requests()
        store = world.store()
        assert len(cost(world, lambda: store.get("metrics"))) == 1
        assert cost(world, lambda: store.update("metrics", {"a": 1})) == ["create_comment", "edit_issue"]
        assert len(cost(world, lambda: world.store().get("metrics"))) == 2
        calls = cost(world, lambda: world.store().process_updates(number))
        assert calls == ["get_issue", "list_comments", "get_issue", "edit_issue", "add_reaction", "edit_issue"]
        assert len(cost(world, lambda: list(world.store().list_all()))) == 1
        assert len(cost(world, lambda: world.store().write_snapshot(tmp_path / "s.json"))) == 1
        assert len(cost(world, world.store().process_pending)) == 1
        whole = len(cost(world, lambda: world.store().get_object_history("metrics")))
        assert whole <= 1 + -(-events // 100) + number, "a page begins anew in each issue"


def test_a_move_to_the_next_issue(calm):
    """It comes once in 2,400 comments; and for as long as it is not finished, a read costs one request more."""
    calm.config = replace(calm.config, log_max_events=5)
    store = filled(calm, 4)
    store.update("metrics", {"n": 1})
    plain = ["get_issue", "list_comments", "get_issue", "edit_issue", "add_reaction"]
    calls = cost(calm, lambda: calm.store().process_updates(1))
    assert calls[:5] == plain
    assert Counter(calls[5:]) == {
        "list_issues": 3, "edit_label": 1, "create_issue": 1, "create_comment": 1, "add_label": 1, "remove_label": 1,
        "list_comments": 4, "get_issue": 3, "edit_issue": 4, "add_reaction": 1,
    }  # fmt: skip  # a table
    assert cost(calm, lambda: calm.store().get("metrics")) == ["list_issues"]


@pytest.mark.parametrize("objects", [1, 250])
def test_verify(calm, objects):
    for number in range(objects):
        calm.near().create(f"object-{number}", {})
    calm.requests()
    assert calm.store().verify().damage == ()
    pages = -(-objects // 100)
    assert Counter(calm.faults.calls) == {"list_issues": pages, "list_labels": 1, "list_comments": objects}
    if isinstance(calm, GitHubWorld):
        assert len(calm.asked()) == pages + -(-(objects + 2) // 100) + objects, "labels have pages too"


@pytest.mark.parametrize("events", [1, 120])
def test_import(calm, tmp_path, events):
    source = World(tmp_path / "source.db", calm.config)
    with source:
        lines = list(filled(source, events).export())
    calls = Counter(cost(calm, lambda: calm.store().import_from(lines)))
    read = {"list_comments": -(-events // 100)} if events > 1 else {}  # one event needs no fold
    assert calls == {
        "list_issues": 1, "create_label": 1, "create_issue": 1, "create_comment": events, "add_reaction": events,
        "add_label": 1, "get_issue": 3 if read else 1, "edit_issue": 2 if read else 1, **read}  # fmt: skip
    calls = Counter(cost(calm, lambda: calm.store().import_from(lines)))
    assert calls == {"list_issues": 1, "list_comments": 1}


@pytest.mark.parametrize("comments", [1, 250])
def test_history(calm, comments):
    filled(calm, comments)
    pages = -(-comments // 100)
    assert len(cost(calm, lambda: calm.store().get_object_history("metrics"))) <= 1 + pages
    assert len(cost(calm, lambda: calm.store().get("metrics", version=1))) <= 1 + pages
