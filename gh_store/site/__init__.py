"""A static site from a snapshot: pages, JSON files and a feed. Nothing here knows a backend."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gh_store import snapshots
from gh_store.domain.exceptions import ConfigurationError
from gh_store.site.options import Options, base_url, check_base_url, check_theme, check_url, columns_of

if TYPE_CHECKING:
    from gh_store.site.builder import Result

__all__ = ["Options", "build", "check_base_url", "check_theme", "check_url", "columns_of", "path_of"]


def build(
    snapshot: Path,
    output: Path,
    options: Options,
    progress: Callable[[], object] = lambda: None,
    expect: Callable[[int], object] = lambda objects: None,
    *,
    force: bool = False,
) -> "Result":
    """
    Write a site, or bring it up to date: see `gh_store.site.builder`.

    Raises:
        ConfigurationError: There is no whole snapshot, the folder holds other files, or the extra `site` is missing.
    """
    try:  # only who builds a site waits for the import
        from gh_store.site import builder  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError(
            f"A site needs the package {error.name}.", hint="pip install 'gh-object-store[site]' adds it."
        ) from error
    return builder.build(snapshot, output, options, progress, expect, force=force)


def path_of(snapshot: Path, options: Options) -> str:
    """The path that a site of a snapshot will have on its host, with a `/` at both ends."""
    return urlsplit(base_url(options, snapshots.read(snapshot).header) or "/").path or "/"
