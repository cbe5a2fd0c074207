"""GitHub Apps, and other secrets of the environment, each as a text or as the name of a file."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from gh_store.domain.exceptions import ConfigurationError

_LARGEST_SECRET: Final = 65_536
_APP: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
_APPS: Final = "The App's settings show both: see docs/serve.md."


@dataclass(frozen=True, slots=True)
class App:
    """
    A GitHub App. Its key is never shown.

    Attributes:
        app_id: Its number, or its client id.
        private_key: The text of a file in the format PEM.
        installation: The number of its installation; None to look it up by the repository.
    """

    app_id: str
    private_key: str = field(repr=False)
    installation: int | None = None


def app_of(environ: Mapping[str, str]) -> App | None:
    """
    The GitHub App that the environment names, or None.

    Raises:
        ConfigurationError: It is named in part, or makes no sense.
    """
    app_id, key = environ.get("GH_STORE_APP_ID", "").strip(), secret("GH_STORE_APP_PRIVATE_KEY", environ)
    installation = environ.get("GH_STORE_APP_INSTALLATION_ID", "").strip()
    if not app_id and key is None and not installation:
        return None
    if not app_id or key is None:
        raise ConfigurationError(
            "A GitHub App has a number and a private key, and one of them is missing.",
            hint="Set GH_STORE_APP_ID and GH_STORE_APP_PRIVATE_KEY (or …_FILE), or neither.",
        )
    if not _APP.fullmatch(app_id):
        raise ConfigurationError("GH_STORE_APP_ID is not the number, or the client id, of a GitHub App.", hint=_APPS)
    if installation and not _NUMBER.fullmatch(installation):
        raise ConfigurationError("GH_STORE_APP_INSTALLATION_ID is not a number.", hint=_APPS)
    # What holds variables often has no line breaks.
    return App(app_id, key.replace("\\n", "\n"), int(installation) if installation else None)


def secret(name: str, environ: Mapping[str, str] | None = None) -> str | None:
    """
    What a variable says, or the file that another one names: NAME or NAME_FILE. None if it is empty.

    Args:
        environ: The environment; else that of this process.
    Raises:
        ConfigurationError: Both are set, or the file cannot be read. What is in it is not shown.
    """
    environ = os.environ if environ is None else environ
    given, file = environ.get(name, "").strip(), environ.get(f"{name}_FILE", "")
    if not file:
        return given or None
    if given:
        raise ConfigurationError(f"{name} and {name}_FILE are both set.", hint="Unset one of them.")
    return secret_in(file, f"{name}_FILE")


def secret_in(file: str, source: str) -> str:
    """
    What a file says.

    Args:
        source: What names the file, for messages.
    Raises:
        ConfigurationError: It cannot be read. What is in it is not shown.
    """
    try:
        with open(file, encoding="utf-8") as opened:  # noqa: PTH123  # a name, as the environment has it
            text = opened.read(_LARGEST_SECRET + 1)
    except (OSError, ValueError) as error:
        told = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ConfigurationError(
            f"{source}: {file} cannot be read: {told}.", hint="Name a file that is there."
        ) from None
    if not text.strip() or len(text) > _LARGEST_SECRET:
        raise ConfigurationError(f"{source}: {file} is empty, or too large.", hint="Name the file of the secret alone.")
    return text.strip()
