"""One repository, as everything above sees it: put together once, handed to all."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from gh_store.access.authority import Authority
from gh_store.access.receipts import Receipts
from gh_store.access.rights import Rights
from gh_store.backends.base import Backend
from gh_store.backends.retry import Retry
from gh_store.config import Config
from gh_store.domain.exceptions import InsufficientScope
from gh_store.domain.issues import User
from gh_store.issues.comments import Comments
from gh_store.issues.finder import IssueFinder
from gh_store.issues.index import IssueIndex
from gh_store.issues.writer import IssueWriter
from gh_store.schemas import Schemas

_SHORT: Final = 500
"""Objects whose issues work on many of them remembers."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository's issues, and who may do what to them."""

    backend: Backend
    config: Config
    retry: Retry
    index: IssueIndex
    issues: IssueFinder
    writer: IssueWriter
    comments: Comments
    rights: Rights
    receipts: Receipts
    authority: Authority
    schemas: Schemas

    @classmethod
    def over(
        cls,
        backend: Backend,
        config: Config,
        sleep: Callable[[float], None],
        clock: Callable[[], float],
        jitter: Callable[[], float],
    ) -> "Repository":
        """The repository that a backend reaches."""
        retry = Retry(
            config.retries_max_attempts,
            config.retries_backoff_factor,
            backend.cutoff,
            config.rate_limit_on_limit,
            sleep,
            clock,
            jitter,
        )
        rights = Rights(backend, config, retry)

        def counts(user: User | None) -> bool:
            try:
                return rights.counts(user)
            except InsufficientScope:  # then the answer to the next write tells whether it counts
                return False

        index = IssueIndex()
        receipts = Receipts(backend, config, rights, retry)
        return cls(
            backend=backend,
            config=config,
            retry=retry,
            index=index,
            issues=IssueFinder(backend, config, retry, index),
            writer=IssueWriter(backend, config, retry, index, counts, rights.require),
            comments=Comments(backend, retry, counts),
            rights=rights,
            receipts=receipts,
            authority=Authority(rights, receipts),
            schemas=Schemas(config.schemas),
        )

    def trusting(self, user: User | None) -> "Repository":
        """The same, where one user more counts: somebody who counts has vouched for him."""
        rights = self.rights.trusting(user)
        receipts = replace(self.receipts, rights=rights)
        return replace(self, rights=rights, receipts=receipts, authority=Authority(rights, receipts))

    def apart(self) -> "Repository":
        """The same, with a short memory of its own of where objects are: what a batch has seen may come to nothing."""
        index = IssueIndex(_SHORT)
        return replace(
            self, index=index, issues=replace(self.issues, index=index), writer=replace(self.writer, index=index)
        )

    @property
    def patience(self) -> float:
        """Seconds for which a comment with a lower id may still come into sight."""
        return self.config.processing_patience if self.backend.lag else 0.0

    def wait_out_lag(self) -> None:
        """Wait until what was written before shows in every list."""
        self.retry.sleep(self.backend.lag)
