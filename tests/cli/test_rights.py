"""Files and folders that a user may not read or write: one exit code, and a hint that names the right."""

import contextlib
import io
import os
import stat
import sys
from pathlib import Path

import pytest

from gh_store import LocalStore
from gh_store.cli import main
from gh_store.cli.commands import commands

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="file rights are those of POSIX")

WRITE, READ = "Get permission to write", "Get permission to read"
CASES = [
    ("snapshot --store s.db -o closed/x.json", WRITE),
    ("snapshot --store s.db --format folder -o closed/x", WRITE),
    ("export --store s.db -o closed/x.jsonl", WRITE),
    ("list --store s.db --csv -o closed/x.csv", WRITE),
    ("init --workflows closed", WRITE),
    ("init --store closed/x.db", WRITE),
    ("put a {} --store closed/x.db", WRITE),
    ("demo -o closed/x", WRITE),
    ("list --store hidden.db", READ),
    ("list --store s.db -c hidden.yml", READ),
    ("import hidden.jsonl --store s.db", READ),
    ("create b --from-file hidden.jsonl --store s.db", READ),
    ("site hidden.jsonl", READ),
    ("update-snapshot hidden.jsonl --store s.db", READ),
]


def ran(line):
    """The exit code of a command, and what it says."""
    with contextlib.redirect_stderr(io.StringIO()) as said, contextlib.redirect_stdout(io.StringIO()):
        try:
            main(line.split())
        except SystemExit as ended:
            return ended.code, said.getvalue()


def test_a_missing_right_is_5_and_told(tmp_path, monkeypatch):
    for command in commands.commands.values():
        command.load()  # this Python may be where others cannot read
    monkeypatch.chdir(tmp_path)
    with LocalStore("s.db") as store:
        store.create("a", {})
    for name in ("hidden.db", "hidden.jsonl", "hidden.yml"):
        Path(name).write_bytes(Path("s.db").read_bytes())
        Path(name).chmod(0o000)
    Path("closed").mkdir()
    for line, _ in CASES:
        ran(line)  # as who may all, so that whatever is imported late is there
    for path in sorted(Path("closed").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    Path("closed").chmod(0o555)
    for folder in (tmp_path, *tmp_path.parents):
        if not folder.stat().st_mode & stat.S_IXOTH:
            folder.chmod(folder.stat().st_mode | stat.S_IXGRP | stat.S_IXOTH)
    child = os.fork()
    if child == 0:
        os._exit(told_as_it_should_be())
    tmp_path.joinpath("closed").chmod(0o755)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def told_as_it_should_be():
    """0 if it is; a forked test has no other way to say so."""
    with contextlib.suppress(PermissionError):
        os.setuid(65534)  # root may all
    wrong = 0
    for line, hint in CASES:
        code, said = ran(line)
        if code != 5 or hint not in said:
            sys.__stderr__.write(f"{line}: {code} {said}\n")
            wrong += 1
    os.environ |= {"HOME": "/proc/nowhere", "XDG_CONFIG_HOME": str(Path("closed").resolve())}
    code, said = ran("init --store :memory:")
    if code != 0 or "note: the configuration file could not be created" not in said:
        sys.__stderr__.write(f"init: {code} {said}\n")
        wrong += 1
    return wrong
