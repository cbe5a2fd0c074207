"""The settings of the command line: the user's configuration file, and the log."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gh_store import files
from gh_store.cli.streams import tell
from gh_store.cli.terminal import PREFIX
from gh_store.domain.exceptions import ConfigurationError

if TYPE_CHECKING:
    from gh_store.config import Config

_LEVELS: Final = {"WARNING": "warning: ", "ERROR": "error: ", "CRITICAL": "error: "}


def make_file(path: Path) -> Path:
    """
    Write a configuration file that changes nothing, unless it exists.

    Raises:
        ConfigurationError: The file cannot be written.
        InsufficientScope: The permissions do not suffice.
    """
    from gh_store.config import default_text

    try:
        if path.exists():
            return path
    except (OSError, ValueError) as error:  # ValueError: no system takes such a name
        raise ConfigurationError(
            f"{path}: {getattr(error, 'strerror', None) or 'no file has this name'}.", file=path
        ) from error
    files.write(path, (_commented(line) for line in default_text().splitlines()))
    return path


def _commented(line: str) -> str:
    return f"{line}\n" if not line or line.startswith("#") else f"# {line}\n"


def start(config: str | None) -> "Config":
    """The settings in force. From here on the library logs to stderr."""
    from gh_store import config as configuration

    loaded = configuration.load(config)
    _start_log(loaded, Path(config) if config is not None else configuration.user_path())
    return loaded


def _start_log(config: "Config", file: Path | None) -> None:
    """
    Log to stderr. Values of variables are left out: they may be secrets.

    On a terminal people read one voice: a record looks like every other message. In a log, records have their times,
    and so they do where the user has chosen a format.
    """
    from gh_store.config import default_format
    from gh_store.logger import logger

    logger.remove()
    plain = sys.stderr.isatty() and config.log_format == default_format()
    try:
        logger.add(
            lambda text: tell(text.rstrip("\n")),  # through the stream of the moment: a progress bar stands in for it
            level=config.log_level,
            format=_as_message if plain else config.log_format,
            colorize=False,
            diagnose=False,
            backtrace=False,
        )
    except ValueError as error:
        raise ConfigurationError(
            f"{file}: store.log.format: loguru does not read it: {error}.", key="store.log.format", file=file
        ) from error
    logger.enable("gh_store")


def _as_message(record: Mapping[str, Any]) -> str:
    return f"{PREFIX}{_LEVELS.get(record['level'].name, '')}{{message}}\n{{exception}}"
