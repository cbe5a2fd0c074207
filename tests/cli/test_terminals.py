"""Every command as people see it: on a terminal of 60 and of 120 columns; and piped, as programs read it."""

import io
import json
import re

import pytest
from rich.console import Console
from terminal import shown

from gh_store import LocalStore
from gh_store.cli.commands import commands
from gh_store.cli.tables import Column, columns_of, cut, table
from gh_store.cli.terminal import bar
from gh_store.cli.views import OBJECTS

LONG = "user/ada-lovelace-of-the-analytical-engine"
WIDE = "地区/北京市"
COLUMNS = ["ID", "VERSION", "PENDING", "ISSUE", "UPDATED", "DATA"]
COMMANDS = {
    "adopt": ["adopt", "--dry-run"],
    "completion": ["completion", "bash"],
    "create": ["create", "new", '{"n": 1}'],
    "delete": ["delete", LONG],
    "demo": ["demo", "--help"],
    "dev-server": ["dev-server", "--help"],
    "diff": ["diff", "metrics", "1", "2"],
    "doctor": ["doctor", "--help"],
    "export": ["export"],
    "get": ["get", LONG],
    "history": ["history", "metrics"],
    "import": ["import", "copy.jsonl", "--store", "copy.db"],
    "init": ["init"],
    "list": ["list"],
    "open": ["open", "--help"],
    "process-updates": ["process-updates", "--all"],
    "put": ["put", WIDE, '{"n": 2}'],
    "repair": ["repair", "--dry-run"],
    "revert": ["revert", "metrics", "--to", "1"],
    "serve": ["serve", "--help"],
    "site": ["site", "old.json", "--output", "site"],
    "snapshot": ["snapshot"],
    "update": ["update", "metrics", '{"visits": 4}', "--process"],
    "update-snapshot": ["update-snapshot", "old.json"],
    "verify": ["verify"],
    "watch": ["watch", "--once", "--all"],
}
JSON_ON_TERMINALS = {"create", "delete", "export", "get", "init", "put", "revert", "update"}


@pytest.fixture
def filled(shell):
    shell.environment["GH_STORE"] = "s.db"
    with LocalStore(shell.folder / "s.db") as store:
        store.create("metrics", {"visits": 1, "pages": {"/": 1}})
        store.create(LONG, {"name": "Ada Lovelace", "text": "She wrote the first program. " * 5})
        store.create(WIDE, {"名字": "一个很长的名字" * 9})
        store.write_snapshot(shell.folder / "old.json")
        store.update("metrics", {"visits": 2, "text": "x" * 200})
        (shell.folder / "copy.jsonl").write_text("".join(store.export()))
    return shell


@pytest.mark.parametrize("width", [60, 120])
@pytest.mark.parametrize("name", COMMANDS)
def test_what_people_see_fits(filled, name, width):
    text = shown(filled, *COMMANDS[name], width=width)
    assert text.strip()
    if name == "verify":
        assert "`gh-store process-updates --all`" in text, "a command stays on its line"
    if name not in JSON_ON_TERMINALS | {"completion", "repair"}:  # whole strings, and sentences
        ids = (LONG, WIDE)
        assert [line for line in text.splitlines() if columns_of(line) > width and not line.startswith(ids)] == []
    assert not re.search(r"^\d{4}-\d\d-\d\d.* \| ", text, re.MULTILINE), "one voice"
    assert all(line for line in text.splitlines() if "INFO" in line) or "INFO" not in text


@pytest.mark.parametrize("name", COMMANDS)
def test_what_programs_read_is_json(filled, name):
    out, err = filled.run(*COMMANDS[name])
    if "--help" in COMMANDS[name] or name in ("completion", "site", "snapshot", "update-snapshot", "verify"):
        assert bool(out) == ("snapshot" not in name and name != "site")
    else:
        [json.loads(line) for line in out.splitlines()] if name in ("export", "watch") else json.loads(out)
    assert "\x1b" not in out + err


def test_every_command_is_seen():
    assert set(COMMANDS) == set(commands.commands)


@pytest.mark.parametrize("width", [30, 60, 80, 120, 200])
def test_a_list_has_a_line_for_each_object_and_all_of_its_id(filled, width):
    """An id that would take the columns of all others has a line of its own."""
    first, *lines = shown(filled, "list", width=width).splitlines()
    assert [line.split()[0] for line in lines if line[0] != " "] == ["metrics", LONG, WIDE]
    assert (LONG in lines, len(lines)) == ((True, 4) if width < 120 else (False, 3))
    titles = first.split()
    assert (
        titles
        == {
            30: ["ID", "DATA"],
            60: ["ID", "VERSION", "PENDING", "DATA"],
            80: ["ID", "VERSION", "PENDING", "ISSUE", "UPDATED", "DATA"],
            120: ["ID", "VERSION", "PENDING", "ISSUE", "UPDATED", "DATA"],
            200: ["ID", "VERSION", "PENDING", "ISSUE", "UPDATED", "DATA"],
        }[width]
    )


def test_a_terminal_may_be_asked_for_json_and_a_pipe_for_a_table(filled):
    text = shown(filled, "list", "--json", width=60)
    assert len(json.loads(text)) == 3
    assert shown(filled, "list", "--ids").splitlines() == ["metrics", LONG, WIDE]
    filled.environment["COLUMNS"] = "60"
    assert filled.run("list", "--table")[0].startswith("ID ")
    assert "no objects" in shown(filled, "list", "--prefix", "none")
    assert "no differences" in shown(filled, "diff", "metrics", "1", "1")


def test_a_history_in_lines(filled):
    first, second = shown(filled, "history", "metrics", "--oneline", width=60).splitlines()
    assert re.fullmatch(r'v1 \d{4}-\d\d-\d\d \d\d:\d\d local initial_state \{"visits": …?.*', first)
    assert second.endswith("…")
    assert len(second) == 60
    whole = filled.run("history", "metrics", "--oneline")[0].splitlines()
    assert "x" * 200 in whole[1]
    assert " pending: " in whole[1]


def test_a_difference_is_shown_as_lines(filled):
    assert shown(filled, "diff", "metrics", "v1", "2").splitlines()[:-1] == ["- /visits: 1", "+ /visits: 2"]
    del filled.environment["NO_COLOR"]
    assert "\x1b[31m- /visits: 1\x1b[0m" in shown(filled, "diff", "metrics")
    assert filled.json("diff", "metrics")[0] == {"path": "/visits", "old": 1, "new": 2}
    assert filled.run("diff", "metrics", "x", code=2)[1].count("not a version") == 1


@pytest.mark.parametrize("refuses", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
@pytest.mark.parametrize("command", [["demo"], ["demo", "--verbose"], ["list"], ["diff", "metrics"]])
def test_who_wants_no_colour_gets_no_bold_either(filled, command, refuses):
    del filled.environment["NO_COLOR"]
    assert "\x1b[" in shown(filled, *command)
    filled.environment |= refuses
    assert "\x1b" not in shown(filled, *command)


def test_the_log_and_the_messages_are_one_voice_on_a_terminal(filled):
    filled.run("update", "metrics", '[{"op": "remove", "path": "/none"}]', "--mode", "patch")
    text = shown(filled, "process-updates", "--all")
    lines = [line for line in text.splitlines() if "ejected" in line and not line.startswith("ID")]
    assert lines
    assert all(line.startswith("gh-store: ") for line in lines)
    assert any(line.startswith("gh-store: warning: ") for line in lines)
    filled.run("update", "metrics", '{"n": 1}')
    assert re.match(r"\d{4}-\d\d-\d\d.* \| INFO \| ", filled.run("process-updates", "--all")[1])
    (filled.folder / "c.yml").write_text("store: {log: {format: '<<{level}>> {message}'}}")
    filled.run("update", "metrics", '{"n": 2}')
    assert "<<INFO>> " in shown(filled, "process-updates", "--all", "-c", "c.yml")


@pytest.mark.parametrize("width", [60, 80, 120])
def test_help_is_grouped_and_never_cut(filled, width):
    text = shown(filled, "--help", width=width)
    assert "…" not in text
    assert "..." not in text.replace("[ARGS]...", "")
    words = " ".join(text.split())
    for name, command in commands.commands.items():
        assert f" {name} {command.short_help}" in words
    assert [line for line in text.splitlines() if re.fullmatch(r"[A-Z][a-z ]+:", line)] == [
        "Options:", "Objects:", "The past of an object:", "Processing:", "Snapshots and copies:", "Serving:", "Care:",
        "Setting up:",
    ]  # fmt: skip  # the titles
    if width >= 80:
        assert all(f"  {name.ljust(16)} {each.short_help}" in text for name, each in commands.commands.items())


def test_names_have_short_forms(filled):
    assert filled.json("ls") == filled.json("list")
    assert filled.json("rm", "metrics") == {"object_id": "metrics"}
    assert "rm" in filled.run("--help")[0]


def test_changes_as_they_come(filled):
    first, *_, last = [json.loads(line) for line in filled.run("watch", "--all", "--once")[0].splitlines()]
    assert (first["object_id"], first["version"], first["state"]["visits"]) == ("metrics", 1, 1)
    assert filled.run("watch", "--once")[0] == ""
    filled.run("update", "metrics", '{"visits": 3}', "--process")
    news = filled.run("watch", "--once", "--after", last["cursor"], "-q", "[object_id, version]")[0]
    assert [json.loads(line) for line in news.splitlines()] == [["metrics", 2], ["metrics", 3]]
    lines = shown(filled, "watch", "--once", "--all", width=60).splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["metrics", "v1"], [LONG, "v1"], [WIDE, "v1"], ["metrics", "v2"], ["metrics", "v3"],
    ]  # fmt: skip  # in order
    assert all(columns_of(line) <= 60 for line in lines)
    filled.run("watch", "--all", "--after", "x", code=2)
    filled.run("watch", "--once", "--after", "x", code=2)


# --- tables, purely -------------------------------------------------------------------------------


@pytest.mark.parametrize("width", range(200))
def test_no_line_is_wider_than_asked_unless_an_id_is(width):
    columns = (Column("id"), Column("n", goes=2, right=True), Column("data", goes=1, cut=True))
    rows = [("北京", 1, "北京市" * 30), ("a" * 30, 22, "short")]
    lines = [*table(columns, rows, width)]
    assert len(lines) == 3
    assert all(columns_of(line) <= max(width, 30) for line in lines)
    assert lines[2].startswith("a" * 30)


def test_one_long_id_takes_no_column_from_the_others():
    rows = [("b" * 165, 1, 3, 4, "2026-11-21 10:00", "{}"), ("a", 2, 0, 1, "2026-11-21 10:00", "{}")]
    for width in (60, 120):
        first, *lines = table(OBJECTS.columns, rows, width)
        assert first.split() == COLUMNS
        assert (lines[0], lines[1].split()[:2], lines[2].split()[:3]) == ("b" * 165, ["1", "3"], ["a", "2", "0"])
    assert len([*table(OBJECTS.columns, [("b" * 50, *rows[0][1:]), rows[1]], 120)]) == 3, "there is room"
    assert [*table(OBJECTS.columns, [("b" * 30, *[""] * 5)], 9)] == ["ID", "b" * 30]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_bar_leaves_the_numbers_their_room(width):
    shown = bar()
    shown.add_task("Replaying objects", total=20_000, completed=4_000)
    console = Console(width=width, file=io.StringIO(), force_terminal=True, color_system=None)
    console.print(shown.get_renderable())
    said = console.file.getvalue()
    assert "4000/20000" in said
    assert "…" not in said
    assert max(map(len, said.splitlines())) <= width


@pytest.mark.parametrize("size", range(12))
def test_text_is_cut_by_columns(size):
    for text in ("abcdefghijkl", "北京市朝阳区北京", "a北b京c市", ""):
        assert columns_of(cut(text, size)) <= size
        assert cut(text, columns_of(text)) == text
