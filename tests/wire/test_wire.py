"""Laws of the wire format: everything goes through and comes back, and no text hurts the parser."""

import json
import re
import time
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from gh_store import InvalidObject, InvalidObjectID, ValueTooLarge, wire
from gh_store.domain.events import Continued, Draft, Event, Malformed, Place
from gh_store.domain.values import Mode
from gh_store.wire.titles import Title

AT = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)
texts = st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=20)
objects = st.dictionaries(texts, values)
ids = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=165).filter(
    lambda text: text == text.strip()
)
lively = st.text(st.sampled_from(list('@#</:GH-\\"u0 \n&`[](!')))
snippets = ["@ada", "#1", "GH-1", "gh-1", "://", "www.", "wWw.x.y", "&#64;ada", "&commat;", "[x](y)", "![x](y)", "<b>"]
marked = st.lists(st.sampled_from([*snippets, *'&[]()`!~*_\\":/-w1a \n\t'])).map("".join)


def read(text):
    return wire.read_event(text, position=7, time=AT)


@given(objects)
def test_a_body_is_read_back_by_us_and_by_any_json_parser(data):
    text = wire.write_body(data)
    assert wire.canonical(wire.read_body(text)) == wire.canonical(data)
    assert wire.canonical(json.loads(text)) == wire.canonical(data)


@given(st.dictionaries(lively, lively))
def test_nothing_that_github_acts_upon_is_written(data):
    for text in (wire.write_body(data), wire.write_event(Draft(data, "@#<GH-1[`"), issue_number=1, time=AT)):
        assert not any(live in text for live in ("@", "#", "<", "GH-", "://", "&", "`", "[", "]("))
    assert json.loads(wire.write_body(data)) == data


def acted_upon(text):
    """What Markdown, and then GitHub, makes links, images, HTML, mentions and references of."""
    for block in MarkdownIt("gfm-like", {"linkify": False}).parse(text):
        for token in block.children or [block]:
            live = re.search(r"@\w|#\d|\bgh-\d|://|www\.", token.content, re.IGNORECASE)
            code = token.type in ("code_inline", "code_block", "fence")
            if token.type in ("link_open", "image", "html_inline", "html_block") or (live and not code):
                yield token


@pytest.mark.parametrize("text", snippets[:4] + snippets[6:])
def test_what_github_acts_upon_would_be_seen(text):
    assert text == "&commat;" or list(acted_upon(f'{{"a": "{text}"}}'))


@settings(max_examples=300)
@given(marked, marked, marked)
@example("", '["&#64;ada", [["[x](y)"]]]', "a\\[")
def test_whatever_markdown_makes_of_it_pings_nobody_and_links_nothing(key, one, two):
    data = {key: one, "list": [two, [one, [two]], {two: [[]]}]}
    body, event = wire.write_body(data), wire.write_event(Draft(data, one), issue_number=1, time=AT)
    assert (json.loads(body), json.loads(event)["_data"]) == (data, data)
    reply = wire.write_reply(1, "InvalidUpdate", one, two)
    for text in (body, event, reply, wire.write_put_back("0f", one)):
        assert not list(acted_upon(text))


def test_brackets_are_escaped_inside_strings_alone():
    data = {"[": [["[[x]", "!["], [[]], {"a[": ["\\[", '"[']}], "b": []}
    assert wire.write_value(data) == (
        r'{"\u005b":[["\u005b\u005bx]","\u0021\u005b"],[[]],{"a\u005b":["\\\u005b","\"\u005b"]}],"b":[]}'
    )


@pytest.mark.parametrize("live", ["&", "[", "`", "![", "www.", "@", "gh-1", "://", "\\u0000", "\\/", "[["])
def test_a_text_grows_six_times_at_most(live):
    text = f'["{live * 100}"]'
    assert len(wire.write_value(json.loads(text))) <= wire.WORST_GROWTH * len(text)


@given(st.dictionaries(marked, marked))
def test_what_was_written_with_other_escapes_is_intact(data):
    title = wire.read_title(wire.write_title("x", 1, AT, 7, 1, data), None, "UID:")
    for text in (json.dumps(data), json.dumps(data, ensure_ascii=False, indent=2), wire.write_body(data)):
        assert title.checkpoint.fits("x", wire.read_body(text))


@given(
    objects,
    st.sampled_from([Mode.APPEND, Mode.REPLACE, Mode.MERGE]),
    st.integers(1, 9),
    st.none() | st.integers(1, 10**9),
    texts,
)
def test_an_event_is_read_back(data, mode, attempt, expected, event_id):
    text = wire.write_event(Draft(data, event_id, mode, attempt, expected), issue_number=5, time=AT)
    for written in (text, f"```json\n{text}\n```", f"\n~~~~\n{text}\n~~~~  "):
        event = read(written)
        assert isinstance(event, Event)
        assert wire.canonical(event.data) == wire.canonical(data)
        assert (event.mode, event.attempt, event.expected_version, event.event_id) == (
            mode,
            attempt,
            expected,
            event_id,
        )
        assert (event.position, event.time, event.initial, event.full) == (7, AT, False, True)
        assert event.size >= len(wire.write_body(data)), "a bound that is none"


@given(
    st.dictionaries(
        texts, st.sampled_from(["@", "://", "GH-", "#<"]) | st.sampled_from([1e15, 1e9, 9e15, 1e-7, 10**20])
    )
)
def test_the_bound_of_a_size_holds_for_what_others_write(data):
    for text in (json.dumps(data), json.dumps(data, ensure_ascii=False, separators=(",", ":"))):
        event = read(text)
        if isinstance(event, Event):
            assert event.size >= len(wire.write_body(event.data))


def test_the_bound_of_a_size_holds_for_short_numbers():
    event = read('{"":1e15,"a":9E15,"b":1e9}')
    assert event.size >= len(wire.write_body(event.data))


def test_an_initial_state_names_its_object():
    text = wire.write_event(Draft({"a": 1}, "x", initial_of="some/id"), issue_number=1, time=AT)
    event = read(text)
    assert event.initial
    assert wire.meta_object_id(event.meta) == "some/id"
    assert set(json.loads(text)["_meta"]) == {
        "client_version",
        "timestamp",
        "update_mode",
        "issue_number",
        "event_id",
        "object_id",
    }


@pytest.mark.parametrize(("zone", "hour"), [("+00:00", 10), ("+02:00", 8), ("Z", 10), ("", None)])
def test_what_a_segment_continues_has_one_time_on_every_machine(zone, hour):
    continued = {"issue": 1, "comment": 2, "comments": 3, "version": 4, "time": f"2026-11-21T10:00:00{zone}"}
    meta = {"update_mode": "append", "continues": continued}
    event = read(json.dumps({"_data": {}, "_meta": meta, "type": "initial_state"}))
    if hour is None:
        assert event.why == "_meta.continues is malformed."
    else:
        assert event.continues == Continued(Place(1, 2), 3, 4, AT.replace(hour=hour))


@given(st.text(st.sampled_from("\ufeff\u200b\u200d\u2060 \t\n\u3000")), st.text(st.sampled_from("\ufeff\u200b \n")))
def test_a_byte_order_mark_and_what_nobody_sees_are_no_part_of_an_event(before, after):
    for text in ('{"a":"\ufeff"}', '```json\n{"a":"\ufeff"}\n```', '```\n\ufeff{"a":"\ufeff"}\n```'):
        assert read(before + text + after).data == {"a": "\ufeff"}


def test_a_byte_order_mark_is_no_part_of_a_value():
    assert wire.read_value('\ufeff{"a": 1}\n') == wire.read_body('\ufeff{"a": 1}\n') == {"a": 1}
    with pytest.raises(InvalidObject, match=r"line 2, column 2"):
        wire.read_value("\ufeff{\n x}")


def test_what_older_stores_wrote_is_understood():
    assert read('{"type": "initial_state", "data": {"a": 1}}').initial
    bare = read('{"a": 1}')
    assert (bare.mode, bare.full, bare.data) == (Mode.APPEND, False, {"a": 1})


@settings(max_examples=300)
@given(st.text() | lively | st.text(st.sampled_from('{}[]",:\\ `~nul1e9.-\n')))
@example('{"_data": 1')
@example('```\n{"a":1}')
@example("```json\n```")
@example("{" * 70_000)
def test_no_text_crashes_the_parser(text):
    assert isinstance(read(text), Event | Malformed | None)
    wire.read_body(text)
    wire.read_reply(text)
    title = wire.read_title(text, ["UID:a", text], "UID:")
    assert title.object_id is None or isinstance(title.object_id, str)


@pytest.mark.parametrize(
    "text",
    [
        "`" * 65_000 + "x",
        "```json\n" + "`" * 65_000 + "x",
        '{"' + '\\"' * 32_000,
        "{" * 65_536,
        '{"a":' * 13_000,
        '{"a":"' + "\\" * 65_000,
        '{"a":' + "[" * 65_000,
        "[" * 101 + '"' * 65_000,
        "{" + '"[{' * 20_000,
    ],
)
def test_hostile_text_costs_linear_time(text):
    before = time.process_time()
    for _ in range(3):
        read(text)
        wire.read_body(text)
    # Quadratic time would be minutes; this is no measurement.
    assert time.process_time() - before < 20


def nested(depth):
    return "[" * depth + "]" * depth


def test_depth_is_one_number_both_ways():
    deepest = json.loads('{"a":' + nested(99) + "}")
    wire.check_value(deepest)
    assert isinstance(read(wire.write_event(Draft(deepest, "x"), issue_number=1, time=AT)), Event)
    assert isinstance(read('{"a":' + nested(99) + "}"), Event)
    too_deep = json.loads('{"a":' + nested(100) + "}")
    with pytest.raises(InvalidObject):
        wire.check_value(too_deep)
    assert isinstance(read('{"a":' + nested(100) + "}"), Malformed)
    assert isinstance(read('{"_meta":{"update_mode":"append"},"_data":{"a":' + nested(100) + "}}"), Malformed)
    assert wire.read_body('{"a":' + nested(100) + "}") is None
    assert isinstance(read('{"a": "' + "[" * 500 + '"}'), Event), "brackets in strings are no depth"


def test_what_contains_itself_is_refused():
    data = {}
    data["a"] = [data, data]
    with pytest.raises((InvalidObject, ValueTooLarge)):
        wire.check_value(data)


@given(ids, objects, st.integers(1, 10**6), st.integers(0, 10**12), st.integers(0, 2500))
def test_a_title_is_read_back_and_fits_in_256_characters(object_id, data, version, watermark, comments):
    title = wire.write_title(object_id, version, AT, watermark, comments, data)
    assert len(title) <= 256
    for label in (wire.plain_label(object_id, "UID:"), wire.hashed_label(object_id, "UID:")):
        if label is None:
            continue
        assert len(label) <= 50
        assert "," not in label
        found = wire.read_title(title, ["gh-store", label], "UID:")
        assert found.object_id == object_id
        assert (found.checkpoint.version, found.checkpoint.watermark, found.checkpoint.comments) == (
            version,
            watermark,
            comments,
        )
        assert found.checkpoint.fits(object_id, data)
        assert not found.checkpoint.fits(object_id, {**data, "more": 1} if "more" not in data else {})


@given(ids, ids)
def test_two_ids_never_share_a_label(one, two):
    labels = [{wire.plain_label(each, "UID:"), wire.hashed_label(each, "UID:")} - {None} for each in (one, two)]
    assert one == two or not labels[0] & labels[1]


def test_a_bracket_is_ours_only_if_a_label_stands_for_the_id_before_it():
    odd = "x [v1 2026-11-21T10:00:00Z 0/1 00000000]"
    assert wire.read_title(f"Stored Object: {odd}", [f"UID:{odd}"], "UID:") == Title(odd, None)
    ours = wire.read_title(f"Stored Object: {odd}", ["UID:x"], "UID:")
    assert (ours.object_id, ours.checkpoint.version) == ("x", 1)
    assert wire.read_title("Read me", ["uid:x"], "UID:") == Title("x", None)
    assert wire.read_title("Read me", [wire.hashed_label("x", "UID:")], "UID:") == Title(None, None)
    assert (
        wire.read_title("Stored Object: x [v1 2026-99-99T10:00:00Z 0/1 00000000]", ["UID:x"], "UID:").checkpoint is None
    )


@pytest.mark.parametrize("bad", ["", " a", "a ", "a\tb", "a\u2029", "\ud800", "x" * 166])
def test_ids_that_no_title_carries(bad):
    with pytest.raises(InvalidObjectID):
        wire.check_object_id(bad)


@pytest.mark.parametrize(
    "odd",
    ["\u200b", "\u2060\ufeff", "\u3164", "\ufe0f \u00ad", "\u2800", "\ufff9", "a\u202eb", "\u2066a\u2069", "a\u200f"],
)
def test_ids_that_deceive_are_no_ids_of_new_objects(odd):
    with pytest.raises(InvalidObjectID):
        wire.check_new_object_id(odd)
    assert wire.check_object_id(odd) == odd, "an older object is still found by it"


@pytest.mark.parametrize("good", ["a", "-", "日本語", "👩\u200d💻", "❤\ufe0f", "a\u00adb", "\u0301"])
def test_ids_that_show_something_are_fine(good):
    assert wire.check_new_object_id(good) == good


@given(st.integers(1, 10**12), texts, texts)
def test_a_reply_is_read_back_and_quotes_nothing_lively(position, message, hint):
    text = wire.write_reply(position, "InvalidUpdate", message, hint)
    found = wire.read_reply(text)
    assert found[:2] == (position, "InvalidUpdate")
    assert read(text) is None, "a reply is no event"
    assert text.splitlines()[0].count("`") == 2


def test_canonical_text_tells_what_python_does_not():
    assert len({wire.canonical(value) for value in (True, 1, 1.0, "1", None, False, 0, [], {})}) == 9
    assert wire.canonical({"b": 1, "a": {"é": 1}}) == '{"a":{"\\u00e9":1},"b":1}'
