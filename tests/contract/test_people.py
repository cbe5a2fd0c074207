"""Strangers, triagers, leavers: nothing that they do changes a state, hides or stops an event, or costs more than its page."""

import json
from collections import Counter
from dataclasses import replace

import pytest

from gh_store import AccessDeniedError, GitHubStoreError, IntegrityError, ObjectNotFound, RateLimited, wire
from gh_store.domain.events import Draft

FORGED = {"n": "forged"}


def kinds(report):
    return [finding.kind.value for finding in report.damage]


def theirs(world, name="leaver"):
    """An object that a colleague created and updated, who has no right any more."""
    world.user(name, "write")
    world.store(name).create("thing", {"n": 0})
    world.store(name).update("thing", {"n": 1}, process=True)
    world.user(name, "read")
    world.settle()
    return world.backend(name)


def forge(world, page, data=FORGED):
    """Overwrite title and body, so that the checksum fits."""
    at = wire.read_title(world.issue().title, ["UID:thing"], "UID:").checkpoint
    title = wire.write_title("thing", at.version + 1, at.time, at.watermark, at.comments, data)
    page.edit_issue(1, title=title, body=wire.write_body(data))
    world.settle()


# --- leavers --------------------------------------------------------------------------------------


def test_an_object_whose_author_has_left_is_read_without_asking(world):
    theirs(world)
    world.requests()
    assert world.store().get("thing").data == {"n": 1}
    assert Counter(world.requests()) == {"list_issues": 1}
    assert world.store().process_pending() == []


@pytest.mark.parametrize("what", ["head", "title", "body", "old head", "prose"])
def test_what_a_leaver_writes_over_the_head_is_put_back(world, what):
    world.user("leaver", "write")
    world.store("leaver").create("thing", {"n": 0})
    first = world.issue()
    world.store("leaver").update("thing", {"n": 1}, process=True)
    world.user("leaver", "read")
    page = world.backend("leaver")
    if what == "head":
        forge(world, page)
    else:
        page.edit_issue(1, **{
            "title": {"title": "Mine"}, "body": {"body": '{"n": 7}'}, "prose": {"body": "gone"},
            "old head": {"title": first.title, "body": first.body},
        }[what])  # fmt: skip  # a table
    world.settle()
    assert world.store().get("thing").data == {"n": 1}
    assert [obj.data for obj in world.store().list_all()] == [{"n": 1}]
    assert kinds(world.store().verify()) == ["forged"]
    world.store().update("thing", {"m": 2}, process=True)
    world.settle()
    assert world.store().get("thing").data == {"n": 1, "m": 2}
    assert wire.read_body(world.issue().body) == {"n": 1, "m": 2}
    assert world.store().verify().damage == ()
    forge(world, page)
    world.store().process_updates(1)
    world.settle()
    told = [comment for comment in world.comments() if comment.body.startswith("gh-store put the body back")]
    assert len(told) == 1, "once an issue, and not once an edit"


def test_what_a_leaver_makes_of_his_comments_changes_no_state(world):
    page = theirs(world)
    first, second = world.comments()[:2]
    page.edit_comment(second.id, '{"n": "evil"}')
    page.delete_comment(first.id)
    world.settle()
    world.store().process_pending()
    world.settle()
    assert world.store().get("thing").data == {"n": 1}
    assert kinds(world.store().verify()) == []


@pytest.mark.breaks_stores("a leaver overwrote the head and the log")
def test_a_leaver_who_alters_head_and_log_makes_one_object_unreadable_and_none_wrong(world):
    page = theirs(world)
    world.store().create("other", {"o": 1})
    page.edit_comment(world.comments()[1].id, '{"n": "evil"}')
    forge(world, page)
    with pytest.raises(IntegrityError) as caught:
        world.store().get("thing")
    assert "gh-store import" in caught.value.hint
    assert [obj.data for obj in world.store().list_all()] == [{"o": 1}]
    assert kinds(world.store().verify()) == ["forged"]
    assert [type(done.error) for done in world.store().process_pending()] == [IntegrityError]


def test_a_leaver_who_comes_back_counts_again_and_what_was_passed_by_stays_so(world):
    page = theirs(world)
    page.create_comment(1, '{"while": "away"}')
    world.settle()
    world.store().process_pending()
    world.user("leaver", "write")
    world.clock.sleep(4000)
    world.store("leaver").update("thing", {"back": True})
    world.settle()
    assert world.store().process_updates(1).data == {"n": 1, "back": True}
    world.settle()
    assert [f.kind.value for f in world.store().verify().suspected] == ["overlooked"]


def test_a_commit_that_was_cut_before_its_seal_is_sealed(world):
    world.user("colleague", "write")
    world.store("colleague").create("thing", {"n": 0})
    world.store().update("thing", {"n": 1})
    world.settle()
    world.config = replace(world.config, retries_max_attempts=1)
    world.faults.cut = lambda index, verb: "before" if verb == "edit_label" else None
    with pytest.raises(GitHubStoreError):
        world.store().process_updates(1)
    world.faults.cut = lambda index, verb: None
    world.settle()
    assert world.store().get("thing").data == {"n": 1}
    assert [f.kind.value for f in world.store().verify().pending] == ["pending"]
    world.user("colleague", "read")  # the author has left since
    world.settle()
    assert world.store().process_pending()[0].error is None
    world.settle()
    assert world.store().get("thing").data == {"n": 1}
    assert world.store().process_pending() == []


# --- triagers -------------------------------------------------------------------------------------


@pytest.mark.breaks_stores("a stranger's issue has the labels of an object")
def test_labels_make_no_object_of_a_strangers_issue(world):
    world.user("triager", "triage")
    body = {"mine": True}
    title = wire.write_title("fake", 1, world.backend().now(), 0, 1, body)
    number = world.backend("stranger").create_issue(title, wire.write_body(body), []).number
    for label in ("gh-store", "stored-object", "UID:fake"):
        world.backend("triager").add_label(number, label)
    world.backend("stranger").create_comment(number, "talk")
    world.store().create("real", {"n": 1})
    world.settle()
    with pytest.raises(ObjectNotFound) as caught:
        world.store().get("fake")
    assert "adopt" in caught.value.hint
    with pytest.raises(IntegrityError):
        world.store().create("fake", {})
    assert [obj.meta.object_id for obj in world.store().list_all()] == ["real"]
    assert list(world.store().snapshot().objects) == ["real"]
    assert world.store().process_pending() == []
    [finding] = world.store().verify().damage
    assert (finding.kind.value, "stranger" in finding.found) == ("unconfirmed", True)
    assert world.store().adopt() == [], "only if its id is named"
    [done] = world.store().adopt("fake")
    world.settle()
    assert done.error is None
    assert world.store().get("fake").data == body


@pytest.mark.breaks_stores("a stranger's issue has the labels of an object")
def test_a_labelled_issue_takes_no_place_of_an_object_nor_of_its_successor(world):
    world.store().create("thing", {"n": 0})
    world.user("triager", "triage")
    at = wire.read_title(world.issue().title, ["UID:thing"], "UID:").checkpoint
    for after in (None, wire.titles.Place(1, 1)):
        title = wire.write_title("thing", 9, at.time, 0, 0, FORGED, after=after)
        number = world.backend("stranger").create_issue(title, wire.write_body(FORGED), []).number
        for label in ("gh-store", "stored-object", "UID:thing"):
            world.backend("triager").add_label(number, label)
    world.settle()
    world.store().update("thing", {"n": 1}, process=True)
    world.settle()
    world.store().repair()
    world.settle()
    assert world.store().get("thing").data == {"n": 1}
    assert world.store().get("thing").meta.issue_number == 1
    assert kinds(world.store().verify()) == ["unconfirmed", "unconfirmed"]


@pytest.mark.breaks_stores("an issue has labels, and nothing tells of which object")
def test_an_oddly_labelled_issue_breaks_no_list(world):
    world.store().create("a", {})
    world.backend().create_issue("please help", "", ["stored-object", f"UID:sha256-{'0' * 32}"])
    world.settle()
    assert [obj.meta.object_id for obj in world.store().list_all()] == ["a"]
    assert list(world.store().snapshot().objects) == ["a"]
    assert len(list(world.store().export())) == 3
    assert world.store().process_pending() == []


@pytest.mark.parametrize("first", ["colleague", None])
@pytest.mark.parametrize("second", ["colleague", None])
@pytest.mark.parametrize("cut", [False, True], ids=["", "cut"])
def test_what_was_deleted_takes_no_place_of_what_was_created_since(world, first, second, cut):
    """Labels could bring it back; a sweep would seal it, and a repair withdraw the object."""
    for name, role in (("colleague", "write"), ("triager", "triage")):
        world.user(name, role)
    world.store(first).create("thing", {"old": 1})
    world.store(first).update("thing", {"m": 1}, process=True)
    world.settle()
    world.store().delete("thing")
    world.settle()
    if cut:
        patient, world.config = world.config, replace(world.config, retries_max_attempts=1)
        labels = []

        def before_its_seal(index, verb):
            labels.extend([verb] if verb == "edit_label" else [])
            return "before" if len(labels) == 2 else None

        world.faults.cut = before_its_seal
        with pytest.raises(GitHubStoreError):
            world.store(second).create("thing", {"new": 1})
        world.faults.cut, world.config = lambda index, verb: None, patient
        world.settle()
        world.store().process_pending()
    else:
        world.store(second).create("thing", {"new": 1})
    world.settle()
    world.backend("triager").remove_label(1, "archived")
    world.backend("triager").add_label(1, "stored-object")
    world.settle()
    assert world.store().get("thing").data == {"new": 1}
    assert [obj.data for obj in world.store().list_all()] == [{"new": 1}]
    assert world.store().process_pending() == []
    assert kinds(world.store().verify()) == ["duplicates"]
    world.store().repair()
    world.settle()
    assert world.store().update("thing", {"m": 2}, process=True).data == {"new": 1, "m": 2}


ODD = "sha256-" + "0" * 32


@pytest.mark.breaks_stores("an issue has labels, and nothing tells of which object")
@pytest.mark.parametrize(
    "labels",
    [
        ["gh-store-retired", "UID:thing"],
        ["gh-store-retired", f"UID:{ODD}"],
        ["archived", f"UID:{ODD}"],
        ["archived", "stored-object", f"UID:{ODD}"],
        ["archived", "UID:new"],
    ],
    ids=" ".join,
)
def test_no_label_on_a_strangers_issue_holds_up_work_on_all_objects(world, labels):
    world.user("triager", "triage")
    world.store().create("thing", {"n": 1})
    number = world.backend("stranger").create_issue("please help", '{"evil": 1}', []).number
    world.backend("stranger").create_comment(number, '{"evil": 2}')
    for label in labels:
        world.backend("triager").add_label(number, label)
    world.settle()
    assert [obj.data for obj in world.store().list_all()] == [{"n": 1}]
    assert list(world.store().snapshot().objects) == ["thing"]
    exported = list(world.store().export(deleted=True))
    assert "evil" not in "".join(exported)
    assert len(exported) == 3
    assert world.store().process_pending() == []
    assert [done.error for done in world.store().adopt()] == []
    assert [done.error for done in world.store().repair() if done.error] == []
    assert world.store().create("new", {}).data == {}


# --- strangers ------------------------------------------------------------------------------------


def test_nobodys_thumb_makes_an_event(world):
    world.store().create("thing", {"n": 0})
    talk = world.backend("stranger").create_comment(1, "I like this")
    for who in (world.backend(), world.backend("stranger")):
        for content in ("+1", "confused", "rocket"):
            who.add_reaction(talk.id, content)
    world.backend("stranger").edit_comment(talk.id, '{"n": "stranger"}')
    world.settle()
    assert world.store().get("thing").data == {"n": 0}
    assert world.store().process_updates(1).data == {"n": 0}
    world.settle()
    assert [entry["state"] for entry in world.store().get_object_history("thing")] == [{"n": 0}]


def test_strangers_cost_their_page_and_one_look_at_their_rights(world):
    world.store().create("thing", {"n": 0})
    for n in range(20):
        comment = world.backend("stranger").create_comment(1, json.dumps({"n": n}))
        for content in ("+1", "confused", "rocket"):
            world.backend("stranger").add_reaction(comment.id, content)
    world.settle()
    world.requests()
    for work in (
        lambda store: store.get("thing"),
        lambda store: store.process_updates(1),
        lambda store: store.get_object_history("thing"),
        lambda store: store.verify("thing"),
    ):
        work(world.store())
        asked = Counter(world.requests())
        assert asked["list_reactions"] == 0
        assert asked["permission"] == 1
        world.settle()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_strangers_copy_is_not_taken_for_ours(world, when):
    store = world.store()
    store.create("thing", {"n": 0})
    copy = wire.write_event(Draft({"n": 1}, "order-17"), issue_number=1, time=world.backend().now())
    world.backend("stranger").create_comment(1, copy)
    world.settle()
    left = [1]
    world.faults.cut = lambda index, verb: when if verb == "create_comment" and left and left.pop() else None
    assert store.update("thing", {"n": 1}, event_id="order-17").data == {"n": 1}
    world.settle()
    assert world.store().process_updates(1).data == {"n": 1}
    assert sum(comment.author.login == "local" for comment in world.comments()) >= 2


def test_a_strangers_copy_of_a_reply_is_not_taken_for_ours(world):
    world.store().create("thing", {"n": 0})
    world.backend().create_comment(1, '{"_data": [], "_meta": {"update_mode": "patch", "client_version": ""}} ')
    world.backend().create_comment(1, '{"_data": 1, "_meta": {"update_mode": "sideways"}}')
    world.settle()
    patient, world.config = world.config, replace(world.config, retries_max_attempts=1)
    world.faults.cut = lambda index, verb: "after" if verb == "create_comment" else None
    with pytest.raises(GitHubStoreError):
        world.store().process_updates(1)
    reply = world.comments()[-1]
    world.backend().delete_comment(reply.id)
    world.backend("stranger").create_comment(1, reply.body)
    world.settle()
    world.config, left = patient, [1]
    world.faults.cut = lambda index, verb: "before" if verb == "create_comment" and left and left.pop() else None
    world.store().process_updates(1)
    assert not left
    assert [each.author.login for each in world.comments() if each.body == reply.body] == ["stranger", "local"]


def test_with_codeowners_an_edit_of_a_body_is_put_back(world):
    world.config = replace(world.config, access_codeowners="data/")
    world.store().create("thing", {"n": 0})
    world.backend().edit_issue(1, body='{"n": 7}')
    world.settle()
    assert world.store().get("thing").data == {"n": 0}
    world.store().process_updates(1)
    world.settle()
    assert world.store().get("thing").data == wire.read_body(world.issue().body) == {"n": 0}
    assert "access.codeowners" in world.comments()[-1].body


def test_one_line_of_a_stranger_costs_no_log(world):
    store = world.store()
    store.create("thing", {"n": 0})
    for _ in range(120):
        world.backend().create_comment(1, "talk")
    world.settle()
    store.process_updates(1)
    world.backend("stranger").create_comment(
        1, wire.write_event(Draft({"n": 9}, "x", attempt=2), issue_number=1, time=world.backend().now())
    )
    world.settle()
    world.requests()
    assert world.store().get("thing").data == {"n": 0}
    assert Counter(world.requests())["list_comments"] == 1


def test_a_comment_that_is_deleted_between_two_pages_hides_none(world):
    world.store().create("thing", {})
    stranger = world.backend("stranger")
    talk = stranger.create_comment(1, "talk")
    for n in range(150):
        world.backend().create_comment(1, json.dumps({f"k{n}": n}))
    world.settle()
    listed = []

    def meanwhile(index, verb):
        if verb == "list_comments":
            listed.append(index)
            if len(listed) == 2:
                stranger.delete_comment(talk.id)
                stranger.create_comment(1, "more talk")

    world.faults.cut = meanwhile
    world.store().process_updates(1)
    world.faults.cut = lambda index, verb: None
    world.settle()
    world.store().process_pending()
    assert world.store().get("thing").data == {f"k{n}": n for n in range(150)}


# --- who may write, and does not count ------------------------------------------------------------


@pytest.fixture
def bob(world):
    """A colleague who may write, and owns not the path."""
    world.config = replace(world.config, access_codeowners="data/")
    world.backend().put_file("CODEOWNERS", "data/ @ada\n")
    for name in ("ada", "bob"):
        world.user(name, "write")
    return world.store("bob")


def test_who_does_not_count_takes_no_id(world, bob):
    with pytest.raises(AccessDeniedError):
        bob.create("thing", {"n": 0})
    world.settle()
    report = world.store().verify()
    assert (report.damage, report.pending) == ((), ())
    assert world.store().create("thing", {"n": 1}).data == {"n": 1}
    world.settle()
    assert [obj.data for obj in world.store().list_all()] == [{"n": 1}]


def test_who_does_not_count_takes_no_object_to_another_issue(world, bob):
    world.store("ada").create("thing", {"n": 0})
    world.backend().put_file("CODEOWNERS", "data/ @eve\n")
    world.clock.sleep(4000)
    assert [type(done.error) for done in bob.adopt("thing")] == [AccessDeniedError]
    world.settle()
    report = world.store().verify()
    assert (report.damage, report.pending) == ((), ())
    assert world.store().get("thing").meta.issue_number == 1
    assert [done.error for done in world.store().adopt("thing")] == [None]
    world.settle()
    assert world.store().get("thing").data == {"n": 0}
    assert world.store().process_pending() == []
    assert world.store().verify().pending == ()


# --- what was written is told ---------------------------------------------------------------------


def test_a_failed_reopening_is_no_failure_of_the_update(world):
    store = world.store()
    store.create("thing", {"l": []})
    world.faults.cut = lambda index, verb: "before" if verb in ("edit_issue", "get_issue") else None
    op = [{"op": "add", "path": "/l/-", "value": "paid"}]
    assert store.update("thing", op, "patch").meta.pending == 1
    world.faults.cut = lambda index, verb: None
    world.settle()
    world.store().process_pending()
    assert world.store().get("thing").data == {"l": ["paid"]}


@pytest.mark.parametrize("verbs", [("list_comments", "get_issue"), ("permission",)], ids=" ".join)
def test_an_error_after_the_event_was_written_says_so(world, verbs):
    world.store().create("thing", {"n": 0})
    world.user("colleague", "write")
    world.settle()
    store = world.store("colleague")
    world.faults.cut = lambda index, verb: "before" if verb in verbs else None
    with pytest.raises(GitHubStoreError) as caught:
        store.update("thing", {"n": 1}, process=True, event_id="mine")
    world.faults.cut = lambda index, verb: None
    assert (caught.value.written, caught.value.event_id) == (True, "mine")
    assert "'mine'" in caught.value.hint
    world.settle()
    assert store.update("thing", {"n": 1}, process=True, event_id="mine").meta.version == 2


@pytest.mark.parametrize("then", ["cut", "limit"])
def test_an_error_after_a_post_without_an_answer_says_how_to_repeat_it(world, then):
    """The outcome is not known; and a limit that the look-up meets is no word about what was posted."""
    world.store().create("log", {"l": []})
    store, op = world.store(), [{"op": "add", "path": "/l/-", "value": "paid"}]
    store.get("log")

    def cut(index, verb):
        if verb == "create_comment":
            world.faults.cut = looks_up
            return "after"
        return None

    def looks_up(index, verb):
        if then == "limit":
            raise RateLimited("Enough.", reset=None)
        return "before"

    world.faults.cut = cut
    with pytest.raises(GitHubStoreError) as caught:
        store.update("log", op, "patch")
    world.faults.cut = lambda index, verb: None
    assert (caught.value.written, caught.value.in_doubt) == (False, True)
    assert caught.value.event_id in caught.value.hint
    world.settle()
    assert store.update("log", op, "patch", event_id=caught.value.event_id, process=True).data == {"l": ["paid"]}


def test_a_wait_that_runs_out_is_told_also_of_what_will_be_rejected(world):
    store = world.store()
    store.create("thing", {"n": 0})
    waited = store.update("thing", [{"op": "test", "path": "/n", "value": 9}], "patch", wait=1)
    assert (waited.data, waited.meta.pending) == ({"n": 0}, 1)


def test_a_version_is_refused_only_after_a_read_of_the_same_life(world):
    a, b = world.store(), world.store()
    a.create("thing", {})
    for n in range(3):
        a.update("thing", {"n": n}, process=True)
    world.settle()
    b.delete("thing")
    world.settle()
    b.create("thing", {})
    world.settle()
    assert a.update("thing", {"y": 1}, expected_version=1, process=True).data == {"y": 1}


# --- a successor -----------------------------------------------------------------------------------


def test_a_successor_that_people_wrote_to_begins_with_what_it_continues(world):
    world.config = replace(world.config, log_max_events=4, retries_max_attempts=1)
    store = world.store()
    store.create("thing", {"n": 0})
    for n in range(2):
        store.update("thing", {f"k{n}": n}, process=True)
    world.settle()
    made = []

    def cut(index, verb):
        made.extend([verb] if verb == "create_issue" else [])
        return "before" if made and verb == "create_comment" else None

    world.faults.cut = cut
    with pytest.raises(GitHubStoreError):
        store.update("thing", {"k2": 2}, process=True)
    world.faults.cut = lambda index, verb: None
    world.backend().create_comment(2, '{"early": true}')
    world.backend().edit_issue(2, body='{"lost": "all"}')
    world.settle()
    world.store().process_pending()
    world.settle()
    world.store().process_pending()
    world.settle()
    assert {"n": 0, "k0": 0, "k1": 1, "k2": 2, "early": True}.items() <= world.store().get("thing").data.items()
    assert len(list(world.store().list_all())) == 1
    assert world.store().process_pending() == []
