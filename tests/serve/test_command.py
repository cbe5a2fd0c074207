"""`gh-store serve` as a process: how it begins, and how it ends; and what it refuses to begin with."""

import http.client
import json
import re
import signal
import socket
import time
from contextlib import closing, contextmanager

import pytest

from gh_store import LocalStore

TOKEN = "quite-secret"


@contextmanager
def started(shell, *arguments):
    """A server at work, and its port."""
    shell.environment["GH_STORE_SERVE_TOKEN"] = TOKEN
    with shell.started("serve", "--port", "0", *arguments) as process:
        said = ""
        while "served at" not in said:
            said = process.stderr.readline()
            assert said, process.wait()
        yield process, int(re.search(r"http://127\.0\.0\.1:(\d+);", said)[1])


def ask(port, path, method="GET", body=None):
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


def stream(port, path="/api/v1/repos/local/data/events"):
    opened = socket.create_connection(("127.0.0.1", port), timeout=20)
    opened.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert opened.recv(100).startswith(b"HTTP/1.1 200")
    return opened


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_0_while_streams_are_open(shell, number):
    with LocalStore(shell.folder / "data.db") as store:
        store.create("a", {"n": 1})
    with started(shell, "--store", "data.db", "--cache", "cache") as (process, port):
        status, body = ask(port, "/api/v1/repos/local/data/objects/a?wait=1")
        assert status == 400
        status, body = ask(port, "/api/v1/repos/LOCAL/data/objects/a")
        assert (status, json.loads(body)["data"]) == (200, {"n": 1})
        assert ask(port, "/api/v1/repos/local/data/objects/b", "PUT", b'{"n": 2}')[0] == 201
        opened = [stream(port) for _ in range(3)]
        if number == signal.SIGTERM:  # a second one
            _, err = shell.run("serve", "--store", "data.db", "--cache", "cache", "--port", "0", code=2)
            assert "valkey" in err.lower()
            _, err = shell.run("serve", "--store", "data.db", "--cache", "other", "--port", str(port), code=2)
            assert f"127.0.0.1:{port}" in err
        begun = time.monotonic()
        process.send_signal(number)
        assert process.wait(10) == 0
        assert time.monotonic() - begun < 5
        said = process.stderr.read()
        assert "local/data: looked at" in said
        assert TOKEN not in said
        for each in opened:
            while each.recv(65_536):
                pass
            each.close()
    with LocalStore(shell.folder / "data.db") as store:
        assert store["b"] == {"n": 2}


def test_it_ends_while_github_does_not_answer(shell):
    """A refresh is under way that would wait for half a minute; it serves meanwhile, and is not waited for."""
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        where = ("--repo", "ada/data", "--token", "t", "--base-url", address, "--cache", "cache")
        with started(shell, *where) as (process, port):
            asked, _ = silent.accept()
            assert ask(port, "/healthz")[0] == 200
            assert ask(port, "/readyz")[0] == 503
            assert ask(port, "/api/v1/repos/ada/data/objects")[0] == 503
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
            asked.close()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--host", "0.0.0.0"], "GH_STORE_SERVE_TOKEN"),
        (["--interval", "often"], "90s"),
        (["--ttl", "1 hour"], "--ttl"),
        (["--cors", "data.example"], "origin"),
        (["--trusted-proxy", "x"], "--trusted-proxy"),
        (["--allowed-host", "http://x"], "host name"),
        (["--port", "65536"], "65536"),
        (["--port", "x"], "x"),
        (["--rate", "-1"], "--rate"),
        (["--rate", "nan"], "--rate"),
        (["--max-age", "-1"], "--max-age"),
        (["--store", "no.db"], "no.db"),
        (["--store", "data.db", "--repo", "a/b"], "two stores"),
        (["--repo", "a/b", "--repo", "A/B"], "twice"),
        (["--repo", "nonsense"], "owner/name"),
        (["--store", "data.db", "--base-url", "https://x"], "--base-url"),
        (["--host", "203.0.113.1", "--read-only"], "203.0.113.1"),
        (["--host", "no.such.name.invalid", "--read-only"], "no.such.name.invalid"),
        (["--cache", "valkey://x:port"], "valkey"),
    ],
)
def test_garbage_exits_with_2(shell, arguments, said):
    LocalStore(shell.folder / "data.db").close()
    shell.environment["GH_TOKEN"] = "t"
    where = [] if {"--store", "--repo"} & {*arguments} else ["--store", "data.db"]
    out, err = shell.run("serve", "--port", "0", "--cache", "cache", *where, *arguments, code=2)
    assert out == ""
    assert said in err
    assert "hint: " in err
