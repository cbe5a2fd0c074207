"""Batches of the embedded backend: one transaction for many verbs of one thread."""

import sqlite3
import subprocess
import sys
import threading
from contextlib import suppress

import pytest

from gh_store import BackendUnavailable, InsufficientScope, LocalStore, Store
from gh_store import config as configuration
from gh_store.backends.local import LocalBackend
from gh_store.backends.local.rows import SCHEMAS, select_issues
from gh_store.backends.testing.faults import Faults, FaultyBackend


@pytest.fixture
def backend(tmp_path):
    with LocalBackend(tmp_path / "store.db", synchronous="OFF") as backend:
        yield backend


@pytest.fixture
def other(backend):
    """Another program."""
    with LocalBackend(backend.path, busy_timeout=0.01, synchronous="OFF") as other:
        yield other


def in_a_thread(do):
    """What another thread gets of the same backend."""
    found = []
    thread = threading.Thread(target=lambda: found.append(do()))
    thread.start()
    thread.join()
    return found[0]


def test_nobody_else_sees_or_writes_anything_before_a_batch_ends(backend, other):
    first = backend.create_issue("first", "", []).number
    with backend.batch():
        assert other.create_issue("second", "", []).number == first + 1, "it has not begun to write"
        backend.create_issue("third", "", [])
        assert len(backend.list_issues().issues) == 3
        assert len(other.list_issues().issues) == 2
        assert in_a_thread(lambda: len(backend.list_issues().issues)) == 2
        with pytest.raises(BackendUnavailable) as caught:
            other.create_issue("too early", "", [])
        assert not caught.value.outcome_unknown
    assert len(other.list_issues().issues) == 3


def test_a_result_is_told_when_others_see_it(backend, other):
    store = Store(backend, configuration.load())
    for result in store.put_many((f"o{number}", {}) for number in range(3)):
        assert other.get_issue(result.object.meta.issue_number).open is False


def test_a_list_by_several_labels_gathers_no_whole_label():
    query, values = select_issues(["one", "two"], "created", descending=True, since=None, cursor=None)
    database = sqlite3.connect(":memory:")
    database.executescript(";\n".join(SCHEMAS))
    plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {query}", values)]
    database.close()
    assert not [step for step in plan if "LIST SUBQUERY" in step or "SCAN" in step], plan


def test_another_thread_waits_for_a_batch_and_is_not_part_of_it(backend):
    waiting = threading.Event()

    def write():
        waiting.set()
        return backend.create_issue("other thread", "", []).number

    found = []
    with suppress(KeyboardInterrupt), backend.batch():
        backend.create_issue("mine", "", [])
        thread = threading.Thread(target=lambda: found.append(write()))
        thread.start()
        waiting.wait()
        assert backend.create_issue("mine too", "", []).number == 2
        raise KeyboardInterrupt
    thread.join()
    assert [issue.title for issue in backend.list_issues().issues] == ["other thread"]
    assert found == [1]


def test_a_batch_that_raises_leaves_nothing(backend):
    def work():
        with backend.batch():
            backend.create_issue("a", "", ["l"])
            with backend.batch():
                backend.create_label("m", "")
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        work()
    assert (backend.list_issues().issues, backend.list_labels()) == ((), ())
    assert backend.create_issue("b", "", []).number == 1


def test_a_program_that_dies_in_a_batch_leaves_nothing_of_it(tmp_path):
    program = (
        "import os, sys\n"
        "from gh_store import LocalStore\n"
        "store = LocalStore(sys.argv[1])\n"
        "store.create('before', {})\n"
        "with store.backend.batch():\n"
        "    for number in range(50):\n"
        "        store.create(f'object-{number}', {'n': number})\n"
        "    os._exit(9)\n"
    )
    died = subprocess.run([sys.executable, "-c", program, str(tmp_path / "store.db")], check=False)
    assert died.returncode == 9
    with LocalStore(tmp_path / "store.db") as store:
        assert [o.meta.object_id for o in store.list_all()] == ["before"]
        assert store.verify().damage == ()
        items = [(f"object-{number}", {"n": number}) for number in range(50)]
        assert all(each.changed for each in store.create_many(items))


class Killed(BaseException):
    """What ends a program at once."""


@pytest.mark.parametrize("verb", ["create_many", "put_many", "update_many"])
def test_many_that_are_cut_leave_nothing_of_their_batch_and_are_made_by_a_repetition(tmp_path, verb):
    items, faults = [(f"o{number}", {"n": number}) for number in range(3)], Faults()
    with LocalBackend(tmp_path / "store.db", synchronous="OFF") as backend:
        store, near = Store(FaultyBackend(backend, faults), configuration.load()), Store(backend, configuration.load())
        if verb == "update_many":
            list(near.create_many((name, {}) for name, _ in items))
        before = (backend.list_issues(), backend.list_labels())
        do = {"update_many": lambda: store.update_many(items, event_id="run")}.get(
            verb, lambda: getattr(store, verb)(items)
        )
        at = 0
        while True:
            faults.calls.clear()

            def cut(index, name, at=at):
                if index == at:
                    raise Killed

            faults.cut = cut
            try:
                done = list(do())
                break
            except Killed:
                assert (backend.list_issues(), backend.list_labels()) == before
            at += 1
        assert at > 8
        assert all(each.changed for each in done)
        assert {o.meta.object_id: o.data for o in near.list_all()} == dict(items)
        near.process_pending()
        assert near.verify().damage == ()


def test_a_batch_that_cannot_be_kept_is_told_for_each_of_its_items(backend):
    store = Store(backend, configuration.load())
    list(store.create_many((f"o{number}", {}) for number in range(3)))
    pages = backend._db.execute("PRAGMA page_count").fetchone()[0]  # of the file, not of the port
    with backend.batch():
        backend._db.execute(f"PRAGMA max_page_count = {pages + 20}")  # a disk that is full
    items = [(f"o{number}", {"text": "x" * 5_000}) for number in range(3, 40)]
    found = list(store.put_many(items))
    assert {type(each.error) for each in found} == {BackendUnavailable}
    assert not any(each.changed or each.object for each in found)
    assert len(list(store.list_all())) == 3
    with backend.batch():
        backend._db.execute("PRAGMA max_page_count = 1000000")  # as above
    assert all(each.changed for each in store.put_many(items))
    assert store.verify().damage == ()


def test_a_batch_of_a_closed_store_says_so(backend):
    backend.close()
    with pytest.raises(BackendUnavailable, match="closed"), backend.batch():
        pass


def test_a_store_that_is_closed_in_a_batch_is_closed_after_it(backend):
    with backend.batch():
        backend.create_issue("a", "", [])
        backend.close()
    with pytest.raises(BackendUnavailable, match="closed"):
        backend.list_issues()
    with LocalBackend(backend.path) as again:
        assert len(again.list_issues().issues) == 1


def test_many_on_a_file_that_may_only_be_read(tmp_path, monkeypatch):
    with LocalStore(tmp_path / "store.db") as store:
        store.create("a", {"n": 1})
    monkeypatch.setattr("gh_store.backends.local.sqlite_file.is_writable", lambda path: False)
    with LocalStore(tmp_path / "store.db") as store:
        same, other = store.put_many([("a", {"n": 1}), ("a", {"n": 2})])
        assert (same.changed, same.error) == (False, None)
        assert isinstance(other.error, InsufficientScope)
