"""A public repository: strangers comment, react and open issues; and files come from anywhere."""

import json
import re

import pytest
from world import World

from gh_store import (
    AccessDeniedError,
    ConfigurationError,
    GitHubStoreError,
    InvalidInput,
    InvalidObjectID,
    LocalStore,
    ObjectNotFound,
    wire,
)
from gh_store import config as configuration

pytestmark = pytest.mark.untraced  # the tests of each idea run the same lines

NESTED = '{"a":' * 10_000 + "1" + "}" * 10_000
BRACKET = "[v9 2026-11-21T10:00:00Z 99/9 9f86d081]"
META = '"_meta": {"update_mode": "append"}'
TEXTS = {
    "an event": '{"_data": {"n": 666}, "_meta": {"client_version": "1", "timestamp": "x", "update_mode": "replace"}}',
    "a bare event": '{"n": 666}',
    "an event in a fence": '```json\n{"n": 666}\n```',
    "65,536 characters of JSON": json.dumps({"n": "x" * 65_527}),
    "65,536 brackets": "[" * 65_536,
    "braces that never close": '{"a":' * 13_000,
    "10,000 levels": NESTED[:65_536],
    "101 levels": '{"a":' * 101 + "1" + "}" * 101,
    "duplicate keys": '{"n": 1, "n": 666, "_meta": {}, "_meta": 7}',
    "NaN": '{"n": NaN}',
    "Infinity": '{"n": -Infinity}',
    "a number beyond floats": '{"n": 1e999}',
    "a number of 60,000 digits": '{"n": ' + "9" * 60_000 + "}",
    "a lone surrogate": '{"n": "\\ud800"}',
    "a lone surrogate as a key": '{"\\udfff": 1}',
    "NUL": '{"n": "\\u0000", "\\u0000": 1}',
    "not Unicode's best": '{"n": "\\u202e\ufeff\\uffff"}',
    "an initial state": '{"type": "initial_state", "_data": {"n": 666}, "_meta": {"update_mode": "append", "object_id": "evil"}}',
    "an older initial state": '{"type": "initial_state", "data": {"n": 666}}',
    "a reply": "gh-store rejected event 1 (InvalidUpdate): `no`",
    "another reply": "gh-store put the body back (`edit-1-0`): `no`",
    "a copy that was refused": '{"_data": {}, "_meta": {"update_mode": "append", "origin": {"rejected": {"error": "X", "message": "no"}}}}',
    "an origin of nonsense": '{"_data": {"k": 1}, "_meta": {"update_mode": "append", "origin": [1], "event_id": ""}}',
    "an attempt beyond measure": f'{{"_data": {{"k": 1}}, "_meta": {{"update_mode": "append", "attempt": {10**30}}}}}',
    "an event_id of 60,000 characters": json.dumps({"_data": {}, "_meta": {"update_mode": "append", "event_id": "x" * 60_000}}),
    "an expected version of nonsense": '{"_data": {}, "_meta": {"update_mode": "append", "expected_version": -1}}',
    "a patch that grows": json.dumps({"_data": [{"op": "add", "path": "/x", "value": "y" * 900}] + [{"op": "copy", "from": "", "path": "/z"}] * 60, "_meta": {"update_mode": "patch"}}),
    "a patch of nonsense": '{"_data": [{"op": "move", "from": "/", "path": 7}], "_meta": {"update_mode": "patch"}}',
    "a title": f"Stored Object: metrics {BRACKET}",
    "HTML": "<script>alert(1)</script><!-- {} -->",
    "nothing": " ",
}  # fmt: skip


@pytest.fixture
def metrics(world: World):
    world.near().create("metrics", {"n": 0})
    world.settle()
    return world.store()


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_a_stranger_writes_changes_nothing(world, metrics, text):
    world.near().update("metrics", {"m": 1})
    stranger = world.backend("stranger")
    stranger.create_comment(1, text)
    for comment in world.comments():
        for content in ("+1", "confused", "rocket"):
            stranger.add_reaction(comment.id, content)
    world.settle()
    assert metrics.get("metrics").data == {"n": 0, "m": 1}
    metrics.process_updates(1)
    world.settle()
    assert wire.read_body(world.issue().body) == {"n": 0, "m": 1}
    assert [each["outcome"] for each in world.store().get_object_history("metrics")] == ["applied", "applied"]
    assert world.store().verify().damage == ()
    assert len(world.comments()) == 3, "no reply"


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_a_writer_writes_is_applied_or_rejected_and_holds_nothing_up(world, metrics, text):
    world.user("colleague", "write").create_comment(1, text)
    world.near().update("metrics", {"last": True})
    world.settle()
    obj = metrics.process_updates(1)
    assert obj.data["last"] is True
    world.settle()
    assert metrics.get("metrics") == obj
    assert json.loads(world.issue().body) == obj.data
    outcomes = [each["outcome"] for each in world.store().get_object_history("metrics")]
    assert set(outcomes) <= {"applied", "rejected"}
    assert world.store().verify().damage == ()
    assert metrics.snapshot().objects["metrics"].text


def test_a_look_alike_is_no_object(world, metrics):
    stranger, real = world.backend("stranger"), world.issue()
    labels = [label.name for label in real.labels]
    stranger.create_issue(real.title, real.body, labels)
    evil = stranger.create_issue(
        wire.write_title("evil", 1, world.backend().now(), 0, 0, {"n": 666}), '{"n":666}', labels
    )
    stranger.edit_issue(evil.number, open=False)
    world.settle()
    assert [obj.meta.object_id for obj in metrics.list_all(complete=True)] == ["metrics"]
    assert list(metrics.snapshot(complete=True).objects) == ["metrics"]
    with pytest.raises(ObjectNotFound):
        metrics.process_updates(evil.number)
    with pytest.raises(ObjectNotFound):
        metrics.get("evil")
    assert metrics.repair() == []
    assert metrics.adopt() == []
    assert world.issue(evil.number).labels == ()
    seen = metrics.verify()
    assert (seen.damage, seen.suspected) == ((), ())


def test_a_strangers_copy_cuts_no_import(world, metrics):
    line = '{"id": "new", "document": {"n": 1}}'
    world.faults.cut = lambda index, verb: "before" if verb == "create_comment" else None
    with pytest.raises(GitHubStoreError):
        raise metrics.import_from([line])[0].error
    world.faults.cut = lambda index, verb: None
    world.settle()
    ours = world.near()
    other = World(world.path.with_name("other.db"), world.config)
    with other:
        assert [each.made for each in other.store().import_from([line])] == [True]
        text = other.comments()[0].body
    world.backend("stranger").create_comment(2, text)  # the very event that is missing
    assert [each.made for each in world.store().import_from([line])] == [True]
    world.settle()
    assert (ours.get("new").data, ours.get("new").meta.version) == ({"n": 1}, 1)
    assert [each["author"] for each in ours.get_object_history("new")] == ["local"]
    assert ours.verify().damage == ()


def test_a_stranger_is_told_that_an_update_will_not_count(world, metrics):
    with pytest.raises(AccessDeniedError):
        world.store("stranger").update("metrics", {"n": 666})
    assert metrics.get("metrics").data == {"n": 0}


IDS = ["..", "../../etc/passwd", "/", "a/../b", "-", "--token", "a b", "<b>", "`", "|", "%2e%2e", "COM1", f"metrics {BRACKET}",
       "Stored Object: metrics", "UID:metrics", "archived", "\uff4detrics", "a\u200bb", "ß", "İ"]  # fmt: skip


def test_ids_that_look_like_something_else_are_ids(world, tmp_path):
    store = world.store()
    for n, object_id in enumerate(IDS):
        store.create(object_id, {"n": n})
    world.settle()
    assert {obj.meta.object_id: obj.data["n"] for obj in store.list_all()} == {each: n for n, each in enumerate(IDS)}
    store.write_snapshot(tmp_path / "s.json")
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix == ".json") == ["s.json"]
    assert json.loads((tmp_path / "s.json").read_text())["objects"]["../../etc/passwd"]["data"] == {"n": 1}


@pytest.mark.parametrize(
    "object_id", ["", "\0", "a\0b", "a\nb", "\x7f", "\x1b[31m", "\ud800", "a\u2028b", " a", "x" * 166, 7]
)
def test_ids_that_no_title_carries_are_refused_everywhere(calm, object_id):
    store = calm.store()
    for verb in (store.get, store.delete, lambda each: store.create(each, {}), lambda each: store.update(each, {})):
        with pytest.raises(InvalidObjectID):
            verb(object_id)
    assert calm.requests() == []


CONFIGURATIONS = [
    "!!python/object/apply:os.system ['touch pwned']",
    "store: !!python/name:os.system",
    "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nstore: {access: {users: [*e,*e,*e,*e,*e,*e,*e,*e,*e]}}",
    "store: &s {log: *s}",
    "store: {log: {max_events: &n 5}, processing: {patience: *n}}",
    "store: {log: {max_events: " + ":".join(["59"] * 30_000) + "}}",
    "store: {access: {codeowners: [" + "x" * 90_000 + "]}}",
    "store: {" + "k" * 90_000 + ": 1}",
    "store: {base_label: " + "x" * 10_000_000 + "}",
    "store: {rate_limit: {max_requests_per_hour: " + "9" * 400 + "}}",
    "store: {log: {max_events: " + "9" * 5_000 + "}}",
    "[" * 5_000,
    'store: {log: {max_events: !!int ""}}', 'store: {http: {timeout: !!float ""}}', "store: {rejections: {reply: !!bool x}}",
    "store: !!timestamp x", 'store: {http: {cache: "a\\0b"}}', 'store: {http: {cache: "a\\ud800b"}}',
    'store: {base_label: "a\\e[31m"}', "store: {base_label: ' a '}", 'store: {uid_prefix: "a\\nb"}',
    'store: {access: {codeowners: "\\0"}}', 'store: {access: {users: ["a\\x1bb"]}}', 'store: {"a\\nb": 1}',
    "store: {http: {cache: ~nosuchuser/x}}",
    *(f'store: {{log: {{format: "{each}"}}}}' for each in ("{message:>9999999999}", "{level.foo}", "{extra[x]}", "{message:d}",
      "{message!z}", "{message:{line}}", "{message.__class__}", "{}", "{exception.x}")),
    'store:\n  http: {cache: "\0"}',
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
]  # fmt: skip


@pytest.mark.parametrize("text", CONFIGURATIONS, ids=range(len(CONFIGURATIONS)))
def test_a_configuration_made_by_an_attacker(tmp_path, text):
    file = tmp_path / "config.yml"
    file.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        configuration.load(file)
    assert len(caught.value.message) < len(str(file)) + 300
    assert "\n" not in caught.value.message
    assert not (tmp_path / "pwned").exists()


def a_snapshot(number="7", data="{}", time="2026-11-21T10:00:00+00:00"):
    entry = f'{{"data": {data}, "meta": {{"issue_number": {number}}}}}'
    return f'{{"objects": {{"a": {entry}}}, "repository": "local", "snapshot_time": "{time}"}}'


SNAPSHOTS = [
    "", "[]", "{}", '{"objects": [], "repository": "local", "snapshot_time": "2026-11-21T10:00:00+00:00"}',
    '{"objects": {"a": 1}, "repository": "local", "snapshot_time": "2026-11-21T10:00:00+00:00"}',
    '{"objects": {"a": {"data": NaN, "meta": {"issue_number": 7}}}, "repository": "local", "snapshot_time": "2026-11-21T10:00:00+00:00"}',
    '{"objects": {}, "repository": "elsewhere", "snapshot_time": "2026-11-21T10:00:00+00:00"}',
    '{"objects": {}, "repository": "' + "x" * 10_000 + '", "snapshot_time": "2026-11-21T10:00:00+00:00"}',
    '{"objects": {}, "repository": "local", "snapshot_time": 7}',
    a_snapshot(number="1e999"), a_snapshot(number="true"), a_snapshot(number="7.5"), a_snapshot(number="-1"),
    a_snapshot(data='{"n": 1e999}'), a_snapshot(time="0001-01-01T00:00:00+00:00"), a_snapshot(time="0001-01-01T00:00:00+23:00"),
    a_snapshot(time="9999-12-31T23:59:59-23:00"), a_snapshot(time="x" * 10_000),
    '{"objects": ' + NESTED + "}",
    '{"objects": {"a": {"data": {}, "meta": {"issue_number": ' + "9" * 5_000 + '}}}, "repository": "local", "snapshot_time": "2026-11-21T10:00:00+00:00"}',
]  # fmt: skip


@pytest.mark.parametrize("text", SNAPSHOTS, ids=range(len(SNAPSHOTS)))
def test_a_snapshot_made_by_an_attacker(tmp_path, text):
    (tmp_path / "s.json").write_text(text)
    with LocalStore(tmp_path / "s.db") as store:
        store.create("real", {})
        with pytest.raises(ConfigurationError) as caught:
            store.update_snapshot(tmp_path / "s.json")
    assert len(caught.value.message) < len(str(tmp_path)) + 200
    assert (tmp_path / "s.json").read_text() == text


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (a_snapshot(number="1e999"), "object 'a': issue_number"),
        (a_snapshot(data='{"n": 1e999}'), "object 'a'"),
        (a_snapshot(time="0001-01-01T00:00:00+00:00"), "snapshot_time"),
        (a_snapshot(time="soon"), "snapshot_time"),
        ('{"objects": {}, "snapshot_time": null}', "repository"),
        ('{"objects": [], "repository": "local"}', "objects"),
    ],
)
def test_what_is_wrong_with_a_snapshot_is_named(tmp_path, text, key):
    (tmp_path / "s.json").write_text(text)
    with pytest.raises(ConfigurationError, match=rf"s\.json.*{key}"), LocalStore(tmp_path / "s.db") as store:
        store.update_snapshot(tmp_path / "s.json")


@pytest.mark.parametrize("entry", ['"a\\ud800": {"data": {}', '"a": {"data": {"n": "\\ud800"}'])
def test_a_snapshot_that_could_not_be_written_again_is_refused(tmp_path, entry):
    text = f'{{"objects": {{{entry}, "meta": {{"issue_number": 999}}}}}}, "repository": "REPOSITORY", "snapshot_time": "2026-01-01T00:00:00+00:00"}}'
    with LocalStore(tmp_path / "s.db") as store:
        store.create("real", {})
        (tmp_path / "s.json").write_text(text.replace("REPOSITORY", store.backend.repository))
        with pytest.raises(ConfigurationError, match=r"s\.json.*object 'a.*malformed"):
            store.update_snapshot(tmp_path / "s.json")


@pytest.mark.parametrize(
    "change",
    [
        ('"author":"local"', '"author":"\\ud800"'), ('"created_at":"', '"created_at":"\\ud800'),
        ('"outcome":"applied"', '"outcome":"rejected","error":["E","\\ud800"]'), ('"event_id":"', '"event_id":"\\ud800'),
        ('"repository":"', '"repository":"\\ud800'), ('"version":1', f'"version":{"9" * 4_000}'),
    ],
    ids=lambda each: each[0],
)  # fmt: skip
def test_an_import_that_no_comment_carries_is_refused_before_anything_is_written(tmp_path, change):
    with LocalStore(tmp_path / "s.db") as store:
        store.create("a", {})
        text = "".join(store.export())
    assert change[0] in text
    (tmp_path / "e.jsonl").write_text(text.replace(*change))
    with LocalStore(tmp_path / "new.db") as new:
        with pytest.raises(InvalidInput, match=r"e\.jsonl, line [12]") as caught:
            new.import_from(tmp_path / "e.jsonl")
        assert len(caught.value.message) < len(str(tmp_path)) + 200
        assert list(new.heads()) == []


@pytest.mark.parametrize("field", ["issue_number", "version", "comment_id"])
def test_an_import_with_a_number_that_is_none_names_file_and_line(tmp_path, field):
    with LocalStore(tmp_path / "s.db") as store:
        store.create("a", {})
        text = "".join(store.export())
        (tmp_path / "e.jsonl").write_text(re.sub(rf'"{field}":\d+', f'"{field}":1e999', text))
        with pytest.raises(InvalidInput, match=rf"e\.jsonl, line 2(, event 1)?: {field}"):
            store.import_from(tmp_path / "e.jsonl")


@pytest.mark.parametrize(
    "change",
    [
        ('"object_id":"a"', '"object_id":"{}"'), ('"labels":[]', '"labels":["{}"]'), ('"format":1', '"format":"{}"'),
        ('"version":1', '"version":"{}"'), ('"data":{}', '"data":{"n":"{}"}'),
    ],
    ids=lambda each: each[0],
)  # fmt: skip
def test_an_import_with_a_huge_scalar_is_refused_in_a_short_line(tmp_path, change):
    with LocalStore(tmp_path / "s.db") as store:
        store.create("a", {})
        text = "".join(store.export())
    assert change[0] in text
    (tmp_path / "e.jsonl").write_text(text.replace(change[0], change[1].replace("{}", "x" * 1_000_000)))
    with LocalStore(tmp_path / "new.db") as new:
        try:
            (error,) = (done.error for done in new.import_from(tmp_path / "e.jsonl"))
        except InvalidInput as refused:
            error = refused
        assert isinstance(error, InvalidInput)
        assert len(error.message) < len(str(tmp_path)) + 200
        assert list(new.list_all()) == []
