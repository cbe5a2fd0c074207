"""`snapshot` and `update-snapshot`: formats, choices and conversions, as the command line takes them."""

import json

import pytest


@pytest.fixture
def filled(shell):
    """A store with two objects, one of them updated."""
    shell.run("create", "site/a", '{"n": 1}', "--label", "red")
    shell.run("create", "b", '{"n": 1}')
    shell.run("update", "b", '{"n": 2}', "--process")
    return shell


def ids(shell, name):
    return list(json.loads((shell.folder / name).read_text())["objects"])


def test_every_format_has_a_name_of_its_own_for_the_output(filled):
    assert filled.run("snapshot", "--history")[1].endswith("gh-store: wrote snapshot.json\n")
    assert filled.run("snapshot", "--history", "--format", "lines")[1].endswith("gh-store: wrote snapshot.jsonl\n")
    assert filled.run("snapshot", "--history", "--format", "folder")[1].endswith("gh-store: wrote snapshot\n")
    assert filled.run("snapshot", "--history", "--format", "folder")[1].endswith("gh-store: snapshot is up to date\n")
    events = json.loads((filled.folder / "snapshot/history/b.json").read_text())
    assert [each["version"] for each in events] == [1, 2]
    lines = (filled.folder / "snapshot.jsonl").read_text().splitlines()
    assert [json.loads(line)["meta"]["object_id"] for line in lines] == [
        "b",
        "site/a",
    ]
    filled.run("update", "b", '{"n": 3}', "--process")
    for name in ("snapshot.json", "snapshot"):
        assert filled.run("update-snapshot", name)[1].endswith(f"updated {name}\n")
    assert ids(filled, "snapshot.json") == ids(filled, "snapshot/manifest.json") == ["b", "site/a"]
    assert len(json.loads((filled.folder / "snapshot/history/b.json").read_text())) == 3


def test_some_objects_only(filled):
    filled.run("snapshot", "--prefix", "site/", "-o", "site.json")
    filled.run("snapshot", "--label", "red", "-o", "red.json")
    assert ids(filled, "site.json") == ids(filled, "red.json") == ["site/a"]
    filled.run("create", "site/c", "{}")
    filled.run("update-snapshot", "site.json")
    assert ids(filled, "site.json") == ["site/a", "site/c"]


def test_a_snapshot_is_converted_without_a_store(filled):
    filled.run("snapshot", "--history")
    nowhere = ("--store", "nowhere.db")
    filled.run("snapshot", "--from", "snapshot.json", "--format", "folder", *nowhere)
    assert not (filled.folder / "nowhere.db").exists()
    filled.run("snapshot", "--from", "snapshot", "-o", "again.json", "--history")
    assert (filled.folder / "again.json").read_bytes() == (filled.folder / "snapshot.json").read_bytes()
    lines = filled.run("snapshot", "--from", "snapshot", "--format", "lines", "--prefix", "site/", "-o", "-")[0]
    assert [json.loads(line)["meta"]["object_id"] for line in lines.splitlines()] == ["site/a"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["snapshot", "--format", "folder", "-o", "-"], "stdout"),
        (["snapshot", "--format", "folder", "-o", "plain.json"], "not a folder"),
        (["snapshot", "--format", "xml"], "xml"),
        (["snapshot", "-o", "folder"], "this is a folder"),
        (["snapshot", "--from", "none.json"], "no such snapshot"),
        (["snapshot", "--from", "lines.jsonl"], "an object a line"),
        (["snapshot", "--from", "plain.json", "--history"], "has no history"),
        (["snapshot", "--from", "plain.json", "--label", "red"], "--label"),
        (["snapshot", "--from", "site.json", "--prefix", "b"], "begin with 'site/'"),
        (["update-snapshot", "lines.jsonl"], "an object a line"),
        (["update-snapshot", "line.jsonl"], "an object a line"),
        (["update-snapshot", "empty"], "not a snapshot"),
    ],
)
def test_what_cannot_be_is_said(filled, given, says):
    filled.run("snapshot", "-o", "plain.json")
    filled.run("snapshot", "-o", "site.json", "--prefix", "site/")
    filled.run("snapshot", "--format", "lines", "-o", "lines.jsonl")
    filled.run("snapshot", "--from", "site.json", "--format", "lines", "-o", "line.jsonl")
    filled.run("snapshot", "--format", "folder", "-o", "folder")
    (filled.folder / "empty").mkdir()
    out, err = filled.run(*given, code=2)
    assert out == ""
    assert says in err


def test_a_workflow_is_told_how_many_objects_there_are(filled, tmp_path):
    told = tmp_path / "told"
    filled.environment["GITHUB_OUTPUT"] = str(told)
    for form in ("document", "lines", "folder"):
        filled.run("snapshot", "--format", form)
    assert told.read_text() == "changed=true\nobjects=2\n" * 3
