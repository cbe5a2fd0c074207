"""
The verbs of a store, over whichever backend it is given.

Each is a call one floor down: `objects` has those of one object and of many, `collection` those of all, `processing`
those of a processor, `maintenance` those that look after a store.
"""

from gh_store.access.rights import Rights
from gh_store.domain.exceptions import ObjectNotFound
from gh_store.domain.values import StoredObject
from gh_store.issues.comments import Comments
from gh_store.issues.object_issue import Status
from gh_store.published import PublishedIssueHandler
from gh_store.store.bulk import BulkVerbs
from gh_store.store.collection import CollectionVerbs
from gh_store.store.maintenance import MaintenanceVerbs
from gh_store.store.objects import ObjectVerbs
from gh_store.store.observing import ObservingVerbs
from gh_store.store.processing import ProcessingVerbs


class Store(ObjectVerbs, BulkVerbs, CollectionVerbs, ObservingVerbs, ProcessingVerbs, MaintenanceVerbs):
    """
    JSON objects on the issues of one repository.

    A context manager; may be shared by threads.

    Args:
        backend: What holds the issues.
        config: The settings in force; without them, those of the user's file over the defaults.
        max_concurrent_updates: `update` raises ConcurrentUpdateError if more comments than this
            stand past those that the last commit knew. None: no limit.
        sleep: Waits so many seconds.
        clock: Seconds; must never run backwards. `wait=` is measured by it.
        jitter: A number from 0 to 1, another each time, by which the waits of many programs differ.
    """

    @property
    def issue_handler(self) -> PublishedIssueHandler:
        """What programs of the published package use."""
        return PublishedIssueHandler(self.get, self._at_number, self.get_object_history)

    @property
    def comment_handler(self) -> Comments:
        """What programs of the published package call the comments of a store."""
        return self._repo.comments

    @property
    def access_control(self) -> Rights:
        """What programs of the published package call the rights of users."""
        return self._repo.rights

    def _at_number(self, issue_number: int) -> StoredObject:
        head = self._repo.issues.read(issue_number)
        if head.retired:
            head = self._processor.handover.last(head)
        if head.status is not Status.ACTIVE or not self._repo.authority.confirms(head):
            raise ObjectNotFound(f"Issue {issue_number} holds no object.")
        return self._reader.view(head)
