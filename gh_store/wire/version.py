"""The version of this program, as its events name it."""

from functools import cache


@cache
def client_version() -> str:
    """The version of gh-store, or `unknown` where it runs from a checkout that is not installed."""
    # Imported here: it takes 20 ms, which every command would wait for.
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

    try:
        return version("gh-object-store")
    except PackageNotFoundError:
        return "unknown"
