"""What GitHub takes, and what a setting may say."""

from typing import Literal, TypeAlias

MAX_TEXT = 65_536
"""Characters that the body of an issue or a comment takes."""


MAX_LABEL = 50
"""Characters that the name of a label takes."""


MAX_COMMENTS = 2_500
"""Comments that an issue takes, whoever wrote them."""


MAX_TITLE = 256
"""Characters that the title of an issue takes."""


OnLimit: TypeAlias = Literal["auto", "wait", "raise"]
"""What to do when a rate limit is met: `auto` waits in long work, and raises elsewhere."""
