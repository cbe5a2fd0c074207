"""Streams of events: that something changed, and up to where; how many there may be, and for how long."""

import json
import socket
from contextlib import contextmanager

import pytest
from serve.asked import serving

from gh_store.serve.cache import CacheDown
from gh_store.serve.http.connection import Patience
from gh_store.serve.http.events import Pace

QUICK = Pace(poll=0.02, heartbeat=30.0, life=60.0, most=5, most_of_one=3)


class Stream:
    """A client that reads events."""

    def __init__(self, ask, **headers):
        self.socket = socket.create_connection(("127.0.0.1", ask.port), timeout=10)
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        self.socket.sendall(f"GET /api/v1/repos/ada/data/events HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n".encode())
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.headers = dict(line.decode().strip().lower().split(": ", 1) for line in iter(self.file.readline, b"\r\n"))

    def event(self):
        """The next event, with its cursor; "" for a heartbeat, None for the end."""
        text = ""
        while not text.endswith("\n\n"):
            size = int(self.file.readline() or b"0", 16)
            piece = self.file.read(size + 2)[:-2]
            if not size:
                return None
            text += piece.decode()
        if text.startswith(":"):
            return ""
        event, name, data = text.strip().split("\n")
        cursor = name.removeprefix("id: ")
        assert json.loads(data.removeprefix("data: ")) == {"cursor": cursor}
        return event.removeprefix("event: "), cursor

    def close(self):
        self.file.close()
        self.socket.close()


@contextmanager
def stream(ask, **headers):
    opened = Stream(ask, **headers)
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture(scope="module")
def ask():
    with serving(pace=QUICK) as client:
        yield client


def until_left(ask, streams):
    """Wait until the server knows who has left."""
    for _ in range(1000):
        if f"gh_store_streams {streams}.0" in ask("GET", "/metrics").body.decode():
            return
    raise AssertionError


def test_a_change_is_told_to_all(ask):
    with stream(ask) as first, stream(ask) as second:
        assert first.status == 200
        assert first.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert first.headers["x-accel-buffering"] == "no"
        assert "no-cache" in first.headers["cache-control"]
        kind, cursor = first.event()
        assert (kind, second.event()) == ("connected", ("connected", cursor))
        ask.put("a", {"n": 1})
        told = first.event()
        assert told == second.event()
        assert told[0] == "refresh"
        assert told[1] != cursor
        assert ask("GET", f"changes?after={cursor}").json["cursor"] == told[1]
    until_left(ask, 0)


def test_who_comes_back_is_told_at_once(ask):
    now = ask("GET", "").json["cursor"]
    for last, expected in (("0123456789abcdef-99", True), ("garbage\\", True), (now, False), ("", False)):
        with stream(ask, Last_Event_ID=last) as back:
            assert back.event() == ("connected", now)
            if expected:
                assert back.event() == ("refresh", now)
            else:
                ask.put("b", {"n": last})
                assert back.event()[1] != now
                now = ask("GET", "").json["cursor"]
    until_left(ask, 0)


def test_an_address_has_so_many_and_no_more(ask):
    opened = [Stream(ask) for _ in range(3)]
    with stream(ask) as refused:
        assert (refused.status, refused.headers["retry-after"]) == (429, "30")
    opened.pop().close()
    until_left(ask, 2)
    with stream(ask) as accepted:
        assert accepted.status == 200
    for each in opened:
        each.close()
    until_left(ask, 0)


def test_all_have_so_many_and_no_more():
    with serving(pace=Pace(most=1, most_of_one=3)) as ask, stream(ask), stream(ask) as refused:
        assert (refused.status, refused.headers["retry-after"]) == (503, "30")


def test_silence_is_broken_and_life_ends():
    with serving(pace=Pace(poll=0.02, heartbeat=0.1, life=0.5)) as ask, stream(ask) as one:
        told = [one.event() for _ in range(2)]
        assert (told[0][0], told[1]) == ("connected", "")
        while one.event() is not None:
            pass


def test_a_cache_that_fails_ends_no_stream(ask):
    with stream(ask) as one:
        one.event()
        ask.asked.failing = CacheDown("down")
        with stream(ask) as other:
            other.event()
        ask.asked.failing = None
        ask.put("c", {"n": 1})
        assert one.event()[0] == "refresh"
    until_left(ask, 0)
    ask.asked.failing = CacheDown("down")
    with stream(ask) as refused:
        assert refused.status == 503
    ask.asked.failing = None
    until_left(ask, 0)


def test_head_opens_none(ask):
    answer = ask("HEAD", "events")
    assert (answer.status, answer.body) == (200, b"")
    until_left(ask, 0)


def test_streams_end_with_the_server():
    with serving(patience=Patience(end=300)) as ask:
        one = Stream(ask)
        one.event()
    assert one.event() is None
    one.close()
