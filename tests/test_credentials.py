"""Which token goes to which server, and to no other."""

import os
import stat
import subprocess
import sys

import pytest
from places import ROOT

from gh_store import AuthInvalid, ConfigurationError, GitHubStore
from gh_store.credentials import resolve

GITHUB = "https://api.github.com"
GHES = "https://git.example.org/api/v3"
BOTH = {"GH_TOKEN": "gh", "GITHUB_TOKEN": "github", "GH_ENTERPRISE_TOKEN": "ent", "GITHUB_ENTERPRISE_TOKEN": "entgh"}


def source(environ, **given):
    token = resolve("o/n", environ={"PATH": "", **environ}, **given).token
    return token and (token.value, token.source)


@pytest.mark.parametrize(
    ("environ", "base_url", "found"),
    [
        (BOTH, None, ("gh", "GH_TOKEN")),
        ({"GITHUB_TOKEN": "github"}, None, ("github", "GITHUB_TOKEN")),
        ({"GH_TOKEN": "", "GITHUB_TOKEN": "github"}, None, ("github", "GITHUB_TOKEN")),
        ({}, None, None),
        ({"GH_ENTERPRISE_TOKEN": "ent"}, None, None),
        (BOTH, "https://api.corp.ghe.com", ("gh", "GH_TOKEN")),
        (BOTH, GHES, ("ent", "GH_ENTERPRISE_TOKEN")),
        ({"GITHUB_ENTERPRISE_TOKEN": "entgh"}, GHES, ("entgh", "GITHUB_ENTERPRISE_TOKEN")),
        ({"GH_TOKEN": "gh", "GITHUB_TOKEN": "github"}, GHES, None),
        ({"GH_TOKEN": "gh", "GITHUB_API_URL": GHES}, None, ("gh", "GH_TOKEN")),
        ({"GITHUB_TOKEN": "github", "GITHUB_API_URL": GHES}, GHES, ("github", "GITHUB_TOKEN")),
        ({"GITHUB_TOKEN": "github", "GITHUB_API_URL": GHES}, "https://other.example.org/api/v3", None),
        ({"GITHUB_TOKEN": "github", "GITHUB_API_URL": GHES}, "https://git.example.org:8443/api/v3", None),
        ({"GH_TOKEN": "gh"}, "https://github.com.evil.example/api/v3", None),
        ({"GH_TOKEN": "gh"}, "https://evil-ghe.com/api/v3", None),
        ({"GH_TOKEN": "gh"}, "https://API.GitHub.com", ("gh", "GH_TOKEN")),
        ({"GITHUB_TOKEN": "github", "GITHUB_API_URL": GHES}, "https://git.example.org:443/api/v3", ("github", "GITHUB_TOKEN")),
        ({"GITHUB_TOKEN": "github", "GITHUB_API_URL": "https://[nonsense"}, GHES, None),
        ({"GH_TOKEN": "gh"}, "https://api.github.com.evil.example", None),
        ({"GH_TOKEN": "gh"}, "http://127.0.0.1:8000", None),
        ({"GH_TOKEN": "gh", "GH_HOST": "git.example.org"}, None, None),
        ({"GH_ENTERPRISE_TOKEN": "ent", "GH_HOST": "git.example.org"}, None, ("ent", "GH_ENTERPRISE_TOKEN")),
        ({"GH_TOKEN": "gh", "GH_HOST": "github.com"}, None, ("gh", "GH_TOKEN")),
    ],
)  # fmt: skip
def test_a_token_goes_to_its_own_server(environ, base_url, found):
    assert source(environ, base_url=base_url) == found


def test_an_argument_goes_first_and_anywhere():
    assert source(BOTH, token="mine", base_url=GHES) == ("mine", "the argument")


@pytest.mark.parametrize(
    ("environ", "base_url", "address"),
    [
        ({}, None, GITHUB),
        ({"GITHUB_API_URL": GHES}, None, GHES),
        ({"GH_HOST": "git.example.org"}, None, GHES),
        ({"GH_HOST": "github.com"}, None, GITHUB),
        ({"GH_HOST": "GitHub.com"}, None, GITHUB),
        ({"GH_HOST": "Corp.GHE.com"}, None, "https://api.corp.ghe.com"),
        ({"GH_HOST": "corp.ghe.com"}, None, "https://api.corp.ghe.com"),
        ({"GITHUB_API_URL": GITHUB, "GH_HOST": "git.example.org"}, None, GITHUB),
        ({"GITHUB_API_URL": GITHUB}, f"{GHES}/", GHES),
    ],
)
def test_the_server(environ, base_url, address):
    assert resolve("o/n", base_url=base_url, environ={"PATH": "", **environ}).base_url == address


def test_the_repository():
    assert resolve(environ={"PATH": "", "GITHUB_REPOSITORY": "a/b"}).repository == "a/b"
    assert resolve("c/d", environ={"PATH": "", "GITHUB_REPOSITORY": "a/b"}).repository == "c/d"
    for wrong in (
        None,
        "",
        "name",
        "a/b/c",
        "a/b?x",
        "../x/y",
        "a/..",
        "./b",
        "a/b\n",
        "a b/c",
        "https://me:pw@github.com/a/b",
        "https://evil.example/a/b",
        "git@github.com/a/b",
        "https://github.com:a/b",
        "https://github.com/a/../b",
        "https://github.com/a/b/c",
        "-a/b",
        "a/.git",
        "ssh://git@evil.example:22/a/b",
        "ssh://me:pw@github.com/a/b",
        f"a/{'b' * 101}",
    ):
        with pytest.raises(ConfigurationError):
            resolve(wrong, environ={})
    for form in (
        "https://github.com/a/b",
        "https://github.com/a/b.git",
        "https://GitHub.com/a/b/",
        "git@github.com:a/b.git",
        "ssh://git@github.com/a/b.git",
        "ssh://git@github.com:22/a/b",
        "HTTPS://GITHUB.COM/a/b.git/",
        "a/b.git",
    ):
        assert resolve(form, environ={"PATH": ""}).repository == "a/b"
    assert resolve("https://git.example.org/a/b", base_url=GHES, environ={"PATH": ""}).repository == "a/b"


@pytest.mark.parametrize(
    "address", ["http://api.github.com", "http://10.0.0.1:8000", "ftp://x", "x", "https://", "https://me:pw@x/api/v3", "https://x:port",
     "https://@x/", "https://api.github.com\\@evil.example", "https://evil.example\\.github.com", "https://x%2eorg", "https://x y", "https://x:0", "https://x:65536",
     "https://api.git\nhub.com", "https://x?secret", "https://x#pw", "https://0x7f.1", "https://127.1", "https://[1.2.3.4]", "https://[::1%25eth0]", "https://a..b", "https://\u0261ithub.com", "https://x/pw%0a"]
)  # fmt: skip
def test_a_token_never_travels_in_the_open(address):
    with pytest.raises(ConfigurationError) as caught:
        resolve("o/n", token="secret", base_url=address, environ={})
    assert "secret" not in str(caught.value)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize("address", ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"])
def test_but_on_this_machine(address):
    assert resolve("o/n", base_url=address, environ={"PATH": ""}).base_url == address


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "ünïcode", "tab\there", b"bytes", 75319])
def test_what_is_no_token_is_refused_and_not_shown(token):
    with pytest.raises(AuthInvalid) as caught:
        resolve("o/n", token=token, environ={})
    assert str(token) not in str(caught.value)


def test_spaces_around_a_token_are_no_part_of_it():
    assert source({}, token=" mine\n") == ("mine", "the argument")


@pytest.fixture
def gh(tmp_path):
    """A `gh` that writes down how it was called."""
    program = tmp_path / "bin" / "gh"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/called\nenv > {tmp_path}/environment\necho kept-by-gh\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return tmp_path


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for gh is a shell script")
def test_what_gh_keeps_is_asked_for_last_and_for_that_server_alone(gh):
    path = f"{gh / 'bin'}{os.pathsep}{os.environ['PATH']}"
    assert source({"PATH": path, "GH_TOKEN": "gh"}) == ("gh", "GH_TOKEN")
    assert not (gh / "called").exists()
    found = source({"PATH": path, "GH_TOKEN": "of-github", "GITHUB_TOKEN": "too"}, base_url=GHES)
    assert found == ("kept-by-gh", "gh auth token --hostname git.example.org")
    assert (gh / "called").read_text().strip() == "auth token --hostname git.example.org"
    assert "of-github" not in (gh / "environment").read_text()
    assert source({"PATH": path}) == ("kept-by-gh", "gh auth token --hostname github.com")


@pytest.mark.skipif(os.name == "nt", reason="as above")
def test_a_gh_that_knows_nothing_is_no_token(gh):
    (gh / "bin" / "gh").write_text("#!/bin/sh\nexit 1\n")
    assert source({"PATH": f"{gh / 'bin'}{os.pathsep}{os.environ['PATH']}"}) is None


def test_nothing_shows_a_token():
    found = resolve("o/n", token="very-secret", environ={})
    assert "very-secret" not in repr(found) + str(found) + repr(found.token)


def test_a_store_makes_no_request_before_it_is_used(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with GitHubStore("o/n", "t", base_url="http://127.0.0.1:9") as store:
        assert store.backend.repository == "o/n"
        assert repr(store) == "GitHubStore('o/n')"


def test_a_bundle_of_certificates_must_be_there():
    with pytest.raises(ConfigurationError, match=r"nowhere\.pem"):
        resolve("o/n", ca_bundle="nowhere.pem", environ={"PATH": ""})
    with pytest.raises(ConfigurationError, match=r"nowhere\.pem") as caught:
        resolve("o/n", environ={"PATH": "", "REQUESTS_CA_BUNDLE": "nowhere.pem"})
    assert "REQUESTS_CA_BUNDLE" in caught.value.hint


def test_nothing_but_this_reads_the_environment():
    package = ROOT / "gh_store"
    readers = {
        str(file.relative_to(package))
        for file in package.rglob("*.py")
        if any(word in file.read_text("utf-8") for word in ("os.environ", "getenv"))
    }
    assert readers == {
        "config.py",
        "credentials/__init__.py",
        "credentials/secrets.py",
        "cli/actions.py",
        "cli/escapes.py",
        "cli/opening.py",
        "cli/serving.py",
        "cli/terminal.py",
    }


def test_pygithub_is_imported_only_where_github_is_used():
    code = "import sys, gh_store, gh_store.cli; gh_store.LocalStore('x.db').close(); sys.exit('github' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=os.environ["HOME"]).returncode == 0


@pytest.mark.parametrize(
    ("name", "environ", "address", "repository"),
    [
        (None, {"GH_REPO": "a/b", "GITHUB_REPOSITORY": "c/d"}, "https://api.github.com", "a/b"),
        ("e/f", {"GH_REPO": "ghe.example.com/a/b"}, "https://api.github.com", "e/f"),
        (None, {"GH_REPO": "ghe.example.com/a/b", "GITHUB_API_URL": "https://other.example"}, "https://ghe.example.com/api/v3", "a/b"),
        ("tenant.ghe.com/a/b", {}, "https://api.tenant.ghe.com", "a/b"),
        ("github.com/a/b", {"GH_HOST": "ghe.example.com"}, "https://api.github.com", "a/b"),
    ],
)  # fmt: skip
def test_a_repository_may_name_its_server_as_gh_does(name, environ, address, repository):
    found = resolve(name, environ={"PATH": "", "GH_TOKEN": "of-github", **environ})
    assert (found.base_url, found.repository) == (address, repository)
    assert (found.token is None) == ("ghe.example.com" in address), "a token of github.com goes nowhere else"


def test_two_servers_for_one_repository_are_refused():
    with pytest.raises(ConfigurationError, match=r"ghe\.example\.com"):
        resolve("ghe.example.com/a/b", base_url="https://api.github.com", environ={"PATH": ""})
