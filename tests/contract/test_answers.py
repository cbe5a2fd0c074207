"""Answers that are true: what an update comes to, what will be rejected, and what to do about an error."""

import pytest

from gh_store import (
    ConcurrentUpdateError,
    DuplicateUIDError,
    InvalidObject,
    InvalidUpdate,
    ObjectExists,
    ObjectNotFound,
    wire,
)
from gh_store.domain.commands import command
from gh_store.logger import logger


@pytest.fixture
def warnings():
    """What the library warns of."""
    told = []
    logger.enable("gh_store")
    sink = logger.add(lambda message: told.append(message.record["message"]), level="WARNING")
    yield told
    logger.remove(sink)
    logger.disable("gh_store")


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("event_id", [None, "mine"])
def test_an_update_answers_as_get_would(world, known, event_id):
    store, other = world.store(), world.store()
    (store if known else other).create("metrics", {"n": 0})
    world.settle()
    for n in range(3):
        other.update("metrics", {"others": n})
    other.update("metrics", [{"op": "remove", "path": "/none"}], "patch")
    world.settle()
    answer = store.update("metrics", {"mine": 1}, event_id=event_id)
    assert (answer.data, answer.meta.version, answer.meta.pending) == ({"n": 0, "others": 2, "mine": 1}, 5, 4)
    world.settle()
    assert answer == world.store().get("metrics")
    assert store.update("metrics", {"mine": 2}) == world.store().get("metrics")


@pytest.mark.parametrize("others", [True, False])
@pytest.mark.parametrize("wait", [None, 5])
def test_what_will_be_rejected_is_told_at_once(world, warnings, others, wait):
    store = world.store()
    store.create("metrics", {"n": 0})
    world.settle()
    if others:
        world.store().update("metrics", {"others": 1})
        world.settle()
    answer = store.update("metrics", {"n": 1}, expected_version=7, wait=wait)
    assert answer.data == {"n": 0, **({"others": 1} if others else {})}
    at = 2 if others else 1
    assert warnings == [
        f"'metrics': the event is written, and will be rejected: Expected version 7, but the object is at version {at}."
    ]
    warnings.clear()
    store.update("metrics", [{"op": "test", "path": "/n", "value": 5}], "patch")
    assert len(warnings) == 1
    warnings.clear()
    assert store.update("metrics", {"n": 2}, expected_version=at).data["n"] == 2
    assert warnings == []


def test_a_list_that_is_no_patch_says_how_to_give_one(world):
    store = world.store()
    with pytest.raises(InvalidUpdate) as caught:
        store.update("metrics", [{"op": "add", "path": "/a", "value": 1}])
    assert caught.value.hint == 'A list of operations is a patch: add --mode patch (mode="patch").'
    with pytest.raises(InvalidUpdate) as caught:
        store.update("metrics", {"a": 1}, "patch")
    assert "another mode" in caught.value.hint
    with pytest.raises(InvalidUpdate) as caught:
        store.update("metrics", [{"op": "add"}], "patch")
    assert '{"op": "replace", "path": "/a/b", "value": 1}' in caught.value.hint
    assert world.requests() == []


@pytest.mark.parametrize(
    ("object_id", "shown"),
    [
        ("metrics", "`gh-store get metrics`"),
        ("a b; rm x", "`gh-store get 'a b; rm x'`"),
        ("-x", "`gh-store get -- -x`"),
        (None, "`gh-store get ID`"),
    ],
)
def test_a_command_in_a_hint_can_be_typed(object_id, shown):
    assert command("get", object_id) == shown


@pytest.mark.breaks_stores("two issues claim an id")
def test_hints_name_the_command_that_helps(world):
    store = world.store(max_concurrent_updates=0)
    store.create("my metrics", {})
    world.settle()
    with pytest.raises(ObjectExists) as caught:
        store.create("my metrics", {})
    assert "put" in caught.value.hint
    world.near().update("my metrics", {"n": 1}, process=True)
    world.settle()
    for verb, kind, hint in (
        (lambda: world.store().update("my metrics", {}, expected_version=1), ConcurrentUpdateError, "get 'my metrics'"),
        (lambda: world.store().put("my metrics", {}, if_version=1), ConcurrentUpdateError, "get 'my metrics'"),
        (lambda: world.store().get("my metrics", 99), ObjectNotFound, "history 'my metrics'"),
        (lambda: world.store().get("none"), ObjectNotFound, "list"),
    ):
        with pytest.raises(kind) as told:
            verb()
        assert f"`gh-store {hint}`" in told.value.hint
    world.near().update("my metrics", {"n": 2})
    world.settle()
    with pytest.raises(ConcurrentUpdateError) as late:
        store.update("my metrics", {})
    assert "`gh-store process-updates --issue 1`" in late.value.hint
    issue = world.issue()
    twin = world.backend().create_issue(issue.title, issue.body, [label.name for label in issue.labels])
    world.backend().create_comment(twin.number, world.comments()[0].body)
    world.settle()
    with pytest.raises(DuplicateUIDError) as twice:
        world.store().get("my metrics")
    assert "`gh-store repair 'my metrics'`" in twice.value.hint


@pytest.mark.parametrize(
    ("text", "key"),
    [('{"a": 1, "a": 1}', "a"), ('{"x": [{"b": 1, "c": 2, "b": null}]}', "b"), ('[{"\\u0061": 1, "a": 2}]', "a")],
)
def test_a_key_that_occurs_twice_is_refused_where_a_caller_gives_it(text, key):
    with pytest.raises(InvalidObject, match=f"The key '{key}' occurs twice"):
        wire.read_value(text)
    assert wire.parse(text) is not None


def test_a_key_that_occurs_twice_on_github_counts_as_it_always_did(world):
    world.store().create("metrics", {})
    world.backend().create_comment(1, '{"a": 1, "a": 2}')
    world.settle()
    assert world.store().process_updates(1).data == {"a": 2}
