"""
Regular expressions in linear time, by the library re2.

Python's own engine takes exponential time for some patterns and texts, and nothing can stop it.
"""

import re2

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False  # it would write them to stderr itself


class Pattern:
    r"""
    A pattern, to search texts for.

    `$` stands at the very end alone, and `\d`, `\s` and `\w` are ASCII, as in the expressions of JSON Schema.

    Raises:
        ValueError: It is not a pattern, is too large, or has what takes more than linear time: references back, looking
            around.
    """

    def __init__(self, text: str) -> None:
        try:
            self._compiled = re2.compile(text, _OPTIONS)
        except re2.error as error:
            why = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else error
            raise ValueError(f"{text[:60]!r} is not a pattern of RE2: {why}") from error

    def search(self, text: str) -> bool:
        """True if the pattern is found anywhere in a text."""
        return self._compiled.search(text) is not None
