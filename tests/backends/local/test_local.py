"""The embedded backend by itself: what of GitHub it keeps to, and what its file may meet."""

import os
import sqlite3
import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from gh_store import (
    BackendUnavailable,
    ConfigurationError,
    InsufficientScope,
    IntegrityError,
    LocalStore,
    LogFull,
    ObjectNotFound,
    ValueTooLarge,
)
from gh_store.backends.local.rows import SCHEMAS
from gh_store.backends.testing.web_ui import WebUI


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.db"


@pytest.fixture
def backend(path):
    with WebUI(path) as backend:
        yield backend


@pytest.fixture
def clock():
    """Seconds that a test moves; the backend reads them."""
    return [1000.0]


@pytest.fixture
def clocked(path, clock):
    with WebUI(path, clock=lambda: clock[0]) as backend:
        yield backend


def test_numbers_and_ids_only_grow(backend):
    first = backend.create_issue("a", "", [])
    one = backend.create_comment(first.number, "one")
    two = backend.create_comment(first.number, "two")
    backend.delete_comment(two.id)
    assert backend.create_comment(first.number, "three").id > two.id > one.id
    assert backend.create_issue("b", "", []).number == first.number + 1


def test_the_count_of_comments_is_live_and_everything_moves_updated_at(clocked, clock):
    backend = clocked
    number = backend.create_issue("a", "", []).number
    comment = backend.create_comment(number, "x")

    def moved(change):
        before = backend.get_issue(number).updated_at
        clock[0] += 1
        change()
        return backend.get_issue(number).updated_at > before

    assert backend.get_issue(number).comments == 1
    assert moved(lambda: backend.create_comment(number, "y"))
    assert moved(lambda: backend.edit_comment(comment.id, "z"))
    assert moved(lambda: backend.add_label(number, "l"))
    assert not moved(lambda: backend.add_label(number, "L"))
    assert moved(lambda: backend.remove_label(number, "L"))
    assert moved(lambda: backend.edit_issue(number, body="b"))
    assert moved(lambda: backend.edit_issue(number, open=False))
    assert not moved(lambda: backend.edit_issue(number, open=False))
    assert not moved(lambda: backend.add_reaction(comment.id, "+1"))
    assert moved(lambda: backend.delete_comment(comment.id))
    assert backend.get_issue(number).comments == 1


def test_the_clock_never_runs_backwards(clocked, clock):
    one = clocked.create_issue("a", "", [])
    clock[0] = 500.0
    two = clocked.create_issue("b", "", [])
    assert two.created_at >= one.created_at
    assert clocked.now() >= one.created_at


def test_labels_ignore_case_and_end_at_50_characters(backend):
    assert backend.create_label("Straße", "one")
    assert not backend.create_label("STRASSE".replace("SS", "ß"), "two")
    assert backend.get_label("straße").name == "Straße"
    with pytest.raises(ValueTooLarge):
        backend.create_label("x" * 51, "")
    number = backend.create_issue("a", "", ["straße", "STRAßE"]).number
    assert [label.name for label in backend.get_issue(number).labels] == ["Straße"]
    assert [issue.number for issue in backend.list_issues(labels=["STRAßE"]).issues] == [number]


def test_limits_of_texts_and_comments(backend):
    number = backend.create_issue("t" * 256, "x" * 65_536, []).number
    for wrong in (
        lambda: backend.create_issue("t" * 257, "", []),
        lambda: backend.create_issue("t", "x" * 65_537, []),
        lambda: backend.edit_issue(number, body="x" * 65_537),
        lambda: backend.create_comment(number, "x" * 65_537),
        lambda: backend.create_issue("t", "", [f"l{n}" for n in range(101)]),
    ):
        with pytest.raises(ValueTooLarge):
            wrong()
    for _ in range(2500):
        backend.create_comment(number, "x")
    with pytest.raises(LogFull):
        backend.create_comment(number, "x")
    assert backend.get_issue(number).comments == 2500
    assert [len(backend.list_comments(number, page).comments) for page in (1, 25, 26)] == [100, 100, 0]


def test_reactions_are_once_per_user(backend):
    comment = backend.create_comment(backend.create_issue("a", "", []).number, "x")
    other = backend.as_user("other")
    for who in (backend, backend, other):
        who.add_reaction(comment.id, "+1")
    assert backend.list_comments(1, 1).comments[0].reactions == {"+1": 2}
    assert {user.login for _, user in backend.list_reactions(comment.id)} == {"local", "other"}
    other.close()


def test_what_roles_may_do(backend):
    number = backend.create_issue("a", "body", []).number
    own = {}
    for role in ("read", "triage", "write"):
        backend.set_role(role, role)
        own[role] = backend.as_user(role)
    stranger, triage, write = own.values()
    mine = stranger.create_issue("mine", "", ["bug"])
    assert mine.labels == (), "labels of strangers are dropped in silence"
    stranger.edit_issue(mine.number, body="still mine", open=False)
    stranger.edit_issue(mine.number, open=True)
    backend.edit_issue(mine.number, open=False)
    comment = backend.create_comment(number, "ours")
    for who, wrong in (
        (stranger, lambda b: b.edit_issue(mine.number, open=True)),  # somebody else closed it
        (stranger, lambda b: b.edit_issue(number, body="x")),
        (stranger, lambda b: b.edit_issue(number, open=False)),
        (stranger, lambda b: b.add_label(number, "bug")),
        (stranger, lambda b: b.edit_comment(comment.id, "x")),
        (stranger, lambda b: b.permission("local")),
        (triage, lambda b: b.edit_issue(number, body="x")),
        (triage, lambda b: b.create_label("bug", "")),
        (triage, lambda b: b.permission("local")),
        (write, lambda b: b.set_role("write", "admin")),
    ):
        with pytest.raises(InsufficientScope):
            wrong(who)
    triage.add_label(number, "bug")
    triage.edit_issue(number, open=False)
    write.edit_issue(number, body="y")
    assert [write.permission(login) for login in ("local", "write", "triage", "nobody")] == [
        "admin",
        "write",
        "read",
        "read",
    ]
    for who in own.values():
        who.close()


def test_lists_go_by_pages_that_a_cursor_asks_for(backend):
    for number in range(250):
        backend.create_issue(str(number), "", ["even"] if number % 2 == 0 else [])
    seen, cursor = [], None
    for _ in range(3):
        page = backend.list_issues(sort="updated", descending=True, cursor=cursor)
        seen += [issue.number for issue in page.issues]
        cursor = page.next
    assert seen == list(range(250, 0, -1))
    assert cursor is None
    page = backend.list_issues(labels=["even"])
    assert [issue.number for issue in backend.list_issues(labels=["even"], cursor=page.next).issues][-1] == 249
    assert backend.list_issues(since=backend.now() + timedelta(hours=1)).issues == ()


def test_what_is_not_there(backend):
    for ask in (
        lambda: backend.get_issue(1),
        lambda: backend.list_comments(1, 1),
        lambda: backend.create_comment(1, "x"),
        lambda: backend.edit_issue(1, open=True),
        lambda: backend.add_label(1, "x"),
        lambda: backend.delete_comment(1),
    ):
        with pytest.raises(ObjectNotFound):
            ask()
    assert backend.list_reactions(1) == ()
    backend.add_reaction(1, "+1")


# --- the file -------------------------------------------------------------------------------------


def test_a_file_that_is_not_ours_stays_as_it_is(path):
    path.write_text("precious words, and not a database at all" * 100)
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="no store"):
        LocalStore(path)
    assert path.read_bytes() == before
    path.unlink()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="another program"):
        LocalStore(path)
    assert path.read_bytes() == before


def test_a_file_of_a_newer_version_is_said_so(path):
    LocalStore(path).close()
    with sqlite3.connect(path) as newer:
        newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(ConfigurationError, match="format 99") as caught:
        LocalStore(path)
    assert "pgrade" in caught.value.hint


def test_a_file_that_is_damaged_is_said_so(path):
    store = LocalStore(path)
    for number in range(50):
        store.create(f"o{number}", {"x": "y" * 500})
    store.close()
    raw = bytearray(path.read_bytes())
    raw[4096:] = os.urandom(len(raw) - 4096)
    path.write_bytes(raw)
    with pytest.raises(IntegrityError), LocalStore(path) as damaged:
        damaged.get("o1")


@pytest.mark.parametrize("version", [1, 2])
def test_a_file_of_an_older_format_is_brought_forward(tmp_path, version):
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as old:
        for schema in SCHEMAS[:version]:
            old.executescript(schema)
        old.executescript(
            "INSERT INTO issues VALUES (1, 'Stored Object: a', '{\"n\": 1}', 0, 'local', NULL, 1e9, 1e9, 1);"
            "INSERT INTO labels VALUES (1, 'stored-object', 'stored-object', ''), (2, 'uid:a', 'UID:a', '');"
            "INSERT INTO issue_labels VALUES (1, 1), (2, 1);"
            """INSERT INTO comments VALUES (1, 1, '{"type": "initial_state", "data": {"n": 1}}', 'local', 1e9);"""
            f"PRAGMA application_id = {0x67687374}; PRAGMA user_version = {version};"
        )
    with LocalStore(path) as store:
        assert store.get("a").data == {"n": 1}
        assert store.backend.labels_ever(1) == {"stored-object", "UID:a"}
        assert not store.backend.list_comments(1, 1).comments[0].edited
        assert store.update("a", {"n": 2}, process=True).meta.version == 2
    with closing(sqlite3.connect(path)) as new:
        assert new.execute("PRAGMA user_version").fetchone() == (len(SCHEMAS),)


def test_a_folder_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        LocalStore(tmp_path / "no" / "where.db")
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        LocalStore(tmp_path)


def test_a_store_that_must_be_there_is_not_made(path):
    with pytest.raises(ConfigurationError, match="no store"):
        LocalStore(path, create=False)
    assert not path.exists()


def test_a_full_disk_loses_nothing(path):
    store = LocalStore(path)
    store.create("a", {"n": 1})
    pages = store.backend._db.execute("PRAGMA page_count").fetchone()[0]
    store.backend._db.execute(f"PRAGMA max_page_count = {pages + 1}")
    large = {"x": "y" * 60_000}
    with pytest.raises(BackendUnavailable, match="disk is full"):
        store.create("b", large)
    store.close()
    with LocalStore(path) as again:
        assert again.get("a").data == {"n": 1}
        again.process_pending()
        again.create("c", {})


@pytest.mark.skipif(not hasattr(os, "fork"), reason="file rights are those of POSIX")
def test_a_file_that_may_only_be_read_is_read():
    with tempfile.TemporaryDirectory() as folder:  # one that others may look into, as pytest's are not
        path = Path(folder) / "store.db"
        store = LocalStore(path)
        store.create("a", {"n": 1})
        store.close()
        path.chmod(0o444)
        path.parent.chmod(0o555)
        child = os.fork()
        if child == 0:
            os._exit(read_only(path))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        path.parent.chmod(0o755)


def read_only(path):
    """What a program without the right to write meets: 0 if all is as it should be."""
    if os.getuid() == 0:  # root may write everything, so be somebody else
        os.setuid(65534)
    reader = LocalStore(path)
    if reader.get("a").data != {"n": 1}:
        return 1
    try:
        reader.update("a", {"n": 2})
    except InsufficientScope as error:
        return 0 if "only be read" in error.message else 2
    return 3


def test_a_store_that_others_keep_busy_is_said_so(path):
    LocalStore(path).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    backend = WebUI(path, busy_timeout=0.05)
    with pytest.raises(BackendUnavailable, match="busy") as caught:
        backend.create_issue("a", "", [])
    assert not caught.value.outcome_unknown
    other.execute("ROLLBACK")
    other.close()
    assert backend.create_issue("a", "", []).number == 1
    backend.close()


def test_a_closed_store_is_said_so(path):
    store = LocalStore(path)
    store.close()
    store.close()
    with pytest.raises(BackendUnavailable, match="closed"):
        store.get("a")
