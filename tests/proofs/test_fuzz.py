"""Parsers of what anybody may have written: any text is understood, or refused in words of ours."""

import json
import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from world import MemoryWorld

from gh_store import ConfigurationError, InvalidInput, LocalStore, snapshots, wire
from gh_store import config as configuration
from gh_store.access.codeowners import owners_of
from gh_store.cli import actions
from gh_store.doctor.templates import template_labels

owners = st.lists(
    st.one_of(
        st.text(max_size=20),
        st.builds(
            " ".join,
            st.lists(st.sampled_from(["*", "**", "/data/", "data/**", "!x", "[a", "\\", "\\ ", "#", "@ada", "@o/t", "a@b.c", "?"]), max_size=5),
        ),
    ),
    max_size=6,
).map("\n".join)  # fmt: skip
keys = st.sampled_from(
    ["store", "log", "max_events", "access", "users", "http", "cache", "rate_limit", "on_limit", "x"]
)
yaml_text = st.recursive(
    st.sampled_from(["null", "1", "-1", "1e400", "true", "wait", "[a, b]", "{}", "!!x y", "*a", "&a b", '"\\x00"', "0x", "2026-01-01", "~", "|"]),
    lambda inner: st.lists(st.tuples(keys, inner), min_size=1, max_size=3).map(
        lambda many: "{" + ", ".join(f"{key}: {value}" for key, value in many) + "}"
    ),
    max_leaves=6,
)  # fmt: skip


@given(st.text(), owners)
def test_codeowners(path, text):
    found = owners_of(path, text)
    assert all(name == name.lower() for name in found.users | found.teams)


@given(
    st.lists(
        st.binary(max_size=80) | st.sampled_from([b"* @ada", b"\xef\xbb\xbf", b"\r", b"\n", b"\t", b"\\ "]), max_size=8
    ).map(b"".join)
)
def test_any_bytes_as_codeowners(data):
    assert owners_of("data/", data.decode("utf-8", "replace")) == owners_of("/data/", data.decode("utf-8", "replace"))


pieces = st.sampled_from(
    [
        "{",
        "}",
        "[",
        "]",
        '"a"',
        "'a'",
        "\u201ca\u201d",
        ":",
        ",",
        "1",
        "NaN",
        "//",
        "/*",
        "*/",
        "```",
        "~~~",
        "json",
        "\n",
        "\r\n",
        "\ufeff",
        "\u200b",
        "\\",
        '"_data"',
        '"_meta"',
        '"op"',
        " ",
    ]
)
comments = st.binary(max_size=80).map(lambda data: data.decode("utf-8", "replace")) | st.lists(pieces, max_size=12).map(
    "".join
)


@settings(max_examples=60)
@given(st.lists(comments, min_size=1, max_size=4))
def test_any_bytes_as_comments(tmp_path_factory, texts):
    """Whoever writes them, and whatever they are edited into: all is decided, once, and the store is sound."""
    world = MemoryWorld(tmp_path_factory.getbasetemp() / "none.db", configuration.load())
    with world:
        world.near().create("metrics", {"n": 0})
        for at, text in enumerate(texts):
            world.backend("stranger" if at % 2 else None).create_comment(1, text)
        state = world.store().process_updates(1)
        assert state.meta.pending == 0
        written = [comment.id for comment in world.comments()]
        for comment, text in zip(written[1:], reversed(texts), strict=False):
            world.backend().edit_comment(comment, text)
        assert world.store().process_updates(1).data == state.data, "what was decided stays decided"
        replies = len(world.comments())
        world.store().process_updates(1)
        assert len(world.comments()) == replies, "nothing is told twice"


@given(st.one_of(st.text(), yaml_text, yaml_text.map("store: {}".format)))
def test_configuration(tmp_path_factory, text):
    file = Path(tmp_path_factory.getbasetemp()) / "config.yml"
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    try:
        configuration.load(file)
    except ConfigurationError as error:
        assert error.hint  # noqa: PT017  # most texts are bad, and some are good


@given(st.text())
def test_snapshots_and_events_of_workflows(tmp_path_factory, text):
    file = Path(tmp_path_factory.getbasetemp()) / "any.json"
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    for read in (snapshots.read, actions.read_event):
        try:
            read(file)
        except (ConfigurationError, InvalidInput) as error:
            assert error.hint  # noqa: PT017  # as above


scalars: st.SearchStrategy[object] = st.sampled_from(
    [None, True, -1, 0, 10**400, 1e300, float("inf"), "", "\0", "\ud800", "x" * 70_000, "0001-01-01T00:00:00Z",
     "9999-12-31T23:59:59-23:59", [], {}, [[]], {"\ud800": 1}]
)  # fmt: skip


def replaced(value, path, odd):
    """The value with something odd at a place in it."""
    if not path or not isinstance(value, dict | list) or not value:
        return odd
    keys = list(value) if isinstance(value, dict) else range(len(value))
    at = keys[path[0] % len(keys)]
    items = value.items() if isinstance(value, dict) else enumerate(value)
    new = {key: replaced(each, path[1:], odd) if key == at else each for key, each in items}
    return new if isinstance(value, dict) else list(new.values())


@given(
    st.binary(max_size=60), st.lists(st.integers(0, 9), max_size=6), scalars, st.sampled_from(["bytes", "cut", "odd"])
)
def test_any_bytes_as_snapshot_import_or_configuration(tmp_path_factory, raw, path, odd, kind):
    folder = Path(tmp_path_factory.getbasetemp())
    with LocalStore(":memory:") as store:
        store.create("a", {"n": 1}, ["extra"])
        store.update("a", {"n": [2]}, process=True)
        texts = [store.snapshot().text(), "".join(store.export()), configuration.default_text()]
        for at, text in enumerate(texts):
            file = folder / f"any-{at}"
            if kind == "odd" and at < 2:
                parts = [text] if at == 0 else text.splitlines()
                odds = [json.dumps(replaced(json.loads(part), path, odd)) for part in parts]
                hostile = "\n".join(odds if at == 0 else [*parts[:1], odds[1], *parts[2:]]).encode()
            else:
                hostile = raw if kind == "bytes" else text.encode()[: len(raw) * 20] + raw
            for verb in (
                store.update_snapshot,
                lambda each: LocalStore(":memory:").import_from(each),
                configuration.load,
                store.write_snapshot,
            ):
                file.write_bytes(hostile)
                try:
                    verb(file)
                except (ConfigurationError, InvalidInput) as error:
                    assert len(error.message) < len(str(file)) + 300  # noqa: PT017  # as above


@given(st.text())
def test_templates(text):
    assert all(isinstance(label, str) for label in template_labels(text))


@given(st.text(max_size=300), st.lists(st.text(max_size=60), max_size=3))
def test_titles(text, labels):
    for vouching in (labels, None):
        title = wire.read_title(text, vouching, "UID:")
        assert title.checkpoint is None or title.object_id is not None


@given(st.text(max_size=400))
def test_what_a_summary_shows_is_shown_as_it_is(text):
    shown = actions.quoted(text)
    assert not re.search(r"[^\w &#;]|_", shown)
    assert "\n" not in shown
