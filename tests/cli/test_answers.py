"""What the command line says about input that is ambiguous or will come to nothing."""

import json

import pytest


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        (["create", "b", '{"n": 1, "n": 2}'], ""),
        (["create", "b", "-"], '{"n": 1, "n": 2}'),
        (["create", "b", "--from-file", "twice.json"], ""),
        (["update", "a", '{"x": {"n": 1, "n": 1}}'], ""),
        (["update", "a", '[{"op": "add", "n": 1, "path": "/x", "n": 2}]', "--mode", "patch"], ""),
        (["import", "-"], '{"id": "b", "document": {"n": 1, "n": 2}}\n'),
        (["import", "-"], '{"id": "c", "document": {}}\n{"id": "b", "document": {"n": 1, "n": 2}}\n'),
        (["import", "-"], '{"objects": {"b": {"data": {"n": 1, "n": 2}}}}'),
        (["import", "twice.json"], ""),
    ],
)
def test_a_key_that_occurs_twice_is_refused(shell, arguments, stdin):
    (shell.folder / "twice.json").write_text('{"n": 1, "n": 2}')
    shell.run("create", "a", "{}", "--store", "s.db")
    _, err = shell.run(*arguments, "--store", "s.db", stdin=stdin, code=2)
    assert "The key 'n' occurs twice in one JSON object." in err
    assert [obj["object_id"] for obj in shell.json("list", "--store", "s.db")] == ["a"]
    assert shell.json("get", "a", "--store", "s.db")["pending"] == 0


def test_what_will_be_rejected_is_one_line_on_stderr(shell):
    shell.run("create", "a", "{}", "--store", "s.db")
    out, err = shell.run("update", "a", '{"n": 1}', "--expected-version", "5", "--store", "s.db")
    assert json.loads(out)["data"] == {}
    (line,) = [line for line in err.splitlines() if "will be rejected" in line]
    assert "Expected version 5, but the object is at version 1." in line


def test_what_is_pending_is_no_damage(shell):
    shell.run("create", "a", "{}", "--store", "s.db")
    shell.run("update", "a", '{"n": 1}', "--store", "s.db")
    _, err = shell.run("verify", "--store", "s.db")
    assert "0 to repair, 1 pending" in err
    shell.run("verify", "--strict", "--store", "s.db", code=7)


def test_a_list_without_its_mode_is_told_the_mode(shell):
    shell.run("create", "a", "{}", "--store", "s.db")
    _, err = shell.run("update", "a", "[]", "--store", "s.db", code=2)
    assert "a list of operations is a patch: add --mode patch" in err.lower()
