"""What goes wrong before an answer: proxies, TLS, certificates. It is said as what it is, and nothing was sent."""

import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest
import trustme

from gh_store import BackendUnavailable, ConfigurationError, GitHubStoreError
from gh_store.backends.github import Connection, GitHubBackend, Limiter, Limits

Talk = Callable[[socket.socket], object]


class Peer:
    """Does the same with every connection, and keeps what was received first."""

    def __init__(self, talk: Talk) -> None:
        self.received: list[bytes] = []
        self._talk = talk
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            opened, _ = self._listening.accept()
            with opened:
                opened.settimeout(5)
                if opened.recv(9, socket.MSG_PEEK) == b"end":
                    return
                try:
                    self._talk(opened)
                except OSError:
                    continue

    def close(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as last:
            last.sendall(b"end")
        self._thread.join()
        self._listening.close()


@contextmanager
def peer(talk: Talk) -> Iterator[Peer]:
    with closing(Peer(talk)) as there:
        yield there


def posting(address: str, ca_bundle: str | None = None, timeout: float = 5.0) -> GitHubStoreError:
    """The error of a comment."""
    limiter = Limiter(Limits())
    backend = GitHubBackend("o/n", Connection(address, "secret-token", timeout=timeout, ca_bundle=ca_bundle), limiter)
    with closing(backend), pytest.raises(GitHubStoreError) as caught:
        backend.create_comment(1, "{}")
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"
    return caught.value


def outcome(error: GitHubStoreError) -> tuple[bool, bool]:
    assert isinstance(error, BackendUnavailable)
    return error.transient, error.outcome_unknown


def saying(data: bytes) -> Talk:
    def talk(opened: socket.socket) -> None:
        opened.recv(9_999)
        opened.sendall(data)

    return talk


@pytest.fixture
def proxy(monkeypatch):
    def named(address):
        for name in ("NO_PROXY", "HTTP_PROXY", "HTTPS_PROXY"):
            for each in (name, name.lower()):
                monkeypatch.setenv(each, "" if name == "NO_PROXY" else address)

    return named


@pytest.mark.parametrize(
    "talk",
    [
        saying(b""),
        saying(b"\xff garbage\r\n\r\n"),
        saying(b"HTTP/1.1 407 X\r\nContent-Length: 0\r\n\r\n"),
        lambda opened: opened.recv(9_999) and opened.recv(9_999),
    ],
    ids=["closes", "garbage", "407", "silent"],
)
def test_a_proxy_that_makes_no_tunnel_is_said_at_once(proxy, talk):
    with peer(talk) as there:
        proxy(f"http://me:hunter2@127.0.0.1:{there.port}")
        error = posting("https://git.example.org", timeout=1)
    assert "proxy" in error.message
    assert outcome(error) == (False, False)


def test_a_proxy_that_asks_who_we_are(proxy):
    with peer(saying(b"HTTP/1.1 407 X\r\nContent-Length: 0\r\n\r\n")) as there:
        proxy(f"http://127.0.0.1:{there.port}")
        error = posting("http://127.0.0.1:9")
    assert "proxy asks" in error.message
    assert outcome(error) == (False, False)


@pytest.mark.parametrize(
    "address", ["http://me:hunter2@127.0.0.1:99999", "http://me:hunter2@\u2603.invalid:1", "ftp://me:hunter2@127.0.0.1:1", "http://", "me:hunter2@127.0.0.1:1"]
)  # fmt: skip
def test_an_address_that_no_proxy_has(proxy, address):
    proxy(address)
    assert isinstance(posting("https://git.example.org"), ConfigurationError)


# --- TLS --------------------------------------------------------------------------------------------


@pytest.fixture
def ca(tmp_path):
    """An authority, and the file that says whom to trust."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return authority, str(tmp_path / "ca.pem")


def over_tls(ca, talk: Talk, name: str = "127.0.0.1") -> Talk:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca[0].issue_cert(name).configure_cert(context)

    def talking(opened: socket.socket) -> None:
        with context.wrap_socket(opened, server_side=True) as secured:
            talk(secured)

    return talking


def broken(secured: socket.socket) -> None:
    """Send a record that cannot be decrypted, after the request was received."""
    secured.recv(9_999)
    with socket.socket(fileno=os.dup(secured.fileno())) as plain:
        plain.sendall(b"\x17\x03\x03\x00\x20" + b"j" * 32)
        secured.recv(9_999)


def test_a_connection_that_breaks_after_the_request_says_nothing_of_certificates(ca):
    for talk in (broken, saying(b"")):
        with peer(over_tls(ca, talk)) as there:
            error = posting(f"https://127.0.0.1:{there.port}", ca[1])
        assert "certificate" not in error.message
        assert outcome(error) == (True, True), "it may have been written"


def test_a_server_that_has_no_tls(ca):
    with peer(saying(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as there:
        error = posting(f"https://127.0.0.1:{there.port}", ca[1])
    assert "not TLS" in error.message
    assert "--base-url" in error.hint
    assert outcome(error) == (False, False)


def test_a_server_that_ends_the_handshake_was_sent_nothing(ca):
    with peer(lambda opened: None) as there:
        assert outcome(posting(f"https://127.0.0.1:{there.port}", ca[1])) == (True, False)
    with peer(lambda opened: opened.recv(9_999) and opened.recv(9_999)) as there:
        assert outcome(posting(f"https://127.0.0.1:{there.port}", ca[1], timeout=0.3)) == (True, False)


def test_the_certificate_of_another(ca):
    with peer(over_tls(ca, saying(b""), "other.example")) as there:
        error = posting(f"https://127.0.0.1:{there.port}", ca[1])
    assert "certificate" in error.message
    assert "not trusted" in error.message


@pytest.mark.parametrize("text", ["", "nonsense", None])
def test_a_file_without_certificates_is_not_the_servers_fault(ca, tmp_path, text):
    file = tmp_path / "none.pem"
    if text is not None:
        file.write_text(text)
    with peer(over_tls(ca, saying(b""))) as there:
        error = posting(f"https://127.0.0.1:{there.port}", str(file))
    assert isinstance(error, ConfigurationError)
    assert "REQUESTS_CA_BUNDLE" in error.hint
