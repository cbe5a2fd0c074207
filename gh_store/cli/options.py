"""Options and arguments that commands share."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_STORE: Final = "gh-store.db"

_SERVER_OPTIONS: Final = (
    click.option("--repo", metavar="OWNER/NAME", help="A store on GitHub.  [default: GITHUB_REPOSITORY]"),
    click.option(
        "--token",
        metavar="TOKEN",
        help="A token. Other users of this machine can read it here; set GH_TOKEN instead.",
    ),
    click.option("--base-url", metavar="URL", help="The server's REST API.  [default: GITHUB_API_URL, GH_HOST]"),
    click.option("--ca-bundle", metavar="FILE", help="Certificates to trust instead of the usual ones."),
)
_CONFIG_OPTION: Final = click.option(
    "--config", metavar="FILE", help="A configuration file.  [default: ~/.config/gh-store/config.yml]"
)
_STORE_OPTIONS: Final = (
    click.option("--store", metavar="PATH", help=f"A store in a file, or :memory:.  [default: ./{DEFAULT_STORE}]"),
    *_SERVER_OPTIONS,
    _CONFIG_OPTION,
)


def server_options(command: F) -> F:
    """Options of a command that works on GitHub only."""
    for option in (_CONFIG_OPTION, *reversed(_SERVER_OPTIONS)):
        command = option(command)
    return command


def store_options(command: F) -> F:
    """Options of a command that works on a store."""
    for option in reversed(_STORE_OPTIONS):
        command = option(command)
    return command


def positionals(*names: str, optional: tuple[str, ...] = ()) -> Callable[[F], F]:
    """Arguments that may also be given by name (`--object-id` for OBJECT_ID), as in the published package."""
    shown = " ".join(f"[{name.upper()}]" if name in optional else name.upper() for name in names)

    def decorate(command: F) -> F:
        @wraps(command)
        def filled(positionals: tuple[str, ...], **options: Any) -> Any:
            given = list(positionals)
            for name in names:
                if options[name] is None and given:
                    options[name] = given.pop(0)
                if options[name] is None and name not in optional:
                    raise click.UsageError(f"{name.upper()} is missing.")
            if given:
                raise click.UsageError(f"Unexpected argument {given[0]!r}.")
            return command(**options)

        wrapped: Any = click.argument("positionals", nargs=-1, metavar=shown)(filled)
        for name in reversed(names):
            option = f"--{name.replace('_', '-')}"
            wrapped = click.option(option, name, metavar=name.upper(), help=f"{name.upper()}, by name.")(wrapped)
        return wrapped  # type: ignore[no-any-return]  # click's decorators lose the type

    return decorate
