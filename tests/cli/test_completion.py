"""Completion in real shells: the script is sourced, and the shell completes what a user has typed so far."""

import os
import pty
import select
import shutil
import subprocess
import sys
import time

import pytest
from places import ROOT

SHELLS = ["bash", "zsh", "fish"]


def needs(shell):
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not on this machine")


@pytest.fixture
def environment(tmp_path, home):
    """Where the program is found under two names."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = f"#!{sys.executable}\nimport sys\nfrom gh_store.__main__ import main\nmain()\n"
    for name in ("gh-store", "my.store-2"):
        (folder / name).write_text(program)
        (folder / name).chmod(0o755)
    known = {key: os.environ[key] for key in ("LANG", "TERM", "HOME") if key in os.environ}
    return {**known, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}


def run(environment, *command, code=0):
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr


@pytest.mark.parametrize("name", ["gh-store", "my.store-2"])
@needs("bash")
def test_bash_completes_the_name_it_was_called_by(environment, name):
    program = f"""
        eval "$({name} completion bash)"
        specification=$(complete -p {name})
        function=${{specification##*-F }}
        COMP_WORDS=({name} compl) COMP_CWORD=1
        "${{function%% *}}" {name}
        printf '%s\\n' "${{COMPREPLY[@]}}"
        COMP_WORDS=({name} completion "") COMP_CWORD=2 COMPREPLY=()
        "${{function%% *}}" {name}
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    out, err = run(environment, "bash", "--norc", "-euc", program)
    assert (out.split(), err) == (["completion", *SHELLS], "")


@needs("zsh")
def test_zsh_need_not_have_started_its_completion(environment):
    out, err = run(environment, "zsh", "-fc", 'eval "$(gh-store completion zsh)"; print $_comps[gh-store]')
    assert (out, err) == ("_gh_store_completion\n", "")


@pytest.mark.parametrize("name", ["gh-store", "my.store-2"])
@needs("zsh")
def test_zsh_completes_what_is_typed(environment, name):
    """Zsh completes in its line editor alone, so that a terminal is needed; a tab is the question."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe("zsh", ["zsh", "-f", "-i"], {**environment, "TERM": "dumb", "PS1": "> "})
    screen = ""

    def read_until(end):
        nonlocal screen
        until = time.monotonic() + 60
        while end not in screen:
            assert time.monotonic() < until, screen
            if select.select([terminal], [], [], 1)[0]:
                screen += os.read(terminal, 65_536).decode(errors="replace")

    try:
        # The marks are written in two parts: what is typed is shown on the screen, too.
        os.write(terminal, b"autoload -U compinit; compinit -u -D; PS1=\n")
        os.write(terminal, f'eval "$({name} completion zsh)" && echo re""ady\n'.encode())
        read_until("ready")
        os.write(terminal, f"{name} compl\tzsh | head -1; echo do''ne\n".encode())
        read_until("done")
    finally:
        os.close(terminal)
        os.waitpid(pid, 0)
    assert f"#compdef {name}" in screen


@needs("fish")
def test_fish_completes_what_is_typed(environment):
    out, _ = run(
        environment, "fish", "--no-config", "-c", 'gh-store completion fish | source; complete -C "gh-store compl"'
    )
    assert out.split()[0] == "completion"


@pytest.mark.parametrize("shell", SHELLS)
def test_every_script_is_printed(shell, environment):
    assert "_GH_STORE_COMPLETE" in run(environment, "gh-store", "completion", shell)[0]
    out, _ = run(environment, sys.executable, "-m", "gh_store", "completion", shell)
    assert "__main__" not in out
    assert "gh-store" in out


def test_another_shell_is_named_as_unknown(shell):
    _, err = shell.run("completion", "tcsh", code=2)
    assert "'tcsh'" in err


def test_a_name_that_a_shell_would_read_is_not_written_into_a_script(environment, tmp_path):
    odd = tmp_path / "bin" / "x;touch y"
    shutil.copy(tmp_path / "bin" / "gh-store", odd)
    out, _ = run(environment, str(odd), "completion", "bash")
    assert "touch" not in out
