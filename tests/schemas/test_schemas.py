"""Schemas: what is broken is told when the store is opened, and no schema takes longer than it may."""

import json
import random
import re
import time

import pytest

from gh_store import ConfigurationError, InvalidObject, LocalStore
from gh_store.schemas import validator as validating
from gh_store.schemas.pattern import Pattern
from gh_store.schemas.validator import Validator


@pytest.mark.parametrize(
    "pattern",
    ["^[a-z]+(-[a-z]+)*$", "(a|b)*c{2,3}x?", "^(a+)+$", r"^\d{1,2}-\d\d$", r"[^x-z]\s", "", "a.b|^$", "(?:ab)*?$", "(a?){3}c", r"[\d_]+$"],
)  # fmt: skip  # a table
def test_a_pattern_finds_what_pythons_finds(pattern):
    ours, dice = Pattern(pattern), random.Random(1)
    for _ in range(2_000):
        text = "".join(dice.choice("abcxyz-01_ ") for _ in range(dice.randint(0, 8)))
        assert ours.search(text) == bool(re.search(pattern, text)), text


def test_the_end_is_the_very_end():
    assert not Pattern("a$").search("a\n")


@pytest.mark.parametrize(
    "pattern", [r"(a)\1", "(?=a)", "(?<!a)b", "(", "a{5000}", "((a{99}){99}){99}", "(){999999999}", "a++", "(" * 9_999]
)  # fmt: skip  # a table
def test_a_pattern_that_cannot_be_bounded_is_refused(pattern):
    begun = time.process_time()
    with pytest.raises(ValueError):
        Pattern(pattern)
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    ("pattern", "text"), [("^(a+)+$", "a" * 65_000 + "b"), (".*.*.*=x", "a=" * 32_000), ("(x+x+)+y", "x" * 65_000)]
)
def test_a_pattern_takes_linear_time(pattern, text):
    begun = time.process_time()
    assert not Pattern(pattern).search(text)
    assert time.process_time() - begun < 5


TREE = {"anyOf": [{"properties": {"a": {"$ref": "#"}}, "required": ["x"]}] * 2}


def deep(many):
    return {"a": deep(many - 1)} if many else {}


def test_a_schema_that_takes_too_long_is_told(monkeypatch):
    monkeypatch.setattr(validating, "MAX_STEPS", 10_000)
    validator = Validator(TREE)
    with pytest.raises(ValueError, match="too slow"):
        validator.first_fault(deep(60))
    assert validator.first_fault({"x": 1}) is None
    begun = time.process_time()
    assert (
        Validator({"properties": {"l": {"uniqueItems": True}}}).first_fault({"l": [{"n": n} for n in range(4_000)]})
        is None
    )
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("schema", "value", "fault"),
    [
        ({"properties": {"n": {"type": "integer"}}}, {"n": "x"}, ("/n", "'x' is not of type 'integer'")),
        ({"properties": {"a/b": {"items": {"const": 1}}}}, {"a/b": [1, 2]}, ("/a~1b/1", "1 was expected")),
        ({"patternProperties": {"^x": {"type": "null"}}, "additionalProperties": False}, {"x1": None}, None),
        ({"patternProperties": {"^x": {"type": "null"}}, "additionalProperties": False}, {"y": 1}, ("", "the member 'y' is not allowed")),
        ({"additionalProperties": {"type": "null"}}, {"y": 1}, ("/y", "1 is not of type 'null'")),
        ({"propertyNames": {"pattern": "^[a-z]+$"}}, {"A": 1}, ("", "'A' does not match '^[a-z]+$'")),
        ({"properties": {"l": {"uniqueItems": True}}}, {"l": [1, 1.0]}, ("/l", "an item occurs twice")),
        ({"properties": {"l": {"uniqueItems": True}}}, {"l": [1, True, "1"]}, None),
        ({"$defs": {"p": {"minimum": 0}}, "properties": {"n": {"$ref": "#/$defs/p"}}}, {"n": -1}, ("/n", "-1 is less than the minimum of 0")),
    ],
)  # fmt: skip  # a table
def test_the_first_fault_has_its_path(schema, value, fault):
    assert Validator(schema).first_fault(value) == fault


def opened(tmp_path, schema, prefix="s/"):
    text = schema if isinstance(schema, str) else json.dumps(schema)
    (tmp_path / "schema.json").write_text(text)
    config = tmp_path / "c.yml"
    config.write_text(f'store: {{schemas: {{"{prefix}": "schema.json"}}}}')
    return LocalStore(":memory:", config)


@pytest.mark.parametrize(
    "schema",
    [
        "{", "[]", '{"type": 7}', '{"a": 1, "a": 2}', '{"$ref": "https://example.org/x"}', '{"$ref": "#/$defs/none"}',
        '{"properties": {"a": {"$dynamicRef": "other.json"}}}', '{"pattern": "(a)\\\\1"}', '{"$ref": "#"}',
        '{"$schema": "http://json-schema.org/draft-07/schema#"}', "[" * 5_000, '{"enum": ' + "[" * 90 + "]" * 90 + "}" * 2,
        '{"unevaluatedProperties": false, "patternProperties": {"a": true}}', '{"type": "' + "x" * 9_999 + '"}',
    ],
)  # fmt: skip  # a table
def test_a_broken_schema_names_key_and_file(tmp_path, schema):
    with pytest.raises(ConfigurationError) as caught:
        opened(tmp_path, schema)
    assert (caught.value.key, caught.value.file) == ("store.schemas.s/", tmp_path / "schema.json")
    assert "schema.json" in caught.value.message
    assert "store.schemas.s/" in caught.value.message
    assert len(caught.value.message) < 1_000
    assert "\n" not in caught.value.message


def test_a_schema_that_is_missing_or_no_name_is_told(tmp_path):
    for value in ('{"s/": "none.json"}', "{s: 7}", "[]", '{"s/": " "}', "{7: a}"):
        config = tmp_path / "c.yml"
        config.write_text(f"store: {{schemas: {value}}}")
        with pytest.raises(ConfigurationError, match=r"store\.schemas"):
            LocalStore(":memory:", config)


def test_a_schema_that_is_too_slow_names_key_and_file(tmp_path, monkeypatch):
    monkeypatch.setattr(validating, "MAX_STEPS", 10_000)
    with opened(tmp_path, TREE) as store, pytest.raises(ConfigurationError, match="too slow") as caught:
        store.create("s/1", deep(60))
    assert (caught.value.key, caught.value.file) == ("store.schemas.s/", tmp_path / "schema.json")


def test_what_a_message_quotes_is_bounded(tmp_path):
    with opened(tmp_path, {"additionalProperties": {"type": "null"}}) as store, pytest.raises(InvalidObject) as caught:
        store.create("s/1", {"k" * 9_000: "\n" * 9_000})
    assert len(caught.value.message) < 600
    assert "\n" not in caught.value.message


def test_the_longest_prefix_counts(tmp_path):
    (tmp_path / "none.json").write_text("false")
    (tmp_path / "any.json").write_text("true")
    config = tmp_path / "c.yml"
    config.write_text('store: {schemas: {"": "none.json", "s/": "any.json", "s/x/": "none.json"}}')
    with LocalStore(":memory:", config) as store:
        store.create("s/1", {})
        for other in ("t", "s/x/1"):
            with pytest.raises(InvalidObject, match="at the top"):
                store.create(other, {})
