"""What the port promises of a backend by itself, role by role: no store is needed to hold it against this."""

from datetime import timedelta

import pytest

from gh_store import InsufficientScope, LogFull, ObjectNotFound, ValueTooLarge
from gh_store.backends.base import PAGE

REFUSED = (ObjectNotFound, InsufficientScope)
"""What is not there, or is hidden: a service may not tell which."""


@pytest.fixture
def backend(world):
    """The repository in its owner's hands, as a program reaches it."""
    return world.through()


def listed(backend, **how):
    """The numbers on all pages of a list."""
    numbers, cursor = [], None
    while True:
        page = backend.list_issues(cursor=cursor, **how)
        numbers += [issue.number for issue in page.issues]
        cursor = page.next
        if cursor is None:
            return numbers


# --- issues ---------------------------------------------------------------------------------------


def test_numbers_only_grow(world, backend):
    first = backend.create_issue("a", "", [])
    world.backend().delete_issue(first.number)
    assert backend.create_issue("b", "", []).number == first.number + 1
    with pytest.raises(ObjectNotFound):
        backend.get_issue(first.number)


def test_the_last_writer_wins_and_is_answered_what_is_live(world, backend):
    number = backend.create_issue("a", "b", ["l"]).number
    other = world.user("other", "write")
    other.edit_issue(number, title="theirs", body="theirs", open=False)
    other.create_comment(number, "x")
    mine = backend.edit_issue(number, body="mine")
    assert (mine.title, mine.body, mine.open, mine.comments) == ("theirs", "mine", False, 1)
    assert [label.name for label in mine.labels] == ["l"]
    world.settle()
    assert backend.get_issue(number) == mine


def test_everything_but_a_reaction_moves_updated_at(world, backend):
    number = backend.create_issue("a", "", []).number
    comment = backend.create_comment(number, "x")
    pages = world.backend()

    def moved(change):
        before = pages.get_issue(number).updated_at
        world.clock.sleep(1)
        change()
        return pages.get_issue(number).updated_at > before

    assert moved(lambda: backend.create_comment(number, "y"))
    assert moved(lambda: pages.edit_comment(comment.id, "z"))
    assert moved(lambda: backend.add_label(number, "l"))
    assert not moved(lambda: backend.add_label(number, "L"))
    assert moved(lambda: backend.remove_label(number, "L"))
    assert moved(lambda: backend.edit_issue(number, body="b"))
    assert moved(lambda: backend.edit_issue(number, open=False))
    assert not moved(lambda: backend.edit_issue(number, open=False))
    assert not moved(lambda: backend.add_reaction(comment.id, "+1"))
    assert moved(lambda: pages.delete_comment(comment.id))


def test_lists_go_by_pages_that_a_cursor_asks_for(world, backend):
    pages = world.backend()
    for number in range(1, 251):
        pages.create_issue(str(number), "", ["even"] if number % 2 == 0 else [])
    pages.edit_issue(7, open=False)
    world.settle()
    assert listed(backend) == list(range(1, 251))
    assert listed(backend, descending=True) == list(range(250, 0, -1))
    assert listed(backend, labels=["EVEN"]) == list(range(2, 251, 2))
    pages.add_label(4, "rare")
    world.settle()
    pages.edit_issue(7, body="changed last")
    world.settle()
    assert listed(backend, labels=["rare", "even"]) == [4]
    assert listed(backend, sort="updated", descending=True)[:2] == [7, 4]
    assert listed(backend, sort="updated")[-1] == 7
    changed = backend.get_issue(7).updated_at
    for since in (changed, changed + timedelta(microseconds=999_999)):  # times are in whole seconds
        assert listed(backend, sort="updated", since=since) == [7]
    assert listed(backend, sort="updated", since=changed + timedelta(seconds=1)) == []


@pytest.mark.parametrize("how", [{"labels": ["l"]}, {"labels": ["l"], "descending": True}])
def test_an_issue_that_leaves_a_list_hides_no_other(world, backend, how):
    pages = world.backend()
    for number in range(PAGE + 1):
        pages.create_issue(str(number), "", ["l"])
    world.settle()
    first = backend.list_issues(**how)
    pages.remove_label(first.issues[3].number, "l")
    rest = backend.list_issues(**how, cursor=first.next)
    assert {issue.number for issue in (*first.issues, *rest.issues)} == set(range(1, PAGE + 2))


def test_a_pull_request_says_so(world, backend):
    number = world.backend().open_pull_request("a", "b", ("l",))
    world.settle()
    assert backend.get_issue(number).is_pull_request
    assert [issue.is_pull_request for issue in backend.list_issues().issues] == [True]


# --- comments -------------------------------------------------------------------------------------


def test_ids_only_grow_and_the_count_is_live(world, backend):
    number = backend.create_issue("a", "", []).number
    one, two = (backend.create_comment(number, body) for body in ("one", "two"))
    assert (one.author.login, one.body) == ("local", "one")
    world.backend().delete_comment(two.id)
    three = backend.create_comment(number, "three")
    assert three.id > two.id > one.id
    world.settle()
    assert backend.get_issue(number).comments == 2
    assert [comment.id for comment in backend.list_comments(number, 1).comments] == [one.id, three.id]
    assert backend.list_comments(number, 2).comments == ()


def test_an_issue_takes_so_many_comments(world, backend):
    pages = world.backend()
    number = pages.create_issue("a", "", []).number
    for _ in range(2500):
        pages.create_comment(number, "x")
    with pytest.raises(LogFull):
        backend.create_comment(number, "x")
    world.settle()
    assert backend.get_issue(number).comments == 2500
    read = [backend.list_comments(number, page) for page in (1, 25, 26)]
    assert [(len(page.comments), page.more) for page in read] == [(100, True), (100, False), (0, False)]


def test_an_edit_is_suspected(world, backend):
    number = backend.create_issue("a", "", []).number
    kept, edited = (backend.create_comment(number, "x") for _ in range(2))
    world.backend().edit_comment(edited.id, "y")
    world.settle()
    read = {comment.id: (comment.body, comment.edited) for comment in backend.list_comments(number, 1).comments}
    assert read == {kept.id: ("x", False), edited.id: ("y", True)}


def recent(backend, since=None):
    """What the list of all comments shows: the number of the issue, the text, and when it was updated."""
    found, cursor = [], None
    while True:
        page = backend.list_recent_comments(since, cursor)
        found += [(each.issue, each.comment.body, each.updated_at) for each in page.comments]
        cursor = page.next
        if cursor is None:
            return found


def test_the_comments_of_all_issues_go_by_what_was_updated_last(world, backend):
    pages = world.backend()
    one, two = (backend.create_issue(title, "", []).number for title in "ab")
    pull = pages.open_pull_request("p", "")
    for at in range(PAGE + 20):
        pages.create_comment((one, two, pull)[at % 3], str(at))
        world.clock.sleep(1)
    written = [((one, two, pull)[at % 3], str(at)) for at in range(PAGE + 20)]
    stranger = world.backend("stranger")
    stranger.create_comment(two, "theirs")
    world.settle()
    assert [each[:2] for each in recent(backend)] == [*written, (two, "theirs")]
    assert backend.list_recent_comments().next is not None
    first, last = (backend.list_comments(number, 1).comments[0] for number in (one, two))
    since = recent(backend)[-1][2]
    pages.edit_comment(first.id, "edited")
    world.settle()
    shown = recent(backend)
    assert [each[:2] for each in shown] == [*written[1:], (two, "theirs"), (one, "edited")]
    assert [at for *_, at in shown] == sorted(at for *_, at in shown)
    for time in (since, since + timedelta(microseconds=999_999)):  # times are in whole seconds
        assert [each[:2] for each in recent(backend, time)] == [(two, "theirs"), (one, "edited")]
    assert [each[:2] for each in recent(backend, since + timedelta(seconds=1))] == [(one, "edited")]
    pages.delete_comment(last.id)
    pages.delete_comment(first.id)
    world.settle()
    assert [each[:2] for each in recent(backend)] == [*written[2:], (two, "theirs")], "what is gone leaves no trace"


def test_a_comment_in_the_list_of_all_is_what_its_issue_shows(world, backend):
    number = backend.create_issue("a", "", []).number
    comment = backend.create_comment(number, "x")
    backend.add_reaction(comment.id, "+1")
    world.settle()
    (shown,) = backend.list_recent_comments().comments
    assert (shown.issue, (shown.comment,)) == (number, backend.list_comments(number, 1).comments)
    assert shown.updated_at == shown.comment.created_at


# --- reactions ------------------------------------------------------------------------------------


def test_reactions_are_once_per_user(world, backend):
    comment = backend.create_comment(backend.create_issue("a", "", []).number, "x")
    for who in (backend, backend, world.through("other"), world.through("OTHER")):
        who.add_reaction(comment.id, "+1")
    world.settle()
    assert backend.list_comments(1, 1).comments[0].reactions["+1"] == 2
    left = [(content, user.login.lower()) for content, user in backend.list_reactions(comment.id)]
    assert sorted(left) == [("+1", "local"), ("+1", "other")]
    world.backend("other").remove_reaction(comment.id, "+1")
    assert len(backend.list_reactions(comment.id)) == 1


def test_a_comment_that_is_gone_has_no_reactions(world, backend):
    comment = backend.create_comment(backend.create_issue("a", "", []).number, "x")
    backend.add_reaction(comment.id, "+1")
    world.backend().delete_comment(comment.id)
    backend.add_reaction(comment.id, "+1")
    assert backend.list_reactions(comment.id) == ()


# --- labels ---------------------------------------------------------------------------------------


def test_labels_ignore_case(world, backend):
    assert backend.create_label("Straße", "one")
    assert not backend.create_label("sTRAßE", "two")
    assert backend.get_label("straße").name == "Straße"
    assert backend.get_label("strasse") is None
    number = backend.create_issue("a", "", ["straße", "STRAßE"]).number
    world.settle()
    assert [label.name for label in backend.get_issue(number).labels] == ["Straße"]
    assert listed(backend, labels=["STRAßE"]) == [number]
    assert backend.list_labels() == ("Straße",)


def test_a_description_is_shown_with_every_issue(world, backend):
    number = backend.create_issue("a", "", ["l"]).number
    backend.edit_label("L", "new")
    world.settle()
    assert [(label.name, label.description) for label in backend.get_issue(number).labels] == [("l", "new")]
    assert [issue.labels[0].description for issue in backend.list_issues(labels=["l"]).issues] == ["new"]


def test_labels_that_an_issue_had_are_told(world, backend):
    number = backend.create_issue("a", "", ["one"]).number
    backend.add_label(number, "Two")
    backend.add_label(number, "tWO")
    backend.remove_label(number, "one")
    backend.remove_label(number, "one")
    world.backend().delete_label("two")
    world.settle()
    assert backend.get_issue(number).labels == ()
    assert backend.labels_ever(number) == {"one", "Two"}
    assert backend.list_labels() == ("one",)


# --- people ---------------------------------------------------------------------------------------


def test_what_roles_may_do(world, backend):
    number = backend.create_issue("a", "body", []).number
    comment = backend.create_comment(number, "ours")
    for role in ("triage", "write"):
        world.user(role, role)
    stranger, triage, write = map(world.through, ("stranger", "triage", "write"))
    mine = stranger.create_issue("mine", "", ["bug"])
    assert mine.labels == (), "labels of strangers are dropped in silence"
    assert backend.get_label("bug") is None
    stranger.edit_issue(mine.number, body="still mine", open=False)
    stranger.edit_issue(mine.number, open=True)
    backend.edit_issue(mine.number, open=False)
    for who, wrong in (
        (stranger, lambda b: b.edit_issue(mine.number, open=True)),  # somebody else closed it
        (stranger, lambda b: b.edit_issue(number, body="x")),
        (stranger, lambda b: b.edit_issue(number, open=False)),
        (stranger, lambda b: b.add_label(number, "bug")),
        (stranger, lambda b: b.permission("local")),
        (triage, lambda b: b.edit_issue(number, body="x")),
        (triage, lambda b: b.create_label("bug", "")),
        (triage, lambda b: b.edit_label("bug", "")),
        (triage, lambda b: b.permission("local")),
    ):
        with pytest.raises(InsufficientScope):
            wrong(who)
    for who, wrong in (
        ("stranger", lambda pages: pages.edit_comment(comment.id, "x")),
        ("triage", lambda pages: pages.delete_comment(comment.id)),
        ("triage", lambda pages: pages.lock_issue(number)),
        ("write", lambda pages: pages.set_role("write", "admin")),
        ("write", lambda pages: pages.delete_issue(number)),
    ):
        with pytest.raises(InsufficientScope):
            wrong(world.backend(who))
    triage.add_label(number, "bug")
    triage.edit_issue(number, open=False)
    write.edit_issue(number, body="y")
    told = [write.permission(login) for login in ("local", "Write", "triage", "nobody")]
    assert told == ["admin", "write", "read", "read"]


def test_a_locked_issue_is_for_writers_and_takes_no_reaction(world, backend):
    number = backend.create_issue("a", "", []).number
    comment = backend.create_comment(number, "x")
    world.backend().lock_issue(number)
    with pytest.raises(InsufficientScope):
        world.through("stranger").create_comment(number, "y")
    with pytest.raises(InsufficientScope):
        backend.add_reaction(comment.id, "+1")
    backend.create_comment(number, "z")
    world.settle()
    assert backend.get_issue(number).locked
    assert backend.get_issue(number).comments == 2
    world.backend().lock_issue(number, locked=False)
    backend.add_reaction(comment.id, "+1")


def test_files_and_teams(world, backend):
    pages = world.backend()
    pages.put_file(".github/CODEOWNERS", "* @local")
    pages.join_team("Org/Team", "Ada")
    assert backend.read_file(".github/CODEOWNERS") == "* @local"
    assert backend.read_file("CODEOWNERS") is None
    assert backend.team("org", "team") == {"ada"}


# --- what cannot be ---------------------------------------------------------------------------------


def test_a_verb_that_raises_has_changed_nothing(world, backend):
    number = backend.create_issue("t" * 256, "x" * 65_536, ["l" * 50]).number
    world.settle()
    before = backend.get_issue(number)
    for wrong in (
        lambda: backend.create_issue("t" * 257, "", []),
        lambda: backend.create_issue("t", "x" * 65_537, []),
        lambda: backend.create_issue("t", "", [f"l{n}" for n in range(101)]),
        lambda: backend.create_issue("t", "", ["fits", "l" * 51]),
        lambda: backend.edit_issue(number, title="t" * 257, body="new"),
        lambda: backend.edit_issue(number, title="new", body="x" * 65_537),
        lambda: backend.create_comment(number, "x" * 65_537),
    ):
        with pytest.raises(ValueTooLarge):
            wrong()
    world.settle()
    assert backend.list_issues().issues == (before,)
    assert backend.list_labels() == ("l" * 50,)


def test_what_is_not_there(backend):
    with pytest.raises(ObjectNotFound):
        backend.get_issue(1)
    for ask in (
        lambda: backend.list_comments(1, 1),
        lambda: backend.create_comment(1, "x"),
        lambda: backend.edit_issue(1, open=True),
        lambda: backend.add_label(1, "x"),
    ):
        with pytest.raises(REFUSED):
            ask()
    assert backend.list_reactions(1) == ()
    backend.add_reaction(1, "+1")
    assert backend.list_issues().issues == ()
    assert backend.list_recent_comments().comments == ()


# --- the clock ------------------------------------------------------------------------------------


def test_times_never_run_backwards(world, backend):
    one = backend.create_issue("a", "", [])
    world.clock.at -= 500
    two = backend.create_issue("b", "", [])
    assert two.created_at >= one.created_at
    assert backend.edit_issue(two.number, body="c").updated_at >= two.updated_at


def test_the_clock_is_that_of_the_repository(world, backend):
    made = backend.create_issue("a", "", [])
    assert abs(backend.now() - made.created_at) <= timedelta(seconds=1)
    assert backend.now().tzinfo is not None
    with backend.uninterrupted():
        assert backend.get_label("none") is None


# --- batches --------------------------------------------------------------------------------------


def test_a_batch_shows_inside_what_is_written_in_it_and_afterwards_to_all(world, backend):
    with backend.batch():
        number = backend.create_issue("a", "", ["l"]).number
        comment = backend.create_comment(number, "x")
        backend.add_reaction(comment.id, "+1")
        with backend.batch():
            assert backend.edit_issue(number, open=False).comments == 1
        world.settle()
        assert not backend.get_issue(number).open
        assert listed(backend, labels=["l"]) == [number]
        assert [each.reactions for each in backend.list_comments(number, 1).comments] == [{"+1": 1}]
    assert not world.user("other", "write").get_issue(number).open


def test_a_verb_that_raises_in_a_batch_undoes_itself_alone(world, backend):
    with backend.batch():
        number = backend.create_issue("a", "", []).number
        for wrong in (
            lambda: backend.create_issue("t", "", ["fits", "l" * 51]),
            lambda: backend.create_comment(number, "x" * 65_537),
            lambda: backend.add_label(number, "l" * 51),
        ):
            with pytest.raises(ValueTooLarge):
                wrong()
        backend.create_comment(number, "y")
    world.settle()
    assert (backend.get_issue(number).comments, listed(backend), backend.list_labels()) == (1, [number], ())


def test_a_batch_that_raises_leaves_all_of_it_or_nothing(world, backend):
    def work():
        with backend.batch():
            number = backend.create_issue("a", "", []).number
            backend.create_comment(number, "x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    world.settle()
    assert [issue.comments for issue in backend.list_issues().issues] in ([], [1])
