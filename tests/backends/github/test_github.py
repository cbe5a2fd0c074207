"""What GitHub really does, each trap in turn: over HTTP, to a server that does the same."""

import gc
import itertools
import json
import logging
import os
import sqlite3
import threading
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
import trustme
from loguru import logger
from world import Clock

from gh_store import (
    AccessDeniedError,
    AuthInvalid,
    AuthMissing,
    BackendUnavailable,
    GitHubStore,
    InsufficientScope,
    IntegrityError,
    ObjectNotFound,
    RateLimited,
    RepoNotFoundOrUnauthorized,
    Store,
)
from gh_store.backends.github import Connection, GitHubBackend, Limiter, Limits
from gh_store.backends.github import cache as cache_file
from gh_store.backends.github.cache import Cache, Known
from gh_store.backends.github.errors import Answer, rate_limited, refusal
from gh_store.backends.retry import _long_work, long_work
from gh_store.backends.testing.local import LocalWebUI
from gh_store.devserver.api import Reply
from gh_store.devserver.server import serving


def store_through(hub, backend, **settings):
    return Store(backend, replace(hub.config, **settings), sleep=hub.clock.sleep)


@pytest.fixture
def said():
    """What the library logs."""
    lines = []
    logger.enable("gh_store")
    sink = logger.add(lines.append, level="TRACE", format="{level} {message}")
    yield lines
    logger.remove(sink)
    logger.disable("gh_store")


# --- lists ----------------------------------------------------------------------------------------


def test_lists_follow_the_next_link_and_nothing_else(hub):
    for number in range(205):
        hub.backend().create_issue(f"issue {number}", "", [])
    backend = hub.through()
    page = backend.list_issues()
    numbers = [issue.number for issue in page.issues]
    while page.next is not None:
        page = backend.list_issues(cursor=page.next)
        numbers += [issue.number for issue in page.issues]
    assert numbers == list(range(1, 206))
    asked = hub.asked()
    assert len(asked) == 3
    assert not any("page=2" in request for request in asked)
    assert all("state=all" in request and "per_page=100" in request for request in asked)


def test_a_server_of_ones_own_lies_below_a_path(hub):
    for number in range(105):
        hub.near().create(f"o{number}", {"n": number})
    token = hub.connection().token
    backend = GitHubBackend("local/data", Connection(f"{hub.address}/api/v3", token), Limiter(Limits()))
    store = Store(backend, hub.config, sleep=hub.clock.sleep)
    assert len(list(store.list_all())) == 105
    store.update("o1", {"m": 1}, process=True)
    hub.trouble.add({"kind": "rename", "to": "local/new"})
    assert len(list(store.list_all())) == 105
    assert store.update("o1", {"m": 2}, process=True).data == {"n": 1, "m": 2}
    assert all(each["path"].startswith("/api/v3/") for each in hub.trouble.requests)
    backend.close()


def test_pull_requests_are_left_out_without_a_request_each(hub):
    store = hub.store()
    store.create("a", {})
    for n in range(5):
        hub.backend().open_pull_request(f"Stored Object: p{n}", "{}", ("stored-object", f"UID:p{n}"))
    hub.asked()
    assert [obj.meta.object_id for obj in store.list_all()] == ["a"]
    assert len(hub.asked()) == 1


def test_since_is_sent_in_utc_and_the_epoch_is_left_out(hub):
    backend = hub.through()
    east = timezone(timedelta(hours=5))
    backend.list_issues(since=datetime(2027, 1, 1, 3, 0, 0, tzinfo=east))
    backend.list_issues(since=datetime(1970, 1, 1, tzinfo=UTC))
    first, second = hub.asked()
    assert "since=2026-12-31T22%3A00%3A00Z" in first
    assert "since" not in second


def test_deleted_accounts_and_bodies_that_are_null(hub):
    hub.store().create("a", {})
    stranger = hub.backend("stranger")
    stranger.create_comment(1, '{"n": 1}')
    with closing(sqlite3.connect(hub.path)) as file, file:
        file.execute("UPDATE comments SET author = NULL WHERE author = 'stranger'")
    hub.backend().create_issue("no body", "", [])
    backend = hub.through()
    assert backend.get_issue(2).body == ""
    assert hub.store().process_updates(1).data == {}


# --- writes ---------------------------------------------------------------------------------------


def test_nothing_is_posted_twice_whatever_is_not_answered(hub):
    store = hub.store()
    store.create("a", {"n": 0})
    for kind in ("drop-after", "502", "drop-before", "500"):
        hub.trouble.add({"kind": kind, "match": "POST /repos/local/data/issues/1/comments"})
        hub.asked()
        before = hub.clock.slept
        store.update("a", {"n": 1})
        assert hub.clock.slept - before >= 10, "until then it may still arrive"
        posts = [request for request in hub.asked() if request.startswith("POST") and "/comments" in request]
        assert len(posts) == (1 if kind in ("drop-after", "502") else 2), kind
    events = [json.loads(comment.body) for comment in hub.comments()]
    assert len(events) == 5
    assert [event["_meta"].get("attempt") for event in events[1:]] == [None, None, 2, 2]


def test_a_patch_whose_outcome_is_unknown_is_looked_up_and_not_repeated(hub):
    store = hub.store()
    store.create("a", {"n": 0})
    store.update("a", {"n": 1})
    hub.trouble.add({"kind": "502", "match": "PATCH"})
    hub.asked()
    store.process_updates(1)
    patches = [request for request in hub.asked() if request.startswith("PATCH")]
    assert len(patches) == 2, "the commit that took, and the close"
    assert hub.clock.slept >= 10, "GitHub may work on a request for so long"


def test_a_write_that_did_not_take_is_an_error(hub):
    """Some refusals have a good status: a 200 with the old body, labels dropped in silence."""
    store = hub.store()
    store.create("a", {})
    real = hub.server.pages("local").edit_issue
    hub.server.pages("local").edit_issue = lambda number, **given: real(number, open=given["open"])
    store.update("a", {"n": 1})
    with pytest.raises(IntegrityError):
        store.process_updates(1)
    pages = hub.server.pages("writer")
    hub.user("writer", "write")
    pages.create_issue = lambda title, body, labels: LocalWebUI.create_issue(pages, title, body, [])
    with pytest.raises(InsufficientScope, match="without its labels"):
        hub.store("writer").create("b", {})


def test_a_comment_that_was_changed_on_its_way_is_an_error(hub):
    hub.near().create("a", {})
    pages = hub.server.pages("local")
    pages.create_comment = lambda number, body: LocalWebUI.create_comment(pages, number, f"{body}?")
    with pytest.raises(IntegrityError, match="does not contain what was sent"):
        hub.store().update("a", {"n": 1})


def test_no_pause_stands_between_the_processors_get_and_its_patch(hub):
    pauses = []

    def sleep(seconds):
        pauses.append((len(hub.trouble.requests), seconds))
        hub.clock.sleep(seconds)

    limits = Limits(between_writes=1.0, between_requests=0.25)
    backend = GitHubBackend(hub.repository, hub.connection(), Limiter(limits, clock=hub.clock, sleep=sleep))
    store = Store(backend, hub.config, sleep=sleep)
    store.create("a", {})
    store.update("a", {"n": 1})
    store.process_updates(1)
    methods = [(each["method"], each["path"].rpartition("/repos/local/data")[2]) for each in hub.trouble.requests]
    commit = next(at for at in range(len(methods) - 1) if methods[at : at + 2] == [("GET", "/issues/1"), ("PATCH", "/issues/1")])  # fmt: skip
    assert all(at != commit + 1 for at, _ in pauses), "a pause before the commit"
    assert any(at == commit for at, _ in pauses), "it is made before the GET"
    writes = [at for at, (method, _) in enumerate(methods) if method != "GET"]
    assert sum(seconds for _, seconds in pauses) >= len(writes) - 1


@pytest.mark.parametrize("object_id", ["a/b?c#d", "100%41", "..", "a b&labels=x", "é 😀", "x;y=z"])
def test_names_in_addresses_are_escaped(hub, object_id):
    store = hub.store()
    with pytest.raises(ObjectNotFound):
        store.get(object_id)
    hub.trouble.add({"kind": "stale-labels", "seconds": 60})
    store.create(object_id, {"n": 1})
    assert hub.store().get(object_id).data == {"n": 1}, "the label itself says that the index is behind"
    hub.clock.sleep(61)
    store.delete(object_id)
    with pytest.raises(ObjectNotFound):
        hub.store().get(object_id)
    assert store.create(object_id, {"n": 2}).meta.issue_number == 2
    labels = {label.name for label in hub.issue(1).labels}
    assert labels == {"gh-store", "archived", f"UID:{object_id}"}


# --- a repository that moved ----------------------------------------------------------------------


def test_a_renamed_repository_is_followed_for_reads_and_writes(hub, said):
    store = hub.store()
    for n in range(120):
        store.create(f"o{n}", {"n": n})
    hub.trouble.add({"kind": "rename", "to": "local/renamed"})
    for verb in (
        lambda store: store.get("o1"),
        lambda store: store.update("o1", {"m": 1}, process=True),
        lambda store: store.create("new", {}),
    ):
        verb(hub.store())
    fresh = hub.store()
    assert len(list(fresh.list_all())) == 121, "the query is not lost on the way"
    assert fresh.get("o1").data == {"n": 1, "m": 1}
    assert fresh.backend.repository == "local/data"
    assert any("local/renamed" in line for line in said)
    answered = Counter(each["status"] for each in hub.trouble.requests if "/repos/local/data" in each["path"])
    assert answered[301] > 0
    assert answered[307] > 0


def test_the_new_owner_of_a_repository_is_its_owner(hub):
    hub.store().create("a", {})
    hub.backend("local").create_comment(1, '{"n": 1}')
    hub.trouble.add({"kind": "rename", "to": "other/data"})
    store = hub.store()
    store.get("a")
    assert store.backend.owner == "other"


def test_an_issue_that_was_transferred_or_deleted_is_not_found(hub):
    store = hub.store()
    store.create("a", {})
    store.create("b", {})
    hub.backend().transfer_issue(1, "other/place/issues/7")
    hub.backend().delete_issue(2)
    with pytest.raises(ObjectNotFound, match="moved to another repository"):
        store.process_updates(1)
    with pytest.raises(ObjectNotFound, match="deleted"):
        store.process_updates(2)


# --- limits ---------------------------------------------------------------------------------------

LIMITS = ["primary-limit", "secondary-limit", "secondary-limit-bare", "too-quickly"]


@pytest.mark.parametrize("kind", LIMITS)
def test_short_work_raises_and_long_work_waits(hub, kind, said):
    store = hub.store()
    store.create("a", {})
    store.update("a", {"n": 1})
    hub.trouble.add({"kind": kind, "seconds": 300})
    with pytest.raises(RateLimited) as caught:
        store.get("a")
    assert not caught.value.own
    named = kind in ("primary-limit", "secondary-limit")
    if named:
        assert caught.value.reset - hub.through().now() < timedelta(seconds=302)
        assert 290 < caught.value.wait < 302
        hub.clock.sleep(302)
    before = hub.clock.slept
    hub.trouble.add({"kind": kind, "seconds": 300})
    assert store.process_updates(1).data == {"n": 1}
    assert hub.clock.slept - before >= (300 if named else 60)
    assert any("Waiting until" in line for line in said) == named, "the line says until when"


def test_the_policy_can_be_set(hub):
    hub.store().create("a", {})
    waiting = store_through(hub, hub.through(), rate_limit_on_limit="wait")
    hub.trouble.add({"kind": "primary-limit", "seconds": 40})
    assert waiting.get("a").data == {}
    assert hub.clock.slept >= 40
    raising = store_through(hub, hub.through(), rate_limit_on_limit="raise")
    for verb in (raising.process_pending, raising.snapshot, lambda: list(raising.list_all())):
        hub.clock.sleep(100)
        hub.trouble.add({"kind": "primary-limit", "seconds": 40})
        with pytest.raises(RateLimited):
            verb()


def test_a_sweep_ends_at_a_limit_that_is_not_waited_out(hub):
    for n in range(3):
        hub.near().create(f"o{n}", {})
        hub.near().update(f"o{n}", {"n": n})
    store = store_through(hub, hub.through(), rate_limit_on_limit="raise")
    hub.trouble.add({"kind": "secondary-limit", "match": "PATCH"})
    (done,) = store.process_pending()
    assert isinstance(done.error, RateLimited)
    hub.clock.sleep(100)
    assert [each.error for each in store.process_pending()] == [None] * 3


def test_every_kind_of_long_work_waits(hub, tmp_path):
    store = hub.store()
    store.create("a", {})
    store.write_snapshot(tmp_path / "s.json")
    for verb in (
        lambda: store.process_updates(1),
        store.process_pending,
        store.snapshot,
        lambda: store.update_snapshot(tmp_path / "s.json"),
        lambda: list(store.list_all()),
    ):
        hub.trouble.add({"kind": "secondary-limit"})
        verb()
        assert not hub.trouble.once[-1].times, "the limit was met"


def test_a_limit_that_is_known_costs_no_request(hub):
    backend = hub.through()
    store = Store(backend, hub.config, sleep=hub.clock.sleep)
    hub.trouble.add({"kind": "primary-limit", "seconds": 100})
    hub.asked()
    for _ in range(3):
        with pytest.raises(RateLimited):
            store.get("a")
    assert len(hub.asked()) == 1
    hub.clock.sleep(102)
    with pytest.raises(ObjectNotFound):
        store.get("a")


def test_a_secondary_limit_without_a_time_is_waited_for_ever_longer(hub):
    store = hub.store()
    store.create("a", {})
    hub.trouble.add({"kind": "secondary-limit-bare", "times": 4})
    before = hub.clock.slept
    store.process_updates(1)
    assert hub.clock.slept - before >= 60 + 120 + 240 + 480
    hub.trouble.add({"kind": "secondary-limit-bare", "times": 1000})
    with pytest.raises(RateLimited):  # to go on asking risks a ban
        store.process_updates(1)


def test_our_own_limit_counts_a_sliding_hour_and_says_whose_it_is(hub):
    store = Store(hub.through(limits=Limits(requests_per_hour=7)), hub.config, sleep=hub.clock.sleep)
    store.create("a", {})
    hub.clock.sleep(1800)
    store.get("a")
    store.get("a")
    hub.asked()
    with pytest.raises(RateLimited, match="own limit, not GitHub's") as caught:
        store.get("a")
    assert caught.value.own
    assert "max_requests_per_hour" in caught.value.hint
    assert hub.asked() == [], "nothing was sent"
    assert 1790 < caught.value.wait < 1801
    hub.clock.sleep(caught.value.wait + 1)
    store.get("a")
    store.process_updates(1)  # long work waits for its turn


def test_a_commit_that_meets_a_limit_starts_again_after_it(hub):
    store = hub.store()
    store.create("a", {"n": 0})
    store.update("a", {"n": 1})
    hub.trouble.add({"kind": "primary-limit", "match": "PATCH", "seconds": 50})
    hub.asked()
    assert store.process_updates(1).meta.version == 2
    asked = [request.split()[0] for request in hub.asked()]
    refused = asked.index("PATCH")
    assert asked[refused - 1] == "GET"
    assert asked[refused + 1 : refused + 4].count("GET") >= 2, "it looks again before it writes"


def test_one_limiter_for_all_threads():
    clock, lock = Clock(), threading.Lock()
    due = []

    def sleep(seconds):
        with lock:
            due.append(seconds)

    limiter = Limiter(Limits(between_writes=1.0), clock=clock, sleep=sleep)
    now = datetime.now(UTC)
    threads = [threading.Thread(target=lambda: limiter.admit(write=True, now=now)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(due) == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]


class Queue:
    """Writers of several threads, each asleep until it is told to go on; time moves by what they have slept."""

    def __init__(self, limits):
        self.clock, self.asleep, self.go, self.admitted = Clock(0.0), threading.Semaphore(0), threading.Semaphore(0), []
        self.limiter = Limiter(limits, clock=self.clock, sleep=self.sleep)
        self.now = datetime.now(UTC)
        self.threads = []

    def sleep(self, seconds):
        self.asleep.release()
        assert self.go.acquire(timeout=10)
        self.clock.sleep(seconds)

    def write(self):
        def admit():
            self.limiter.admit(write=True, now=self.now)
            self.admitted.append(self.clock())

        self.threads.append(threading.Thread(target=admit))
        self.threads[-1].start()

    def reader(self, slept):
        """The same identity, in another thread."""
        return Limiter(self.limiter.limits, clock=self.clock, sleep=slept.append, ledger=self.limiter.ledger)


def test_reads_pass_writes_that_queue_up():
    """Of ten writes at once, paced at a second, the last waits nine; a read beside them waits for the pause of reads."""
    queue, slept = Queue(Limits(between_writes=1.0, between_requests=0.2)), []
    for _ in range(10):
        queue.write()
    assert queue.asleep.acquire(timeout=10)  # one has gone through, and one is waiting for its turn
    for _ in range(3):
        queue.reader(slept).admit(write=False, now=queue.now)
    assert slept == pytest.approx([0.2, 0.4, 0.6])
    for _ in range(30):
        queue.go.release()  # and who sleeps twice, for its turn and for the pause after a read, is told twice
    for thread in queue.threads:
        thread.join(10)
    pauses = [b - a for a, b in itertools.pairwise(sorted(queue.admitted))]
    assert len(pauses) == 9
    assert min(pauses) >= 1.0 - 1e-9, "reads that pass take nothing of the pause between writes"
    assert queue.admitted[-1] <= 10


def test_a_limit_that_is_met_is_told_to_writes_that_wait_for_their_turn():
    queue, told = Queue(Limits(between_writes=60.0)), []
    queue.write()
    queue.threads.pop().join(10)

    def admit():
        with pytest.raises(RateLimited, match="is reached"):
            queue.limiter.admit(write=True, now=queue.now)
        told.append(True)

    threads = [threading.Thread(target=admit) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert queue.asleep.acquire(timeout=10)
    queue.limiter.refuse(RateLimited("A limit is reached.", wait=100))
    queue.go.release()
    for thread in threads:
        thread.join(10)
    assert told == [True] * 3
    assert queue.clock() == 60.0, "only the one that was asleep already has slept"


def test_reads_wait_for_no_write():
    slept = []
    limiter = Limiter(Limits(between_writes=5.0, between_requests=1.0), clock=lambda: 0.0, sleep=slept.append)
    now = datetime.now(UTC)
    limiter.admit(write=True, now=now)
    limiter.admit(write=False, now=now)
    limiter.admit(write=True, now=now)
    assert slept == [1.0, 5.0]


@pytest.mark.parametrize(
    ("status", "headers", "message", "wait"),
    [
        (
            403,
            {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1800000100"},
            "API rate limit exceeded for user.",
            101,
        ),
        (429, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1800000100"}, "API rate limit exceeded", 101),
        (429, {"retry-after": "7"}, "Too many requests", 7),
        (
            403,
            {"retry-after": "9", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1800000100"},
            "API rate limit exceeded",
            9,
        ),
        (429, {}, "Too many requests", None),
        (403, {"retry-after": "30"}, "You have exceeded a secondary rate limit.", 30),
        (403, {}, "You have exceeded a secondary rate limit.", None),
        (403, {}, "You have triggered an abuse detection mechanism. Please wait a few minutes", None),
        (422, {}, "was submitted too quickly", None),
    ],
)
def test_limits_are_told_from_missing_rights(status, headers, message, wait):
    date = {"date": "Fri, 15 Jan 2027 08:00:00 GMT"}
    error = rate_limited(Answer(status, date | headers, {"message": message}))
    assert error is not None
    assert error.wait == wait


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (403, "Resource not accessible by integration", InsufficientScope),
        (403, "Resource not accessible by personal access token", InsufficientScope),
        (403, "Must have push access to view collaborator permission.", InsufficientScope),
        (403, "Unable to create comment because issue is locked.", InsufficientScope),
        (403, "Repository was archived so is read-only.", InsufficientScope),
        (401, "Bad credentials", AuthInvalid),
        (410, "Issues has been disabled in this repository.", RepoNotFoundOrUnauthorized),
        (410, "This issue was deleted", ObjectNotFound),
        (422, "Validation Failed", BackendUnavailable),
        (500, "", BackendUnavailable),
    ],
)
def test_refusals_have_the_errors_of_the_store(status, message, kind):
    answer = Answer(status, {"x-accepted-github-permissions": "issues=write"}, {"message": message})
    assert rate_limited(answer) is None
    error = refusal(answer, "comment", "o/n", has_token=True)
    assert type(error) is kind
    assert error.hint
    if message.startswith("Resource"):
        assert "issues=write" in error.hint


# --- what was read before -------------------------------------------------------------------------


def test_what_has_not_changed_costs_no_rate_limit(hub):
    store = hub.store()
    store.create("a", {"n": 0})
    store.get("a")
    hub.asked()
    for _ in range(3):
        assert store.get("a").data == {"n": 0}
    assert [request.split()[-1] for request in hub.asked()] == ["304"] * 3
    hub.store().update("a", {"n": 1}, process=True)
    assert store.get("a").data == {"n": 1}, "never an answer that is older than the server's"


def test_memory_holds_the_issues_of_ten_thousand_objects_and_no_more(hub, monkeypatch):
    """So a server that asks for each of them by number asks for nothing that counts while they are unchanged."""
    hub.near().create("a", {"visits": 12, "tags": ["a", "b"], "note": "a line of text, as objects have it"})
    backend = hub.through()
    backend.get_issue(1)
    cache = backend.client._cache
    (address,), text = cache._known, cache.get(next(iter(cache._known))).text
    for number in range(1, 101):
        cache.put(
            address.replace("/1", f"/{number}"), Known(f'"{number}{"e" * 60}"', text.replace("visits", f"v{number}"))
        )
    assert cache.get(address.replace("/1", "/77")).text == text.replace("visits", "v77")
    assert cache._size * 100 < cache_file._MEMORY
    size = cache._size
    cache.put(address, Known("e", text))
    cache.put(address, Known('"1' + "e" * 60 + '"', text.replace("visits", "v1")))
    assert cache._size == size, "what is replaced is not counted twice"
    monkeypatch.setattr(cache_file, "_MEMORY", size // 2)
    cache.put(address, Known("e", text))
    assert cache._size <= size // 2
    assert cache.get(address) is not None
    assert cache.get(address.replace("/1", "/2")) is None, "the longest unused goes first"


def test_a_folder_keeps_answers_for_the_next_run_of_the_same_token(hub, tmp_path):
    folder = tmp_path / "kept" / "here"
    hub.store().create("a", {"n": 0})
    hub.user("other", "write")

    def ask(user=None):
        store = Store(hub.through(user, cache=folder), hub.config, sleep=hub.clock.sleep)
        hub.asked()
        store.issue_handler.get_object_by_number(1)
        return hub.asked()[0].split()[-1]

    assert ask() == "200"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in folder.iterdir())
    assert ask() == "304"
    assert ask("other") == "200", "an ETag is that of a token"
    for file in folder.iterdir():
        file.write_bytes(b'{"etag": "x"')
    assert ask() == "200", "what is broken is missing"
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    assert ask() == "200"
    assert "token-of" not in "".join(file.read_text() + file.name for file in folder.iterdir())


def test_an_entry_that_was_tampered_with_is_missing(tmp_path):
    cache = Cache("me", tmp_path)
    cache.put("/a", Known('"1"', '{"n": 1}'))
    (file,) = tmp_path.glob("*.json")
    file.write_text(file.read_text().replace('n\\": 1', 'n\\": 2'))
    assert Cache("me", tmp_path).get("/a") is None
    assert cache.get("/a") == Known('"1"', '{"n": 1}')


def test_an_entry_is_that_of_a_token_and_what_is_used_is_kept_longest(tmp_path):
    cache = Cache("me", tmp_path)
    for at, address in enumerate(("/a", "/b")):
        cache.put(address, Known('"1"', address))
        (newest,) = (file for file in tmp_path.glob("*.json") if file.stat().st_mtime > 100)
        os.utime(newest, (at, at))
    assert Cache("you", tmp_path).get("/a") is None
    assert Cache("me", tmp_path).get("/a") == Known('"1"', "/a")
    assert sorted(file.stat().st_mtime > 100 for file in tmp_path.glob("*.json")) == [False, True]


def test_the_folder_is_bounded_and_the_longest_unused_goes_first(tmp_path):
    cache = Cache("me", tmp_path, most=10_000)
    for n in range(40):
        cache.put(f"/{n}", Known('"1"', "x" * 500))
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 10_000
    fresh = Cache("me", tmp_path)
    assert fresh.get("/39") is not None
    assert fresh.get("/0") is None


@pytest.mark.parametrize("names", [["photos.zip"], ["photos.zip", "0" * 64], [".hidden"]])
def test_a_folder_of_somebody_is_neither_used_nor_tidied(tmp_path, names):
    for name in names:
        (tmp_path / name).write_bytes(b"x" * 20_000)
    cache = Cache("me", tmp_path, most=10_000)
    cache.put("/a", Known('"1"', "x"))
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(names)
    assert cache.get("/a") == Known('"1"', "x"), "it is in memory"


def test_what_is_put_into_its_folder_stays(tmp_path):
    cache = Cache("me", tmp_path, most=10_000)
    cache.put("/a", Known('"1"', "x"))
    for name in ("photos.zip", "0" * 64, "gh-store-notes.json"):
        (tmp_path / name).write_bytes(b"x" * 20_000)
    (tmp_path / f"gh-store-{'0' * 64}.json").symlink_to("photos.zip")
    for n in range(40):
        cache.put(f"/{n}", Known('"1"', "x" * 500))
    assert {each.name for each in tmp_path.iterdir()} >= {"photos.zip", "0" * 64, "gh-store-notes.json"}
    assert (tmp_path / "photos.zip").stat().st_size == 20_000


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o770])
def test_a_folder_that_others_may_write_to_is_not_used(tmp_path, mode):
    Cache("me", tmp_path).put("/a", Known('"1"', "x"))
    assert Cache("me", tmp_path).get("/a") is not None
    tmp_path.chmod(mode)
    assert Cache("me", tmp_path).get("/a") is None
    before = sorted(tmp_path.iterdir())
    Cache("me", tmp_path).put("/b", Known('"1"', "x"))
    assert sorted(tmp_path.iterdir()) == before


def test_a_folder_that_cannot_be_written_is_no_failure(hub, tmp_path):
    (tmp_path / "file").write_text("")
    store = Store(hub.through(cache=tmp_path / "file"), hub.config, sleep=hub.clock.sleep)
    store.create("a", {})
    assert store.get("a").data == {}
    assert (tmp_path / "file").read_text() == ""


# --- who asks -------------------------------------------------------------------------------------


def test_a_public_store_is_read_without_a_token(hub):
    hub.store().create("a", {"n": 1})
    anybody = hub.store("-anonymous-")
    assert anybody.get("a").data == {"n": 1}
    hub.asked()
    for verb in (lambda: anybody.update("a", {}), lambda: anybody.create("b", {}), lambda: anybody.delete("a")):
        with pytest.raises(AuthMissing):
            verb()
    assert not any(request.startswith(("POST", "PATCH", "DELETE")) for request in hub.asked()), "nothing was sent"
    hub.user("writer", "write")
    hub.store("writer").update("a", {"n": 2})
    seen = anybody.get("a")
    assert (seen.data, seen.meta.pending) == ({"n": 1}, None), "who may not ask sees what is committed"


def test_a_token_that_is_not_known(hub):
    bad = GitHubBackend("local/data", Connection(hub.address, "token-of-nobody"), Limiter(Limits()))
    with pytest.raises(AuthInvalid):
        Store(bad, hub.config).get("a")


def test_a_repository_that_is_not_there_or_not_to_be_seen(hub):
    elsewhere = GitHubBackend("local/other", hub.connection(), Limiter(Limits()))
    store = Store(elsewhere, hub.config)
    for verb in (
        lambda: store.get("a"),
        lambda: store.create("a", {}),
        lambda: store.process_updates(1),
        lambda: list(store.list_all()),
    ):
        with pytest.raises(RepoNotFoundOrUnauthorized, match="local/other"):
            verb()
    hub.server.private = True
    with pytest.raises(RepoNotFoundOrUnauthorized):
        hub.store("stranger").get("a")


def test_issues_that_are_switched_off(hub):
    hub.trouble.add({"kind": "no-issues"})
    with pytest.raises(RepoNotFoundOrUnauthorized, match="turned off"):
        hub.store().get("a")


def test_a_reader_who_writes_is_told_that_it_will_not_count(hub):
    hub.store().create("a", {})
    with pytest.raises(AccessDeniedError):
        hub.store("reader").update("a", {"n": 1})
    with pytest.raises(InsufficientScope):
        hub.store("reader").create("b", {})
    with pytest.raises(InsufficientScope):
        hub.store("reader").process_updates(1)


def test_a_locked_issue_is_said_so(hub):
    store = hub.store()
    store.create("a", {})
    store.update("a", {"n": 1})
    hub.backend().lock_issue(1)
    with pytest.raises(InsufficientScope, match="locked"):
        store.process_updates(1)
    hub.backend().lock_issue(1, locked=False)
    assert store.process_updates(1).data == {"n": 1}, "the receipt that was missing is left now"
    assert hub.comments()[1].reactions == {"+1": 1}


def test_no_token_is_ever_shown(hub, said, caplog):
    caplog.set_level(logging.DEBUG)
    secret = "".join(reversed("terces_a_si_siht_phg"))  # tracebacks show the lines of this test too
    hub.server.users[secret] = "local"
    connection = Connection(hub.address, secret)
    backend = GitHubBackend("local/data", connection, Limiter(Limits()))
    store = Store(backend, hub.config, sleep=hub.clock.sleep)
    store.create("a", {})
    shown = [
        repr(thing) for thing in (connection, backend, backend.client, backend.client.__dict__["connection"], store)
    ]
    for kind in ("500", "drop-before", "primary-limit"):
        hub.trouble.add({"kind": kind, "times": 5})
        with pytest.raises((BackendUnavailable, RateLimited)) as caught:
            store.get("a")
        shown += [repr(caught.value), str(vars(caught.value)), caught.value.hint, repr(caught.value.__cause__)]
        shown.append(repr(caught.getrepr(style="long", showlocals=False)))
        hub.trouble.clear()
        hub.clock.sleep(100)
    assert secret not in "".join([*shown, *map(str, said), caplog.text])


# --- what does not answer -------------------------------------------------------------------------


def test_a_server_that_is_not_there_was_never_asked():
    backend = GitHubBackend("o/n", Connection("http://127.0.0.1:9", "t"), Limiter(Limits()))
    with pytest.raises(BackendUnavailable) as caught:
        backend.create_comment(1, "{}")
    assert not caught.value.outcome_unknown


def test_an_answer_that_does_not_come_in_time(hub):
    hub.store().create("a", {})
    hub.trouble.add({"kind": "timeout", "times": 1})
    with pytest.raises(BackendUnavailable, match=r"within 0\.2 s") as caught:
        hub.through(timeout=0.2).create_comment(1, "{}")
    assert caught.value.outcome_unknown


def test_a_redirect_to_another_host_is_not_followed(hub):
    hub.store().create("a", {})
    hub.backend().transfer_issue(1, "x/y/issues/1")
    seen = []
    original = hub.server._reply

    def elsewhere(request, token, body):
        reply = original(request, token, body)
        seen.append(request.headers.get("host"))
        return replace(reply, status=301, headers={"location": "https://evil.example/repos/x/y"})

    hub.server._reply = elsewhere
    with pytest.raises(BackendUnavailable, match="redirects to another"):
        hub.through().get_issue(1)
    assert all("127.0.0.1" in host for host in seen)


def test_long_work_is_only_that_of_its_own_thread():
    seen = []
    with long_work():
        thread = threading.Thread(target=lambda: seen.append(_long_work.get()))
        thread.start()
        thread.join()
        assert _long_work.get()
    assert seen == [False]


def test_each_thread_has_a_connection_of_its_own(hub):
    """PyGithub keeps the request in fields of a connection: threads that share one may get each other's answers."""
    exchange, meet, used = hub.through().client._exchange, threading.Barrier(4), []

    def ask():
        used.append(exchange._line("a token", app=False))
        meet.wait()
        assert exchange._line("a token", app=False) in used

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(line) for _, line in used}) == 4


def test_what_a_thread_had_goes_with_it(hub):
    hub.near().create("a", {})
    backend = hub.through()
    for _ in range(3):
        thread = threading.Thread(target=lambda: backend.get_issue(1))
        thread.start()
        thread.join()
    gc.collect()
    assert len(backend.client._exchange._open) == 0


def test_a_store_may_be_shared_by_threads(hub):
    store = hub.store()
    for n in range(8):
        store.create(f"o{n}", {"n": 0})
    failed = []

    def work(n):
        try:
            for k in range(5):
                store.update(f"o{n}", {"n": k}, process=True)
        except Exception as error:  # noqa: BLE001  # told by the test, in its own thread
            failed.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert sorted((obj.data["n"], obj.meta.version) for obj in store.list_all()) == [(4, 6)] * 8


def test_a_certificate_is_checked_and_another_bundle_can_be_named(hub, tmp_path, monkeypatch):
    authority, bundle, both = trustme.CA(), tmp_path / "ca.pem", tmp_path / "server.pem"
    authority.cert_pem.write_to_path(bundle)
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(both)
    hub.near().create("a", {"n": 1})
    with serving(hub.server, str(both)) as address:

        def get(**options):
            with GitHubStore("local/data", "token-of-local", base_url=address, **options) as store:
                return store.get("a").data

        with pytest.raises(BackendUnavailable, match="certificate") as caught:
            get()
        assert "--ca-bundle" in caught.value.hint
        assert hub.asked() == []
        assert get(ca_bundle=str(bundle)) == {"n": 1}
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
        assert get() == {"n": 1}


@pytest.mark.parametrize("data", ["[]", "{}", '{"number": "x"}', "null", '"text"', "[1]", "<html>", '{"message": 1}'])
def test_an_answer_that_is_none_of_githubs_is_said_so(hub, data):
    hub.near().create("a", {})
    hub.server._reply = lambda request, token, body: Reply(200, json.loads(data) if data[0] != "<" else data)
    backend = hub.through()
    for verb in (
        lambda: backend.get_issue(1),
        lambda: backend.create_comment(1, "{}"),
        lambda: backend.edit_issue(1, open=True),
        lambda: backend.add_label(1, "x"),
        lambda: backend.permission("somebody"),
        lambda: backend.create_label("x", ""),
        lambda: backend.add_reaction(1, "+1"),
    ):
        with pytest.raises((BackendUnavailable, IntegrityError, InsufficientScope)):
            verb()


def test_a_label_that_is_still_there_and_a_reaction_that_is_another(hub):
    hub.near().create("a", {}, ["x"])
    pages = hub.server.pages("local")
    pages.remove_label = lambda number, name: None
    with pytest.raises(IntegrityError, match="still has"):
        hub.through().remove_label(1, "x")
    pages.add_label = lambda number, name: None
    with pytest.raises(InsufficientScope, match="silently"):
        hub.through().add_label(1, "y")
