"""Which workflows process a store with another package, and which only look so."""

import pytest

from gh_store.cli.workflows import NAMES, workflow
from gh_store.doctor.processors import runs_other_processor


def of_steps(*steps: str) -> str:
    return "on: issues\njobs:\n  process:\n    steps:\n" + "".join(f"      - {step}\n" for step in steps)


@pytest.mark.parametrize(
    "command",
    [
        "gh-store process-updates --issue 1",
        "gh-store process_updates 1",
        "python -m gh_store process-updates --all",
        "python3 -um gh_store.__main__ process-updates",
        "uvx --from gh-store gh-store process-updates",
        "set -e; .venv/bin/gh-store 'process-updates'",
        '"$VENV/gh-store" process-updates',
        "gh-store.exe process-updates",
        "pip install gh-store  # not gh-object-store\n          gh-store process-updates",
        "pip install gh-store\n          # gh-object-store is another one\n          gh-store process-updates",
        "pip install my-gh-object-store-plugin\n          gh-store process-updates",
        "gh-store \\\n            process-updates \\\n            --issue 1",
        "gh-store `\n            process-updates",
    ],
)
def test_it_is_found_in_any_spelling(command):
    assert runs_other_processor(of_steps(f"run: |\n          {command}"))


@pytest.mark.parametrize(
    "text",
    [
        of_steps("{uses: some/retry@v3, with: {attempts: 3, command: gh-store process-updates --issue 1}}"),
        of_steps("run: >-\n          gh-store\n          process-updates"),
        of_steps("run: make", "run: gh-store process-updates"),
        "jobs: {a: {steps: [{run: pip install gh-object-store}]}, b: {steps: [{run: gh-store process-updates}]}}",
        "jobs: {a: {steps: [{run: gh-store process-updates}",
        "\tgh-store process-updates",
    ],
)
def test_it_is_found_anywhere(text):
    assert runs_other_processor(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "jobs: []",
        "jobs: {a: 1, b: {steps: {run: x}}, c: {steps: [1, {run: 2, with: 3}]}}",
        "[" * 5000,
        of_steps("name: gh-store process-updates\n        run: make"),
        of_steps("run: |\n          # gh-store process-updates\n          make"),
        of_steps("run: gh-store process-updates-later"),
        of_steps("run: my-gh-store process-updates"),
        of_steps("run: gh-store snapshot"),
        of_steps("run: gh store process-updates"),
        of_steps("run: pip install gh-object-store==1.0", "run: gh-store process-updates"),
        of_steps("run: uvx --from gh-object-store gh-store process-updates"),
        of_steps("run: pip install 'gh-object-store[server]'; gh-store process-updates"),
        of_steps("{uses: gh-store/gh-store@v1, with: {command: process-updates}}"),
        *map(workflow, NAMES),
    ],
)
def test_what_only_looks_like_it_is_left_alone(text):
    assert not runs_other_processor(text)


@pytest.mark.parametrize(
    "text",
    [
        of_steps("run: |\n" + "          \n" * 100_000 + "          gh-store"),
        of_steps("run: " + "gh-store " * 60_000),
        of_steps("run: gh-store" + " " * 500_000 + "x"),
        of_steps("run: " + "-m " * 150_000),
        of_steps("run: gh-object-store-" + "a" * 500_000),
    ],
)
def test_it_takes_time_in_proportion_to_the_text(text):
    assert not runs_other_processor(text)  # a pattern that goes back and forth would take hours
