"""
gh-store: an event-sourced store of JSON objects whose engine is GitHub Issues.

The library logs through loguru, and is silent until a program says `logger.enable("gh_store")`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from gh_store.domain.differences import ABSENT, Difference
    from gh_store.domain.events import Change, HistoryEntry
    from gh_store.domain.exceptions import (
        AccessDeniedError,
        AccessError,
        AuthInvalid,
        AuthMissing,
        BackendUnavailable,
        ConcurrentUpdateError,
        ConfigurationError,
        DuplicateUIDError,
        GitHubStoreError,
        InsufficientScope,
        IntegrityError,
        InvalidInput,
        InvalidObject,
        InvalidObjectID,
        InvalidUpdate,
        LogFull,
        ObjectExists,
        ObjectNotFound,
        RateLimited,
        RepoNotFoundOrUnauthorized,
        ValueTooLarge,
    )
    from gh_store.domain.findings import BulkResult, Processed
    from gh_store.domain.values import Mode, ObjectMeta, StoredObject
    from gh_store.stores import GitHubStore, LocalStore, Store

    __version__: str

__all__ = [
    "ABSENT",
    "AccessDeniedError",
    "AccessError",
    "AuthInvalid",
    "AuthMissing",
    "BackendUnavailable",
    "BulkResult",
    "Change",
    "ConcurrentUpdateError",
    "ConfigurationError",
    "Difference",
    "DuplicateUIDError",
    "GitHubStore",
    "GitHubStoreError",
    "HistoryEntry",
    "InsufficientScope",
    "IntegrityError",
    "InvalidInput",
    "InvalidObject",
    "InvalidObjectID",
    "InvalidUpdate",
    "LocalStore",
    "LogFull",
    "Mode",
    "ObjectExists",
    "ObjectMeta",
    "ObjectNotFound",
    "Processed",
    "RateLimited",
    "RepoNotFoundOrUnauthorized",
    "Store",
    "StoredObject",
    "ValueTooLarge",
]

# Each name is imported where it is first used, so that `gh-store --help` need not import the store.
_HOMES: Final = {
    "BulkResult": "domain.findings",
    "Change": "domain.events",
    "ABSENT": "domain.differences",
    "Difference": "domain.differences",
    "GitHubStore": "stores",
    "HistoryEntry": "domain.events",
    "LocalStore": "stores",
    "Mode": "domain.values",
    "ObjectMeta": "domain.values",
    "Processed": "domain.findings",
    "Store": "stores",
    "StoredObject": "domain.values",
}


if not TYPE_CHECKING:  # a type checker reads the imports above, and knows no other name

    def __getattr__(name: str) -> Any:
        if name == "__version__":
            value = import_module("gh_store.wire.version").client_version()
        elif name in __all__:
            value = getattr(import_module(f"gh_store.{_HOMES.get(name, 'domain.exceptions')}"), name)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
