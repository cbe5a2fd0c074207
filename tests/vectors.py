"""
What Python makes of states and events, names and texts: `vectors.json`, which other implementations are held to.

`python tests/vectors.py` writes the file anew. In it, a string `\\u0001N\\u0001x` stands for N times `x`.
"""

import hashlib
import json
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gh_store import wire
from gh_store.domain.events import Draft, Event, Place
from gh_store.domain.limits import MAX_TEXT
from gh_store.domain.values import Mode, State
from gh_store.log.fold import Rejection, fold
from gh_store.snapshots import file_name
from gh_store.wire.titles import read_title

FILE = Path(__file__).with_name("vectors.json")
FOLDS = 1_000
AT = datetime(2026, 11, 21, 10, tzinfo=UTC)
_REPEATED = re.compile("\x01(\\d+)\x01(.*)", re.DOTALL)


def times(number: int, text: str) -> str:
    """Many times a text, as the file says it."""
    return f"\x01{number}\x01{text}"


def expanded(value: Any) -> Any:
    """A value of the file, with what it stands for."""
    if isinstance(value, dict):
        return {key: expanded(member) for key, member in value.items()}
    if isinstance(value, list):
        return [expanded(item) for item in value]
    repeated = _REPEATED.fullmatch(value) if isinstance(value, str) else None
    return repeated[2] * int(repeated[1]) if repeated else value


# --- folds ----------------------------------------------------------------------------------------

KEYS = ["a", "b", "c/d", "e~f", "__proto__", "constructor", "toString", "0", "1", "", "é", "\U0001d4b3", "\ue000"]
NUMBERS = [0, 1, 2, -1, 1.0, 2.0, 0.5, -0.0, 1e16, 1e22, 1.5e-5, 10**22, 2**53 + 1, 12345678901234567890, 0.1, 1e300]
TEXTS = ["", "x", "@ada", "1", "é", "e\u0301", "\U0001f600", "<b>", "\u202e"]


class Random:
    """Objects and updates of every kind, from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.chance, self.one = self._random.random, self._random.choice

    def value(self, depth: int = 0) -> Any:
        kind = self.chance()
        if kind < 0.35 and depth < 4:
            return self.object(depth + 1)
        if kind < 0.5 and depth < 4:
            return [self.value(depth + 1) for _ in range(self._random.randrange(4))]
        if kind < 0.75:
            return self.one(NUMBERS)
        return self.one([None, True, False, *TEXTS])

    def object(self, depth: int = 0) -> dict[str, Any]:
        return {self.one(KEYS): self.value(depth) for _ in range(self._random.randrange(5))}

    def path(self, data: Any) -> str:
        """Where something is, or could be."""
        found = ""
        while self.chance() < 0.75 and isinstance(data, dict | list) and data:
            keys = [*data] if isinstance(data, dict) else [str(at) for at in range(len(data))]
            key = self.one(keys)
            data = data[key] if isinstance(data, dict) else data[int(key)]
            found += "/" + key.replace("~", "~0").replace("/", "~1")
        if self.chance() < 0.35:
            found += "/" + self.one([*KEYS, "-", "01", "2", "-1"]).replace("~", "~0").replace("/", "~1")
        return found

    def at(self, data: Any, path: str) -> Any:
        """What is there, or something else."""
        try:
            for key in path.split("/")[1:]:
                key = key.replace("~1", "/").replace("~0", "~")  # noqa: PLW2901  # as the pointer means it
                data = data[int(key)] if isinstance(data, list) else data[key]
        except (LookupError, TypeError, ValueError):
            return self.value()
        return data

    def operation(self, data: Any) -> Any:
        op, path = self.one(["add", "add", "replace", "remove", "move", "copy", "test", "test"]), self.path(data)
        if op == "remove":
            return {"op": op, "path": path}
        if op in ("move", "copy"):
            return {"op": op, "from": self.path(data), "path": path}
        value = self.at(data, path) if op == "test" and self.chance() < 0.8 else self.value()
        if op == "test" and type(value) in (int, float) and self.chance() < 0.5:
            value = self.one([float(value), int(value), value])
        return {"op": op, "path": path, "value": value}

    def update(self, data: dict[str, Any]) -> tuple[str, Any]:
        mode = self.one(["append", "replace", "merge", "patch", "patch", "patch"])
        if mode != "patch":
            mixed = {**data, **self.object()} if self.chance() < 0.3 else self.object()
            return mode, mixed
        operations: list[Any] = []
        for _ in range(self.one([1, 1, 1, 2, 3, 4])):
            operations.append(self.operation(data))
            after = fold(State(1, AT, data, 0), Event(1, AT, Mode.PATCH, operations, 0))
            if isinstance(after, Rejection) and self.chance() < 0.6:
                operations.pop()
        return mode, operations


LIVE = ["a", "@", "&", "[", "![", "](", "[[", "GH-", "gh-1", "gh-x", "www.", "wWw.", "wwwww.", "://", "\U0001f600", "é", "\x02", '"', "\\", "`", "<"]  # fmt: skip
MALFORMED = [
    {}, [], [1], ["op"], [{"op": "add"}], [{"path": "/a"}], [{"op": "add", "path": 1, "value": 1}], [{"op": "append", "path": "/a", "value": 1}],
    [{"op": 1, "path": "/a"}], [{"op": "__proto__", "path": "/a"}], [{"op": "add", "path": "a", "value": 1}], [{"op": "add", "path": "/~2", "value": 1}],
    [{"op": "add", "path": "/~", "value": 1}], [{"op": "add", "path": "/z"}], [{"op": "test", "path": "/z"}], [{"op": "replace", "path": "/a"}],
    [{"op": "copy", "path": "/z"}], [{"op": "move", "path": "/z", "from": 1}], [{"op": "move", "path": "/a/b", "from": "/a"}],
    [{"op": "move", "path": "", "from": ""}], [{"op": "copy", "path": "/z", "from": ""}], [{"op": "remove", "path": ""}],
    [{"op": "add", "path": "", "value": {"z": 1}}], [{"op": "add", "path": "", "value": 1}], [{"op": "add", "path": "", "value": [1]}, {"op": "add", "path": "", "value": {}}],
    [{"op": "test", "path": "/l/-", "value": 1}], [{"op": "remove", "path": "/l/-"}], [{"op": "add", "path": "/l/-/x", "value": 1}],
    [{"op": "replace", "path": "/l/-", "value": 1}], [{"op": "add", "path": "/l/3", "value": 1}], [{"op": "add", "path": "/l/2", "value": 1}],
    [{"op": "add", "path": "/l/00", "value": 1}], [{"op": "move", "path": "/l/1", "from": "/l/0"}], [{"op": "move", "path": "/l/0", "from": "/l/0"}],
    [{"op": "add", "path": "/s/0", "value": 1}], [{"op": "test", "path": "/n", "value": 1}], [{"op": "test", "path": "/n", "value": True}],
    [{"op": "test", "path": "/l", "value": [1.0, 2]}], [{"op": "test", "path": "/big", "value": 1e20}], [{"op": "test", "path": "/big", "value": 100000000000000000001}],
    [{"op": "add", "path": "/z", "value": 1, "more": 2}, {"op": "remove", "path": "/a", "value": 3}],
]  # fmt: skip
STATE = {"a": {"b": 1}, "l": [1, 2], "s": "text", "n": 1.0, "big": 10**20, "__proto__": {"x": 1}}


def folds() -> Iterator[tuple[int, Any, Any, Any]]:
    """Version, state and event, and what Python makes of them: the canonical text of the data, or why it is rejected."""
    found = [
        *(_folded(3, STATE, {"mode": "patch", "data": each}) for each in MALFORMED),
        *_expected(),
        *_large(),
        *_deep(),
    ]
    yield from found
    for seed in range(FOLDS - len(found)):
        chosen = Random(seed)
        version, data = chosen.one([1, 2, 41]), chosen.object()
        mode, update = chosen.update(data)
        event = {"mode": mode, "data": update}
        if chosen.chance() < 0.15:
            event["expected_version"] = chosen.one([1, 2, 41, 10**20])
        yield _folded(version, data, event)


def _expected() -> Iterator[tuple[int, Any, Any, Any]]:
    for expected in (None, 2, 3, 4, 10**20):
        yield _folded(3, STATE, {"mode": "append", "data": {"z": expected}, "expected_version": expected})


def _large() -> Iterator[tuple[int, Any, Any, Any]]:
    """Exactly as large as a body may be, and one character more; however that is written."""
    for unit in LIVE:
        for more in (0, 1):
            many = 60_000 // len(json.dumps(unit) * 3)
            data = {"u": times(many, unit), "[l": [[], ["["]]}
            left = MAX_TEXT - len(wire.write_body({**expanded(data), "x": ""})) + more
            yield _folded(1, data, {"mode": "append", "data": {"x": times(left, "x")}})
    text = {"x": times(60_000, "x")}
    for count in (3, 4, 5):
        copies = [{"op": "copy", "from": "/x", "path": "/y"}] * count
        yield _folded(1, text, {"mode": "patch", "data": [*copies, {"op": "remove", "path": "/y"}]})
    moves = [
        {"op": "add", "path": "/y", "value": {}},
        {"op": "move", "from": "/x", "path": "/y/x"},
        {"op": "move", "from": "/y/x", "path": "/x"},
    ]
    yield _folded(1, text, {"mode": "patch", "data": moves * 4})
    yield _folded(1, text, {"mode": "patch", "data": moves * 5})
    yield _folded(1, text, {"mode": "replace", "data": {"x": 1}})
    yield _folded(1, text, {"mode": "append", "data": {"y": times(60_000, "y")}})


def _deep() -> Iterator[tuple[int, Any, Any, Any]]:
    for levels in (98, 99):
        value: Any = 1
        for _ in range(levels):
            value = {"a": value}
        wrapped: Any
        for wrapped in ([], {}, 0):
            operation = {"op": "add", "path": "/a" * levels + "/b", "value": wrapped}
            yield _folded(1, value if levels < 99 else {"a": value}, {"mode": "patch", "data": [operation]})
        yield _folded(1, {"l": value}, {"mode": "patch", "data": [{"op": "copy", "from": "/l", "path": "/m"}]})
        yield _folded(
            1, {"l": value, "m": {}}, {"mode": "patch", "data": [{"op": "move", "from": "/l", "path": "/m/n"}]}
        )
        yield _folded(
            1, {"l": value, "m": {}}, {"mode": "patch", "data": [{"op": "copy", "from": "/l", "path": "/m/n"}]}
        )


def _folded(version: int, data: Any, event: dict[str, Any]) -> tuple[int, Any, Any, Any]:
    mode, said, expected = Mode(event["mode"]), expanded(event["data"]), event.get("expected_version")
    now = expanded(data)
    before = State(version, AT, now, len(wire.write_body(now)))
    size = 6 * len(json.dumps(said))
    after = fold(before, Event(1, AT, mode, said, size, expected_version=expected))
    if isinstance(after, Rejection):
        return version, data, event, {"rejected": type(after.error).__name__}
    text = wire.canonical(after.data)
    return version, data, event, text if len(text) < MAX_TEXT // 10 else {"characters": len(text)}


# --- the rest -------------------------------------------------------------------------------------

IDS = [
    "a", "a.json/b", "a.json", "a.html", "A", "CON", "con", "con.txt", "conx", "com1", "lpt0.a.b", "aux/b", "..", ".", ".a", "a.", "a-", "-a", "_a", "a_", "a..b",
    "é", "e\u0301", "\U0001f600", "stations/oslo", "1/2/3/4", "1/2/3/4/5", "a//b", "/a", "a/", "x" * 64, "x" * 65, "x" * 120, f"{'x' * 60}/{'x' * 59}",
    f"{'x' * 60}/{'x' * 60}", "x" * 165, "../../x", "a b?c#d%2f", "~a-0000000000000000", "__proto__", "constructor", "\u202eevil", "<script>", "- -", "A" * 50,
    "ab" * 19 + "-cd", "a\nb", "K\u0131\u017f\u212a", "\ue000", "\ud800", "a\udc00b",
]  # fmt: skip

JSONS = [
    "1", "-0", "-0.0", "0.0", "1.0", "1.50", "1e5", "1E+5", "1e16", "123456789012345680", "123456789012345678", "1e15", "9007199254740993", "0.00001", "0.0001", "1e-7",
    "1.7976931348623157e308", "5e-324", "100000000000000000000000", "1e21", "1e22", "-1.5e-10", "0.1", "0.30000000000000004", '"\\u00e9\\ud83d\\ude00"', '"\x7f\\u2028"',
    '"\\/\\b\\f\\n\\r\\t\\"\\\\"', "[]", "{}", " [ 1 , 2 ] ", '{"b": 1, "a": {"__proto__": 2, "a": [null, true, false]}, "b": 3}', '{"\\ue000": 1, "\\ud83d\\ude00": 2, "\ud7ff": 3, "Z": 4, "a": 5}',
    '{"10": 1, "9": 2, "-1": 3}', "01", "1.", ".5", "+1", "1e", "-", "[1,]", '{"a":1,}', "{a:1}", "'a'", '"a', '"\n"', '"\\x"', '"\\u12"', "nul", "true false", "[1 2]", "", " ",
    "\u00a01", '{"a" 1}', "[", "{", '{"a"', '{"a":', "[1", "]", "NaN", "[Infinity]", "-Infinity", "1" * 4300, "1" * 4301, "0." + "1" * 5000,
]  # fmt: skip


def _nested(levels: int) -> str:
    return '{"a": ' * levels + "1" + "}" * levels


META = {"client_version": "1", "timestamp": "t", "update_mode": "append", "event_id": "e"}
CONTINUES = {"issue": 1, "comment": 2, "comments": 3, "version": 4, "time": "2026-11-21T10:00:00+00:00"}
METAS: list[Any] = [
    META, {}, [], None, {"update_mode": "append"}, *({**META, "update_mode": mode} for mode in ("replace", "merge", "patch", "Append", None, 1)),
    *({**META, "attempt": each} for each in (1, 2, 0, -1, 1.0, True, "2", None, 10**30)), *({**META, "expected_version": each} for each in (1, 7, 0, 2.0, False, None)),
    {**META, "event_id": 1}, {**META, "timestamp": None}, {**META, "client_version": {}}, {**META, "more": {"deep": [1]}}, {**META, "event_id": "\ud800"},
    {**META, "continues": CONTINUES}, {**META, "continues": None}, {**META, "continues": {**CONTINUES, "issue": -1}}, {**META, "continues": {**CONTINUES, "time": "now"}},
]  # fmt: skip
COMMENTS = [
    "Looks good", "", "   ", "{}", '{"a": 1}', ' \n\ufeff{"a": 1}\u200b\n', '```\n{"a": 1}\n```', '```json\n{"a": 1}\n```', '``` JSON \n{"a": 1}\n```', '~~~json\n{"a": 1}\n~~~~', '```js\n{"a": 1}\n```',
    '```json\r\n{"a": 1}\r\n```', '````\n{"a": 1}\n```', '```\n{"a": 1}', '```\n{"a": 1}\n``` x', '```{"a": 1}```', "[1]", '[{"op": "add"}]', "null", "{a: 1}", '{"a": 1,}', '{"a": NaN}', '{"a": NaN, oops', '{oops, "a": NaN}',
    '{"a": 1e999}', '{"a": "\\ud800"}', '{"\\udc00": 1}', '{"a": 1} thanks', '{"type": "initial_state", "data": {"a": 1}}', '{"type": "initial_state", "data": [1]}', '{"type": "initial_state"}',
    '{"_data": {"a": 1}}', '{"_data": null, "_meta": null}', '{"__proto__": {"update_mode": "patch"}}', '{"_data": {"a": 9.0}, "_meta": {"update_mode": "append"}, "type": "update"}',
    '{"_data": {"a": 1}, "_meta": {"update_mode": "append"}, "type": "other"}', _nested(100), _nested(101), _nested(102), *(f'{{"_data": {_nested(levels)}, "_meta": {{"update_mode": "append"}}}}' for levels in (100, 101)),
    "{" * 200, "{" + "[" * 101 + "not JSON",
    '{"a": "' + "[" * 200 + '"}', '{"a": ' + "1" * 4301 + "}", '\x1c{"a": 1}\x85', '\u3000{"a": 1}', '{"a": 1}\n\n```', '```\n\n{"a": 1}\n\n  ```  ', '{"_data": [], "_meta": {"update_mode": "append"}}',
'{"_data": [], "_meta": {"update_mode": "patch"}}', '{"_data": 1, "_meta": {"update_mode": "patch"}}',
]  # fmt: skip


def names() -> Iterator[tuple[str, str | None]]:
    """Ids and their names in addresses; None for what no id can be."""
    chosen = random.Random(5)
    made = [
        "".join(chosen.choice("abz09-_./A \u00e9\U0001f600") for _ in range(chosen.randrange(1, 70))) for _ in range(60)
    ]
    for each in (*IDS, *made):
        try:
            yield each, file_name(each)
        except UnicodeEncodeError:
            yield each, None


def texts() -> Iterator[tuple[str, str | None]]:
    """JSON texts and the canonical form of their values; None for what is not JSON."""
    chosen = random.Random(6)
    doubles = [repr(chosen.uniform(-1, 1) * 10 ** chosen.randrange(-30, 40)) for _ in range(100)]
    for each in (*JSONS, *doubles):
        try:
            yield each, wire.canonical(wire.parse(each, 1_000)) if each.strip(" \t\n\r") == each.strip() else None
        except ValueError:
            yield each, None


def events() -> Iterator[tuple[str, Any]]:
    """Comments and what they say: the event, as canonical text; None for conversation; or that it is malformed."""
    data: list[Any] = [{"a": 1.0}, []]
    full = [json.dumps({"_data": each, "_meta": meta}) for meta in METAS for each in data]
    initial = [json.dumps({"_data": {"a": 1}, "_meta": meta, "type": "initial_state"}) for meta in METAS]
    written = [wire.write_event(Draft({"by": "@ada", "www.x": "[1]"}, "id", Mode.MERGE, 2, 7), issue_number=1, time=AT)]
    for text in (*COMMENTS, *full, *initial, *written):
        said = wire.read_event(text, position=1, time=AT)
        if isinstance(said, Event):
            shown = {
                "mode": said.mode.value, "data": said.data, "expected_version": said.expected_version, "event_id": said.event_id,
                "attempt": said.attempt, "initial": said.initial,
            }  # fmt: skip
            yield text, wire.canonical(shown)
        else:
            yield text, None if said is None or said.nearly else {"malformed": True}


def heads() -> Iterator[tuple[dict[str, Any], str | None]]:
    """
    Issues as GitHub's API tells them, in a repository of Ada's; and the canonical text of what a reader without any
    right may believe of each, or None.
    """
    data: dict[str, Any] = {"a": 9.0, "é\U0001d4b3\ue000": [10**22, -0.0, 1e-5], "__proto__": {"x": None}}
    title = wire.write_title("cities/oslo", 12, AT, 4571, 13, data)
    checkpoint = read_title(title, None, "UID:").checkpoint
    assert checkpoint is not None
    seal = wire.write_seal(wire.seal_of(7, "cities/oslo", checkpoint, data))
    first = wire.write_title("cities/oslo", 1, AT, 0, 1, data)
    begun = read_title(first, None, "UID:").checkpoint
    assert begun is not None
    went_on = wire.write_title("cities/oslo", 12, AT, 4571, 13, data, after=Place(3, 99))
    long, body = "x" * 60, wire.write_body(data)
    usual: dict[str, Any] = {
        "title": title,
        "body": body,
        "user": "ada",
        "labels": {"UID:cities/oslo": "", "stored-object": ""},
        "comments": 13,
    }
    sealed = {**usual, "user": "bob", "labels": {"UID:cities/oslo": seal, "stored-object": ""}}
    told: dict[str, dict[str, Any]] = {
        "usual": usual, "pending": {**usual, "comments": 15}, "fewer": {**usual, "comments": 9}, "sealed": sealed, "by labels": {**usual, "user": "bob"},
        "by a bot": {**sealed, "labels": {"UID:cities/oslo": seal.replace("12", "11", 1), "stored-object": ""}, "user": "github-actions[bot]"},
        "first": {**usual, "title": first, "comments": 1, "labels": {"UID:cities/oslo": wire.write_seal(wire.seal_of(7, "cities/oslo", begun, data)), "stored-object": ""}, "user": "bob"},
        "went on": {**usual, "title": went_on}, "long": {**usual, "title": wire.write_title(long, 12, AT, 4571, 13, data), "labels": {wire.hashed_label(long, "UID:"): "", "Stored-Object": ""}},
        "deleted": {**usual, "labels": {"UID:cities/oslo": "", "archived": ""}}, "deleted, cut": {**usual, "labels": {"UID:cities/oslo": "", "archived": "", "stored-object": ""}},
        "more digits": {**usual, "title": wire.write_title("cities/oslo", 12, AT, 10**17 + 1, 13, data)},
    }  # fmt: skip
    refused = {
        "edited": {**usual, "body": "{}"}, "no JSON": {**usual, "body": "hello"}, "no body": {**usual, "body": None}, "another version": {**usual, "title": title.replace("v12", "v13")},
        "no bracket": {**usual, "title": "Stored Object: cities/oslo"}, "another id": {**usual, "title": title.replace("oslo", "lund")}, "no label": {**usual, "labels": {"stored-object": ""}},
        "other case": {**usual, "labels": {"UID:Cities/Oslo": "", "stored-object": ""}}, "withdrawn": {**usual, "labels": {"UID:cities/oslo": ""}}, "pull request": {**usual, "pull_request": {}},
        "forged": {**sealed, "body": wire.write_body({"a": 1}), "title": wire.write_title("cities/oslo", 12, AT, 4571, 13, {"a": 1})},
        "sealed elsewhere": {**sealed, "labels": {"UID:cities/oslo": seal.replace("7", "8", 1), "stored-object": ""}}, "being made": {**usual, "title": first, "comments": 0},
        "being moved": {**usual, "title": wire.write_title("cities/oslo", 12, AT, 0, 1, data, after=Place(3, 99))}, "no day": {**usual, "title": _dated("2026-11-45T10:00:00Z", data)},
        "no such day": {**usual, "title": _dated("2026-02-30T10:00:00Z", data)}, "outranked": {**usual, "labels": {"UID:cities/oslo": seal.replace("7", "8", 1), "stored-object": ""}},
    }  # fmt: skip
    for issue in told.values():
        object_id = long if issue["title"].startswith(f"Stored Object: {long}") else "cities/oslo"
        found = read_title(issue["title"], None, "UID:").checkpoint
        assert found is not None
        deleted = "archived" in issue["labels"]
        yield _issue(issue), wire.canonical({
            "id": object_id, "version": found.version, "data": None if deleted else data, "pending": max(issue["comments"] - found.comments, 0),
            "deleted": deleted, "number": 7,
        })  # fmt: skip
    for name, issue in refused.items():
        assert ("day" in name) == (read_title(issue["title"], None, "UID:").checkpoint is None) or name == "no bracket"
        yield _issue(issue), None


def _dated(time: str, data: dict[str, Any]) -> str:
    """A title with a time that no calendar has, and a checksum that fits."""
    checked = wire.canonical(["cities/oslo", 12, time, 4571, 13, data])
    return f"Stored Object: cities/oslo [v12 {time} 4571/13 {hashlib.sha256(checked.encode()).hexdigest()[:8]}]"


def _issue(told: dict[str, Any]) -> dict[str, Any]:
    labels = [{"name": name, "description": description or None} for name, description in told["labels"].items()]
    made = {"number": 7, "state": "closed", "created_at": "2026-11-01T00:00:00Z", "updated_at": "2026-11-22T00:00:00Z"}
    return {**made, **told, "labels": labels, "user": {"login": told["user"]}}


def text() -> str:
    """The file, a line for each vector."""
    parts = {"folds": folds(), "names": names(), "texts": texts(), "events": events(), "heads": heads()}
    lines = (f"{json.dumps(name)}: [\n" + ",\n".join(map(_line, part)) + "\n]" for name, part in parts.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _line(vector: Any) -> str:
    return json.dumps(vector, separators=(",", ":"))


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
