"""Most tests that need the command as a process fork one: it is as one that was started."""

import re
import signal
import subprocess
import sys

import pytest
from places import ROOT


@pytest.mark.parametrize(
    "line", ["create a - --store s.db <text; echo $?", "get none --store s.db; echo $?", "list --output >(cat)"]
)
def test_both_do_the_same(tmp_path, home, warm, line):
    did = []
    for name, program in (("warm", warm), ("started", (sys.executable, "-m", "gh_store"))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "text").write_text('{"told": "é"}')
        done = subprocess.run(
            ["bash", "-c", f'"$@" {line}', "bash", *program], cwd=tmp_path / name, capture_output=True, text=True, check=False,
            env={"PATH": "/usr/bin:/bin", "HOME": str(home), "PYTHONPATH": str(ROOT), "GH_STORE": "s.db", "NO_COLOR": "1"},
        )  # fmt: skip
        did.append((done.returncode, re.sub(r"\d\d:\d\d:\d\d", "", done.stdout), done.stderr))
    assert did[0] == did[1]


@pytest.mark.parametrize(
    "command", ["watch --jsonl", "site snapshot.json --serve 0", "dev-server --store hub.db --repo a/b --port 0"]
)
def test_it_is_ended_as_any_process_is(shell, warm, command):
    shell.run("create", "a", "{}")
    shell.run("snapshot")
    with subprocess.Popen(
        [*warm, *command.split()], cwd=shell.folder, env=shell.environment, stderr=subprocess.PIPE, text=True
    ) as watching:
        assert watching.stderr is not None
        while "press Ctrl-C to stop" not in watching.stderr.readline():
            pass
        if "dev-server" in command:
            assert "control token" in watching.stderr.readline()
        watching.send_signal(signal.SIGINT)
        assert (watching.wait(30), watching.stderr.read().strip()) == (0, "")
