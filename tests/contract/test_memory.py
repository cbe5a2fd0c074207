"""Reading very many objects takes no more memory than reading many."""

import tracemalloc
from functools import partial

import pytest

from gh_store import snapshots
from gh_store.backends.local import LocalBackend
from gh_store.collection import changes, snapshot
from gh_store.config import load
from gh_store.snapshots import Format
from gh_store.spool import Spool
from gh_store.store import Store

FEW, MANY = 150, 600

READS = {
    "list": lambda store, _: store.list_all(where="n >= `0`"),
    "ids": lambda store, _: iter(store),
    "changes": lambda store, _: store.changes(),
    "lines": lambda store, place: written(store, place, Format.LINES),
    "folder": lambda store, place: written(store, place, Format.FOLDER),
}


def written(store, place, form):
    """Take a snapshot with history, and read it."""
    store.write_snapshot(place, form, history=True)
    if form is not Format.LINES:
        yield from snapshots.read(place)
        return
    with place.open() as lines:
        yield from lines


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """Files of stores that hold few, and many, objects."""
    files = {number: tmp_path_factory.mktemp("memory") / f"{number}.db" for number in (FEW, MANY)}
    for number, file in files.items():
        with Store(LocalBackend(file, synchronous="OFF"), load()) as store:
            items = ((f"object-{n}", {"n": n, "text": "x" * 200}) for n in range(number))
            assert not any(each.error for each in store.put_many(items))
    return files


@pytest.mark.untraced
@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_memory_does_not_grow_with_the_number_of_objects(filled, config, monkeypatch, tmp_path, read):
    for module in (changes, snapshot):  # small bounds, so that few objects reach them
        monkeypatch.setattr(module, "Spool", partial(Spool, 50_000))
    monkeypatch.setattr(changes, "_REMEMBERED", 50)

    def peak(number):
        with Store(LocalBackend(filled[number], synchronous="OFF"), config) as store:
            tracemalloc.start()
            assert sum(1 for _ in read(store, tmp_path / str(number))) >= number
            most = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            return most

    peak(FEW)  # what is imported and compiled once
    assert peak(MANY) < 2 * peak(FEW)
