"""What long work on GitHub takes, told before it begins; `--plan` tells it and stops."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import click

from gh_store.cli.printing import Printer
from gh_store.cli.terminal import say

if TYPE_CHECKING:
    from gh_store.stores import Store

PLAN: Final = click.option(
    "--plan", is_flag=True, help="Only tell how many requests it takes on GitHub, and about how long, as JSON."
)

_LONG: Final = 10
"""Seconds of work that are worth a word."""


def print_plan(
    store: "Store",
    work: str,
    out: Printer | None = None,
    *,
    objects: int | None = None,
    wanted: int = 0,
    events: Sequence[int] = (),
) -> int:
    """
    Print what work takes, as a JSON object. Costs one request, unless the number of objects is known.

    An embedded store takes no request at all.
    """
    from gh_store.cli.estimates import Work, estimate

    count = store.most_objects() if objects is None else objects
    told = asdict(estimate(Work(work), count, store.config, wanted=wanted, events=events))
    (out or Printer()).one(told if _is_remote(store) else {**told, "requests": 0, "writes": 0, "seconds": 0})
    return 0


def announcing(store: "Store", work: str, events: Sequence[int] = (), *, wanted: int = 0) -> Callable[[int], object]:
    """Says what work takes when the number of its objects is known, if it is on GitHub and takes long."""

    def announce(objects: int) -> None:
        from gh_store.cli.estimates import Work, estimate

        told = estimate(Work(work), objects, store.config, wanted=wanted, events=events)
        if told.seconds >= _LONG:
            say(f"{work}: {told.sentence}")

    return announce if _is_remote(store) else lambda objects: None


def _is_remote(store: "Store") -> bool:
    from gh_store.stores import GitHubStore

    return isinstance(store, GitHubStore)
