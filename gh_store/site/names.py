"""What an object is called on a site."""

from functools import lru_cache

from gh_store.snapshots import file_name


@lru_cache(1_000)
def name_of(object_id: str) -> str:
    """The name of an object in addresses: that of its files in a snapshot."""
    return file_name(object_id)


def collection_of(object_id: str) -> str:
    """The collection of an object: its id before the first `/`, or nothing."""
    return object_id.partition("/")[0] if "/" in object_id else ""
