"""The verbs of one object."""

from collections.abc import Sequence
from typing import Any

from gh_store import wire
from gh_store.access.lookup import find
from gh_store.domain.events import Draft, HistoryEntry
from gh_store.domain.values import JsonObject, Mode, StoredObject
from gh_store.objects.create import create
from gh_store.objects.delete import delete
from gh_store.objects.inputs import check_version, check_wait, checked_labels, checked_object, checked_update
from gh_store.reading import history
from gh_store.store.base import Opened


class ObjectVerbs(Opened):
    """Create, read, update and delete an object by its id."""

    def create(self, object_id: str, data: JsonObject, extra_labels: Sequence[str] | str | None = None) -> StoredObject:
        """
        Create an object.

        Args:
            object_id: Its name: 1 to 165 characters, no control characters, no space at its ends.
            data: A JSON object.
            extra_labels: More labels for its issue, to list by.
        Raises:
            InvalidObjectID, InvalidObject, ValueTooLarge: Nothing was written.
            ObjectExists: There is an object of this id.
            InsufficientScope, AccessDeniedError: The current user may not write here.
        """
        data = checked_object(object_id, data)
        return create(self._processor, object_id, data, checked_labels(extra_labels, self.config))

    def get(self, object_id: str, version: int | None = None) -> StoredObject:
        """
        The object as of now, with everything applied that is pending; or as it was at a version.

        Raises:
            ObjectNotFound: There is no such object, or it never had that version.
            DuplicateUIDError: Several issues claim the id.
            IntegrityError: The log does not yield that version any more.
        """
        wire.check_object_id(object_id)
        check_version(version)
        head = find(self._repo, object_id)
        return self._reader.view(head) if version is None else history.at_version(self._reader, head, version)

    def update(
        self,
        object_id: str,
        changes: JsonObject | list[Any],
        mode: Mode | str = Mode.APPEND,
        expected_version: int | None = None,
        event_id: str | None = None,
        process: bool = False,
        wait: float | None = None,
    ) -> StoredObject:
        """
        Append an update event, and wake the processor.

        Args:
            changes: A JSON object; for `patch`, an array of operations.
            mode: `append` (deep merge), `replace`, `merge` (RFC 7396) or `patch` (RFC 6902).
            expected_version: Reject the event unless the object is at this version when it is applied.
            event_id: A name of your own for this event, which makes the call safe to repeat.
            process: Apply it right away, in this program.
            wait: Seconds to wait for a processor to decide the event. If they run out, the object
                comes back with `pending` above 0, and the event stays written.
        Returns:
            The object with this event folded in; without `process` or `wait`, as if nothing else
            were pending.
        Raises:
            Any of these: If the event was written, the error's `written` is True, and its `event_id` makes a
                repetition safe.
            InvalidObjectID, InvalidUpdate, InvalidObject, ValueTooLarge: Nothing was written; or,
                with `process` or `wait`, the event was rejected, and `rejected` is True.
            LogFull: Strangers filled the issue; nothing was written. Process it, and try again.
            ConcurrentUpdateError: Too much is pending (nothing was written), or the version is not
                the expected one.
            ObjectNotFound: There is no such object, or it was deleted meanwhile.
            AccessDeniedError: The event was written, and will not count.
        """
        wire.check_object_id(object_id)
        mode, changes = checked_update(changes, mode, expected_version, event_id)
        check_wait(wait)
        draft = Draft(changes, event_id or "", mode, expected_version=expected_version)
        return self._updater.update(object_id, draft, process=process, wait=wait)

    def delete(self, object_id: str) -> None:
        """
        Delete an object. Its issue stays, with its history; created again, the id begins a new life.

        Raises:
            ObjectNotFound: There is no such object.
        """
        wire.check_object_id(object_id)
        delete(self._processor, object_id)

    def get_object_history(self, object_id: str, *, duplicates: bool = False) -> list[HistoryEntry]:
        """
        What was applied to the object or rejected, oldest first, with the state after it; what is pending last.

        Args:
            duplicates: Show repetitions of the same event, too: they changed nothing.
        Raises:
            ObjectNotFound: There is no such object.
        """
        wire.check_object_id(object_id)
        return history.history(self._reader, find(self._repo, object_id), duplicates=duplicates)
