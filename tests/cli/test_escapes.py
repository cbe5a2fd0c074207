"""Hostile text on its way to terminals and to the logs of workflows: it is shown, and does nothing."""

import json
import os
import pty
import re
import subprocess
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loguru import logger
from places import ROOT

from gh_store import LocalStore
from gh_store.cli.escapes import one_line, quiet_json

ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]|##\\[")
EVIL = "\x1b]0;owned\x07\n::set-output name=x::1\r\n##[set-env name=PATH]x\x9b2J\u202egpj\u2028::warning::x"
PATH = "/\n::stop-commands::x\n::set-output name=x::1\x1b[2J\u202e##[error]x"
texts = st.text(
    st.sampled_from('\x00\x1b\n\r\x7f\x85\x9b\u2028\u202e\u2069#[]:"\\a') | st.characters(exclude_categories=["Cs"])
)


@given(texts)
def test_text_for_people_stays_on_one_line_and_does_nothing(text):
    shown = one_line(text)
    assert not ACTS.search(shown)
    assert len(shown.splitlines()) <= 1


@given(st.recursive(texts, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=5))
def test_json_says_the_same_and_does_nothing(value):
    text = json.dumps(value, indent=2, ensure_ascii=False)
    assert json.loads(quiet_json(text)) == value
    assert not ACTS.search(quiet_json(text))
    assert not re.search(r"^\s*::", quiet_json(text), re.MULTILINE)


@pytest.fixture
def store(tmp_path):
    """A store with an object of evil data and a patch, pending, whose path is evil."""
    path = tmp_path / "store.db"
    with LocalStore(path) as store:
        store.create("[red]x[/red]", {"n": EVIL})
        patch = {"_data": [{"op": "remove", "path": PATH}], "_meta": {"update_mode": "patch"}}
        store.backend.create_comment(1, json.dumps(patch))
    return path


@pytest.fixture
def run(store, home, warm):
    return partial(_run, warm, store, home)


def _run(program, store, home, *arguments, **environment):
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("GH_", "GITHUB_"))}
    return subprocess.run(
        [*program, *arguments, "--store", str(store)],
        env={**ours, "HOME": str(home), "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **environment},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


COMMANDS = [("process-updates", "--all"), ("history", "[red]x[/red]"), ("list",), ("get", "[red]x[/red]"), ("export",),
            ("snapshot", "--output", "-"), ("verify",), ("get", EVIL.replace("\x00", ""))]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_no_command_prints_what_acts(run, command):
    done = run(*command)
    assert not ACTS.search(done.stdout + done.stderr)
    assert not re.search(r"^\s*::", done.stdout + done.stderr, re.MULTILINE)
    if done.stdout and command[0] not in ("verify", "export"):
        json.loads(done.stdout)


def test_an_event_that_is_rejected_is_one_line_of_the_log(run):
    done = run("process-updates", "--all")
    [line] = [line for line in done.stderr.splitlines() if "rejected" in line]
    assert r"\n::stop-commands::x\n" in line
    assert r"\x1b[2J\u202e" in line


def test_it_is_one_line_in_the_log_of_a_program_too(store):
    """A program that uses the library has a sink of its own."""
    lines: list[str] = []
    sink = logger.add(lines.append, level="DEBUG", format="{message}")
    logger.enable("gh_store")
    try:
        with LocalStore(store) as opened:
            opened.process_pending()
    finally:
        logger.disable("gh_store")
        logger.remove(sink)
    [line] = [line for line in lines if "rejected" in line]
    assert len(line.splitlines()) == 1
    assert not ACTS.search(line.rstrip("\n"))


def test_csv_in_the_log_of_a_workflow_does_nothing_and_in_a_pipe_or_file_is_what_is_stored(run, tmp_path):
    logged = run("list", "--csv", GITHUB_ACTIONS="true").stdout
    assert not ACTS.search(logged)
    assert not re.search(r"^\s*::", logged, re.MULTILINE)
    assert EVIL.partition("\r")[0] in run("list", "--csv").stdout
    run("list", "--csv", "-o", str(tmp_path / "list.csv"), GITHUB_ACTIONS="true")
    assert EVIL.replace("\r", "") in (tmp_path / "list.csv").read_bytes().decode().replace("\r", "")


def test_in_a_workflow_nothing_that_is_printed_is_a_command(run):
    tokens = set()
    for command in COMMANDS:
        done = run(*command, GITHUB_ACTIONS="true")
        first, *_, last = done.stderr.splitlines()
        token = first.removeprefix("::stop-commands::")
        assert re.fullmatch("[0-9a-f]{32}", token)
        assert last == f"::{token}::"
        assert token not in done.stdout
        tokens.add(token)
    assert len(tokens) == len(COMMANDS)


PEOPLE_SEE = [("list",), ("list", "--csv"), ("list", "--ids"), ("list", "--jsonl"), ("history", "[red]x[/red]"),
              ("history", "[red]x[/red]", "--oneline"), ("diff", "[red]x[/red]"), ("watch", "--once", "--all")]  # fmt: skip


@pytest.mark.parametrize("command", PEOPLE_SEE, ids=lambda command: "-".join(command[::2]))
def test_on_a_terminal_hostile_data_is_shown_as_escapes(store, home, warm, command):
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(HOME=str(home), PYTHONPATH=str(ROOT), COLUMNS="200", NO_COLOR="1", TERM="dumb")
        os.execv(warm[0], [*warm, *command, "--store", str(store)])
    shown = b""
    try:
        while piece := os.read(terminal, 65_536):
            shown += piece
    except OSError:  # Linux says so at the end
        pass
    os.waitpid(pid, 0)
    os.close(terminal)
    text = shown.decode().replace("\r\n", "\n")
    assert ("[red]x[/red]" in text) == (command[0] in ("list", "watch"))
    assert ("\\u202e" in text) == ("--ids" not in command)
    assert not ACTS.search(text)
