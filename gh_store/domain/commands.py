"""Commands as hints name them: they can be typed as they stand, whatever the object id looks like."""

import shlex


def command(verb: str, object_id: str | None) -> str:
    """The command line of a verb of one object, in backticks."""
    name = object_id or "ID"
    return f"`gh-store {verb} {'-- ' if name.startswith('-') else ''}{shlex.quote(name)}`"
