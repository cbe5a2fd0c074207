"""The verbs of all objects."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from gh_store import files
from gh_store.backends.retry import as_long_work, long_work
from gh_store.collection import listing
from gh_store.collection import snapshot as snapshots
from gh_store.collection.changes import Changes, now
from gh_store.collection.where import condition
from gh_store.domain.events import Change
from gh_store.domain.exceptions import ConfigurationError, GitHubStoreError
from gh_store.domain.values import StoredObject
from gh_store.objects.inputs import check_aware, several_labels
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
        return self._write_snapshot(path, self.snapshot(complete=complete, progress=progress))

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

    def _write_snapshot(self, path: str | Path, new: snapshots.Snapshot) -> bool:
        try:
            old = snapshots.load(Path(path)) if files.is_kept(Path(path)) else None
        except GitHubStoreError:
            old = None  # whatever it is, it is being replaced
        same = old is not None and (old.repository, old.objects) == (new.repository, new.objects)
        if same and old is not None and old.time is not None and old.time <= self.backend.now():
            return False  # a newer time alone is no change; one to come is wrong, and does not stay
        files.write(path, new.pieces())
        return True
