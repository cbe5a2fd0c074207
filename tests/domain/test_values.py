"""What people see of an object in a session or a notebook."""

from datetime import UTC, datetime
from types import MappingProxyType

import pytest

from gh_store import InvalidObject, LocalStore, Mode, ObjectMeta, StoredObject

TIME = datetime(2026, 11, 21, tzinfo=UTC)


def shown(object_id, data):
    return StoredObject(ObjectMeta(object_id, 7, TIME, TIME, 3, 1), data)


def test_a_repr_is_one_line():
    assert repr(shown("a\nb", {"n": "x" * 9_000})) == "<StoredObject 'a\\nb', version 3, pending 1>"
    with LocalStore(":memory:") as store:
        assert repr(store).startswith("LocalStore('")
        assert "\n" not in repr(store)


@pytest.mark.parametrize("hostile", ["<script>x()</script>", '"><img src=x onerror=x()>', "</pre></td></table><b>", "&lt;i&gt;", "\u202e\x00\ud800"])  # fmt: skip
def test_what_a_notebook_shows_is_text(hostile):
    page = shown(hostile, {hostile: [hostile]})._repr_html_()
    plain = shown("", {})._repr_html_()
    assert page.count("<") == plain.count("<")
    assert page.count('"') == plain.count('"')
    assert not {"\u202e", "\x00", "\ud800"} & set(page)
    page.encode()
    assert page.startswith('<table class="tex2jax_ignore mathjax_ignore">')


def test_what_a_notebook_shows_is_small():
    assert len(shown("a", {"n": ["<"] * 20_000})._repr_html_()) < 20_000
    assert "2026-11-21" in shown("a", {})._repr_html_()


def test_any_mapping_is_an_object():
    data = MappingProxyType({"n": 1})
    with LocalStore(":memory:") as store:
        assert store.create("a", data).data == {"n": 1}
        assert store.put("b", data).data == {"n": 1}
        assert store.update("a", MappingProxyType({"m": 2}), "merge").data == {"n": 1, "m": 2}
        assert store.update("a", MappingProxyType({"m": 3}), Mode.REPLACE).data == {"m": 3}
        with pytest.raises(InvalidObject, match="mappingproxy"):
            store.put("c", {"n": data})
