"""The demo: one screen, a page for a browser, and nothing of anybody else replaced."""

import base64
import hashlib
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from typing import Any

import pytest
from terminal import shown

from gh_store import LocalStore
from gh_store.cli.demo.drawing import drawing
from gh_store.cli.demo.page import page
from gh_store.cli.demo.typed import typed

FOLDER = "gh-store-demo"


def test_it_fits_on_one_screen_and_tells_each_step(shell):
    shell.environment["COLUMNS"] = "80"
    out, err = shell.run("demo")
    lines = out.splitlines()
    assert (len(lines) <= 28, max(map(len, lines[:-1])) <= 80, err) == (True, True, "")
    steps = [re.split(r"\s{2,}", line, maxsplit=2) for line in lines[1:7]]
    assert steps == [
        ["create", "v1", '{"visits": 1, "pages": {"home": 1}}'],
        ["update", "v2", "/visits: 1 → 2, + /pages/about: 1 (1 pending)"],
        ["update, merge", "v3", "- /pages/home: 1 (2 pending)"],
        ["process", "v3", "applied 2 pending updates"],
        ["update if at v3", "v4", '+ /tags: ["demo"]'],
        ["update with a test", "v4", "rejected: The patch does not apply: 2 (number) is not"],
    ]
    assert "equal to tested value 1 (number)." in lines[7]
    body = next(line for line in lines if line.startswith('│ {"visits": 2'))
    assert json.loads(body.strip("│ ")) == {"visits": 2, "pages": {"about": 1}, "tags": ["demo"]}
    assert "Stored Object: site/metrics [v4 " in out
    assert [line.split()[-2] for line in lines if line.startswith("│ {")][1:] == [
        "rocket",
        "+1",
        "+1",
        "+1",
        "confused",
    ]
    assert re.search(r"^now +v4  \{.*\nat v1 +v1  \{.*\nverify +0 to repair, 0 pending, 0 remarks$", out, re.MULTILINE)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_it_fits_on_terminals(shell, width):
    out = re.sub(r"\x1b\[[0-9;]*m", "", shown(shell, "demo", width=width))
    assert len(out.splitlines()) <= 40
    *told, command = out.splitlines()
    assert max(map(len, told)) <= width
    assert command.endswith("gh-store-demo/store.db"), "what is typed stays in one piece"


@pytest.mark.untraced
def test_the_next_command_can_be_typed(shell):
    out, _ = shell.spawn("demo", "--output", "a demo")
    done = subprocess.run(out.splitlines()[-1], shell=True, cwd=shell.folder, env=shell.environment, capture_output=True, check=False)  # fmt: skip
    assert (done.returncode, len(json.loads(done.stdout))) == (0, 5), done.stderr


def test_a_program_is_named_as_it_can_be_typed(tmp_path, monkeypatch):
    for place in ("clone/.venv/bin", "path", "other"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "gh-store").write_text("#!/bin/sh\n")
        (tmp_path / place / "gh-store").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    clone = tmp_path / "clone"
    assert typed(str(clone / ".venv/bin/gh-store"), clone) == ".venv/bin/gh-store"
    assert typed(".venv/bin/gh-store", clone) == ".venv/bin/gh-store"
    assert typed(str(clone / ".venv/bin/gh-store"), clone / ".venv/bin") == "./gh-store"
    assert typed(str(tmp_path / "path/gh-store"), clone) == "gh-store"
    assert typed("gh-store", clone) == "gh-store"
    assert typed(str(tmp_path / "other/gh-store"), clone) == f"{tmp_path}/other/gh-store"
    assert typed(f"{clone}/with a space/gh-store", clone) == "'with a space/gh-store'"
    assert typed("/somewhere/gh_store/__main__.py", clone) == f"{typed(sys.executable, clone)} -m gh_store"


def test_verbose_shows_each_command_and_what_it_prints(shell):
    out, _ = shell.run("demo", "--verbose")
    printed = re.findall(r"^\$ gh-store (\S+)", out, re.MULTILINE)
    assert set(printed) == {"create", "update", "get", "process-updates", "history", "snapshot", "verify"}
    assert '"pending": 1' in out
    assert "error: The patch does not apply" in out


def test_it_replaces_only_its_own(shell):
    (shell.folder / "gh-store.db").write_text("mine")
    shell.run("demo")
    shell.run("demo")
    snapshot = json.loads((shell.folder / FOLDER / "snapshot.json").read_text())
    assert snapshot["objects"]["site/metrics"]["meta"]["version"] == 4
    assert (shell.folder / "gh-store.db").read_text() == "mine"
    (shell.folder / "mine").mkdir()
    (shell.folder / "mine/index.html").write_text("mine")
    _, err = shell.run("demo", "--output", "mine", code=2)
    assert "not the folder of a demo" in err
    assert (shell.folder / "mine/index.html").read_text() == "mine"
    mark = shell.folder / FOLDER / ".gh-store-demo"
    (shell.folder / FOLDER / "notes").write_text("mine")
    shell.run("demo")
    assert (shell.folder / FOLDER / "notes").read_text() == "mine"
    shell.run("create", "mine", "{}", "--store", f"{FOLDER}/store.db")
    _, err = shell.run("demo", code=2)
    assert "store.db is not as the last demo left it" in err
    assert shell.json("get", "mine", "--store", f"{FOLDER}/store.db")["data"] == {}
    (shell.folder / FOLDER / "store.db").unlink()
    (shell.folder / FOLDER / "store.db").symlink_to("../elsewhere.db")
    shell.run("demo", code=2)
    assert not (shell.folder / "elsewhere.db").exists()
    (shell.folder / "link").symlink_to("mine")
    (shell.folder / "mine/.gh-store-demo").write_text(mark.read_text())
    shell.run("demo", "--output", "link", code=2)
    assert sorted(each.name for each in (shell.folder / "mine").iterdir()) == [".gh-store-demo", "index.html"]
    shell.run("demo", "--output", "else/where")
    assert (shell.folder / "else/where/store.db").exists()


def test_a_page_that_was_changed_stays(shell):
    shell.run("demo")
    (shell.folder / FOLDER / "index.html").write_text("mine")
    _, err = shell.run("demo", code=2)
    assert "index.html is not as the last demo left it" in err
    assert (shell.folder / FOLDER / "index.html").read_text() == "mine"


# --- the page ----------------------------------------------------------------------------------------------


class Read(HTMLParser):
    """What a browser would make of a page: its elements with their attributes, and the text in them."""

    VOID = ("meta", "link", "img", "br", "base")

    def __init__(self, text):
        super().__init__()
        self.elements, self.words, self.style, self._open = [], [], "", []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open[-1:] == ["style"]:
            self.style += data
        elif data.strip():
            self.words.append(data)


HOSTILE: dict[str, Any] = {
    "</style></script><script>alert(1)</script>": '"><img src=x onerror=alert(1)>',
    "a": ["<b>", {"&lt;": "&amp;", "\x1b]0;\x07": "\u202ereversed"}],
    "empty": {},
    "none": None,
}


@pytest.fixture
def made():
    """The page of an object that means harm, and everything that it was made of."""
    with LocalStore(":memory:") as store:
        store.create("<i>id</i>", {"visits": 1})
        store.update("<i>id</i>", HOSTILE, process=True)
        store.update("<i>id</i>", {"visits": 3}, mode="merge", expected_version=2)
        obj, history = store.get("<i>id</i>"), store.get_object_history("<i>id</i>")
        issue, comments = store.backend.get_issue(1), store.backend.list_comments(1, 1).comments
    return page(obj, history, "\n".join(drawing(issue, comments, 80)), "<source>", "snapshot.json?a&b")


def test_the_page_shows_data_and_history_and_holds_nothing_that_acts(made):
    read = Read(made)
    names = {tag for tag, _ in read.elements}
    assert names.isdisjoint({"script", "img", "link", "iframe", "form", "b", "i", "object", "base"})
    assert all(
        name not in ("style", "src") and not name.startswith("on") for _, given in read.elements for name in given
    )
    assert [given["href"] for tag, given in read.elements if tag == "a"] == ["snapshot.json?a&b"]
    text = "".join(read.words)
    assert "<i>id</i>" in text
    assert "<source>" in text
    assert json.dumps('"><img src=x onerror=alert(1)>') in text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", made)
    for word in ("v3", "pending", "append by local", "merge by local", "initial state by local", "The object at v2"):
        assert word in text


def test_its_policy_lets_in_its_own_style_alone(made):
    read = Read(made)
    policy = next(given["content"] for tag, given in read.elements if given.get("http-equiv") == "Content-Security-Policy")  # fmt: skip
    digest = base64.b64encode(hashlib.sha256(read.style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "prefers-color-scheme: dark" in read.style
    assert "url(" not in read.style


def test_the_newest_event_comes_first_and_says_what_it_changed(shell):
    shell.run("demo")
    read = Read((shell.folder / FOLDER / "index.html").read_text("utf-8"))
    kinds = [given["class"] for tag, given in read.elements if tag == "li" and "class" in given]
    assert kinds == ["rejected", "applied", "applied", "applied", "applied"]
    text = " ".join(" ".join(read.words).split())
    assert "rejected patch by local" in text
    assert "The patch does not apply: 2 (number) is not equal to tested value 1 (number)." in text
    assert "/visits 1 → 2" in text
    assert "/pages/home removed 1" in text
    assert '/tags added ["demo"]' in text
