"""Programs that are killed (SIGKILL) at random moments, on one file: what they said was written must be there, once."""

import json
import multiprocessing
import os
import random
import signal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from gh_store import LocalStore, ObjectExists, ObjectNotFound

OBJECTS = ("a", "b", "c")


def work(path: Path, name: str, seed: float, told: Connection) -> None:
    """Update, process, sweep, import, adopt and repair, for ever; tell each update that was written."""
    random_ = random.Random(seed)
    with LocalStore(path, path.with_name("config.yml")) as store:
        step = 0
        while True:
            object_id, step = random_.choice(OBJECTS), step + 1
            try:
                what = random_.random()
                if what < 0.6:
                    key = f"{name}-{step}"
                    store.update(object_id, {key: step}, process=random_.random() < 0.3)
                    told.send((object_id, key))
                elif what < 0.7:
                    store.process_pending()
                elif what < 0.8:
                    store.import_from([json.dumps({"id": f"doc-{random_.randrange(5)}", "document": {"n": 1}})])
                elif what < 0.9:
                    store.repair()
                else:
                    store.create(object_id, {})
            except (ObjectExists, ObjectNotFound):
                continue


def killed(seed: int, kills: int, folder: Path) -> tuple[int, int]:
    """Kill so many programs, two at work at any time; how many updates were told and how many stand there in the end."""
    random_ = random.Random(seed)
    path = folder / "store.db"
    path.with_name("config.yml").write_text("store: {log: {max_events: 40}}")  # so that objects move, too
    with LocalStore(path) as store:
        for object_id in OBJECTS:
            store.create(object_id, {})
    context: Any = multiprocessing.get_context("spawn")
    told: set[tuple[str, str]] = set()
    running: list[tuple[Any, Connection]] = []
    for number in range(kills):
        while len(running) < 2:
            ours, theirs = context.Pipe(duplex=False)
            seen = random_.random()
            process = context.Process(target=work, args=(path, f"{number}-{len(running)}", seen, theirs), daemon=True)
            process.start()
            theirs.close()
            running.append((process, ours))
        process, ours = running.pop(0)
        told |= {ours.recv() for _ in range(random_.randint(1, 12))}  # raises EOFError if it dies by itself
        told |= killed_one(process, ours)
    for process, ours in running:
        told |= killed_one(process, ours)
    return len(told), check(path, told)


def killed_one(process: Any, ours: Connection) -> set[tuple[str, str]]:
    """Kill a program, wherever it is; what it has told and nobody has read yet."""
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    told = set()
    try:
        while True:
            told.add(ours.recv())
    except (EOFError, OSError):
        ours.close()
    return told


def check(path: Path, told: set[tuple[str, str]]) -> int:
    """After a sweep: all that was told is there, and everything once; how many updates stand there."""
    with LocalStore(path) as store:
        assert all(done.error is None for done in store.process_pending())
        assert store.process_pending() == []
        found = store.verify()
        assert found.damage == (), found.damage
        there = set()
        for obj in store.list_all():
            applied = [
                entry for entry in store.get_object_history(obj.meta.object_id)
                if entry["outcome"] == "applied" and entry["type"] == "update"
            ]  # fmt: skip
            keys = [key for entry in applied for key in entry["data"]]
            assert len(keys) == len(set(keys)), "an update was applied twice"
            assert len(applied) == obj.meta.version - 1
            there |= {(obj.meta.object_id, key) for key in keys}
        assert told <= there, f"{sorted(told - there)[:5]} were lost"
        return len(there)
