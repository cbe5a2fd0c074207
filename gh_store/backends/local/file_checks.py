"""Where a store may be: what is checked of a file before SQLite sees it."""

import stat
from pathlib import Path
from typing import Final

from gh_store.backends.local.errors import unopened
from gh_store.domain.exceptions import ConfigurationError

EMPTY: Final = "Restore it from a copy, or delete it and make a new store with `gh-store init`."
"""The hint for a file with nothing in it."""

_SMALLEST: Final = 512
"""Bytes of the smallest database. SQLite takes what has less for an empty one, and writes over it."""


def check_file(path: Path, *, create: bool) -> None:
    """Raise ConfigurationError for what is no file of a store, or not there where one is expected."""
    fault, hint = None, "Name another file with --store."
    try:
        told = path.stat()
    except FileNotFoundError:
        if not create:
            fault = "there is no store here"
            hint = "Make one with `gh-store init`, or name another with --store."
    except PermissionError as error:
        raise unopened(path) from error
    except (OSError, ValueError) as error:  # ValueError: no system takes such a name
        fault = f"the store cannot be opened: {getattr(error, 'strerror', None) or 'no file has this name'}"
    else:
        if stat.S_ISDIR(told.st_mode):
            fault = "the store cannot be opened: this is a folder"
        elif not stat.S_ISREG(told.st_mode):
            fault = "the store cannot be opened: this is not a regular file"
        elif 0 < told.st_size < _SMALLEST:
            fault = "this file is not a store; it was not changed"
        elif told.st_size == 0 and not create:
            fault, hint = "this file is empty; it is not a store", EMPTY
    if fault is not None:
        raise ConfigurationError(f"{path}: {fault}.", file=path, hint=hint)
