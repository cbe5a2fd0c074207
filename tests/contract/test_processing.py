"""What the processor promises: exactly once, in order, whoever crashes, races, edits or interferes."""

import json
from collections import Counter
from dataclasses import replace

import pytest
from world import World

from gh_store import InsufficientScope, IntegrityError, InvalidUpdate, ObjectNotFound, wire


def event(data, mode="append", **meta):
    """An event as an older or another program writes it."""
    full = {
        "client_version": "0.11.3",
        "timestamp": "2026-01-01T00:00:00+00:00",
        "update_mode": mode,
        "issue_number": 1,
    }
    return json.dumps({"_data": data, "_meta": full | meta}, indent=2)


@pytest.fixture
def metrics(world):
    """A store with one object, and the lag of its creation over."""
    store = world.store()
    store.create("metrics", {"n": 0})
    world.settle()
    return store


# --- who counts -----------------------------------------------------------------------------------


def test_a_strangers_comment_is_never_applied_and_gets_no_receipt(world, metrics):
    world.backend("stranger").create_comment(1, event({"n": 666}))
    world.user("triager", "triage").create_comment(1, event({"n": 666}))
    world.settle()
    assert metrics.get("metrics").data == {"n": 0}
    assert metrics.process_updates(1).data == {"n": 0}
    assert [comment.reactions for comment in world.comments()[1:]] == [{}, {}]
    assert len(world.comments()) == 3


def test_a_strangers_reaction_never_counts(world, metrics):
    metrics.update("metrics", {"n": 1})
    position = world.comments()[1].id
    for content in ("+1", "confused", "rocket"):
        world.backend("stranger").add_reaction(position, content)
    assert metrics.process_updates(1).data == {"n": 1}


def test_a_strangers_copy_hides_nothing(world, metrics):
    text = event({"n": 1}, event_id="mine", attempt=2)
    world.backend("stranger").create_comment(1, text)
    world.backend().create_comment(1, text)
    world.settle()
    assert metrics.process_updates(1).meta.version == 2


def test_who_may_write_counts(world, metrics):
    for login, role in (("writer", "write"), ("keeper", "maintain"), ("chief", "admin")):
        world.user(login, role).create_comment(1, event({login: role}))
    world.settle()
    assert metrics.process_updates(1).data == {"n": 0, "writer": "write", "keeper": "maintain", "chief": "admin"}


def test_who_is_named_counts(world, metrics):
    store = world.store(config=replace(world.config, access_users=("Friend", "helper[bot]")))
    world.backend("friend").create_comment(1, '{"friend": true}')
    world.backend("helper[bot]").create_comment(1, '{"n": "what a stranger made the bot say"}')
    world.backend("helper[bot]").create_comment(1, event({"bot": True}))
    world.settle()
    assert store.process_updates(1).data == {"n": 0, "friend": True, "bot": True}


def test_the_actions_bot_counts_by_default_in_the_full_format(world, metrics):
    world.backend("github-actions[bot]").create_comment(1, event({"n": 1}))
    world.backend("github-actions[bot]").create_comment(1, '{"n": 2}')
    world.settle()
    assert metrics.process_updates(1).data == {"n": 1}


def test_who_has_lost_the_right_since_rewrites_no_past(world, metrics):
    world.user("leaver", "write").create_comment(1, event({"n": 1}))
    world.settle()
    metrics.process_updates(1)
    world.user("leaver", "read")
    world.backend("leaver").create_comment(1, event({"n": 2}))
    world.settle()
    assert world.store().process_updates(1).data == {"n": 1}
    assert world.store().get("metrics", version=2).data == {"n": 1}
    assert [entry["data"] for entry in world.store().get_object_history("metrics")] == [{"n": 0}, {"n": 1}]


def test_a_processor_that_may_not_ask_writes_nothing(world, metrics):
    metrics.update("metrics", {"n": 1})
    world.settle()
    world.user("writer", "write").create_comment(1, event({"n": 2}))
    before = (world.issue(), world.comments())
    with pytest.raises(InsufficientScope):
        world.store("stranger").process_updates(1)
    assert (world.issue(), world.comments()) == before
    (done,) = world.store("stranger").process_pending()
    assert isinstance(done.error, InsufficientScope)


def test_a_reader_who_may_not_ask_sees_the_committed_state(world, metrics):
    world.user("writer", "write").create_comment(1, event({"n": 1}))
    world.settle()
    seen = world.store("stranger").get("metrics")
    assert (seen.data, seen.meta.pending) == ({"n": 0}, None)
    world.backend().edit_issue(1, body='{"n": "by hand"}')
    world.settle()
    assert world.store("stranger").get("metrics").data == {"n": 0}


def test_a_reader_who_may_not_ask_is_not_told_what_a_leaver_makes_up(world):
    world.user("leaver", "write")
    world.store("leaver").create("metrics", {"n": 0})
    world.user("leaver", "read")
    world.settle()
    at = wire.read_title(world.issue().title, ["UID:metrics"], "UID:").checkpoint
    world.backend("leaver").edit_issue(
        1, title=wire.write_title("metrics", 2, at.time, 1, 1, {"n": "mine"}), body='{"n": "mine"}'
    )
    world.settle()
    assert world.store("stranger").get("metrics").data == {"n": 0}


# --- what is an event -----------------------------------------------------------------------------


def test_people_write_events_as_people_do(world, metrics):
    for text in (
        '{"a": 1}',
        '```json\n{"b": 2}\n```',
        '  \n~~~\n{"c": 3}\n~~~\n',
        "just talk",
        '["no", "object"]',
        "{shrug}",
    ):
        world.backend().create_comment(1, text)
    world.settle()
    assert metrics.process_updates(1).data == {"n": 0, "a": 1, "b": 2, "c": 3}
    assert not any(comment.reactions for comment in world.comments()[4:])


@pytest.mark.parametrize(
    "text",
    [
        '{"_data": {"n": 1}}',
        '{"_data": {"n": 1}, "_meta": null}',
        event({"n": 1}, "explode"),
        event([1, 2]),
        event({"n": 1}, attempt="two"),
        event({"n": 1}, expected_version=True),
        event({"n": 1}, event_id=7),
        event({"n": 1}, expected_version=0),
        '{"n": NaN}',
        '{"n": 1e999}',
        '{"n": "\\ud800"}',
        '{"n": ' + "[" * 30_000 + "]" * 30_000 + "}",
        '{"n": ' + "9" * 5_000 + "}",
        '{"type": "initial_state", "data": {"n": 1}}',
        event([{"op": "add", "path": "/n/x", "value": 1}], "patch"),
        event([{"op": "replace", "path": "", "value": [1]}], "patch"),
        event(json.loads('[{"op":"add","path":"/a","value":[0,0,0,0,0,0,0,0]}' + ',{"op":"copy","from":"/a","path":"/a/-"}' * 60 + "]"), "patch"),
    ],
)  # fmt: skip
def test_events_that_make_no_sense_are_rejected_and_told(world, metrics, text):
    world.backend().create_comment(1, text)
    metrics.update("metrics", {"after": True})
    assert metrics.process_updates(1).data == {"n": 0, "after": True}
    assert world.comments()[1].reactions == {"confused": 1}
    assert wire.read_reply(world.comments()[3].body)[0] == world.comments()[1].id


def test_a_reply_pings_nobody(world, metrics):
    world.backend().create_comment(1, event([{"op": "test", "path": "/@everyone `#1`", "value": 1}], "patch"))
    world.settle()
    metrics.process_updates(1)
    first = world.comments()[2].body.splitlines()[0]
    assert "@everyone '#1'" in first.split("`")[1]
    assert first.count("`") == 2


def test_only_authorised_replies_are_believed(world, metrics):
    metrics.update("metrics", [{"op": "remove", "path": "/x"}], "patch")
    bad = world.comments()[1].id
    world.backend("stranger").create_comment(1, wire.write_reply(bad, "InvalidUpdate", "no", ""))
    world.settle()
    metrics.process_updates(1)
    assert [comment.author.login for comment in world.comments()[2:]] == ["stranger", "local"]


def test_what_older_writers_repeat_blindly_is_one_event(world, metrics):
    text = event([{"op": "add", "path": "/log", "value": [1]}], "patch")
    more = event([{"op": "add", "path": "/log/-", "value": 2}], "patch")
    for body in (text, more, more, "talk", more):
        world.backend().create_comment(1, body)
    world.settle()
    done = metrics.process_updates(1)
    assert (done.data["log"], done.meta.version) == ([1, 2, 2], 4)


def test_a_repetition_is_found_in_the_whole_log(world):
    store = world.store()
    store.create("counter", {"n": []})
    more = [{"op": "add", "path": "/n/-", "value": 1}]
    store.update("counter", more, "patch", event_id="once", process=True)
    for _ in range(130):
        world.backend().create_comment(1, "talk")
    world.settle()
    assert store.update("counter", more, "patch", event_id="once", process=True).data == {"n": [1]}


# --- the past -------------------------------------------------------------------------------------


def test_what_was_decided_stays_decided(world, metrics):
    for n in (1, 2, 3):
        metrics.update("metrics", {"n": n, str(n): True})
    metrics.process_updates(1)
    first, second = world.comments()[1:3]
    world.backend().edit_comment(first.id, event({"n": "rewritten"}))
    world.backend().delete_comment(second.id)
    world.settle()
    expected = {"n": 3, "1": True, "2": True, "3": True}
    assert world.store().get("metrics").data == expected
    done = world.store().update("metrics", {"n": 4}, process=True)
    assert (done.data, done.meta.version) == (expected | {"n": 4}, 5)
    assert world.store().get_object_history("metrics")[-1]["proved"] is False


def test_a_new_objects_creation_stays_decided_too(world, metrics):
    first = world.comments()[0]
    world.backend().edit_comment(first.id, event({"n": 666}))
    world.settle()
    assert metrics.process_updates(1).data == {"n": 0}
    obj = metrics.update("metrics", {"m": 1}, process=True)
    assert (obj.data, obj.meta.version) == ({"n": 0, "m": 1}, 2)
    world.settle()
    seen = world.store().verify()
    assert (seen.damage, [finding.kind for finding in seen.suspected]) == ((), ["changed"])


def test_an_object_whose_whole_past_was_deleted_is_still_there(world, metrics):
    metrics.update("metrics", {"n": 1}, process=True)
    for comment in world.comments():
        world.backend().delete_comment(comment.id)
    world.settle()
    for _ in range(2):
        assert world.store().process_updates(1).data == {"n": 1}
        world.settle()
        assert [obj.data for obj in world.store().list_all()] == [{"n": 1}]
    assert world.store().update("metrics", {"m": 2}, process=True).data == {"n": 1, "m": 2}


def test_an_issue_that_never_rests_loses_nothing(tmp_path, config):
    """Somebody writes whenever the processor waits; of each two comments the first comes into sight last."""
    world = World(tmp_path / "store.db", config, lagging=True)
    written, page = 0, world.backend()

    def post():
        nonlocal written
        written += 1
        comment = page.create_comment(1, json.dumps({str(written): 1}))
        world.faults.commented[comment.id] = world.clock()
        return comment.id

    def sleep(seconds):
        world.clock.sleep(seconds)
        if written < 60:
            while post() % 2:
                continue
            world.faults.changed[1] = (world.clock(), page.get_issue(1))  # what a read shows for a while
            assert post() % 2, "which is seen at once, and the one before it is not"

    with world:
        world.near().create("metrics", {})
        sleep(1)
        world.store(sleep=sleep).process_updates(1)
        world.settle()
        assert len(world.store().process_updates(1).data) == written


def test_comments_that_were_deleted_move_the_pages_and_hide_nothing(world, metrics):
    for n in range(210):
        world.backend().create_comment(1, f"talk {n}")
    world.settle()
    metrics.process_updates(1)
    for comment in world.comments()[1:180]:
        world.backend().delete_comment(comment.id)
    metrics.update("metrics", {"m": 1})
    world.settle()
    assert world.store().get("metrics").data == {"n": 0, "m": 1}
    assert world.store().process_updates(1).data == {"n": 0, "m": 1}


def test_missing_receipts_are_left_by_the_next_run(world, metrics):
    for n in (1, 2, 3):
        metrics.update("metrics", {"n": n})
    metrics.process_updates(1)
    for comment in world.comments()[2:]:
        world.backend().remove_reaction(comment.id, "+1")
    metrics.update("metrics", {"n": 4}, process=True)
    assert [comment.reactions.get("+1") for comment in world.comments()[1:]] == [1, 1, 1, 1]


def test_history_and_versions(world, metrics):
    metrics.update("metrics", {"n": 1})
    with pytest.raises(InvalidUpdate):
        metrics.update("metrics", [{"op": "remove", "path": "/x"}], "patch", process=True)
    metrics.update("metrics", {"n": 2})
    world.settle()
    entries = metrics.get_object_history("metrics")
    assert [(e["type"], e["outcome"], e["version"], e["state"]["n"]) for e in entries] == [
        ("initial_state", "applied", 1, 0),
        ("update", "applied", 2, 1),
        ("update", "rejected", 2, 1),
        ("update", "pending", 3, 2),
    ]
    assert all(e["proved"] and e["author"] == "local" and e["comment_id"] for e in entries)
    assert entries[0]["metadata"]["object_id"] == "metrics"
    assert json.loads(json.dumps(entries)) == entries
    assert [metrics.get("metrics", version=v).data["n"] for v in (1, 2, 3)] == [0, 1, 2]


# --- hand edits -----------------------------------------------------------------------------------


def test_a_hand_edit_becomes_an_event_and_hides_no_other(world, metrics):
    metrics.update("metrics", {"pending": True})
    world.user("editor", "write").edit_issue(1, body='{"n": 7, "added": {"by": "hand"}}')
    world.settle()
    assert metrics.get("metrics").data == {"n": 0, "pending": True}, "a read folds the log, never the edited body"
    done = metrics.process_updates(1)
    assert (done.data, done.meta.version) == ({"n": 7, "added": {"by": "hand"}, "pending": True}, 3)
    edit = json.loads(world.comments()[2].body)
    assert (edit["_data"], edit["_meta"]["update_mode"]) == ({"n": 7, "added": {"by": "hand"}}, "merge")
    world.settle()
    assert world.store().process_updates(1).meta.version == 3
    assert all(entry["proved"] for entry in world.store().get_object_history("metrics"))


def test_a_hand_edit_may_set_null_and_remove(world, metrics):
    metrics.update("metrics", {"gone": 1, "deep": {"a~/b": 1}}, process=True)
    world.settle()
    world.backend().edit_issue(1, body='{"n": null, "deep": {"a~/b": null}}')
    world.settle()
    done = metrics.process_updates(1)
    assert done.data == {"n": None, "deep": {"a~/b": None}}


def test_a_reformatted_body_is_no_edit(world, metrics):
    world.backend().edit_issue(1, body='{"n":      0}')
    world.settle()
    assert metrics.process_updates(1).meta.version == 1
    assert len(world.comments()) == 1


@pytest.mark.parametrize("body", ["", "oops", "[1]", '{"n": NaN}', '{"n": "' + "x" * 65_400 + '"}'])
def test_a_body_that_is_no_object_or_fits_no_event_is_put_back_and_told(world, metrics, body):
    world.backend().edit_issue(1, body=body)
    metrics.update("metrics", {"after": 1})
    done = metrics.process_updates(1)
    assert done.data == {"n": 0, "after": 1}
    assert json.loads(world.issue().body) == done.data
    assert "put the body back" in world.comments()[2].body
    world.settle()
    metrics.process_updates(1)
    assert len(world.comments()) == 3


def test_an_author_without_the_right_may_not_edit_for_ever(world):
    world.user("leaver", "write")
    world.store("leaver").create("metrics", {"n": 0})
    world.user("leaver", "read")
    world.settle()
    for title in (None, "mine now"):
        world.backend("leaver").edit_issue(1, title=title, body='{"n": "mine"}')
        world.settle()
        assert world.store().get("metrics").data == {"n": 0}
        assert world.store().process_updates(1).data == {"n": 0}
        world.settle()
    assert any("no write permission" in comment.body for comment in world.comments())


@pytest.mark.breaks_stores("a head is overwritten")
@pytest.mark.parametrize("counted", [True, False])
def test_what_was_sealed_is_proved_where_receipts_do_not_tell_who_counted(world, counted):
    """A run may be cut before its receipts, and one that overlaps with it may have asked for rights a moment later."""
    world.user("leaver", "write")
    world.store("leaver").create("metrics", {"n": 0})
    mine = world.backend("leaver").create_comment(1, event({"a": 1}))
    world.backend("stranger").create_comment(1, event({"n": 666}))
    world.settle()
    if not counted:
        world.user("leaver", "read")
    world.store().process_updates(1)
    if counted:
        world.backend().remove_reaction(mine.id, "+1")
    else:
        world.backend().add_reaction(mine.id, "+1")
    world.user("leaver", "read")
    world.backend("leaver").edit_issue(1, body='{"n": "mine"}')
    world.settle()
    done = {"n": 0, "a": 1} if counted else {"n": 0}
    assert world.store().get("metrics").data == done
    assert world.store().process_updates(1).data == done


def test_the_history_of_an_object_that_a_leaver_began_empty_has_its_beginning(world):
    """Without the first event the log yields the same."""
    world.user("leaver", "write")
    world.store("leaver").create("metrics", {})
    world.store().update("metrics", {"n": 1}, process=True)
    world.user("leaver", "read")
    world.settle()
    assert [entry["version"] for entry in world.store().get_object_history("metrics")] == [1, 2]


def test_a_title_that_a_person_replaced_is_written_anew(world):
    names = ["metrics", "x" * 60]
    for number, name in enumerate(names, 1):
        store = world.store()
        store.create(name, {"n": 1})
        store.update(name, {"m": 2}, process=True)
        world.settle()
        world.backend().edit_issue(number, title="My favourite")
        world.settle()
        fresh = world.store()
        assert fresh.get(name).data == {"n": 1, "m": 2}
        assert fresh.process_updates(number).meta.version == 2
        assert world.issue(number).title.startswith(f"Stored Object: {name} [v2 ")
    world.settle()
    assert {obj.meta.object_id for obj in world.store().list_all()} == set(names)


def test_a_run_that_meets_another_at_a_replaced_title_takes_back_nothing(world, metrics):
    metrics.update("metrics", {"n": 1}, process=True)
    world.settle()
    world.backend().edit_issue(1, title="My favourite")
    world.store().update("metrics", {"n": 2})
    world.settle()

    def cut(index, verb):
        if verb == "list_comments":  # it has the issue, and not yet the comments
            world.faults.cut = lambda index, verb: None
            world.store().process_updates(1)

    world.faults.cut = cut
    assert world.store().process_updates(1).data == {"n": 2}
    world.settle()
    assert world.store().get("metrics").data == {"n": 2}


def test_a_title_that_lies_is_believed_by_nobody(world, metrics):
    metrics.update("metrics", {"n": 5}, process=True)
    world.settle()
    title = world.issue().title
    world.backend().edit_issue(1, title=title.replace("v2", "v9"))
    world.settle()
    assert world.store().get("metrics").data == {"n": 5}
    assert world.store().process_updates(1).meta.version == 2


# --- races ----------------------------------------------------------------------------------------


def interfere(world, verb, what):
    """Run `what` in the middle of `verb`, before each of its requests in turn; what each try came to."""
    at = 0
    while True:
        seen = []

        def cut(index, name, at=at, seen=seen):
            seen.append(name)
            if len(seen) == at + 1:
                seen.append("interference")
                world.faults.cut = lambda index, name: None
                what()
                world.faults.cut = cut

        world.faults.cut = cut
        verb()
        world.faults.cut = lambda index, name: None
        world.settle()
        if "interference" not in seen:
            return
        yield seen
        at += 1


def test_an_event_that_comes_at_any_moment_is_not_lost(world, metrics):
    expected = 0

    def one_more():
        nonlocal expected
        expected += 1
        world.store().update("metrics", [{"op": "add", "path": f"/{expected}", "value": 1}], "patch")

    def process():
        one_more()
        world.store().process_updates(1)

    for _ in interfere(world, process, one_more):
        assert not world.issue().open
        assert len(world.store().get("metrics").data) == expected + 1
        assert world.store().get("metrics").meta.pending == 0
    assert world.store().process_updates(1).meta.version == expected + 1


def test_an_edit_that_comes_before_the_last_look_is_not_lost(calm):
    """It is lost between the processor's GET and its PATCH, as docs/guarantees.md says; and nowhere else."""
    calm.store().create("metrics", {"n": 0})
    lost, edits = [], 0

    def edit():
        nonlocal edits
        edits += 1
        calm.backend().edit_issue(1, body=json.dumps({**json.loads(calm.issue().body), "hand": edits}))

    for at in range(6):
        calm.store().update("metrics", {"n": at})
        calm.requests()
        calm.faults.cut = lambda index, verb: edit() if index == at else None  # noqa: B023
        calm.store().process_updates(1)
        calm.faults.cut = lambda index, verb: None
        calm.store().process_updates(1)
        assert calm.store().get("metrics").data["n"] == at
        if calm.store().get("metrics").data.get("hand") != edits:
            lost.append(at)
    assert lost == [3], "the request before the commit"


def test_two_processors_at_once_apply_everything_once(world, metrics):
    count = 0

    def process():
        nonlocal count
        count += 1
        world.store().update("metrics", [{"op": "add", "path": f"/{count}", "value": 1}], "patch")
        world.store().update("metrics", [{"op": "remove", "path": "/never"}], "patch")
        world.store().process_updates(1)

    for _ in interfere(world, process, lambda: world.store().process_updates(1)):
        world.store().process_pending()  # an old answer may have shown the issue closed
        assert not world.issue().open
        assert world.store().get("metrics").meta.version == count + 1
    replies = [wire.read_reply(comment.body) for comment in world.comments()]
    told = [reply[0] for reply in replies if reply]
    assert len(set(told)) == count


def test_what_comes_before_an_object_is_closed_for_good_is_told_at_once(world, metrics):
    def cut(index, name):
        if name == "edit_issue":
            world.faults.cut = lambda index, name: None
            world.backend().create_comment(1, '{"late": true}')

    world.faults.cut = cut
    metrics.delete("metrics")
    assert world.comments()[1].reactions == {"confused": 1}


def test_a_slow_processors_late_commit_is_made_good(world, metrics):
    """The other run commits between this one's GET and its PATCH, which nothing can prevent."""
    metrics.update("metrics", {"a": 1})
    world.user("colleague", "write")
    world.settle()
    slow = world.store()

    def cut(index, name):
        if name == "edit_issue":
            world.faults.cut = lambda index, name: None
            world.backend("colleague").create_comment(1, event({"b": 2}))
            world.settle()
            world.store().process_updates(1)
            world.settle()

    world.faults.cut = cut
    assert slow.process_updates(1).data == {"n": 0, "a": 1, "b": 2}
    world.settle()
    assert world.store().get("metrics").meta.version == 3
    assert world.store().process_updates(1).data == {"n": 0, "a": 1, "b": 2}


def test_two_creators_at_once_make_one_object(world):
    made = 0

    def create(name, by):
        try:
            world.store().create(name, {"by": by})
        except Exception as error:  # noqa: BLE001  # counted below
            return type(error).__name__
        return "made"

    outcomes = []

    def rival():
        outcomes.append(create(f"thing-{made}", "rival"))

    def first():
        outcomes.append(create(f"thing-{made}", "first"))

    for _ in interfere(world, first, rival):
        world.store().process_pending()
        world.settle()
        assert sorted(outcomes) == ["ObjectExists", "made"], made
        winner = world.store().get(f"thing-{made}")
        assert winner.meta.version == 1
        assert [obj.meta.object_id for obj in world.store().list_all()].count(f"thing-{made}") == 1
        outcomes.clear()
        made += 1
    assert made > 4


# --- older stores ---------------------------------------------------------------------------------


def older(world, data, updates, *, labels, open_=False, receipts=None, body=None, by=None):
    """An object as 0.5 to 0.11 left it."""
    backend = world.backend(by)
    issue = backend.create_issue("Stored Object: old", json.dumps(body if body is not None else data, indent=2), labels)
    first = backend.create_comment(issue.number, json.dumps({"type": "initial_state", "data": data}))
    backend.add_reaction(first.id, "+1")
    backend.add_reaction(first.id, "rocket")
    for at, update in enumerate(updates):
        comment = backend.create_comment(issue.number, json.dumps(update))
        if receipts is None or at < receipts:
            backend.add_reaction(comment.id, "+1")
    if not open_:
        backend.edit_issue(issue.number, open=False)
    world.settle()
    return issue.number


LABELS = {"0.5": ["stored-object", "UID:old"], "0.11": ["gh-store", "stored-object", "UID:old"]}


@pytest.mark.breaks_stores("0.5 wrote no label gh-store")
@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_an_older_stores_object_is_read_updated_and_processed(world, labels):
    number = older(world, {"n": 0}, [{"n": 1}, {"m": {"x": 1}}], labels=labels, body={"n": 1, "m": {"x": 1}})
    store = world.store()
    assert store.get("old").data == {"n": 1, "m": {"x": 1}}
    assert store.get("old").meta.version == 3
    assert [obj.meta.object_id for obj in store.list_all()] == ["old"]
    done = store.update("old", {"n": 2}, process=True)
    assert (done.data, done.meta.version) == ({"n": 2, "m": {"x": 1}}, 4)
    world.settle()
    assert world.store().get("old") == done
    assert world.issue(number).title.startswith("Stored Object: old [v4 ")
    assert [entry["version"] for entry in store.get_object_history("old")] == [1, 2, 3, 4]
    assert len(world.comments(number)) == 4


def test_an_older_stores_pending_events_are_those_without_a_receipt(world):
    number = older(world, {"n": 0}, [{"n": 1}, {"n": 2}], labels=LABELS["0.11"], open_=True, receipts=1, body={"n": 1})
    world.backend("stranger").add_reaction(world.comments(number)[2].id, "+1")
    assert world.store().get("old").data == {"n": 2}
    assert world.store().get("old").meta.pending == 1
    done = world.store().process_updates(number)
    assert (done.data, done.meta.version) == ({"n": 2}, 3)


@pytest.mark.parametrize("where", ["below a receipt", "last"])
def test_a_strangers_reaction_hides_no_pending_event_of_an_older_store(world, where):
    """An older processor saw the second event, and not the first, which came into sight late."""
    held = 2 if where == "below a receipt" else 1
    number = older(
        world, {"n": 0}, [{"a": 1}, {"b": 1}], labels=LABELS["0.11"], receipts=0, body={"n": 0, "ab"[held - 1]: 1}
    )
    comments = world.comments(number)
    world.backend().add_reaction(comments[held].id, "+1")
    for content in ("+1", "confused", "rocket"):
        world.backend("stranger").add_reaction(comments[3 - held].id, content)
    world.settle()
    assert world.store().get("old").data == {"n": 0, "a": 1, "b": 1}
    assert world.store().get("old").meta.pending == 1
    assert world.store().process_updates(number).data == {"n": 0, "a": 1, "b": 1}


def test_a_history_that_is_not_explained_asks_once_for_the_reactors_of_who_does_not_count(world, metrics):
    for number in range(4):
        world.user(f"bot{number}", "write")
        world.store(f"bot{number}").update("metrics", {f"k{number}": number}, process=True)
    for number in range(4):
        world.user(f"bot{number}", "read")
        metrics.update("metrics", {f"m{number}": number}, process=True)
    world.backend().edit_comment(world.comments()[1].id, '{"other": 1}')
    world.settle()
    world.requests()
    world.store().get_object_history("metrics")
    assert Counter(world.requests())["list_reactions"] == 4


@pytest.mark.parametrize("strangers", [2, 0], ids=["that change a state", "that change nothing"])
def test_what_strangers_react_to_is_in_no_history_where_who_counts_does_not_explain_it(world, metrics, strangers):
    world.user("leaver", "write")
    rejected = [{"op": "test", "path": "/n", "value": 9}]
    world.store("leaver").update("metrics", {"a": 1}, process=True)
    world.store("leaver").update("metrics", rejected, "patch")
    world.settle()
    metrics.process_updates(1)
    texts = [f'{{"evil": {number}}}' for number in range(strangers)]
    for number, text in enumerate([*texts, event(rejected, "patch")]):
        comment = world.backend(f"stranger{number}").create_comment(1, text)
        for content in ("+1", "confused"):
            world.backend(f"stranger{number}").add_reaction(comment.id, content)
    world.settle()
    metrics.update("metrics", {"b": 1}, process=True)
    world.user("leaver", "read")
    world.settle()
    world.requests()
    history = world.store().get_object_history("metrics")
    assert [entry["data"] for entry in history] == [{"n": 0}, {"a": 1}, rejected, {"b": 1}]
    assert all(entry["proved"] for entry in history)
    assert Counter(world.requests())["list_reactions"] == strangers + 3


@pytest.mark.parametrize("body", [{"n": 2, "by": "hand"}, {"n": 2}], ids=["edited", "as its log"])
def test_the_reactors_of_one_comment_tell_what_an_older_stores_body_holds(world, body):
    number = older(world, {"n": 0}, [{"n": at} for at in range(3)], labels=LABELS["0.11"], body=body)
    for comment in world.comments(number):
        world.backend("stranger").add_reaction(comment.id, "+1")
    for at in range(20):
        comment = world.backend("stranger").create_comment(number, json.dumps({"n": f"evil {at}"}))
        world.backend("stranger").add_reaction(comment.id, "+1")
    world.settle()
    world.requests()
    assert world.store().get("old").data == body
    assert Counter(world.requests())["list_reactions"] == 1


def test_an_older_stores_object_of_who_does_not_count_is_unconfirmed_and_can_be_adopted(world):
    world.user("leaver", "write")
    older(world, {"n": 0}, [{"n": 1}], labels=LABELS["0.11"], body={"n": 1}, by="leaver")
    world.user("leaver", "read")
    world.clock.sleep(4000)
    with pytest.raises(ObjectNotFound):
        world.store().get("old")
    with pytest.raises(IntegrityError):
        world.store().create("old", {})
    assert list(world.store().list_all()) == world.store().process_pending() == []
    assert [finding.kind for finding in world.store().verify().damage] == ["unconfirmed"]
    assert [done.error for done in world.store().adopt("old")] == [None]
    world.settle()
    assert world.store().get("old").data == {"n": 1}


def test_what_an_older_stores_body_holds_beyond_its_log_is_kept(world):
    body = {"n": 1, "by": "hand"}
    number = older(world, {"n": 0}, [{"n": 1}], labels=LABELS["0.11"], body=body)
    assert world.store().get("old").data == body
    assert [done.error for done in world.store().process_pending()] == [None]
    world.settle()
    assert world.store().get("old").data == body
    history = world.store().get_object_history("old")
    assert history[-1]["state"] == body
    assert all(entry["proved"] for entry in history)
    assert world.store().process_updates(number).data == body


def test_an_older_processors_work_on_our_object_is_no_hand_edit(world, metrics):
    metrics.update("metrics", {"n": 1})
    world.settle()
    world.backend().edit_issue(1, body='{\n  "n": 1\n}', open=False)
    world.settle()
    assert world.store().get("metrics").data == {"n": 1}
    done = world.store().process_updates(1)
    assert (done.data, done.meta.version) == ({"n": 1}, 2)
    assert len(world.comments()) == 2


def test_a_sweep_brings_an_older_store_forward_once(world):
    older(world, {"n": 0}, [{"n": 1}], labels=LABELS["0.5"], body={"n": 1})
    world.settle()
    assert {finding.kind for finding in world.store().verify().damage} == {"labels"}
    assert len(world.store().verify().pending) == 1
    assert len(world.store().process_pending()) == 1
    world.settle()
    assert world.store().process_pending() == []
    assert [each.doing for each in world.store().repair()] == ["process it, and complete what is missing"]
    world.settle()
    assert world.store().verify().damage == ()
    assert "gh-store" in {label.name for label in world.issue(1).labels}, "by which 0.11 lists"


# --- the sweep ------------------------------------------------------------------------------------


@pytest.mark.breaks_stores("an object has lost its log")
def test_a_sweep_goes_on_past_an_object_in_trouble(world):
    store = world.store()
    store.create("x" * 60, {})
    store.create("fine", {})
    store.update("fine", {"n": 1})
    world.settle()
    # A hashed label, a title that is gone, and no initial state: nobody can tell this object's id.
    world.backend().edit_issue(1, title="gone", open=True)
    world.backend().delete_comment(world.comments(1)[0].id)
    world.settle()
    [fine] = world.store().process_pending()
    assert (fine.object_id, fine.applied, fine.error) == ("fine", 1, None)
    world.settle()
    assert [(each.kind, each.issue_number) for each in world.store().verify().damage] == [("labels", 1)]
    with pytest.raises(IntegrityError):
        world.store().process_updates(1)


@pytest.mark.breaks_stores("an issue is labelled that nobody who counts has opened")
def test_a_sweep_passes_by_what_a_stranger_began_and_a_triager_labelled(world):
    world.backend().create_label("UID:mine", "")
    title = wire.write_title("mine", 1, world.backend().now(), 0, 1, {"n": 1})
    world.backend("stranger").create_issue(title, '{"n": 1}', [])
    for label in ("stored-object", "UID:mine"):
        world.user("triager", "triage").add_label(1, label)
    world.settle()
    assert world.store().process_pending() == []
    assert [each.kind for each in world.store().verify().damage] == ["unconfirmed"]


def test_a_sweep_since_a_time_looks_at_what_changed(world):
    store = world.store()
    store.create("a", {})
    store.update("a", {"n": 1})
    world.clock.sleep(1000)
    since = world.backend().now()
    store.create("b", {})
    store.update("b", {"n": 1})
    world.settle()
    assert [done.object_id for done in world.store().process_pending(since)] == ["b"]
    world.settle()
    assert [done.object_id for done in world.store().process_pending()] == ["a"]


def test_a_comment_that_is_known_to_be_there_is_waited_for(world, metrics):
    position = metrics.backend.create_comment(1, event({"n": 1})).id  # by a program, so that it lags
    done = world.store().process(1, comment_id=position)
    assert (done.applied, done.object.data) == (1, {"n": 1})
    assert world.store().process(1, comment_id=position + 1_000).applied == 0, "one that was deleted holds nothing up"


def test_a_dry_run_writes_nothing(world, metrics):
    metrics.update("metrics", {"n": 1})
    metrics.update("metrics", [{"op": "remove", "path": "/x"}], "patch")
    world.settle()
    before = (world.issue(), world.comments())
    assert world.store().process_updates(1, dry_run=True).data == {"n": 1}
    (done,) = world.store().process_pending(dry_run=True)
    assert (done.applied, done.rejected) == (1, 1)
    assert (world.issue(), world.comments()) == before
