"""Workflows that process a store with another package than this one: two kinds of processor undo each other's work."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import yaml

FOLDER: Final = ".github/workflows"
ENDINGS: Final = (".yml", ".yaml")
"""GitHub runs no other file of the folder."""

_COMMENT: Final = re.compile(r"^[ \t]*#.*", re.MULTILINE)
_CONTINUES: Final = re.compile(r"[\\`^][ \t]*\r?\n")  # as sh, PowerShell and cmd write it
_PROCESSES: Final = re.compile(
    r"(?<![\w.-])(?:gh-store(?:\.exe)?|-[A-Za-z]{0,9}m[ \t]*gh_store(?:\.__main__)?)[\"']?"
    r"[ \t]+[\"']?process[-_]updates(?![\w-])"
)
_THIS_PACKAGE: Final = re.compile(r"^[^#\n]*(?<![\w.-])gh-object-store(?![\w.-]*\w)", re.MULTILINE | re.IGNORECASE)


def runs_other_processor(workflow: str) -> bool:
    """
    True if a job runs `gh-store process-updates`, by whatever spelling, and does not install gh-object-store.

    The published package has the same command, and nothing in a workflow tells which of the two another step or an
    image has installed. So only a job that names this package is taken for one of ours.
    """
    return any(_PROCESSES.search(job) and not _THIS_PACKAGE.search(job) for job in _jobs(workflow))


def _jobs(workflow: str) -> Iterator[str]:
    """What each job runs. A text that cannot be read as YAML counts as one job: GitHub may read it another way."""
    try:
        described: Any = yaml.safe_load(workflow)
    except (yaml.YAMLError, ValueError, RecursionError):
        yield _code(workflow)
        return
    jobs = described.get("jobs") if isinstance(described, dict) else None
    for job in jobs.values() if isinstance(jobs, dict) else ():
        steps = job.get("steps") if isinstance(job, dict) else None
        if isinstance(steps, list):
            yield _code("\n".join(dict.fromkeys(_commands(steps))))


def _commands(steps: Sequence[Any]) -> Iterator[str]:
    """What steps run themselves, and what they hand to actions that run it."""
    for step in steps:
        if isinstance(step, dict):
            inputs = step.get("with")
            handed = inputs.values() if isinstance(inputs, dict) else ()
            yield from (each for each in (step.get("run"), *handed) if isinstance(each, str))


def _code(text: str) -> str:
    """Shell code with each command on one line."""
    return _CONTINUES.sub(" ", _COMMENT.sub("", text))
