"""Numbers of things, for people."""


def several(what: str, count: int) -> str:
    """So many of a thing, in words: `1 event`, `2,000 events`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
