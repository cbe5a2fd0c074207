"""The store's typical work, on real data."""

import json
import random
from itertools import pairwise
from pathlib import Path

import jsonpatch
import pytest

from gh_store import LocalStore
from gh_store.core.fold import difference

DATA = Path(__file__).parent / "data"


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


@pytest.mark.parametrize("kind", [replace, patch, merge], ids=lambda kind: kind.__name__)
def test_two_thousand_versions_of_one_document(tmp_path, kind):
    versions = [line["document"] for line in lines("bitcoin-price-history.jsonl")]
    store = LocalStore(tmp_path / "store.db")
    store.create("btc-price", versions[0])
    random_ = random.Random(2021)
    until = random_.randint(1, 300)
    for at, (old, new) in enumerate(pairwise(versions), 2):
        store.update("btc-price", kind(old, new), kind.__name__)
        until -= 1
        if until == 0:
            assert store.process_updates(1).meta.version == at
            until = random_.randint(1, 300)
    assert store.get("btc-price").data == versions[-1]
    assert store.process_updates(1).data == versions[-1]
    history = store.get_object_history("btc-price")
    assert [entry["state"] for entry in history] == versions
    assert [entry["version"] for entry in history] == list(range(1, 2001))
    assert all(entry["proved"] for entry in history)
    for version in (1, 2, 999, 1999, 2000):
        assert store.get("btc-price", version=version).data == versions[version - 1]
    store.close()


def test_two_thousand_objects(tmp_path):
    store = LocalStore(tmp_path / "store.db")
    forward, anew = tmp_path / "forward.json", tmp_path / "anew.json"
    packages = lines("packages.jsonl")
    for package in packages:
        store.create(package["id"], package["document"])
    store.write_snapshot(forward)
    random_ = random.Random(2026)
    chosen = random_.sample(packages, 400)
    for package in chosen[:200]:
        store.update(package["id"], {"rank": package["document"]["rank"] + 1}, process=random_.random() < 0.5)
    for package in chosen[200:]:
        store.delete(package["id"])
    store.process_pending()
    assert store.update_snapshot(forward)
    assert store.write_snapshot(anew)
    assert forward.read_bytes() == anew.read_bytes()
    objects = json.loads(anew.read_text("utf-8"))["objects"]
    assert len(objects) == 1800
    gone = {package["id"] for package in chosen[200:]}
    changed = {package["id"] for package in chosen[:200]}
    for package in packages:
        if package["id"] not in gone:
            rank = package["document"]["rank"] + (package["id"] in changed)
            assert objects[package["id"]]["data"] == package["document"] | {"rank": rank}
    store.close()
