"""A server that lies: whatever it answers, a verb ends in a documented error, within its bound, in one line."""

import gzip
import json
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import Clock

from gh_store import BackendUnavailable, ConfigurationError, GitHubStoreError, RateLimited, Store
from gh_store import config as configuration
from gh_store.backends.github import Connection, GitHubBackend, Limiter, Limits, decode
from gh_store.credentials import Credentials, Token
from gh_store.doctor import Doctor

TOKEN = "ghp_" + "secret" * 6
Answers = Callable[[str], Iterator[bytes]]


class Liar:
    """Answers each connection's requests with whatever bytes it is told to; counts them."""

    def __init__(self) -> None:
        self.answer: Answers = lambda request: iter(())
        self.asked: list[str] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._ended.set()
        socket.create_connection(self._listening.getsockname()).close()
        self._thread.join()
        self._listening.close()

    def _serve(self) -> None:
        while not self._ended.is_set():
            opened, _ = self._listening.accept()
            with opened:
                try:
                    self._talk(opened)
                except OSError:
                    continue

    def _talk(self, opened: socket.socket) -> None:
        """One request and its answer; the end of the connection ends both."""
        opened.settimeout(5)
        text = b""
        while b"\r\n\r\n" not in text:
            more = opened.recv(65_536)
            if not more:
                return
            text += more
        head, _, body = text.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += opened.recv(65_536)
        self.asked.append(head.split(b"\r\n")[0].decode())
        for piece in self.answer(self.asked[-1]):
            opened.sendall(piece)
        opened.shutdown(socket.SHUT_WR)


def http(status: int = 200, data: Any = None, *, raw: bytes | None = None, **headers: str) -> bytes:
    body = raw if raw is not None else json.dumps(data).encode()
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


@pytest.fixture(scope="module")
def liar():
    server = Liar()
    yield server
    server.close()


@pytest.fixture
def says(liar):
    """Answer every request alike."""

    def always(*pieces: bytes) -> None:
        liar.asked.clear()
        liar.answer = lambda request: iter(pieces)

    return always


@contextmanager
def opened(liar: Liar, *, timeout: float = 5.0) -> Iterator[Store]:
    clock = Clock()
    backend = GitHubBackend(
        "o/n", Connection(liar.address, TOKEN, timeout=timeout), Limiter(Limits(), clock, clock.sleep)
    )
    with Store(backend, CONFIG, sleep=clock.sleep, clock=clock) as store:
        yield store


CONFIG = replace(configuration.load(None), retries_max_attempts=2, rate_limit_on_limit="raise")


def raised(liar: Liar, verb: Callable[[Store], object], **options: float) -> GitHubStoreError:
    with opened(liar, **options) as store, pytest.raises(GitHubStoreError) as caught:
        verb(store)
    return caught.value


def in_one_line(error: GitHubStoreError) -> None:
    for text in (error.message, error.hint):
        assert text.isprintable(), "one line, and no control characters"
        assert len(text) < 1_000
        assert TOKEN not in text


def doctor(store: Store) -> None:
    who = Credentials("o/n", store.backend.client.connection.base_url, Token(TOKEN, "a test"))  # type: ignore[attr-defined]
    looking = Doctor(who, CONFIG)
    try:
        checks = list(looking.examine())
    finally:
        looking.close()
    for check in checks:
        assert check.found.isprintable()
        assert TOKEN not in check.found
    if checks[-1].error is not None:
        raise checks[-1].error


def sweep(store: Store) -> None:
    for each in store.process_pending():
        if each.error is not None:
            raise each.error


VERBS: dict[str, Callable[[Store], object]] = {
    "get": lambda store: store.get("x"),
    "update": lambda store: store.update("x", {"n": 1}),
    "sweep": sweep,
    "doctor": doctor,
}

# --- nonsense by endpoint and field -----------------------------------------------------------------

NOW = "2026-11-25T10:00:00Z"
ISSUE = {
    "number": 1, "title": "Stored Object: x", "body": "{}", "state": "open", "user": {"login": "o", "type": "User"}, "created_at": NOW,
    "updated_at": NOW, "comments": 1, "labels": [{"name": "stored-object", "description": None}, {"name": "UID:x", "description": "n"}],
}  # fmt: skip
COMMENT = {
    "id": 7,
    "body": '{"a": 1}',
    "user": {"login": "o"},
    "created_at": NOW,
    "updated_at": NOW,
    "reactions": {"+1": 0},
}
REPOSITORY = {
    "id": 1,
    "full_name": "o/n",
    "owner": {"login": "o"},
    "private": False,
    "has_issues": True,
    "permissions": {"push": True},
}
ENDPOINTS: dict[str, tuple[str, Any]] = {
    "repository": ("/repos/o/n ", REPOSITORY),
    "issues": ("/issues?", [ISSUE]),
    "issue": ("/issues/1 ", ISSUE),
    "comments": ("/issues/1/comments", [COMMENT]),
    "label": ("/labels/", {"name": "UID:x", "description": "n"}),
    "permission": ("/permission", {"permission": "admin"}),
    "rate limit": ("/rate_limit", {}),
}
NONSENSE = [None, 0, -1, 10**30, True, 1.5, "", "nonsense", "\ud800", "\x1b[31mred\nsecond line", TOKEN, "1970-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", [], [None], {}, {"a": 1}]  # fmt: skip


def table(endpoint: str, field: str | None, value: Any) -> Answers:
    """Right answers, but for one field of one endpoint."""

    def answer(request: str) -> Iterator[bytes]:
        for name, (part, right) in ENDPOINTS.items():
            if part in request:
                data = right
                if name == endpoint:
                    sick = value if field is None else (right[0] if isinstance(right, list) else right) | {field: value}
                    data = [sick] if isinstance(right, list) and field is not None else sick
                if request.startswith("POST"):
                    data = data[0] if isinstance(data, list) and data else data
                yield http(201 if request.startswith("POST") else 200, data, Date="Wed, 25 Nov 2026 10:01:00 GMT")
                return
        yield http(404, {"message": "Not Found"})

    return answer


CASES = [
    (endpoint, field)
    for endpoint, (_, right) in ENDPOINTS.items()
    for field in (None, *((right[0] if isinstance(right, list) else right).keys()))
]


@pytest.mark.parametrize(("endpoint", "field"), CASES, ids=[f"{endpoint}-{field}" for endpoint, field in CASES])
def test_nonsense_in_a_field_ends_in_words_of_ours(liar, endpoint, field):
    for value in NONSENSE:
        liar.answer = table(endpoint, field, value)
        for verb in VERBS.values():
            liar.asked.clear()
            with opened(liar) as store:
                try:
                    verb(store)
                except GitHubStoreError as error:
                    in_one_line(error)
            assert len(liar.asked) < 200, (value, liar.asked[-3:])


HEADERS = {
    "Retry-After": ["Wed, 25 Nov 2026 10:00:30 GMT", "1m0s", "-5", "1e300", "inf", "nan", "9" * 400, "", "\xff", "Wed, 99 Nov 99999 10:00:30 GMT"],
    "X-RateLimit-Reset": ["nan", "inf", "-1", "x", "9" * 400, ""],
    "X-RateLimit-Remaining": ["0", "nan", "x", "-1", "9" * 5_000, "\xb2"],
    "X-RateLimit-Limit": ["nan", "x"],
    "Date": ["", "yesterday", "Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -2359", "Wed, 25 Nov 2026 10:00:00 -0000", "0"],
    "Link": ["<", "<http://[>; rel=next", "; rel=next", '<>; rel="next"', "<x>; rel=next", ";;;,,,"],
    "Location": ["", "http://[", "//", "https://evil.example/x", "/repos/o/n", "?", "x"],
    "ETag": ["\xff", "\x01", '"' * 1_000],
    "Content-Encoding": ["gzip", "deflate", "br", "nonsense"],
    "Content-Type": ["text/html; charset=nonsense", "\xff"],
    "Transfer-Encoding": ["chunked", "x"],
    "Set-Cookie": ["a=b; domain=.example", "\xff"],
    "X-GitHub-SSO": ["required; url=javascript:alert(1)", f"required; url=https://github.com/{TOKEN}", "required; url=https://github.com/" + "a" * 5_000],
    "X-Accepted-GitHub-Permissions": [TOKEN, "\x1b[31m"],
}  # fmt: skip
STATUSES = [
    200,
    202,
    204,
    206,
    301,
    302,
    304,
    307,
    400,
    401,
    403,
    404,
    410,
    418,
    422,
    429,
    451,
    500,
    503,
    599,
    700,
    999,
]


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("status", STATUSES)
def test_nonsense_in_a_header_ends_in_words_of_ours(liar, says, status, header):
    for value in HEADERS[header]:
        says(
            http(
                status,
                {"message": f"API rate limit exceeded \x1b[31m\n {TOKEN}"},
                **{"Date": "Wed, 25 Nov 2026 10:00:00 GMT", header: value},
            )
        )
        for verb in VERBS.values():
            in_one_line(raised(liar, verb))
        assert len(liar.asked) < 60


@pytest.mark.parametrize(
    "body", [b"", b"null", b"0", b'"x"', b"[]", b"{}", b"[" * 100_000, b"NaN", b"\xff", b"9" * 5_000, b"\xef\xbb\xbf{}"]
)
@pytest.mark.parametrize("verb", VERBS)
def test_nonsense_as_a_body_ends_in_words_of_ours(liar, says, verb, body):
    for status in (200, 201, 403, 422, 429, 502):
        says(http(status, raw=body))
        if (verb, status, body) in {
            ("get", 200, b"[]"),
            ("update", 200, b"[]"),
            ("sweep", 200, b"[]"),
            ("sweep", 201, b"[]"),
        }:
            continue  # a repository that has no issues
        in_one_line(raised(liar, VERBS[verb]))


@given(
    st.binary(max_size=300),
    st.sampled_from(
        [
            b"",
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
            b"HTTP/1.1 403 X\r\n\r\n{",
            b"HTTP/1.1 100 X\r\n\r\n",
        ]
    ),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_end_in_a_documented_error_within_a_bound(liar, says, data, before):
    says(before + data)
    begun = time.monotonic()
    in_one_line(raised(liar, VERBS["get"]))
    in_one_line(raised(liar, VERBS["update"]))
    assert time.monotonic() - begun < 5


# --- time and size ----------------------------------------------------------------------------------


def dripping(*, before: bytes) -> Answers:
    def answer(request: str) -> Iterator[bytes]:
        yield before
        for _ in range(100):
            time.sleep(0.05)
            yield b" "

    return answer


@pytest.mark.parametrize(
    "before",
    [
        b"",
        b"HTTP/1.1 200 ",
        b"HTTP/1.1 200 OK\r\nX: ",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1",
    ],
)
def test_an_answer_that_drips_ends_in_time(liar, before):
    liar.answer = dripping(before=before)
    with opened(liar, timeout=0.3) as store:
        begun = time.monotonic()
        with pytest.raises(BackendUnavailable, match=r"within 0\.3 s") as caught:
            store.backend.get_issue(1)
        assert time.monotonic() - begun < 1
    assert caught.value.outcome_unknown


def test_an_answer_that_unpacks_to_too_much_is_dropped(liar, says):
    says(http(raw=gzip.compress(b" " * 200_000_000, 1), Content_Encoding="gzip"))
    with opened(liar) as store, pytest.raises(BackendUnavailable, match="more than 64,000,000 bytes"):
        store.backend.get_issue(1)


@pytest.fixture(scope="module")
def bomb():
    """A gigabyte, packed twice."""
    return gzip.compress(gzip.compress(b" " * 1_000_000_000, 1), 9)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 403, 500])
def test_no_answer_that_unpacks_to_too_much_is_read_whole(liar, says, monkeypatch, bomb, status):
    monkeypatch.setattr("gh_store.backends.github.transport.LARGEST", 1_000_000)
    says(http(status, raw=bomb, Content_Encoding="gzip, gzip", Location="/repositories/1"))
    begun = time.process_time()
    with opened(liar) as store, pytest.raises(BackendUnavailable, match="more than"):
        store.backend.get_issue(1)
    assert time.process_time() - begun < 1, "unpacking it all takes several seconds"


@pytest.mark.parametrize("part", [b"[],", b"0,", b'{"":{}},'])
def test_an_answer_of_too_many_parts_fills_no_memory(liar, says, part):
    says(http(raw=b"[" + part * 1_100_000 + b"0]"))
    tracemalloc.start()
    try:
        error = raised(liar, VERBS["get"])
        assert tracemalloc.get_traced_memory()[1] < 15 * len(part) * 1_100_000
    finally:
        tracemalloc.stop()
    assert "not valid JSON" in error.message


def test_brackets_and_commas_in_texts_are_no_parts():
    texts = [',"[{' * 300_000, "\\" * 300_000]
    assert decode.parse(json.dumps(texts)) == texts


def test_no_cookie_is_kept(liar, says):
    says(http(200, ISSUE, Set_Cookie="a=b; path=/"))
    with opened(liar) as store:
        for _ in range(3):
            store.backend.get_issue(1)
        assert not store.backend.client._exchange._line(TOKEN, app=False)[1]._session.cookies


def test_a_202_and_a_redirect_are_not_waited_for_or_followed_for_ever(liar, says):
    for status in (202, 301, 302, 307, 308):
        says(http(status, {}, Location="/repositories/1"))
        begun = time.monotonic()
        assert isinstance(raised(liar, VERBS["get"]), GitHubStoreError)
        assert time.monotonic() - begun < 2
        assert len(liar.asked) < 20


@pytest.mark.parametrize("link", ["/repos/o/n/issues?page=2", "/repos/o/n/issues?page={}"], ids=["circular", "endless"])
def test_lists_end(liar, monkeypatch, link):
    monkeypatch.setattr("gh_store.backends.github._PAGES", 20)

    def answer(request: str) -> Iterator[bytes]:
        data = [COMMENT] if "/comments" in request else [ISSUE]
        yield http(200, data, Link=f"<https://x{link.format(len(liar.asked))}>; rel=next")

    liar.answer = answer
    for verb in (
        lambda store: list(store.backend.list_labels()),
        lambda store: list(store._repo.issues.listed()),
        lambda store: store._repo.comments.since(1, 0, 100),
        lambda store: store._repo.comments.since(1, 0, 10**15),
    ):
        liar.asked.clear()
        with opened(liar) as store, pytest.raises(BackendUnavailable, match=r"does not end|REST API"):
            verb(store)
        assert len(liar.asked) <= 27


# --- words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "headers", "kind", "words"),
    [
        ("API rate limit exceeded for user ID 1.", {}, "RateLimited", "rate limit"),
        ("Repository access blocked", {}, "InsufficientScope", "Repository access blocked"),
        ("Unable to create comment because issue is locked.", {}, "InsufficientScope", "is locked"),
        ("Resource protected by organization SAML enforcement.", {"X_GitHub_SSO": "required; url=https://github.com/orgs/o/sso?a=b"}, "InsufficientScope", "visit https://github.com/orgs/o/sso?a=b"),
    ],
)  # fmt: skip
def test_refusals_are_told_apart(liar, says, message, headers, kind, words):
    says(http(403, {"message": message}, **headers))
    error = raised(liar, VERBS["get"])
    assert type(error).__name__ == kind
    assert words in f"{error.message} {error.hint}"
    assert (kind == "RateLimited") == isinstance(error, RateLimited)
    assert ("is locked" in error.message) == (words == "is locked")


def test_no_error_shows_the_token_however_it_is_written(liar, says):
    escaped = "".join(f"\\u{ord(each):04x}" for each in TOKEN)
    for body in (
        json.dumps({"message": TOKEN}),
        f'{{"message": "{escaped}"}}',
        f'{{"errors": ["{escaped}"], "message": {{"a": "{escaped}"}}}}',
    ):
        for status in (400, 403, 404, 410, 422, 500):
            says(
                http(
                    status,
                    raw=body.encode(),
                    X_Accepted_GitHub_Permissions=TOKEN,
                    X_GitHub_SSO=f"url=https://x/{TOKEN}",
                )
            )
            for verb in VERBS.values():
                in_one_line(raised(liar, verb))


def test_a_login_shows_no_token_and_no_control_character(liar):
    """Errors name the people who may not write."""
    for login in (TOKEN, f"x{TOKEN}", "\x1b[31mred\nsecond line", "\u202egnp", "a b", ""):
        stranger = {"login": login, "type": "User"}

        def answer(request: str, stranger: dict[str, str] = stranger) -> Iterator[bytes]:
            if "/permission" in request:
                yield http(200, {"permission": "read"})
            elif "/comments" in request:
                yield http(200, [COMMENT | {"user": stranger}])
            else:
                yield from table("issues", "user", stranger)(request)

        liar.answer = answer
        for verb in (*VERBS.values(), lambda store: store.delete("x"), lambda store: store.get_object_history("x")):
            with opened(liar) as store:
                try:
                    verb(store)
                except GitHubStoreError as error:
                    in_one_line(error)


@pytest.mark.parametrize("token", ["1", "t", '"', "{", "null", "404", "page", "GMT"])
def test_a_token_that_is_part_of_many_words_breaks_no_answer(liar, says, token):
    backend = GitHubBackend("o/n", Connection(liar.address, token), Limiter(Limits()))
    says(http(404, {"message": "Not Found", "status": "404", "x": [1, True, None]}))
    with pytest.raises(GitHubStoreError):
        backend.get_issue(1)
    says(
        http(
            200, [ISSUE], Link='<https://x/repos/o/n/issues?page=21>; rel="next"', Date="Wed, 25 Nov 2026 10:00:00 GMT"
        )
    )
    assert backend.list_issues().next == "2 /repos/o/n/issues?page=21"
    assert backend.now().year == 2026
    backend.close()


@pytest.mark.parametrize(
    ("proxy", "kind", "words"),
    [
        ("http://me:password@127.0.0.1:9", BackendUnavailable, "proxy"),
        ("socks5://me:password@127.0.0.1:9", ConfigurationError, "PySocks"),
        ("nonsense://me:password@[", ConfigurationError, "proxy"),
    ],
)
def test_proxy_trouble_is_said_at_once(liar, says, monkeypatch, proxy, kind, words):
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("HTTP_PROXY", proxy)
    monkeypatch.setenv("http_proxy", proxy)
    says(http(200, []))
    with opened(liar) as store, pytest.raises(kind, match=words) as caught:
        store.backend.create_comment(1, "{}")
    assert "password" not in f"{caught.value} {caught.value.hint} {caught.value.__cause__}"
    if isinstance(caught.value, BackendUnavailable):
        assert (caught.value.transient, caught.value.outcome_unknown) == (False, False)
    assert liar.asked == [], "nothing was sent"


# --- clocks -----------------------------------------------------------------------------------------


def test_time_goes_on_between_answers(liar, says):
    says(http(200, ISSUE, Date="Wed, 25 Nov 2026 10:00:00 GMT"))
    with opened(liar) as store:
        store.backend.get_issue(1)
        first = store.backend.now()
        store._repo.retry.sleep(5 * 3600)
        assert (store.backend.now() - first).total_seconds() == 5 * 3600
    assert len(liar.asked) == 1
