"""The settings of the command line: the user's configuration file, and the log."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gh_store.cli.terminal import say
from gh_store.domain.exceptions import ConfigurationError

if TYPE_CHECKING:
    from gh_store.config import Config


def ensure_user_file(config: str | None) -> Path | None:
    """Write the user's file on first use, with every default commented out; None if there is no place for it."""
    from gh_store.config import user_path

    path = user_path()
    if config is not None or path is None:
        return path
    try:
        return make_file(path)
    except ConfigurationError as error:
        say(f"note: the configuration file could not be created: {error}")
        return None


def make_file(path: Path) -> Path:
    """
    Write a configuration file that changes nothing, unless it exists.

    Raises:
        ConfigurationError: The file cannot be written.
    """
    from gh_store.config import default_text

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


def start(config: str | None) -> "Config":
    """The settings in force. From here on the library logs to stderr."""
    from gh_store import config as configuration

    ensure_user_file(config)
    loaded = configuration.load(config)
    _start_log(loaded, Path(config) if config is not None else configuration.user_path())
    return loaded


def _start_log(config: "Config", file: Path | None) -> None:
    """Log to stderr. Values of variables are left out: they may be secrets."""
    from gh_store.logger import logger

    logger.remove()
    try:
        logger.add(sys.stderr, level=config.log_level, format=config.log_format, diagnose=False, backtrace=False)
    except ValueError as error:
        raise ConfigurationError(
            f"{file}: store.log.format: loguru does not read it: {error}.", key="store.log.format", file=file
        ) from error
    logger.enable("gh_store")
