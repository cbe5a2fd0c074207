"""A year in which everything goes wrong; `python benchmarks/proofs.py year` has a hundred thousand events."""

import pytest
import year

pytestmark = pytest.mark.untraced  # the tests of each idea run the same lines


@pytest.mark.parametrize("seed", [1])
def test_the_oracle_agrees_after_a_year(tmp_path, seed):
    lived, applied, issues = year.live(tmp_path / "store.db", 500, seed)
    assert applied > 400
    assert issues >= len(lived.objects)
    assert lived.seen["cut"] > 10
    assert lived.seen["left"] > 5
