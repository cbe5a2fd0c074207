"""An issue, drawn with the characters of a terminal. Pure."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from gh_store.cli.escapes import one_line
from gh_store.domain.issues import Comment, Issue

_SHOWN: Final = ("type", "_data")
"""What is drawn of an event; the rest is told by dots."""


def drawing(issue: Issue, comments: Sequence[Comment], width: int) -> Iterator[str]:
    """The issue with its title, its labels, its body and its comments, each on one line of a box of that width."""
    head = f"─ issue {issue.number}, {'open' if issue.open else 'closed'} "
    yield f"┌{head:─<{width - 2}}┐"
    yield _line(issue.title, "", width)
    yield _line(f"labels: {'  '.join(sorted(label.name for label in issue.labels))}", "", width)
    yield f"├{'─' * (width - 2)}┤"
    yield _line(_on_one_line(issue.body), "", width)
    yield f"├{'─' * (width - 2)}┤"
    for comment in comments:
        yield _line(_said(comment.body), " ".join(sorted(comment.reactions)), width)
    yield f"└{'─' * (width - 2)}┘"


def _line(text: str, at_the_right: str, width: int) -> str:
    space = width - 4 - (len(at_the_right) + 2 if at_the_right else 0)
    text = one_line(text)
    text = text if len(text) <= space else f"{text[: space - 1]}…"
    return f"│ {text:<{space}}{'  ' if at_the_right else ''}{at_the_right} │"


def _on_one_line(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return text.partition("\n")[0]


def _said(text: str) -> str:
    """A comment: of an event what it says, of any other the first line."""
    try:
        event: Any = json.loads(text)
    except ValueError:
        return text.partition("\n")[0]
    shown = {key: event[key] for key in _SHOWN if key in event}
    return f"{json.dumps(shown, ensure_ascii=False)[:-1]}, …}}"
