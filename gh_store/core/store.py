"""The stores, at their address in the published package."""

from gh_store.stores import GitHubStore, LocalStore, Store

__all__ = ["GitHubStore", "LocalStore", "Store"]
