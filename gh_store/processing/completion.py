"""What an earlier run was cut off from: receipts that are missing, and a close."""

from collections.abc import Iterable

from gh_store.access.repository import Repository
from gh_store.issues.object_issue import ObjectIssue, Status
from gh_store.log.comments import Log, read_comment
from gh_store.log.decide import Decision
from gh_store.processing.handover import Handover
from gh_store.reading.reader import Reader
from gh_store.reading.values import Reading


def complete_receipts(reader: Reader, reading: Reading) -> None:
    """Leave the receipts that a run before this one was cut off from leaving."""
    head = reading.head
    if not head.issue.open and reading.watermark:
        return  # closing comes last, so none is missing; and what strangers write does not reopen an issue
    if not reading.proved:
        leave_missing(reader.repo, [decision for decision in reading.known if decision.creates])
        return
    missing = _without_receipt(reader.repo, head.number, reading.log, reading.watermark)
    if not missing:
        return
    replayed = reading if reading.known else reader.read(head, whole=True)
    decided = replayed.known if replayed.proved else ()
    leave_missing(reader.repo, (decision for decision in decided if decision.comment.id in missing))


def leave_missing(repo: Repository, decisions: Iterable[Decision]) -> None:
    """Leave the receipts of those decided events that show none, in the order given."""
    for decision in decisions:
        if not repo.receipts.shows(decision.comment):
            repo.receipts.leave(decision.comment, decision.event, decision.outcome)


def _without_receipt(repo: Repository, number: int, log: Log, watermark: int) -> set[int]:
    """Going back from the watermark, the events that count, down to the last that has a receipt."""
    missing: set[int] = set()
    for comment in repo.comments.backwards(number, log):
        event = read_comment(comment) if comment.id <= watermark else None
        if event is None or repo.receipts.passed_over(comment, event):
            continue
        if not repo.authority.is_authorised(comment, event):
            continue
        if repo.receipts.shows(comment):
            break
        missing.add(comment.id)
    return missing


def close(handover: Handover, head: ObjectIssue) -> ObjectIssue:
    """Close an issue, completing a deletion that was cut."""
    writer, base_label = handover.repo.writer, handover.repo.config.base_label
    if head.issue.open:
        head = writer.mark(head, open=False)
    if head.status is Status.DELETED and head.has_label(base_label):
        handover.archive_all(head)
        writer.mark(head, remove=[base_label])
    return head
