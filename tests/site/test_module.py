"""gh-store.js, by node: it yields what Python yields, reads the files of a site, and believes of GitHub what may be believed."""

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from math import isfinite
from pathlib import Path
from random import Random

import pytest
import vectors
from shipped.node import needs_tsc, node, runs_node, tsc
from shipped.pages import BLOCKS
from told import HOSTILE, HOSTILE_IDS, cities, entry, hostile, prices
from world import REPOSITORY

from gh_store import wire
from gh_store.site import plots, text
from gh_store.site.places import ASSETS

HERE = Path(__file__).parent
MODULE = (ASSETS / "gh-store.js").as_uri()
SITE = "https://ada.github.io/site/"


def test_the_vectors_are_what_python_yields():
    assert vectors.text() == vectors.FILE.read_text(encoding="utf-8"), "python tests/vectors.py writes them anew"


@runs_node
def test_the_module_yields_the_same():
    assert node((HERE / "vectors.mjs").read_text(), MODULE, vectors.FILE) == []


@needs_tsc
def test_its_types_are_sound_and_published(tmp_path):
    assert tsc("-p", HERE, "--outDir", tmp_path) == ""
    published = (ASSETS / "gh-store.d.ts").read_text()
    assert (tmp_path / "gh-store.d.ts").read_text() == published, "node_modules/.bin/tsc -p tests/site writes them anew"


# --- a site ---------------------------------------------------------------------------------------


@pytest.fixture
def serve(build):
    """Serves a site of some entries; its address."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(build([])))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()

        def made(entries):
            build(entries)
            return f"http://127.0.0.1:{server.server_port}"

        yield made
        server.shutdown()
        thread.join()


READ = """
const { canonical, fieldOf, NotFound, Past, Site } = await import(process.argv[1]);
const site = new Site(process.argv[2]);
const ids = JSON.parse(process.argv[3]);
const missing = (promise) => promise.then(() => "there", (error) => error instanceof NotFound ? error.message : String(error));
const history = await site.history("prices/bitcoin");
const past = new Past(site, "prices/bitcoin");
await Promise.all([past.version(1), past.all(), past.version(300)]);
console.log(JSON.stringify({
  hostile: await Promise.all(ids.map(async (id) => canonical((await site.get(id)).data))),
  first: await Promise.all(ids.map(async (id) => canonical((await site.at(id, 1)).data))),
  all: [history.length, history[0].v, history.at(-1).v, past.events.length],
  versions: await Promise.all([1, 29, 500, 530].map(async (version) => fieldOf((await site.at("prices/bitcoin", version)).data, "bpi.USD.rate"))),
  fields: await site.get("cities/oslo").then(({ data }) => ["reading.temperature", "/stations/1/kind", "stations.0.height_m", "none.at.all", "", "toString"].map((field) => fieldOf(data, field) ?? null)),
  changes: (await site.changes()).length,
  list: (await site.list()).length,
  missing: await Promise.all([site.get("nobody"), site.at("cities/oslo", 99), site.at("cities/oslo", 0), site.history("\\ud800")].map(missing)),
  urls: ["https://x.org/a", "https://x.org/a/", "https://x.org/a/index.html", "https://x.org"].map((url) => new Site(url).url.href),
}));
"""


@runs_node
def test_a_site_is_read(serve):
    entries = [*(each for each in hostile() if each.object_id in HOSTILE_IDS), *cities(), prices(530)]
    found = node(READ, MODULE, serve(entries), json.dumps(HOSTILE_IDS))
    stored = {each.object_id: each.value for each in entries}
    assert found["hostile"] == [wire.canonical(stored[each]["data"]) for each in HOSTILE_IDS]
    assert found["first"] == [wire.canonical({"__proto__": {"polluted": 1}})] * len(HOSTILE_IDS)
    assert found["all"] == [530, 1, 530, 530]
    documents = [event["data"] for event in stored["prices/bitcoin"]["history"]]
    assert found["versions"] == [documents[version - 1]["bpi"]["USD"]["rate"] for version in (1, 29, 500, 530)]
    oslo = stored["cities/oslo"]["data"]
    temperature, kind, height, *rest = found["fields"]
    assert (temperature, kind, height) == (oslo["reading"]["temperature"], "mountain", 12)
    assert (rest[0], rest[1]["title"], rest[2]) == (None, "Oslo", None)
    assert found["changes"] == 200
    assert found["list"] == len(stored)
    assert found["missing"] == [
        "There is no object nobody.", "There is no version 99 of cities/oslo.",
        "There is no version 0 of cities/oslo.", "No object has an id with a lone surrogate."]  # fmt: skip
    assert found["urls"] == ["https://x.org/a/", "https://x.org/a/", "https://x.org/a/", "https://x.org/"]


# --- GitHub ---------------------------------------------------------------------------------------

CHANGED = """
const { canonical, Live } = await import(process.argv[1]);
const [api, repository, since] = process.argv.slice(2);
const live = new Live({ repository, api });
const found = await live.changed(since);
const waiting = found.filter(({ pending, deleted }) => pending && !deleted);
const previews = await Promise.all(waiting.map((each) => live.preview(each)));
console.log(canonical({ more: live.more, found, previews }));
"""


@pytest.mark.breaks_stores("a leaver overwrote an object")
@runs_node
def test_of_github_is_believed_what_a_reader_without_rights_may_believe(hub):
    roles = {"ada": "write", "bob": "write", "mallory": "triage", "eve": "none"}
    _, bob, mallory, eve = (hub.user(login, role) for login, role in roles.items())
    ours, adas, bobs = hub.store(), hub.store("ada"), hub.store("bob")
    since = hub.backend().now()
    ours.create("a", {"n": 9.0, "__proto__": {"x": 1}})
    adas.create("b", {"n": 1})
    adas.update("b", {"n": 2}, process=True)
    adas.create("gone", {})
    adas.delete("gone")
    adas.create("x" * 120, {"long": True})
    number = bobs.create("forged", {"n": 1}).meta.issue_number
    hub.backend().set_role("bob", "none")
    bob.edit_issue(number, title=wire.write_title("forged", 5, since, 0, 1, {"n": 6}), body='{"n": 6}')
    theirs, claim = (
        eve.create_issue(wire.write_title(object_id, 9, since, 1, 0, {"n": 0}), '{"n": 0}', []).number
        for object_id in ("eves", "b")
    )
    for issue, label in ((theirs, "UID:eves"), (theirs, "stored-object"), (claim, "UID:b"), (claim, "stored-object")):
        hub.backend().create_label(label, "")
        mallory.add_label(issue, label)
    waiting = ours.create("waits", {"n": 1}).meta.issue_number
    adas.update("waits", {"n": 2})
    adas.update("waits", [{"op": "remove", "path": "/none"}], mode="patch")
    adas.update("waits", {"m": 3}, expected_version=2)
    eve.create_comment(waiting, '{"n": "eve was here"}')
    eve.create_comment(waiting, "Hello")
    anybody = {each.meta.object_id: each for each in hub.store("-anonymous-").list_all()}
    rival = wire.write_title("a", 9, since, 1, 0, {"n": 0})
    hub.backend().create_issue(rival, '{"n": 0}', ["UID:a", "stored-object"])  # the lowest number has the id
    hub.asked()
    told = node(CHANGED, MODULE, hub.address, REPOSITORY, since.isoformat())
    assert [each.partition("?")[0] for each in hub.asked()] == [
        f"GET /repos/{REPOSITORY}/issues", f"GET /repos/{REPOSITORY}/issues/{waiting}/comments"]  # fmt: skip
    found = {each["id"]: each for each in told["found"]}
    assert len(found) == len(told["found"])
    assert {*found} == {"a", "b", "gone", "x" * 120, "waits", "eves"}
    assert {*anybody} == {*found, "forged"} - {"gone"}, "the log proves what was sealed of `forged`"
    for object_id in ("a", "b", "x" * 120, "eves"):
        shown, stored = found[object_id], anybody[object_id]
        assert wire.canonical(shown["data"]) == wire.canonical(stored.data)
        assert (shown["version"], shown["number"], shown["pending"], shown["deleted"]) == (
            stored.meta.version, stored.meta.issue_number, 0, False)  # fmt: skip
    assert (found["gone"]["deleted"], found["gone"]["data"]) == (True, None)
    assert (found["waits"]["version"], found["waits"]["data"], found["waits"]["pending"]) == (1, {"n": 1}, 5)
    (preview,) = told["previews"]
    assert (preview["version"], preview["data"], preview["pending"]) == (3, {"n": 2, "m": 3}, 2)
    assert len(preview["rejected"]) == 1
    assert not told["more"]


LIMITED = """
const { Live, Limited } = await import(process.argv[1]);
const [api, repository, turns, lives] = process.argv.slice(2);
const told = [];
for (let one = 0; one < Number(lives); one += 1) {
  const live = new Live({ repository, api });
  for (let turn = 0; turn < Number(turns); turn += 1)
    told.push(await live.changed("2027-01-01T00:00:00Z").then((found) => found.length, (error) => error instanceof Limited ? error.until - Date.now() : error.message));
  told.push(live.until);
}
console.log(JSON.stringify(told));
"""


@runs_node
def test_github_is_not_asked_while_it_wants_a_pause(hub):
    seconds = {"primary-limit": 120, "secondary-limit": 90, "secondary-limit-bare": 60}
    for kind, pause in seconds.items():
        hub.trouble.add({"kind": kind, "seconds": pause})
    hub.clock.at = time.time()
    told = node(LIMITED, MODULE, hub.address, REPOSITORY, 2, 3)
    assert len(hub.asked()) == 3
    for pause, (first, second, _) in zip(seconds.values(), (told[at : at + 3] for at in (0, 3, 6)), strict=True):
        assert 1_000 * (pause - 30) < second <= first < 1_000 * (pause + 1)


@runs_node
def test_github_is_not_asked_when_few_requests_are_left(hub):
    hub.near().create("a", {})
    *told, until = node(LIMITED, MODULE, hub.address, REPOSITORY, 55, 1)
    assert len(hub.asked()) == 51, "of 60, after which 9 are left"
    assert told[:51] == [1] * 51
    assert until % 3_600_000 == 0, "until the limit is reset"


DATED = """
const { Limited, Live } = await import(process.argv[1]);
const pauses = [];
for (const after of JSON.parse(process.argv[2])) {
  globalThis.fetch = async () => new Response("[]", { headers: { "retry-after": after } });
  const live = new Live({ repository: "ada/site" });
  await live.changed("2027-01-01T00:00:00Z");
  const again = await live.changed("2027-01-01T00:00:00Z").then((found) => found.length, (error) => error instanceof Limited);
  pauses.push([again, live.until && Math.round((live.until - Date.now()) / 1000)]);
}
console.log(JSON.stringify(pauses));
"""


@runs_node
def test_a_pause_may_be_a_date_and_is_an_hour_at_most():
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    told = node(
        DATED,
        MODULE,
        json.dumps([at, "90", "9" * 20, "Fri, 31 Dec 9999 23:59:59 GMT", "soon", "Thu, 01 Jan 1970 00:00:00 GMT"]),
    )
    (limited, pause), *others = told
    assert limited
    assert 80 <= pause <= 91
    assert others == [[True, 90], [True, 3600], [True, 3600], [0, 0], [0, 0]]


# --- what the pages show --------------------------------------------------------------------------

SHOWN = """
import { readFileSync } from "node:fs";
const { parse } = await import(process.argv[1]);
const [{ byNumber, inWords }, { dotted, folded, indented }] = await Promise.all(["numbers", "text"].map((each) => import(new URL(`${each}.js`, process.argv[1]))));
const { numbers, texts, values } = parse(readFileSync(process.argv[2], "utf8"));
const begun = performance.now();
byNumber(Array.from({ length: 100_000 }, (_, at) => `9007199254740${(at * 7919) % 1000}.${at}`), (each) => each);
console.log(JSON.stringify({
  up: byNumber(numbers, (each) => each), down: byNumber(numbers, (each) => each, -1), words: numbers.map(Number).filter(Number.isFinite).map(inWords),
  folded: texts.map(folded), indented: values.map((each) => indented(each)), path: dotted(`/${"x".repeat(80)}/${"y".repeat(80)}`),
  took: performance.now() - begun,
}));
"""


def number_texts(random):
    """Numbers as JSON may write them: near each other, beyond doubles, and the same in other words."""
    whole = [2**63 + random.randint(-3, 3) for _ in range(40)] + [10**400 + random.randint(-3, 3) for _ in range(40)]
    floats = [random.uniform(-1, 1) * 10.0 ** random.randint(-300, 300) for _ in range(40)]
    yield from map(json.dumps, [*whole, *(-each for each in whole), *floats])
    for _ in range(200):
        digits = "".join(random.choices("0019", k=random.randint(1, 25))).lstrip("0") or "0"
        part = random.choice(["", ".0", ".10", f".{random.randint(0, 99):02}"])
        yield random.choice(["", "-"]) + digits + part + random.choice(["", "e0", "E+20", "e-25", "e400", "e-400"])


@runs_node
def test_numbers_and_text_are_to_the_pages_what_they_are_to_the_build(tmp_path):
    random = Random(7)
    numbers = [*number_texts(random)]
    letters = [
        *map(chr, range(0xC0, 0x590)),
        *map(chr, range(0x1E00, 0x2000)),
        "\ufb01",
        "か\u3099",
        "\U0001d4b3",
        "🙂",
        *"AZaz 'Σ",
    ]
    texts = ["ΘΕΣ", "θες", "θεσ", "STRASSE", "Straße", *("".join(random.choices(letters, k=12)) for _ in range(300))]
    values = [HOSTILE, {}, {"a": [], "10": {"9": 1.0, "1": 10**30}, "": [[1], {"x": None}]}]
    (tmp_path / "told.json").write_text(json.dumps({"numbers": numbers, "texts": texts, "values": values}))
    shown = node(SHOWN, MODULE, tmp_path / "told.json")
    assert shown["up"] == sorted(numbers, key=Decimal)
    assert shown["down"] == sorted(numbers, key=Decimal, reverse=True)
    near = [each for each in map(float, numbers) if isfinite(each)]
    assert shown["words"] == [*map(plots.number, near)]
    assert shown["folded"] == [*map(text.folded, texts)]
    assert len({*shown["folded"][:3]}) == len({*shown["folded"][3:5]}) == 1
    assert shown["indented"] == [json.dumps(each, indent=2, sort_keys=True, ensure_ascii=False) for each in values]
    assert shown["path"] == text.dotted(f"/{'x' * 80}/{'y' * 80}")
    assert shown["took"] < 5_000


# --- the docs -------------------------------------------------------------------------------------

TELLING = "const told = []; const log = console.log; console.log = (...all) => told.push(all.join(' ')); {}; log(JSON.stringify(told));"
PROGRAMS = [block.code for block in BLOCKS if block.kind == "js"]


@runs_node
def test_the_programs_of_the_docs_run(serve, hub):
    hub.trouble.repository = "ada/site"
    hub.near().create("cities/oslo", {"wind": 5.6})
    wind = [("append", {"wind": each}) for each in (7.5, 7.0)]
    address = serve([entry("cities/oslo", 1, {"name": "Oslo", "wind": 5.6}, wind)])
    told = []
    for code in PROGRAMS:
        for said, meant in (
            (f"{SITE}assets/gh-store.js", MODULE), (SITE, f"{address}/"), ("https://api.github.com", hub.address)
        ):  # fmt: skip
            code = code.replace(said, meant)  # noqa: PLW2901  # as it is tried here
        told += node(TELLING.replace("{}", code))
    assert told == [
        "7.0 m/s, version 3; at first 5.6 m/s 3 cities/oslo",
        '3 {"wind":9.0,"gusts":[17],"calm":false}',
        "Expected version 1, but the object is at version 3.",
        "cities/oslo 1 [object Object] 0",
    ]
