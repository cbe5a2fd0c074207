"""JSON pointers (RFC 6901): where in a value something is."""


def below(pointer: str, key: object) -> str:
    """The pointer to a member, by its key, or to an item, by its index."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def keys_of(pointer: str) -> list[str]:
    """The keys, and indices, on the way to what a pointer points to."""
    return [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]
