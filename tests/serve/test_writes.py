"""What writers do, and under which conditions; on a store in a file, as the command serves it."""

import json
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from serve.asked import Asked, running, serving

from gh_store import LocalStore
from gh_store.serve.model import etag_of, text_of
from gh_store.serve.opening import Where, open_stores
from gh_store.serve.settings import Settings

PATCH = "application/json-patch+json"
MERGE = "application/merge-patch+json"


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    with LocalStore(folder / "data.db") as store:
        store.create("there", {"n": 1})
    settings = {"cache": str(folder / "cache"), "token": "secret"}
    with (
        open_stores(Where(str(folder / "data.db")), Settings(**settings)) as stores,
        running(stores, **settings) as client,
    ):
        client.store = "local/data"
        yield client


def test_put_creates_and_replaces(ask):
    made = ask.put("a/b", {"n": 1})
    assert (made.status, made["location"]) == (201, "/api/v1/repos/local/data/objects/a/b")
    assert ask("GET", made["location"]).json == made.json
    assert ask("GET", made["location"])["etag"] == made["etag"]
    assert ask.put("a/b", {"n": 1}).status == 200
    replaced = ask.put("a/b", {"m": 2})
    assert (replaced.status, replaced.json["data"], replaced.json["version"]) == (202, {"m": 2}, 2)
    assert ask("GET", "objects/a/b").json["data"] == {"m": 2}, "writes are seen at once"
    assert ask("GET", "objects?prefix=a/").json["objects"][0]["data"] == {"m": 2}


@pytest.mark.parametrize("object_id", ["..", "a/./b", "x/..", "/", "//x", "ä ?#&+%"])
def test_ids_that_clients_rewrite_have_a_location_that_they_do_not(ask, object_id):
    made = ask("PUT", f"objects?{urlencode({'id': object_id})}", {"n": 1})
    assert made.status == 201
    path = made["location"].partition("?")[0]
    assert not {"", ".", ".."} & {*path.split("/")[1:]}
    assert ask("GET", made["location"]).json["object_id"] == object_id
    assert ask("DELETE", made["location"]).status == 204


def test_create_only(ask):
    assert ask.put("once", {"n": 1}, If_None_Match="*").status == 201
    again = ask.put("once", {"n": 2}, If_None_Match="*")
    assert (again.status, again.json["error"]) == (412, "PreconditionFailed")
    assert ask.put("once", {"n": 2}, If_None_Match='"x"').status == 400
    assert ask("PATCH", "objects/once", {"n": 2}, If_None_Match="*").status == 412
    assert ask("DELETE", "objects/once", If_None_Match="*").status == 412
    assert ask("GET", "objects/once").json["data"] == {"n": 1}
    assert ask.put("never", {}, If_None_Match="*", If_Match='"v1-x"').status == 412
    assert ask("GET", "objects/never").status == 404


def test_if_match_names_the_version(ask):
    first = ask.put("matched", {"n": 1})
    second = ask.put("matched?wait=5", {"n": 2}, If_Match=first["etag"])
    assert (second.status, second.json["version"]) == (200, 2)
    stale = ask.put("matched", {"n": 3}, If_Match=first["etag"])
    assert stale.status == 412
    for header in (f"W/{second['etag']}", '"other"', first["etag"].replace("v1", "v9"), ""):
        assert ask.put("matched", {"n": 3}, If_Match=header).status == 412, header
        assert ask("PATCH", "objects/matched", {"n": 3}, If_Match=header).status == 412, header
        assert ask("DELETE", "objects/matched", If_Match=header).status == 412, header
    assert ask("GET", "objects/matched").json["version"] == 2, "nothing was written"
    listed = ask.put("matched?wait=5", {"n": 4}, If_Match=f'"x", {second["etag"]}, {first["etag"]}')
    assert listed.json["version"] == 3
    assert ask("PATCH", "objects/matched?wait=5", {"n": 5}, If_Match="*").json["version"] == 4
    assert ask("DELETE", "objects/matched", If_Match=ask("GET", "objects/matched")["etag"]).status == 204


class Old(Asked):
    """A store of which readers see version 1 until somebody asks GitHub."""

    async def object(self, object_id, *, fresh=False):
        answer = await super().object(object_id, fresh=fresh)
        if fresh:
            return answer
        text = text_of(self.store.get(object_id, 1))
        return replace(answer, text=text, etag=etag_of(text, 1))


def test_if_match_of_what_readers_do_not_see_yet():
    asked = Old(processes=False)
    asked.store.create("a", {"n": 1})
    asked.store.update("a", {"n": 2}, process=True)
    with serving(asked) as ask:
        old, new = ask("GET", "objects/a"), ask("GET", "objects/a?fresh=true")
        assert (old.json["version"], new.json["version"]) == (1, 2)
        changed = ask("PATCH", "objects/a", {"n": 3}, If_Match=new["etag"])
        assert (changed.status, changed.json["version"]) == (202, 3)
        assert ask("PATCH", "objects/a", {"n": 4}, If_Match=old["etag"]).status == 412


@pytest.mark.parametrize("header", ["*", '"v1-' + "0" * 32 + '"'])
def test_if_match_of_what_is_not_there(ask, header):
    assert ask.put("nothing", {}, If_Match=header).status == 412
    assert ask.put("nothing?wait=1", {}, If_Match=header).status == 412
    assert ask("PATCH", "objects/nothing", {}, If_Match=header).status == 412
    assert ask("DELETE", "objects/nothing", If_Match=header).status == 412
    assert ask("GET", "objects/nothing").status == 404


def test_changes_by_media_type(ask):
    ask.put("changed", {"a": {"x": 1}, "b": 2})
    appended = ask("PATCH", "objects/changed?wait=5", {"a": {"y": 2}})
    assert (appended.status, appended.json["data"]) == (200, {"a": {"x": 1, "y": 2}, "b": 2})
    merged = ask("PATCH", "objects/changed?wait=5", {"b": None}, Content_Type=f"{MERGE}; charset=utf-8")
    assert merged.json["data"] == {"a": {"x": 1, "y": 2}}
    patched = ask("PATCH", "objects/changed", [{"op": "remove", "path": "/a"}], Content_Type=PATCH.upper())
    assert (patched.status, patched.json["data"]) == (202, {})
    assert ask("PATCH", "objects/nothing", {}).status == 404


def test_what_is_rejected_says_so_to_who_waits(ask):
    ask.put("strict", {"n": 1})
    test = [{"op": "test", "path": "/n", "value": 2}]
    assert ask("PATCH", "objects/strict", test, Content_Type=PATCH).status == 202
    rejected = ask("PATCH", "objects/strict?wait=5", test, Content_Type=PATCH)
    assert (rejected.status, rejected.json["error"]) == (422, "InvalidUpdate")
    assert rejected.json["event_id"]
    assert ask("GET", "objects/strict").json["version"] == 1


def test_a_key_makes_an_update_count_once(ask):
    made = ask.put("keyed", {"n": 0})
    for _ in range(2):
        answer = ask("PATCH", "objects/keyed?wait=5", {"n": 1}, Idempotency_Key='"k-1"', If_Match=made["etag"])
        assert (answer.status, answer.json["version"]) == (200, 2)
    ask("PATCH", "objects/keyed?wait=5", {"n": 2}, Idempotency_Key="k-2")
    assert ask("PATCH", "objects/keyed?wait=5", {"n": 1}, Idempotency_Key="k-1").json["data"] == {"n": 2}
    put = ask.put("keyed?wait=5", {"n": 3}, Idempotency_Key="k-3")
    assert ask.put("keyed?wait=5", {"n": 3}, Idempotency_Key="k-3").json == put.json
    ask.put("keyed?wait=5", {"n": 4}, Idempotency_Key="k-4")
    assert ask.put("keyed?wait=5", {"n": 3}, Idempotency_Key="k-3").json["data"] == {"n": 4}
    for key in ("", '""', "x" * 256, "a b", "ä"):
        assert ask("PATCH", "objects/keyed", {"n": 1}, Idempotency_Key=key).status == 400, key


def test_a_key_that_another_update_had_is_rejected(ask):
    ask.put("taken", {"n": 0})
    made = ask("PATCH", "objects/taken?wait=5", {"n": 1}, Idempotency_Key="k")
    for _ in range(2):
        other = ask("PATCH", "objects/taken?wait=5", {"n": 2}, Idempotency_Key="k")
        assert (other.status, other.json["error"]) == (422, "InvalidUpdate")
    assert ask("PATCH", "objects/taken?wait=5", {"n": 1}, Idempotency_Key="k").json == made.json


def test_delete(ask):
    ask.put("gone", {})
    answer = ask("DELETE", "objects/gone")
    assert (answer.status, answer.body) == (204, b"")
    assert ask("GET", "objects/gone").status == ask("DELETE", "objects/gone").status == 404
    change = ask("GET", "changes").json["changes"][-1]
    assert (change["object_id"], change["deleted"], change["version"]) == ("gone", True, None)
    assert ask.put("gone", {"n": 2}).status == 201


def test_sync(ask):
    done = ask("POST", "sync?complete=true").json
    assert (done["complete"], done["failed"]) == (True, 0)
    assert done["looked_at"] > 0
    assert ask("POST", "sync").json["complete"] is False
    assert ask("POST", "sync?complete=1").status == 400


@pytest.mark.parametrize(
    ("kind", "taken"),
    [
        ("application/json; charset=UTF-8", True), ('application/json;charset="utf-8"', True), ("text/plain", False),
        ("application/x-www-form-urlencoded", False), ("application/json; charset=latin-1", False), ("", False),
        ("application/jsonx", False),
    ],
)  # fmt: skip  # a type each
def test_bodies_have_a_media_type(ask, kind, taken):
    body = json.dumps({"n": 1}).encode()
    answer = ask("PATCH", "objects/there", body, Content_Type=kind)
    assert (answer.status == 202) == taken
    if not taken:
        assert answer.status == ask("PUT", "objects/there", body, Content_Type=kind).status == 415
        assert answer["accept-patch"] == f"application/json, {MERGE}, {PATCH}"
    assert ask("PUT", "objects/there", body, Content_Type="application/json", Content_Encoding="gzip").status == 415
    assert ask("PUT", "objects/there", body, Content_Type=MERGE).status == 415


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"{", 400), (b"\xff{}", 400), (b'{"a": 1, "a": 2}', 400), (b'{"a": NaN}', 400),
        (b"[" * 200 + b"]" * 200, 400), (b'{"n": ' + b"9" * 5000 + b"}", 400), (b"[]", 422), (b"null", 422), (b'"x"', 422),
        (json.dumps({"text": "x" * 70_000}).encode(), 413), (b'{"a":"' + b"x" * 1_048_576 + b'"}', 413),
        (b'{"\\ud800": 1}', 422),
    ],
)  # fmt: skip  # a body each
def test_bad_bodies_are_refused(ask, body, status):
    for method in ("PUT", "PATCH"):
        answer = ask(method, "objects/there", body, Content_Type="application/json")
        assert answer.status == status, answer.body


@pytest.mark.parametrize("object_id", ["", "%20a", "a%0Ab", "x" * 166])
def test_bad_ids_are_refused(ask, object_id):
    for method, body in (("PUT", {}), ("PATCH", {}), ("DELETE", None), ("GET", None)):
        assert ask(method, f"objects?id={object_id}", body).status == 400


def test_waits_are_bounded(ask):
    for wait in ("31", "-1", "x", "nan", "1e1"):
        assert ask("PATCH", f"objects/there?wait={wait}", {}).status == 400


def test_methods_that_a_path_does_not_take(ask):
    answer = ask("POST", "objects/there")
    assert (answer.status, answer["allow"]) == (405, "GET, PUT, PATCH, DELETE, HEAD, OPTIONS")
    assert ask("PUT", "objects", {}).status == 405
    assert ask("GET", "sync")["allow"] == "POST, OPTIONS"
    options = ask("OPTIONS", "objects/there", token="")
    assert (options.status, options["allow"]) == (204, "GET, PUT, PATCH, DELETE, HEAD, OPTIONS")
    assert options["accept-patch"] == f"application/json, {MERGE}, {PATCH}"
