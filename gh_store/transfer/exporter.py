"""Objects with their logs, out of a store."""

from collections.abc import Iterator

from gh_store import wire
from gh_store.collection.listing import Progress, list_issues
from gh_store.issues.object_issue import ObjectIssue, Status
from gh_store.objects.inputs import is_ours
from gh_store.reading.history import decisions_of
from gh_store.reading.reader import Reader
from gh_store.transfer.records import Record, recorded


def record_of(reader: Reader, head: ObjectIssue) -> Record:
    """An object and its whole log. Raises IntegrityError if its issue does not tell its id any more."""
    reading = reader.read(reader.identified(head), whole=True)
    obj, config = reading.object, reader.config
    return Record(
        object_id=obj.meta.object_id,
        data=obj.data,
        repository=reader.backend.repository,
        issue_number=obj.meta.issue_number,
        version=obj.meta.version,
        labels=tuple(label.name for label in reading.head.issue.labels if not is_ours(label.name, config)),
        deleted=reading.head.status is Status.DELETED,
        events=tuple(recorded(decision, pending=pending) for decision, pending in decisions_of(reader, reading)),
    )


def records(reader: Reader, *, deleted: bool, progress: Progress) -> Iterator[Record]:
    """All objects with their logs; the deleted ones too if they are asked for."""
    wanted = [reader.config.base_label, *([wire.ARCHIVED_LABEL] if deleted else [])]
    seen = set[int]()
    for label in wanted:
        for head in list_issues(reader.issues, [label]).heads:
            last = not head.has_label(wire.RETIRED_LABEL)
            kept = head.status is Status.ACTIVE or (deleted and head.status is Status.DELETED and last)
            if kept and not head.incomplete and head.issue.number not in seen:
                seen.add(head.issue.number)
                yield record_of(reader, head)
                progress()
