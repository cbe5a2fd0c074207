"""The command line, run as users run it: JSON on stdout, talk on stderr, exit codes."""

import json
import re
import select
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime

import pytest
from terminal import on_a_terminal

from gh_store import LocalStore
from gh_store.backends.testing.local import LocalWebUI
from gh_store.cli.commands import commands
from gh_store.cli.views import as_dict
from gh_store.domain.findings import Finding, Kind, Processed, RepairResult, TransferResult
from gh_store.domain.values import ObjectMeta, StoredObject

VERBS = [
    "adopt",
    "completion",
    "create",
    "delete",
    "demo",
    "dev-server",
    "diff",
    "doctor",
    "export",
    "get",
    "history",
    "import",
    "init",
    "list",
    "open",
    "process-updates",
    "put",
    "repair",
    "revert",
    "serve",
    "site",
    "snapshot",
    "update",
    "update-snapshot",
    "verify",
    "watch",
]


def test_a_command_is_a_process(shell):
    """All others run in the process of the tests; it makes no difference."""
    for arguments, stdin, code in (
        (["create", "a", "-"], '{"from": "stdin ü"}', 0),
        (["get", "nobody"], "", 3),
        (["create", "b", "{nope}"], "", 2),
        (["update", "a", '[{"op": "remove", "path": "/x"}]', "--mode", "patch"], "", 0),
        (["process-updates", "--all"], "", 0),
        ([], "", 2),
    ):
        spawned = shell.spawn(*arguments, "--store", "one.db", stdin=stdin, code=code)
        out, err = shell.run(*arguments, "--store", "two.db", stdin=stdin, code=code)
        assert without_times(spawned) == without_times((out, err.replace("two.db", "one.db")))


def without_times(said):
    return re.sub(r"\d{4}-\d\d-\d\d[T ][\d:.]+", "TIME", "".join(said))


def test_a_day_with_the_store(shell):
    made = shell.json("create", "metrics", '{"n": 1}', "--label", "public")
    assert list(made) == ["object_id", "issue_number", "created_at", "updated_at", "version", "pending", "data"]
    assert (made["object_id"], made["issue_number"], made["version"], made["pending"]) == ("metrics", 1, 1, 0)
    assert shell.json("get", "metrics") == made
    assert shell.json("update", "metrics", '{"n": 2}')["pending"] == 1
    assert shell.json("process-updates", "--issue", "1", "--dry-run")["data"] == {"n": 2}
    assert shell.json("get", "metrics")["pending"] == 1
    assert shell.json("process-updates", "--issue", "1")["version"] == 2
    assert shell.json("update", "metrics", '{"n": null}', "--mode", "merge", "--process")["data"] == {}
    assert shell.json(
        "update", "metrics", '[{"op": "add", "path": "/k", "value": 1}]', "--mode", "patch", "--event-id", "x"
    )["data"] == {"k": 1}
    done = shell.json("process-updates", "--all")
    assert done == [{"object_id": "metrics", "issue_number": 1, "applied": 1, "rejected": 0, "error": None}]
    assert shell.json("process-updates", "--all", "--since", "90m") == []
    assert [entry["outcome"] for entry in shell.json("history", "metrics")] == ["applied"] * 4
    assert shell.json("get", "metrics", "--version", "2")["data"] == {"n": 2}
    assert [obj["object_id"] for obj in shell.json("list", "--prefix", "me", "--label", "public")] == ["metrics"]
    assert shell.json("list", "--prefix", "x") == []
    shell.run("snapshot")
    assert list(json.loads((shell.folder / "snapshot.json").read_text())["objects"]) == ["metrics"]
    assert shell.json("delete", "metrics") == {"object_id": "metrics"}
    assert "updated" in shell.run("update-snapshot", "snapshot.json")[1]
    assert "up to date" in shell.run("update-snapshot", "--snapshot-path", "snapshot.json")[1]
    assert json.loads((shell.folder / "snapshot.json").read_text())["objects"] == {}
    assert "up to date" in shell.run("snapshot", "--complete")[1]
    assert re.fullmatch(
        r"local/[0-9a-f]{16}", json.loads(shell.run("snapshot", "--complete", "--output", "-")[0])["repository"]
    )


def test_strings_stay_strings_and_positionals_may_be_named(shell):
    assert shell.json("create", "2025", "--data", '{"a": "1"}')["object_id"] == "2025"
    assert shell.json("update", "--object-id", "2025", "--changes", '{"b": 1}', "--process")["data"] == {
        "a": "1",
        "b": 1,
    }
    assert shell.json("update", "--object-id", "2025", '{"c": 1}')["pending"] == 1
    assert shell.json("process-updates", "1")["version"] == 3
    assert shell.json("get", "--object-id", "2025")["object_id"] == "2025"
    assert shell.json("create", "true", "{}")["object_id"] == "true"


def test_data_comes_from_an_argument_a_file_or_stdin(shell):
    assert shell.json("create", "a", "-", stdin='{"from": "stdin ü"}')["data"] == {"from": "stdin ü"}
    (shell.folder / "data.json").write_text('{"from": "file"}')
    assert shell.json("create", "b", "--from-file", "data.json")["data"] == {"from": "file"}
    assert shell.json("update", "b", "--from-file", "-", "--process", stdin='{"then": 1}')["data"] == {
        "from": "file",
        "then": 1,
    }


def test_output_goes_to_files(shell):
    shell.run("create", "a", "{}")
    out, _ = shell.run("get", "a", "--output", "deep/a.json")
    shell.run("history", "a", "--output", "h.json")
    assert out == ""
    assert json.loads((shell.folder / "deep/a.json").read_text())["object_id"] == "a"
    assert json.loads((shell.folder / "h.json").read_text())[0]["type"] == "initial_state"


def test_the_store_is_named_or_told(shell):
    _, err = shell.run("create", "a", "{}")
    assert err == "gh-store: using ./gh-store.db (--store names another)\n"
    _, err = shell.run("create", "a", "{}", "--store", "other.db")
    assert err == ""
    assert (shell.folder / "gh-store.db").exists()
    assert (shell.folder / "other.db").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["get", "nobody"], 3, "There is no object 'nobody'"),
        (["create", "a", "{}"], 3, "exists"),
        (["create", "b", "{nope}"], 2, "not valid JSON"),
        (["create", "b", '{"a": NaN}'], 2, "NaN"),
        (["create", "b", "[1]"], 2, "not a JSON object"),
        (["create", "b", "{}", "more"], 2, "Unexpected argument 'more'"),
        (["create", "b"], 2, "Give DATA once"),
        (["create", "b", "{}", "--from-file", "x"], 2, "Give DATA once"),
        (["create", "b", "--from-file", "nowhere.json"], 2, "nowhere.json"),
        (["create", " b", "{}"], 2, "space"),
        (["create"], 2, "OBJECT_ID is missing"),
        (["update", "a", "{}", "--mode", "mend"], 2, "mend"),
        (["update", "a", "{}", "--expected-version", "7", "--process"], 4, "Expected version 7"),
        (["update", "a", '[{"op": "remove", "path": "/x"}]', "--mode", "patch", "--process"], 2, "does not apply"),
        (["process-updates"], 2, "--event FILE and --all"),
        (["process-updates", "--issue", "0"], 2, "not an issue number"),
        (["process-updates", "--issue", "99"], 3, "no issue 99"),
        (["process-updates", "--issue", "9" * 30], 3, "no issue of that number"),
        (["snapshot", "--output", "."], 2, "this is a folder"),
        (["create", "b", "[" * 5000], 2, "nested more than 100 levels deep"),
        (["create", "b", '{"a": ' + "9" * 5000 + "}"], 2, "digits"),
        (["create", "b", "-"], 2, "not valid JSON"),
        (["list", "--config", "."], 2, "cannot be read"),
        (["process-updates", "--all", "--since", "soon"], 2, "neither an age"),
        (["process-updates", "--all", "--since", "2026-01-01"], 2, "time zone"),
        (["process-updates", "--all", "--since", "99999999999d"], 2, "neither an age"),
        (["process-updates", "--issue", "1", "--since", "1d"], 2, "goes with --all"),
        (["get", "a", "--version", "9"], 3, "no version 9"),
        (["get", "a", "--version", "0"], 2, "--version"),
        (["get", "a", "--config", "none.yml"], 2, "none.yml"),
        (["get", "a", "--store", "none.db"], 2, "no store here"),
        (["update-snapshot", "none.json"], 2, "no such snapshot"),
        (["explode"], 2, "explode"),
        (["get", "a", "--repo", "x/y", "--store", "z.db"], 2, "two stores"),
        (["get", "a", "--token", "x"], 2, "go with --repo"),
        (["get", "a", "--repo", "nonsense"], 2, "owner/name"),
        (["get", "a", "--repo", "o/n", "--base-url", "http://github.example"], 2, "unencrypted"),
        (["get", "a", "--repo", "o/n", "--base-url", "nonsense"], 2, "https://HOST"),
    ],
)
def test_errors_are_a_line_a_hint_and_a_code(shell, arguments, code, said):
    shell.run("create", "a", "{}")
    out, err = shell.run(*arguments, code=code)
    assert said in err + out
    errors = [line for line in err.splitlines() if line.startswith("gh-store: error: ")]
    hints = [line for line in err.splitlines() if line.startswith("gh-store: hint: ")]
    assert (len(errors), len(hints), out) == (1, 1, "")


NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
OBJECT = StoredObject(ObjectMeta("a", 1, NOON, NOON, 3), {"n": [1]})


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (OBJECT, {"object_id": "a", "issue_number": 1, "created_at": "2026-11-21T12:00:00+00:00", "updated_at": "2026-11-21T12:00:00+00:00", "version": 3, "pending": 0, "data": {"n": [1]}}),
        (Processed("a", 1, 2, 3, ValueError("why"), ((7, "bad"),), OBJECT), {"object_id": "a", "issue_number": 1, "applied": 2, "rejected": 3, "error": "ValueError: why"}),
        (Finding(Kind.TITLE, None, 2, "It is.", "Mend it."), {"kind": "title", "object_id": None, "issue_number": 2, "found": "It is.", "remedy": "Mend it."}),
        (RepairResult("a", 1, (Kind.STATE, Kind.TITLE), "wrote"), {"object_id": "a", "issue_number": 1, "kinds": ["state", "title"], "doing": "wrote", "error": None}),
        (TransferResult("a", made=True), {"object_id": "a", "issue_number": None, "made": True, "updated": False, "error": None}),
    ],
)  # fmt: skip
def test_the_keys_of_every_result_in_their_order(result, told):
    text = json.dumps(as_dict(result))
    assert list(json.loads(text).items()) == list(told.items())


def test_no_command_shows_what_there_is(shell):
    out, err = shell.run(code=2)
    assert out == ""
    assert all(verb in err for verb in VERBS)


def test_a_rejected_event_is_no_failure_of_the_processor(shell):
    shell.run("create", "a", "{}")
    shell.run("update", "a", '[{"op": "remove", "path": "/x"}]', "--mode", "patch")
    out, err = shell.run("process-updates", "--all")
    assert json.loads(out)[0]["rejected"] == 1
    assert "WARNING" in err


def overwritten(shell):
    """An object that somebody who has left has overwritten, head and log, so that nothing tells its state any more."""
    with LocalWebUI(shell.folder / "gh-store.db") as pages:
        pages.set_role("ada", "write")
    with LocalStore(shell.folder / "gh-store.db", user="ada") as store:
        store.create("hers", {"n": 1})
    with LocalWebUI(shell.folder / "gh-store.db") as pages:
        pages.set_role("ada", "read")
        hers = pages.as_user("ada")
        hers.edit_issue(1, title="Mine", body='{"n": "forged"}')
        hers.edit_comment(1, "gone")
        hers.close()


def test_one_object_that_cannot_be_told_holds_up_no_other(shell):
    overwritten(shell)
    shell.run("create", "b", '{"n": 2}')
    _, err = shell.run("get", "hers", code=7)
    assert "gh-store import" in err
    out, err = shell.run("list")
    assert [each["object_id"] for each in json.loads(out)] == ["b"]
    assert "overwritten" in err
    assert '"b"' in shell.run("snapshot", "--output", "-")[0]
    assert '"b"' in shell.run("export")[0]
    told = shell.json("verify", "--json", code=7)
    assert [(each["kind"], each["object_id"]) for each in told["damage"]] == [("forged", "hers")]


def test_a_sweep_ends_with_the_code_of_the_first_object_in_trouble(shell):
    overwritten(shell)
    out, _ = shell.run("process-updates", "--all", code=7)
    assert json.loads(out)[0]["error"].startswith("IntegrityError: ")


def test_a_wait_that_runs_out_says_so_and_is_no_failure(shell):
    shell.run("create", "a", "{}")
    out, err = shell.run("update", "a", "{}", "--wait", "0.1")
    assert json.loads(out)["pending"] == 1
    assert "still pending" in err


def test_a_store_in_memory_makes_no_file(shell):
    assert shell.json("init", "--store", ":memory:")["store"] == ":memory:"
    assert shell.json("create", "a", '{"n": 1}', "--store", ":memory:")["data"] == {"n": 1}
    shell.run("get", "a", "--store", ":memory:", code=3)
    assert list(shell.folder.iterdir()) == []


def test_help_has_an_example_for_every_command(shell):
    assert sorted(commands.commands) == VERBS
    for verb in VERBS:
        out, err = shell.run(verb, "--help")
        assert err == ""
        assert f"Example: gh-store {verb}" in out
        assert ("--token" in out) == ("set GH_TOKEN instead" in " ".join(out.split()))
    out, _ = shell.run("--help")
    assert all(verb in out for verb in VERBS)
    assert re.fullmatch(r"gh-store, version 1\.0\.0\.dev0\n", shell.run("--version")[0])


def test_init_makes_what_is_missing(shell):
    made = shell.json("init", "--config", "conf/c.yml", "--store", "s.db")
    assert made == {"store": "s.db", "config": "conf/c.yml"}
    assert (shell.folder / "s.db").exists()
    (shell.folder / "conf/c.yml").write_text("store: {log: {level: ERROR}}")
    shell.run("init", "--config", "conf/c.yml", "--store", "s.db")
    assert (shell.folder / "conf/c.yml").read_text() == "store: {log: {level: ERROR}}"
    assert shell.json("list", "--store", "s.db", "--config", "conf/c.yml") == []


def test_log_level_and_log_format_are_honoured(shell):
    shell.run("create", "a", "{}")
    config = shell.folder / "c.yml"
    for level, shown in (("INFO", True), ("ERROR", False)):
        config.write_text(f"store: {{log: {{level: {level}, format: '<<{{level}}>> {{message}}'}}}}")
        _, err = shell.run("update", "a", "{}", "--process", "--config", "c.yml")
        assert ("<<INFO>> Issue 1" in err) == shown


def test_output_that_nobody_reads_any_more_is_no_error(shell):
    with LocalStore(shell.folder / "gh-store.db") as store:
        for number in range(50):
            store.create(f"o{number}", {"x": "y" * 5000})
    command = f"{sys.executable} -m gh_store list | head -c 10"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=shell.folder,
        env=shell.environment,
        capture_output=True,
        check=False,
    )
    assert b"Traceback" not in done.stderr
    assert b"BrokenPipe" not in done.stderr
    assert done.returncode == 0


def test_which_store_is_meant(shell):
    """--store, then --repo, then GITHUB_REPOSITORY, then ./gh-store.db."""
    nowhere = ["--base-url", "http://127.0.0.1:9", "--token", "t", "--config", "quick.yml"]
    (shell.folder / "quick.yml").write_text("store: {retries: {max_attempts: 1}}")
    shell.environment["GITHUB_REPOSITORY"] = "env/name"
    shell.run("create", "a", "{}", "--store", "mine.db")
    assert (shell.folder / "mine.db").exists()
    _, err = shell.run("get", "a", *nowhere, code=6)
    assert "using env/name (GITHUB_REPOSITORY)" in err
    _, err = shell.run("get", "a", "--repo", "arg/name", *nowhere, code=6)
    assert "env/name" not in err
    assert shell.json("init", "--repo", "arg/name")["store"] == "arg/name"
    del shell.environment["GITHUB_REPOSITORY"]
    shell.run("create", "a", "{}")
    assert (shell.folder / "gh-store.db").exists()


def test_an_interrupt_ends_with_130(shell):
    shell.run("create", "a", "{}")
    command = [sys.executable, "-m", "gh_store", "update", "a", "{}", "--wait", "60"]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # else a shell's background job ignores it
    try:
        running = subprocess.Popen(
            command, cwd=shell.folder, env=shell.environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE
        )
    finally:
        signal.signal(signal.SIGINT, before)
    with LocalStore(shell.folder / "gh-store.db") as store:
        while store.get("a").meta.pending == 0:
            select.select([], [], [], 0.05)
    running.send_signal(2)
    out, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert (b"Traceback" in err, out) == (False, b"")
    assert b"hint: What was written is safe. Run the command again." in err


def test_people_on_terminals_see_tables(shell):
    shell.run("create", "a", '{"text": "[bold]no markup[/bold]"}')
    assert "[bold]no markup" in on_a_terminal(shell, "-m", "gh_store", "list")
    shown = on_a_terminal(shell, "-m", "gh_store", "history", "a")
    assert "initial_state" in shown
    assert "OUTCOME" in shown


def test_long_work_has_a_progress_bar_on_a_terminal(shell):
    script = (
        "from gh_store.cli import terminal\n"
        "terminal._SHOW_AFTER = {}\n"
        "with terminal.progress('Reading objects') as step:\n"
        "    for _ in range(3): step()\n"
    )
    assert "Reading objects" in on_a_terminal(shell, "-c", script.format(-1))
    assert "Reading objects" not in on_a_terminal(shell, "-c", script.format(3600))


# --- looking after a store ------------------------------------------------------------------------


def test_verify_and_repair(shell):
    shell.run("create", "a", '{"n": 1}')
    shell.run("create", "b", "{}")
    out, err = shell.run("verify")
    assert (out, "0 to repair, 0 pending, 0 remarks" in err) == ("", True)
    with LocalWebUI(shell.folder / "gh-store.db") as pages:
        pages.remove_label(1, "stored-object")
        pages.edit_issue(2, title="Hello")
        pages.edit_comment(1, '{"n": 2}')
    out, _ = shell.run("verify", code=7)
    assert "damage: a (issue 1): labels: It has lost the label stored-object" in out
    assert "damage: b (issue 2): title: " in out
    told = shell.json("verify", "--json", "a", code=7)
    assert [list(finding) for finding in told["damage"]] == [["kind", "object_id", "issue_number", "found", "remedy"]]
    assert told["suspected"] == []
    done = shell.json("repair", "--dry-run")
    assert [(each["object_id"], each["kinds"], each["error"]) for each in done] == [("a", ["labels"], None), ("b", ["title"], None)]  # fmt: skip
    shell.run("get", "a", code=3)
    out, err = shell.run("repair")
    assert json.loads(out) == done
    assert "a (issue 1): put back stored-object (labels)" in err
    told = shell.json("verify", "--json")
    assert (told["damage"], [each["kind"] for each in told["suspected"]]) == ([], ["changed"])
    assert shell.json("get", "a")["data"] == {"n": 1}
    assert shell.json("repair") == []
    shell.run("verify", "none", code=3)


def test_a_repair_that_fails_goes_on_and_says_so(shell):
    shell.run("create", "a", "{}")
    shell.run("create", "b", "{}")
    with LocalWebUI(shell.folder / "gh-store.db") as pages:
        for number in (1, 2):
            pages.remove_reaction(number, "rocket")
        pages.lock_issue(1)
    out, err = shell.run("repair", code=5)
    assert [each["error"] and each["error"].partition(":")[0] for each in json.loads(out)] == [
        "InsufficientScope",
        None,
    ]
    assert "locked" in err
    assert "hint: Unlock it." in err


def test_a_backup_and_the_way_back(shell):
    shell.run("create", "a", '{"n": 1}')
    shell.run("update", "a", '{"n": 2}', "--process")
    shell.run("create", "old", "{}")
    shell.run("delete", "old")
    out, _ = shell.run("export")
    assert [next(iter(json.loads(line))) for line in out.splitlines()] == ["gh-store", "object_id", "gh-store"]
    made, err = shell.run("import", "-", "--store", "copy.db", "--json", stdin=out)
    assert json.loads(made) == [{"object_id": "a", "issue_number": 1, "made": True, "updated": False, "error": None}]
    assert "1 created, 0 updated, 0 unchanged, 0 failed" in err
    assert shell.json("history", "a", "--store", "copy.db")[1]["metadata"]["origin"]["comment_id"] == 2
    assert "wrote all.jsonl" in shell.run("export", "--deleted", "--output", "all.jsonl")[1]
    assert [each["made"] for each in shell.json("import", "all.jsonl", "--store", "copy.db", "--json")] == [False, True]
    shell.run("snapshot")
    assert len(shell.json("import", "snapshot.json", "--store", "third.db", "--json")) == 1
    (shell.folder / "torn.jsonl").write_text(out[:-20])
    _, err = shell.run("import", "torn.jsonl", "--store", "fourth.db", code=2)
    assert "torn.jsonl, line 3" in err
    assert not (shell.folder / "fourth.db").exists()
    shell.run("import", "none.jsonl", code=2)
    shell.run("import", "-", stdin="", code=2)
    shell.run("create", "b", '{"mine": 1}', "--store", "copy.db")
    (shell.folder / "b.jsonl").write_text('{"id": "b", "document": {}}\n{"id": "c", "document": {}}\n')
    failed, err = shell.run("import", "b.jsonl", "--store", "copy.db", code=3)
    assert [each["object_id"] for each in json.loads(failed)] == ["b"]
    assert "1 created, 0 updated, 0 unchanged, 1 failed" in err
    assert "The object 'b' exists" in err


def test_an_export_that_fails_leaves_the_file_as_it_was(shell):
    (shell.folder / "backup.jsonl").write_text("the last one")
    shell.run("create", "a", "{}")
    with closing(sqlite3.connect(shell.folder / "gh-store.db")) as db:
        db.execute("DROP TABLE comments")
    shell.run("export", "--output", "backup.jsonl", code=7)
    assert (shell.folder / "backup.jsonl").read_text() == "the last one"
    assert [path.name for path in shell.folder.iterdir() if "tmp" in path.name] == []


def test_adopt(shell):
    with LocalWebUI(shell.folder / "gh-store.db") as pages:
        pages.set_role("ada", "write")
    with LocalStore(shell.folder / "gh-store.db", user="ada") as theirs:
        theirs.create("a", {"n": 1})
    with LocalWebUI(shell.folder / "gh-store.db") as pages:
        pages.set_role("ada", "read")
    assert shell.json("adopt", "--dry-run") == [
        {"object_id": "a", "issue_number": None, "made": False, "updated": False, "error": None}
    ]
    assert shell.json("adopt", "none") == []
    assert shell.json("adopt") == [{"object_id": "a", "issue_number": 2, "made": True, "updated": False, "error": None}]
    assert shell.json("get", "a")["issue_number"] == 2


def test_what_a_workflow_is_told(shell):
    shell.run("create", "a", "{}")
    shell.run("update", "a", '{"n": 1}')
    (shell.folder / "event.json").write_text('{"action": "reopened", "issue": {"number": 1}}')
    shell.environment |= {"GITHUB_OUTPUT": "out", "GITHUB_STEP_SUMMARY": "none/summary"}
    out, err = shell.run("process-updates", "--event", "event.json")
    assert json.loads(out)["version"] == 2
    assert "note: GITHUB_STEP_SUMMARY could not be written" in err
    assert (shell.folder / "out").read_text() == "changed=true\napplied=1\nrejected=0\nobjects=1\n"
    (shell.folder / "event.json").write_text('{"action": "opened", "issue": {"number": 9}}')
    out, err = shell.run("process-updates", "--event", "event.json")
    assert (out, "nothing to do" in err) == ("", True)
    shell.run("process-updates", "--event", "event.json", "--all", code=2)
    shell.run("process-updates", "--event", "none.json", code=2)
