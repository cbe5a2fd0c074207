"""The values, at their address in the published package."""

from gh_store.domain.values import Json, ObjectMeta, StoredObject

__all__ = ["Json", "ObjectMeta", "StoredObject"]
