"""Every block of the README and of the docs runs, against the package under test; shell in bash and in zsh."""

import os
import shlex
import shutil
import subprocess
import sys

import pytest
from places import ROOT
from shipped.pages import PROGRAMS, PYTHON, RECIPES, SHELL, tools

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


@pytest.fixture(scope="session")
def cities(tmp_path_factory):
    """The folder that the first block of the recipes leaves, for the others."""
    return tmp_path_factory.mktemp("recipes") / "cities"


@pytest.fixture
def work(tmp_path, environment, cities):
    """Makes the folder that a block runs in."""

    def make(block):
        folder = tmp_path / "work"
        if block.page != RECIPES or block.number == 0:
            folder.mkdir()
            return folder
        if not cities.exists():
            cities.mkdir()
            run([*SHELLS["bash"], SHELL[[each.name for each in SHELL].index(f"{RECIPES}-0")].code], cities, environment)
        shutil.copytree(cities, folder)
        environment["GH_STORE"] = "cities.db"
        return folder

    return make


def run(command, folder, environment):
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    return done


def skip_what_is_missing(block):
    if block.missing:
        pytest.skip(f"{', '.join(block.missing)}: not installed (pip install -e '.[recipes]')")


@pytest.mark.parametrize("block", PYTHON, ids=lambda block: block.name)
def test_python(work, environment, block):
    skip_what_is_missing(block)
    folder = work(block)
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


@pytest.mark.parametrize("block", SHELL, ids=lambda block: block.name)
def test_shell(work, environment, warm, block, tmp_path):
    """In bash; and zsh understands it as bash does: it calls the same, and gets the same answers."""
    skip_what_is_missing(block)
    folder, environment["CALLS"] = work(block), str(tmp_path / "calls")
    (tmp_path / "calls").mkdir()
    # A server ends as a process does.
    gh_store = (sys.executable, "-m", "gh_store") if is_live(block) else warm
    write_commands(tmp_path / "bin", EXECUTE if is_live(block) else RECORD, gh_store)
    run([*SHELLS["bash"], block.code], folder, environment)
    if shutil.which("zsh") is None:
        pytest.skip("zsh is not found")
    if is_live(block):
        write_commands(tmp_path / "bin", EXECUTE, gh_store)
        folder = tmp_path / "again"
        folder.mkdir()
    else:
        write_commands(tmp_path / "bin", REPLAY, warm)
    run([*SHELLS["zsh"], block.code], folder, environment)
