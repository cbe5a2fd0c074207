"""Connections of clients that are slow, silent, greedy or broken: each ends in time, and holds nobody up."""

import asyncio
import json
import select
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager

import pytest
from serve.asked import Asked, serving

from gh_store.serve.http import app
from gh_store.serve.http.connection import Connection, Patience
from gh_store.serve.served import Document

QUICK = Patience(head=0.5, whole=0.8, answer=0.5, idle=1)
HOST = b"Host: localhost\r\n"
TOKEN = b"Authorization: Bearer secret\r\n"
WEBHOOK = b"POST /api/v1/webhooks/github HTTP/1.1\r\n" + HOST


class Endless(Asked):
    """A store whose snapshot has no end."""

    ended = 0

    async def snapshot(self):
        async def pieces():
            try:
                while True:
                    yield "x" * 100_000
            finally:
                self.ended += 1

        return Document(pieces(), '"e"')


@pytest.fixture(scope="module")
def ask():
    with serving(Endless(), patience=QUICK, webhook_secret="hush") as client:
        yield client


@pytest.fixture(scope="module")
def patient():
    with serving(webhook_secret="hush") as client:
        yield client


@contextmanager
def connected(ask, *, small=False):
    with closing(socket.socket()) as opened:
        if small:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        opened.settimeout(10)
        opened.connect(("127.0.0.1", ask.port))
        yield opened


def until_closed(opened):
    """All that comes until the server closes."""
    received = b""
    while True:
        try:
            piece = opened.recv(65_536)
        except ConnectionResetError:
            return received
        if not piece:
            return received
        received += piece


def status_of(received):
    return int(received.split(b" ", 2)[1]) if received else None


@pytest.mark.parametrize(
    ("begun", "status"),
    [
        (b"", None),
        (b"\r\n", 408),
        (b"GET /healthz HTTP/1.1\r\n" + HOST, 408),
        (b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: " + b"y" * 30_000, 408),
        (b"GET /healthz HTTP/1.1\r\n" + HOST + b"X: " + b"y" * 400_000, 431),
        (b"GARBAGE\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\n" + HOST + HOST + b"Connection: close\r\n\r\n", 400),
        (b"PUT /api/v1/repos/ada/data/objects/a HTTP/1.1\r\n" + HOST + TOKEN + b"Content-Type: application/json\r\n"
         b"Content-Length: 10\r\n\r\n{", 408),
        (WEBHOOK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", 408),
        (WEBHOOK + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400),
    ],
)  # fmt: skip  # what a client begins with
def test_what_does_not_come_to_its_end(ask, begun, status):
    with connected(ask) as opened:
        opened.sendall(begun)
        received = until_closed(opened)
    assert status_of(received) in (status, None if status == 431 else status), received[:200]
    if received:
        head, _, body = received.partition(b"\r\n\r\n")
        assert b"application/problem+json" in head
        assert json.loads(body)["status"] == status


def test_a_head_that_trickles_is_not_waited_for(ask):
    with connected(ask) as opened:
        opened.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST)
        stop = threading.Event()

        def trickle():
            while not stop.wait(0.05):
                try:
                    opened.sendall(b"X-A: b\r\n")
                except OSError:
                    return

        sending = threading.Thread(target=trickle)
        sending.start()
        assert status_of(until_closed(opened)) in (408, None)
        stop.set()
        sending.join()


def test_a_connection_is_used_again_and_not_kept_for_ever(ask):
    with connected(ask) as opened:
        for _ in range(3):
            opened.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n")
            received = b""
            while not received.endswith(b'{"status":"ok"}'):
                received += opened.recv(65_536)
            assert status_of(received) == 200
        both = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
        opened.sendall(both + both + b"GET /heal")
        received = until_closed(opened)
    assert received.count(b"HTTP/1.1 200 OK") == 2


def test_who_takes_nothing_of_an_answer_is_dropped(ask):
    with connected(ask, small=True) as opened:
        opened.sendall(b"GET /api/v1/repos/ada/data/snapshot HTTP/1.1\r\n" + HOST + b"\r\n")
        opened.recv(1)
        for name in ("a", "b", "c"):
            assert ask.put(name, {}).status in (200, 201)
        for _ in range(2000):
            if ask.asked.ended:
                break
            ask("GET", "/healthz")
        assert ask.asked.ended == 1


def test_what_is_made_for_who_has_left_is_ended(ask):
    before = ask.asked.ended
    with connected(ask) as opened:
        opened.sendall(b"GET /api/v1/repos/ada/data/snapshot HTTP/1.1\r\n" + HOST + b"\r\n")
        opened.recv(65_536)
    for _ in range(2000):
        if ask.asked.ended > before:
            return
        ask("GET", "/healthz")
    raise AssertionError


def test_a_body_is_refused_by_its_length_before_it_comes(patient):
    for length, path, token in (
        (1_048_577, b"PUT /api/v1/repos/ada/data/objects/a", TOKEN), (8 * 1_048_576 + 1, b"POST /api/v1/webhooks/github", b""),
        (10**30, b"POST /api/v1/webhooks/github", b""),
    ):  # fmt: skip  # a length each
        with connected(patient) as opened:
            opened.sendall(
                path + b" HTTP/1.1\r\n" + HOST + token + b"Content-Type: application/json\r\nExpect: 100-continue\r\n"
                b"Content-Length: %d\r\n\r\n" % length
            )
            received = opened.recv(65_536)
            assert status_of(received) in ((400,) if length > 2**63 else (413,)), received


def test_a_body_without_a_length_is_counted(patient):
    with connected(patient) as opened:
        opened.sendall(
            b"PUT /api/v1/repos/ada/data/objects/a HTTP/1.1\r\n" + HOST + TOKEN
            + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        )  # fmt: skip  # a head
        piece = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
        for _ in range(17):
            opened.sendall(piece)
        assert status_of(opened.recv(65_536)) == 413


def test_who_sends_too_much_reads_why(patient):
    answer = patient("PUT", "objects/a", b"x" * 3_000_000, Content_Type="application/json")
    assert (answer.status, answer.json["error"]) == (413, "ContentTooLarge")


def test_only_so_many_large_bodies_of_webhooks_at_once(patient, monkeypatch):
    monkeypatch.setattr(app, "_HOOKS_WAITING", 1)
    with ExitStack() as closing_all:
        opened = [closing_all.enter_context(connected(patient)) for _ in range(18)]
        for at, each in enumerate(opened):
            each.sendall(WEBHOOK + b"Content-Length: 90000\r\n\r\n" + b"x" * 89_999)
            while patient.app._hooks_now < min(at + 1, 17):
                patient("GET", "/healthz")
        refused = opened[17].recv(65_536)
        assert status_of(refused) == 503
        assert b"retry-after: 1" in refused
        opened[16].sendall(b"x")
        assert patient("POST", "/api/v1/webhooks/github", b"small").status == 401, "it waits for no turn"
        assert select.select([opened[16]], [], [], 0.3)[0] == [], "it waits"
        opened[0].sendall(b"x")
        assert status_of(opened[0].recv(65_536)) == 401
        assert status_of(opened[16].recv(65_536)) == 401, "it was its turn"


def test_a_large_answer_comes_whole(patient):
    data = {"text": "x" * 60_000}
    for at in range(20):
        patient.asked.store.create(f"large/{at:02}", data)
        patient.asked.keep(f"large/{at:02}")
    answer = patient("GET", "objects?prefix=large/")
    assert len(answer.body) > 1_000_000
    assert [each["data"] for each in answer.json["objects"]] == [data] * 20


def test_who_goes_without_a_word_is_found_out_by_the_system():
    class Bare(Connection):
        def __init__(self):
            self.config = type("Config", (), {"patience": Patience()})()

    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as opened:
        Bare()._expect_life(opened)
        assert opened.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000


def test_upgrades_are_not_taken(patient):
    with connected(patient) as opened:
        opened.sendall(
            b"GET /healthz HTTP/1.1\r\n" + HOST + b"Connection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n"
        )  # fmt: skip  # a head
        assert status_of(until_closed(opened)) == 200


def test_options_of_everything_and_other_methods(patient):
    assert patient("TRACE", "/healthz").status == 405
    assert patient("PROPFIND", "objects/a").status == 405
    with connected(patient) as opened:
        opened.sendall(b"OPTIONS * HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
        assert status_of(until_closed(opened)) in (400, 404)


class Stuck(Asked):
    """A store that never ends a sync, and tells that somebody waits for it, or for a decision."""

    def __init__(self):
        super().__init__(processes=False)
        self.waited_for = threading.Semaphore(0)

    async def sync(self, **_):
        self.waited_for.release()
        return await asyncio.Event().wait()

    async def object(self, object_id, *, fresh=False):
        answer = await super().object(object_id, fresh=fresh)
        if json.loads(answer.text)["pending"]:
            self.waited_for.release()
        return answer


def test_who_waits_at_the_end_is_answered():
    stuck = Stuck()
    stuck.store.create("a", {})
    stuck.process()
    with ThreadPoolExecutor(2) as clients:
        with serving(stuck, patience=Patience(end=1)) as ask:
            decided = clients.submit(ask, "PATCH", "objects/a?wait=30", {"n": 1})
            assert stuck.waited_for.acquire(timeout=10)
            synced = clients.submit(ask, "POST", "sync")
            assert stuck.waited_for.acquire(timeout=10)
            while stuck.waited_for.acquire(blocking=False):
                pass
        assert (decided.result(10).status, decided.result().json["pending"]) == (202, 1)
        assert (synced.result(10).status, synced.result().json["error"]) == (503, "Stopping")
        assert synced.result()["retry-after"]
