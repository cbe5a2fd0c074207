"""
A backend that counts what it is asked, and lags and fails on request as GitHub does.

It stands before a real backend, so every promise of the store can be tried under it.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Literal, ParamSpec, TypeVar

from gh_store.backends.base import PAGE, REQUESTS, Backend
from gh_store.domain.exceptions import BackendUnavailable, ObjectNotFound
from gh_store.domain.issues import Comment, Issue, IssuePage, Page, RecentPage

P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class Faults:
    """
    What goes wrong, and what was asked. Shared by all who should see the same lag.

    Attributes:
        clock: Seconds; lags are told by it.
        label_lag: Seconds until a list filtered by label selects an issue that was labelled.
        read_lag: Seconds for which `get_issue` and the unfiltered list show an issue as it was
            before the last write to it, or not at all, and a comment is missing from its list.
        late_ids: Only every second comment is late, so that ids become visible out of order.
        cut: Told the index of a request and its verb, answers whether to cut the connection before
            or after it is carried out.
        calls: The verbs asked for, in order.
    """

    clock: Callable[[], float] = time.time
    label_lag: float = 0.0
    read_lag: float = 0.0
    late_ids: bool = False
    cut: Callable[[int, str], Literal["before", "after"] | None] = lambda index, verb: None
    calls: list[str] = field(default_factory=list)
    labelled: dict[tuple[int, str], float] = field(default_factory=dict)
    changed: dict[int, tuple[float, Issue | None]] = field(default_factory=dict)
    commented: dict[int, float] = field(default_factory=dict)


class FaultyBackend:
    """
    A backend with the faults of `faults`.

    Spelled out are the verbs that lag, or that cause a lag; all others are forwarded as they are. Every request
    is counted, and may be cut.
    """

    def __init__(self, backend: Backend, faults: Faults) -> None:
        self.backend = backend
        self.faults = faults

    def __getattr__(self, name: str) -> Any:
        member = getattr(self.backend, name)
        return partial(self._ask, name, member) if name in REQUESTS else member

    @property
    def lag(self) -> float:
        return max(self.backend.lag, self.faults.label_lag, self.faults.read_lag)

    def get_issue(self, number: int) -> Issue:
        issue = self._ask("get_issue", lambda: self._seen(self.backend.get_issue(number)))
        if issue is None:
            raise ObjectNotFound(f"There is no issue {number} yet.")
        return issue

    def list_issues(self, *, labels: Sequence[str] = (), **how: Any) -> IssuePage:
        page = self._ask("list_issues", self.backend.list_issues, labels=labels, **how)
        if labels:
            shown = [issue for issue in page.issues if all(self._indexed(issue.number, name) for name in labels)]
        else:
            shown = [issue for issue in map(self._seen, page.issues) if issue is not None]
        return IssuePage(tuple(shown), page.next)

    def create_issue(self, title: str, body: str, labels: Sequence[str]) -> Issue:
        def create() -> Issue:
            issue = self.backend.create_issue(title, body, labels)
            self.faults.changed[issue.number] = (self.faults.clock(), None)
            for label in labels:
                self.faults.labelled[issue.number, label.lower()] = self.faults.clock()
            return issue

        return self._ask("create_issue", create)

    def edit_issue(self, number: int, **new: Any) -> Issue:
        return self._ask("edit_issue", lambda: self._change(number, self.backend.edit_issue, number, **new))

    def add_label(self, number: int, name: str) -> None:
        def add() -> None:
            self._change(number, self.backend.add_label, number, name)
            self.faults.labelled[number, name.lower()] = self.faults.clock()

        self._ask("add_label", add)

    def remove_label(self, number: int, name: str) -> None:
        self._ask("remove_label", self._change, number, self.backend.remove_label, number, name)

    def list_comments(self, number: int, page: int) -> Page:
        return self._ask("list_comments", self._comments, number, page)

    def list_recent_comments(self, since: datetime | None = None, cursor: str | None = None) -> RecentPage:
        page = self._ask("list_recent_comments", self.backend.list_recent_comments, since, cursor)
        return RecentPage(tuple(each for each in page.comments if self._is_visible(each.comment.id)), page.next)

    def create_comment(self, number: int, body: str) -> Comment:
        def create() -> Comment:
            comment = self._change(number, self.backend.create_comment, number, body)
            self.faults.commented[comment.id] = self.faults.clock()
            return comment

        return self._ask("create_comment", create)

    # --- inside -----------------------------------------------------------------------------------

    def _ask(self, verb: str, do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        cut = self.faults.cut(len(self.faults.calls), verb)
        self.faults.calls.append(verb)
        if cut == "before":
            raise BackendUnavailable(f"The connection was cut before {verb}.")
        answer = do(*args, **kwargs)
        if cut == "after":
            raise BackendUnavailable(f"The connection was cut after {verb}.")
        return answer

    def _change(self, number: int, do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Change an issue; for a while, reads show it as it was."""
        before = self.backend.get_issue(number) if self.faults.read_lag else None
        answer = do(*args, **kwargs)
        if before is not None:
            self.faults.changed[number] = (self.faults.clock(), before)
        return answer

    def _seen(self, issue: Issue) -> Issue | None:
        """The issue as a read shows it, or None if it does not show it yet."""
        at, before = self.faults.changed.get(issue.number, (0.0, issue))
        return before if self.faults.clock() < at + self.faults.read_lag else issue

    def _indexed(self, number: int, label: str) -> bool:
        at = self.faults.labelled.get((number, label.lower()), 0.0)
        return self.faults.clock() >= at + self.faults.label_lag

    def _comments(self, number: int, page: int) -> Page:
        if not self.faults.read_lag:
            return self.backend.list_comments(number, page)
        comments, more, at = list[Comment](), True, 1
        while more:
            read = self.backend.list_comments(number, at)
            comments.extend(read.comments)
            more, at = read.more, at + 1
        visible = [comment for comment in comments if self._is_visible(comment.id)]
        first = (page - 1) * PAGE
        return Page(tuple(visible[first : first + PAGE]), len(visible) > first + PAGE)

    def _is_visible(self, comment_id: int) -> bool:
        if self.faults.late_ids and comment_id % 2:
            return True
        return self.faults.clock() >= self.faults.commented.get(comment_id, 0.0) + self.faults.read_lag
