"""The command line: arguments in, JSON on stdout, talk on stderr, exit codes out."""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click
from loguru import logger

from gh_store.cli import care, health, server  # noqa: F401  # commands of their own
from gh_store.cli.commands import commands
from gh_store.cli.terminal import say
from gh_store.domain.exceptions import GitHubStoreError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit: 0, the code of the error, 1 for an error of ours, 130 if interrupted."""
    sys.exit(_run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    logger.remove()  # until a command knows the settings
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        code = commands.main(args=arguments, prog_name="gh-store", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        sys.stderr.write(f"{error.format_message()}\n")
        return 2
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "gh-store"
        return _fail(error.format_message(), f"`{command} --help` shows how it is used.", 2)
    except click.ClickException as error:
        return _fail(error.format_message(), "", 2)
    except GitHubStoreError as error:
        return _fail(error.message, error.hint, error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        return _fail("Interrupted.", "What was written is safe; run the command again.", 130)
    except (BrokenPipeError, SystemExit):  # the reader of our output has left; click says so by SystemExit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001  # the one place where a traceback would reach a user
        logger.opt(exception=True).debug("internal error")
        return _fail(
            f"Internal error: {type(error).__name__}: {error}", "Please report it; log.level: DEBUG tells more.", 1
        )
    return code if isinstance(code, int) else 0


def _fail(message: str, hint: str, code: int) -> int:
    say(f"error: {' '.join(message.split())}")
    if hint:
        say(f"hint: {hint}")
    return code
