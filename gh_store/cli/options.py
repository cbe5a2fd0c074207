"""What the commands share: which store is meant, arguments that may be named, JSON from anywhere."""

import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from gh_store import config as configuration
from gh_store import wire
from gh_store.cli import settings
from gh_store.cli.terminal import say
from gh_store.config import Config
from gh_store.stores import GitHubStore, LocalStore, Store

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_STORE: Final = "gh-store.db"

_SERVER_OPTIONS: Final = (
    click.option("--repo", metavar="OWNER/NAME", help="A store on GitHub.  [default: GITHUB_REPOSITORY]"),
    click.option(
        "--token",
        metavar="TOKEN",
        help="Who asks. Other users of this machine can read it here; set GH_TOKEN instead.",
    ),
    click.option("--base-url", metavar="URL", help="The server's REST API.  [default: GITHUB_API_URL, GH_HOST]"),
    click.option("--ca-bundle", metavar="FILE", help="Certificates to trust instead of the usual ones."),
)
_CONFIG_OPTION: Final = click.option("--config", metavar="FILE", help="Settings; else ~/.config/gh-store/config.yml.")
_STORE_OPTIONS: Final = (
    click.option("--store", metavar="PATH", help=f"A store in a file, or :memory:.  [default: ./{DEFAULT_STORE}]"),
    *_SERVER_OPTIONS,
    _CONFIG_OPTION,
)


def server_options(command: F) -> F:
    """What a command takes that works on GitHub alone."""
    for option in (_CONFIG_OPTION, *reversed(_SERVER_OPTIONS)):
        command = option(command)
    return command


def store_options(command: F) -> F:
    """What every command that works on a store takes."""
    for option in reversed(_STORE_OPTIONS):
        command = option(command)
    return command


def positionals(*names: str, optional: tuple[str, ...] = ()) -> Callable[[F], F]:
    """Arguments that may also be given by name, `--object-id` for OBJECT_ID, as the published package has them."""
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
                raise click.UsageError(f"{given[0]!r} is one argument too many.")
            return command(**options)

        wrapped: Any = click.argument("positionals", nargs=-1, metavar=shown)(filled)
        for name in reversed(names):
            option = f"--{name.replace('_', '-')}"
            wrapped = click.option(option, name, metavar=name.upper(), help=f"{name.upper()}, by name.")(wrapped)
        return wrapped  # type: ignore[no-any-return]  # click's decorators keep no type

    return decorate


def start(config: str | None) -> Config:
    """The settings in force, for the log too."""
    settings.ensure_user_file(config)
    loaded = configuration.load(config)
    settings.start_log(loaded)
    return loaded


def _repository(store: str | None, repo: str | None) -> str | None:
    """The repository that is meant, or None for a store in a file."""
    if store is not None and repo is not None:
        raise click.UsageError("--store and --repo are two stores; name one.")
    return None if store is not None else repo or os.environ.get("GITHUB_REPOSITORY") or None


def store_name(store: str | None, repo: str | None, **_: object) -> str:
    """The store that the options name."""
    return _repository(store, repo) or store or DEFAULT_STORE


def open_store(
    store: str | None,
    repo: str | None,
    token: str | None,
    base_url: str | None,
    ca_bundle: str | None,
    config: str | None,
    *,
    create: bool = False,
) -> Store:
    """The store that the options name: --store, --repo, GITHUB_REPOSITORY, or a file in this folder."""
    repository = _repository(store, repo)
    start(config)
    if repository is not None:
        if repo is None:
            say(f"using {repository} (GITHUB_REPOSITORY)")
        return GitHubStore(repository, token, config, base_url=base_url, ca_bundle=ca_bundle)
    if token or base_url or ca_bundle:
        raise click.UsageError("--token, --base-url and --ca-bundle go with --repo.")
    if store is None:
        say(f"using ./{DEFAULT_STORE} (--store names another)")
    return LocalStore(store or DEFAULT_STORE, config, create=create)


def read_data(text: str | None, from_file: str | None, what: str) -> Any:
    """JSON from an argument, a file, or stdin."""
    if (text is None) == (from_file is None):
        raise click.UsageError(f"Give {what} once: as an argument, `-` for stdin, or --from-file FILE.")
    try:
        if from_file is not None and from_file != "-":
            text = Path(from_file).read_text(encoding="utf-8")
        elif text is None or text == "-":
            text = sys.stdin.buffer.read().decode("utf-8")
    except OSError as error:
        raise click.UsageError(f"{from_file}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{from_file or 'stdin'}: this is no UTF-8 text.") from error
    return wire.read_value(text)
