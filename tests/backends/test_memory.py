"""The reference backend by itself: stores in memory, threads, and several users of one repository."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from gh_store import LocalStore, ObjectNotFound, Store
from gh_store.backends.memory import MemoryBackend, Repository
from gh_store.backends.testing.memory import MemoryWebUI

THREADS = 8


@pytest.fixture
def impatient():
    """Threads take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def in_threads(work):
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(work, range(THREADS)))


def test_a_store_in_memory_makes_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with LocalStore(":memory:") as store:
        store.create("a", {"n": 1})
        assert store.update("a", {"n": 2}, process=True).meta.version == 2
    with LocalStore(":memory:", create=False) as another, pytest.raises(ObjectNotFound):
        another.get("a")
    assert list(tmp_path.iterdir()) == []


def test_threads_lose_no_comment_and_share_no_id(impatient):
    data = Repository()
    number = MemoryBackend(data).create_issue("a", "", []).number

    def write(worker):
        backend = MemoryBackend(data, user=f"user-{worker}")
        return [backend.create_comment(number, "x").id for _ in range(100)]

    told = [comment_id for ids in in_threads(write) for comment_id in ids]
    backend = MemoryBackend(data)
    pages = [backend.list_comments(number, page).comments for page in range(1, THREADS + 1)]
    listed = [comment.id for page in pages for comment in page]
    assert listed == sorted(listed) == sorted(told)
    assert backend.get_issue(number).comments == len(set(told)) == THREADS * 100


def test_threads_share_a_store(impatient):
    with LocalStore(":memory:") as store:
        store.create("a", {})
        in_threads(lambda worker: [store.update("a", {f"{worker}-{n}": n}, process=n % 3 == 0) for n in range(6)])
        store.process_pending()
        obj = store.get("a")
        assert (len(obj.data), obj.meta.version, obj.meta.pending) == (THREADS * 6, THREADS * 6 + 1, 0)
        assert not store.verify().damage


def test_several_users_act_on_one_repository():
    owner = MemoryWebUI()
    owner.set_role("ada", "write")
    ours, adas, strangers = map(Store, (owner, owner.as_user("ada"), owner.as_user("eve")))
    ours.create("a", {"n": 1})
    assert adas.update("a", {"n": 2}, process=True).data == {"n": 2}
    owner.as_user("eve").create_comment(1, '{"n": 3}')
    assert ours.process_updates(1).data == {"n": 2} == strangers.get("a").data
    assert [entry["author"] for entry in ours.get_object_history("a")] == ["local", "ada"]


def test_what_was_answered_stays_as_it_was():
    backend = MemoryBackend()
    issue = backend.create_issue("a", "", ["l"])
    comment = backend.create_comment(issue.number, "x")
    page = backend.list_comments(issue.number, 1)
    backend.add_reaction(comment.id, "+1")
    backend.edit_label("l", "new")
    backend.edit_issue(issue.number, body="b")
    assert (issue.body, issue.comments, issue.labels[0].description, page.comments) == ("", 0, "", (comment,))


def test_the_clock_never_runs_backwards():
    at = [1000.0]
    backend = MemoryBackend(Repository(lambda: at[0]))
    before = backend.now()
    at[0] = 500.0
    assert backend.now() == before
