"""`gh-store completion`: the script that lets a shell complete commands and options."""

import re
import sys
from pathlib import Path
from typing import Final

import click

from gh_store.cli.options import command

_SAFE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)
"""The names that a script may contain as they are."""

_STARTED: Final = "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i -D }"
"""Completion of zsh, which a new user's has not started."""


@command(epilog="Example: gh-store completion fish > ~/.config/fish/completions/gh-store.fish")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """
    Print the completion script of a shell.

    For bash, put `eval "$(gh-store completion bash)"` into ~/.bashrc. For zsh, put `eval "$(gh-store completion zsh)"`
    into ~/.zshrc. The script completes the name that this program was called by.
    """
    from click.shell_completion import get_completion_class

    root = context.find_root()
    script = get_completion_class(shell)
    assert script is not None, "click knows all three"
    # The variable is that of `gh-store`, whatever the program is called: that is the name `main` gives to click.
    source = script(root.command, {}, _called(), "_GH_STORE_COMPLETE").source()
    if shell == "zsh":
        first, rest = source.split("\n", 1)  # zsh reads the first line itself where the script is a file
        source = f"{first}\n{_STARTED}\n{rest}"
    click.echo(source)


def _called() -> str:
    """The name that this program was called by; `gh-store` for `python -m gh_store`."""
    name = Path(sys.argv[0]).name.removesuffix(".exe")
    return name if name != "__main__.py" and _SAFE.fullmatch(name) else "gh-store"
