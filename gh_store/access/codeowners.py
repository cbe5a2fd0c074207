"""CODEOWNERS: whose a path is, found as GitHub finds it."""

import re
from dataclasses import dataclass
from typing import Final

from pathspec import GitIgnoreSpec

PLACES: Final = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where GitHub looks, in this order; the first file there counts, and no other."""

_WORD: Final = re.compile(r"(?:\\.|[^\s\\])+")


@dataclass(frozen=True, slots=True)
class Owners:
    """
    Whose a path is, in lower case.

    Attributes:
        users: Logins.
        teams: `organization/slug`.
    """

    users: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()


def owners_of(path: str, text: str) -> Owners:
    """
    The owners of a path by the text of a CODEOWNERS file: those of the last line that matches.

    Owners told by e-mail are left out: nothing tells whose address it is. Lines that GitHub would
    not read are skipped: those with `[`, and those with `!`, which match nothing by themselves
    (docs.github.com, "About code owners").
    """
    path = path.lstrip("/")
    for line in reversed(text.splitlines()):
        words = _WORD.findall(line)
        comment = next((at for at, word in enumerate(words) if word.startswith("#")), len(words))
        if not words[:comment] or "[" in words[0]:
            continue
        if GitIgnoreSpec.from_lines([words[0]]).match_file(path):
            named = [word[1:].lower() for word in words[1:comment] if word.startswith("@")]
            return Owners(
                frozenset(name for name in named if "/" not in name), frozenset(name for name in named if "/" in name)
            )
    return Owners()
