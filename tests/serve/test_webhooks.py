"""The endpoint of webhooks. What payloads say is tested beside."""

import hashlib
import hmac
import json
from urllib.parse import urlencode

import pytest
from serve.asked import Asked, serving

PATH = "/api/v1/webhooks/github"
SECRET = "hush"
REPOSITORY = {"full_name": "Ada/Data", "id": 7}


def issue(**more):
    return {"action": "edited", "repository": REPOSITORY, "issue": {
        "number": 3, "title": "x", "body": "", "state": "open", "labels": [], "comments": 0, "id": 1, "node_id": "x",
        "user": {"login": "ada", "type": "User"}, "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z", **more,
    }}  # fmt: skip  # what is needed of an event


@pytest.fixture(scope="module")
def ask():
    with serving(Asked(), webhook_secret=SECRET, rate=1000.0) as client:
        yield client


def send(ask, body, event="issues", kind="application/json", signature=None):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    if signature is None:
        signature = "sha256=" + hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
    return ask(
        "POST", PATH, raw, token="", Content_Type=kind, X_GitHub_Event=event, X_Hub_Signature_256=signature
    )  # fmt: skip  # one delivery


def test_a_signed_event_is_a_hint(ask):
    ask.asked.hints.clear()
    assert send(ask, issue()).status == 202
    form = urlencode({"payload": json.dumps(issue(number=4))}).encode()
    assert send(ask, form, kind="application/x-www-form-urlencoded").status == 202
    assert [hint.issue_number for hint in ask.asked.hints] == [3, 4]


def test_what_is_not_ours_is_taken_and_forgotten(ask):
    other = issue() | {"repository": {"full_name": "eve/other", "id": 8}}
    for body, event in (
        ({}, "ping"), ({"zen": "x"}, "push"), (b"{", "issues"), (b"\xff", "issues"), (other, "issues"), ([], "issues"),
        (b"[" * 100_000, "issues"), (issue(number=10**30), "issues"), (b"1" * 10_000, "issues"),
    ):  # fmt: skip  # a delivery each
        answer = send(ask, body, event)
        assert (answer.status, answer.body) == (204, b""), event


@pytest.mark.parametrize(
    "signature",
    ["", "sha256=", "sha256=" + "0" * 64, "sha1=" + "0" * 40, "ü", hmac.new(b"x", b"{}", hashlib.sha256).hexdigest()],
)
def test_what_is_not_signed_is_not_read(ask, signature):
    ask.asked.hints.clear()
    answer = send(ask, issue(), signature=signature)
    assert (answer.status, answer.json["error"]) == (401, "BadSignature")
    assert "www-authenticate" in answer.headers
    assert ask.asked.hints == []


def test_a_large_body_passes(ask):
    assert send(ask, issue(body="x" * 3_000_000)).status == 202


def test_without_a_secret_there_is_no_endpoint():
    with serving() as other:
        assert send(other, issue()).status == 404
        assert other("GET", PATH).status == 404


def test_those_that_are_not_signed_have_a_rate():
    with serving(Asked(), webhook_secret=SECRET, rate=0.01) as other:
        assert [send(other, issue()).status for _ in range(6)] == [202] * 6
        assert [send(other, issue(), signature="sha256=0").status for _ in range(3)] == [401, 429, 429]


def test_what_others_read_takes_no_webhook_away():
    """Behind a proxy that is not trusted, GitHub and all readers are one address."""
    with serving(Asked(), webhook_secret=SECRET, rate=0.01) as other:
        assert [other("GET", "objects/x").status for _ in range(3)] == [404, 429, 429]
        assert send(other, issue()).status == 202


def test_events_are_counted_by_known_names(ask):
    send(ask, {}, "ping")
    send(ask, {}, "secret-event")
    text = ask("GET", "/metrics").body.decode()
    assert 'gh_store_webhooks_total{event="ping"}' in text
    assert 'gh_store_webhooks_total{event="other"}' in text
    assert "secret-event" not in text
