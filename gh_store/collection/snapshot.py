"""Snapshots of a store: taken anew, or brought forward with what changed since."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, islice
from typing import Final

from gh_store import wire
from gh_store.access.repository import Repository
from gh_store.collection.fetched import Fetched, fetched
from gh_store.collection.listing import Progress, current, each, expect, list_issues
from gh_store.collection.past import Historian
from gh_store.domain.exceptions import ConfigurationError
from gh_store.issues.object_issue import ObjectIssue, Status
from gh_store.reading.reader import Reader
from gh_store.snapshots import Entry, Header, Snapshot, unique
from gh_store.spool import Spool

_EMBEDDED: Final = "local"
"""What every embedded store was called before each had a name of its own, `local/<id>`."""

_NUMBER: Final = 20
"""Digits of the number of an issue in the spool."""


@dataclass(frozen=True, slots=True)
class Choice:
    """
    What a snapshot tells.

    Attributes:
        history: The history of each object, too.
        prefix: Only objects whose ids begin with it.
        labels: Only objects whose issues have all of these labels.
    """

    history: bool = False
    prefix: str | None = None
    labels: tuple[str, ...] = ()

    @classmethod
    def of(cls, header: Header) -> "Choice":
        """What a snapshot told."""
        return cls(header.history, header.prefix, header.labels)

    def header(self, repo: Repository, time: datetime) -> Header:
        """The header of a snapshot of a store."""
        backend = repo.backend
        return Header(
            time=time,
            repository=backend.repository,
            history=self.history,
            server=backend.server if self.history else None,
            api=backend.api if self.history else None,
            prefix=self.prefix,
            labels=self.labels,
        )


class Entries:
    """Entries, sorted by id; of several issues with the same id, the lowest number counts. Memory holds few of them."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool

    def add(self, entry: Entry) -> None:
        self._spool.add(f"{entry.object_id}\t{entry.number:0{_NUMBER}d}\t{entry.text}")  # no id has a tab

    def __iter__(self) -> Iterator[Entry]:
        return unique(Entry(object_id, int(number), text) for object_id, number, text in map(_split, self._spool))


def _split(line: str) -> list[str]:
    return line.split("\t", 2)


@contextmanager
def take(
    reader: Reader, choice: Choice, progress: Progress = lambda: None, *, complete: bool = False
) -> Iterator[Snapshot]:
    """A snapshot of all objects that are chosen; it can be read for as long as the block lasts."""
    repo = reader.repo
    with Spool() as spool, ExitStack() as closing:
        entries = Entries(spool)
        listing = list_issues(repo, [repo.config.base_label, *choice.labels], complete=complete)
        expect(progress, listing.most)
        first = [*islice(listing.heads, 1)]
        # After the look at what changed last, so that what is edited meanwhile is seen the next time.
        known = closing.enter_context(fetched(repo)) if choice.history and first and repo.backend.lag else None
        view = partial(Historian(reader, known).entry) if choice.history else partial(_plain, reader)
        for entry in each(reader, chain(first, listing.heads), view, choice.prefix, progress):
            entries.add(entry)
        yield Snapshot(choice.header(repo, listing.time), entries)


@contextmanager
def bring_forward(reader: Reader, old: Snapshot, progress: Progress = lambda: None) -> Iterator[Snapshot]:
    """
    The snapshot as of now, from an old one and what changed since, including deletions; what it tells stays the same.

    Raises:
        ConfigurationError: The old snapshot is of another repository, or malformed.
    """
    repo, choice, header = reader.repo, Choice.of(old.header), old.header
    here = repo.backend.repository
    unnamed = header.repository == _EMBEDDED and here.startswith(f"{_EMBEDDED}/")
    if header.repository != here and not unnamed:
        raise ConfigurationError(
            f"The snapshot is of {wire.shortened(header.repository)}, and this store is {here!r}.",
            hint="Give a snapshot of this store, or another file name.",
        )
    # Times are whole seconds, and `since` includes the time itself.
    since = header.time - timedelta(seconds=1) if header.time is not None and not unnamed else None
    changed = [*repo.issues.listed(changed_since=since)] if since is not None else []
    if since is None or header.time is None or header.time > repo.backend.now():
        # Which store it is of, or until when, it does not tell: nothing of it is kept, but it must be a snapshot.
        for _ in old:
            pass
        with take(reader, choice, progress) as new:
            yield new
        return
    with Spool() as spool, ExitStack() as closing:
        active = {head.number: head for head in changed if head.status is Status.ACTIVE}
        retired = [head for head in changed if head.retired] if choice.history else []
        lists = choice.history and bool(active or retired) and bool(repo.backend.lag)
        known = closing.enter_context(fetched(repo, since)) if lists else None
        past = _past_of(reader, active, [head for head in retired if known is None or known.of(head.number)])
        active |= past
        entries, before = Entries(spool), dict[int, Entry]()
        numbers = {head.number for head in changed} | {*past}
        for entry in old:
            if entry.number in numbers:
                before[entry.number] = entry
            else:
                entries.add(entry)
        wanted = [head for _, head in sorted(active.items()) if all(map(head.has_label, choice.labels))]
        expect(progress, partial(len, wanted))

        def keep(head: ObjectIssue) -> None:
            """What cannot be told any more stays as it was published last."""
            if head.number in before:
                entries.add(before[head.number])

        going_on = {number: entry for number, entry in before.items() if number not in past}
        view = _forward(reader, known, header.time, going_on) if choice.history else partial(_plain, reader)
        for entry in each(reader, iter(wanted), view, choice.prefix, progress, keep):
            entries.add(entry)
        time = max((head.issue.updated_at for head in changed), default=header.time)
        yield Snapshot(choice.header(repo, time), entries)


def _past_of(reader: Reader, active: dict[int, ObjectIssue], retired: Sequence[ObjectIssue]) -> dict[int, ObjectIssue]:
    """The issues, by number, in which objects go on that were in these before: their whole logs are read anew."""
    by_id = {head.object_id: head for head in active.values()}
    found = (by_id.get(head.object_id) or current(reader, head) for head in retired)
    return {head.number: head for head in found if head is not None}


def _plain(reader: Reader, head: ObjectIssue) -> Entry:
    return Entry.of(reader.view(head))


def _forward(
    reader: Reader, known: Fetched | None, since: datetime, before: dict[int, Entry]
) -> Callable[[ObjectIssue], Entry]:
    historian = Historian(reader, known, since)
    return lambda head: historian.entry(head, before.get(head.number))
