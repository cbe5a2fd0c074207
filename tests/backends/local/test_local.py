"""The embedded backend by itself: what its file may meet."""

import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack, closing, contextmanager, nullcontext, suppress
from pathlib import Path

import pytest
from places import ROOT
from world import World

from gh_store import (
    BackendUnavailable,
    ConfigurationError,
    GitHubStoreError,
    InsufficientScope,
    IntegrityError,
    LocalStore,
    ObjectExists,
    ObjectNotFound,
)
from gh_store import config as configuration
from gh_store.backends.local.rows import SCHEMAS
from gh_store.backends.testing.local import LocalWebUI


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.db"


def test_the_clock_never_runs_backwards(path):
    at = [1000.0]
    with LocalWebUI(path, clock=lambda: at[0]) as backend:
        made = backend.create_issue("a", "", [])
        at[0] = 500.0
        assert backend.now() >= made.created_at


def test_a_file_that_is_not_ours_stays_as_it_is(path):
    path.write_text("precious words, and not a database at all" * 100)
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="not a store"):
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


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_file_of_an_older_format_is_brought_forward(tmp_path, version):
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as old:
        for schema in SCHEMAS[:version]:
            old.executescript(schema)
        old.executescript(
            "INSERT INTO issues VALUES (1, 'Stored Object: a', '{\"n\": 1}', 0, 'local', NULL, 1e9, 1e9, 1);"
            "INSERT INTO labels VALUES (1, 'stored-object', 'stored-object', ''), (2, 'uid:a', 'UID:a', '');"
            "INSERT INTO issue_labels VALUES (1, 1), (2, 1);"
            "INSERT INTO comments (id, issue, body, author, created_at) VALUES"
            """ (1, 1, '{"type": "initial_state", "data": {"n": 1}}', 'local', 1e9);"""
            f"PRAGMA application_id = {0x67687374}; PRAGMA user_version = {version};"
        )
    with LocalStore(path) as store:
        assert store.get("a").data == {"n": 1}
        assert store.backend.labels_ever(1) == ({"stored-object", "UID:a"} if version < 3 else set())
        assert LocalStore(path).backend.repository == store.backend.repository
        assert not store.backend.list_comments(1, 1).comments[0].edited
        assert store.update("a", {"n": 2}, process=True).meta.version == 2
    with closing(sqlite3.connect(path)) as new:
        assert new.execute("PRAGMA user_version").fetchone() == (len(SCHEMAS),)


def test_a_folder_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        LocalStore(tmp_path / "no" / "where.db")
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        LocalStore(tmp_path)


@pytest.mark.parametrize("kind", ["folder", "pipe", "null", "here"])
def test_what_is_not_a_regular_file_is_no_store(path, kind):
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    named = {"null": Path(os.devnull), "here": Path()}.get(kind, path)
    for create in (True, False):
        with pytest.raises(ConfigurationError, match=r"this is (a folder|not a regular file)"):
            LocalStore(named, create=create)


def test_a_text_too_short_for_a_database_is_not_written_over(path):
    for text in ("x", "y" * 511):
        path.write_text(text)
        for create in (True, False):
            with pytest.raises(ConfigurationError, match="not a store; it was not changed"):
                LocalStore(path, create=create)
        assert path.read_text() == text


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_database_without_tables_is_not_a_store_where_one_is_expected(path, mode):
    with closing(sqlite3.connect(path)) as other:
        other.executescript(f"PRAGMA journal_mode = {mode}; CREATE TABLE x (a); DROP TABLE x;")
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="is empty"):
        LocalStore(path, create=False)
    assert path.read_bytes() == before
    with LocalStore(path) as made:
        made.create("a", {})


def test_a_store_that_must_be_there_is_not_made(path):
    with pytest.raises(ConfigurationError, match="no store"):
        LocalStore(path, create=False)
    assert not path.exists()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root gives files away")
def test_no_store_is_made_through_a_link_of_somebody_else(tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o1777)
    link = tmp_path / "shared/s.db"
    link.symlink_to(tmp_path / "elsewhere.db")
    os.chown(link, 12_345, 12_345, follow_symlinks=False)
    with pytest.raises(ConfigurationError, match="not followed"):
        LocalStore(link)
    assert not (tmp_path / "elsewhere.db").exists()
    os.chown(link, 0, 0, follow_symlinks=False)
    LocalStore(link).close()
    assert (tmp_path / "elsewhere.db").exists(), "one's own is followed"


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
    backend = LocalWebUI(path, busy_timeout=0.05)
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


# --- files that may only be read, while others write ------------------------------------------------

READER = """
import os, sys
from pathlib import Path
from gh_store import LocalStore
if os.getuid() == 0:
    os.setuid(65534)  # root may write everything, so be somebody else
with LocalStore(sys.argv[1], create=False) as store:
    for _ in sys.stdin:
        print(store.get("a").data["n"], len(list(store.list_all())), flush=True)
"""


@contextmanager
def reader(path):
    """A program that reads in a folder that it may not write: tells how it is, each time it is asked."""
    process = subprocess.Popen(
        [sys.executable, "-c", READER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(path.parent)},
    )  # fmt: skip

    def ask():
        process.stdin.write("?\n")
        process.stdin.flush()
        told = process.stdout.readline()
        assert told, process.stderr.read()
        return [*map(int, told.split())]

    try:
        yield ask
    finally:
        process.communicate(timeout=30)


@pytest.fixture
def shown():
    """A file in a folder that others may look into, as pytest's are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "store.db"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root writes what others only read")
@pytest.mark.parametrize("held", [False, True], ids=["each write opens the file", "a program holds the file open"])
@pytest.mark.parametrize("mode", [0o644, 0o666], ids=["a file of others", "a folder of others"])
def test_a_reader_that_may_not_write_is_never_stale(shown, held, mode):
    with LocalStore(shown) as writer:
        writer.create("a", {"n": 1})
    shown.chmod(mode)
    with reader(shown) as ask, ExitStack() as stack:
        assert ask() == [1, 1]
        holding = stack.enter_context(LocalStore(shown)) if held else None
        for n in (2, 300):
            with nullcontext(holding) if holding else LocalStore(shown) as writer:
                writer.update("a", {"n": n}, process=True)
                for number in range(n):
                    if n == 300 and number % 10 == 0:
                        writer.create(f"{n}-{number}", {"x": "y" * 3_000})
            assert ask() == [n, 1 if n == 2 else 31]


KILLED = """
import os, sys
from gh_store import LocalStore
store = LocalStore(sys.argv[1])
store.create("a", {"n": 1})
store.update("a", {"n": 5}, process=True)
os._exit(1)
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root writes what others only read")
@pytest.mark.parametrize("left", ["all", "no -shm", "a -shm of others", "an empty -wal", "behind a link"])
def test_what_a_killed_program_left_behind_is_read(shown, left):
    subprocess.run([sys.executable, "-c", KILLED, shown], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    shm, wal = (shown.with_name(f"{shown.name}{suffix}") for suffix in ("-shm", "-wal"))
    assert wal.stat().st_size > 0
    if left == "no -shm":
        shm.unlink()
    elif left == "a -shm of others":
        shm.chmod(0o600)
    elif left == "an empty -wal":
        LocalStore(shown).close()
        wal.touch()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        link = Path(folder, "link.db")
        link.symlink_to(shown)
        with reader(link if left == "behind a link" else shown) as ask:
            assert ask() == [5, 1]
            with LocalStore(shown) as writer:
                writer.update("a", {"n": 6}, process=True)
            assert ask() == [6, 1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="file rights are those of POSIX")
def test_an_empty_file_that_may_only_be_read_is_no_store(shown):
    shown.touch(0o444)
    child = os.fork()
    if child == 0:
        if os.getuid() == 0:
            os.setuid(65534)
        try:
            LocalStore(shown)
        except ConfigurationError as error:
            os._exit(0 if "is empty" in error.message else 1)
        except BaseException:  # noqa: BLE001  # a forked test ends here
            os._exit(2)
        os._exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root writes what others only read")
def test_a_sound_file_is_never_malformed_to_a_reader(shown):
    with LocalStore(shown) as writer:
        writer.create("a", {"n": 0})
    done = threading.Event()

    def write():
        for n in range(40):
            with LocalStore(shown) as writer:
                writer.update("a", {"n": n, "x": "y" * (n * 500)}, process=True)
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    last = 0
    with reader(shown) as ask:
        while not done.is_set():
            n, _ = ask()
            assert n >= last
            last = n
        thread.join()
        assert ask() == [39, 1]


# --- whose store it is ------------------------------------------------------------------------------


def test_every_store_has_a_name_of_its_own(tmp_path):
    names = set()
    for name in ("a.db", "b.db", ":memory:", ":memory:"):
        with LocalStore(tmp_path / name if name.endswith("db") else name) as store:
            store.create("x", {})
            names.add(store.backend.repository)
            assert json.loads(store.snapshot().text())["repository"] == store.backend.repository
            assert json.loads(next(store.export()))["repository"] == store.backend.repository
    assert len(names) == 4
    assert all(re.fullmatch(r"local/[0-9a-f]{16}", name) for name in names)
    with LocalStore(tmp_path / "a.db") as again:
        assert again.backend.repository in names


def exported(path, name):
    with LocalStore(path) as store:
        store.create("metrics", {"from": name})
        store.update("metrics", {name: 1}, process=True)
        return list(store.export())


def test_the_object_of_another_store_is_another_object(tmp_path):
    one, two = (exported(tmp_path / f"{name}.db", name) for name in "ab")
    with LocalStore(tmp_path / "c.db") as store:
        assert [each.made for each in store.import_from(one)] == [True]
        assert [each.made for each in store.import_from(one)] == [False], "the same again changes nothing"
        (second,) = store.import_from(two)
        assert isinstance(second.error, ObjectExists)
        assert store.get("metrics").data == {"from": "a", "a": 1}


@pytest.mark.parametrize("cut", range(1, 6))
def test_an_import_that_was_cut_mixes_no_stores(tmp_path, cut):
    one, two = (exported(tmp_path / f"{name}.db", name) for name in "ab")
    world = World(tmp_path / "c.db", configuration.load())
    left = [cut]

    def interrupt(at, verb):
        if verb == "create_comment":
            left[0] -= 1
            if left[0] == 0:
                raise KeyboardInterrupt

    world.faults.cut = interrupt
    with suppress(KeyboardInterrupt):
        world.store().import_from(one)
    world.store().import_from(two)
    world.settle()
    world.store().process_pending()
    assert world.store().get("metrics").data in ({"from": "a", "a": 1}, {"from": "b", "b": 1})
    world.closing.close()


def test_a_snapshot_from_before_stores_had_names_is_brought_forward(tmp_path):
    file = tmp_path / "s.json"
    with LocalStore(tmp_path / "s.db") as store:
        store.create("a", {"n": 1})
        store.write_snapshot(file)
        old = json.loads(file.read_bytes()) | {"repository": "local"}
        file.write_text(json.dumps(old))
        store.update("a", {"n": 2}, process=True)
        assert store.update_snapshot(file)
        assert file.read_text() == store.snapshot().text()
    with LocalStore(tmp_path / "other.db") as other, pytest.raises(ConfigurationError, match="snapshot is of"):
        other.update_snapshot(file)


@pytest.mark.parametrize("beside", ["", "-wal"])
def test_a_file_that_was_truncated_to_nothing_is_not_a_new_store(path, beside):
    path.write_bytes(b"")
    if beside:
        path.with_name(path.name + beside).write_bytes(b"")
    with pytest.raises(ConfigurationError, match="is empty"):
        LocalStore(path, create=False)
    assert path.read_bytes() == b""
    with LocalStore(path) as made:
        made.create("a", {})


ODD = [
    "UPDATE issues SET updated_at = 'soon'", "UPDATE issues SET created_at = 'soon'", "UPDATE issues SET created_at = 1e300",
    "UPDATE issues SET updated_at = 9e999", "UPDATE issues SET comments = 'many'", "UPDATE issues SET open = 'yes'",
    "UPDATE issues SET title = x'ff'", "UPDATE issues SET body = x'00'", "UPDATE issues SET author = x'00'",
    "UPDATE comments SET created_at = 'soon'", "UPDATE comments SET body = x'ff'", "UPDATE comments SET created_at = -1e300",
    "UPDATE labels SET name = x'ff'", "UPDATE users SET role = 'king'", "UPDATE users SET role = x'00'",
    "UPDATE reactions SET content = x'ff'", "DELETE FROM owner", "UPDATE owner SET login = x'00'", "DELETE FROM identity",
    "UPDATE issues SET body = CAST(x'ff' AS TEXT)", "DROP TABLE labels", "UPDATE comments SET edited = 'x'",
    "UPDATE labels SET description = x'ff'", "UPDATE issues SET comments = -1", "UPDATE issues SET comments = 1000000",
    "DELETE FROM comments", "DELETE FROM users", "UPDATE owner SET login = 'nobody'",
    "UPDATE sqlite_sequence SET seq = 9223372036854775807", "UPDATE issues SET number = 9223372036854775807",
    "PRAGMA writable_schema = 1; UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', ''); VACUUM; UPDATE issues SET updated_at = NULL, title = NULL",
    "PRAGMA writable_schema = 1; UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', ''); VACUUM; UPDATE comments SET body = NULL",
]  # fmt: skip


@pytest.mark.breaks_stores("the rows contradict each other")
@pytest.mark.parametrize("statements", ODD)
def test_an_odd_row_is_an_integrity_error_or_does_no_harm(path, statements):
    with LocalStore(path) as store:
        store.create("a", {"n": 1}, ["extra"])
        store.update("a", {"n": 2})
    with closing(sqlite3.connect(path)) as other:
        other.executescript(statements)
    verbs = (
        lambda store: store.get("a"),
        lambda store: store.update("a", {"n": 3}, process=True),
        lambda store: store.create("b", {}, ["extra"]),
        lambda store: list(store.list_all()),
        lambda store: store.get_object_history("a"),
        lambda store: store.verify(),
        lambda store: list(store.export()),
        lambda store: store.delete("a"),
    )
    told = {type(failure(path, verb)) for verb in verbs} - {type(None), ObjectNotFound}
    assert told <= {IntegrityError}
    assert told or "edited" in statements or "description" in statements


def failure(path, verb):
    try:
        with LocalStore(path) as store:
            verb(store)
    except GitHubStoreError as error:
        return error
    return None
