"""What the command line does about settings: the user's file, and the log."""

import sys
from pathlib import Path

from loguru import logger

from gh_store.cli.terminal import say
from gh_store.config import Config, default_text, user_path
from gh_store.domain.exceptions import ConfigurationError


def ensure_user_file(config: str | None) -> Path | None:
    """Write the user's own file on first use, every default commented out; None if there is no place."""
    path = user_path()
    if config is not None or path is None:
        return path
    try:
        return make_file(path)
    except ConfigurationError as error:
        say(f"note: no configuration file could be made: {error}")
        return None


def make_file(path: Path) -> Path:
    """
    Write a configuration file that changes nothing, unless there is one.

    Raises:
        ConfigurationError: The file cannot be written.
    """
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write("".join(_commented(line) for line in default_text().splitlines()))
    except FileExistsError:  # another process was faster
        return path
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}.", file=path) from error
    return path


def _commented(line: str) -> str:
    return f"{line}\n" if not line or line.startswith("#") else f"# {line}\n"


def start_log(config: Config) -> None:
    """Let the library speak on stderr. No values of variables: they could be anybody's secrets."""
    logger.remove()
    logger.add(sys.stderr, level=config.log_level, format=config.log_format, diagnose=False, backtrace=False)
    logger.enable("gh_store")
