"""Options and arguments that commands share."""

from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any, Final, TypeVar

import click

from gh_store.cli.hints import typed, writes
from gh_store.domain.exceptions import BackendUnavailable, GitHubStoreError

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_STORE: Final = "gh-store.db"

_REPO_OPTION: Final = click.option(
    "-R",
    "--repo",
    metavar="REPO",
    help="A store on GitHub: [HOST/]OWNER/NAME.  [default: GH_REPO]",
)
_REPOS_OPTION: Final = click.option(
    "-R",
    "--repo",
    "repos",
    metavar="REPO",
    multiple=True,
    help="A store on GitHub: [HOST/]OWNER/NAME; repeatable.  [default: GH_REPO]",
)
_ACCOUNT_OPTIONS: Final = (
    click.option(
        "-t",
        "--token",
        metavar="TOKEN",
        help="A token. Other users of this machine can read it here; set GH_TOKEN instead.",
    ),
    click.option("--base-url", metavar="URL", help="The server's REST API.  [default: GITHUB_API_URL, GH_HOST]"),
    click.option("--ca-bundle", metavar="FILE", help="Certificates to trust instead of the usual ones."),
)
_CONFIG_OPTION: Final = click.option(
    "-c", "--config", metavar="FILE", help="A configuration file.  [default: ~/.config/gh-store/config.yml]"
)
_FILE_OPTION: Final = click.option(
    "--store", metavar="PATH", help=f"A store in a file, or :memory:.  [default: GH_STORE, ./{DEFAULT_STORE}]"
)
_SERVER_OPTIONS: Final = (_REPO_OPTION, *_ACCOUNT_OPTIONS, _CONFIG_OPTION)
_STORE_OPTIONS: Final = (_FILE_OPTION, *_SERVER_OPTIONS)
_STORES_OPTIONS: Final = (_FILE_OPTION, _REPOS_OPTION, *_ACCOUNT_OPTIONS, _CONFIG_OPTION)


_SECTIONS: Final = {
    "Output": {"as_json", "as_jsonl", "as_csv", "as_table", "as_ids", "query", "output"},
    "Store": {"store", "repo", "repos", "token", "base_url", "ca_bundle", "config"},
}


def folder(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """Checks an option that names a folder: `-`, which is stdout or stdin elsewhere, is none."""
    if value == "-":
        raise click.UsageError(f"{option.opts[-1]} names a folder, and - stands for a stream; ./- is one.", context)
    return value


class Command(click.Command):
    """A command whose help shows apart what it does, how it prints, and which store it works on."""

    def invoke(self, context: click.Context) -> Any:
        """Run it."""
        try:
            return super().invoke(context)
        except KeyboardInterrupt as error:
            if writes(context):
                error.add_note("What was written is safe.")
            raise

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """The options by their purpose."""
        records: dict[str, list[tuple[str, str]]] = {"Options": [], **{title: [] for title in _SECTIONS}}
        for parameter in self.get_params(context):
            title = next((title for title, names in _SECTIONS.items() if parameter.name in names), "Options")
            if (record := parameter.get_help_record(context)) is not None:
                records[title].append(record)
        for title, shown in records.items():
            if shown:
                with formatter.section(title):
                    formatter.write_dl(shown)


command = partial(click.command, cls=Command)
"""Declares a command of ours."""


def server_options(command: F) -> F:
    """Options of a command that works on GitHub only."""
    return _with(command, _SERVER_OPTIONS)


def store_options(command: F) -> F:
    """Options of a command that works on a store, and hints of its errors that are about that store."""
    return _with(_hinting(command), _STORE_OPTIONS)


def stores_options(command: F) -> F:
    """The same for a command that works on a store in a file, or on several on GitHub (`repos`)."""
    return _with(_hinting(command), _STORES_OPTIONS)


def _hinting(command: F) -> F:
    @wraps(command)
    def hinting(**options: Any) -> Any:
        try:
            return command(**options)
        except GitHubStoreError as error:
            if isinstance(error, BackendUnavailable) and error.transient and writes(click.get_current_context()):
                error.hint = f"{error.hint} `gh-store process-updates --all` completes what was interrupted."
            error.hint = typed(error.hint)
            raise

    return hinting  # type: ignore[return-value]  # it takes what the command takes


def _with(command: F, options: Sequence[Callable[[Any], Any]]) -> F:
    wrapped: Any = command
    for option in reversed(options):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[no-any-return]  # click's decorators lose the type


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
