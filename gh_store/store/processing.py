"""The verbs of a processor."""

from collections.abc import Callable
from datetime import datetime

from gh_store.backends.retry import long_work
from gh_store.collection import sweep
from gh_store.domain.findings import Processed
from gh_store.domain.issues import EditedComment
from gh_store.domain.values import StoredObject
from gh_store.objects.inputs import check_aware
from gh_store.store.base import Opened


class ProcessingVerbs(Opened):
    """Apply what is pending, on one issue or on all."""

    def process_updates(self, issue_number: int, dry_run: bool = False) -> StoredObject:
        """
        Apply all that is pending on an issue.

        Args:
            dry_run: Only tell what would come of it; nothing is written.
        Raises:
            ObjectNotFound: The issue holds no object.
            InsufficientScope: The current user may not ask who is authorised; nothing was written.
        """
        obj = self.process(issue_number, dry_run=dry_run).object
        assert obj is not None
        return obj

    def process(
        self, issue_number: int, *, dry_run: bool = False, comment_id: int = 0, edited: EditedComment | None = None
    ) -> Processed:
        """
        As process_updates, and tell what was done.

        Args:
            comment_id: A comment that is known to be there, and may not be in sight yet: it is waited for.
            edited: A comment that was edited. If it was decided before, and not applied, its author is told, once.
        """
        with long_work():
            if dry_run:
                return self._processor.preview(issue_number).summary
            self.backend.require_token()
            return self._processor.process(issue_number, expected=comment_id, edited=edited).summary

    def process_pending(
        self,
        since: datetime | None = None,
        *,
        dry_run: bool = False,
        progress: Callable[[], object] = lambda: None,
    ) -> list[Processed]:
        """
        Sweep: process every object that is not settled, or those of them changed since a time.

        An object in trouble does not stop it; its error is in the answer.

        Args:
            since: An aware datetime.
            progress: Called for every object that was looked at.
        Raises:
            AuthMissing: There is no token; nothing was sent. `dry_run` needs none.
        """
        check_aware(since)
        if not dry_run:
            self.backend.require_token()
        with long_work():
            return list(sweep.sweep(self._processor, since=since, progress=progress, dry_run=dry_run))
