"""A comment that was decided, and is corrected by an edit: it does not count, and its author is told so, once."""

from dataclasses import replace

import pytest
from world import World

from gh_store import AccessDeniedError, wire
from gh_store.domain.findings import VerifyReport
from gh_store.domain.issues import EditedComment, User

NEARLY = '{"n": 1,}'
EVENT = '{"n": 1}'
FAILS = '{"_data": [{"op": "remove", "path": "/no"}], "_meta": {"update_mode": "patch"}}'
APPLIES = '{"_data": [{"op": "remove", "path": "/n"}], "_meta": {"update_mode": "patch"}}'
OWNER = User("local")


@pytest.fixture
def metrics(world: World):
    world.near().create("metrics", {"n": 0})
    world.settle()
    return world.store()


def decided(world, text, user=None):
    """A comment, decided as it stands."""
    comment = world.backend(user).create_comment(1, text)
    world.settle()
    world.store().process_updates(1)
    world.settle()
    return comment.id


def edit(world, comment_id, text, user=None):
    world.backend(user).edit_comment(comment_id, text)
    world.settle()
    done = world.store().process_updates(1)
    world.settle()
    return done


def told(world, number=1):
    """The comments that were said not to be read again."""
    every = world.comments(number)
    return [each.id for reply in every for each in every if reply.body == wire.write_post_anew(each.id)]


@pytest.mark.parametrize(
    ("before", "after"),
    [(NEARLY, EVENT), (FAILS, APPLIES), ("{shrug}", EVENT), ("I like it.", f"```json\n{EVENT}\n```"),
     (APPLIES.replace('"patch"', '"patch", "expected_version": 7'), APPLIES)],
    ids=["nearly an event", "rejected", "talk with brackets", "talk", "expected another version"],
)  # fmt: skip
def test_its_author_is_told_once_to_post_it_anew(world, metrics, before, after):
    comment = decided(world, before)
    version = world.store().get("metrics").meta.version
    assert edit(world, comment, after).data == {"n": 0}, "what was decided stays decided"
    assert told(world) == [comment]
    assert "a new comment" in world.comments()[-1].body
    assert world.head().settled, "the reply is counted"
    for text in (after, before, after.replace("1", "2"), after):
        assert edit(world, comment, text).meta.version == version
    assert told(world) == [comment]
    assert world.store().verify().damage == ()


@pytest.mark.parametrize(
    "text", ["I like it.", NEARLY, '{"_data": {}}', "gh-store does not read comment 1 again: `it was decided before`"]
)
def test_what_is_no_event_still_is_not_told(world, metrics, text):
    comment = decided(world, "talk")
    edit(world, comment, text)
    assert told(world) == []


@pytest.mark.parametrize("text", ['{"n": 5}', NEARLY, "Never mind."])
def test_an_event_that_was_applied_is_past(world, metrics, text):
    comment = decided(world, EVENT)
    again = decided(world, EVENT)  # a repetition, with a receipt of its own
    for each in (comment, again, world.comments()[0].id):
        assert edit(world, each, text).data == {"n": 1}
    assert told(world) == []
    assert len(world.comments()) == 3


def test_an_edit_that_came_in_time_counts_and_is_not_told(world, metrics):
    """Also if it is rejected as it stands then."""
    for text in (EVENT, FAILS):
        comment = world.backend().create_comment(1, "talk")
        world.backend().edit_comment(comment.id, text)
        for _ in range(2):
            world.settle()
            world.store().process_updates(1)
    assert world.store().get("metrics").data == {"n": 1}
    assert told(world) == []
    comment = world.comments()[2].id
    edit(world, comment, FAILS)  # as before: it was hidden, say, and says the same
    assert told(world) == []


def test_what_strangers_edit_is_left_alone(world, metrics):
    comment = decided(world, "talk", "stranger")
    edit(world, comment, EVENT, "stranger")
    assert told(world) == []
    world.user("ada", "write")
    theirs = decided(world, "talk", "ada")
    world.user("ada", "read")
    edit(world, theirs, EVENT, "ada")
    assert told(world) == []


def test_only_those_who_count_tell_it(world, metrics):
    comment = decided(world, NEARLY)
    world.backend("stranger").create_comment(1, wire.write_post_anew(comment))
    fingerprint = wire.fingerprint(wire.read_event(EVENT, position=comment, time=world.issue().created_at))
    world.backend("stranger").create_comment(1, wire.write_reply(comment, "InvalidUpdate", "no", "", fingerprint))
    edit(world, comment, EVENT)
    assert told(world) == [comment] * 2, "the stranger's and ours"


def test_nobodys_reaction_hides_it(world, metrics):
    rejected, talk = decided(world, NEARLY), decided(world, "talk")
    for each in (rejected, talk):
        world.backend("stranger").add_reaction(each, "+1")
        edit(world, each, EVENT)
    assert told(world) == [rejected]
    world.store().process(1, edited=EditedComment(talk, OWNER))  # a trigger tells that it was edited: it is asked about
    world.settle()
    assert told(world) == [rejected, talk]


def test_many_are_told_at_once_with_what_is_pending(world, metrics):
    many = [decided(world, text) for text in (NEARLY, "talk", FAILS)]
    for each in many:
        world.backend().edit_comment(each, EVENT.replace("n", f"k{each}"))
    world.backend().create_comment(1, '{"m": 1}')
    world.settle()
    assert world.store().process_updates(1).data == {"n": 0, "m": 1}
    world.settle()
    assert told(world) == many
    assert world.head().settled


def test_a_sweep_tells_it_with_the_next_event(world, metrics):
    comment = decided(world, NEARLY)
    world.backend().edit_comment(comment, EVENT)
    world.settle()
    world.store().process_pending()
    assert told(world) == [], "the issue is settled, and nobody looks"
    world.near().update("metrics", {"m": 1})
    world.settle()
    world.store().process_pending()
    world.settle()
    assert told(world) == [comment]


def test_replies_that_are_switched_off_are_off(world, metrics):
    world.config = replace(world.config, rejections_reply=False)
    comment = decided(world, NEARLY)
    edit(world, comment, EVENT)
    assert len(world.comments()) == 2


def test_in_an_issue_that_takes_no_reply_nothing_is_held_up(world, metrics):
    comment = decided(world, "talk")
    world.user("ada", "write")

    def refused(number, body):
        raise AccessDeniedError("locked")

    store = world.store("ada")
    store.backend.create_comment = refused  # as in an issue that is full
    world.backend().edit_comment(comment, EVENT)
    world.near().update("metrics", {"m": 1})
    world.settle()
    assert store.process_updates(1).data == {"n": 0, "m": 1}
    world.settle()
    assert world.head().settled


def test_a_deleted_object_takes_no_events_so_nothing_is_to_be_posted(world, metrics):
    comment = decided(world, NEARLY)
    metrics.delete("metrics")
    world.settle()
    world.backend().edit_comment(comment, EVENT)
    world.backend().edit_issue(1, open=True)
    world.settle()
    world.store().process_pending()
    assert told(world) == []


def test_a_run_that_was_cut_before_its_receipts_is_completed_first(world, metrics):
    """Else what it applied looks as if it had been passed over."""
    passed_over = decided(world, "talk")
    comment = world.backend().create_comment(1, "talk")
    world.backend().edit_comment(passed_over, EVENT)
    world.backend().edit_comment(comment.id, '{"m": 1}')  # in time
    world.settle()
    world.config = replace(world.config, retries_max_attempts=1)
    world.faults.cut = lambda index, verb: "before" if verb == "add_reaction" else None
    with pytest.raises(Exception, match=r".") as error:
        world.store().process_updates(1)
    assert type(error.value).__name__ == "BackendUnavailable"
    assert world.issue().open
    world.faults.cut = lambda index, verb: None
    world.settle()
    assert world.store().process_updates(1).data == {"n": 0, "m": 1}
    world.settle()
    assert told(world) == [passed_over]
    assert world.comments()[2].reactions == {"+1": 1}
    assert world.head().settled


@pytest.mark.parametrize("talk", [20, 150])
def test_a_comment_on_an_earlier_page_is_found_if_the_trigger_names_it(calm, talk):
    calm.near().create("metrics", {"n": 0})
    comment = decided(calm, "talk")
    for _ in range(talk):
        calm.backend().create_comment(1, "talk")
    calm.store().process_updates(1)
    calm.backend().edit_comment(comment, EVENT)
    for _ in range(2):
        calm.store().process(1, edited=EditedComment(comment, OWNER))
    assert told(calm) == [comment]


def test_no_request_is_made_for_it_unless_a_comment_was_edited(calm):
    calm.near().create("metrics", {"n": 0})
    comment, theirs = decided(calm, NEARLY), decided(calm, "talk", "stranger")
    for _ in range(150):
        calm.backend("stranger").create_comment(1, "talk")
    calm.near().process_updates(1)

    def cost(**options):
        calm.requests()
        calm.store().process(1, **options)
        return calm.requests()

    plain = cost()
    assert plain == ["get_issue", "list_comments"]
    calm.backend("stranger").edit_comment(theirs, EVENT)
    stranger = EditedComment(theirs, User("stranger"))
    assert [each for each in cost(edited=stranger) if each != "permission"] == plain, "who, before what"
    assert cost(edited=EditedComment(theirs, None)) == plain
    calm.backend().edit_comment(comment, EVENT)
    assert cost() == plain, "it is on a page that is not read"
    assert cost(edited=EditedComment(comment, OWNER)) == [
        *plain, "list_comments", "create_comment", "get_issue", "edit_issue", "edit_issue"
    ]  # fmt: skip  # a list of requests
    applied = decided(calm, '{"m": 1}')
    calm.backend().edit_comment(applied, '{"m": 2}')
    assert cost() == plain
    assert cost(edited=EditedComment(applied, OWNER)) == [*plain, "list_reactions"]


def test_an_edited_comment_is_in_a_log_that_is_sound(world, metrics):
    comment = decided(world, "talk")
    edit(world, comment, EVENT)
    assert world.store().verify() != VerifyReport.of([])
    assert [each.kind.value for each in world.store().verify().suspected] == ["overlooked"]
    decided(world, EVENT)
    assert world.store().get("metrics").data == {"n": 1}


def test_the_past_is_proved_without_what_an_edit_made_of_a_comment(world, metrics):
    rejected, talk = decided(world, NEARLY), decided(world, "talk")
    decided(world, '{"m": 1}')
    for each in (rejected, talk):
        edit(world, each, EVENT)
    history = world.store().get_object_history("metrics")
    assert [(each["state"], each["proved"]) for each in history] == [({"n": 0}, True), ({"n": 0, "m": 1}, True)]


def test_an_issue_that_was_reopened_is_closed_first_and_then_it_is_told_in_the_same_run(world, metrics):
    comment = decided(world, "talk")
    world.backend().edit_comment(comment, EVENT)
    world.near().update("metrics", {"m": 1})
    world.settle()
    assert world.issue().open
    world.store().process_updates(1)
    world.settle()
    assert told(world) == [comment]
    assert world.head().settled


def test_what_a_run_has_decided_itself_was_decided_as_it_stands(world, metrics):
    """Also if it starts again before its receipt is in sight."""
    talk = decided(world, "talk", "stranger")
    comment = world.backend().create_comment(1, "talk")
    world.backend().edit_comment(comment.id, EVENT)  # in time
    world.settle()
    store = world.store()
    store.backend.add_reaction = lambda *_: world.backend().delete_comment(talk)  # so that the count is not as expected
    assert store.process_updates(1).data == {"n": 1}
    world.settle()
    assert told(world) == []
    world.backend().add_reaction(comment.id, "+1")


def test_who_may_not_ask_who_counts_is_held_up_by_no_edit(world, metrics):
    world.user("ada", "write")
    comment = decided(world, "talk", "ada")
    world.backend("ada").edit_comment(comment, EVENT)
    world.user("olga", "read")
    world.settle()
    assert world.store("olga").process_updates(1).data == {"n": 0}
    assert world.store("olga").process(1, edited=EditedComment(comment, User("ada"))).applied == 0
    assert told(world) == []


def test_a_processor_whose_word_does_not_count_stops_telling(calm):
    calm.config = replace(calm.config, access_users=())
    calm.near().create("metrics", {"n": 0})
    comment = decided(calm, "talk")
    calm.backend().edit_comment(comment, EVENT)
    for n in range(5):
        calm.near().update("metrics", {"m": n})
        calm.settle()
        store = calm.store()
        store.backend.create_comment = calm.backend("helper[bot]").create_comment
        store.process_updates(1)
    assert told(calm) == [comment] * 3
