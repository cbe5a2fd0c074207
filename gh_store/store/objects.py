"""The verbs of one object."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, overload

from gh_store import wire
from gh_store.access.lookup import find
from gh_store.domain.differences import ABSENT, Difference
from gh_store.domain.events import Draft, HistoryEntry
from gh_store.domain.exceptions import InvalidObjectID, InvalidUpdate, ObjectNotFound
from gh_store.domain.values import JsonObject, Mode, ModeName, StoredObject
from gh_store.objects.create import create
from gh_store.objects.delete import delete
from gh_store.objects.inputs import (
    check_version,
    check_wait,
    checked_labels,
    checked_object,
    checked_put,
    checked_update,
)
from gh_store.objects.put import put, revert
from gh_store.reading import history
from gh_store.store.base import Opened

D = TypeVar("D")


class ObjectVerbs(Opened):
    """Create, read, update and delete an object by its id."""

    def create(
        self, object_id: str, data: Mapping[str, Any], extra_labels: Sequence[str] | str | None = None
    ) -> StoredObject:
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
        own = checked_object(object_id, data)
        self._repo.schemas.check(object_id, own)
        return create(self._processor, object_id, own, checked_labels(extra_labels, self.config))

    def put(self, object_id: str, data: Mapping[str, Any], if_version: int | None = None) -> StoredObject:
        """
        Create an object, or replace its data. Writes nothing if the object holds the same data already.

        Args:
            data: A JSON object.
            if_version: Only if the object is at this version; 0: only if there is no such object.
        Returns:
            The object as `get` would show it now.
        Raises:
            InvalidObjectID, InvalidObject, InvalidUpdate, ValueTooLarge: Nothing was written.
            ConcurrentUpdateError: The object is not at `if_version`, and stays as it is. If somebody else was faster
                by a moment, an event was written, and will be rejected (`rejected` is True).
            InsufficientScope, AccessDeniedError: The current user may not write here.
        """
        own = checked_put(object_id, data, if_version)
        self.backend.require_token()
        self._repo.schemas.check(object_id, own)
        return put(self._updater, object_id, own, if_version).object

    @overload
    def get(self, object_id: str, version: int | None = None) -> StoredObject: ...

    @overload
    def get(self, object_id: str, version: int | None = None, *, default: D) -> StoredObject | D: ...

    def get(
        self, object_id: str, version: int | None = None, *, default: object = ABSENT
    ) -> object:  # fmt: skip  # what it takes, what it yields
        """
        The object as of now, with everything applied that is pending; or as it was at a version.

        Args:
            default: What to return instead of raising ObjectNotFound.
        Raises:
            ObjectNotFound: There is no such object, or it never had that version.
            DuplicateUIDError: Several issues claim the id.
            IntegrityError: The log does not yield that version any more.
        """
        wire.check_object_id(object_id)
        check_version(version)
        try:
            head = find(self._repo, object_id)
            if version is None:
                return self._reader.view(head)
            return history.at_version(self._reader, history.whole(self._reader, head), version)
        except ObjectNotFound:
            if default is ABSENT:
                raise
            return default

    def __getitem__(self, object_id: str) -> JsonObject:
        """The data of an object, as `get` reads it. Raises ObjectNotFound, which is a KeyError."""
        return self.get(object_id).data

    def __contains__(self, object_id: object) -> bool:
        """True if there is such an object. Costs what a look-up costs."""
        try:
            find(self._repo, wire.check_object_id(object_id))
        except (InvalidObjectID, ObjectNotFound):
            return False
        return True

    def update(
        self,
        object_id: str,
        changes: Mapping[str, Any] | list[Any],
        mode: Mode | ModeName = Mode.APPEND,
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
            The object as `get` would show it now, with all that is pending folded in, also what others wrote. If this
            event will be rejected, a warning is logged.
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
        mode, own = checked_update(changes, mode, expected_version, event_id)
        check_wait(wait)
        self.backend.require_token()
        if mode is Mode.REPLACE:  # what others come to, the state decides
            self._repo.schemas.check(object_id, own, InvalidUpdate)
        draft = Draft(own, event_id or "", mode, expected_version=expected_version)
        return self._updater.update(object_id, draft, process=process, wait=wait)

    def revert(self, object_id: str, to: int) -> StoredObject:
        """
        Give an object the data again that it had at a version, by one event. Writes nothing if it holds that already.

        Reads the whole log.

        Returns:
            The object as `get` would show it now.
        Raises:
            InvalidUpdate: `to` is not a version.
            ObjectNotFound: There is no such object, or it never had that version.
            IntegrityError: The log does not yield that version any more.
            InsufficientScope, AccessDeniedError: The current user may not write here.
        """
        wire.check_object_id(object_id)
        check_version(to)
        self.backend.require_token()
        return revert(self._updater, object_id, to)

    def diff(self, object_id: str, old: int | None = None, new: int | None = None) -> list[Difference]:
        """
        Where two versions of an object differ. Reads the whole log.

        Args:
            old: A version; without one, the version before `new`. Before version 1 there was an empty object.
            new: A version; without one, the latest, with everything applied that is pending.
        Raises:
            InvalidUpdate: One of them is not a version.
            ObjectNotFound: There is no such object, or it never had one of the versions.
            IntegrityError: The log does not yield one of them any more.
        """
        wire.check_object_id(object_id)
        check_version(old)
        check_version(new)
        return history.diff(self._reader, find(self._repo, object_id), old, new)

    def delete(self, object_id: str) -> None:
        """
        Delete an object. Its issue stays, with its history; created again, the id begins a new life.

        Raises:
            AuthMissing: There is no token; nothing was sent.
            ObjectNotFound: There is no such object.
        """
        wire.check_object_id(object_id)
        self.backend.require_token()
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
