"""The page of an object: its address is printed, or opened in the browser that there is."""

import os

import pytest

from gh_store.credentials import page


@pytest.fixture
def store(hub, shell):
    hub.near().create("other", {})
    hub.near().create("metrics", {})
    shell.environment |= {"GITHUB_API_URL": hub.address, "GH_TOKEN": "token-of-local", "GH_REPO": hub.repository}
    return f"{hub.address}/{hub.repository}/issues/2"


def test_its_address(shell, store):
    assert shell.run("open", "metrics", "--print")[0] == f"{store}\n"
    shell.run("open", "none", "--print", code=3)


def test_the_browser_opens_it(shell, store, tmp_path):
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path / "opened"}\n')
    browser.chmod(0o755)
    shell.environment["BROWSER"] = str(browser)
    out, err = shell.spawn("open", "metrics")
    assert (out, f"opened {store}" in err) == ("", True)
    assert (tmp_path / "opened").read_text() == f"{store}\n"


def test_without_a_browser_its_address_is_printed(shell, store, tmp_path):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        shell.environment.pop(name, None)
    shell.environment["PATH"] = str(tmp_path)
    out, err = shell.spawn("open", "metrics")
    assert (out, "no browser was found" in err) == (f"{store}\n", True)


def test_a_store_in_a_file_has_no_page(shell):
    shell.run("create", "it's", "{}", "--store", "s.db")
    _, err = shell.run("open", "it's", "--store", "s.db", code=2)
    assert "its objects have no page" in err
    assert """`gh-store history --store s.db 'it'"'"'s'`""" in err


@pytest.mark.parametrize(
    ("repository", "environ", "found"),
    [
        ("a/b", {}, "https://github.com/a/b"),
        (None, {"GH_REPO": "ghe.example.com/a/b"}, "https://ghe.example.com/a/b"),
        ("a/b", {"GITHUB_API_URL": "https://ghe.example.com/api/v3"}, "https://ghe.example.com/a/b"),
        ("a/b", {"GH_HOST": "tenant.ghe.com"}, "https://tenant.ghe.com/a/b"),
        ("git@github.com:a/b.git", {}, "https://github.com/a/b"),
        ("a/b", {"GITHUB_API_URL": "http://127.0.0.1:8471"}, "http://127.0.0.1:8471/a/b"),
    ],
)
def test_where_a_page_is(repository, environ, found):
    assert page(repository, environ={"PATH": os.devnull, **environ}) == found
