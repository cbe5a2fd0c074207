"""What commands print for programs: JSON, JSON Lines, CSV, ids; and which objects, in which order."""

import csv
import io
import json
import os
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gh_store import LocalStore
from gh_store.cli.formats import csv_pieces
from gh_store.cli.queries import Order, as_row

OBJECTS = {
    "a": {"visits": 10, "name": "Ada", "tags": ["x", 1], "at": {"x": 1, "y": {"z": None}}},
    "b": {"visits": 9, "name": "=1+1", "id": 7},
    "c": {"name": "a\nb", "visits": "many"},
    "d": {"visits": True, "a.b": 1.5, "at": {}},
    "e": {},
}


@pytest.fixture
def filled(shell):
    shell.environment["GH_STORE"] = "s.db"
    with LocalStore(shell.folder / "s.db") as store:
        for name, data in OBJECTS.items():
            store.create(name, data)
    return shell


def ids(shell, *arguments):
    return shell.run("ls", "--ids", *arguments)[0].split()


def test_a_list_in_every_form(filled):
    as_json = filled.json("list")
    assert [obj["data"] for obj in as_json] == list(OBJECTS.values())
    assert filled.json("list", "--json") == as_json
    assert [json.loads(line) for line in filled.run("list", "--jsonl")[0].splitlines()] == as_json
    assert ids(filled) == list(OBJECTS)
    assert filled.json("list", "--count") == 5
    assert filled.json("list", "--where", "visits", "--count") == 4
    out, _ = filled.run("list", "--table")
    assert [line.split()[0] for line in out.splitlines()] == ["ID", *OBJECTS]
    filled.run("list", "--csv", "-o", "list.csv")
    assert (filled.folder / "list.csv").read_text() == filled.run("list", "--csv")[0]


def test_csv_has_a_column_for_each_key_and_says_what_is_stored(filled):
    out, err = filled.run("list", "--csv")
    first, *rows = csv.reader(io.StringIO(out))
    assert first == ["id", "version", "updated", "visits", "name", "tags", "at.x", "at.y.z", "data.id", '"a.b"', "at"]
    assert rows[0][:1] + rows[0][3:] == ["a", "10", "Ada", '["x", 1]', "1", "", "", "", ""]
    assert rows[1][4] == "=1+1", "text is what is stored, also where a spreadsheet takes it for a formula"
    assert "note: 1 cell may be taken for formulas" in err
    assert rows[2][4] == "a\nb"
    assert rows[3][3:] == ["true", "", "", "", "", "", "1.5", "{}"]
    assert "note" not in filled.run("list", "--csv", "--prefix", "a")[1]
    assert filled.run("list", "--csv", "--prefix", "none")[0] == ""


def test_a_key_with_a_dot_is_another_column_than_a_key_below_a_key():
    rows = [as_row({"object_id": "o", "version": 1, "updated_at": "", "data": {"a.b": 1, "a": {"b": 2, '"c"': 3}}})]
    first, row = csv.reader(io.StringIO("".join(csv_pieces(rows))))
    assert dict(zip(first[3:], row[3:], strict=True)) == {'"a.b"': "1", "a.b": "2", 'a."\\"c\\""': "3"}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("ab.\"'id", max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(st.dictionaries(st.sampled_from(["id", "data", "version", "a.b", "a", '"a', ""]), values), max_size=4))
def test_no_value_is_lost_in_csv(many):
    objects = [{"object_id": f"o{at}", "version": 1, "updated_at": "now", "data": data} for at, data in enumerate(many)]
    lines = "".join(csv_pieces(map(as_row, objects)))
    rows = list(csv.DictReader(io.StringIO(lines, newline="")))
    assert len(rows) == len(objects)
    for row, obj in zip(rows, objects, strict=True):
        assert (row["id"], row["version"]) == (obj["object_id"], "1")
        assert None not in row, "each cell has a column"
        assert len([cell for cell in row.values() if cell]) == 3 + len(leaves(obj["data"]) if obj["data"] else [])


def leaves(value):
    if isinstance(value, dict) and value:
        return [leaf for each in value.values() for leaf in leaves(each)]
    return [value] if value not in ("", None) else []


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["--where", "type(visits) == 'number' && visits > `9`"], ["a"]),
        (["--where", "name == 'Ada' || id"], ["a", "b"]),
        (["--where", "type(visits) == 'number'", "--prefix", "b"], ["b"]),
        (["--sort", "visits"], ["b", "a", "c", "d", "e"]),
        (["--sort", "-visits"], ["d", "c", "a", "b", "e"]),
        (["--sort", "-id", "--limit", "2"], ["e", "d"]),
        (["--sort", "data.id"], ["b", "a", "c", "d", "e"]),
        (["--sort", "at.x", "--limit", "1"], ["a"]),
        (["--limit", "3", "--where", "name"], ["a", "b", "c"]),
        (["--sort=-version", "--limit", "1"], ["a"]),
    ],
)
def test_which_objects_and_in_which_order(filled, options, found):
    assert ids(filled, *options) == found
    if "--sort" in options:
        assert "note" not in filled.run("list", *options)[1]


def test_a_key_that_no_object_has_is_told(filled):
    out, err = filled.run("list", "--sort", "nope", "--ids")
    assert (out.split(), "note: no object has nope" in err) == ([*OBJECTS], True)
    assert "note" not in filled.run("list", "--sort", "nope", "--prefix", "none")[1]


@given(st.lists(values, max_size=6))
def test_any_values_have_an_order(many):
    objects = [
        {"object_id": str(at), "version": 1, "updated_at": "", "data": {"k": each}} for at, each in enumerate(many)
    ]
    up = [obj["data"]["k"] for obj in Order.of("k").sorted(objects, lambda: None)]
    assert len(up) == len(many)
    assert all(each is None for each in up[len(up) - many.count(None) :])


def test_a_query_is_about_the_json(filled):
    assert filled.json("list", "-q", "[].data.visits") == [10, 9, "many", True]
    assert filled.run("list", "-q", "[].object_id", "--jsonl")[0].split() == [f'"{name}"' for name in OBJECTS]
    assert filled.run("list", "-q", "[:2].{id: object_id, n: data.visits}", "--csv")[0] == "id,n\na,10\nb,9\n"
    assert filled.json("get", "a", "-q", "data.at.x") == 1
    assert filled.json("get", "a", "--data", "--query", "name") == "Ada"
    assert filled.json("get", "a", "--data") == OBJECTS["a"]
    assert filled.json("update", "a", "{}", "-q", "pending") == 1
    assert filled.json("history", "a", "-q", "[].outcome") == ["applied", "pending"]
    assert filled.json("process-updates", "--all", "-q", "[0].applied") == 1
    assert filled.json("create", "f", "{}", "-q", "version") == 1
    assert filled.json("delete", "f", "-q", "object_id") == "f"
    assert filled.run("get", "a", "--jsonl")[0].count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["list", "--where", "visits >"], "cannot be evaluated"),
        (["list", "--where", "size(name)"], "Unknown function"),
        (["list", "--sort", "[", "--limit", "1"], "cannot be evaluated"),
        (["list", "-q", "][", "--json"], "cannot be evaluated"),
        (["get", "a", "-q", "length()"], "cannot be evaluated"),
        (["update", "a", "{}", "-q", "}"], "cannot be evaluated"),
        (["list", "--json", "--csv"], "two forms of output"),
        (["list", "--ids", "-q", "[]"], "not with --ids"),
        (["history", "a", "--oneline", "--csv"], "--oneline"),
        (["list", "--limit", "0"], "--limit"),
    ],
)
def test_what_is_wrong_with_them_is_known_before_any_request(shell, arguments, said):
    """The repository is nowhere: a request would end with 6."""
    _, err = shell.run(*arguments, "--repo", "ada/data", "--base-url", "http://127.0.0.1:9", "--token", "t", code=2)
    assert said in err
    assert len([line for line in err.splitlines() if "hint: " in line]) == 1


def test_a_limit_asks_for_no_more_than_it_shows(hub, shell):
    store = hub.near()
    for number in range(101):
        store.create(f"o{number}", {})
    hub.asked()
    shell.environment |= {"GITHUB_API_URL": hub.address, "GH_TOKEN": "token-of-local"}
    assert len(ids(shell, "-R", hub.repository, "--limit", "3")) == 3
    few = len(hub.asked())
    assert len(ids(shell, "-R", hub.repository)) == 101
    assert few < len(hub.asked())


def test_import_tells_what_failed_and_updates_on_request(filled):
    filled.run("list", "-o", "list.json")
    filled.run("list", "--jsonl", "-o", "list.jsonl")
    for name in ("list.json", "list.jsonl"):
        out, err = filled.run("import", name, "--store", f"{name}.db")
        assert (json.loads(out), "5 created, 0 updated, 0 unchanged, 0 failed" in err) == ([], True)
        assert filled.json("list", "--store", f"{name}.db", "-q", "[].data") == list(OBJECTS.values())
    copy = ["--store", "list.json.db"]
    filled.run("put", "a", '{"mine": 1}', *copy)
    filled.run("delete", "e", *copy)
    filled.run("create", "e", '{"mine": 2}', *copy)
    _, err = filled.run("import", "list.json", *copy, code=3)
    assert "0 created, 0 updated, 4 unchanged, 1 failed" in err
    out, err = filled.run("import", "list.json", "--update", "--json", *copy)
    assert [each["updated"] for each in json.loads(out)] == [True, False, False, False, True]
    assert "0 created, 2 updated, 3 unchanged, 0 failed" in err
    assert filled.json("list", *copy, "--sort", "id", "-q", "[].data") == list(OBJECTS.values())
    assert "5 unchanged" in filled.run("import", "list.json", "--update", *copy)[1]


def test_what_is_imported_is_read_once(shell):
    """`gh-store import <(…)` of a shell names a pipe."""
    given, write = os.pipe()
    os.write(write, b'{"id": "a", "document": {}}\n')
    os.close(write)
    assert "1 created" in shell.run("import", f"/dev/fd/{given}")[1]
    os.close(given)


def test_a_watcher_sees_what_comes_while_it_waits(filled):
    with filled.started("watch", "--jsonl") as watcher:
        while "waiting for changes" not in watcher.stderr.readline():
            pass
        filled.run("put", "new", '{"n": 1}')
        line = json.loads(watcher.stdout.readline())
        assert (line["object_id"], line["version"], line["state"]) == ("new", 1, {"n": 1})
        filled.run("put", "new", '{"n": 2}')
        filled.run("process-updates", "--all")
        assert json.loads(watcher.stdout.readline())["state"] == {"n": 2}
        watcher.send_signal(signal.SIGINT)
        assert watcher.communicate(timeout=30) == ("", "")
        assert watcher.returncode == 0, "this is how it is ended"
