"""The verbs of who keeps a copy of a store: what issues say of their objects, and when they changed."""

from datetime import datetime

from gh_store.collection import observing
from gh_store.domain.findings import Observations, Observed
from gh_store.issues.object_issue import ObjectIssue
from gh_store.objects.inputs import check_aware
from gh_store.store.base import Opened
from gh_store.wire import check_object_id


class ObservingVerbs(Opened):
    """
    Observe objects, with the issues that hold them.

    Observations of one issue are ordered by its `updated_at`, then by the version of the object: reads may lag.
    """

    def observe(self, issue_number: int) -> Observed:
        """
        What an issue says of its object. One request, free of the rate limit while the issue is unchanged.

        Raises:
            ObjectNotFound: There is no such issue; it may have been deleted or moved.
        """
        return observing.issue(self._processor, issue_number)

    def observe_object(self, object_id: str) -> Observed:
        """
        What the issue says that holds an object.

        Raises:
            ObjectNotFound: There is no such object.
            DuplicateUIDError: Several issues claim the id.
        """
        return observing.held(self._processor, check_object_id(object_id))

    def observe_all(self) -> Observations:
        """
        What all issues say that hold an object, or held one. A request for each page, and for each that is pending.

        An object in trouble does not stop it: its error is in its place.
        """
        return observing.all_issues(self._processor)

    def observe_changed(self, since: datetime) -> Observations:
        """
        The same of all issues that changed since a time (aware), deleted objects too, the last changed first.

        No list shows what became of issues that were deleted or moved by hand.
        """
        check_aware(since)
        return observing.changed_issues(self._processor, since)

    def observe_head(self, head: ObjectIssue) -> Observed | None:
        """What a copy of an issue says by itself, without a request; None if something may be pending."""
        return observing.told(self._processor, head)
