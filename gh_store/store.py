"""The verbs of a store, over whichever backend it is given."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from gh_store import config as configuration
from gh_store import files, wire
from gh_store.access.lookup import find
from gh_store.access.repository import Repository
from gh_store.access.rights import Rights
from gh_store.backends.base import Backend
from gh_store.backends.retry import as_long_work, long_work
from gh_store.collection import listing, sweep
from gh_store.collection import snapshot as snapshots
from gh_store.config import Config
from gh_store.domain.events import Draft, HistoryEntry
from gh_store.domain.exceptions import ConfigurationError, GitHubStoreError, ObjectNotFound
from gh_store.domain.findings import Processed, RepairResult, TransferResult, VerifyReport
from gh_store.domain.values import JsonObject, Mode, StoredObject
from gh_store.issues.comments import Comments
from gh_store.issues.object_issue import ObjectIssue, Status
from gh_store.maintenance.adopt import adopt
from gh_store.maintenance.verify import Verifier
from gh_store.objects.create import create
from gh_store.objects.delete import delete
from gh_store.objects.inputs import (
    check_aware,
    check_version,
    check_wait,
    checked_labels,
    checked_object,
    checked_update,
    read_text,
    several_labels,
)
from gh_store.objects.update import Updater
from gh_store.processing.processor import Processor
from gh_store.published import PublishedIssueHandler
from gh_store.reading import history
from gh_store.reading.reader import Reader
from gh_store.transfer import exporter, records
from gh_store.transfer.importer import Importer


class Store:
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

    def __init__(
        self,
        backend: Backend,
        config: Config | None = None,
        *,
        max_concurrent_updates: int | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.backend = backend
        self.config = config or configuration.load()
        self._repo = Repository.over(backend, self.config, sleep, clock, jitter)
        self._reader = Reader(self._repo)
        self._processor = Processor(self._reader)
        self._updater = Updater(self._processor, max_concurrent_updates)

    @property
    def comment_handler(self) -> Comments:
        """What programs of the published package call the comments of a store."""
        return self._repo.comments

    @property
    def access_control(self) -> Rights:
        """What programs of the published package call the rights of users."""
        return self._repo.rights

    def close(self) -> None:
        """Let go of what the backend holds; harmless to repeat."""
        self.backend.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.backend.repository!r})"

    # --- one object -------------------------------------------------------------------------------

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

    # --- processing -------------------------------------------------------------------------------

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

    def process(self, issue_number: int, *, dry_run: bool = False, comment_id: int = 0) -> Processed:
        """
        As process_updates, and tell what was done.

        Args:
            comment_id: A comment that is known to be there, and may not be in sight yet: it is waited for.
        """
        with long_work():
            if dry_run:
                return self._processor.preview(issue_number).summary
            return self._processor.process(issue_number, expected=comment_id).summary

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
        """
        check_aware(since)
        with long_work():
            return list(sweep.sweep(self._processor, since=since, progress=progress, dry_run=dry_run))

    # --- all objects ------------------------------------------------------------------------------

    def list_all(
        self, prefix: str | None = None, labels: Sequence[str] | str | None = None, complete: bool = False
    ) -> Iterator[StoredObject]:
        """
        All objects, as of now.

        Args:
            prefix: Only ids that begin with it.
            labels: Only objects whose issue has all of these labels.
            complete: Read every issue of the repository, and trust no index.
        """
        wanted = [self.config.base_label, *several_labels(labels)]
        with long_work():
            heads = listing.list_issues(self._repo, wanted, complete=complete).heads
        return as_long_work(listing.objects(self._reader, heads, prefix))

    def list_updated_since(self, timestamp: datetime) -> Iterator[StoredObject]:
        """The objects whose state has changed at or after a time (aware; whole seconds count)."""
        check_aware(timestamp)
        heads = self._repo.issues.listed(changed_since=timestamp)
        floor = timestamp.replace(microsecond=0)
        objects = as_long_work(listing.objects(self._reader, heads))
        return (obj for obj in objects if obj.meta.updated_at >= floor)

    def snapshot(self, *, complete: bool = False, progress: Callable[[], object] = lambda: None) -> snapshots.Snapshot:
        """All objects as one document; `complete` as in `list_all`."""
        with long_work():
            return snapshots.take(self._reader, progress, complete=complete)

    def write_snapshot(
        self, path: str | Path, *, complete: bool = False, progress: Callable[[], object] = lambda: None
    ) -> bool:
        """
        Write a snapshot to a file; True if the file changed.

        A file that holds the same objects already stays as it is, to the byte.

        Args:
            complete: Read every issue of the repository, and trust no index.
        """
        return self._write_snapshot(Path(path), self.snapshot(complete=complete, progress=progress))

    def update_snapshot(self, path: str | Path, *, progress: Callable[[], object] = lambda: None) -> bool:
        """
        Bring the snapshot in a file forward, removals included; True if the file changed.

        GitHub does not tell of issues that were deleted or transferred: `write_snapshot` leaves their objects out.

        Raises:
            ConfigurationError: There is no such file, or it is no snapshot of this store.
        """
        path = Path(path)
        old = snapshots.load(path)
        if old is None:
            raise ConfigurationError(
                f"{path}: there is no such snapshot.", file=path, hint="`gh-store snapshot --output FILE` makes one."
            )
        with long_work():
            new = snapshots.bring_forward(self._reader, old, progress)
        return self._write_snapshot(path, new)

    # --- looking after it -------------------------------------------------------------------------

    def verify(self, *object_ids: str, progress: Callable[[], object] = lambda: None) -> VerifyReport:
        """
        Replay the logs of these objects (or of all) from their first event, and compare.

        Costs a request for every 100 issues of the repository, and one or more for each object.

        Raises:
            ObjectNotFound: There never was an object of one of the ids.
            InsufficientScope: The current user may not ask who is authorised.
        """
        with long_work():
            examined = Verifier(self._processor).examine(object_ids, progress)
            return VerifyReport.of(finding for each in examined for finding in each.findings)

    def repair(
        self, *object_ids: str, dry_run: bool = False, progress: Callable[[], object] = lambda: None
    ) -> list[RepairResult]:
        """
        Repair what is derived (body, title, receipts, labels, open or closed) from the log; events are never touched.

        Args:
            dry_run: Only tell what would be done.
        """
        with long_work():
            return list(Verifier(self._processor).repair(object_ids, progress, dry_run=dry_run))

    def adopt(
        self, *object_ids: str, dry_run: bool = False, progress: Callable[[], object] = lambda: None
    ) -> list[TransferResult]:
        """
        Continue the objects whose creator may no longer write in issues of the current user, with their history.

        Their old issues keep their logs, and hold no object any more. Cut anywhere, the next run finishes it.
        """
        with long_work():
            return list(adopt(self._processor, object_ids, progress, dry_run=dry_run))

    def export(self, *, deleted: bool = False, progress: Callable[[], object] = lambda: None) -> Iterator[str]:
        """
        The whole store with its logs, as lines of JSON, each with its line end.

        Args:
            deleted: Deleted objects too.
        """
        exported = exporter.records(self._reader, deleted=deleted, progress=progress)
        return as_long_work(records.write_lines(self.backend.repository, self.backend.now(), exported))

    def import_from(
        self, source: str | Path | Iterable[str], *, progress: Callable[[], object] = lambda: None
    ) -> list[TransferResult]:
        """
        Make the objects of an export, of a snapshot, or of lines of `{"id", "document"}`.

        All of it is read before anything is written. Cut anywhere, the same import again makes what is missing. An
        object in trouble (its id is taken, it does not fit) does not stop the others; its error is in the answer.

        Args:
            source: A file's path, or the lines themselves.
        Raises:
            InvalidInput: The file is none of these, or a line of it is torn; nothing was written.
        """
        name = str(source) if isinstance(source, str | Path) else "the import"
        text = read_text(Path(source)) if isinstance(source, str | Path) else "".join(source)
        told = records.read_lines(text, name)
        with long_work():
            return list(Importer(self._processor).bring_all(told, progress))

    def heads(self) -> Iterator[ObjectIssue]:
        """The issues of all objects, deleted ones too, as they stand: for looking a store over."""
        return as_long_work(sweep.candidates(self._repo, None))

    # --- inside -----------------------------------------------------------------------------------

    @property
    def issue_handler(self) -> PublishedIssueHandler:
        """What programs of the published package use."""
        return PublishedIssueHandler(self.get, self._at_number, self.get_object_history)

    def _at_number(self, issue_number: int) -> StoredObject:
        head = self._repo.issues.read(issue_number)
        if head.retired:
            head = self._processor.handover.last(head)
        if head.status is not Status.ACTIVE or not self._repo.authority.confirms(head):
            raise ObjectNotFound(f"Issue {issue_number} holds no object.")
        return self._reader.view(head)

    def _write_snapshot(self, path: Path, new: snapshots.Snapshot) -> bool:
        try:
            old = snapshots.load(path) if files.is_kept(path) else None
        except GitHubStoreError:
            old = None  # whatever it is, it is being replaced
        if old is not None and old.time is not None and (old.repository, old.objects) == (new.repository, new.objects):
            return False  # a newer time alone is no change
        files.write(path, new.pieces())
        return True
