"""Schemas: what may not be is refused before a write, and rejected where it is applied; what was decided stays."""

import json
from contextlib import suppress
from dataclasses import replace

import pytest
from world import World

from gh_store import BackendUnavailable, ConcurrentUpdateError, InvalidObject, InvalidUpdate, wire

SCHEMA = {"properties": {"n": {"type": "integer", "maximum": 9}}, "required": ["n"]}


@pytest.fixture
def strict(world, tmp_path):
    """The settings of a world where objects below s/ have a schema."""
    file = tmp_path / "schema.json"
    file.write_text(json.dumps(SCHEMA))
    return replace(world.config, schemas=(("s/", file),))


def lives(world, config):
    """All that a store says of an object's past."""
    world.settle()
    store = world.store(config=config)
    history = store.get_object_history("s/1")
    return history, [store.get("s/1", entry["version"]).data for entry in history], store.verify()


def test_what_does_not_fit_is_refused_before_the_first_request(world, strict):
    store = world.store(config=strict)
    world.requests()
    for verb, kind in (
        (lambda: store.create("s/1", {"n": "x"}), InvalidObject),
        (lambda: store.put("s/1", {"n": 10}), InvalidObject),
        (lambda: store.update("s/1", {"n": None}, "replace"), InvalidUpdate),
    ):
        with pytest.raises(kind, match=r"schema\.json at /n: ") as caught:
            verb()
        assert (caught.value.exit_code, caught.value.rejected) == (2, False)
    assert world.requests() == []
    assert store.create("t", {"n": "x"}).data == {"n": "x"}
    assert store.put("s/1", {"n": 1}).data == {"n": 1}


def test_of_many_what_does_not_fit_is_refused_alone_and_before_a_request(world, strict):
    store = world.store(config=strict)
    world.requests()
    items = [("s/1", {"n": "x"}), ("s/1", {"n": 10})]
    errors = [each.error for verb in (store.create_many, store.put_many) for each in verb(items)]
    assert [type(error) for error in errors] == [InvalidObject] * 4
    errors = [each.error for each in store.update_many(items, "replace")]
    assert [type(error) for error in errors] == [InvalidUpdate] * 2
    assert world.requests() == []
    assert [each.changed for each in store.put_many([*items, ("s/1", {"n": 1})])] == [False, False, True]


def test_an_event_that_does_not_fit_is_rejected_alone_with_its_path(world, strict):
    store = world.store(config=strict)
    store.create("s/1", {"n": 1})
    world.settle()
    world.backend().create_comment(1, '{"n": "by hand"}')
    answer = store.update("s/1", {"more": 1})
    assert (answer.data, answer.meta.version) == ({"n": 1, "more": 1}, 2)
    world.settle()
    assert store.get("s/1") == world.store(config=strict).get("s/1") == answer
    done = store.process_updates(1)
    assert (done.data, done.meta.version) == ({"n": 1, "more": 1}, 2)
    world.settle()
    (reply,) = filter(None, (wire.read_reply(comment.body) for comment in world.comments()))
    assert reply[1:] == (
        "InvalidUpdate",
        "The object does not fit the schema schema.json at /n: 'by hand' is not of type 'integer'.",
    )
    with pytest.raises(InvalidUpdate, match="at /n") as caught:
        store.update("s/1", {"n": 70}, process=True)
    assert caught.value.rejected
    assert store.update("s/1", {"n": 7}).data["n"] == 7
    world.settle()
    assert store.update("s/1", [{"op": "remove", "path": "/n"}], "patch").data["n"] == 7, "at once, from memory"


@pytest.mark.parametrize("replies", [True, False])
def test_another_schema_changes_nothing_that_was_decided(world, strict, tmp_path, replies):
    store = world.store(config=replace(strict, rejections_reply=replies))
    store.create("s/1", {"n": 1})
    for n in ("x", 2, 10, 3):
        store.update("s/1", {"n": n})
    store.update("s/1", {"m": 1}, expected_version=3)
    assert store.process_updates(1).data == {"n": 3, "m": 1}
    other = tmp_path / "other.json"
    other.write_text('{"properties": {"n": {"type": "string"}}}')
    before = lives(world, strict)
    assert [entry["outcome"] for entry in before[0]] == [
        "applied",
        "rejected",
        "applied",
        "rejected",
        "applied",
        "applied",
    ]
    assert all(entry["proved"] for entry in before[0])
    assert (before[2].damage, before[2].suspected, before[2].pending) == ((), (), ())
    for schemas in ((), (("s/", other),)):
        config = replace(strict, schemas=schemas)
        assert lives(world, config) == before
        assert world.store(config=config).get("s/1").data == {"n": 3, "m": 1}


def test_what_is_invalid_stays_readable_and_can_be_made_valid(world, strict):
    world.store().create("s/1", {"n": "x"})
    world.settle()
    store = world.store(config=strict)
    assert store.get("s/1").data == {"n": "x"}
    assert [obj.data for obj in store.list_all()] == [{"n": "x"}]
    with pytest.raises(InvalidUpdate):
        store.update("s/1", {"m": 1}, process=True)
    assert store.update("s/1", {"n": 1}, process=True).data == {"n": 1}
    world.settle()
    with pytest.raises(InvalidUpdate, match="at /n") as caught:
        store.revert("s/1", 1)
    assert not caught.value.rejected


def test_a_put_that_another_makes_invalid_is_not_lost_in_silence(world, strict):
    store = world.store(config=strict)
    store.create("s/1", {"n": 1})
    world.settle()
    with pytest.raises(ConcurrentUpdateError):
        store.put("s/1", {"n": 2}, if_version=2)
    assert store.put("s/1", {"n": 2}, if_version=1).data == {"n": 2}


def test_a_hand_edit_that_does_not_fit_is_put_back(world, strict):
    store = world.store(config=strict)
    store.create("s/1", {"n": 1})
    world.settle()
    world.backend().edit_issue(1, body='{"n": "edited"}')
    world.settle()
    assert store.process_updates(1).data == {"n": 1}
    assert json.loads(world.issue().body) == {"n": 1}
    assert any("at /n" in comment.body for comment in world.comments())


def test_it_holds_over_a_move_to_another_issue(world, strict):
    config = replace(strict, log_max_events=5)
    store = world.store(config=config)
    store.create("s/1", {"n": 1})
    for n in ("x", 2, 3, "y", 4, 5, "z"):
        store.update("s/1", {"n": n})
    world.settle()
    store.process_pending()
    world.settle()
    assert store.get("s/1").data == {"n": 5}
    before = lives(world, config)
    assert [entry["outcome"] for entry in before[0]].count("rejected") == 3
    assert lives(world, world.config) == before


def test_an_import_is_what_was_decided_elsewhere(world, strict):
    store = world.store()
    store.create("s/1", {"n": "x"})
    store.update("s/1", {"n": "y"}, process=True)
    world.settle()
    lines = list(store.export())
    store.delete("s/1")
    world.settle()
    (done,) = world.store(config=strict).import_from(lines)
    assert done.error is None
    world.settle()
    assert world.store(config=strict).get("s/1").data == {"n": "y"}
    assert [entry["outcome"] for entry in world.store(config=strict).get_object_history("s/1")] == ["applied"] * 2


@pytest.mark.parametrize("replies", [True, False])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_that_is_cut_anywhere_has_rejected_or_not(config, tmp_path, replies, when):
    """The next run has the same schema; the one that looks has none."""
    file = tmp_path / "schema.json"
    file.write_text(json.dumps(SCHEMA))
    for at in range(99):
        world = World(tmp_path / f"{at}.db", replace(config, rejections_reply=replies, retries_max_attempts=1))
        strict = replace(world.config, schemas=(("s/", file),))
        with world:
            store = world.store(config=strict)
            store.create("s/1", {"n": 1})
            for n in ("x", 2, 10, 3):
                store.update("s/1", {"n": n})
            cut = []
            world.faults.calls.clear()
            world.faults.cut = lambda index, verb, at=at, cut=cut: (
                cut.append(verb) or when if index == at and not cut else None
            )
            with suppress(BackendUnavailable):
                world.store(config=strict).process_updates(1)
            world.faults.cut = lambda index, verb: None
            world.store(config=strict).process_pending()
            history, _, seen = lives(world, world.config)
            assert [entry["outcome"] for entry in history] == ["applied", "rejected", "applied", "rejected", "applied"]
            assert (seen.damage, seen.suspected, seen.pending) == ((), (), ())
        if not cut:
            assert at > 5
            return


def test_what_a_stranger_says_was_rejected_was_not(world, strict):
    store = world.store(config=strict)
    store.create("s/1", {"n": 1})
    world.settle()
    for n in ("x", 2):
        store.update("s/1", {"n": n})
    world.settle()
    store.process_updates(1)
    position = world.comments()[2].id
    page = world.backend("stranger")
    page.add_reaction(position, "confused")
    page.create_comment(1, wire.write_reply(position, "InvalidUpdate", "No.", "No."))
    world.settle()
    history, _, seen = lives(world, world.config)
    assert [entry["outcome"] for entry in history] == ["applied", "rejected", "applied"]
    assert history[1]["error"].endswith("'x' is not of type 'integer'.")
    assert seen.damage == ()


def test_changes_are_what_was_applied_whatever_the_schema_is_now(world, strict):
    store = world.store(config=strict)
    store.create("s/1", {"n": 1})
    world.settle()
    (first,) = store.changes()
    for n in ("x", 2, 10, 3):
        store.update("s/1", {"n": n})
    world.settle()
    store.process_updates(1)
    world.settle()
    for config in (strict, world.config):
        seen = list(world.store(config=config).changes(after=first.cursor))
        assert [(each.version, each.state) for each in seen] == [(2, {"n": 2}), (3, {"n": 3})]
