"""What people choose for their site."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from gh_store.domain.exceptions import ConfigurationError, InvalidInput
from gh_store.site.source import NAME
from gh_store.snapshots import Header


@dataclass(frozen=True, slots=True)
class Options:
    """
    What people choose for their site.

    Attributes:
        title: Its name; None for that of the repository.
        base_url: Where it will stand, with a `/` at the end; None for the address that GitHub Pages gives it.
        license: The address of the licence of the data.
        theme: A folder of templates that take the place of ours, and of a `theme.css` that comes after ours.
        pages: Whether each object has a page of its own; None for yes, up to 20,000 objects.
        columns: Collection -> the paths of the fields that are its columns.
        live: Whether pages ask GitHub what has changed since the snapshot.
    """

    title: str | None = None
    description: str = ""
    license: str | None = None
    base_url: str | None = None
    theme: Path | None = None
    pages: bool | None = None
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    live: bool = False

    def key(self) -> str:
        """The same text for the same choice. The files of a theme have a key of their own."""
        chosen = {name: list(paths) for name, paths in sorted(self.columns.items())}
        return json.dumps([self.title, self.description, self.license, self.base_url, self.pages, chosen, self.live])


_API: Final = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?(?:/[A-Za-z0-9._-]+)*/?")
MOST_PAGES: Final = 20_000
"""Objects up to which each has a page of its own: a site on GitHub Pages has 1 GB, and ten minutes to get there."""


def check_url(url: str, option: str) -> str:
    """The address of a page. Raises InvalidInput for any other text."""
    if not _is_address(url):
        raise InvalidInput(f"{option} is not the address of a page.", hint="It begins with https://.")
    return url


def check_base_url(url: str) -> str:
    """The address of a site. Raises InvalidInput for any other text."""
    if "?" in check_url(url, "--base-url") or "#" in url:
        raise InvalidInput(
            "--base-url has a query or a fragment.", hint="Addresses of pages are put behind it: end it with a /."
        )
    return url


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not any(map(str.isspace, url))
    except ValueError:  # `https://[x`
        return False


def columns_of(texts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Collections and their columns, from texts like `COLLECTION:a,b.c`. Raises InvalidInput."""
    chosen: dict[str, dict[str, None]] = {}
    for text in texts:
        name, found, paths = text.rpartition(":")
        if not found or not paths.strip(", "):
            raise InvalidInput(
                f"--columns {text!r} names no columns.",
                hint="It has the form COLLECTION:a,b.c; :a,b for ids without a /.",
            )
        stripped = filter(None, map(str.strip, paths.split(",")))
        chosen.setdefault(name, {}).update(dict.fromkeys(stripped))
    return {name: tuple(columns) for name, columns in chosen.items()}


def check_theme(theme: Path) -> Path:
    """A folder of templates. Raises ConfigurationError if there is none."""
    if not theme.is_dir():
        raise ConfigurationError(f"{theme}: there is no such folder.", hint="--theme names a folder of templates.")
    return theme


def check_live(snapshot: Path, options: Options, header: Header) -> None:
    """Raise ConfigurationError if pages are to ask GitHub, and the snapshot does not tell where."""
    if options.live and not (
        header.time is not None and _API.fullmatch(header.api or "") and NAME.fullmatch(header.repository)
    ):
        raise ConfigurationError(
            f"{snapshot}: the snapshot does not tell which API of GitHub the pages of --live would ask.",
            file=snapshot,
            hint="Take it from a store on GitHub, with `gh-store snapshot --history`; or leave out --live.",
        )


def base_url(options: Options, header: Header) -> str | None:
    """Where the site will stand: what was said, or the address of GitHub Pages. None if nobody can tell."""
    if options.base_url is not None:
        return options.base_url.rstrip("/") + "/"
    if header.server != "https://github.com" or not NAME.fullmatch(header.repository):
        return None
    owner, _, name = header.repository.partition("/")
    host = f"{owner.lower()}.github.io"
    return f"https://{host}/" if name.lower() == host else f"https://{host}/{name}/"
