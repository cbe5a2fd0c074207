"""`gh-store doctor`: is this deployment healthy?"""

from typing import Any

import click

from gh_store.cli import settings
from gh_store.cli.escapes import one_line
from gh_store.cli.opening import clone_offer, place_of
from gh_store.cli.options import command, server_options
from gh_store.cli.printing import Printer
from gh_store.cli.terminal import styled
from gh_store.domain.exceptions import ConfigurationError, GitHubStoreError


@command(epilog="Example: gh-store doctor --repo ada/data --json | jq '.[].outcome'")
@server_options
@click.option("--fix", is_flag=True, help="Create missing labels; nothing else is ever changed.")
@click.option("--read-only", is_flag=True, help="Require neither a token nor the right to write.")
@click.option("--json", "as_array", is_flag=True, help="An array of {check, outcome, found, hint}, for programs.")
def doctor(config: str | None, fix: bool, read_only: bool, as_array: bool, **server: Any) -> int:
    """Check the token, its rights, the repository and the store. Exit with the code of the first failed check."""
    from gh_store import credentials
    from gh_store.doctor import Doctor

    place = place_of(None, server["repo"])
    if place.file is not None:
        raise click.UsageError("GH_STORE names a store in a file, and doctor checks one on GitHub; give --repo.")
    loaded = settings.start(config)
    try:
        who = credentials.resolve(place.repository, server["token"], server["base_url"], server["ca_bundle"])
    except ConfigurationError as error:
        error.hint = f"{error.hint} {clone_offer()}".strip()
        raise
    examined = Doctor(who, loaded, fix=fix, read_only=read_only)
    told, failed = [], None
    try:
        for check in examined.examine():
            failed = check.error
            if as_array:
                hint = failed.hint if failed else None
                told.append({"check": check.name, "outcome": check.outcome, "found": check.found, "hint": hint})
            else:
                _show(check.name, check.outcome, check.found)
    finally:
        examined.close()
    if as_array:
        Printer().one(told)
    if failed is not None and not as_array:
        raise failed
    return failed.exit_code if isinstance(failed, GitHubStoreError) else 0


def _show(name: str, outcome: str, found: str) -> None:
    colour = {"ok": "green", "warning": "yellow"}.get(outcome, "red")
    click.echo(f"{styled(f'{outcome:8}', colour=colour)} {name}: {one_line(found)}")
