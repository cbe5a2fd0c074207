"""Setting up a clone: once, and again when what is to be installed has changed."""

import importlib.util
import os
import shutil

import pytest
from places import ROOT


@pytest.fixture
def clone(tmp_path):
    """dev.py in a clone whose Python only notes how it is called."""
    for name in ("dev.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/calls\ntest ! -e {tmp_path}/offline\n')
    python.chmod(0o755)
    return tmp_path


@pytest.fixture
def dev(clone):
    """The module itself."""
    spec = importlib.util.spec_from_file_location("dev", clone / "dev.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_packages_of_node_are_installed_again_when_others_are_wanted(clone, dev, monkeypatch):
    npm = clone / "npm"
    npm.write_text(
        f'#!/bin/sh\nmkdir -p {clone}/.venv/node\necho "$@" >>{clone}/npm-calls\ntest ! -e {clone}/offline\n'
    )
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(clone), prepend=os.pathsep)
    (clone / "offline").touch()
    for packages, calls in ((["a@1"], 1), (["a@1"], 2), (["a@1", "b@2"], 3), (["a@1", "b@2"], 3)):
        dev.PACKAGES = packages
        dev.install_peers()
        assert len((clone / "npm-calls").read_text().splitlines()) == calls
        (clone / "offline").unlink(missing_ok=calls > 1)
        if calls == 1:
            assert not (clone / ".venv/node/installed").exists(), "what failed is tried again"


def test_nothing_is_installed_twice(clone, dev, capsys):

    def installed(extras):
        before = len((clone / "calls").read_text().splitlines()) if (clone / "calls").exists() else 0
        dev.set_up(extras)
        lines = (clone / "calls").read_text().splitlines()[before:]
        return [line.split()[-1] for line in lines]

    assert installed(".") == ["."]
    assert installed(".") == []
    assert installed(".[dev]") == [".[dev]"]
    assert installed(".") == []  # it is part of what is there
    with (clone / "pyproject.toml").open("a") as file:
        file.write("# changed\n")
    (clone / "offline").touch()
    with pytest.raises(Exception, match="returned non-zero exit status"):
        dev.set_up(".")
    (clone / "offline").unlink()
    capsys.readouterr()
    assert installed(".") == ["."]  # nothing was remembered of what failed
    assert capsys.readouterr().err == "Installing . into .venv ...\n"
