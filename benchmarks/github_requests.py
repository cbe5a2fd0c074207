"""
What the published gh-store 0.11.3 and this one ask of GitHub for the same work, side by side.

    python benchmarks/github_requests.py [--as-shipped] [--only VERB]

Both run against the dev server, which answers after 50 ms, each in an environment and a process of its own
(the published one is installed into a new folder). Each row begins with a cold process that opens the
store. `points` are those of GitHub's secondary limit: a write is 5, a read 1, what has not changed 0. The
first times are with both clients' pauses off; --as-shipped measures them with both clients' defaults too,
which takes minutes, for both keep a second between writes.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gh_store import GitHubStore, LocalStore
from gh_store.devserver.app import DevServer
from gh_store.devserver.server import serving

HERE = Path(__file__).resolve()
REPOSITORY, TOKEN, LATENCY = "local/data", "token", 0.05
QUIET = "store: {rate_limit: {seconds_between_writes: 0, max_requests_per_hour: 0}, processing: {patience: 0}}"


@dataclass
class Row:
    """
    The same work for both.

    Attributes:
        name: What it is called.
        prepare: Makes the store that it begins with; gives what both are handed.
        ours, theirs: The step, its arguments made of that.
        note: What has to be said of it.
    """

    name: str
    prepare: Callable[[LocalStore], Any]
    ours: Callable[[Any], list[Any]]
    theirs: Callable[[Any], list[Any]]
    note: str = ""


def one(store: LocalStore) -> None:
    store.create("metrics", {"n": 0})


def opened(store: LocalStore) -> None:
    one(store)
    store.backend.edit_issue(1, open=True)


def pending(count: int) -> Callable[[LocalStore], None]:
    def prepare(store: LocalStore) -> None:
        one(store)
        for n in range(count):
            store.update("metrics", {"n": n})

    return prepare


def processed(store: LocalStore) -> None:
    pending(100)(store)
    store.process_updates(1)


def many(store: LocalStore) -> None:
    for n in range(1000):
        store.create(f"object-{n}", {"n": n})


def changed(store: LocalStore) -> Any:
    many(store)
    document = json.loads(store.snapshot().text())
    document["repository"] = REPOSITORY
    document["snapshot_time"] = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() + 2))
    time.sleep(4)  # so that the changes lie after the snapshot, by a clock of whole seconds
    for n in range(5):
        store.update(f"object-{n * 200}", {"n": -1}, process=True)
    return document


Step = Callable[[Any], list[Any]]


def same(*step: Any) -> tuple[Step, Step]:
    return (lambda _: list(step)), (lambda _: list(step))


FINDS = "it is given an open object: it finds no closed one"
ROWS = [
    Row("create", lambda store: None, *same("create", "new", {"n": 0})),
    Row("get", opened, *same("get", "metrics"), note=FINDS),
    Row("get, closed", one, *same("get", "metrics")),
    Row("update", opened, *same("update", "metrics", {"n": 1}), note=FINDS),
    Row("process 1", pending(1), *same("process", 1)),
    Row("process 10", pending(10), *same("process", 1)),
    Row("process 100", pending(100), *same("process", 1)),
    Row("history of 101", processed, *same("history", "metrics")),
    Row("list 1,000", many, *same("list_all")),
    Row("snapshot 1,000", many, *same("snapshot")),
    Row(
        "update-snapshot, 5 changed",
        changed,
        ours=lambda document: ["update_snapshot", document],
        theirs=lambda document: ["update_snapshot", document],
    ),
]


def drive() -> None:
    """Run one step with this package, in a process of its own."""
    asked = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        config, file = Path(folder) / "config.yml", Path(folder) / "snapshot.json"
        config.write_text(QUIET if not asked["pauses"] else "")
        verb, *arguments = asked["steps"][0]
        if verb == "update_snapshot":
            file.write_text(json.dumps(arguments[0]))
        begun = time.perf_counter()
        with GitHubStore(asked["repository"], asked["token"], config, base_url=asked["address"]) as store:
            verbs: dict[str, Callable[[], Any]] = {
                "create": lambda: store.create(*arguments),
                "get": lambda: store.get(*arguments),
                "update": lambda: store.update(*arguments),
                "process": lambda: store.process_updates(*arguments),
                "history": lambda: store.get_object_history(*arguments),
                "list_all": lambda: list(store.list_all()),
                "snapshot": lambda: store.write_snapshot(file),
                "update_snapshot": lambda: store.update_snapshot(file),
            }
            verbs[verb]()
        json.dump([{"result": None, "seconds": time.perf_counter() - begun}], sys.stdout)


def measure(row: Row, command: list[str], step: Callable[[Any], list[Any]], folder: Path, *, pauses: bool) -> Any:
    """(requests, points, seconds) of one row for one client, or the error it ends with."""
    path = folder / "store.db"
    for file in folder.glob("store.db*"):
        file.unlink()
    with LocalStore(path) as store:
        handed = row.prepare(store)
    server = DevServer(path, REPOSITORY, {TOKEN: "local"}, latency=LATENCY)
    try:
        with serving(server) as address:
            asked = {
                "address": address,
                "token": TOKEN,
                "repository": REPOSITORY,
                "pauses": pauses,
                "steps": [step(handed)],
            }
            environment = {"HOME": str(folder), "PATH": os.environ["PATH"]}
            if "published.py" in command[-1]:
                environment["PYTHONPATH"] = str(folder / "published")
            done = subprocess.run(
                command,
                input=json.dumps(asked),
                capture_output=True,
                text=True,
                check=False,
                env=environment,
                cwd=folder,
            )
    finally:
        server.close()
    if done.returncode:
        raise SystemExit(done.stderr)
    (answer,) = json.loads(done.stdout)
    if "error" in answer:
        return answer["error"].splitlines()[0][:40]
    requests = server.faults.requests
    return len(requests), sum(each["points"] for each in requests), answer["seconds"]


def cell(found: Any) -> str:
    return found if isinstance(found, str) else f"{found[0]:6} {found[1]:7} {found[2]:8.2f} s"


def ratio(theirs: Any, ours: Any) -> str:
    if isinstance(theirs, str):
        return "-"
    return " ".join(f"{before / max(after, 1e-9):6.1f}x" for before, after in zip(theirs, ours, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--as-shipped", action="store_true", help="measure with both clients' pauses too")
    parser.add_argument("--only", help="rows whose names begin so")
    parser.add_argument("--drive", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.drive:
        drive()
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("installing gh-store 0.11.3 into a folder of its own ...", file=sys.stderr)
        pip = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--target",
            str(folder / "published"),
            "gh-store==0.11.3",
        ]
        subprocess.run(pip, check=True)
        shutil.copy(HERE.parent / "published.py", folder)
        theirs = [sys.executable, str(folder / "published.py")]
        ours = [sys.executable, str(HERE), "--drive"]
        for pauses in (False, True) if options.as_shipped else (False,):
            print(f"\n{'as shipped' if pauses else 'both without pauses'}, {LATENCY * 1000:.0f} ms a request")
            print(f"{'':28}{'0.11.3: requests points time':28}   {'this: requests points time':28}   ratio of each")
            for row in ROWS:
                if options.only and not row.name.startswith(options.only):
                    continue
                before = measure(row, theirs, row.theirs, folder, pauses=pauses)
                after = measure(row, ours, row.ours, folder, pauses=pauses)
                told = f"   ({row.note})" if row.note else ""
                print(f"{row.name:28}{cell(before):28}   {cell(after):28}   {ratio(before, after)}{told}", flush=True)


if __name__ == "__main__":
    main()
