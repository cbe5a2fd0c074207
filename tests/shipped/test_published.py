"""The published package, the real one in an environment of its own, and this one on the same store."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT

PUBLISHED = ROOT / ".venv" / "published"

pytestmark = pytest.mark.skipif(
    not (PUBLISHED / "gh_store").exists(),
    reason="gh-store 0.11.3 is not installed (dev.py test installs it below 3.14)",
)


def published(hub, *steps):
    """What the published package answers to each step."""
    asked = {
        "address": hub.address,
        "token": "token-of-local",
        "repository": "local/data",
        "pauses": False,
        "steps": steps,
    }
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "published.py")], input=json.dumps(asked), capture_output=True, text=True,
        timeout=120, check=False, cwd=os.environ["HOME"], env={"PYTHONPATH": str(PUBLISHED), "HOME": os.environ["HOME"]},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def results(answers):
    assert all("error" not in answer for answer in answers), answers
    return [answer["result"] for answer in answers]


def test_what_it_wrote_is_read_updated_and_processed(hub):
    results(published(hub, ["create", "metrics", {"n": 0, "deep": {"a": 1}}]))
    hub.backend().edit_issue(1, open=True)  # it finds no closed issue, not even its own
    results(published(hub, ["update", "metrics", {"deep": {"b": 2}}], ["process", 1]))
    store = hub.store()
    assert store.get("metrics").data == {"n": 0, "deep": {"a": 1, "b": 2}}
    assert [obj.meta.object_id for obj in store.list_all()] == ["metrics"]
    store.update("metrics", {"n": 1}, process=True)
    hub.backend().edit_issue(1, open=True)
    results(published(hub, ["update", "metrics", {"theirs": True}]))
    obj = hub.store().process_updates(1)
    assert obj.data == {"n": 1, "deep": {"a": 1, "b": 2}, "theirs": True}
    states = [entry["state"] for entry in hub.store().get_object_history("metrics")]
    assert states[0] == {"n": 0, "deep": {"a": 1}}
    assert states[-1] == obj.data
    assert hub.store().process_pending() == []


def test_it_reads_what_we_wrote(hub):
    store = hub.store()
    for name in ("a", "b"):
        store.create(name, {"at": "@someone #1 https://example.org/<x>", "ü": "😀"})
    store.update("a", {"n": 1}, process=True)
    store.update("a", {"n": 2}, process=True)
    store.create("gone", {})
    store.delete("gone")
    wanted = {"at": "@someone #1 https://example.org/<x>", "ü": "😀"}
    listed, by_number, history, snapshot = results(
        published(hub, ["list_all"], ["by_number", 1], ["history", "a"], ["snapshot"])
    )
    assert {each["object_id"]: each["data"] for each in listed} == {"a": {**wanted, "n": 2}, "b": wanted}
    assert by_number["data"] == {**wanted, "n": 2}
    assert [entry["data"] for entry in history if entry["type"] == "update"] == [{"n": 1}, {"n": 2}]
    assert {name: entry["data"] for name, entry in snapshot["objects"].items()} == {
        "a": {**wanted, "n": 2},
        "b": wanted,
    }
    file = Path(os.environ["HOME"]) / "snapshot.json"
    store.write_snapshot(file)
    ours = json.loads(file.read_text("utf-8"))["objects"]
    assert {name: entry["data"] for name, entry in ours.items()} == {"a": {**wanted, "n": 2}, "b": wanted}


def test_it_gets_and_updates_while_the_issue_is_open(hub):
    store = hub.store()
    store.create("a", {"n": 1})
    store.update("a", {"n": 2})
    got, updated = published(hub, ["get", "a"], ["update", "a", {"m": 3}])
    assert got["result"]["data"] == {"n": 1}, "it reads what is committed"
    assert "error" not in updated
    assert hub.store().process_updates(1).data == {"n": 2, "m": 3}


def test_its_processors_work_is_not_taken_for_a_hand_edit(hub):
    store = hub.store()
    store.create("a", {"n": 1})
    store.update("a", {"n": 2})
    (processed,) = published(hub, ["process", 1])
    assert processed["result"]["data"] == {"n": 2}
    assert hub.store().process_updates(1).data == {"n": 2}
    assert hub.store().get("a").meta.version == 2
    assert len(hub.comments()) == 2


def test_its_snapshot_is_made_anew_and_ours_it_brings_forward(hub, tmp_path):
    store = hub.store()
    store.create("a", {"n": 1})
    (theirs,) = results(published(hub, ["snapshot"]))
    file = tmp_path / "snapshot.json"
    file.write_text(json.dumps(theirs))
    assert store.update_snapshot(file)
    ours = json.loads(file.read_text("utf-8"))
    assert ours["objects"]["a"]["data"] == {"n": 1}
    hub.clock.sleep(100)
    store.update("a", {"n": 2}, process=True)
    (forward,) = results(published(hub, ["update_snapshot", ours]))
    assert forward["objects"]["a"]["data"] == {"n": 2}
