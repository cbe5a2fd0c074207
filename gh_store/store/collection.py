"""The verbs of all objects."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from gh_store import snapshots, wire
from gh_store.backends.retry import as_long_work, long_work
from gh_store.collection import listing
from gh_store.collection.changes import Changes, now
from gh_store.collection.snapshot import Choice, bring_forward, take
from gh_store.collection.where import condition
from gh_store.domain.events import Change
from gh_store.domain.exceptions import InvalidInput
from gh_store.domain.values import StoredObject
from gh_store.objects.inputs import check_aware, several_labels
from gh_store.snapshots import Format, Snapshot
from gh_store.store.base import Opened


class CollectionVerbs(Opened):
    """List all objects, and write them to snapshots."""

    def list_all(
        self,
        prefix: str | None = None,
        labels: Sequence[str] | str | None = None,
        complete: bool = False,
        *,
        where: str | None = None,
        progress: Callable[[], object] = lambda: None,
    ) -> Iterator[StoredObject]:
        """
        All objects, as of now.

        Args:
            prefix: Only ids that begin with it.
            labels: Only objects whose issue has all of these labels.
            complete: Read every issue of the repository, and trust no index.
            where: Only objects for whose data this JMESPath expression is true: for instance ``visits > `10` ``.
            progress: Called for every object that was looked at.
        Raises:
            InvalidInput: `where` is not such an expression, which is known before the first request; or it cannot be
                evaluated for one of the objects.
        """
        matches = condition(where) if where is not None else None
        wanted = [self.config.base_label, *several_labels(labels)]
        with long_work():
            found = listing.list_issues(self._repo, wanted, complete=complete)
            listing.expect(progress, found.most)
        objects = as_long_work(listing.objects(self._reader, found.heads, prefix, progress))
        return objects if matches is None else filter(matches, objects)

    def __iter__(self) -> Iterator[str]:
        """The ids of all objects. (`list(store)` asks for their number first; `[*iter(store)]` does not.)"""
        with long_work():
            heads = listing.list_issues(self._repo, [self.config.base_label]).heads
        return as_long_work(listing.ids(self._reader, heads))

    def __len__(self) -> int:
        """The number of objects. Costs what a list costs."""
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        """True, and no request: a store is not nothing because it is empty."""
        return True

    def list_updated_since(self, timestamp: datetime) -> Iterator[StoredObject]:
        """The objects whose state has changed at or after a time (aware; whole seconds count)."""
        check_aware(timestamp)
        heads = self._repo.issues.listed(changed_since=timestamp)
        floor = timestamp.replace(microsecond=0)
        objects = as_long_work(listing.objects(self._reader, heads))
        return (obj for obj in objects if obj.meta.updated_at >= floor)

    def changes(self, after: str | None = None, *, follow: bool = False) -> Iterator[Change]:
        """
        What was applied to any object, each event once, in the order in which they were written.

        An event is handed out when it was processed. Costs a request for every 100 issues that changed, and their
        comments.

        Args:
            after: The `cursor` of a change, or what `cursor` says: only what comes after it. Without it, everything.
            follow: Wait for more, for ever: a look at the store each second, or every ten seconds on GitHub.
        Raises:
            InvalidInput: `after` is not a cursor.
            InsufficientScope: The current user may not ask who is authorised.
        """
        found = Changes(self._reader, after)
        return as_long_work(found.follow() if follow else found.until_now())

    def cursor(self) -> str:
        """The cursor of now: `changes` after it tells what is processed from now on. One request."""
        return now(self._repo)

    def snapshot(
        self,
        *,
        history: bool = False,
        prefix: str | None = None,
        labels: Sequence[str] | str | None = None,
        complete: bool = False,
        progress: Callable[[], object] = lambda: None,
    ) -> Snapshot:
        """All objects as one document, in memory; see `write_snapshot`."""
        choice = Choice(history, prefix, tuple(several_labels(labels)))
        with long_work(), take(self._reader, choice, progress, complete=complete) as new:
            return Snapshot(new.header, list(new))

    def write_snapshot(
        self,
        path: str | Path,
        format: Format | str = Format.DOCUMENT,  # noqa: A002  # what the command line calls it
        *,
        history: bool = False,
        prefix: str | None = None,
        labels: Sequence[str] | str | None = None,
        complete: bool = False,
        progress: Callable[[], object] = lambda: None,
    ) -> bool:
        """
        Write a snapshot to a file or a folder; True if anything changed. Memory does not grow with the objects.

        What holds the same objects already stays as it is, to the byte.

        Args:
            path: The file; for the format `folder`, the folder. Other files in it stay.
            format: `document`, one JSON document; `lines`, an object a line; `folder`, a file for each object.
            history: Tell the events of each object, too. Costs a request for every 100 comments of the repository.
            prefix: Only objects whose ids begin with it.
            labels: Only objects whose issues have all of these labels.
            complete: Read every issue of the repository, and trust no index.
        Raises:
            InvalidInput: There is no such format.
        """
        form = _format(format)
        choice = Choice(history, prefix, tuple(several_labels(labels)))
        with long_work(), take(self._reader, choice, progress, complete=complete) as new:
            return snapshots.write(path, new, form, now=self.backend.now())

    def update_snapshot(self, path: str | Path, *, progress: Callable[[], object] = lambda: None) -> bool:
        """
        Bring the snapshot in a file or a folder forward, removals included; True if anything changed.

        It goes on to tell what it told: with or without history, of all objects or of some.
        GitHub does not tell of issues that were deleted or transferred: `write_snapshot` leaves their objects out.

        Raises:
            ConfigurationError: There is no such file, or it is no snapshot of this store.
        """
        old = snapshots.read(path)
        form = Format.FOLDER if Path(path).is_dir() else Format.DOCUMENT
        with long_work(), bring_forward(self._reader, old, progress) as new:
            return snapshots.write(path, new, form, now=self.backend.now())


def _format(name: Format | str) -> Format:
    try:
        return Format(name)
    except ValueError:
        raise InvalidInput(
            f"There is no format {wire.shortened(name)} of snapshots.", hint=f"Use one of {', '.join(Format)}."
        ) from None
