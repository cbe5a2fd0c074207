"""
What `gh-store site` costs, beside the least that it could cost.

    python benchmarks/site.py [--sizes 1000 10000 100000] [--runs 3]

    build    processor time, to that of parsing the snapshot and writing files of the same names and sizes for each
             object: its page, its data and its history. Above 20,000 objects there are no pages, on either side.
    rebuild  processor time of a build where nothing has changed, to that of the first build.
    memory   the most that a build holds, to one of a tenth of its objects.
    search   time of a search on the page of the site, in Chromium, to a plain scan of the same rows and a plain table.

Each build is a program of its own. The objects are packages, with one to four events each. The best of the runs
counts. Ends with 1 if a limit is not kept.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

TESTS: Final = Path(__file__).resolve().parent.parent / "tests"
BEGIN: Final = datetime(2025, 1, 1, tzinfo=UTC)
KINDS: Final = ("o", "api/objects", "api/history")
QUERIES: Final = ("aws", "http client", "client http", "testing", "o", "boto3-1", "nothing like this")
LIMITS: Final = {"build": 8.0, "rebuild": 0.5, "memory": 8.0, "search": 8.0}


class Cost(NamedTuple):
    """What a program took: seconds of the processor, and the most memory that it held, in MB."""

    seconds: float
    peak: float


# --- the objects ----------------------------------------------------------------------------------


def write_snapshot(path: Path, count: int) -> None:
    """A snapshot with history of so many packages, one of them in memory at a time."""
    from gh_store import snapshots  # noqa: PLC0415  # the floor does not import it

    packages = [json.loads(line) for line in (TESTS / "data" / "packages.jsonl").open(encoding="utf-8")]

    class Entries:
        def __iter__(self) -> Iterator[snapshots.Entry]:
            for number in range(1, count + 1):
                package = packages[number % len(packages)]
                object_id = f"c{number * 20 // (count + 1):02d}/{number:06d}-{package['id']}"
                yield snapshots.Entry.read(object_id, entry(object_id, number, package["document"]))

    header = snapshots.Header(BEGIN + timedelta(days=400), "ada/open-data", True, "https://github.com")
    snapshots.write(path, snapshots.Snapshot(header, Entries()))


def entry(object_id: str, number: int, document: dict[str, Any]) -> dict[str, Any]:
    begin = BEGIN + timedelta(minutes=number % 500_000)
    history = [event(number, 0, begin, {**document, "rank": number})]
    history += [event(number, after, begin, {"rank": number + after}) for after in range(1, number % 4 + 1)]
    last = history[-1]
    return {
        "data": {**document, "rank": number + last["version"] - 1},
        "meta": {
            "object_id": object_id, "issue_number": number, "version": last["version"],
            "created_at": history[0]["timestamp"], "updated_at": last["timestamp"],
        },
        "history": history,
        "log": {"watermark": last["comment_id"], "comments": len(history)},
    }  # fmt: skip


def event(number: int, after: int, begin: datetime, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "comment_id": number * 10 + after, "timestamp": (begin + timedelta(hours=after)).isoformat(),
        "author": ("ada", "grace", "linus")[(number + after) % 3], "type": "update" if after else "initial_state",
        "mode": "append", "data": data, "outcome": "applied", "version": after + 1,
    }  # fmt: skip


# --- builds ---------------------------------------------------------------------------------------


def build(source: Path, target: Path) -> None:
    from gh_store import site  # noqa: PLC0415  # the floor does not import it

    site.build(source, target, site.Options())


def floor(source: Path, target: Path) -> None:
    """Parse the objects of a snapshot, one by one, and write files as large as those of a site for each."""
    contents = json.loads(target.with_suffix(".sizes").read_text())
    with source.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith('"c'):
                ((object_id, _),) = json.loads("{" + line.rstrip(",\n") + "}").items()
                for kind, size in contents.items():
                    path = target / kind / f"{object_id}.json"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(b"x" * size)


WORK: Final = {"build": build, "floor": floor}


def measured(work: str, source: Path, target: Path) -> Cost:
    """What a work takes in a program of its own."""
    command = [sys.executable, __file__, "--work", work, str(source), str(target)]
    told = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    return Cost(*json.loads(told))


def measure(work: str, source: Path, target: Path) -> None:
    import resource  # noqa: PLC0415  # not on every system

    begun = time.process_time()
    WORK[work](source, target)
    print(json.dumps([time.process_time() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


def sizes(site: Path) -> dict[str, int]:
    """How large the files of an object are on average, by kind."""
    found: dict[str, int] = {}
    for kind in KINDS:
        lengths = [file.stat().st_size for file in (site / kind).rglob("*") if file.is_file()]
        if lengths:
            found[kind] = sum(lengths) // len(lengths)
    return found


def builds(folder: Path, source: Path, runs: int) -> tuple[Cost, Cost, Cost]:
    """The first build, a rebuild, and the floor. The site of the last run stays."""
    site, bare = folder / "site", folder / "bare"
    met: dict[str, list[Cost]] = {"build": [], "rebuild": [], "floor": []}
    for _ in range(runs):
        shutil.rmtree(site, ignore_errors=True)
        met["build"].append(measured("build", source, site))
        met["rebuild"].append(measured("build", source, site))
        bare.with_suffix(".sizes").write_text(json.dumps(sizes(site)))
        met["floor"].append(measured("floor", source, bare))
        shutil.rmtree(bare)
    first, again, least = (Cost(*map(min, zip(*costs, strict=True))) for costs in met.values())
    return first, again, least


# --- search ---------------------------------------------------------------------------------------

_PAGE: Final = """(async () => {
  const meta = await (await fetch("index/meta.json")).json();
  const rows = [];
  for (let number = 0; number < meta.shards; number++) rows.push(...await (await fetch(`index/${number}.json`)).json());
  const field = document.querySelector("input[type=search]");
  const place = document.body.appendChild(document.createElement("div"));
  const site = (query) => { field.value = query; field.dispatchEvent(new Event("input")); };
  const plain = (query) => {
    const words = query.split(" "), found = [];
    for (const row of rows) if (words.every((word) => row[4].includes(word))) found.push(row);
    const table = document.createElement("table");
    for (const [id, version, time, cells] of found.slice(0, 100)) {
      const line = table.appendChild(document.createElement("tr"));
      for (const text of [id, cells.join(" "), version, time])
        line.appendChild(document.createElement("td")).textContent = text;
    }
    place.replaceChildren(table);
  };
  const timed = (search, query) => {
    const begun = performance.now();  // in steps of 0.1 ms
    for (let turn = 0; turn < 20; turn++) search(query);
    return (performance.now() - begun) / 20;
  };
  const least = QUERIES.map((query) => {
    const both = [plain, site].map((search) => Array.from({ length: 5 }, () => timed(search, query)));
    return both.map((times) => Math.min(...times));
  });
  return [0, 1].map((side) => least.reduce((sum, each) => sum + each[side], 0) / least.length);
})()"""


def searches(site: Path, profile: Path) -> tuple[float, float]:
    """Milliseconds of a search: in a plain scan, and on the page."""
    sys.path.insert(0, str(TESTS))
    from browser import browser  # noqa: PLC0415  # of the tests

    from gh_store.site.serve import Server  # noqa: PLC0415  # as above

    with Server(site, 0) as server, browser(profile) as page:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page.open(f"{server.address}index.html?q=a")
        page.wait("document.querySelector('#objects th button')")
        plain, ours = page.run(_PAGE.replace("QUERIES", json.dumps(QUERIES)))
        server.shutdown()
    return plain, ours


# --- the table ------------------------------------------------------------------------------------


def told(size: int, what: str, ours: str, least: str, ratio: float) -> bool:
    kept = ratio <= LIMITS[what]
    limit = f"at most {LIMITS[what]:g}x: {'yes' if kept else 'NO'}"
    print(f"{size:>9,} {what:<8} {ours:>12} {least:>12} {ratio:>7.2f}x   {limit}", flush=True)
    return kept


def compare(folder: Path, size: int, runs: int, peaks: dict[int, float]) -> bool:
    source = folder / "snapshot.json"
    write_snapshot(source, size)
    first, again, least = builds(folder, source, runs)
    peaks[size] = first.peak
    kept = [
        told(size, "build", f"{first.seconds:.2f} s", f"{least.seconds:.2f} s", first.seconds / least.seconds),
        told(size, "rebuild", f"{again.seconds:.2f} s", f"{first.seconds:.2f} s", again.seconds / first.seconds),
    ]
    before = peaks.get(size // 10, first.peak)
    kept.append(told(size, "memory", f"{first.peak:.0f} MB", f"{before:.0f} MB", first.peak / before))
    plain, ours = searches(folder / "site", folder / "profile")
    kept.append(told(size, "search", f"{ours:.2f} ms", f"{plain:.2f} ms", ours / plain))
    return all(kept)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--work", nargs=3, metavar=("WORK", "SOURCE", "TARGET"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.work:
        work, source, target = chosen.work
        measure(work, Path(source), Path(target))
        return
    print(f"{'objects':>9} {'what':<8} {'gh-store':>12} {'the least':>12} {'ratio':>8}")
    memory = Path("/dev/shm")  # in memory if there is such a place: nothing here is about disks
    peaks: dict[int, float] = {}
    kept = list[bool]()
    for size in sorted(chosen.sizes):
        with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
            kept.append(compare(Path(folder), size, chosen.runs, peaks))
    if not all(kept):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
