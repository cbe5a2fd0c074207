"""A fast start: what is not needed is not imported; names, versions and the silence of the library come late, and right."""

import inspect
import os
import subprocess
import sys
from importlib.metadata import version

import pytest
from places import ROOT

import gh_store
from gh_store.cli.commands import commands

VERSION = version("gh-object-store")
SLOW = {
    "asyncio",
    "github",
    "gh_store.store",
    "jmespath",
    "jsonschema",
    "loguru",
    "prometheus_client",
    "requests",
    "rich",
    "sqlite3",
    "starlette",
    "uvicorn",
    "yaml",
}


def python(*arguments, **environment):
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done


def imported(*arguments, **environment):
    """The modules that a run of Python imports, and its output."""
    done = python("-X", "importtime", *arguments, **environment)
    names = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    return names, done.stdout


@pytest.mark.parametrize(
    ("arguments", "words", "shown"),
    [
        (["-c", "import gh_store"], "", ""),
        (["-c", "from gh_store import StoredObject, InvalidUpdate"], "", ""),
        (["-m", "gh_store", "--help"], "", "update-snapshot"),
        (["-m", "gh_store", "--version"], "", f"gh-store, version {VERSION}\n"),
        (["-m", "gh_store", "process-updates", "--help"], "", "--since"),
        (["-m", "gh_store"], "gh-store ", "plain,process-updates"),
        (["-m", "gh_store"], "gh-store update --expected", "plain,--expected-version"),
        (["-m", "gh_store"], "gh-store update --mode ", "plain,append"),
    ],
)
def test_what_is_not_used_is_not_imported(arguments, words, shown):
    completion = {"_GH_STORE_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    names, out = imported(*arguments, **(completion if words else {}))
    assert "gh_store" in names
    assert names & SLOW == set()
    assert shown in out


def test_what_is_used_is_imported():
    assert {"gh_store.store", "loguru", "sqlite3", "yaml"} <= imported("-c", "import gh_store; gh_store.LocalStore")[0]


def test_no_command_imports_more_than_its_help_needs():
    code = "from gh_store.cli.commands import commands; [each.load() for each in commands.commands.values()]"
    assert imported("-c", code)[0] & SLOW == set()


def test_a_summary_is_what_the_command_says_of_itself():
    for name, deferred in commands.commands.items():
        command = deferred.load()
        assert (command.name, inspect.cleandoc(command.help).startswith(deferred.short_help)) == (name, True)


def test_every_public_name_is_there_and_no_other():
    assert {*gh_store.__all__, "__version__"} <= set(dir(gh_store))
    assert gh_store.__version__ == VERSION
    with pytest.raises(AttributeError, match="no attribute 'Stoer'"):
        gh_store.Stoer  # noqa: B018  # a typing error
    everything = {}
    exec("from gh_store import *", everything)
    assert set(gh_store.__all__) <= set(everything)


@pytest.mark.parametrize(
    ("said", "speaks"),
    [
        ("import gh_store", False),
        ("import gh_store, loguru; loguru.logger.enable('gh_store')", True),
        ("import loguru; loguru.logger.enable('gh_store'); import gh_store", True),
        ("import gh_store; gh_store.LocalStore; import loguru; loguru.logger.enable('gh_store')", True),
        ("import loguru; loguru.logger.enable('gh_store.processing')", True),
        ("import loguru; loguru.logger.enable('gh_store.backends')", False),
        ("import loguru; loguru.logger.enable('gh_store'); loguru.logger.disable('gh_store.processing')", False),
    ],
)
def test_the_library_is_silent_until_the_program_says_otherwise(tmp_path, said, speaks):
    use = (
        f"{said}\nimport gh_store\n"
        f"with gh_store.LocalStore({str(tmp_path / 's.db')!r}) as store:\n"
        "    store.create('a', {})\n"
        "    store.update('a', {'n': 1}, process=True)\n"
    )
    done = python("-c", use)
    assert done.stdout == ""
    assert ("version 2" in done.stderr) == speaks
    assert speaks or done.stderr == ""
