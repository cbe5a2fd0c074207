"""Objects with their logs, out of a store."""

from collections.abc import Iterator

from gh_store import wire
from gh_store.collection.listing import Progress, confirmed, expect, holding, list_issues
from gh_store.domain.exceptions import IntegrityError
from gh_store.issues.object_issue import ObjectIssue, Status
from gh_store.logger import logger
from gh_store.objects.inputs import is_ours
from gh_store.reading.history import decisions_of
from gh_store.reading.reader import Reader
from gh_store.transfer.records import Record, recorded


def record_of(reader: Reader, head: ObjectIssue) -> Record:
    """An object and its whole log. Raises IntegrityError if its issue does not tell its id any more."""
    reading = reader.read(reader.identified(head), whole=True)
    obj, config = reading.object, reader.repo.config
    return Record(
        object_id=obj.meta.object_id,
        data=obj.data,
        repository=reader.repo.backend.repository,
        issue_number=obj.meta.issue_number,
        version=obj.meta.version,
        labels=tuple(label.name for label in reading.head.issue.labels if not is_ours(label.name, config)),
        deleted=reading.head.status is Status.DELETED,
        events=tuple(recorded(decision, pending=pending) for decision, pending in decisions_of(reader, reading)),
    )


def records(reader: Reader, *, deleted: bool, progress: Progress) -> Iterator[Record]:
    """All objects with their logs; the deleted ones too if they are asked for."""
    repo = reader.repo
    listing = list_issues(repo, [repo.config.base_label])
    expect(progress, listing.most)
    for head in holding(reader, listing.heads):
        yield from _told(reader, head)
        progress()
    for head in list_issues(repo, [wire.ARCHIVED_LABEL]).heads if deleted else ():
        last = not head.has_label(wire.RETIRED_LABEL)
        if head.status is Status.DELETED and last and not head.incomplete and confirmed(reader, head) is not None:
            yield from _told(reader, head)
            progress()


def _told(reader: Reader, head: ObjectIssue) -> Iterator[Record]:
    """The record of an object; a warning for one that cannot be told any more, which holds up no backup."""
    try:
        yield record_of(reader, head)
    except IntegrityError as error:
        if error.object_id is None:
            raise
        logger.warning("{} {}", error, error.hint)
