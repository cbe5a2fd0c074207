"""Sync: refresh what changed, or everything, a page at a time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Final, Self

from gh_store.domain.exceptions import BackendUnavailable, GitHubStoreError
from gh_store.domain.findings import Observed
from gh_store.serve.gate import CLOSING
from gh_store.serve.model import Model, seconds
from gh_store.serve.refresh import ROWS, Looked, Refresh

_PAGE: Final = 100
_DAY: Final = 86_400


@dataclass(slots=True)
class Sync:
    """
    A look at what changed, or at everything, a page at a time.

    Attributes:
        refresh: Keeps what is seen.
        model: As it was in the beginning.
        begun: When, by this machine's clock.
        time: What changed before was looked at in the end.
        each: What the issues say.
        complete: True for a look at everything.
        ended: True if all was looked at.
    """

    refresh: Refresh
    model: Model
    begun: float
    time: int
    each: Iterator[Observed]
    complete: bool
    ended: bool = False
    looked_at: int = 0
    changed: int = 0
    failed: int = 0
    _numbers: set[int] = field(default_factory=set)
    _after: str | None = None
    _unavailable: bool = False

    @classmethod
    def of(cls, refresh: Refresh, *, complete: bool) -> Self:
        """Begin one. The first is complete, and so is each after the model was lost."""
        model, begun = refresh.model(), refresh.now()
        complete = complete or not model.complete
        found = refresh.all() if complete else refresh.changed(model.since)
        return cls(refresh, model, begun, seconds(found.time), found.each, complete)

    def page(self) -> list[Looked]:
        """Look at the next page. Raises Over, CacheDown, and what the store raises."""
        found = [*self._listed()] if self._after is None else [*self._unseen(self._after)]
        for looked in found:
            self.looked_at += 1
            self.changed += looked.changed
            self.failed += looked.error is not None
        return found

    def end(self, hold: float | None) -> bool:
        """
        All was kept, but what changed at `hold` or later may have to be looked at again.

        False if the generation has ended meanwhile.
        """
        since = self.time
        if hold is not None:  # of what fails for long, the next complete sync reminds
            since = min(since, max(int(hold), self.model.since, since - _DAY))
        return self.refresh.listed(self.model, since, self.begun, complete=self.complete)

    def _listed(self) -> Iterator[Looked]:
        generation, page = self.model.cursor.generation, [*islice(self.each, _PAGE)]
        for seen in page:
            if isinstance(seen.error, BackendUnavailable):
                if self._unavailable:
                    raise seen.error  # two in a row: that is no trouble of one object
                self._unavailable = True
            else:
                self._unavailable = False
            if seen.object is not None or seen.error is not None:
                self._numbers.add(seen.issue_number)
            yield _tried(seen.issue_number, partial(self.refresh.seen, generation, seen))
        if len(page) < _PAGE:
            self._after, self.ended = "", not self.complete

    def _unseen(self, after: str) -> Iterator[Looked]:
        """What is held, and was in no list: deleted by hand, moved, or too new for them."""
        rows = self.refresh.rows(after)
        asked = 0
        for row in rows:
            self._after = row.seen.object_id
            if row.seen.issue_number not in self._numbers:
                look = partial(self.refresh.unseen, self.model.cursor.generation, row)
                yield _tried(row.seen.issue_number, look)
                asked += 1
                if asked >= _PAGE:
                    return
        self.ended = len(rows) < ROWS


def _tried(number: int, look: Callable[[], Looked]) -> Looked:
    """What a look came to; an object in trouble does not stop the others."""
    try:
        return look()
    except CLOSING:
        raise
    except GitHubStoreError as error:
        return Looked(number, error=error)
