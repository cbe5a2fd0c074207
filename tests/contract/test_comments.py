"""What people write that is nearly an event: told to them, and never told anew of what older processors passed over."""

from dataclasses import replace

import pytest
from world import World

from gh_store import wire
from gh_store.domain.findings import VerifyReport
from gh_store.wire import events

NEARLY = '{"n": 1,}'


@pytest.fixture
def metrics(world: World):
    world.near().create("metrics", {"n": 0})
    world.settle()
    return world.store()


@pytest.fixture
def older():
    """The processor of before, to which what is nearly an event is conversation; a call comes back to today."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(events, "fault_of_nearly", lambda text: None)
        yield patch.undo


def outcomes(world, object_id="metrics"):
    return [each["outcome"] for each in world.store().get_object_history(object_id)]


def replies(world, number=1):
    return [reply for each in world.comments(number) if (reply := wire.read_reply(each.body)) is not None]


def test_its_author_is_told_what_is_wrong_and_where(world, metrics):
    comment = world.backend().create_comment(1, NEARLY)
    world.backend().create_comment(1, "{shrug}")
    world.settle()
    metrics.process_updates(1)
    world.settle()
    assert replies(world) == [
        (comment.id, "InvalidUpdate", "It is not valid JSON (line 1, column 8): a comma before a closing bracket.")
    ]
    assert "a new comment" in world.comments()[-1].body
    assert [each.reactions.get("confused", 0) for each in world.comments()] == [0, 1, 0, 0]
    assert outcomes(world) == ["applied", "rejected"]
    world.store().process_updates(1)
    assert len(replies(world)) == 1
    assert world.store().verify() == VerifyReport.of([])


def test_who_does_not_count_is_passed_over(world, metrics):
    world.backend("stranger").create_comment(1, NEARLY)
    world.settle()
    metrics.process_updates(1)
    world.settle()
    assert len(world.comments()) == 2
    assert not world.comments()[-1].reactions
    assert outcomes(world) == ["applied"]


@pytest.mark.parametrize("after", ['{"n": 2}', None])
def test_what_an_older_processor_passed_over_stays_conversation(world, metrics, older, after):
    for text in (NEARLY, '[{"op": "remove", "path": "/n"}]', '```json\n{"n": 7}', *([after] if after else [])):
        world.backend().create_comment(1, text)
    world.settle()
    metrics.process_updates(1)
    world.settle()
    before, history, said = metrics.verify(), metrics.get_object_history("metrics"), world.comments()
    older()
    assert world.store().verify() == before
    assert world.store().get_object_history("metrics") == history
    world.store().process_updates(1)
    world.backend().create_comment(1, '{"m": 1}')
    world.settle()
    world.store().process_updates(1)
    world.settle()
    assert outcomes(world) == [*(each["outcome"] for each in history), "applied"]
    assert len(world.comments()) == len(said) + 1, "no reply"
    assert all(each["proved"] for each in world.store().get_object_history("metrics"))


def test_it_stays_conversation_where_the_head_says_nothing(world, metrics, older):
    """An older store's object, or one whose title was replaced: the whole log is decided anew."""
    world.backend().create_comment(1, NEARLY)
    world.backend().create_comment(1, '{"n": 2}')
    world.settle()
    metrics.process_updates(1)
    world.settle()
    older()
    world.backend().edit_issue(1, title="Our numbers")
    world.settle()
    world.store().process_updates(1)
    world.settle()
    assert replies(world) == []
    assert outcomes(world) == ["applied", "applied"]
    assert world.store().get("metrics").data == {"n": 2}


def test_it_stays_conversation_in_an_issue_that_lies_behind(world, older):
    world.config = replace(world.config, log_max_events=5)
    store = world.near()
    store.create("metrics", {"n": 0})
    for n in range(1, 7):
        world.backend().create_comment(store.get("metrics").meta.issue_number, NEARLY)
        store.update("metrics", {"n": n}, process=True)
    world.settle()
    assert store.get("metrics").meta.issue_number > 1
    older()
    assert outcomes(world) == ["applied"] * 7
    assert world.store().verify() == VerifyReport.of([])


def test_what_was_passed_over_costs_nothing(calm, older):
    def run():
        calm.requests()
        calm.store().process_updates(1)
        return calm.requests()

    calm.near().create("metrics", {"n": 0})
    colleague = calm.user("ada", "write")
    colleague.create_comment(1, "{shrug}")
    calm.near().process_updates(1)
    before = run()
    colleague.create_comment(1, NEARLY)
    calm.near().process_updates(1)
    older()
    assert run() == before
