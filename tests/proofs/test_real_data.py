"""The store's typical work, on real data."""

import dataclasses
import json
import random
from itertools import cycle, islice, pairwise

import jsonpatch
import pytest
from places import DATA
from world import GitHubWorld, World

from gh_store.domain.findings import VerifyReport
from gh_store.log.difference import difference

pytestmark = pytest.mark.untraced  # the tests of each idea run the same lines


def lines(name):
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def replace(old, new):
    return new


def patch(old, new):
    return jsonpatch.make_patch(old, new).patch


def merge(old, new):
    mode, changes = difference(old, new)
    assert mode == "merge"
    return changes


KINDS = pytest.mark.parametrize("kind", [replace, patch, merge], ids=lambda kind: kind.__name__)


@KINDS
def test_hundreds_of_versions_of_one_document(calm, kind):
    versions_of_one_document(calm.store(), kind, 250)


@pytest.mark.parametrize(("most", "count"), [(1_000, 1_020), (7, 250)])
def test_a_thousand_versions_of_one_document(calm, most, count):
    versions_in_a_long_log(calm, most, count)


def versions_in_a_long_log(world, most, count):
    """Over the same ground again and again: the log takes several issues, and nobody notices."""
    world.config = dataclasses.replace(world.config, log_max_events=most)
    versions = [line["document"] for line in lines("bitcoin-price-history.jsonl")]
    versions = list(islice(cycle(versions), count))
    store, random_ = world.store(), random.Random(2026)
    store.create("btc-price", versions[0])
    until = random_.randint(1, 90)
    for at, (old, new) in enumerate(pairwise(versions), 2):
        kind = random_.choice([replace, patch, merge])
        store.update("btc-price", kind(old, new), kind.__name__)
        until -= 1
        if until == 0 or at == len(versions):
            obj = world.store().process_updates(store.get("btc-price").meta.issue_number)
            assert (obj.meta.version, obj.data) == (at, new)
            until = random_.randint(1, 90)
    assert store.get("btc-price").meta.issue_number > 1
    history = store.get_object_history("btc-price")
    decided = [(entry["version"], entry["outcome"]) for entry in history]
    assert decided == [(at, "applied") for at in range(1, len(versions) + 1)]
    assert all(entry["state"] == state and entry["proved"] for entry, state in zip(history, versions, strict=True))
    for at in random_.sample(range(len(versions)), 5):
        assert store.get("btc-price", version=at + 1).data == versions[at]
    assert [obj.meta.version for obj in world.store().list_all()] == [len(versions)]
    assert len(json.loads(world.store().snapshot().text())["objects"]) == 1
    world.store().process_pending()  # the writer came late to some issues, and has forwarded what it wrote
    assert world.store().verify() == VerifyReport((), (), ())
    assert world.store().process_pending() == []


@pytest.fixture
def far(tmp_path, config):
    with GitHubWorld(tmp_path / "store.db", config) as made:
        yield made.store()


def test_a_hundred_versions_of_one_document_over_http(far):
    versions_of_one_document(far, patch, 100)


def versions_of_one_document(store, kind, count):
    versions = [line["document"] for line in lines("bitcoin-price-history.jsonl")][:count]
    store.create("btc-price", versions[0])
    random_ = random.Random(2021)
    until = random_.randint(1, count // 7)
    for at, (old, new) in enumerate(pairwise(versions), 2):
        store.update("btc-price", kind(old, new), kind.__name__)
        until -= 1
        if until == 0:
            assert store.process_updates(1).meta.version == at
            until = random_.randint(1, count // 7)
    assert store.get("btc-price").data == versions[-1]
    assert store.process_updates(1).data == versions[-1]
    history = store.get_object_history("btc-price")
    assert [entry["state"] for entry in history] == versions
    assert [entry["version"] for entry in history] == list(range(1, count + 1))
    assert all(entry["proved"] for entry in history)
    for version in (1, 2, count // 2 - 1, count - 1, count):
        assert store.get("btc-price", version=version).data == versions[version - 1]


def test_five_hundred_objects(calm, tmp_path):
    many_objects(calm.store(), tmp_path, 500)


@pytest.fixture
def copy(tmp_path, config):
    """Another store, to import into."""
    with World(tmp_path / "copy.db", config) as made:
        yield made.store()


def test_a_backup_of_five_hundred_objects(calm, copy):
    packages = lines("packages.jsonl")[:500]
    store = calm.store()
    given = (json.dumps(each) + "\n" for each in packages)
    assert all(done.made for done in store.import_from(given))
    assert store.verify() == VerifyReport((), (), ())
    backup = list(store.export())
    snapshot = json.loads(store.snapshot().text())["objects"]
    copy.import_from(backup)
    again = json.loads(copy.snapshot().text())["objects"]
    assert {each: entry["data"] for each, entry in again.items()} == {
        each: entry["data"] for each, entry in snapshot.items()}  # fmt: skip
    assert {each["id"]: each["document"] for each in packages} == {
        each: entry["data"] for each, entry in again.items()}  # fmt: skip


def test_a_backup_of_five_hundred_versions(calm, copy):
    versions = [line["document"] for line in lines("bitcoin-price-history.jsonl")][:500]
    store = calm.store()
    store.create("btc-price", versions[0])
    for old, new in pairwise(versions):
        store.update("btc-price", patch(old, new), "patch")
    assert [done.made for done in copy.import_from(store.export())] == [True]  # nothing was processed yet
    assert [entry["state"] for entry in copy.get_object_history("btc-price")] == versions
    assert copy.verify() == VerifyReport((), (), ())


def test_more_objects_than_a_page_over_http(far, tmp_path):
    many_objects(far, tmp_path, 120)


def many_objects(store, tmp_path, count):
    forward, anew = tmp_path / "forward.json", tmp_path / "anew.json"
    packages = lines("packages.jsonl")[:count]
    for package in packages:
        store.create(package["id"], package["document"])
    store.write_snapshot(forward)
    random_ = random.Random(2026)
    tenth = count // 10
    chosen = random_.sample(packages, 2 * tenth)
    for package in chosen[:tenth]:
        store.update(package["id"], {"rank": package["document"]["rank"] + 1}, process=random_.random() < 0.5)
    for package in chosen[tenth:]:
        store.delete(package["id"])
    store.process_pending()
    assert store.update_snapshot(forward)
    assert store.write_snapshot(anew)
    assert forward.read_bytes() == anew.read_bytes()
    objects = json.loads(anew.read_text("utf-8"))["objects"]
    assert len(objects) == count - tenth
    gone = {package["id"] for package in chosen[tenth:]}
    changed = {package["id"] for package in chosen[:tenth]}
    for package in packages:
        if package["id"] not in gone:
            rank = package["document"]["rank"] + (package["id"] in changed)
            assert objects[package["id"]]["data"] == package["document"] | {"rank": rank}
