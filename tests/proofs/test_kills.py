"""Programs that are killed at random moments; `python benchmarks/proofs.py kills` kills more."""

import kills


def test_what_was_said_to_be_written_survives_a_kill(tmp_path):
    told, there = kills.killed(seed=20261121, kills=6, folder=tmp_path)
    assert 0 < told <= there
