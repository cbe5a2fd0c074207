"""The embedded backend by itself: what its file may meet."""

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from gh_store import (
    BackendUnavailable,
    ConfigurationError,
    InsufficientScope,
    IntegrityError,
    LocalStore,
)
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
