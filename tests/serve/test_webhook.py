"""What a webhook says: who has sent it, what it is about, and nothing that makes the server fail."""

import hashlib
import hmac
import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import DATA

from gh_store import config as configuration
from gh_store.devserver.payloads import Payloads
from gh_store.issues.object_issue import Status
from gh_store.serve.webhook import EVENTS, LARGEST, Hint, is_signed, read_hint

REAL = json.loads((DATA / "webhooks.json").read_text("utf-8"))
CONFIG = configuration.load()
FORM = "application/x-www-form-urlencoded"
SECRET = "It's a Secret to Everybody"
WHERE = {"repository": {"id": 5, "full_name": "ada/data"}}


def hint(event, payload, content_type="application/json"):
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return read_hint(event, content_type, body, CONFIG)


def signature(body, secret=SECRET):
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


# --- who has sent it --------------------------------------------------------------------------------


def test_the_signature_is_the_one_of_githubs_documentation():
    body = b"Hello, World!"
    told = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert is_signed(body, told, SECRET)
    assert not is_signed(body + b" ", told, SECRET)
    assert not is_signed(body, told, SECRET + "!")


@pytest.mark.parametrize(
    "garbage",
    [
        None, "", "sha256=", "sha256", "sha1=", "sha256=zz", signature(b"x").upper(), signature(b"x")[:-1],
        signature(b"x") + "0", signature(b"x").removeprefix("sha256="), f" {signature(b'x')}", f"{signature(b'x')}, x",
        signature(b"x").replace("sha256", "sha1"), "sha256=" + "0" * 64, "\u017fha256=" + "0" * 64, "\ud800", "é" * 71,
        "sha256=" + "\u0660" * 64, signature(b"x", ""), "x" * 100_000,
    ],
)  # fmt: skip
def test_garbage_is_no_signature(garbage):
    assert not is_signed(b"x", garbage, SECRET)


def test_nothing_is_signed_without_a_secret():
    assert not is_signed(b"x", signature(b"x", ""), "")


def test_the_raw_bytes_are_what_is_signed():
    body = b'{"a": "\xff"}  '
    assert is_signed(body, signature(body), SECRET)
    assert not is_signed(body.strip(), signature(body), SECRET)


# --- what it is about -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("form", [False, True])
def test_real_payloads(name, form):
    event, action = name.split(".")
    text = json.dumps(REAL[name])
    body = urlencode({"payload": text}) if form else text
    found = read_hint(event, f"{FORM}; charset=utf-8" if form else "application/json", body.encode(), CONFIG)
    assert found is not None
    assert (found.repository, found.repository_id) == ("Codertocat/Hello-World", 186853002)
    assert found.issue_number == 1
    assert found.updated_at > 1_500_000_000
    assert found.comment_id == (REAL[name]["comment"]["id"] if action == "created" else 0)
    assert found.whole == (event == "issues")
    assert found.head.status is Status.NO_OBJECT, "no label of it is ours"
    assert not found.gone


def issue(**changes):
    told = {**REAL["issues.edited"]["issue"], "comments": 3, **changes}
    return {"action": "edited", "issue": told, **WHERE}


def test_an_object_is_told_by_its_labels():
    labels = [{"name": "UID:a"}, {"name": "stored-object"}]
    found = hint("issues", issue(title="Stored Object: a", labels=labels))
    assert (found.head.status, found.head.object_id) == (Status.ACTIVE, "a")
    assert (found.repository, found.repository_id, found.issue_number) == ("ada/data", 5, 1)


def test_pull_requests_and_other_events_say_nothing():
    assert hint("issues", issue(pull_request={"url": "x"})) is None
    assert hint("issue_comment", {**issue(pull_request=None), "comment": {"id": 1}, "action": "created"}) is None
    for event in ("ping", "push", "", "ISSUES", "pull_request", "issues\n", "é"):
        assert hint(event, issue()) is None


@pytest.mark.parametrize("action", ["deleted", "transferred"])
def test_an_issue_that_is_gone_is_not_to_be_believed(action):
    found = hint("issues", {**issue(), "action": action})
    assert found == Hint("ada/data", 5, 1, gone=True)


@pytest.mark.parametrize("action", ["opened", "closed", "reopened", "labeled", "unlabeled", "locked", "pinned", "?"])
def test_whatever_happened_to_an_issue_is_worth_a_look(action):
    found = hint("issues", {**issue(), "action": action})
    assert found.issue_number == 1
    assert found.whole


def test_a_comment_that_was_deleted_is_not_waited_for():
    comment = {**issue(), "comment": {"id": 77}}
    assert hint("issue_comment", {**comment, "action": "created"}).comment_id == 77
    assert hint("issue_comment", {**comment, "action": "edited"}).comment_id == 77
    assert hint("issue_comment", {**comment, "action": "deleted"}).comment_id == 0


def test_a_payload_of_an_issue_that_cannot_be_read_is_a_hint_all_the_same():
    """The read that follows tells what is so, or that it is none of GitHub's."""
    for wrong in ({"title": 7}, {"labels": None}, {"comments": -1}, {"updated_at": "soon"}, {"user": {"login": "\n"}}):
        found = hint("issues", issue(**wrong))
        assert (found.issue_number, found.head, found.whole) == (1, None, False)


def test_a_repository_that_was_renamed_keeps_its_id():
    told = {"action": "renamed", "repository": {"id": 5, "full_name": "ada/other"}}
    assert hint("repository", told) == Hint("ada/other", 5)


def label(action, name="UID:a", **told):
    return {"action": action, "label": {"name": name, "description": None}, **told, **WHERE}


SEAL = "12 v3 44/2 " + "a" * 24


@pytest.mark.parametrize(
    ("told", "number"),
    [
        (label("created"), None),
        (label("created", "stored-object"), None),
        (label("deleted"), 0),
        (label("deleted", "uid:A"), 0),
        (label("deleted", "Stored-Object"), 0),
        (label("deleted", "archived"), 0),
        (label("deleted", "bug"), None),
        (label("edited", changes={"name": {"from": "x"}}), 0),
        (label("edited", "x", changes={"name": {"from": "UID:a"}}), 0),
        (label("edited", "x", changes={"name": {"from": "y"}}), None),
        (label("edited", changes={"color": {"from": "red"}}), None),
        (label("edited"), None),
        (label("edited", changes={"description": {"from": SEAL}}), 12),
        (label("edited", changes={"description": {"from": "nonce"}}), None),
        ({**label("edited", changes={"description": {"from": ""}}), "label": {"name": "UID:a", "description": SEAL}}, 12),
    ],
)  # fmt: skip
def test_labels(told, number):
    """A new label is on no issue; the description of one is a seal, which is about one issue; else all may differ."""
    found = hint("label", told)
    expected = None if number is None else Hint("ada/data", 5, number or None)
    assert found == expected


# --- nonsense ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"[]", b"7", b'"x"', b"\xff\xfe", b"{}" * 2, b"[" * 200_000, b'{"a":' * 200_000,
        b'{"n": ' + b"9" * 10_000 + b"}", b"NaN", b"\x00", b"\xef\xbb\xbf{}", b"[" + b"0," * 1_100_000 + b"0]",
    ],
)  # fmt: skip
@pytest.mark.parametrize("content_type", ["application/json", FORM, "", "text/plain"])
def test_what_cannot_be_read_says_nothing(body, content_type):
    for event in EVENTS:
        assert read_hint(event, content_type, body, CONFIG) is None


@pytest.mark.parametrize(
    "body",
    [b"payload=", b"payload", b"a=1", b"payload=%7B%7D&payload=%7B%7D", b"payload=%ff", b"&" * 1_000_000, b"payload={}&a=1" + b"&b=2" * 9],
)  # fmt: skip
def test_forms_that_hold_none(body):
    assert read_hint("issues", FORM, body, CONFIG) is None


@pytest.mark.parametrize("number", [2**63, 2**64, -1, 1.0, True, "1", None, [], 10**400])
def test_numbers_that_no_issue_has(number):
    assert hint("issues", issue(number=number)) is None
    assert hint("issues", {**issue(), "repository": {"id": number, "full_name": "ada/data"}}) is None
    assert hint("issue_comment", {**issue(), "action": "created", "comment": {"id": number}}) is None


@pytest.mark.parametrize("number", [2**63, 2**64, 10**400, -1, 1.5])
def test_numbers_that_are_of_no_concern(number):
    assert hint("issues", issue(id=number, reactions={"total_count": number}, milestone=number)).head is not None


@pytest.mark.parametrize(
    "name", ["", "a", "a/b/c", "a/b\n", "../..", "a/é", "x" * 101 + "/a", 7, None, [], {"a": 1}, "a/\ud800"]
)
def test_names_that_no_repository_has(name):
    found = hint("repository", {"repository": {"id": 5, "full_name": name}})
    assert found is None or name == "../.."  # which names nothing either, and is looked up in what is served


def test_the_largest_payload_is_read_and_deep_texts_cost_little():
    text = "\u0001" * 60_000
    told = issue(body=text)
    told["changes"] = {"body": {"from": text}}
    body = json.dumps(told).encode()
    assert 700_000 < len(body) < LARGEST
    assert hint("issues", body).head.issue.body == text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


OF_ISSUE = ("number", "title", "body", "state", "labels", "user", "created_at", "updated_at", "comments", "locked")


def short(payload):
    """What is read of a payload; the rest makes no difference."""
    told = {**payload, "sender": None, "issue": {key: payload["issue"][key] for key in OF_ISSUE}}
    return {**told, "comment": {"id": told["comment"]["id"]}} if "comment" in told else told


@st.composite
def altered(draw):
    """A real payload with something else in some places."""
    name = draw(st.sampled_from([*REAL, "label.edited", "repository.renamed"]))
    told = (
        short(REAL[name])
        if name in REAL
        else {**label("edited", changes={"description": {"from": SEAL}, "name": {"from": "x"}})}
    )
    payload = json.loads(json.dumps(told))
    for _ in range(draw(st.integers(1, 3))):
        at = payload
        while True:
            key = draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at)))) if at else None
            if key is None:
                break
            if isinstance(at[key], dict | list) and at[key] and draw(st.integers(0, 3)):
                at = at[key]
                continue
            if draw(st.booleans()) and isinstance(at, dict):
                del at[key]
            else:
                at[key] = draw(JSON)
            break
    return name.partition(".")[0], payload


@given(altered(), st.booleans())
def test_no_payload_raises(told, form):
    event, payload = told
    text = json.dumps(payload)
    body = urlencode({"payload": text}) if form else text
    found = read_hint(event, FORM if form else "application/json", body.encode("utf-8", "replace"), CONFIG)
    if found is not None:
        assert 0 <= (found.issue_number or 0) < 2**63
        assert 0 <= found.comment_id < 2**63
        assert 0 <= found.updated_at < 2**40


@given(st.binary(max_size=200), st.text(max_size=40), st.sampled_from(EVENTS))
def test_no_bytes_raise(body, content_type, event):
    read_hint(event, content_type, body, CONFIG)
    assert not is_signed(body, content_type, SECRET)


def test_the_dev_servers_payloads_are_read(calm):
    calm.near().create("a", {"n": 1})
    told = {"action": "closed", "issue": Payloads("http://x", "ada/data", 5, frozenset()).issue(calm.issue()), **WHERE}
    found = hint("issues", told)
    assert found.head == calm.head()
    assert calm.near().observe_head(found.head).object.data == {"n": 1}
