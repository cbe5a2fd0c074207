"""Every block of the README runs, against the package under test; and what it names exists."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import gh_store
from gh_store.cli.commands import commands

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
SET_UP = "python3 dev.py demo\npython3 dev.py test\n"


def test_the_set_up_commands_are_those_that_ci_runs():
    assert ("sh", SET_UP) in BLOCKS
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text("utf-8"))
    steps = [step["run"] for step in workflow["jobs"]["test"]["steps"] if "run" in step]
    assert steps == SET_UP.splitlines()


@pytest.mark.parametrize("code", [code for kind, code in BLOCKS if kind == "python"])
def test_python(tmp_path, monkeypatch, code):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, env=environment, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("code", [code for kind, code in BLOCKS if kind == "sh" and code != SET_UP])
def test_shell(tmp_path, code):
    command = tmp_path / "bin" / "gh-store"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gh_store "$@"\n')
    command.chmod(0o755)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{command.parent}{os.pathsep}{os.environ['PATH']}"}
    work = tmp_path / "work"
    work.mkdir()
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", code], cwd=work, env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


def test_what_is_there_is_documented():
    for name in commands.commands:
        assert f"gh-store {name}" in README
    for mode in gh_store.Mode:
        assert f"`{mode}`" in README
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_public_names_are_sorted_and_there():
    assert list(gh_store.__all__) == sorted(gh_store.__all__)
    assert all(hasattr(gh_store, name) for name in gh_store.__all__)
