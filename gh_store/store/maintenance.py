"""The verbs that look after a store: check it, repair it, move it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from gh_store.backends.retry import as_long_work, long_work
from gh_store.collection import sweep
from gh_store.collection.listing import most_issues
from gh_store.domain.findings import RepairResult, TransferResult, VerifyReport
from gh_store.files import MOST
from gh_store.issues.object_issue import ObjectIssue
from gh_store.maintenance.adopt import adopt
from gh_store.maintenance.verify import Verifier
from gh_store.objects.inputs import read_text
from gh_store.store.base import Opened
from gh_store.transfer import exporter, records
from gh_store.transfer.importer import Importer
from gh_store.transfer.records import Record


class MaintenanceVerbs(Opened):
    """Verify, repair, adopt, export and import."""

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
        if not dry_run:
            self.backend.require_token()
        with long_work():
            return list(Verifier(self._processor).repair(object_ids, progress, dry_run=dry_run))

    def adopt(
        self, *object_ids: str, dry_run: bool = False, progress: Callable[[], object] = lambda: None
    ) -> list[TransferResult]:
        """
        Continue the objects whose creator may no longer write in issues of the current user, with their history.

        Their old issues keep their logs, and hold no object any more. Cut anywhere, the next run finishes it.
        """
        if not dry_run:
            self.backend.require_token()
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
        self,
        source: str | Path | Iterable[str],
        *,
        update: bool = False,
        progress: Callable[[], object] = lambda: None,
    ) -> list[TransferResult]:
        """
        Make the objects of an export, of a snapshot, of a list, or of lines of `{"id", "document"}`.

        All of it is read before anything is written. Cut anywhere, the same import again makes what is missing. An
        object in trouble (its id is taken, it does not fit) does not stop the others; its error is in the answer.

        Args:
            source: A file's path, or the lines themselves.
            update: Give objects that exist the data that is told, as `put` does. Otherwise that is an error.
        Raises:
            InvalidInput: The file is none of these, or a line of it is torn; nothing was written.
        """
        name = str(source) if isinstance(source, str | Path) else "the import"
        text = read_text(Path(source), MOST) if isinstance(source, str | Path) else "".join(source)
        return self.import_records(records.read_lines(text, name), update=update, progress=progress)

    def import_records(
        self, told: Sequence[Record], *, update: bool = False, progress: Callable[[], object] = lambda: None
    ) -> list[TransferResult]:
        """As import_from, of what was read already."""
        self.backend.require_token()
        with long_work():
            return list(Importer(self._processor, update).bring_all(told, progress))

    def most_objects(self) -> int:
        """How many objects there are, at most: exact for a hundred issues or fewer, which takes one request."""
        return most_issues(self._repo, [[self.config.base_label]])

    def heads(self) -> Iterator[ObjectIssue]:
        """The issues of all objects, deleted ones too, as they stand: for looking a store over."""
        return as_long_work(sweep.candidates(self._repo, None))
