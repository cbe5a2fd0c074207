"""The dev server tells of changes as GitHub does: the same events, headers and payloads, signed, in order, once."""

import hashlib
import hmac
import json
import re
import threading
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from places import DATA
from world import REPOSITORY

from gh_store import InvalidInput
from gh_store.devserver.deliveries import Deliveries
from gh_store.serve.webhook import is_signed

SECRET = "It's a Secret to Everybody"
REAL = json.loads((DATA / "webhooks.json").read_text("utf-8"))


class Receiver:
    """Somebody who takes webhooks, over a socket."""

    def __init__(self):
        self.got, self.arrived, self.status, self.hold = [], threading.Condition(), 202, threading.Event()
        self.hold.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                with receiver.arrived:
                    receiver.got.append((dict(self.headers), body))
                    receiver.arrived.notify_all()
                receiver.hold.wait(10)
                self.send_response(receiver.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/api/v1/webhooks/github"

    def wait(self, count):
        """The first so many deliveries."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.got) >= count, 10), [event(each) for each in self.got]
        return self.got

    def events(self, count):
        return [event(each) for each in self.wait(count)]


def event(delivery):
    headers, body = delivery
    return f"{headers['X-GitHub-Event']}.{json.loads(body)['action']}"


@contextmanager
def receiving():
    receiver = Receiver()
    thread = threading.Thread(target=lambda: receiver.server.serve_forever(0.01), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.hold.set()
        receiver.server.shutdown()
        receiver.server.server_close()


@pytest.fixture
def receiver():
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def told(hub, receiver):
    """What went wrong with deliveries."""
    told = []
    hub.server.webhooks.append(Deliveries(receiver.url, SECRET, told.append, timeout=2))
    return told


def ask(hub, method, path, **sent):
    headers = {"Authorization": "Bearer token-of-local"}
    answer = requests.request(method, f"{hub.address}/repos/{REPOSITORY}{path}", json=sent, headers=headers, timeout=10)
    assert answer.ok, answer.text
    return answer


def control(hub, **fault):
    headers = {"Authorization": f"Bearer {hub.server.control_token}"}
    requests.post(f"{hub.address}/_devserver/faults", json=fault, headers=headers, timeout=10).raise_for_status()


def test_every_change_is_told_in_order(hub, receiver, told):
    ask(hub, "POST", "/labels", name="a", description="of old")
    ask(hub, "POST", "/issues", title="t", body="b", labels=["a", "new"])
    ask(hub, "POST", "/issues/1/comments", body="c")
    ask(hub, "PATCH", "/issues/comments/1", body="d")
    ask(hub, "PATCH", "/issues/1", title="u", body="v", state="closed")
    ask(hub, "PATCH", "/issues/1", title="u", body="v", state="closed")  # changes nothing
    ask(hub, "PATCH", "/issues/1", state="open")
    ask(hub, "POST", "/issues/1/labels", labels=["a", "b"])
    ask(hub, "DELETE", "/issues/1/labels/b")
    ask(hub, "PATCH", "/labels/a", description="of new")
    ask(hub, "PUT", "/issues/1/lock")
    ask(hub, "DELETE", "/issues/1/lock")
    ask(hub, "DELETE", "/issues/comments/1")
    ask(hub, "DELETE", "/labels/a")
    ask(hub, "GET", "/issues/1")
    control(hub, kind="delete-issue", number=1)
    control(hub, kind="rename", to="local/renamed")
    expected = [
        "label.created",
        "label.created", "issues.opened", "issues.labeled", "issues.labeled",
        "issue_comment.created", "issue_comment.edited",
        "issues.edited", "issues.closed", "issues.reopened",
        "label.created", "issues.labeled", "issues.unlabeled", "label.edited",
        "issues.locked", "issues.unlocked",
        "issue_comment.deleted", "label.deleted",
        "issues.deleted", "repository.renamed",
    ]  # fmt: skip
    assert receiver.events(len(expected)) == expected
    payloads = [json.loads(body) for _, body in receiver.got]
    edits = {event(each): json.loads(each[1]).get("changes") for each in receiver.got}
    assert edits["issues.edited"] == {"title": {"from": "t"}, "body": {"from": "b"}}
    assert edits["issue_comment.edited"] == {"body": {"from": "c"}}
    assert edits["label.edited"] == {"description": {"from": "of old"}}
    assert edits["repository.renamed"] == {"repository": {"name": {"from": "data"}}}
    assert payloads[-1]["repository"]["full_name"] == "local/renamed"
    assert len({payload["repository"]["id"] for payload in payloads}) == 1
    assert {payload["sender"]["login"] for payload in payloads} == {"local"}
    assert told == []


def fits(ours, real, at=""):
    """All that a real payload has is there, and is of the same kind."""
    if isinstance(real, dict) and isinstance(ours, dict):
        for key, value in real.items():
            assert key in ours, f"{at}.{key}"
            fits(ours[key], value, f"{at}.{key}")
    elif isinstance(real, list) and isinstance(ours, list):
        for one in ours[:1]:
            fits(one, real[0], f"{at}[]") if real else None
    elif real is not None and ours is not None:
        assert type(ours) is type(real), f"{at}: {ours!r} is no {real!r}"


def test_payloads_are_as_githubs(hub, receiver, told):
    ask(hub, "POST", "/issues", title="t", body="b", labels=["a"])
    ask(hub, "PATCH", "/issues/1", title="u", body="c", state="closed")
    ask(hub, "PATCH", "/issues/1", state="open")
    ask(hub, "POST", "/issues/1/comments", body="c")
    ask(hub, "DELETE", "/issues/comments/1")
    receiver.wait(8)
    seen = {event(each): json.loads(each[1]) for each in receiver.got}
    assert set(REAL) <= set(seen)
    for name, real in REAL.items():
        fits(seen[name], real, name)


def test_headers_and_signature_are_as_githubs(hub, receiver, told):
    ask(hub, "POST", "/issues", title="ümläut \u2028 🎈", body="")
    ((headers, body),) = receiver.wait(1)
    assert headers["X-Hub-Signature-256"] == "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Hub-Signature"] == "sha1=" + hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()
    assert headers["Content-Type"] == "application/json"
    assert headers["User-Agent"].startswith("GitHub-Hookshot/")
    assert len(headers["X-GitHub-Delivery"]) == 36
    assert "X-GitHub-Hook-ID" in headers
    assert "🎈".encode() in body


def test_a_store_makes_the_events_that_a_server_waits_for(hub, receiver, told):
    store = hub.store()
    store.create("a", {"n": 1})
    begun = Counter(receiver.events(9))
    store.update("a", {"n": 2}, process=True)
    made = Counter(receiver.events(13)) - begun
    assert made["issue_comment.created"] == 1
    assert made["issues.reopened"] == 1
    assert made["issues.edited"] == 1
    assert made["issues.closed"] == 1
    last = json.loads(receiver.got[-1][1])
    assert last["issue"]["title"].startswith("Stored Object: a [v2 ")


def test_nobody_waits_for_a_receiver_and_nothing_is_sent_twice(hub, receiver, told):
    receiver.hold.clear()
    for n in range(3):
        ask(hub, "POST", "/issues", title=str(n), body="")
    assert receiver.events(1) == ["issues.opened"]
    receiver.status = 500
    receiver.hold.set()
    receiver.wait(3)
    hub.server.webhooks.pop().close()
    assert [json.loads(body)["issue"]["title"] for _, body in receiver.got] == ["0", "1", "2"]
    assert len(told) == 3
    assert all("answered with 500" in each for each in told)


def test_a_receiver_that_is_not_there_or_does_not_answer(hub, receiver):
    told = []
    receiver.hold.clear()
    with receiving() as gone:
        away = gone.url
    hooks = [Deliveries(away, SECRET, told.append), Deliveries(receiver.url, SECRET, told.append, timeout=0.2)]
    hub.server.webhooks.extend(hooks)
    ask(hub, "POST", "/issues", title="t", body="")
    receiver.wait(1)
    for hook in hooks:
        hook._waiting.put(None)
        hook._thread.join(10)
    hub.server.webhooks.clear()
    assert sorted(each.partition(": ")[2].partition(":")[0] for each in told) == ["issues was not delivered"] * 2
    assert SECRET not in str(told)


def test_a_redirect_is_not_followed(hub, receiver, told):
    receiver.status = 307
    ask(hub, "POST", "/issues", title="t", body="")
    receiver.wait(1)
    hub.server.webhooks.pop().close()
    assert len(receiver.got) == 1
    assert "answered with 307" in told[0]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/x", "https://127.0.0.1/x", "http://127.0.0.1@example.com/", "http://0.0.0.0/", "ftp://127.0.0.1/",
        "http://127.0.0.1:0/", "http://127.0.0.1:99999/", "http://[::1", "127.0.0.1:80", "", "http://169.254.169.254/",
        "http://localhost.example.com/", "http://user:secret@127.0.0.1/",
    ],
)  # fmt: skip
def test_nothing_is_sent_to_other_machines(url):
    with pytest.raises(InvalidInput, match="loopback") as caught:
        Deliveries(url, SECRET)
    assert "secret" not in str(caught.value)


def test_the_command_sends_them(receiver, shell):
    (shell.folder / "c.yml").write_text(
        "store: {rate_limit: {seconds_between_writes: 0}, processing: {patience: 0}, access: {users: ['keeper[bot]']}}"
    )
    (shell.folder / "secret").write_text(f"{SECRET}\n")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding, none = serialization.Encoding.PEM, serialization.NoEncryption()
    (shell.folder / "app.pem").write_bytes(key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, none))
    arguments = ["dev-server", "--store", ":memory:", "--repo", "o/n", "--port", "0", "--app", "7=keeper:app.pem"]
    arguments += ["--webhook", receiver.url]
    for wrong, words in (
        ([], "no secret"),
        (["--webhook-secret-file", "nowhere"], "nowhere"),
        (["--webhook-secret-file", "secret", "--webhook", "http://example.com/"], "loopback"),
        (["--webhook-secret-file", "secret", "--app", "7=keeper"], "ID=SLUG:KEYFILE"),
        (["--webhook-secret-file", "secret", "--app", "7=keeper:secret"], "not an RSA key"),
    ):
        _, err = shell.run(*arguments, *wrong, code=2)
        assert words in err
        assert SECRET not in err
    with shell.started(*arguments, "--webhook-secret-file", "secret") as server:
        address = re.search(r"http://\S+:\d+", server.stderr.readline())[0]
        given = {"GH_STORE_APP_ID": "7", "GH_STORE_APP_PRIVATE_KEY_FILE": "app.pem", "GITHUB_API_URL": address}
        shell.environment |= given
        out, _ = shell.run("create", "a", "{}", "--repo", "o/n", "--config", "c.yml")
        assert json.loads(out)["object_id"] == "a"
        receiver.wait(7)
    headers, body = receiver.got[0]
    assert is_signed(body, headers["X-Hub-Signature-256"], SECRET)
    assert json.loads(body)["sender"]["login"] == "keeper[bot]"
