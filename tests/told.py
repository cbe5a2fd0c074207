"""Snapshots with history, made without any store."""

import json
from datetime import UTC, datetime, timedelta

from places import DATA

from gh_store import snapshots
from gh_store.domain.events import Event
from gh_store.domain.values import Mode, State
from gh_store.log.fold import Rejection, fold

START = datetime(2026, 8, 1, 8, tzinfo=UTC)


def entry(object_id, number, first, events=(), begin=START, history=True):
    """An object that began with `first`; events are `(mode, data)`, or `(mode, data, outcome)`."""
    state, comment = State(1, begin, first, 0), number * 10_000
    told = [_told(comment, begin, "ada", "initial_state", "append", first, "applied", 1)]
    for after, (mode, data, *outcome) in enumerate(events, 1):
        at = begin + timedelta(hours=after)
        event = Event(comment + after, at, Mode(mode), data, 0)
        became = fold(state, event) if not outcome else None
        error = {"error": "It was asked for in vain."} if outcome == ["rejected"] else {}
        assert not isinstance(became, Rejection)
        state = became or state
        version = state.version + (outcome == ["pending"])
        author = ("grace", "linus")[after % 2]
        told.append(_told(event.position, at, author, "update", mode, data, *(outcome or ["applied"]), version) | error)
    meta = {
        "object_id": object_id, "issue_number": number, "version": state.version,
        "created_at": begin.isoformat(), "updated_at": state.time.isoformat(),
    }  # fmt: skip
    text = {"data": state.data, "meta": meta} | (
        {"history": told, "log": {"watermark": 0, "comments": 0}} if history else {}
    )
    return snapshots.Entry.read(object_id, text)


def _told(comment, at, author, kind, mode, data, outcome, version):
    return {
        "comment_id": comment, "timestamp": at.isoformat(), "author": author, "type": kind, "mode": mode, "data": data,
        "outcome": outcome, "version": version,
    }  # fmt: skip


def write(path, entries, repository="ada/open-data", server="https://github.com", hour=0):
    header = snapshots.Header(START + timedelta(days=90, hours=hour), repository, True, server)
    snapshots.write(path, snapshots.Snapshot(header, sorted(entries, key=lambda each: each.object_id)))
    return path


def packages(count):
    lines = (DATA / "packages.jsonl").read_text(encoding="utf-8").splitlines()[:count]
    for number, line in enumerate(lines, 1):
        document = json.loads(line)
        yield entry(f"packages/{document['id']}", number, document["document"])


def prices(count):
    lines = (DATA / "bitcoin-price-history.jsonl").read_text(encoding="utf-8").splitlines()[:count]
    first, *later = (json.loads(line)["document"] for line in lines)
    return entry("prices/bitcoin", 5_000, first, [("replace", document) for document in later])


def cities():
    stations = [
        {"name": "Oslo sentrum", "kind": "urban", "height_m": 12},
        {"name": "Oslo fjell", "kind": "mountain", "height_m": 514},
    ]
    oslo = {"title": "Oslo", "homepage": "https://example.org/oslo", "reading": {"temperature": 9.0, "at": "2026"}}
    events = [("append", {"reading": {"temperature": 9 + hour % 7 / 2, "at": f"2026-{hour}"}}) for hour in range(38)]
    events.insert(30, ("append", {"stations": stations[:1]}))
    events.insert(34, ("append", {"stations": stations}))
    yield entry(
        "cities/oslo", 6_001, oslo, [*events, ("patch", [], "rejected"), ("append", {"title": "Oslo!"}, "pending")]
    )
    yield entry("cities/bodo", 6_002, {"title": "Bodø", "homepage": None})


def waiting():
    """An object as it was read with an update that nothing has committed yet."""
    value = entry("waiting", 6_003, {"n": 1}, [("append", {"n": 2}, "pending")]).value
    value["meta"]["version"], value["data"] = 2, {"n": 2}
    return snapshots.Entry.read("waiting", value)


def damaged():
    """An object that lost an event, and one whose data is not what its history leads to."""
    lost = entry("lost", 6_004, {"n": 1}, [("append", {"n": count}) for count in range(2, 6)]).value
    del lost["history"][2]
    lost["history"][2]["state"] = {"n": 4}
    astray = entry("astray", 6_005, {"n": 1}, [("append", {"n": 2})]).value
    astray["data"] = {"n": 3}
    return [snapshots.Entry.read("lost", lost), snapshots.Entry.read("astray", astray)]


def nested():
    """An object whose nested keys came in no order, some of them like indices of a list, and one key too long to be shown."""
    events = [
        ("append", {"in": {"a": 1, "9": 2}}),
        ("append", {"in": 5}),
        ("append", {"in": [{"b": 1, "10": {"d": 1, "c": 2}}], "k" * 200: {"l" * 200: 2}}),
    ]
    return entry("nested", 6_006, {"in": {"z": 1, "10": {"y": 1, "x": 2}}, "k" * 200: {"l" * 200: 1}}, events)


HOSTILE = {
    "</script><script>alert(1)</script>": "<img src=x onerror=alert(1)>",
    "__proto__": {"polluted": True},
    "constructor": "c",
    "line\u2028separator": "a\u2028b\u2029c\x00\x1b[31m\ufffe",
    "bidi\u202e": "gpj.exe\u202etxt\u200b",
    "tag": "\U000e0041",
    "huge": 12345678901234567890123456789,
    "exact": 9.0,
    "": "",
    "a.b": {"c/d~e": [[], {}, None, True, False]},
    "javascript": "javascript:alert(1)",
    "link": 'https://example.org/"><script>alert(1)</script>',
    "long": "word " * 12_000,
    "emoji": {"fits": "🙂" * 400, "cut": "x" + "🙂" * 700},
    "records": [{"a": "<b>", "__proto__": 1}, {"a": "\u202e"}],
}
HOSTILE_IDS = (
    "a", "a.json/b", "CON", "..", "../../x", "__proto__", "\u202eevil", "x" * 165, "A", "é", "e\u0301", "a/b", "con.txt",
    "<script>alert(1)</script>", "a b?c#d%2f", "~a-0000000000000000", "constructor", "a.html", "1/2/3/4", "1/2/3/4/5", "&amp;", "'\"`",
)  # fmt: skip


def deep(levels):
    value = {}
    for _ in range(levels):
        value = {"in": value, "list": [value]} if levels < 8 else {"in": value}
    return value


def crowded():
    """An object whose parts each take as many elements as one can: what folds, tables, links, and texts of many words."""
    chain = {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": 1}}}}}}}}}}}}
    parts = {f"c{key}": chain for key in range(60)}
    parts |= {f"t{key}": [[{"a": member}, {"b": member}] for member in range(50)] for key in range(4)}
    parts |= {f"z{key}": [f"http://{member}" for member in range(100)] for key in range(30)}
    return entry("crowded", 904, parts | _notes(0), [("append", _notes(event)) for event in range(1, 26)])


def _notes(event):
    return {f"note{key}": " ".join(f"word{place} {place * event}" for place in range(40)) for key in range(4)}


def hostile():
    for number, object_id in enumerate(HOSTILE_IDS, 1):
        events = [
            ("append", {"link": f"\u202e{number}"}),
            ("replace", HOSTILE),
            ("append", {"x": "</script>"}, "rejected"),
        ]
        yield entry(object_id, number, {"__proto__": {"polluted": 1}}, events)
    yield entry("deep", 900, deep(98))
    yield entry("wide", 901, {f"k{key}": {f"m{member}": member for member in range(500)} for key in range(20)})
    yield entry("many", 902, {"list": list(range(5_000)), "rows": [{"a": row, "b": "x"} for row in range(3_000)]})
    yield entry("empty", 903, {})


def files(folder):
    """Every file with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
