"""Comments that are nearly events are rejected, and told where they fail; conversation is left alone."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from gh_store import wire
from gh_store.domain.events import Event, Malformed

AT = datetime(2026, 11, 21, 10, 0, 0, tzinfo=UTC)


def read(text):
    return wire.read_event(text, position=7, time=AT)


NEARLY = {
    '{"a": 1,}': "line 1, column 8): a comma before a closing bracket",
    '{"a": [1, 2, ],\n "b": 2}': "line 1, column 12): a comma before a closing bracket",
    '\n\n{\n  "a": 1,\n}\n': "line 4, column 9): a comma before a closing bracket",
    "{'a': 1}": "line 1, column 2): a single quotation mark",
    "{\"a\": 'b'}": "line 1, column 7): a single quotation mark",
    "{“a”: 1}": "line 1, column 2): a curly quotation mark",
    '{"a": “it\u2019s”}': "line 1, column 7): a curly quotation mark",
    "{\u2018a\u2019: \u2018b\u2019}": "line 1, column 2): a curly quotation mark",
    "{«a»: 1}": "line 1, column 2): a curly quotation mark",
    "{“a”\uff1a1}": "line 1, column 2): a curly quotation mark",
    '{"a":\u00a01}': "line 1, column 6): a character that JSON does not know as a space, U+00A0",
    '{\u00a0"a": 1}': "line 1, column 2): a character that JSON does not know as a space, U+00A0",
    '{"a":\u200b 1}': "line 1, column 6): a character that JSON does not know as a space, U+200B",
    '{"a": 1, // visits\n "b": 2}': "line 1, column 10): a comment",
    '{\n  // visits\n  "a": 1\n}': "line 2, column 3): a comment",
    '{ /* visits */ "a": 1}': "line 1, column 3): a comment",
    '// visits\n{"a": 1}': "line 1, column 1): a comment",
    '/* visits */ {"a": 1}': "line 1, column 1): a comment",
    '{"a": 1} // visits': "line 1, column 10): a comment",
    '{"a": 1}\n/* so {it} is */': "line 2, column 1): a comment",
    '{"a": [1] /* } */ }': "line 1, column 11): a comment",
    "{'a': 'http://b'}": "line 1, column 2): a single quotation mark",
    "{\u2039a\u203a: 1}": "line 1, column 2): a curly quotation mark",
    "{\uff02a\uff02: 1}": "line 1, column 2): a curly quotation mark",
    "{\u2032a\u2032: 1}": "line 1, column 2): a curly quotation mark",
    "{a: 1}": "line 1, column 2): a key without quotation marks",
    '{visits: 3, name: "x"}': "line 1, column 2): a key without quotation marks",
    "{deep: {er: 1}}": "line 1, column 2): a key without quotation marks",
    "{'a': True, 'b': None}": "line 1, column 2): a single quotation mark",
    '{"a": True}': "line 1, column 7): a word of Python",
    '{"a": 1 "b": 2}': "line 1, column 9): '\"' is not expected here",
    '{"a": {"b": 1}}}': "line 1, column 16): '}' is not expected here",
    '{"a": {"b": 1}': "line 1, column 15): it ends too early",
    '{"a": "x\ny"}': "line 1, column 9): a line end",
    '{"a": "C:\\dir"}': "line 1, column 10): an invalid escape",
    '{"a": 1, "b}': "line 1, column 10): a string that is not closed",
    '{"a": }': "line 1, column 7): '}' is not expected here",
    '```json\n{"a": 1,}\n```': "line 2, column 8): a comma before a closing bracket",
    '```json\n{"a": 1\n```': "line 2, column 8): it ends too early",
    '```jsonc\n// visits\n{"a": 1}\n```': "line 2, column 1): a comment",
    '```json\n{"a": 1};\n```': "line 2, column 9): ';' is not expected here",
    "~~~json\n{'a': [1, 2\n~~~": "line 2, column 2): a single quotation mark",
    "```js\n{a: 1}\n```": "line 2, column 2): a key without quotation marks",
    '```json5\n{"a": 1} \n```': "info string",
    '```jsonc\n{"a": 1}\n```': "info string",
    '```js\n{"a": 1}\n```': "info string",
    '```JavaScript\n{"a": 1}\n```': "info string",
    '~~~ json title="x"\n{"a": 1}\n~~~': "info string",
    '```json\n{"a": 1}': "not closed",
    '```\n{"a": 1}\n``': "not closed",
    '```json\n{"a": 1}```': "not closed",
    '```json\n{"a": 1}\n~~~': "not closed",
    '````json\n{"a": 1}\n```': "not closed",
    '[{"op": "add", "path": "/a", "value": 1}]': "A list of operations is a patch",
    '```json\n[{"op": "remove", "path": "/a"}]\n```': "A list of operations is a patch",
    '[\n  {"path": "/a", "op": "remove"},\n  {"path": "/b", "op": "remove"}\n]': "A list of operations is a patch",
    "[{'op': 'remove', 'path': '/a'}]": "line 1, column 3): a single quotation mark",
    '[{"op": "remove", "path": "/a"},]': "line 1, column 32): a comma before a closing bracket",
}

TALK = [
    "",
    "Thanks!",
    "{shrug}",
    "{...}",
    "{…}",
    "{}?",
    "{ }  is what I get",
    "{{ template }}",
    "{% if x %}\n{{ x }}\n{% endif %}",
    '{# "a": #}',
    "{{ 'a': 1 }}",
    '{{"a": 1}}',
    "{name: {{ user.name }}}",
    "{note: I am not sure about this one}",
    "{see: [the docs](https://example.org)}",
    "{see: https://example.org/{id}}",
    "{time: 10:30}",
    "{a, b, c}",
    '{"a", "b"}',
    '{"a"}',
    "{x: 0 < x}",
    "{ color: red; }",
    "{ margin: 0; padding: 0 }",
    "{/* a comment */}",
    "{-# LANGUAGE GADTs #-}",
    "{foo} and {bar}",
    "[x] done",
    "[ ] todo\n[x] done",
    "[link](url)",
    "[1]: https://example.org",
    "[WIP] {maybe}",
    "[{x}]",
    "[{'name': 'a list of other things'}]",
    '[{"name": "a list of other things"}]',
    '["a", "b"]',
    "[1, 2, 3]",
    "[]",
    "![image](https://example.org/a.png)",
    "> {'a': 1}",
    "- {'a': 1,}",
    "1. {'a': 1,}",
    "`{'a': 1}`",
    "Use {'a': 1}",
    "{'a': 1} is what I would write",
    '{"a": 1} or {"b": 2}',
    '{"a": 1,} is wrong; {"a": 1}',
    '{"a": 1}\n{"b": 2}',
    '{"a": 1}\n\nPlease apply.',
    '{"a": 1},',
    '{"a": 1',
    "Try this:\n```json\n{'a': 1}\n```",
    "```json\n{'a': 1}\n```\nPlease apply.",
    '```json\n{"a": 1}\n```\n\n```json\n{"b": 2}\n```',
    "```\n{shrug}\n```",
    "```json\n{shrug\n```",
    "```json\nHow about {'a': 1}?\n```",
    "```json\n[1, 2, 3\n```",
    '```\n{"a": 1\n```',
    '```js\n{"a": 1\n```',
    "// {'a': 1}",
    "/* {'a': 1} */",
    '{"a": 1} // and then {"b": 2}\nand so on',
    "{'a': 'http://b'} or {c}",
    '// {"a": 1}\n// {"b": 2}',
    "```js\n{ foo(); }\n```",
    "```js\n{ const a = {b: 1}; }\n```",
    "```python\n{'a': 1}\n```",
    '```text\n{"a": 1}\n```',
    "```diff\n-{'a': 1}\n+{'a': 2}\n```",
    "```mermaid\n{a: 1}\n```",
    "```json\n```",
    "``` ```",
    "<details>{'a': 1}</details>",
    "gh-store rejected event 7 (InvalidUpdate): `{'a': 1}`",
    "@ada {'a': 1}?",
    "$\\{x : x > 0\\}$",
    "{x : x > 0}",
    "{:shrug:}",
    "{key=value}",
    "{:ok, 1}",
]


@pytest.mark.parametrize(("text", "why"), NEARLY.items())
def test_what_is_nearly_an_event_is_told_where_it_fails(text, why):
    for around in ("", "\n", "\ufeff", "\r\n\u200b"):
        event = read(text + around)
        assert isinstance(event, Malformed), text
        assert event.nearly
        assert not event.full
        assert why in event.why
        assert "\n" not in event.why


@pytest.mark.parametrize("text", TALK)
def test_conversation_is_left_alone(text):
    assert read(text) is None


words = st.text(
    st.characters(categories=["L", "N", "Zs", "Po", "Sm", "So"], exclude_characters="\"'{}[]:\\"), min_size=1
)
events = st.sampled_from(['{"a": 1}', *NEARLY])


@given(words, events, words)
@example("See ", "{'a': 1}", ".")
def test_prose_before_or_behind_makes_it_conversation(before, event, behind):
    assume(before.strip() and behind.strip())
    assume(not before.strip().startswith(("//", "/*")) and not behind.strip().startswith(("//", "/*")))
    assert read(f"{before}\n{event}") is None
    assert read(f"{event}\n{behind}") is None
    assert read(f"{before} {event} {behind}") is None


@given(st.sampled_from(["{%s}", "[%s]", "[{%s}]", "{{%s}}", "```json\n{%s}\n```", "```\n[{%s}]"]), words, words)
def test_prose_in_brackets_stays_conversation(frame, some, more):
    """Also with a colon and an apostrophe in it."""
    for text in (some, f"{some}: {more}", f"{some}'s {more}", f"{some} [{more}](url)"):
        assert read(frame % f"so {text}") is None


@given(st.dictionaries(st.text("ab"), st.integers() | st.text("ab "), min_size=1))
def test_what_is_an_event_is_never_nearly_one(data):
    assert isinstance(read(json.dumps(data)), Event)
