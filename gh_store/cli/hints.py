"""Commands that hints name, so that they can be typed as they stand for the store that a command works on."""

import re
import shlex
from typing import Final

import click

_NAMING: Final = ("store", "repo", "base_url", "ca_bundle")
_COMMAND: Final = re.compile(r"`gh-store [a-z-]+(?![a-z-]| --(?:store|repo)\b)")
_WRITING: Final = {"create", "put", "update", "delete", "revert", "process-updates", "repair", "adopt", "import"}


def writes(context: click.Context | None) -> bool:
    """True if the command writes to a store, so that something may be left for the next run."""
    return context is not None and context.command.name in _WRITING


def typed(text: str) -> str:
    """
    The same text; if options named the store, each command in it has them, too, but for those that name another.

    Variables hold for all commands.
    """
    context = click.get_current_context(silent=True)
    given = context.params if context is not None else {}
    named = {f"--{name.replace('_', '-')}": given[name] for name in _NAMING if given.get(name)}
    options = "".join(f" {option} {shlex.quote(value)}" for option, value in named.items())
    return _COMMAND.sub(lambda found: found[0] + options, text)
