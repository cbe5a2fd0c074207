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
    """The context of a command line, which is checked, and not run: it has all that the command cannot do without."""
    name, *arguments = takewhile(lambda word: word not in ("|", "||", ">"), shlex.split(line))
    command = commands.get_command(click.Context(commands), name)
    assert command is not None, line
    context = command.make_context(name, arguments)
    (asked,) = [each.metavar for each in command.params if each.name == "positionals"] or [""]
    named = [each for each in asked.lower().split() if each[0] != "[" and context.params.get(each) is None]
    assert len(context.params.get("positionals", ())) >= len(named), line
    return context


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


def test_a_hint_where_no_store_is_makes_one(shell):
    (named,) = NAMED.findall(shell.run("list", "--store", "my notes.db", code=2)[1])
    shell.run(*shlex.split(named))
    shell.run("list", "--store", "my notes.db")


@pytest.mark.parametrize(
    "command",
    [["import", "s.db", "--store", "t.db"], ["update-snapshot", "s.db", "--store", "s.db"], ["site", "s.db"]],
    ids=" ".join,
)
def test_a_store_in_the_place_of_a_snapshot_is_recognised(shell, command):
    shell.run("create", "a", '{"n": 1}', "--store", "s.db")
    _, err = shell.run(*command, code=2)
    assert "it is a database, not text" in err
    named = NAMED.findall(err)
    assert named == ["snapshot --store s.db", "export --store s.db"], "not the one that is written into"
    for each in named:
        shell.run(*shlex.split(each))


def test_nobody_is_told_to_delete_what_he_named(shell):
    (shell.folder / "empty.json").write_text("{}")
    (shell.folder / "folder").mkdir()
    for name, fault in (("empty.json", "this file is not"), ("folder", "this folder is not a snapshot: it has no")):
        _, err = shell.run("site", name, code=2)
        assert fault in err
        assert "delete" not in err


def test_a_file_in_the_place_of_json_is_recognised(shell):
    (shell.folder / "my b.json").write_text('{"n": 1}')
    for given in ("@my b.json", "my b.json"):
        _, err = shell.run("create", "b", given, code=2)
        assert "give --from-file 'my b.json' instead" in err
    assert "quote the whole value" in shell.run("create", "b", "{n: 1}", code=2)[1]


@pytest.mark.parametrize(
    "command",
    [["demo", "-o", "-"], ["site", "x", "--output", "-"], ["site", "x", "--theme", "-"], ["init", "--workflows", "-"],
     ["serve", "--cache", "-"], ["snapshot", "--format", "folder", "-o", "-"]],
    ids=" ".join,
)  # fmt: skip
def test_a_dash_is_no_folder(shell, command):
    assert "folder" in shell.run(*command, code=2)[1]
    assert list(shell.folder.iterdir()) == []


def test_what_was_interrupted_is_spoken_of_where_a_command_writes(shell):
    place = ["--repo", "ada/x", "--base-url", "http://127.0.0.1:9", "--token", "t", "--config", "quick.yml"]
    (shell.folder / "quick.yml").write_text("store: {retries: {max_attempts: 1}}")
    for command, writes in ((["list"], False), (["get", "a"], False), (["verify"], False), (["put", "a", "{}"], True)):
        _, err = shell.run(*command, *place, code=6)
        assert ("completes what was interrupted" in err) is writes


def test_an_object_that_is_not_there_is_not_offered_to_be_read(shell):
    _, err = shell.run("put", "new", "{}", "--if-version", "3", "--store", "n.db", code=4)
    assert "give 0 as the version, or none" in err
