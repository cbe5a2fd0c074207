"""Setting up a clone: once, and again when what is to be installed has changed."""

import importlib.util
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
    spec = importlib.util.spec_from_file_location("dev", clone / "dev.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_the_tests_need_of_npm_is_installed_again_when_it_is_another(clone, dev, monkeypatch):
    npm = clone / "npm"
    npm.write_text(
        f'#!/bin/sh\necho "$@" >>{clone}/npm-calls\nmkdir -p {clone}/.venv/node\ntest ! -e {clone}/offline\n'
    )
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(clone), prepend=":")
    (clone / "offline").touch()
    for count, packages in ((1, ["a@1"]), (2, ["a@1"]), (2, ["a@1"]), (3, ["a@1", "b@2"])):
        monkeypatch.setattr(dev, "PACKAGES", packages)
        dev.install_peers()
        lines = (clone / "npm-calls").read_text().splitlines()
        assert (len(lines), lines[-1].split("node ")[1].split()) == (count, packages)
        (clone / "offline").unlink(missing_ok=True)  # what failed is tried again


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
