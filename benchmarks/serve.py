"""
`gh-store serve` beside a bare route of Starlette and beside Datasette, and how soon a change is seen.

    python benchmarks/serve.py [--objects 10000] [--seconds 4] [--runs 3]

Each server is a program of its own; this one asks, on connections that stay open. Reads are compared by the clock, and
by what the server took of the processor, which other programs disturb less; the best of the runs counts. GitHub is the
dev server. Webhooks are of two kinds: of objects that are as they are held, which cost no request, and of comments,
each of which makes the server look at an issue. How soon a change is seen counts from when its webhook is sent, while
updates are processed with the usual pauses.
"""

import argparse
import hashlib
import hmac
import importlib
import json
import os
import random
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any, Final

from load import Load, get, load, post

REPOSITORY: Final = "local/data"
PATH: Final = f"/api/v1/repos/{REPOSITORY}"
SECRET: Final = "secret of the webhook"
DOCUMENT: Final = {"name": "boto3", "version": "1.44.5", "rank": 1, "summary": "The AWS SDK for Python (Boto3)"}


@dataclass(frozen=True, slots=True)
class Program:
    """A server that runs."""

    port: int
    pid: int


@contextmanager
def running(command: list[str], ready: str, port: int) -> Iterator[Program]:
    """A server, from when it answers a path with 200."""
    tokens = {"GH_ENTERPRISE_TOKEN": "token", "GH_STORE_SERVE_TOKEN": "token", "GH_STORE_WEBHOOK_SECRET": SECRET}
    environ = {**os.environ, **tokens}
    with subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environ
    ) as program:
        try:
            deadline = time.monotonic() + 600
            while not answers(f"http://127.0.0.1:{port}{ready}"):
                if program.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{command} does not answer")
                time.sleep(0.05)
            yield Program(port, program.pid)
        finally:
            program.terminate()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def read(url: str, *, token: str | None = None) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:
        return json.load(answer)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


# --- the servers ----------------------------------------------------------------------------------


def work(side: str, port: int, told: str) -> None:
    """One of the others; in a program of its own."""
    import uvicorn  # noqa: PLC0415  # of these sides alone

    app = bare(told) if side == "bare" else datasette(told)
    uvicorn.run(app, port=port, http="httptools", loop="asyncio", log_level="critical", access_log=False)


def bare(body: str) -> Any:
    """One route of Starlette that answers each request with the same text."""
    from starlette.applications import Starlette  # noqa: PLC0415  # of this side alone
    from starlette.requests import Request  # noqa: PLC0415  # as above
    from starlette.responses import Response  # noqa: PLC0415  # as above
    from starlette.routing import Route  # noqa: PLC0415  # as above

    async def one(_: Request) -> Response:
        return Response(body, media_type="application/json")

    return Starlette(routes=[Route("/objects/{id}", one)])


def datasette(path: str) -> Any:
    """Datasette over a file, as `datasette serve` makes it; without a line on the terminal for each request."""
    made = importlib.import_module("datasette.app")  # of this side alone; it has no types
    return made.Datasette([path]).app()


def make_store(path: Path, objects: int) -> None:
    from gh_store import LocalStore  # noqa: PLC0415  # the other sides do not import it

    with LocalStore(path) as store:
        for _ in store.put_many((f"object-{number}", {**DOCUMENT, "rank": number}) for number in range(objects)):
            pass


def make_rows(path: Path, objects: int) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE t (id TEXT PRIMARY KEY, name TEXT, version TEXT, rank INTEGER, summary TEXT)")
        rows = (
            (f"object-{number}", DOCUMENT["name"], DOCUMENT["version"], number, DOCUMENT["summary"])
            for number in range(objects)
        )
        db.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?)", rows)


# --- what is measured -----------------------------------------------------------------------------


def compare_reads(sides: dict[str, tuple[Program, str]], objects: int, seconds: float, runs: int) -> None:
    best: dict[str, Load] = {}
    rng = random.Random(1)
    for _ in range(runs):
        for name, (program, path) in sides.items():
            requests = cycle([get(path.format(f"object-{rng.randrange(objects)}")) for _ in range(5_000)])
            met = load(program.port, program.pid, requests.__next__, seconds=seconds)
            assert met.answers, name
            assert not met.others, f"{name}: {met}"
            if name not in best or met.rate > best[name].rate:
                best[name] = met
    floor = best["bare starlette"]
    print(f"{'reads of one object':<28} {'a second':>9} {'ratio':>6} {'processor us':>13} {'ratio':>6}")
    for name, met in best.items():
        ratio = floor.each / met.each if met.each else 0.0
        print(f"{name:<28} {met.rate:>9,.0f} {met.rate / floor.rate:>6.2f} {met.each:>13.0f} {ratio:>6.2f}", flush=True)


def webhook(event: str, payload: object) -> bytes:
    body = json.dumps(payload).encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return post(
        "/api/v1/webhooks/github", body, "Content-Type: application/json", f"X-GitHub-Event: {event}",
        f"X-Hub-Signature-256: sha256={signature}",
    )  # fmt: skip  # a call


def accept_webhooks(server: Program, hub: str, objects: int, seconds: float, runs: int) -> None:
    repository = read(f"{hub}/repos/{REPOSITORY}", token="token")
    about = {"repository": repository, "sender": repository["owner"]}
    issues = read(f"{hub}/repos/{REPOSITORY}/issues?state=all&per_page=100", token="token")
    held = [webhook("issues", {"action": "closed", "issue": issue, **about}) for issue in issues]
    numbers = random.Random(2).sample(range(1, objects + 1), min(objects, 300))  # GitHub takes 5,000 requests an hour
    comments = [
        webhook(
            "issue_comment",
            {"action": "created", "issue": {**issues[0], "number": number, "comments": 9}, **about,
             "comment": {"id": 1, "body": "{}", "user": repository["owner"], "issue_url": "", "padding": "x" * 4_000}},
        )
        for number in numbers
    ]  # fmt: skip  # a payload
    print(f"\n{'webhooks accepted':<28} {'a second':>9} {'':>6} {'processor us':>13}")
    for name, requests in (("of what is held", cycle(held)), ("of comments", cycle(comments))):
        met = max(
            (load(server.port, server.pid, requests.__next__, seconds=seconds, status=202) for _ in range(runs)),
            key=lambda each: each.rate,
        )
        assert not met.others, f"{name}: {met}"
        print(f"{name:<28} {met.rate:>9,.0f} {'':>6} {met.each:>13.0f}", flush=True)
    while any(read(f"http://127.0.0.1:{server.port}{PATH}")["queue"].values()):
        time.sleep(0.5)


def see_changes(server: Program, hub: str, changes: int) -> None:
    """Events that are posted, one after the other; of each, when a webhook of it shows in a read, and in the stream."""
    from gh_store import GitHubStore  # noqa: PLC0415  # the other sides do not import it

    address = f"http://127.0.0.1:{server.port}{PATH}"
    told: list[float] = []
    threading.Thread(target=listen, args=(f"{address}/events", told.append), daemon=True).start()
    while not told:
        time.sleep(0.01)
    reads, streams, queued = list[float](), list[float](), list[int]()
    with GitHubStore(REPOSITORY, "token", base_url=hub) as store:
        repository = read(f"{hub}/repos/{REPOSITORY}", token="token")
        about = {"repository": repository, "sender": repository["owner"]}
        for number in range(changes):
            object_id = f"object-{number}"
            store.update(object_id, {"seen": number})
            issue_number = store.get(object_id).meta.issue_number
            issue = read(f"{hub}/repos/{REPOSITORY}/issues/{issue_number}", token="token")
            comment = read(f"{hub}/repos/{REPOSITORY}/issues/{issue_number}/comments?per_page=100", token="token")[-1]
            request = webhook("issue_comment", {"action": "created", "issue": issue, "comment": comment, **about})
            sent, known = time.perf_counter(), len(told)
            load(server.port, server.pid, iter([request, None]).__next__, seconds=10, status=202, connections=1)
            while read(f"{address}/objects/{object_id}")["data"].get("seen") != number:
                time.sleep(0.002)
            reads.append(time.perf_counter() - sent)
            while len(told) == known:
                time.sleep(0.002)
            streams.append(told[known] - sent)
            queued.append(read(address)["queue"]["process"])
            time.sleep(0.3)
    print(f"\n{'a webhook is seen in':<28} {'median s':>9} {'worst':>6}")
    print(f"{'(issues to be processed)':<28} {statistics.median(queued):>9g} {max(queued):>6}")
    for name, took in (("a read", reads), ("the stream of events", streams)):
        print(f"{name:<28} {statistics.median(took):>9.2f} {max(took):>6.2f}", flush=True)


def listen(url: str, heard: Callable[[float], object]) -> None:
    """Tell when each event came."""
    with urllib.request.urlopen(url, timeout=600) as stream:
        for line in stream:
            if line.startswith(b"event:"):
                heard(time.perf_counter())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--changes", type=int, default=40)
    parser.add_argument("--cache", help="The address of a Valkey; a file otherwise.")
    parser.add_argument("--work", nargs=3, metavar=("SIDE", "PORT", "TOLD"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.work:
        side, port, told = chosen.work
        work(side, int(port), told)
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        make_store(folder / "hub.db", chosen.objects)
        make_rows(folder / "db.db", chosen.objects)
        config = folder / "config.yml"
        config.write_text("store:\n  rate_limit:\n    max_requests_per_hour: 5000\n", encoding="utf-8")
        ports = [free_port() for _ in range(4)]
        hub = f"http://127.0.0.1:{ports[0]}"
        stack.enter_context(
            running(
                ["-m", "gh_store", "dev-server", "--store", str(folder / "hub.db"), "--repo", REPOSITORY, "--port",
                 str(ports[0]), "--user", "token=local:admin"],
                f"/repos/{REPOSITORY}", ports[0],
            )
        )  # fmt: skip  # a command
        begun = time.perf_counter()
        ours = stack.enter_context(
            running(
                ["-m", "gh_store", "serve", "--repo", REPOSITORY, "--base-url", hub, "--port", str(ports[1]),
                 "--cache", chosen.cache or str(folder / "cache"), "--config", str(config)],
                "/readyz", ports[1],
            )
        )  # fmt: skip  # a command
        print(f"{chosen.objects:,} objects were there after {time.perf_counter() - begun:.1f} s\n", flush=True)
        with urllib.request.urlopen(f"http://127.0.0.1:{ports[1]}{PATH}/objects/object-1") as answer:
            body = answer.read().decode()
        others = {
            side: stack.enter_context(running([__file__, "--work", side, str(port), told], ready, port))
            for side, port, told, ready in (
                ("bare", ports[2], body, "/objects/1"),
                ("datasette", ports[3], str(folder / "db.db"), "/db.json"),
            )
        }
        sides = {
            "bare starlette": (others["bare"], "/objects/{}"),
            "gh-store serve": (ours, f"{PATH}/objects/{{}}"),
            "datasette": (others["datasette"], "/db/t/{}.json"),
        }
        compare_reads(sides, chosen.objects, chosen.seconds, chosen.runs)
        accept_webhooks(ours, hub, chosen.objects, chosen.seconds, chosen.runs)
        see_changes(ours, hub, chosen.changes)


if __name__ == "__main__":
    main()
