"""What is wrong with what is stored: logs are replayed and compared. Repairs are told, and done by `repair`."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from gh_store import wire
from gh_store.access.lookup import author_of
from gh_store.collection.listing import Progress, expect
from gh_store.domain.commands import command
from gh_store.domain.exceptions import AccessError, BackendUnavailable, GitHubStoreError, ObjectNotFound, RateLimited
from gh_store.domain.findings import Finding, Kind, RepairResult
from gh_store.issues.chain import Chains
from gh_store.issues.object_issue import ObjectIssue, Status
from gh_store.maintenance.compare import IMPORT, REPAIR, SWEEP, compare, finding
from gh_store.maintenance.repair import Repairs
from gh_store.processing.processor import Processor


@dataclass(frozen=True, slots=True)
class ExamineResult:
    """
    One issue, looked over.

    Attributes:
        findings: What is wrong with it, or worth a look.
        repair: Puts right what can be derived, or None if there is nothing to repair.
        doing: What `repair` does, in words.
    """

    findings: Sequence[Finding]
    repair: Callable[[], object] | None = None
    doing: str = ""


class Verifier:
    """Replays logs and compares."""

    def __init__(self, processor: Processor) -> None:
        self.processor = processor
        self.reader = processor.reader
        self.repo = processor.repo
        self._repairs = Repairs(processor)

    def examine(self, wanted: Collection[str], progress: Progress) -> Iterator[ExamineResult]:
        """
        Look over these objects, or all of them.

        Raises ObjectNotFound, before anything is looked at, for an id that no issue and no label knows.
        """
        groups: dict[str, list[ObjectIssue]] = {}
        strays: list[ObjectIssue] = []
        labels = set[str]()
        for head in self.repo.issues.listed():
            labels.update(label.name.lower() for label in head.issue.labels)
            known = self._claimed(head)
            if known is not None and known.object_id is not None:
                groups.setdefault(known.object_id, []).append(known)
            elif known is not None:
                strays.append(known)
        gone = list(self._gone(wanted, groups, labels))
        expect(progress, partial(len, wanted or groups))
        for object_id in sorted(wanted or groups):
            yield from self._object(object_id, groups.get(object_id, []))
            progress()
        if not wanted:
            yield from (ExamineResult([_stray(head)]) for head in strays)
        yield from gone

    def repair(self, wanted: Collection[str], progress: Progress, *, dry_run: bool) -> Iterator[RepairResult]:
        """Repair what can be; go on past an object in trouble, but not past a limit that is not waited out."""
        for examined in self.examine(wanted, progress):
            if examined.repair is None:
                continue
            first = examined.findings[0]
            due = (finding.kind for finding in examined.findings if finding.damage or finding.kind is Kind.PENDING)
            done = RepairResult(first.object_id, first.issue_number, tuple(dict.fromkeys(due)), examined.doing)
            try:
                if not dry_run:
                    examined.repair()
                yield done
            except GitHubStoreError as error:
                yield replace(done, error=error)
                if isinstance(error, RateLimited):
                    return

    # --- which issues -----------------------------------------------------------------------------

    def _claimed(self, head: ObjectIssue) -> ObjectIssue | None:
        """The head of an issue that is, was, or says it is an object; None for any other issue."""
        if head.status is not Status.NO_OBJECT:
            return self.reader.identified(head)
        if head.issue.is_pull_request:
            return None
        title = wire.read_title(head.issue.title, None, self.repo.config.uid_prefix)
        if title.checkpoint is not None:
            return replace(head, object_id=title.object_id, checkpoint=title.checkpoint)
        return head if head.has_label(self.repo.config.base_label) else None

    def _gone(self, wanted: Collection[str], groups: Collection[str], labels: set[str]) -> Iterator[ExamineResult]:
        """Ids whose label is there, and no issue that has it."""
        prefix = self.repo.config.uid_prefix
        there = self.repo.retry.read(self.repo.backend.list_labels)
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
            found = (
                f"The label {name} is on no issue: the issue was deleted, transferred or converted, or its creation "
                "was cut before there was one."
            )
            remedy = f"{IMPORT} A transferred issue can be transferred back. If it shall be gone, delete the label."
            yield ExamineResult([Finding(Kind.GONE, name[len(prefix) :], None, found, remedy)])

    def _names(self, object_id: str) -> list[str]:
        """The labels that may stand for an id."""
        prefix = self.repo.config.uid_prefix
        plain = wire.plain_label(object_id, prefix)
        return [*([plain] if plain is not None else []), wire.hashed_label(object_id, prefix)]

    # --- one object -------------------------------------------------------------------------------

    def _object(self, object_id: str, heads: Sequence[ObjectIssue]) -> Iterator[ExamineResult]:
        authority = self.repo.authority
        doubted = [head for head in heads if head.status is Status.ACTIVE and not authority.confirms(head)]
        heads = [head for head in heads if head not in doubted]
        active = [head for head in heads if head.status is Status.ACTIVE]
        complete = [head for head in active if not head.incomplete]
        chains = Chains([head for head in heads if head in complete or head not in active], authority.earliest)
        held = chains.current()
        winner = authority.first(held)
        lives = Chains(heads, authority.earliest).all
        last = [chain[-1] for chain in lives]
        kept = [head for head in heads if head == winner or (head in last and head.status is Status.DELETED)]
        for head in heads:
            if head in kept:
                yield self._kept(head)
            elif head not in held and self._is_segment(head, lives):
                yield self._left(head, moving=any(each in held for chain in lives if head in chain for each in chain))
            elif head in complete and winner is not None:
                found = f"Issue {winner.number} holds this object too, and goes before it."
                remedy = f"`gh-store repair` withdraws issue {head.number}; its log stays there to be read."
                yield ExamineResult(
                    [finding(head, Kind.DUPLICATES, found, remedy)],
                    partial(self.repo.writer.withdraw, head),
                    f"withdraw issue {head.number}",
                )
            elif head in active:
                yield ExamineResult(
                    [finding(head, Kind.PENDING, "Its creation was cut.", SWEEP)],
                    partial(self._repairs.complete, head.number),
                    "complete the creation",
                )
            elif kept or active:
                yield self._withdrawn(head)
            else:
                yield self._unlabelled(head)
        yield from (ExamineResult([self._unconfirmed(head, object_id)]) for head in doubted)

    def _unconfirmed(self, head: ObjectIssue, object_id: str) -> Finding:
        found = f"It has the labels of {object_id!r}, and {author_of(head)}, who opened it, has no write permission."
        remedy = f"If it is the object, {command('adopt', object_id)} takes it over; else take its labels off."
        return Finding(Kind.UNCONFIRMED, object_id, head.number, found, remedy)

    def _is_segment(self, head: ObjectIssue, chains: Sequence[Sequence[ObjectIssue]]) -> bool:
        """True for an issue that is a part of an object, or was to be one, but not where the object is."""
        if head.status is Status.NO_OBJECT:
            return False
        if head.retired or head.after is not None:
            return head.status is not Status.WITHDRAWN or any(chain[-1] != head for chain in chains if head in chain)
        return any(head in chain[:-1] for chain in chains)

    def _left(self, head: ObjectIssue, *, moving: bool) -> ExamineResult:
        find, lose = partial(finding, head), partial(self._repairs.withdraw_rival, head)
        if head.status is Status.ACTIVE and head.drained:
            found = f"Its object has left it, and it has the label {self.repo.config.base_label}."
            return ExamineResult([find(Kind.LABELS, found, REPAIR)], lose, "take the label off")
        if head.status is Status.ACTIVE and not moving:
            found = "It continues an issue that another one continues, too."
            doing = f"withdraw issue {head.number}, and forward what is in it"
            return ExamineResult([find(Kind.DUPLICATES, found, REPAIR)], lose, doing)
        late = head.retired and self.processor.handover.has_late_events(head)
        if head.status is Status.ACTIVE or late or not head.settled:
            found = "Its object goes on in another issue, and what reached it was not forwarded yet."
            complete = partial(self._repairs.complete, head.number)
            return ExamineResult([find(Kind.PENDING, found, SWEEP)], complete, "complete it")
        if head.status is Status.WITHDRAWN and not head.retired:
            found = f"It lacks the label {wire.RETIRED_LABEL}, by which sweeps find what reaches it."
            put = partial(self.repo.writer.mark, head, add=[wire.RETIRED_LABEL])
            return ExamineResult([find(Kind.LABELS, found, REPAIR)], put, f"put back {wire.RETIRED_LABEL}")
        return ExamineResult([])

    def _withdrawn(self, head: ObjectIssue) -> ExamineResult:
        if not (head.status is Status.WITHDRAWN and head.issue.open and head.checkpoint is not None):
            return ExamineResult([])
        found = "It holds no object any more, and is open: what is written to it counts for nothing."
        close = partial(self.repo.writer.mark, head, open=False)
        return ExamineResult([finding(head, Kind.PENDING, found, REPAIR)], close, "close the issue")

    def _unlabelled(self, head: ObjectIssue) -> ExamineResult:
        """An issue that could hold the only copy of an object, and lacks labels."""
        find, config = partial(finding, head), self.repo.config
        if head.retired and head.seal is not None:
            found = "Its object was to go on in another issue, and that came to nothing."
            return ExamineResult(
                [find(Kind.PENDING, found, SWEEP)], partial(self._repairs.complete, head.number), "continue it anew"
            )
        if head.drained or head.retired:
            found = "The issue that its object has gone on in was deleted, transferred or converted."
            return ExamineResult([find(Kind.GONE, found, IMPORT)])
        labelled = self.repo.retry.read(lambda: self.repo.backend.labels_ever(head.number))
        ever = {name.lower(): name for name in labelled}
        # Adding `archived` is what deletes: whoever had it is a deleted object, and stays one.
        role = next((name for name in (wire.ARCHIVED_LABEL, config.base_label) if name.lower() in ever), None)
        if role is None:
            if head.status is Status.NO_OBJECT:
                return ExamineResult([])  # whoever may write titles can write one like ours
            found = "It is not an object, and no label is known that would have made it one: an import was cut."
            remedy = f"Run the import again. If it was an object, put {config.base_label} back by hand."
            return ExamineResult([find(Kind.WITHHELD, found, remedy)])
        assert head.object_id is not None
        uid = next((ever[name.lower()] for name in self._names(head.object_id) if name.lower() in ever), None)
        lost = [name for name in (wire.SYSTEM_LABEL, role, uid) if name is not None and not head.has_label(name)]
        if uid is None or not head.intact or not self.repo.authority.confirms(head):
            found = f"It has lost the label {role}, and its title or body was changed."
            return ExamineResult(
                [find(Kind.LABELS, found, f"Look at the issue; if it is the object, put the label {role} back.")]
            )
        found = f"It has lost the label{'' if len(lost) == 1 else 's'} {', '.join(lost)}, and is not an object without."
        put = partial(self._repairs.put_in_order, head, lost)
        return ExamineResult([find(Kind.LABELS, found, REPAIR)], put, f"put back {', '.join(lost)}")

    def _kept(self, head: ObjectIssue) -> ExamineResult:
        """The issue that holds an object, or a deleted one."""
        if head.status is Status.DELETED and not self.repo.authority.confirms(head):
            return ExamineResult([] if head.intact else [_overwritten(head)])
        try:
            findings = list(compare(self.reader, self.reader.read(head, whole=True)))
        except (AccessError, BackendUnavailable, RateLimited):
            raise
        except GitHubStoreError as error:
            if head.status is Status.DELETED:
                return ExamineResult([_overwritten(head)])
            kind = Kind.STATE if self.repo.authority.confirms_author(head) else Kind.FORGED
            return ExamineResult([finding(head, kind, error.message, error.hint)])
        lost = [] if head.has_label(wire.SYSTEM_LABEL) else [wire.SYSTEM_LABEL]
        if not any(each.damage or each.kind is Kind.PENDING for each in findings):
            return ExamineResult(findings)
        put = partial(self._repairs.put_in_order, head, lost)
        return ExamineResult(findings, put, "process it, and complete what is missing")


def _overwritten(head: ObjectIssue) -> Finding:
    found = f"It is deleted, and was overwritten by {author_of(head)}, who has no write permission any more."
    return finding(head, Kind.CHANGED, found, "Nobody reads it; GitHub's edit history has what it said.")


def _stray(head: ObjectIssue) -> Finding:
    found = "Neither its labels nor its title tell which object it holds."
    return Finding(Kind.LABELS, None, head.number, found, "Put its UID label or its title back by hand.")
