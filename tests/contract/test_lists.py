"""Lists and snapshots: true although an index lags, and brought forward to the byte."""

import json
import random
from datetime import datetime, timedelta

import pytest

from gh_store import ConfigurationError, files


def names(objects):
    return [obj.meta.object_id for obj in objects]


def test_an_empty_store_lists_nothing(world):
    assert list(world.store().list_all()) == []
    assert json.loads(world.store().snapshot().text())["objects"] == {}


def test_a_list_shows_what_no_index_knows_yet(world):
    store = world.store()
    for number in range(5):
        store.create(f"object-{number}", {"n": number})
    world.clock.sleep(1)  # reads have caught up, the index has not
    assert sorted(names(world.store().list_all())) == [f"object-{number}" for number in range(5)]


def test_a_list_by_prefix_and_labels(world):
    store = world.store()
    store.create("user/ada", {}, ["public", "vip"])
    store.create("user/bob", {}, "public")
    store.create("page/one", {}, ["public"])
    world.settle()
    assert names(store.list_all(prefix="user/")) == ["user/ada", "user/bob"]
    assert names(store.list_all(labels=["PUBLIC", "vip"])) == ["user/ada"]
    assert names(store.list_all(prefix="page", labels="public")) == ["page/one"]
    assert names(store.list_all(complete=True)) == ["user/ada", "user/bob", "page/one"]


def test_a_list_longer_than_a_page(world):
    store = world.store()
    for number in range(205):
        store.create(f"object-{number:03}", {})
    world.backend().create_issue("a question", "unrelated", ["help"])
    store.update("object-007", {"seen": True})
    world.settle()
    listed = list(world.store().list_all())
    assert names(listed) == [f"object-{number:03}" for number in range(205)]
    assert [obj.meta.pending for obj in listed].count(1) == 1
    assert list(world.store().list_all(complete=True)) == listed


def test_what_changed_since(world):
    store = world.store()
    store.create("old", {})
    world.clock.sleep(100)
    since = world.backend().now()
    store.create("new", {})
    world.backend("stranger").create_comment(1, "a word that changes nothing")
    world.settle()
    assert names(store.list_updated_since(since)) == ["new"]
    assert set(names(store.list_updated_since(since - timedelta(hours=1)))) == {"old", "new"}
    with pytest.raises(Exception, match="time zone"):
        store.list_updated_since(datetime(2026, 1, 1))  # noqa: DTZ001  # that is what is wrong with it


def test_a_snapshot_has_the_published_form(world, tmp_path):
    store = world.store()
    store.create("b", {"n": 1})
    store.create("a", {"ü": "@"})
    store.update("b", {"n": 2})
    world.settle()
    file = tmp_path / "new" / "folder" / "snapshot.json"
    assert store.write_snapshot(file)
    document = json.loads(file.read_text("utf-8"))
    assert list(document) == ["objects", "repository", "snapshot_time"]
    assert list(document["objects"]) == ["a", "b"]
    assert document["repository"] == world.repository
    assert datetime.fromisoformat(document["snapshot_time"]) == world.issue(1).updated_at
    entry = document["objects"]["b"]
    assert entry["data"] == {"n": 2}
    assert {key: entry["meta"][key] for key in ("issue_number", "object_id", "version")} == {
        "issue_number": 1, "object_id": "b", "version": 2}  # fmt: skip
    assert datetime.fromisoformat(entry["meta"]["created_at"]) == world.issue(1).created_at
    assert set(entry["meta"]) == {"issue_number", "object_id", "created_at", "updated_at", "version"}


def test_a_snapshot_that_would_say_the_same_is_not_written(world, tmp_path):
    store = world.store()
    store.create("a", {})
    world.settle()
    file = tmp_path / "snapshot.json"
    store.write_snapshot(file)
    before = (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_ino)
    world.backend("stranger").create_comment(1, "a word that changes nothing")
    world.settle()
    assert not store.write_snapshot(file)
    assert not store.update_snapshot(file)
    assert (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_ino) == before


@pytest.mark.breaks_stores("people take labels off")
def test_a_snapshot_brought_forward_equals_one_made_anew(world, tmp_path):
    """Ever so often, after whatever happens to a store."""
    random_ = random.Random(7)
    store = world.store()
    forward, anew = tmp_path / "forward.json", tmp_path / "anew.json"
    store.write_snapshot(forward)
    alive = []
    for step in range(40):
        world.clock.sleep(random_.choice([0, 1, 5]))
        what = random_.choice(["create", "update", "update", "delete", "again", "talk", "withdraw", "relabel"])
        if what == "create" or not alive:
            store.create(f"object-{step}", {"step": step})
            alive.append(f"object-{step}")
        elif what == "update":
            store.update(random_.choice(alive), {"step": step}, process=random_.random() < 0.5)
        elif what in ("delete", "again"):
            name = random_.choice(alive)
            store.delete(name)
            alive.remove(name)
            if what == "again":
                store.create(name, {"again": step})
                alive.append(name)
        elif what == "talk":
            world.backend("stranger").create_comment(1, "talk")
        else:
            name = random_.choice(alive)
            label = {"withdraw": "stored-object", "relabel": f"UID:{name}"}[what]
            world.backend().remove_label(store.get(name).meta.issue_number, label)
            alive.remove(name)
        if step % 3 == 0:
            world.settle()
            store.update_snapshot(forward)
            world.store().write_snapshot(anew)
            assert json.loads(forward.read_text())["objects"] == json.loads(anew.read_text())["objects"]
            assert set(json.loads(anew.read_text())["objects"]) == set(alive)


def test_a_change_in_the_second_of_the_snapshot_is_not_missed(world, tmp_path):
    store = world.store()
    store.create("a", {})
    file = tmp_path / "snapshot.json"
    store.write_snapshot(file)
    store.update("a", {"n": 1}, process=True)  # the clock has not moved
    world.settle()
    assert store.update_snapshot(file)
    assert json.loads(file.read_text())["objects"]["a"]["data"] == {"n": 1}


def test_what_was_deleted_or_transferred_leaves_a_snapshot_that_is_made_anew(world, tmp_path):
    store, file = world.store(), tmp_path / "snapshot.json"
    for name in ("ada", "bob", "cy"):
        store.create(name, {})
    world.settle()
    store.write_snapshot(file)
    world.backend().delete_issue(1)
    world.backend().transfer_issue(2, "elsewhere/site")
    assert not store.update_snapshot(file), "GitHub tells of no change"
    assert store.write_snapshot(file, complete=True)
    assert list(json.loads(file.read_text())["objects"]) == ["cy"]


def test_a_snapshot_of_another_repository_is_not_touched(world, tmp_path):
    file = tmp_path / "snapshot.json"
    text = '{"snapshot_time": "2026-01-01T00:00:00+00:00", "repository": "other/repo", "objects": {}}'
    file.write_text(text)
    with pytest.raises(ConfigurationError, match="other/repo"):
        world.store().update_snapshot(file)
    assert file.read_text() == text


def test_a_snapshot_of_the_published_package_is_made_anew(world, tmp_path):
    store = world.store()
    store.create("a", {})
    world.settle()
    file = tmp_path / "snapshot.json"
    stale = {"data": {}, "meta": {"issue_number": 99, "object_id": "gone", "version": 1}}
    file.write_text(
        json.dumps(
            {
                "snapshot_time": "2099-01-01T00:00:00.123456+00:00",
                "repository": world.repository,
                "objects": {"gone": stale},
            }
        )
    )
    assert store.update_snapshot(file)
    assert list(json.loads(file.read_text())["objects"]) == ["a"]


def test_a_snapshot_with_a_byte_order_mark_is_brought_forward(calm, tmp_path):
    file = tmp_path / "snapshot.json"
    store = calm.store()
    store.write_snapshot(file)
    file.write_text(file.read_text(), encoding="utf-8-sig")
    store.create("a", {})
    assert store.update_snapshot(file)
    assert list(json.loads(file.read_bytes())["objects"]) == ["a"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"objects": 1}', '{"snapshot_time": 7, "repository": "local", "objects": {}}', '{"snapshot_time": "2026-01-01T00:00:00Z", "repository": "local", "objects": {"a": {}}}'])  # fmt: skip
def test_a_file_that_is_no_snapshot_is_said_so_and_stays(world, tmp_path, text):
    file = tmp_path / "snapshot.json"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match="is not a snapshot"):
        world.store().update_snapshot(file)
    assert file.read_text() == text
    with pytest.raises(ConfigurationError, match="no such snapshot"):
        world.store().update_snapshot(tmp_path / "nowhere.json")


def test_a_snapshot_of_the_future_is_made_anew(world, tmp_path):
    file = tmp_path / "s.json"
    world.store().create("a", {})
    world.settle()
    world.store().write_snapshot(file)
    now = json.loads(file.read_bytes())
    file.write_text(json.dumps({**now, "snapshot_time": (world.backend().now() + timedelta(days=9)).isoformat()}))
    world.store().create("b", {})
    world.settle()
    assert world.store().update_snapshot(file)
    assert file.read_text() == world.store().snapshot().text()
    assert list(json.loads(file.read_bytes())["objects"]) == ["a", "b"]
    now = json.loads(file.read_bytes())
    file.write_text(json.dumps({**now, "snapshot_time": (world.backend().now() + timedelta(days=9)).isoformat()}))
    assert world.store().update_snapshot(file), "a time to come does not stay, even if no object has changed"
    assert file.read_text() == world.store().snapshot().text()
    assert not world.store().update_snapshot(file)


def test_a_snapshot_file_keeps_its_mode_and_its_link(world, tmp_path):
    file, link = tmp_path / "real.json", tmp_path / "link.json"
    file.write_text("old")
    file.chmod(0o640)
    link.symlink_to(file)
    files.write(link, ["new"])
    assert link.is_symlink()
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("new", 0o640)
    assert [each.name for each in sorted(tmp_path.glob("*.json"))] == ["link.json", "real.json"]
    assert not list(tmp_path.glob(".*.tmp"))
