"""The picture of a site in the README, made anew: `.venv/bin/python tests/picture.py`. It needs Chromium."""

import json
import random
import tempfile
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from browser import browser
from places import DATA, ROOT
from told import START, entry, write

from gh_store import site
from gh_store.site.serve import Server
from gh_store.snapshots import Entry


def packages() -> Iterator[Entry]:
    """The packages of the tests, each created and updated some time in the last months."""
    chance = random.Random(16)
    for number, line in enumerate((DATA / "packages.jsonl").read_text("utf-8").splitlines(), 1):
        told = json.loads(line)
        begin = START + timedelta(days=int(88 * chance.random() ** 0.6), minutes=chance.randrange(1_440))
        first, *later = sorted(chance.sample(range(1, 3_000), chance.randrange(1, 5)), reverse=True)
        events = [("append", {"rank": rank}) for rank in (*later, told["document"]["rank"])]
        yield entry(f"packages/{told['id']}", number, {**told["document"], "rank": first}, events, begin)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        options = site.Options(
            "Open data of Ada",
            "The packages that are installed most, kept in the issues of a repository.",
            columns={"packages": ("rank", "version", "released", "summary")},
        )
        site.build(write(folder / "snapshot.json", packages()), folder / "site", options)
        with Server(folder / "site", 0) as server, browser(folder / "profile") as page:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            page.look(1280, 860)
            page.open(f"{server.address}index.html")
            page.wait("document.querySelector('#objects th button')")
            page.picture(ROOT / "docs" / "site.png")
            server.shutdown()


if __name__ == "__main__":
    main()
