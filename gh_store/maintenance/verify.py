"""What is wrong with what is stored, and mending it from the log."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from gh_store import wire
from gh_store.collection.listing import Progress
from gh_store.domain.exceptions import AccessError, BackendUnavailable, GitHubStoreError, ObjectNotFound, RateLimited
from gh_store.domain.findings import Finding, Kind, RepairResult
from gh_store.domain.issues import Label
from gh_store.issues.object_issue import ObjectIssue, Status, current_issues, lines
from gh_store.processing.processor import Processor
from gh_store.reading.reader import Reading

_SWEEP: Final = "A sweep (process-updates --all) or `gh-store repair` does it."
_REPAIR: Final = "`gh-store repair` does it."
_EDIT: Final = f"An edit becomes an event, if it can be one; else the state is put back. {_SWEEP}"
_IMPORT: Final = "Import it from an export or a snapshot (`gh-store import`)."


@dataclass(frozen=True, slots=True)
class ExamineResult:
    """
    One issue, looked over.

    Attributes:
        findings: What is wrong with it, or worth a look.
        mend: Puts right what can be derived, or None if nothing is to be done.
        doing: What `mend` does, in words.
    """

    findings: Sequence[Finding]
    mend: Callable[[], object] | None = None
    doing: str = ""


class Verifier:
    """Replays logs and compares; and mends what is derived. Never touches an event."""

    def __init__(self, processor: Processor) -> None:
        self.processor = processor
        self.reader = processor.reader
        self.issues = processor.issues
        self.receipts = processor.receipts
        self.backend = processor.backend
        self.config = processor.config
        self.retry = processor.retry

    def examine(self, wanted: Collection[str], progress: Progress) -> Iterator[ExamineResult]:
        """
        Look over these objects, or all of them.

        Raises ObjectNotFound, before anything is looked at, for an id that no issue and no label knows.
        """
        groups: dict[str, list[ObjectIssue]] = {}
        strays: list[ObjectIssue] = []
        labels = set[str]()
        for head in self.issues.listed():
            labels.update(label.name.lower() for label in head.issue.labels)
            known = self._claimed(head)
            if known is not None and known.object_id is not None:
                groups.setdefault(known.object_id, []).append(known)
            elif known is not None:
                strays.append(known)
        gone = list(self._gone(wanted, groups, labels))
        for object_id in sorted(wanted or groups):
            yield from self._object(object_id, groups.get(object_id, []))
            progress()
        if not wanted:
            yield from (ExamineResult([_stray(head)]) for head in strays)
        yield from gone

    def repair(self, wanted: Collection[str], progress: Progress, *, dry_run: bool) -> Iterator[RepairResult]:
        """Mend what can be mended; go on past an object in trouble, but not past a limit that is not waited out."""
        for examined in self.examine(wanted, progress):
            if examined.mend is None:
                continue
            first = examined.findings[0]
            kinds = tuple(dict.fromkeys(finding.kind for finding in examined.findings if finding.damage))
            try:
                if not dry_run:
                    examined.mend()
                yield RepairResult(first.object_id, first.issue_number, kinds, examined.doing)
            except GitHubStoreError as error:
                yield RepairResult(first.object_id, first.issue_number, kinds, examined.doing, error)
                if isinstance(error, RateLimited):
                    return

    # --- which issues -----------------------------------------------------------------------------

    def _claimed(self, head: ObjectIssue) -> ObjectIssue | None:
        """The head of an issue that is, was, or says it is an object; None for any other issue."""
        if head.status is not Status.NO_OBJECT:
            return self.reader.identified(head)
        if head.issue.is_pull_request:
            return None
        title = wire.read_title(head.issue.title, None, self.config.uid_prefix)
        if title.checkpoint is not None:
            return ObjectIssue(head.issue, self.config, Status.NO_OBJECT, title.object_id, title.checkpoint)
        return head if head.has_label(self.config.base_label) else None

    def _gone(self, wanted: Collection[str], groups: Collection[str], labels: set[str]) -> Iterator[ExamineResult]:
        """Ids whose label is there, and no issue that has it."""
        prefix = self.config.uid_prefix
        there = self.retry.read(self.backend.list_labels)
        named = {name for object_id in groups for name in self._names(object_id)}
        ours = (name for name in there if name.lower().startswith(prefix.lower()))
        lost = {name for name in ours if name.lower() not in labels and name not in named}
        missing = set() if wanted else lost
        for object_id in wanted:
            if object_id not in groups:
                its = lost.intersection(self._names(object_id))
                if not its:
                    raise ObjectNotFound(f"There is no object {object_id!r}, and there never was.")
                missing |= its
        for name in sorted(missing):
            yield ExamineResult([
                Finding(
                    Kind.GONE, name[len(prefix) :], None,
                    f"The label {name} is on no issue: the issue was deleted, transferred or converted, or its "
                    "creation was cut before there was one.",
                    f"{_IMPORT} A transferred issue can be transferred back. If it shall be gone, delete the label.",
                )
            ])  # fmt: skip  # a finding is its kind, its place, and two sentences

    def _names(self, object_id: str) -> list[str]:
        """The labels that may stand for an id."""
        prefix = self.config.uid_prefix
        plain = wire.plain_label(object_id, prefix)
        return [*([plain] if plain is not None else []), wire.hashed_label(object_id, prefix)]

    # --- one object -------------------------------------------------------------------------------

    def _object(self, object_id: str, heads: Sequence[ObjectIssue]) -> Iterator[ExamineResult]:
        active = [head for head in heads if head.status is Status.ACTIVE]
        finished = [head for head in active if not head.incomplete]
        held = current_issues([head for head in heads if head in finished or head not in active])
        lives = lines(heads)
        last = [line[-1] for line in lives]
        kept = [head for head in heads if head in held[:1] or (head in last and head.status is Status.DELETED)]
        for head in heads:
            number = head.issue.number
            if head in kept:
                yield self._kept(head)
            elif head not in held and self._is_segment(head, lives):
                yield self._left(head, moving=any(each in held for line in lives if head in line for each in line))
            elif head in finished:
                yield ExamineResult(
                    [Finding(Kind.DUPLICATES, object_id, number,
                             f"Issue {held[0].issue.number} holds this object too, and was first.",
                             f"`gh-store repair` withdraws issue {number}; its log stays there to be read.")],
                    partial(self.issues.withdraw, head), f"withdraw issue {number}",
                )  # fmt: skip  # as above
            elif head in active:
                yield ExamineResult(
                    [Finding(Kind.PENDING, object_id, number, "Its creation was cut.", _SWEEP)],
                    partial(self._complete, number), "complete the creation",
                )  # fmt: skip  # as above
            elif kept or active:
                yield self._withdrawn(head)
            else:
                yield self._unlabelled(head)

    def _is_segment(self, head: ObjectIssue, lives: Sequence[Sequence[ObjectIssue]]) -> bool:
        """True for an issue that is a part of an object, or was to be one, but not where the object is."""
        if head.status is Status.NO_OBJECT:
            return False
        if head.retired or head.after is not None:
            return head.status is not Status.WITHDRAWN or any(line[-1] != head for line in lives if head in line)
        return any(head in line[:-1] for line in lives)

    def _left(self, head: ObjectIssue, *, moving: bool) -> ExamineResult:
        number, find = head.issue.number, partial(_finding, head)
        if head.status is Status.ACTIVE and head.drained:
            found = f"Its object has left it, and it has the label {self.config.base_label}."
            return ExamineResult([find(Kind.LABELS, found, _REPAIR)], partial(self._lose, head), "take the label off")
        if head.status is Status.ACTIVE and not moving:
            found = "It continues an issue that another one continues, too."
            doing = f"withdraw issue {number}, and forward what is in it"
            return ExamineResult([find(Kind.DUPLICATES, found, _REPAIR)], partial(self._lose, head), doing)
        if head.status is Status.ACTIVE or not head.settled:
            found = "Its object goes on in another issue, and what reached it was not forwarded yet."
            return ExamineResult([find(Kind.PENDING, found, _SWEEP)], partial(self._complete, number), "complete it")
        if head.status is Status.WITHDRAWN and not head.retired:
            found = f"It lacks the label {wire.RETIRED_LABEL}, by which sweeps find what reaches it."
            put = partial(self.issues.label, head, wire.RETIRED_LABEL, on=True)
            return ExamineResult([find(Kind.LABELS, found, _REPAIR)], put, f"put back {wire.RETIRED_LABEL}")
        return ExamineResult([])

    def _lose(self, head: ObjectIssue) -> None:
        self.processor.segments.retire(head)
        self._complete(head.issue.number)

    def _complete(self, number: int) -> None:
        with suppress(ObjectNotFound):  # it was withdrawn: another issue holds the object
            self.processor.process(number)

    def _withdrawn(self, head: ObjectIssue) -> ExamineResult:
        if not (head.status is Status.WITHDRAWN and head.issue.open and head.checkpoint is not None):
            return ExamineResult([])
        found = "It is no object any more, and open: what is written to it counts for nothing."
        finding = Finding(Kind.PENDING, head.object_id, head.issue.number, found, _REPAIR)
        return ExamineResult([finding], partial(self.issues.set_open, head, False), "close the issue")

    def _unlabelled(self, head: ObjectIssue) -> ExamineResult:
        """An issue that could hold the only copy of an object, and lacks labels."""
        number, config = head.issue.number, self.config
        if head.drained or head.retired:
            found = "The issue that its object has gone on in was deleted, transferred or converted."
            return ExamineResult([_finding(head, Kind.GONE, found, _IMPORT)])
        ever = {name.lower(): name for name in self.retry.read(lambda: self.backend.labels_ever(number))}
        # Adding `archived` is what deletes: whoever had it is a deleted object, and stays one.
        role = next((name for name in (wire.ARCHIVED_LABEL, config.base_label) if name.lower() in ever), None)
        if role is None:
            if head.status is Status.NO_OBJECT:
                return ExamineResult([])  # whoever may write titles can write one like ours
            finding = Finding(
                Kind.WITHHELD, head.object_id, number,
                "It is no object, and no label is known that would have made it one: an import was cut.",
                f"ProcessResult the import again. If it was an object, put {config.base_label} back by hand.",
            )  # fmt: skip  # as above
            return ExamineResult([finding])
        assert head.object_id is not None
        uid = next((ever[name.lower()] for name in self._names(head.object_id) if name.lower() in ever), None)
        lost = [name for name in (wire.SYSTEM_LABEL, role, uid) if name is not None and not head.has_label(name)]
        if uid is None or not head.intact:
            finding = Finding(
                Kind.LABELS, head.object_id, number,
                f"It has lost the label {role}, and its title or body was changed.",
                f"Look at the issue; if it is the object, put the label {role} back.",
            )  # fmt: skip  # as above
            return ExamineResult([finding])
        found = f"It has lost {_several('the label', lost)}, and is no object without."
        finding = Finding(Kind.LABELS, head.object_id, number, found, _REPAIR)
        return ExamineResult([finding], partial(self._in_order, head, lost), f"put back {', '.join(lost)}")

    def _kept(self, head: ObjectIssue) -> ExamineResult:
        """The issue that holds an object, or a deleted one."""
        number = head.issue.number
        try:
            reading = self.reader.read(head, whole=True)
            findings = list(self._compared(reading))
        except (AccessError, BackendUnavailable, RateLimited):
            raise
        except GitHubStoreError as error:
            return ExamineResult([Finding(Kind.STATE, head.object_id, number, error.message, error.hint)])
        lost = [] if head.has_label(wire.SYSTEM_LABEL) else [wire.SYSTEM_LABEL]
        if not any(finding.damage for finding in findings):
            return ExamineResult(findings)
        return ExamineResult(findings, partial(self._in_order, head, lost), "process it, and complete what is missing")

    def _compared(self, reading: Reading) -> Iterator[Finding]:
        head, log = reading.head, reading.log
        issue, checkpoint = head.issue, head.checkpoint
        find = partial(_finding, head)
        waiting = sum(not decision.creates for decision in reading.pending)
        if checkpoint is None:
            if issue.title == wire.withheld_title(head.object_id or ""):
                yield find(Kind.PENDING, "It was made by an older gh-store, and not brought up to date yet.", _SWEEP)
            else:
                yield find(Kind.TITLE, "Its title was replaced: it does not say what the body is worth.", _SWEEP)
                if reading.edit is not None:
                    yield find(Kind.STATE, "Its body is not what its log yields.", _EDIT)
        elif not head.intact:
            same = head.body is not None and wire.canonical(head.body) == wire.canonical(reading.state.data)
            if reading.edit is not None or not same:
                what = "changed by hand" if head.body is not None else "made something that is no JSON object"
                yield find(Kind.STATE, f"Its body was {what}.", _EDIT)
            elif not waiting:
                yield find(Kind.TITLE, "Its title was changed: it does not fit the body.", _SWEEP)
        if waiting:
            yield find(Kind.PENDING, f"{_several('event', waiting)} not applied yet.", _SWEEP)
        elif head.status is Status.DELETED and head.has_label(self.config.base_label):
            yield find(Kind.PENDING, "Its deletion was cut.", _SWEEP)
        elif head.intact and checkpoint is not None and issue.comments != checkpoint.comments:
            yield find(
                Kind.PENDING,
                f"It has {issue.comments:,} comments, and the last commit knew {checkpoint.comments:,}.",
                f"Talk is harmless. {_SWEEP}",
            )
        elif issue.open and head.intact:
            yield find(Kind.PENDING, "It is open, with nothing to do.", _SWEEP)
        if not head.has_label(wire.SYSTEM_LABEL):
            yield find(
                Kind.LABELS, f"It lacks the label {wire.SYSTEM_LABEL}, by which the published package lists.", _REPAIR
            )
        past = list(self.reader.past(reading))
        decided = [*reading.known, *(decision for replayed in past for decision in replayed.decisions)]
        if reading.proved and checkpoint is not None:
            without = sum(not self.receipts.shows(decision.comment) for decision in decided)
            if without:
                yield find(Kind.RECEIPTS, f"{_several('decided event', without)} without a receipt.", _REPAIR)
        edited = sorted({d.comment.id for d in decided if d.comment.edited})
        if head.intact and not (reading.proved and all(replayed.proved for replayed in past)):
            fewer = max(0, (checkpoint.comments if checkpoint else 0) - log.total)
            told = [f"{_several('comment', fewer)} fewer than the last commit knew"] if fewer else []
            told += [f"changed since: {', '.join(map(str, edited[:10]))}"] if edited else []
            yield find(
                Kind.CHANGED,
                f"Its log does not yield its state any more ({'; '.join(told) or 'comments were edited or deleted'}). "
                "The state stays as it was decided; versions before it cannot all be told.",
                f"GitHub's edit history of the comments, or an export, shows what they said. {_IMPORT}",
            )
        elif edited:
            yield find(
                Kind.CHANGED,
                f"Decided comments were changed since: {', '.join(map(str, edited[:10]))}. "
                "The state stays as it was decided.",
                "GitHub's edit history of the comments shows what they said.",
            )
        if issue.locked:
            yield find(Kind.LOCKED, "It is locked: nobody can leave a receipt.", "Unlock it before the next update.")

    # --- mending ----------------------------------------------------------------------------------

    def _in_order(self, head: ObjectIssue, labels: Sequence[str]) -> None:
        """Put labels back, process, and leave the receipts that are missing, in the order of the log."""
        for name in labels:
            self.issues.label(head, name, on=True)
        # A read could show the issue as it was before.
        put = tuple(Label(name) for name in labels)
        run = self.processor.process(self.issues.head(replace(head.issue, labels=(*head.issue.labels, *put))))
        reading = self.reader.read(run.head, whole=True)
        if reading.proved:
            past = (decision for replayed in self.reader.past(reading) for decision in replayed.decisions)
            self.processor.leave_missing(sorted([*past, *reading.known], key=lambda decision: decision.comment.id))


def _finding(head: ObjectIssue, kind: Kind, found: str, remedy: str) -> Finding:
    return Finding(kind, head.object_id, head.issue.number, found, remedy)


def _stray(head: ObjectIssue) -> Finding:
    found = "Neither its labels nor its title tell which object it holds."
    return Finding(Kind.LABELS, None, head.issue.number, found, "Put its UID label or its title back by hand.")


def _several(what: str, count: int | Sequence[str]) -> str:
    if isinstance(count, int):
        return f"{count:,} {what}{'' if count == 1 else 's'}"
    return f"{what}{'' if len(count) == 1 else 's'} {', '.join(count)}"
