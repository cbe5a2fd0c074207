"""The settings: default_config.yml, and over it the file of the user. Both are checked."""

import os
import re
import string
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, get_args

import yaml

from gh_store import files
from gh_store.domain.exceptions import ConfigurationError
from gh_store.domain.limits import MAX_COMMENTS, MAX_LABEL, OnLimit
from gh_store.wire import ARCHIVED_LABEL, SYSTEM_LABEL, hashed_label, shortened

REACTIONS: Final = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")

_LARGEST: Final = 100_000
"""Bytes of a configuration file. The parser takes its time."""

# Settings that may be null, which switches them off.
_TEXT_OR_NULL: Final = ("access.codeowners", "http.cache")

# A mapping whose keys are the user's.
_MAPPINGS: Final = ("schemas",)

# A list whose default is not empty. It is empty if nothing follows its key.
_LISTS: Final = ("access.users",)


@dataclass(frozen=True, slots=True)
class Config:
    """Every setting: the keys of default_config.yml below `store:`, with `_` for each dot."""

    base_label: str
    uid_prefix: str
    reactions_processed: str
    reactions_rejected: str
    reactions_initial_state: str
    access_users: tuple[str, ...]
    access_codeowners: str | None
    rejections_reply: bool
    processing_patience: float
    retries_max_attempts: int
    retries_backoff_factor: float
    rate_limit_on_limit: OnLimit
    rate_limit_max_requests_per_hour: int
    rate_limit_seconds_between_writes: float
    rate_limit_seconds_between_requests: float
    http_timeout: float
    http_cache: str | None
    log_level: str
    log_format: str
    log_max_events: int
    schemas: tuple[tuple[str, Path], ...]


@cache
def default_text() -> str:
    """The text of default_config.yml: inside the package once installed, above it in a checkout."""
    package = Path(__file__).parent
    for folder in (package, package.parent):
        file = folder / "default_config.yml"
        if file.is_file():
            return file.read_text(encoding="utf-8")
    raise ConfigurationError("default_config.yml is missing from this installation.", hint="Reinstall the package.")


@cache
def _defaults() -> dict[str, Any]:
    """The settings of default_config.yml, which nobody changes: the parser takes its time."""
    return dict.fromkeys(_TEXT_OR_NULL) | _settings(default_text(), Path("default_config.yml"))


def default_format() -> str:
    """The format of the log, where nobody has chosen one."""
    return str(_defaults()["log.format"])


def user_path() -> Path | None:
    """
    The user's file: `gh-store/config.yml` in XDG_CONFIG_HOME, or else in `~/.config`.

    A file in `~/.config` is still the one where XDG_CONFIG_HOME holds none. None for a user without either folder.
    """
    folders = []
    if os.path.isabs(os.environ.get("XDG_CONFIG_HOME", "")):  # noqa: PTH117  # the specification ignores any other
        folders.append(Path(os.environ["XDG_CONFIG_HOME"]))
    with suppress(RuntimeError):
        folders.append(Path.home() / ".config")
    files = [folder / "gh-store" / "config.yml" for folder in folders]
    return next((file for file in files if _is_file(file)), files[0] if files else None)


def load(path: str | Path | None = None) -> Config:
    """
    The settings in force.

    Args:
        path: A file that must exist. Without it the user's own file is read, if it exists.
    Raises:
        ConfigurationError: The file cannot be read, or a key or a value is not valid.
        InsufficientScope: The file may not be read.
    """
    if path is None:
        file = user_path()
        if file is None or not _is_file(file):
            return _config(_defaults(), None)
    else:
        file = Path(path)
    try:
        text = files.read(file, _LARGEST)
    except files.Unreadable as error:
        missing = isinstance(error.__cause__, FileNotFoundError)
        reason = "was not found" if missing else f"cannot be read: {error}"
        if missing:
            error.hint = "`gh-store init --config FILE` creates one."
        raise error.told(f"{file}: the configuration file {reason}.", ConfigurationError, file=file) from error
    return _config(_overlay(_defaults(), _settings(text, file), file), file)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a home folder that may not be read
        return False


class _Loader(yaml.SafeLoader):
    """YAML without aliases: a few lines of them can stand for billions of values."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]  # its types are incomplete
            raise yaml.composer.ComposerError(None, None, f"*{event.anchor}: aliases are not read", event.start_mark)
        return super().compose_node(parent, index)


def _settings(text: str, file: Path) -> dict[str, Any]:
    """Dotted key -> value of a configuration file."""
    try:
        document = yaml.load(text, _Loader)  # noqa: S506  # it is a SafeLoader
    except Exception as error:  # the parser has one of each kind for values that do not fit their tags
        reason = "a value does not fit its tag"
        if isinstance(error, yaml.YAMLError | ValueError):
            reason = " ".join(str(error).split())
        elif isinstance(error, RecursionError):
            reason = "it is nested too deeply"
        raise ConfigurationError(f"{file}: not valid YAML: {reason[:200].rstrip('.')}.", file=file) from error
    if document is None:
        return {}
    if not isinstance(document, dict) or not isinstance(document.get("store"), dict | None):
        raise ConfigurationError(f"{file}: settings belong under `store:`.", key="store", file=file)
    for key in document:
        if key != "store":
            raise ConfigurationError(
                f"{file}: unknown key {shortened(key)}; settings belong under `store:`.",
                key=str(key),
                file=file,
            )
    return dict(_flat(document.get("store") or {}, ""))


def _flat(settings: Mapping[Any, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if f"{prefix}{key}" in _MAPPINGS:
            yield f"{prefix}{key}", value if value is not None else {}
        elif isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        elif value is not None:
            yield f"{prefix}{key}", value
        elif f"{prefix}{key}" in _LISTS:  # anything else is a section where every line is commented out
            yield f"{prefix}{key}", []


def _overlay(defaults: dict[str, Any], settings: dict[str, Any], file: Path) -> dict[str, Any]:
    for key, value in settings.items():
        fault = "unknown setting" if key not in defaults else _fault(key, value, defaults[key])
        if fault is not None:
            raise ConfigurationError(
                f"{file}: store.{shortened(key)[1:-1] if len(key) <= 60 else shortened(key)[1:]}: {fault}.",
                key=f"store.{key}",
                file=file,
                hint="`gh-store init --config FILE` writes a file with every setting and its default.",
            )
    return defaults | settings


def _fault(key: str, value: Any, default: Any) -> str | None:
    """What is wrong with a value, or None."""
    kind = str if key in _TEXT_OR_NULL else type(default)
    if kind is float and type(value) is int:
        kind = int
    if type(value) is not kind:
        return f"{shortened(value)} is of type {type(value).__name__}, expected {kind.__name__}"
    for text in value if isinstance(value, list) else [value]:
        if isinstance(text, str) and not text.translate(_MAY_BREAK.get(key, {})).isprintable():
            return f"{shortened(text)} has a control character"
    for wanted, holds in _WANTED.get(key, ()):
        if not holds(value):
            return f"{shortened(value)} is not {wanted}"
    return None


_MAY_BREAK: Final[Mapping[str, Mapping[int, str]]] = {"log.format": {ord("\n"): " ", ord("\t"): " "}}
_RECORD: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("exception", "function", "message", "module", "name"), ""),
    "elapsed": timedelta(),
    "extra": {},
    "file": SimpleNamespace(name="", path=""),
    "level": SimpleNamespace(name="", no=0, icon=""),
    "line": 0,
    "process": SimpleNamespace(name="", id=0),
    "thread": SimpleNamespace(name="", id=0),
}
"""What a format of the log may name: the record of a message, as loguru has it, but for its time."""


def _is_format(text: str) -> bool:
    """True for what formats a message of the log, to a line of some reasonable length."""
    try:
        for _, field, spec, conversion in string.Formatter().parse(text):
            if field is None:
                continue
            if "_" in field or "{" in (spec or ""):
                return False
            if field == "time":  # its format is loguru's own
                continue
            if re.search(r"\d{4}", spec or ""):
                return False
            f"{{{field}{f'!{conversion}' if conversion else ''}:{spec}}}".format_map(_RECORD)
    except (ValueError, LookupError, AttributeError, TypeError):
        return False
    return True


def _is_expandable(folder: str) -> bool:
    try:
        Path(folder).expanduser()
    except RuntimeError:
        return False
    return True


def _is_login(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"@?[^\s@/]+", value) is not None  # a team is not a login


_Wanted = tuple[str, Callable[[Any], bool]]
_REACTION: Final[_Wanted] = (f"one of {' '.join(REACTIONS)}", lambda value: value in REACTIONS)
_LEVELS: Final = ("TRACE", "DEBUG", "INFO", "SUCCESS", "WARNING", "ERROR", "CRITICAL")
_WANTED: Final[Mapping[str, tuple[_Wanted, ...]]] = {
    "base_label": (
        (
            f"a label (1 to {MAX_LABEL} characters, no comma, no space at its ends)",
            lambda v: 0 < len(v.strip()) == len(v) <= MAX_LABEL and "," not in v,
        ),
        ("usable: this label has another meaning", lambda v: v.lower() not in (SYSTEM_LABEL, ARCHIVED_LABEL)),
    ),
    "uid_prefix": (
        ("1 or more characters without a comma", lambda v: v and "," not in v),
        (f"short enough for a label of {MAX_LABEL} characters", lambda v: len(hashed_label("", v)) <= MAX_LABEL),
        ("usable: another label starts like this", lambda v: not SYSTEM_LABEL.startswith(v.lower())),
        ("usable: another label starts like this", lambda v: not ARCHIVED_LABEL.startswith(v.lower())),
    ),
    "reactions.processed": (_REACTION,),
    "reactions.rejected": (_REACTION,),
    "reactions.initial_state": (_REACTION,),
    "access.users": (("a list of logins", lambda v: all(map(_is_login, v))),),
    "processing.patience": (("between 0 and 60", lambda v: 0 <= v <= 60),),
    "retries.max_attempts": (("between 1 and 100", lambda v: 1 <= v <= 100),),
    "retries.backoff_factor": (("between 0 and 60", lambda v: 0 <= v <= 60),),
    "access.codeowners": (("a path such as data/", lambda v: v.strip("/ ") != ""),),
    "rate_limit.on_limit": ((f"one of {' '.join(get_args(OnLimit))}", lambda v: v in get_args(OnLimit)),),
    "rate_limit.max_requests_per_hour": (("between 0 and 1,000,000", lambda v: 0 <= v <= 1_000_000),),
    "rate_limit.seconds_between_writes": (("between 0 and 3600", lambda v: 0 <= v <= 3600),),
    "rate_limit.seconds_between_requests": (("between 0 and 3600", lambda v: 0 <= v <= 3600),),
    "http.timeout": (("above 0 and at most 3600", lambda v: 0 < v <= 3600),),
    "http.cache": (("a folder", lambda v: v.strip() != ""), ("in a home folder that is known", _is_expandable)),
    "log.level": ((f"one of {' '.join(_LEVELS)}", lambda v: v in _LEVELS),),
    "log.format": (("a loguru format such as {time} | {level} | {message}", _is_format),),
    "schemas": (
        (
            "a mapping of prefixes to names of files",
            lambda v: all(isinstance(each, str) for at in v.items() for each in at),
        ),
        ("a mapping to names of files", lambda v: all(name.strip() for name in v.values())),
    ),
    "log.max_events": ((f"between 1 and {MAX_COMMENTS}", lambda v: 1 <= v <= MAX_COMMENTS),),
}


def _config(settings: Mapping[str, Any], file: Path | None) -> Config:
    fields: dict[str, Any] = {
        key.replace(".", "_"): tuple(value) if isinstance(value, list) else value for key, value in settings.items()
    }
    beside = file.parent if file is not None else Path()
    schemas = tuple((prefix, beside / name) for prefix, name in settings["schemas"].items())
    config = Config(**{**fields, "schemas": schemas})
    for key, clash, fault in (
        (
            "reactions.rejected",
            config.reactions_rejected == config.reactions_processed,
            "this is also the reaction of processed events",
        ),
        ("base_label", config.base_label.lower().startswith(config.uid_prefix.lower()), "UID labels start like this"),
    ):
        if clash:
            raise ConfigurationError(
                f"{file or 'default_config.yml'}: store.{key}: {fault}.", key=f"store.{key}", file=file
            )
    return config
