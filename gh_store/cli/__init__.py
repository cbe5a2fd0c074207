"""
The command line: arguments in, JSON on stdout, messages on stderr, exit codes out.

`commands` lists the commands. Each module of commands declares arguments and options, and imports what it needs to
run inside its functions: help and shell completion must not wait for the store.
"""

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from gh_store.cli import streams
from gh_store.cli.commands import commands
from gh_store.cli.escapes import commands_stopped

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit: 0, the code of the error, 1 for an internal error, 130 if interrupted."""
    streams.prepare()
    with commands_stopped():
        code = _run(arguments)
    sys.exit(code)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        code = _command(arguments)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # the reader of our output has left (click says so by SystemExit)
        streams.give_up(sys.stdout)
        return 0
    except OSError as error:  # anything else than the standard streams has errors of ours
        streams.give_up(sys.stdout)
        return _fail(f"stdout cannot be written: {error.strerror}.", "", 2)
    return code


def _command(arguments: Sequence[str] | None) -> int:
    try:
        code = commands.main(args=arguments, prog_name="gh-store", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        streams.tell(error.format_message())
        return 2
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "gh-store"
        return _fail(" ".join(error.format_message().split()), f"See `{command} --help`.", 2)
    except click.ClickException as error:
        return _fail(" ".join(error.format_message().split()), "", 2)
    except (KeyboardInterrupt, click.Abort) as error:
        notes = getattr(error.__cause__ or error, "__notes__", ())
        return _fail("Interrupted.", " ".join([*notes, "Run the command again."]), 130)
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001  # the one place where a traceback would reach a user
        return _explain(error)
    return code if isinstance(code, int) else 0


def _explain(error: Exception) -> int:
    from gh_store.domain.exceptions import GitHubStoreError
    from gh_store.logger import logger

    if isinstance(error, GitHubStoreError):
        return _fail(error.message, error.hint, error.exit_code)
    logger.opt(exception=error).debug("internal error")
    return _fail(
        f"Internal error: {type(error).__name__}: {error}", "Please report it. `log.level: DEBUG` shows more.", 1
    )


def _fail(message: str, hint: str, code: int) -> int:
    from gh_store.cli.terminal import say

    say(f"error: {message.strip()}")
    if hint:
        say(f"hint: {hint}")
    return code
