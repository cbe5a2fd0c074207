"""A snapshot that was brought forward equals a new one, to the byte, whatever happened between."""

import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lives import MOST, Lives, examples, lives

from gh_store import snapshots
from gh_store.snapshots import Format, Snapshot


def files(path):
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in [path, *path.rglob("*")] if file.is_file()}


def brought_forward(steps, form):
    with tempfile.TemporaryDirectory() as place, Lives(Path(place)) as world:
        path, store = Path(place) / "forward", world.store()
        store.write_snapshot(path, form, history=True)
        for at, (what, name, seconds, look) in enumerate([*steps, ("talk", "a", 0, 5)]):
            world.happen(what, name, seconds)
            if look is None:
                continue
            world.clock.sleep(look)
            store.update_snapshot(path)
            told, anew = snapshots.read(path).header, world.near().snapshot(history=True)
            # What changed no object may have moved the time of the last change, and leaves the file as it is.
            assert told.time <= anew.header.time
            again = Path(place) / f"anew-{at}"
            snapshots.write(again, Snapshot(replace(anew.header, time=told.time), anew.entries), form)
            assert files(path) == files(again)


FORMS = st.sampled_from([Format.DOCUMENT, Format.FOLDER])


@examples(20)
@given(lives(), FORMS)
def test_forward_equals_anew(steps, form):
    """Deletions, objects made anew, moves to other issues, rejected events, and talk."""
    brought_forward(steps, form)


@pytest.mark.breaks_stores("comments are edited after they were applied")
@examples(10)
@given(lives("edit", "edit", "edit"), FORMS)
def test_forward_equals_anew_where_comments_are_edited(steps, form):
    brought_forward(steps, form)


@pytest.mark.breaks_stores("a comment is edited after it was applied")
def test_an_edit_in_an_issue_that_an_object_was_in_before_is_seen(tmp_path):
    with Lives(tmp_path) as world:
        for _ in range(2 * MOST):
            world.happen("update", "a", 5)
        world.happen("update", "b", 5)
        world.store().write_snapshot(tmp_path / "s.json", history=True)
        world.clock.sleep(60)
        world.backend().edit_comment(world.comments(1)[1].id, '{"n": "edited"}')
        world.settle()
        world.requests()
        assert world.store().update_snapshot(tmp_path / "s.json")
        asked = Counter(world.requests())
        assert asked["list_recent_comments"] == 1
        assert (tmp_path / "s.json").read_text() == world.near().snapshot(history=True).text()
