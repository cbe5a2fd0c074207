"""An object goes on in another issue before its own is full: nobody notices, and nothing is lost on the way."""

import json
from dataclasses import replace

import pytest
from world import World

from gh_store import (
    AccessDeniedError,
    BackendUnavailable,
    ConcurrentUpdateError,
    InvalidUpdate,
    LogFull,
    ObjectNotFound,
    Store,
    wire,
)
from gh_store.domain.events import Continued, Draft, Place
from gh_store.domain.findings import VerifyReport
from gh_store.domain.limits import MAX_COMMENTS

MOST = 5


@pytest.fixture
def world(world):
    world.config = replace(world.config, log_max_events=MOST)
    return world


def filled(world: World, events: int, **options) -> Store:
    """A store whose object `thing` has had so many updates, each processed."""
    store = world.store()
    store.create("thing", {"n": 0}, **options)
    for n in range(1, events + 1):
        store.update("thing", {"n": n})
        world.settle()
        store.process_pending()
    world.settle()
    return store


def title_of(world: World, number: int) -> wire.Checkpoint:
    issue = world.issue(number)
    checkpoint = wire.read_title(issue.title, [label.name for label in issue.labels], "UID:").checkpoint
    assert checkpoint is not None
    return checkpoint


def names(world: World, number: int) -> set[str]:
    return {label.name for label in world.issue(number).labels}


def states(store: Store, object_id: str = "thing"):
    return [(entry["version"], entry["state"]) for entry in store.get_object_history(object_id) if entry["outcome"] != "duplicate"]  # fmt: skip


def stopped(world: World, verb: str, nth: int = 1, when: str = "before") -> None:
    """From here on, whoever asks for a verb the nth time is dead."""
    met = []

    def cut(index, name):
        met.append(name)
        asked = met.count(verb)
        dead = asked > nth or (asked == nth and name == verb)
        return (when if asked == nth and name == verb else "before") if dead else None

    world.faults.cut = cut


def alive(world: World) -> None:
    world.faults.cut = lambda index, verb: None


def half_moved(world: World, verb: str, nth: int = 1, when: str = "before") -> None:
    """An object whose move to the next issue was cut there."""
    store = filled(world, MOST - 2)
    store.update("thing", {"n": MOST - 1})
    world.settle()
    stopped(world, verb, nth, when)
    with pytest.raises(BackendUnavailable):
        Store(world.store().backend, replace(world.config, retries_max_attempts=1), sleep=world.clock.sleep).process_updates(1)  # fmt: skip
    alive(world)
    world.settle()


# --- nobody notices -------------------------------------------------------------------------------


def test_an_object_goes_on_in_other_issues(world):
    created = world.store().create("thing", {"n": 0}, ["public"]).meta.created_at
    store = world.store()
    for n in range(1, 3 * MOST):
        world.clock.sleep(60)
        store.update("thing", {"n": n}, process=True)
    world.settle()
    obj = world.store().get("thing")
    assert (obj.data, obj.meta.version, obj.meta.pending) == ({"n": 14}, 15, 0)
    assert obj.meta.created_at == created, "an object does not grow younger"
    assert obj.meta.updated_at > created
    last = obj.meta.issue_number
    assert last > 3
    assert names(world, 1) == {"gh-store", "UID:thing", "public", "gh-store-retired"}
    assert names(world, last) == {"gh-store", "UID:thing", "public", "stored-object"}
    assert f"after {last - 1}@" in world.issue(last).title
    assert title_of(world, last - 1).retired
    assert not any(world.issue(number).open for number in range(1, last + 1))
    assert [listed.meta for listed in world.store().list_all()] == [obj.meta]
    assert len(json.loads(world.store().snapshot().text())["objects"]) == 1
    assert states(world.store()) == [(n + 1, {"n": n}) for n in range(15)]
    assert all(entry["proved"] for entry in world.store().get_object_history("thing"))
    for version in (1, 5, 6, 15):
        assert world.store().get("thing", version=version).data == {"n": version - 1}
    assert world.store().verify() == VerifyReport((), (), ())
    assert world.store().process_pending() == []


def test_who_knows_an_old_number_finds_the_object(world):
    filled(world, 2 * MOST)
    last = world.store().get("thing")
    assert world.store().issue_handler.get_object_by_number(1) == last
    assert world.store().process_updates(1) == last
    assert world.store().process_updates(1, dry_run=True) == last


def test_what_lies_before_a_long_issue_goes_on_too(world):
    store = world.store()
    store.create("thing", {})
    for n in range(4 * MOST):
        store.update("thing", {str(n): n})
    world.settle()
    obj = world.store().process_updates(1)
    assert (len(obj.data), obj.meta.version, obj.meta.issue_number) == (20, 21, 2)
    with pytest.raises(InvalidUpdate):
        world.store().update("thing", [{"op": "remove", "path": "/none"}], "patch", process=True)
    with pytest.raises(ConcurrentUpdateError):
        world.store().update("thing", {}, expected_version=20, process=True)
    assert world.store().update("thing", {}, expected_version=21, process=True).meta.version == 22


def test_the_least_that_may_be_in_an_issue(world):
    world.config = replace(world.config, log_max_events=1)
    store = world.store()
    store.create("thing", {})
    for n in range(4):
        store.update("thing", {"n": n}, process=True)
    assert world.store().get("thing").meta.version == 5
    assert len(states(world.store())) == 5


def test_a_snapshot_is_brought_forward_over_a_move(world, tmp_path):
    store = filled(world, 2)
    store.create("other", {})
    world.settle()
    store.write_snapshot(tmp_path / "old.json")
    for n in range(MOST):
        store.update("thing", {"m": n}, process=True)
    world.settle()
    assert store.update_snapshot(tmp_path / "old.json")
    store.write_snapshot(tmp_path / "new.json")
    old, new = (json.loads((tmp_path / name).read_text())["objects"] for name in ("old.json", "new.json"))
    assert old == new
    assert old["thing"]["meta"]["issue_number"] > 2


def test_an_id_that_fills_the_title_goes_on(world):
    name = "n" * wire.titles.MAX_ID
    store = world.store()
    store.create(name, {"n": 0})
    for n in range(1, 2 * MOST):
        store.update(name, {"n": n}, process=True)
        world.settle()
    obj = world.store().get(name)
    assert (obj.data, obj.meta.version) == ({"n": 9}, 10)
    assert states(world.store(), name) == [(n + 1, {"n": n}) for n in range(10)]
    assert world.store().verify().damage == ()


# --- what reaches the issue that was left ----------------------------------------------------------


def test_a_writer_that_knows_the_old_issue_forwards_its_own_event(world):
    writer = world.store()
    filled(world, 1)
    assert writer.get("thing").meta.issue_number == 1
    other = world.store()
    for n in range(2, MOST + 1):
        other.update("thing", {"n": n}, process=True)
    assert other.get("thing").meta.issue_number == 2
    obj = writer.update("thing", {"late": True})
    assert obj.data["late"]
    assert obj.meta.issue_number == 2
    assert world.store().get("thing").data["late"], "whoever reads after that sees it"
    world.settle()
    world.store().process_pending()
    world.settle()
    assert world.store().process_pending() == []
    obj = world.store().get("thing")
    assert (obj.data, obj.meta.version) == ({"n": 5, "late": True}, 7)
    copies = [entry for entry in world.store().get_object_history("thing") if "forwarded" in entry["metadata"]]
    assert len({entry["metadata"]["event_id"] for entry in copies}) == 1
    assert next(entry["outcome"] for entry in copies) == "applied"
    assert world.store().verify().damage == ()


@pytest.mark.parametrize("options", [{"process": True}, {"wait": 60}])
def test_a_writer_that_knows_the_old_issue_learns_what_became_of_its_event(world, options):
    def sleep(seconds):
        world.clock.sleep(seconds)
        if "wait" in options:
            world.near().process_pending()

    writer = world.store(sleep=sleep)
    filled(world, 1)
    assert writer.get("thing").meta.issue_number == 1
    for n in range(2, MOST + 1):
        world.store().update("thing", {"n": n}, process=True)
    assert world.store().get("thing").meta.issue_number == 2
    with pytest.raises(InvalidUpdate) as caught:
        writer.update("thing", [{"op": "remove", "path": "/none"}], "patch", **options)
    assert caught.value.rejected


def test_what_people_write_on_the_old_issue_is_forwarded(world):
    filled(world, MOST + 1)
    page = world.user("colleague", "write")
    page.create_comment(1, '{"by": "hand"}')
    page.create_comment(1, '{"by": "hand"}')  # older writers repeat blindly
    page.create_comment(1, "talk")
    page.create_comment(1, '{"_data": {"x": 1}, "_meta": {"update_mode": "nonsense"}}')
    page.create_comment(1, json.dumps({"type": "initial_state", "data": {"again": 1}}))
    world.backend("stranger").create_comment(1, '{"by": "stranger"}')
    world.settle()
    assert {finding.kind for finding in world.store().verify().pending} == {"pending"}
    world.settle()
    obj = world.store().process_updates(1)
    assert obj.data == {"n": 6, "by": "hand"}
    assert obj.meta.issue_number == 2
    world.settle()
    history = world.store().get_object_history("thing")
    assert history[-1]["metadata"]["forwarded"] == {"issue": 1, "comment": world.comments(1)[MOST].id, "once": True}
    assert history[-1]["metadata"]["event_id"] == f"forward-{world.comments(1)[MOST].id}"
    replies = [comment.body for comment in world.comments(1) if comment.body.startswith("gh-store rejected")]
    assert len(replies) == 2, replies
    assert world.store().verify().damage == ()
    assert world.store().process_pending() == []
    world.store().process_updates(1)
    assert len(world.comments(1)) == MOST + 8


def test_an_edit_of_the_old_body_is_put_back_and_told(world):
    filled(world, MOST + 1)
    body = world.issue(1).body
    world.backend().edit_issue(1, body='{"by": "hand"}')
    world.settle()
    world.store().process_pending()
    assert world.issue(1).body == body
    assert "issue 2" in world.comments(1)[-1].body
    assert world.store().get("thing").data == {"n": 6}
    world.settle()
    assert world.store().process_pending() == []
    assert world.store().verify().damage == ()


def test_an_edit_that_came_before_the_move_is_not_lost(world):
    half_moved(world, "add_label")
    world.backend().edit_issue(1, body='{"n": 4, "by": "hand"}')
    world.store().process_updates(2)
    assert world.store().get("thing").data == {"n": 4, "by": "hand"}
    world.settle()
    world.store().process_pending()
    assert world.store().verify().damage == ()


def test_a_copy_counts_by_its_copiers_right(world):
    """Who forwards lends nobody a right, and one whose word does not count says so, and not that all is forwarded."""
    world.config = replace(world.config, access_codeowners="data/", access_users=("bot",))
    world.backend().put_file("CODEOWNERS", "data/ @ada")
    for name in ("ada", "robot", "bot"):
        world.user(name, "write")
    filled(world, MOST + 1)
    world.backend("ada").create_comment(1, '{"by": "ada"}')
    world.backend("robot").create_comment(1, '{"by": "robot"}')
    world.settle()
    with pytest.raises(AccessDeniedError):
        world.store("robot").process_updates(1)
    world.settle()
    assert world.store().get("thing").data == {"n": 6}
    assert world.store("bot").process_updates(1).data == {"n": 6, "by": "ada"}
    world.settle()
    forged = {"_data": {"by": "robot"}, "_meta": {"update_mode": "append", "forwarded": {"issue": 1, "comment": 7}}}
    for comment in world.comments(1):
        forged["_meta"]["forwarded"]["comment"] = comment.id
        world.backend("robot").create_comment(2, json.dumps(forged))
    world.settle()
    assert world.store().process_updates(2).data == {"n": 6, "by": "ada"}
    assert all(entry["proved"] for entry in world.store().get_object_history("thing"))


def test_an_event_id_is_good_for_the_whole_object(world):
    store = filled(world, 1)
    store.update("thing", {"once": 1}, event_id="mine", process=True)
    with pytest.raises(InvalidUpdate):
        store.update("thing", [{"op": "remove", "path": "/none"}], "patch", event_id="bad", process=True)
    for n in range(2 * MOST):
        store.update("thing", {"n": n}, process=True)
    world.settle()
    before = world.store().get("thing")
    assert before.meta.issue_number > 2
    world.store().update("thing", {"once": 1}, event_id="mine", process=True)
    assert world.store().get("thing").meta.version == before.meta.version
    with pytest.raises(InvalidUpdate, match="was used for another event"):
        world.store().update("thing", {"once": 2}, event_id="mine", process=True)
    with pytest.raises(InvalidUpdate, match="does not apply"):  # it fares as the first did
        world.store().update("thing", [{"op": "remove", "path": "/none"}], "patch", event_id="bad", process=True)


def test_a_late_commit_on_the_old_issue_is_forwarded(world):
    """A slow processor has applied an event to the old issue after its successor was made from what came before."""
    half_moved(world, "create_comment")
    slow = world.store(config=replace(world.config, log_max_events=2_400))
    world.backend().create_comment(1, '{"late": 1}')
    world.settle()
    assert slow.process_updates(1).meta.version == 6
    assert world.store().get("thing").data == {"n": 4, "late": 1}
    assert title_of(world, 2).after == Place(1, world.comments(1)[-2].id)
    world.settle()
    assert [done.error for done in world.store().process_pending()] == [None]
    world.settle()
    obj = world.store().get("thing")
    assert (obj.data, obj.meta.version, obj.meta.issue_number) == ({"n": 4, "late": 1}, 6, 2)
    assert states(world.store())[-1] == (6, {"n": 4, "late": 1})
    assert world.store().verify().damage == ()


# --- a move that was cut --------------------------------------------------------------------------

CUTS = [("create_comment", 1), ("add_label", 1), ("remove_label", 1), ("remove_label", 1, "after"), ("edit_issue", 2)]


@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_a_reader_sees_all_while_an_object_moves(world, cut):
    half_moved(world, *cut)
    world.backend().create_comment(1, '{"late": 1}')
    world.settle()
    before = [world.issue(number) for number in (1, 2)]
    obj = world.store().get("thing")
    assert (obj.data, obj.meta.version) == ({"n": 4, "late": 1}, 6)
    assert states(world.store())[-1] == (6, {"n": 4, "late": 1})
    assert [(o.data, o.meta.version) for o in world.store().list_all()] == [(obj.data, 6)]
    assert list(json.loads(world.store().snapshot().text())["objects"]) == ["thing"]
    assert [world.issue(number) for number in (1, 2)] == before, "who only reads writes nothing"
    world.store().update("thing", {"more": 1})
    assert world.store().get("thing").data == {"n": 4, "late": 1, "more": 1}
    world.settle()
    assert [done.error for done in world.store().process_pending() if done.error] == []
    world.settle()
    assert world.store().process_pending() == []
    assert world.store().get("thing").data == {"n": 4, "late": 1, "more": 1}
    assert world.store().verify() == VerifyReport((), (), ())
    assert names(world, 1) == {"gh-store", "UID:thing", "gh-store-retired"}


@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_repair_completes_a_move(world, cut):
    half_moved(world, *cut)
    assert world.store().verify().pending
    assert all(each.error is None for each in world.store().repair())
    world.settle()
    assert world.store().verify() == VerifyReport((), (), ())
    assert world.store().get("thing").meta.issue_number == 2


@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_what_is_deleted_while_it_moves_is_deleted(world, cut):
    half_moved(world, *cut)
    world.store().delete("thing")
    world.settle()
    with pytest.raises(ObjectNotFound):
        world.store().get("thing")
    assert list(world.store().list_all()) == []
    world.store().process_pending()
    world.settle()
    for number in (1, 2):
        assert "archived" in names(world, number)
        assert "stored-object" not in names(world, number)
    assert world.store().process_pending() == []
    assert world.store().verify().damage == ()


IN_RIVAL = '{"_data": {"in": "rival"}, "_meta": {"event_id": "r", "update_mode": "append"}}'


def rival(world: World, number: int = 1) -> int:
    """Another issue that continues the same one, made by a processor that saw no other; its number."""
    first = world.issue(number + 1)
    made = world.backend().create_issue(first.title, first.body, [label.name for label in first.labels])
    return made.number


@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_of_rivals_the_lowest_goes_on_and_nothing_is_lost(world, cut):
    half_moved(world, *cut)
    other = rival(world)
    begin = world.comments(2)[0].body if world.comments(2) else None
    if begin is not None:
        world.backend().create_comment(other, begin)
        world.backend().create_comment(other, IN_RIVAL)
    world.settle()
    for done in world.store().process_pending():
        assert done.error is None
    world.settle()
    world.store().process_pending()
    obj = world.store().get("thing")
    assert obj.meta.issue_number == 2
    assert obj.data == ({"n": 4, "in": "rival"} if begin is not None else {"n": 4})
    assert names(world, other) == {"gh-store", "UID:thing", "gh-store-retired"}
    assert [o.meta.issue_number for o in world.store().list_all()] == [2]
    world.settle()
    assert world.store().process_pending() == []
    assert world.store().verify().damage == ()


def test_two_that_begin_a_successor_at_once_forward_what_the_first_lacks(world):
    """The first began it before the last event was applied, and has stopped; the second begins it after."""
    filled(world, 3)
    last = world.comments()[-1]
    late = wire.write_event(
        Draft({"n": 2}, "create-2", attempt=2, initial_of="thing", continues=Continued(
            Place(1, last.id - 1), 4, 3, last.created_at)), issue_number=2, time=last.created_at,
    )  # fmt: skip  # what the first one wrote

    def cut(index, verb):
        if verb == "create_comment" and world.backend().list_issues(descending=True).issues[0].number == 2:
            world.faults.cut = lambda index, verb: None
            world.backend().create_comment(2, late)

    world.faults.cut = cut
    world.store().update("thing", {"m": 1}, process=True)
    world.settle()
    world.store().process_pending()
    world.settle()
    assert world.store().get("thing").data == {"n": 3, "m": 1}


def test_a_rival_that_was_used_is_withdrawn_by_repair(world):
    """It takes more lag than GitHub has; but then nothing is lost either."""
    filled(world, MOST)
    other = rival(world)
    world.backend().create_comment(other, world.comments(2)[0].body)
    state = {"n": 5, "in": "rival"}
    title = wire.write_title("thing", 7, world.backend().now(), 10**6, 1, state, after=title_of(world, 2).after)
    world.backend().edit_issue(other, title=title, body=wire.write_body(state), open=False)
    world.backend().create_comment(other, IN_RIVAL)
    world.settle()
    assert world.store().get("thing").meta.issue_number == 2
    assert "duplicates" in {finding.kind for finding in world.store().verify().damage}
    assert all(each.error is None for each in world.store().repair())
    world.settle()
    world.store().process_pending()
    world.settle()
    assert world.store().get("thing").data == state
    assert world.store().verify().damage == ()


# --- lives ----------------------------------------------------------------------------------------


def test_a_deletion_archives_every_segment(world):
    store = filled(world, 2 * MOST)
    last = store.get("thing").meta.issue_number
    store.delete("thing")
    world.settle()
    for number in range(1, last + 1):
        assert "archived" in names(world, number)
        assert "stored-object" not in names(world, number)
    with pytest.raises(ObjectNotFound):
        world.store().get("thing")
    again = world.store().create("thing", {"life": 2})
    assert again.meta.version == 1
    assert again.meta.created_at == world.issue(again.meta.issue_number).created_at
    # What reaches the first life is never taken for the second's.
    world.backend().create_comment(1, '{"late": 1}')
    world.backend().create_comment(last, '{"late": 1}')
    world.settle()
    world.store().process_pending()
    world.settle()
    assert world.store().get("thing").data == {"life": 2}
    assert len(states(world.store())) == 1
    for number in (1, last):
        assert "was deleted" in world.comments(number)[-1].body
    assert world.store().process_pending() == []


def test_a_writer_that_knows_an_issue_of_a_deleted_object_is_told(world):
    writer = world.store()
    filled(world, 1)
    writer.get("thing")
    for n in range(2 * MOST):
        world.store().update("thing", {"n": n}, process=True)
    world.settle()
    world.store().delete("thing")
    world.store().create("thing", {"life": 2})
    with pytest.raises(ObjectNotFound):
        writer.update("thing", {"late": 1})
    world.settle()
    world.store().process_pending()
    assert world.store().get("thing").data == {"life": 2}


def test_a_label_that_is_given_back_by_hand_makes_no_second_object(world):
    filled(world, MOST + 1)
    world.backend().add_label(1, "stored-object")
    world.settle()
    assert world.store().get("thing").data == {"n": 6}
    assert [finding.kind for finding in world.store().verify().damage] == ["labels"]
    assert [each.error for each in world.store().repair()] == [None]
    world.settle()
    assert "stored-object" not in names(world, 1)
    assert world.store().verify().damage == ()


def test_a_lost_mark_is_found(world):
    filled(world, MOST + 1)
    world.backend().remove_label(1, "gh-store-retired")
    world.settle()
    assert [finding.kind for finding in world.store().verify().damage] == ["labels"]
    assert [each.error for each in world.store().repair()] == [None]
    world.settle()
    assert "gh-store-retired" in names(world, 1)
    assert world.store().verify().damage == ()


def test_a_lost_label_of_the_last_issue_is_put_back_there_and_nowhere_else(world):
    filled(world, MOST + 1)
    world.backend().remove_label(2, "stored-object")
    world.settle()
    with pytest.raises(ObjectNotFound):
        world.store().get("thing")
    assert [each.error for each in world.store().repair()] == [None]
    world.settle()
    assert world.store().get("thing").data == {"n": 6}
    assert "stored-object" not in names(world, 1)
    assert world.store().verify().damage == ()


def test_what_is_gone_with_its_last_issue_does_not_come_back_older(world):
    filled(world, MOST + 1)
    world.backend().delete_issue(2)
    world.settle()
    world.store().repair()
    assert "gone" in {finding.kind for finding in world.store().verify().suspected}
    with pytest.raises(ObjectNotFound):
        world.store().get("thing")


def test_an_object_whose_first_issue_is_gone_goes_on(world):
    store = filled(world, MOST + 1)
    world.backend().delete_issue(1)
    world.settle()
    assert world.store().get("thing").data == {"n": 6}
    store.update("thing", {"n": 7}, process=True)
    world.settle()
    history = world.store().get_object_history("thing")
    assert [(entry["version"], entry["proved"]) for entry in history] == [(6, True), (7, True), (8, True)]
    assert [finding.kind for finding in world.store().verify().suspected] == ["changed"]
    assert world.store().verify().damage == ()


# --- strangers ------------------------------------------------------------------------------------


def test_strangers_fill_an_issue(world):
    world.config = replace(world.config, log_max_events=2_400)
    store = world.store()
    store.create("thing", {"n": 0})
    stranger = world.backend("stranger")
    for n in range(MAX_COMMENTS - 1):
        stranger.create_comment(1, f"me {n}")
    world.settle()
    assert world.store().get("thing").data == {"n": 0}
    with pytest.raises(LogFull) as caught:
        store.update("thing", {"n": 1})
    assert "--issue 1" in caught.value.hint
    world.store().process_pending()
    world.settle()
    obj = store.update("thing", {"n": 1}, process=True)  # which knows the full issue only
    assert (obj.data, obj.meta.version, obj.meta.issue_number) == ({"n": 1}, 2, 2)
    world.settle()
    assert world.store().get("thing") == obj
    assert world.store().verify().damage == ()


def test_what_strangers_claim_to_continue_is_nothing(world):
    filled(world, MOST)
    first = json.loads(world.comments(2)[0].body)
    first["_data"] = {"evil": 1}
    world.backend("stranger").create_issue(world.issue(2).title, '{"evil": 1}', ["UID:thing", "stored-object"])
    world.backend("stranger").create_comment(2, json.dumps(first))
    forwarded = {"_data": {"evil": 1}, "_meta": {"update_mode": "append", "forwarded": {"issue": 1, "comment": 2}}}
    world.backend("stranger").create_comment(2, json.dumps(forwarded))
    world.settle()
    world.store().process_pending()
    assert world.store().get("thing").data == {"n": 5}
    assert len(states(world.store())) == 6
    world.settle()
    assert world.store().verify().damage == ()


def test_what_was_written_again_to_the_next_issue_is_not_read_twice(world):
    """A writer that was cut has an event on the old issue, and its repetition on the new one; a hand breaks the title."""
    filled(world, MOST)
    late = {"_data": {"n": "late"}, "_meta": {"update_mode": "append", "event_id": "mine", "attempt": 2}}
    world.backend().create_comment(1, json.dumps(late))
    world.store().update("thing", {"n": "late"}, event_id="mine", process=True)
    world.settle()
    world.store().update("thing", {"n": "newer"}, process=True)
    world.backend().edit_issue(2, body="What was here?")
    world.settle()
    assert world.store().get("thing").data == {"n": "newer"}
    world.store().process_pending()
    world.settle()
    assert world.store().get("thing").data == {"n": "newer"}
    assert world.store().verify().damage == ()


def test_an_event_that_reaches_the_old_issue_twice_is_read_once(world):
    half_moved(world, "add_label")
    world.store(config=replace(world.config, log_max_events=99)).get("thing")
    first = json.loads(world.comments(1)[1].body)
    first["_meta"]["attempt"] = 2
    world.backend().create_comment(1, json.dumps(first))
    world.backend().remove_label(1, "stored-object")
    world.settle()
    assert world.store().get("thing").data == {"n": 4}
    world.store().process_pending()
    world.settle()
    assert world.store().get("thing").data == {"n": 4}


def test_a_replaced_title_does_not_break_the_chain(world):
    filled(world, MOST + 1)
    world.backend().edit_issue(2, title="A better name")
    world.backend().create_comment(1, '{"late": 1}')
    world.settle()
    assert world.store().process_updates(1).data == {"n": 6, "late": 1}
    world.settle()
    world.store().process_pending()
    world.settle()
    assert "after 1@" in world.issue(2).title
    assert world.store().verify().damage == ()


def test_a_writer_waits_until_it_sees_where_the_object_went(world):
    writer = world.store()
    filled(world, 1)
    writer.get("thing")
    other = world.store()
    for n in range(2, MOST + 1):
        other.update("thing", {"n": n}, process=True)
    assert writer.update("thing", {"late": 1}).meta.issue_number == 2  # no index shows that yet


def test_what_was_forwarded_is_not_forwarded_again(world):
    filled(world, MOST + 1)
    world.backend().create_comment(1, '{"late": 1}')
    world.settle()
    world.store().process_updates(1)
    world.settle()
    there = len(world.comments(2))
    world.backend().edit_issue(1, title="A better name")  # the mark that it was drained is gone
    world.settle()
    assert world.store().process_updates(1).data == {"n": 6, "late": 1}
    assert len(world.comments(2)) == there
    assert title_of(world, 1).retired


def test_a_late_event_of_an_earlier_life_whose_last_issue_a_leaver_opened(world):
    world.config = replace(world.config, log_max_events=3)
    store = world.store()
    store.create("x", {})
    for who in ("ada", "bob"):
        world.user(who, "write")
    for n in range(4):
        store.update("x", {"n": n})
    world.settle()
    world.store("ada").process_updates(1)
    world.settle()
    assert world.head().retired
    assert world.issue(2).author.login == "ada"
    world.backend().set_role("ada", "read")
    store.delete("x")
    world.settle()
    world.backend().remove_label(1, "archived")  # as a deletion leaves it that was cut
    world.store().create("x", {"life": 2})
    late = world.backend("bob").create_comment(1, '{"late": 1}')
    world.settle()
    assert [done.error for done in world.store().process_pending() if done.error] == []
    world.settle()
    assert world.head().status == "deleted"
    assert any(f"rejected event {late.id} " in comment.body for comment in world.comments(1))
    assert world.store().get("x").data == {"life": 2}


def test_an_issue_that_is_only_labelled_as_left_holds_up_no_sweep(world):
    store = world.store()
    store.create("x", {"n": 1})
    store.create("y", {})
    world.user("triager", "triage")
    number = world.backend().create_issue("a question", "of the owner", []).number
    for label in ("UID:y", "gh-store-retired"):
        world.backend("triager").add_label(number, label)
    world.backend().create_comment(number, '{"n": 2}')
    world.settle()
    assert world.store().process_pending() == []
    assert world.store().get("y").data == {}
    world.backend().remove_label(number, "UID:y")
