"""Laws of records: what is planned folds to what was told; and no file crashes who reads it."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from updates import objects, updates

from gh_store import InvalidInput, InvalidObjectID
from gh_store.domain.events import Draft, Outcome
from gh_store.domain.issues import Comment, User
from gh_store.log.decide import decide
from gh_store.transfer.plan import plan
from gh_store.transfer.records import Record, read_lines, recorded, write_lines
from gh_store.wire import canonical, write_event

AT = datetime(2026, 1, 1, tzinfo=UTC)
ADA = User("ada")


def log(data, changes):
    """The comments of an object: some events that apply, some that do not, some that repeat others."""
    texts = [write_event(Draft(data, "begin", initial_of="x"), issue_number=1, time=AT)]
    for at, (mode, change, expected, name) in enumerate(changes):
        texts.append(
            write_event(Draft(change, (name or f"e{at}").strip("!"), mode,
                              1 if name is None or name.endswith("!") else 2, expected), issue_number=1, time=AT)
        )  # fmt: skip
    return [Comment(10 * at, text, ADA, AT) for at, text in enumerate(texts, 1)]


def everything(comment, event):
    return True


changes = st.lists(
    st.tuples(
        updates, st.one_of(st.none(), st.integers(1, 6)), st.sampled_from([None, None, "same", "same!", "other"])
    ),
    max_size=8,
).map(lambda many: [(*update, expected, name) for update, expected, name in many])


@given(objects, changes)
def test_a_copy_tells_the_same_states_modes_and_rejections(data, many):
    decisions = decide(log(data, many), everything)
    state = decisions[-1].state
    events = tuple(recorded(each, pending=False) for each in decisions)
    record = Record("x", state.data, "a/b", 1, state.version, (), False, events)
    [again] = read_lines("".join(write_lines("a/b", AT, [record])), "f")
    assert again == record
    copies = plan(record)
    comments = [Comment(at, write_event(c, issue_number=9, time=AT), ADA, AT) for at, c in enumerate(copies, 1)]
    there = decide(comments, everything)
    told = [each for each in decisions if each.outcome is not Outcome.DUPLICATE]
    assert [(d.outcome, d.state.version, canonical(d.state.data)) for d in there] == [
        (d.outcome, d.state.version, canonical(d.state.data)) for d in told]  # fmt: skip
    assert [getattr(d.event, "mode", None) for d in there] == [getattr(d.event, "mode", None) for d in told]
    assert [d.error and d.error.message for d in there] == [d.error and d.error.message for d in told]
    # And a copy of the copy is the same again.
    second = tuple(recorded(each, pending=False) for each in there)
    onward = plan(Record("x", state.data, "c/d", 9, state.version, (), False, second))
    assert [(c.data, c.mode, c.origin) for c in onward] == [(c.data, c.mode, c.origin) for c in copies]


@given(objects, changes, objects, st.integers(1, 20))
def test_what_a_log_lacks_is_made_up_for(data, many, wanted, version):
    decisions = decide(log(data, many), everything)
    events = tuple(recorded(each, pending=False) for each in decisions)
    copies = plan(Record("x", wanted, "a/b", 1, version, (), False, events))
    comments = [Comment(at, write_event(c, issue_number=9, time=AT), ADA, AT) for at, c in enumerate(copies, 1)]
    state = decide(comments, everything)[-1].state
    assert canonical(state.data) == canonical(wanted)
    assert state.version >= version


def test_an_initial_state_that_was_refused_begins_nothing():
    refused = {"rejected": {"error": "InvalidUpdate", "message": "no"}}
    texts = [
        write_event(Draft({"evil": 1}, "a", initial_of="x", origin=refused), issue_number=1, time=AT),
        write_event(Draft({"n": 1}, "b", initial_of="x"), issue_number=1, time=AT),
    ]
    decisions = decide([Comment(at, text, ADA, AT) for at, text in enumerate(texts, 1)], everything)
    assert [each.outcome for each in decisions] == [Outcome.REJECTED, Outcome.APPLIED]
    assert decisions[-1].state.data == {"n": 1}


def test_a_byte_order_mark_is_no_part_of_a_file():
    record = Record("x", {"a": 1})
    document = '{"id": "x", "document": {"a": 1}}'
    export = "".join(write_lines("a/b", AT, [Record("x", {"a": 1}, "a/b", 1, 1)]))
    for text in (f"\ufeff{document}", f"\ufeff\n{document}\n", f"\ufeff{export}"):
        [found] = read_lines(text, "f")
        assert (found.object_id, found.data) == (record.object_id, record.data)
    with pytest.raises(InvalidInput, match="the file is empty"):
        read_lines("\ufeff\n", "f")


def listed(object_id, data):
    """An object as `list` prints it."""
    return {"object_id": object_id, "issue_number": 7, "version": 3, "pending": 0, "data": data}


@pytest.mark.parametrize("write", [
    json.dumps,
    lambda objects: json.dumps(objects, indent=2),
    lambda objects: "\n".join(map(json.dumps, objects)),
])  # fmt: skip  # one line each
@pytest.mark.parametrize("count", [1, 2])
def test_what_list_prints_is_read(write, count):
    objects = [listed("a", {"n": 1}), listed("b", {"data": {"id": 2}})][:count]
    found = read_lines(write(objects), "f")
    assert [(each.object_id, each.data, each.version) for each in found] == [
        (each["object_id"], each["data"], None) for each in objects
    ]


def test_of_an_object_that_get_prints_and_of_a_list_of_none():
    [found] = read_lines(json.dumps(listed("a", {"n": 1}), indent=2), "f")
    assert (found.object_id, found.data) == ("a", {"n": 1})
    assert read_lines("[]", "f") == []


def test_a_list_has_each_id_once_and_a_log_is_never_dropped_in_silence():
    with pytest.raises(InvalidInput, match="occurs twice"):
        read_lines(json.dumps([listed("a", {}), listed("a", {})]), "f")
    with pytest.raises(InvalidInput, match="item 2: this does not describe"):
        read_lines(json.dumps([listed("a", {}), 7]), "f")
    line = "".join(write_lines("a/b", AT, [Record("x", {}, "a/b", 1, 1)])).splitlines()[1]
    with pytest.raises(InvalidInput, match="does not describe"):
        read_lines(line, "f")


def test_only_what_is_new_needs_an_id_that_shows_something():
    odd = "\u200b"
    with pytest.raises(InvalidObjectID):
        read_lines(json.dumps({"id": odd, "document": {}}), "f")
    export = "".join(write_lines("a/b", AT, [Record(odd, {}, "a/b", 1, 1)]))
    assert [each.object_id for each in read_lines(export, "f")] == [odd]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.just("export") | st.just("end"),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["gh-store", "format", "repository", "objects", "id", "document", "object_id", "data", "events",
                         "issue_number", "version", "labels", "deleted", "meta", "type", "outcome", "error", "comment_id",
                         "author", "created_at"]), inner, max_size=6),
    max_leaves=12,
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(json_values, max_size=4).map(lambda many: "\n".join(map(json.dumps, many)))))
def test_no_file_crashes_the_reader(text):
    try:
        found = read_lines(text, "file")
    except InvalidInput as error:
        assert error.hint  # noqa: PT017  # most texts are bad, and some are good
    else:
        for record in found:
            plan(record)


@given(json_values, json_values)
def test_no_line_of_an_export_crashes_the_reader(value, event):
    first = {"gh-store": "export", "format": 1, "repository": "a/b"}
    whole = {
        "object_id": "x",
        "issue_number": 1,
        "version": 1,
        "deleted": False,
        "labels": [],
        "data": {},
        "events": [event],
    }
    odd = {**whole, "events": [{"comment_id": 1, "author": None, "created_at": "x", "type": "update", "outcome": "applied",
                                "data": value, "meta": event if isinstance(event, dict) else {}}]}  # fmt: skip
    for each in (value, whole, odd):
        lines = [first, each, {"gh-store": "end", "objects": 1}]
        try:
            found = read_lines("\n".join(map(json.dumps, lines)), "file")
            for record in found:
                plan(record)
        except InvalidInput:
            pass
