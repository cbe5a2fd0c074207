"""The limits of GitHub, and the values of a setting."""

from typing import Literal, TypeAlias

MAX_TEXT = 65_536
"""The most characters in the body of an issue or a comment."""

MAX_LABEL = 50
"""The most characters in the name of a label."""

MAX_LABELS = 100
"""The most labels on an issue."""

MAX_COMMENTS = 2_500
"""The most comments on an issue, whoever wrote them."""

MAX_TITLE = 256
"""The most characters in the title of an issue."""

OnLimit: TypeAlias = Literal["auto", "wait", "raise"]
"""What to do when a rate limit is reached: `auto` waits during long work, and raises otherwise."""
