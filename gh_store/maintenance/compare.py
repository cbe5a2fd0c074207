"""One object that was read whole, against what its log yields: the findings."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from gh_store import wire
from gh_store.access.lookup import author_of
from gh_store.domain.counts import several
from gh_store.domain.events import Outcome
from gh_store.domain.findings import Finding, Kind
from gh_store.issues.object_issue import ObjectIssue, Status
from gh_store.log.comments import read_comment
from gh_store.log.decide import Decision
from gh_store.reading.proof import Replay
from gh_store.reading.reader import Reader
from gh_store.reading.values import Reading

SWEEP: Final = "`gh-store process-updates --all` (a sweep) or `gh-store repair` does it."
REPAIR: Final = "`gh-store repair` does it."
IMPORT: Final = "Import it from an export or a snapshot (`gh-store import FILE`)."
_EDIT: Final = f"An edit becomes an event, if it can be one; else the state is put back. {SWEEP}"


def finding(head: ObjectIssue, kind: Kind, found: str, remedy: str) -> Finding:
    """A finding about one issue."""
    return Finding(kind, head.object_id, head.number, found, remedy)


def compare(reader: Reader, reading: Reading) -> Iterator[Finding]:
    """What is wrong with an object, is pending, or is worth a look."""
    past = list(reader.past(reading))
    decided = [*reading.known, *(decision for replayed in past for decision in replayed.decisions)]
    yield from _head(reading)
    yield from _pending(reader, reading)
    yield from _labels(reading)
    if reading.proved and reading.head.checkpoint is not None:
        without = sum(not (reader.repo.receipts.shows(each.comment) or _may_have_been_talk(each)) for each in decided)
        if without:
            yield finding(
                reading.head, Kind.RECEIPTS, f"{several('decided event', without)} without a receipt.", REPAIR
            )
    yield from _past(reading, past, decided)
    yield from _overlooked(reader, reading)


def _may_have_been_talk(decision: Decision) -> bool:
    """True for an event that an edit may have made of a comment, and that changes nothing."""
    return decision.comment.edited and decision.outcome is Outcome.REJECTED


def _head(reading: Reading) -> Iterator[Finding]:
    """The title and the body, against what was committed."""
    head, find = reading.head, partial(finding, reading.head)
    if reading.forged:
        found = f"Its title or body was overwritten by {author_of(head)}, who has no write permission any more."
        yield find(Kind.FORGED, found, f"Reads show what was committed. {SWEEP} `gh-store adopt` ends such edits.")
    elif head.checkpoint is None and head.issue.title == wire.withheld_title(head.object_id or ""):
        yield find(Kind.PENDING, "It was made by an older gh-store, and not brought up to date yet.", SWEEP)
    elif head.checkpoint is None:
        yield find(Kind.TITLE, "Its title was replaced: it does not say what the body is worth.", SWEEP)
        if reading.edit is not None:
            yield find(Kind.STATE, "Its body is not what its log yields.", _EDIT)
    elif not head.intact:
        same = head.body is not None and wire.canonical(head.body) == wire.canonical(reading.state.data)
        if reading.edit is not None or not same:
            what = "changed by hand" if head.body is not None else "made something that is not a JSON object"
            yield find(Kind.STATE, f"Its body was {what}.", _EDIT)
        elif all(decision.creates for decision in reading.pending):
            yield find(Kind.TITLE, "Its title was changed: it does not fit the body.", SWEEP)


def _pending(reader: Reader, reading: Reading) -> Iterator[Finding]:
    head, find = reading.head, partial(finding, reading.head, Kind.PENDING)
    issue, at = head.issue, head.checkpoint
    waiting = sum(not decision.creates for decision in reading.pending)
    if waiting:
        yield find(f"{several('event', waiting)} not applied yet.", SWEEP)
    elif head.status is Status.DELETED and head.has_label(reader.repo.config.base_label):
        yield find("Its deletion was cut.", SWEEP)
    elif head.intact and not reading.forged and at is not None and issue.comments != at.comments:
        known = f"It has {several('comment', issue.comments)}, and the last commit knew {at.comments:,}."
        yield find(known, f"Talk is harmless. {SWEEP}")
    elif issue.open and head.intact:
        yield find("It is open, with nothing to do.", SWEEP)
    elif head.intact and not reading.forged and head.settled and not reader.repo.authority.is_settled(head):
        yield find("It is not sealed, so its author could change it unnoticed.", SWEEP)


def _labels(reading: Reading) -> Iterator[Finding]:
    head = reading.head
    if not head.has_label(wire.SYSTEM_LABEL):
        found = f"It lacks the label {wire.SYSTEM_LABEL}, by which the published package lists."
        yield finding(head, Kind.LABELS, found, REPAIR)
    if head.issue.locked:
        found = "It is locked: nobody can leave a receipt."
        yield finding(head, Kind.LOCKED, found, "Unlock it before the next update.")


def _past(reading: Reading, past: list[Replay], decided: list[Decision]) -> Iterator[Finding]:
    """What became of comments that were decided."""
    head = reading.head
    find = partial(finding, head, Kind.CHANGED)
    edited = sorted({decision.comment.id for decision in decided if decision.comment.edited})
    names = f"changed since: {', '.join(map(str, edited[:10]))}"
    if head.intact and not (reading.proved and all(replayed.proved for replayed in past)):
        fewer = max(0, (head.checkpoint.comments if head.checkpoint else 0) - reading.log.total)
        told = [f"{several('comment', fewer)} fewer than the last commit knew"] if fewer else []
        told += [names] if edited else []
        yield find(
            f"Its log does not yield its state any more ({'; '.join(told) or 'comments were edited or deleted'}). "
            "The state stays as it was decided; versions before it cannot all be told.",
            f"GitHub's edit history of the comments, or an export, shows what they said. {IMPORT}",
        )
    elif edited:
        yield find(
            f"Decided comments were {names}. The state stays as it was decided.",
            "GitHub's edit history of the comments shows what they said.",
        )


def _overlooked(reader: Reader, reading: Reading) -> Iterator[Finding]:
    """Events that count, and stand where everything is decided, without a decision on them."""
    if not reading.proved or not reading.watermark:
        return
    decided = {decision.comment.id for decision in reading.known}
    for comment in reading.log.comments:
        event = read_comment(comment) if comment.id <= reading.watermark and comment.id not in decided else None
        if event is None or reader.repo.receipts.passed_over(comment, event):
            continue
        if reader.repo.authority.is_authorised(comment, event):
            yield finding(
                reading.head,
                Kind.OVERLOOKED,
                f"Comment {comment.id} is an event that was never decided: its author had no write permission then, or "
                "edited it since.",
                "If it shall count, post it anew.",
            )
