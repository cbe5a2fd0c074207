"""Who may ask for what: each sentence of the rights, over sockets."""

import ipaddress
import json

import pytest
from serve.asked import serving

from gh_store.serve.http.guards import Rate
from gh_store.serve.http.message import Problem
from gh_store.serve.rights import Access, Rights

ORIGIN = "https://data.example"
READS = ["", "/api/v1/repos", "objects", "objects/a", "history/a", "snapshot", "changes", "events", "/metrics", "/openapi.json"]  # fmt: skip
WRITES = [("PUT", "objects/a"), ("PATCH", "objects/a"), ("DELETE", "objects/a"), ("POST", "sync")]


@pytest.fixture(scope="module")
def on_loopback():
    with serving(allowed_hosts=frozenset({"data.example"}), cors=frozenset({ORIGIN})) as client:
        client.asked.store.create("a", {})
        yield client


def public(**settings):
    """A server that believes that others reach it."""
    return serving(host="0.0.0.0", **settings)


def test_writes_take_the_token(on_loopback):
    for method, path in WRITES:
        for token in ("", "wrong", "secret2", "secre"):
            answer = on_loopback(method, path, {}, token=token)
            assert answer.status == 401
            assert answer["www-authenticate"].startswith('Bearer realm="gh-store"')
            assert b"secret" not in answer.body
    for scheme in ("Basic secret", "secret", "Bearer", "Bearer  ", "Bearer secret, Bearer secret"):
        assert on_loopback("POST", "sync", Authorization=scheme, token="").status == 401
    assert on_loopback("POST", "sync", Authorization="bearer secret", token="").status == 200


def test_reads_on_loopback_do_not(on_loopback):
    for path in READS:
        if path != "events":
            assert on_loopback("GET", path, token="").status == 200
            assert on_loopback("GET", path, token="wrong").status == 200


@pytest.mark.parametrize("settings", [{"token": None}, {"read_only": True}, {"token": None, "read_only": True}])
def test_without_a_token_or_read_only_there_are_no_writes(settings):
    with serving(**settings) as ask:
        for method, path in WRITES:
            answer = ask(method, path, {})
            assert (answer.status, answer.json["error"]) == (405, "ReadOnly")
            assert answer["allow"] == ("OPTIONS" if path == "sync" else "GET, HEAD, OPTIONS")
        assert ask("GET", "objects", token="").status == 200
        if "read_only" not in settings:
            assert ask("GET", "objects/a?fresh=true").status == 403


def test_others_read_with_the_token():
    with public() as ask:
        ask.asked.store.create("a", {})
        for path in READS:
            assert ask("GET", path, token="").status == 401
            assert ask("HEAD", path, token="wrong").status == 401
            if path != "events":
                assert ask("GET", path).status == 200
        assert ask("GET", "/api/v1/repos/no/such", token="").status == 401, "names of stores are not told"
        assert ask("GET", "objects/a")["cache-control"] == "private, no-cache"
        for path in ("/healthz", "/readyz"):
            assert ask("GET", path, token="").status == 200
        assert ask("OPTIONS", "objects", token="").status == 204


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ({"public_reads": True}, 200), ({"read_only": True, "token": None}, 200), ({"read_only": True}, 401),
        ({"read_only": True, "public_reads": True}, 200),
    ],
)  # fmt: skip  # settings each
def test_unless_reads_are_public(settings, status):
    with public(max_age=5, **settings) as ask:
        assert ask("GET", "objects", token="").status == status
        assert ask("GET", "/metrics", token="").status == status
        assert ask("GET", "objects")["cache-control"] == ("max-age=5" if status == 200 else "private, max-age=5")
        writable = ask("PUT", "objects/a", {}, token="").status
        assert writable == (405 if "read_only" in settings else 401)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200), ("LOCALHOST:1234", 200), ("127.0.0.1", 200), ("127.1.2.3:80", 200), ("[::1]:8080", 200),
        ("localhost.", 200), ("data.example", 200), ("Data.Example:443", 200), ("evil.example", 421), ("", 421),
        ("localhost.evil.example", 421), ("127.0.0.1.evil.example", 421), ("192.168.1.2", 421), ("::1", 421),
        ("evil.example:localhost", 421), ("localhost@evil.example", 421), ("[::1].evil.example", 421),
    ],
)  # fmt: skip  # a host each
def test_on_loopback_only_names_of_this_machine_pass(on_loopback, host, status):
    for path in ("objects", "/healthz", "/openapi.json", "/nowhere"):
        answer = on_loopback("GET", path, Host=host)
        assert answer.status == (404 if path == "/nowhere" and status == 200 else status)
    assert on_loopback("POST", "/api/v1/webhooks/github", b"{}", Host=host).status == 404, "there is no secret"


def test_webhooks_come_under_any_name():
    with serving(webhook_secret="hush") as ask:
        assert ask("POST", "/api/v1/webhooks/github", b"{}", Host="evil.example").status == 401


def test_others_call_a_public_server_as_they_like():
    with public() as ask:
        assert ask("GET", "objects", Host="anything.example").status == 200
    with public(allowed_hosts=frozenset({"data.example"})) as ask:
        assert ask("GET", "objects", Host="data.example").status == 200
        assert ask("GET", "objects", Host="anything.example").status == 421


def test_pages_of_an_origin_may_ask(on_loopback):
    answer = on_loopback("GET", "objects/a", Origin=ORIGIN)
    assert answer["access-control-allow-origin"] == ORIGIN
    assert "ETag" in answer["access-control-expose-headers"]
    assert answer["vary"] == "Origin"
    assert on_loopback("GET", "objects/no", Origin=ORIGIN)["access-control-allow-origin"] == ORIGIN
    before = on_loopback(
        "OPTIONS", "objects/a", token="", Origin=ORIGIN, Access_Control_Request_Method="PATCH",
        Access_Control_Request_Headers="authorization",
    )  # fmt: skip  # a preflight
    assert before.status == 204
    assert before["access-control-allow-origin"] == ORIGIN
    assert "PATCH" in before["access-control-allow-methods"]
    assert {"Authorization", "If-Match", "Content-Type"} <= {*before["access-control-allow-headers"].split(", ")}


@pytest.mark.parametrize("origin", ["https://evil.example", "http://data.example", "https://data.example:8443", "null"])
def test_pages_elsewhere_may_not(on_loopback, origin):
    for method in ("GET", "OPTIONS"):
        answer = on_loopback(method, "objects/a", Origin=origin, Access_Control_Request_Method="PATCH")
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert answer["vary"] == "Origin"


def test_unless_somebody_says_otherwise_no_other_name_passes_and_no_page():
    with serving() as ask:
        assert ask("GET", "objects", Host="data.example").status == 421
        assert ask("GET", "objects", Host="localhost:1").status == 200
        assert "vary" not in ask("GET", "objects", Origin=ORIGIN).headers


def test_an_address_has_a_rate():
    with serving(rate=0.01) as ask:
        assert ask("GET", "/nowhere").status == 404
        limited = ask("GET", "objects")
        assert (limited.status, limited["retry-after"]) in ((429, "100"), (429, "99"))
        assert ask("GET", "/healthz").status == 200


def test_a_second_of_requests_may_come_at_once():
    now, waits = [0.0], []
    rate = Rate(3.0, lambda: now[0])

    def comes(client="1.1.1.1"):
        try:
            rate.check(client)
        except Problem as problem:
            waits.append(problem.headers["Retry-After"])
            return False
        rate.spend(client)
        return True

    assert [comes() for _ in range(5)] == [True] * 3 + [False] * 2
    assert comes("2.2.2.2")
    now[0] = 0.5
    assert [comes() for _ in range(2)] == [True, False]
    now[0] = 100.0
    assert [comes() for _ in range(4)] == [True] * 3 + [False]
    assert [comes(f"2001:db8::{at}") for at in range(4)] == [True] * 3 + [False]
    assert {*waits} == {"1"}
    for at in range(20_000):
        comes(str(at))
    assert len(rate._left) <= 10_000


def test_a_proxy_says_who_asks():
    trusted = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("10.0.0.0/8"))
    with serving(rate=0.01, trusted_proxies=trusted) as ask:
        told = ["1.1.1.1", "2.2.2.2", "9.9.9.9, 3.3.3.3", "5.5.5.5, 10.1.1.1", "2001:db8::1"]
        assert [ask("GET", "/x", X_Forwarded_For=each).status for each in told] == [404] * 5
        again = ["1.1.1.1", "8.8.8.8, 3.3.3.3", "7.7.7.7, 5.5.5.5", "::ffff:2.2.2.2", "2001:db8::2"]
        assert [ask("GET", "/x", X_Forwarded_For=each).status for each in again] == [429] * 5
    with serving(rate=0.01) as ask:
        assert ask("GET", "/x", X_Forwarded_For="1.1.1.1").status == 404
        assert ask("GET", "/x", X_Forwarded_For="2.2.2.2").status == 429, "nobody else is believed"


def test_every_combination_of_rights():
    """Whoever may write has shown the token; others never may where the server is read-only, or has none."""
    for bits in range(16):
        token, read_only, loopback, public_reads = (bool(bits >> at & 1) for at in range(4))
        rights = Rights("t" if token else None, read_only, loopback, public_reads)
        assert rights.writable == (token and not read_only)
        assert rights.takes_token(Access.WRITE)
        assert rights.takes_token(Access.READ) == (token and not loopback and not public_reads)
        assert not rights.takes_token(Access.OPEN)
        assert rights.exposes_writes == (not loopback and not token and not read_only)
        assert rights.is_presented("Bearer t") == token
        assert not rights.is_presented(None)
        assert not rights.is_presented("Bearer \xff")
        assert "'t'" not in repr(rights)


def test_the_description_tells_what_takes_the_token():
    with public() as ask:
        document = json.loads(ask("GET", "/openapi.json").body)
        assert document["openapi"].startswith("3.1")
        guarded = {
            (path, method)
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
            if "security" not in operation
        }
        assert {path for path, _ in guarded} == {"/healthz", "/readyz", "/api/v1/webhooks/github"}
