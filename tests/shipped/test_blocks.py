"""Every block of the README and of the docs runs, against the package under test; shell in bash and in zsh."""

import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from places import ROOT
from shipped.pages import BLOCKS, PROGRAMS, PYTHON, RECIPES, SHELL, tools

QUICK = "store: {rate_limit: {seconds_between_writes: 0}, processing: {patience: 0}, retries: {backoff_factor: 0.2, max_attempts: 50}}"
SHELLS = {"bash": ["bash", "-euo", "pipefail", "-c"], "zsh": ["zsh", "-f", "-eu", "-o", "pipefail", "-c"]}

pytestmark = pytest.mark.untraced


@pytest.fixture
def environment(hub, home, tmp_path, warm):
    """Where the repository that the pages speak of is, settings under which nobody waits, and the commands."""
    hub.trouble.repository = "ada/site"
    (home / ".config" / "gh-store").mkdir(parents=True)
    (home / ".config" / "gh-store" / "config.yml").write_text(QUICK)
    commands = tmp_path / "bin"
    write_commands(commands, EXECUTE, warm)
    ours = {"PYTHONPATH": str(ROOT), "CLONE": str(ROOT), "PATH": f"{commands}{os.pathsep}{tools()}"}
    return {**os.environ, "GITHUB_API_URL": hub.address, "GITHUB_TOKEN": "token-of-local", **ours}


def write_commands(folder, script, gh_store):
    """The commands that blocks call, each a script for bash of its `{name}` and its `{program}`."""
    folder.mkdir(exist_ok=True)
    ours = {"gh-store": shlex.join(gh_store), "pytest": f'"{sys.executable}" -m pytest'}
    theirs = {name: shutil.which(name, path=tools()) for name in ("curl", "git", "python", "python3", *PROGRAMS)}
    for name, program in {**ours, **theirs}.items():
        if program is not None:
            (folder / name).write_text("#!/bin/bash\n" + script.format(name=name, program=program) + "\n")
            (folder / name).chmod(0o755)


@pytest.fixture
def work(tmp_path):
    """The folder that blocks run in."""
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def run(command, folder, environment):
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    return done


def skip_what_is_missing(block):
    if block.missing:
        pytest.skip(f"{', '.join(block.missing)}: not installed (pip install -e '.[recipes]')")


@pytest.mark.parametrize("block", [each for each in PYTHON if each.page != RECIPES], ids=lambda block: block.name)
def test_python(work, environment, block):
    skip_what_is_missing(block)
    for _ in range(2 if block.page == "README.md" else 1):  # who tries it tries it again
        run_python(block, work, environment)


def run_python(block, folder, environment):
    if "\ndef test_" in block.code:
        (folder / "test_it.py").write_text(block.code)
        assert b"failed" not in run([sys.executable, "-m", "pytest", "-q", "test_it.py"], folder, environment).stdout
    else:
        assert run([sys.executable, "-W", "error", "-c", block.code], folder, environment).stderr == b""


EXECUTE = 'exec {program} "$@"'
CALL = """
call=$CALLS/{name}-$(printf '%s\\0' "$@" | cksum | tr ' ' -)
"""
RECORD = (
    CALL
    + """
{program} "$@" | tee "$call"
code=${{PIPESTATUS[0]}}
echo "$code" > "$call.code"
exit "$code"
"""
)
REPLAY = (
    CALL
    + """
if [ ! -e "$call.code" ]; then echo "bash did not call: {name} $*" >&2; exit 99; fi
if [ ! -t 0 ]; then cat > /dev/null; fi
cat "$call"
exit "$(cat "$call.code")"
"""
)


def is_live(block):
    """True if it runs a server, whose answers differ each time."""
    return " &\n" in block.code


@pytest.mark.parametrize("block", [each for each in SHELL if each.page != RECIPES], ids=lambda block: block.name)
def test_shell(work, environment, warm, block):
    skip_what_is_missing(block)
    run_shell(block, work, environment, warm)


def run_shell(block, folder, environment, warm):
    """In bash; and zsh understands it as bash does: it calls the same, and gets the same answers."""
    commands, environment["CALLS"] = folder.parent / "bin", str(folder.parent / f"calls-{block.number}")
    (folder.parent / f"calls-{block.number}").mkdir()
    # A server ends as a process does.
    gh_store = (sys.executable, "-m", "gh_store") if is_live(block) else warm
    write_commands(commands, EXECUTE if is_live(block) else RECORD, gh_store)
    run([*SHELLS["bash"], block.code], folder, environment)
    if shutil.which("zsh") is None:
        pytest.skip("zsh is not found")
    if is_live(block):
        folder = folder.parent / "again"
        folder.mkdir()
    else:
        write_commands(commands, REPLAY, warm)
    run([*SHELLS["zsh"], block.code], folder, environment)
    write_commands(commands, EXECUTE, warm)


def test_the_recipes_from_top_to_bottom(work, environment, warm):
    """In one folder, where each finds what those before it did to the store."""
    environment["GH_STORE"] = "cities.db"
    missing = set()
    for block in BLOCKS:
        if block.page == RECIPES and block.kind in ("sh", "python"):
            missing |= set(block.missing)
            if not block.missing:
                run_python(block, work, environment) if block.kind == "python" else run_shell(
                    block, work, environment, warm
                )
    if missing:
        pytest.skip(f"{', '.join(sorted(missing))}: not installed (pip install -e '.[recipes]')")
    with closing(sqlite3.connect(work / "site.sqlite")) as made:
        for (table,) in list(made.execute("SELECT name FROM sqlite_master WHERE type = 'table'")):
            for _, column, *_ in list(made.execute(f"PRAGMA table_info({table})")):
                assert made.execute(f'SELECT count("{column}") FROM {table}').fetchone() != (0,), (table, column)


def test_the_blocks_of_a_page_run_in_one_shell():
    """A variable that names another store is taken back, on a page and from the README to the page of sites."""
    for page in {block.page for block in SHELL} | {"README.md static-sites.md"}:
        named = dict.fromkeys(("GH_STORE", "GH_REPO"), False)
        for block in (each for name in page.split() for each in SHELL if each.page == name):
            for done, name in re.findall(r"\b(export|unset) (GH_STORE|GH_REPO)\b", block.code):
                named[name] = done == "export"
                assert not all(named.values()), block.name
