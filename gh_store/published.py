"""The names under which programs of the published package ask for objects."""

from typing import TYPE_CHECKING

from gh_store.domain.events import HistoryEntry
from gh_store.domain.exceptions import ObjectNotFound
from gh_store.domain.values import StoredObject
from gh_store.issues.object_issue import Status

if TYPE_CHECKING:
    from gh_store.store import Store


class PublishedIssueHandler:
    """The names under which programs of the published package ask for objects."""

    def __init__(self, store: "Store") -> None:
        self._store = store

    def get_object(self, object_id: str) -> StoredObject:
        """As Store.get."""
        return self._store.get(object_id)

    def get_object_by_number(self, issue_number: int) -> StoredObject:
        """The object that an issue holds."""
        store = self._store
        head = store._repo.issues.read(issue_number)  # noqa: SLF001  # one class in two names
        if head.retired:
            head = store._processor.handover.last(head)  # noqa: SLF001  # as above
        if head.status is not Status.ACTIVE or not store._repo.authority.confirms(head):  # noqa: SLF001  # as above
            raise ObjectNotFound(f"Issue {issue_number} holds no object.")
        return store._reader.view(head)  # noqa: SLF001  # as above

    def get_object_history(self, object_id: str) -> list[HistoryEntry]:
        """As Store.get_object_history."""
        return self._store.get_object_history(object_id)
