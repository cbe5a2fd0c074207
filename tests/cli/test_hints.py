"""What help and hints tell people to type can be typed."""

import re
import shlex
from itertools import takewhile

import click
import pytest
from places import ROOT

from gh_store.cli.commands import commands
from gh_store.collection.changes import Cursor

NAMED = re.compile(r"`gh-store ([a-z][^`\n]*)`")


def parsed(line):
    """The context of a command line, which is checked, and not run."""
    name, *arguments = takewhile(lambda word: word not in ("|", "||", ">"), shlex.split(line))
    command = commands.get_command(click.Context(commands), name)
    assert command is not None, line
    return command.make_context(name, arguments)


@pytest.mark.parametrize("name", commands.commands)
def test_the_example_of_help_is_valid(name):
    example = commands.commands[name].load().epilog.removeprefix("Example: gh-store ")
    context = parsed(example)
    if name == "watch":
        Cursor.read(context.params["after"])


def test_every_command_that_a_message_names_is_valid():
    found = 0
    for file in (ROOT / "gh_store").rglob("*.py"):
        for line in NAMED.findall(file.read_text().replace('"""`', "")):  # titles of modules
            parsed(re.sub(r"{[^}]*}", "1", line))
            found += 1
    assert found > 20


@pytest.mark.parametrize(
    "command",
    [["get", "nope"], ["get", "a", "--version", "9"], ["open", "a"], ["put", "a", "{}", "--if-version", "9"]],
    ids=" ".join,
)
def test_a_hint_is_about_the_same_store(shell, command):
    shell.run("create", "a", '{"n": 1}', "--store", "my notes.db")
    _, err = shell.run(
        *command, "--store", "my notes.db", code=4 if "put" in command else 2 if "open" in command else 3
    )
    (named,) = NAMED.findall(err)
    assert "'my notes.db'" in named
    shell.run(*shlex.split(named))
    shell.environment["GH_STORE"] = "my notes.db"  # which holds for the next command, too
    _, err = shell.run(*command, code=4 if "put" in command else 2 if "open" in command else 3)
    assert "my notes.db" not in err


def test_so_are_remedies_and_the_errors_of_many(shell):
    shell.run("create", "a", "{}", "--store", "n.db")
    shell.run("update", "a", '{"n": 1}', "--store", "n.db")
    for named in NAMED.findall(shell.run("verify", "--store", "n.db")[0]):
        assert named.startswith(("process-updates --store n.db", "repair --store n.db"))
        shell.run(*shlex.split(named))
    _, err = shell.run("import", "-", "--store", "n.db", stdin='{"id": "a", "document": {}}', code=3)
    assert "add --update" in err
    assert (
        "1 updated" in shell.run("import", "-", "--store", "n.db", "--update", stdin='{"id": "a", "document": {}}')[1]
    )


def test_an_object_that_is_not_there_is_not_offered_to_be_read(shell):
    _, err = shell.run("put", "new", "{}", "--if-version", "3", "--store", "n.db", code=4)
    assert "give 0 as the version, or none" in err
