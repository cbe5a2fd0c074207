"""Every block of the README and of the docs runs, against the package under test; and what they name exists."""

import os
import re
import subprocess
import sys

import pytest
import yaml
from places import ROOT

import gh_store
from gh_store.cli.commands import commands
from gh_store.devserver.faults import LASTING, ONCE
from gh_store.domain import exceptions

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
ALL_PAGES = sorted({*PAGES, *ROOT.glob("*.md")})
BLOCKS = [
    block
    for page in PAGES
    for block in re.findall(r"^```(\w+)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
]
QUICK = "store: {rate_limit: {seconds_between_writes: 0}, processing: {patience: 0}, retries: {backoff_factor: 0.2, max_attempts: 50}}"
SET_UP = "python3 dev.py demo\npython3 dev.py test\n"


def test_the_set_up_commands_are_those_that_ci_runs():
    assert ("sh", SET_UP) in BLOCKS
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text("utf-8"))
    steps = [step["run"] for step in workflow["jobs"]["test"]["steps"] if "run" in step]
    assert steps == SET_UP.splitlines()


@pytest.fixture
def environment(hub, home):
    """Where the repository that the pages speak of is, and settings under which nobody waits."""
    hub.trouble.repository = "ada/site"
    (home / ".config" / "gh-store").mkdir(parents=True)
    (home / ".config" / "gh-store" / "config.yml").write_text(QUICK)
    token = {"GITHUB_API_URL": hub.address, "GITHUB_TOKEN": "token-of-local"}
    return {**os.environ, **token, "PYTHONPATH": str(ROOT), "CLONE": str(ROOT)}


@pytest.mark.parametrize("code", [code for kind, code in BLOCKS if kind == "python"])
def test_python(tmp_path, environment, code):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, env=environment, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("code", [code for kind, code in BLOCKS if kind == "sh" and code != SET_UP])
def test_shell(tmp_path, environment, code):
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, module in (("gh-store", "gh_store"), ("pytest", "pytest")):
        (tools / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
        (tools / name).chmod(0o755)
    environment["PATH"] = f"{tools}{os.pathsep}{os.environ['PATH']}"
    work = tmp_path / "work"
    work.mkdir()
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", code], cwd=work, env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("page", ALL_PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (page.parent / target).exists(), target
    titles = {
        re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("#")
    }
    for target in re.findall(r"\]\(#([^)]+)\)", text):
        assert target in titles, target


@pytest.mark.parametrize("page", ALL_PAGES, ids=lambda page: page.name)
def test_files_that_a_page_names_exist(page):
    for name in re.findall(r"`((?:gh_store|tests)/[\w./-]*)`", page.read_text("utf-8")):
        assert (ROOT / name).exists(), name


def test_every_error_and_every_fault_is_in_the_docs():
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    raised = [kind for kind in vars(exceptions).values() if isinstance(kind, type) and not kind.__subclasses__()]
    for kind in raised:
        if issubclass(kind, exceptions.GitHubStoreError):
            assert f"`{kind.__name__}`" in page
    for fault in (*ONCE, *LASTING):
        assert f"`{fault}`" in page


def test_what_is_there_is_documented():
    for name in commands.commands:
        assert f"gh-store {name}" in README
    for mode in gh_store.Mode:
        assert f"`{mode}`" in README


def test_the_public_names_are_sorted_and_there():
    assert list(gh_store.__all__) == sorted(gh_store.__all__)
    assert all(hasattr(gh_store, name) for name in gh_store.__all__)
