"""
gh-store: an event-sourced store of JSON objects whose engine is GitHub Issues.

The library logs through loguru, and is silent until a program says `logger.enable("gh_store")`.
"""

from loguru import logger

from gh_store.core.exceptions import (
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
from gh_store.core.store import GitHubStore, LocalStore, Store
from gh_store.core.types import HistoryEntry, Mode, ObjectMeta, Processed, StoredObject

__all__ = [
    "AccessDeniedError",
    "AccessError",
    "AuthInvalid",
    "AuthMissing",
    "BackendUnavailable",
    "ConcurrentUpdateError",
    "ConfigurationError",
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

logger.disable("gh_store")
