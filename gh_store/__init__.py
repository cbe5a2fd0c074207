"""
gh-store: an event-sourced store of JSON objects whose engine is GitHub Issues.

The library logs through loguru, and is silent until a program says `logger.enable("gh_store")`.
"""

from loguru import logger

from gh_store.domain.events import HistoryEntry
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
from gh_store.domain.findings import Processed
from gh_store.domain.values import Mode, ObjectMeta, StoredObject
from gh_store.stores import GitHubStore, LocalStore, Store

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
