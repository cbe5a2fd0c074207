"""A site on this machine: for its own name alone, under the path of Pages, and up to date."""

import http.client
import socket
import sys
import threading
from email.utils import formatdate

import pytest
from told import cities, entry, write

from gh_store import ConfigurationError, InvalidInput, site
from gh_store.site.serve import Server


@pytest.fixture
def ask(build):
    """Ask a server of a site; the status and the text of its answer."""
    folder = build(cities())
    (folder / "o" / "secret.txt").write_text("x")
    asked = []
    with Server(folder, 0, "/open-data/", lambda: asked.append(1)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()

        def answer(path, host=None, method="GET", **headers):
            connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
            connection.request(method, path, headers={"Host": host or f"127.0.0.1:{server.server_port}", **headers})
            found = connection.getresponse()
            text = found.read().decode()
            connection.close()
            return found.status, text

        answer.server, answer.asked = server, asked
        yield answer
        server.shutdown()
        thread.join()


def test_pages_are_served_under_their_path(ask):
    assert ask("/open-data/")[0] == 200
    assert "cities/oslo" in ask("/open-data/o/cities/oslo.html")[1]
    assert ask("/open-data/", f"localhost:{ask.server.server_port}")[0] == 200
    assert ask("/")[0] == ask("/open-data")[0] == 302
    assert len(ask.asked) == 3


def test_a_page_that_was_made_anew_within_a_second_is_sent(ask):
    assert ask("/open-data/", **{"If-Modified-Since": formatdate(usegmt=True)})[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example:80", ""])
def test_other_names_get_421(ask, host):
    assert ask("/open-data/", host or " ")[0] == 421
    assert not ask.asked


def test_one_name_is_told(ask):
    with socket.create_connection(("127.0.0.1", ask.server.server_port), timeout=20) as connection:
        ours = f"Host: 127.0.0.1:{ask.server.server_port}"
        connection.sendall(f"GET /open-data/ HTTP/1.1\r\n{ours}\r\nHost: evil.example\r\n\r\n".encode())
        assert connection.makefile("rb").readline().split()[1] == b"421"


def test_what_is_not_there_is_the_page_that_says_so(ask):
    for path in (
        "/open-data/nothing",
        "/open-data/o/",
        "/open-data/../../etc/passwd",
        "/other/",
        "/open-data/%2e%2e/snapshot.json",
        "/open-data/o",
        "/open-data//evil.example/..",
        "/open-data//o",
        "//evil.example/",
        "//[",
        "/open-data/%00",
        "/open-data/index.html/",
        "/open-data/" + "a/" * 9_000,
        "/%6fpen-data/index.html",
        "http://evil.example/open-data/",
        "*",
    ):
        status, text = ask(path)
        assert status == 404, path
        assert "There is no such page" in text
    assert ask("/open-data/", method="POST")[0] == 501
    assert ask("/open-data/nothing", method="HEAD") == (404, "")


def test_a_port_that_is_taken(ask, tmp_path):
    with pytest.raises(InvalidInput, match="Cannot listen"):
        Server(tmp_path, ask.server.server_port)


def test_the_path_of_a_site(tmp_path):
    def path(repository, server="https://github.com", **chosen):
        source = write(tmp_path / "s.json", [entry("a", 1, {})], repository, server)
        return site.path_of(source, site.Options(**chosen))

    assert path("ada/open-data") == "/open-data/"
    assert path("ada/ada.github.io") == "/"
    assert path("ada/x", base_url="https://example.org/data") == "/data/"
    assert path("local/4711", None) == "/"


def test_without_its_packages_it_says_which_extra_it_needs(build, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("gh_store.site.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(site, "builder", raising=False)
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(ConfigurationError, match="A site needs the package jinja2") as raised:
        build(cities())
    assert "gh-object-store[site]" in raised.value.hint
