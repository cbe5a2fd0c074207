"""The tests' own check: a store that is left broken is told."""

import pytest
from world import GitHubWorld, World


def left_broken(world):
    with world:
        world.near().create("a", {})
        world.backend().remove_label(1, "stored-object")


@pytest.mark.parametrize("kind", [World, GitHubWorld])
def test_what_is_left_pending_is_processed_and_what_is_left_broken_is_told(tmp_path, config, kind):
    with kind(tmp_path / "fine.db", config) as fine:
        fine.near().create("a", {})
        fine.near().update("a", {"n": 1})
    with pytest.raises(AssertionError, match="lost the label"):
        left_broken(kind(tmp_path / "broken.db", config))


@pytest.mark.breaks_stores("to see that nobody looks")
def test_who_breaks_stores_says_so(tmp_path, config):
    left_broken(World(tmp_path / "broken.db", config))
