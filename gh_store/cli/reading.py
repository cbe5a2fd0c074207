"""The commands that read objects: one, and all."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import click

from gh_store.cli.opening import open_store
from gh_store.cli.options import command, positionals, store_options
from gh_store.cli.plans import PLAN, announcing, print_plan
from gh_store.cli.printing import Printer, prints_objects, prints_one
from gh_store.cli.queries import Order
from gh_store.cli.terminal import Step, progress, say
from gh_store.cli.views import OBJECTS, as_dict
from gh_store.domain.values import JsonObject, StoredObject


@command(epilog="Example: gh-store get metrics --version 3 --data")
@positionals("object_id")
@click.option("--version", type=click.IntRange(min=1), metavar="N", help="As it was at this version.")
@click.option("--data", is_flag=True, help="Only its data.")
@prints_one
@store_options
def get(object_id: str, version: int | None, data: bool, out: Printer, **where: Any) -> None:
    """Print an object, with all pending updates applied."""
    with open_store(**where) as store:
        obj = store.get(object_id, version)
        out.one(obj.data if data else as_dict(obj))


@command("list", epilog="Example: gh-store list --where 'visits > `10`' --sort -visits --limit 5")
@click.option("--prefix", metavar="TEXT", help="Only ids that begin with it.")
@click.option("--label", "labels", metavar="LABEL", multiple=True, help="Only with this label too; repeatable.")
@click.option(
    "--where", "condition", metavar="JMESPATH", help="Only objects for whose data this holds: 'visits > `10`'."
)
@click.option("--sort", metavar="KEY", help="By id, version, updated, or a key of the data (a.b); -KEY is descending.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most so many.")
@click.option("--count", is_flag=True, help="Only how many there are.")
@PLAN
@prints_objects
@store_options
def list_objects(
    prefix: str | None,
    labels: tuple[str, ...],
    condition: str | None,
    sort: str | None,
    limit: int | None,
    count: bool,
    plan: bool,
    out: Printer,
    **where: Any,
) -> int:
    """
    Print all objects, or those that are asked for.

    Objects are printed as they come, in the order of their issues. --sort needs all of them first, and so does a table.
    """
    order = Order.of(sort) if sort is not None else None
    matches = _condition(condition) if condition is not None else None
    # What is sorted or left out has to be read, too.
    wanted = limit or 0 if prefix is None and matches is None and order is None else 0
    at_once = not (count or order is not None) and out.prints_at_once
    with (
        open_store(**where) as store,
        progress("Reading objects", announcing(store, "list", wanted=wanted), alone=not at_once) as step,
    ):
        if plan:
            return print_plan(store, "list", out, wanted=wanted)
        found = store.list_all(prefix, labels, progress=step)
        objects: Iterator[JsonObject] = map(as_dict, found if matches is None else filter(matches, found))
        if order is not None:
            objects = order.sorted(
                objects,
                lambda: say(
                    f"note: no object has {sort}: not sorted. Keys are id, version, updated, and those of data"
                ),
            )
        shown = _until_read(islice(objects, limit), step)
        if count:
            out.one(sum(1 for _ in shown))
        else:
            out.many(shown, OBJECTS)
    return 0


def _until_read(objects: Iterator[JsonObject], step: Step) -> Iterator[JsonObject]:
    yield from objects
    step.stop()  # what was read is printed now


def _condition(text: str) -> Callable[[StoredObject], bool]:
    from gh_store.collection.where import condition

    return condition(text)
