"""Making an object: claim the id by its label, write the issue, settle who was first, finish."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from gh_store import wire
from gh_store.access.lookup import author_of
from gh_store.access.repository import Repository
from gh_store.domain.commands import command
from gh_store.domain.events import Draft, Event, Outcome
from gh_store.domain.exceptions import IntegrityError, ObjectExists
from gh_store.domain.values import JsonObject, Mode, StoredObject
from gh_store.issues.object_issue import ObjectIssue
from gh_store.processing.handover import creation_id
from gh_store.processing.processor import Processor
from gh_store.reading.values import stored


@dataclass(frozen=True, slots=True)
class Claim:
    """
    An id claimed by its label.

    Attributes:
        label: The label.
        nonce: What its description says as long as nobody else takes over.
        before: What the description said before, or None if this claim made the label, so that nobody had the id.
    """

    label: str
    nonce: str
    before: str | None = None

    @property
    def fresh(self) -> bool:
        """True if nobody had the id before."""
        return self.before is None

    def holds(self, head: ObjectIssue) -> bool:
        """True if nobody had the id before, nor, as an answer shows, took it over since."""
        ours = (each for each in head.issue.labels if each.name.lower() == self.label.lower())
        return self.fresh and any(each.description == self.nonce for each in ours)


def create(
    processor: Processor, object_id: str, data: JsonObject, extra_labels: Sequence[str]
) -> StoredObject:  # fmt: skip  # one line each: what it takes, what it yields
    """
    Create an object of checked id and data. Two may try the same id at once, and one of them wins.

    Raises:
        ObjectExists: There is one, or somebody else was first.
        IntegrityError: Somebody who has no write permission opened an issue with its labels.
        InsufficientScope: The current user may not make labels.
    """
    repo = processor.repo
    claimed = claim(repo, object_id)
    if not claimed.fresh:
        _must_be_free(processor, object_id, repo.issues.labelled(claimed.label, object_id))
        repo.wait_out_lag()
        _must_be_free(processor, object_id, repo.issues.newest(object_id))
        take_over(repo, claimed)
    labels = [wire.SYSTEM_LABEL, repo.config.base_label, claimed.label, *extra_labels]
    head = repo.writer.open(first_title(repo, object_id, data), wire.write_body(data), labels)
    if not claimed.holds(head):
        _settle(repo, claimed, head, object_id)
    # Who meets an incomplete creation completes it, so this may have been written before.
    closed = finish(processor, head, Draft(data, creation_id(head.number), attempt=2, initial_of=object_id))
    if not settled_by(closed, head):
        return processor.process(closed).object
    return stored(closed, closed.state())


def claim(repo: Repository, object_id: str) -> Claim:
    """Claim an id by its label. One that was there before is not taken over yet."""
    nonce = secrets.token_hex(8)
    plain = wire.plain_label(object_id, repo.config.uid_prefix)
    hashed = wire.hashed_label(object_id, repo.config.uid_prefix)
    for label in (plain, hashed) if plain is not None else (hashed,):
        if _make_label(repo, label, nonce):
            return Claim(label, nonce)
        known = repo.retry.read(lambda label=label: repo.backend.get_label(label))  # type: ignore[misc]  # mypy cannot infer a default's type
        if known is not None and label == plain and known.name != plain:
            continue  # the label of an id that differs by case
        return Claim(label, nonce, before=known.description if known is not None else "")
    raise IntegrityError(
        f"The label {hashed} is there in another case.", hint="Delete that label on GitHub: no object has it."
    )


def take_over(repo: Repository, claimed: Claim) -> None:
    """Make a label ours that was there before; what is created then is sealed, or labels could bring back what was."""
    repo.writer.describe(claimed.label, wire.write_claim_again(claimed.nonce))


def give_way(repo: Repository, claimed: Claim, head: ObjectIssue) -> None:
    """Withdraw, because somebody else was first; what the label said before we took it over, it says again."""
    repo.writer.withdraw(head)
    if claimed.before is not None:
        known = repo.retry.read(lambda: repo.backend.get_label(claimed.label))
        if known is not None and known.description == wire.write_claim_again(claimed.nonce):
            repo.writer.describe(claimed.label, claimed.before)


def _make_label(repo: Repository, label: str, nonce: str) -> bool:
    def is_ours() -> bool | None:
        known = repo.backend.get_label(label)
        return True if known is not None and known.description == nonce else None

    return repo.retry.write(lambda _: repo.backend.create_label(label, nonce), is_ours)


def _must_be_free(processor: Processor, object_id: str, active: list[ObjectIssue]) -> None:
    if not active:
        return
    first = processor.repo.authority.first(active)
    if first is None:
        raise IntegrityError(
            f"Issue {active[0].number} has the labels of {object_id!r}, but {author_of(active[0])}, who opened it, has "
            "no write permission.",
            hint=f"If it is the object, {command('adopt', object_id)} takes it over; else take its labels off.",
        )
    if all(head.incomplete for head in active):  # somebody's creation, cut or under way
        processor.process(first)
    raise ObjectExists(f"The object {object_id!r} exists: issue {first.number}.")


def _settle(repo: Repository, claimed: Claim, head: ObjectIssue, object_id: str) -> None:
    """Withdraw if another issue goes first."""
    repo.wait_out_lag()
    first = repo.authority.earliest([*repo.issues.newest(object_id), head])
    if first is not None and first.number != head.number:
        give_way(repo, claimed, head)
        raise ObjectExists(f"The object {object_id!r} exists: issue {first.number} was first.")


def finish(processor: Processor, head: ObjectIssue, begin: Draft) -> ObjectIssue:
    """Write the initial state that title and body of a new issue tell, its receipt, the seal if one is due; close."""
    repo = processor.repo
    comment = repo.comments.append(head.number, begin)
    repo.rights.require(comment.author)
    initial = Event(comment.id, comment.created_at, Mode.APPEND, begin.data, 0, initial=True)
    repo.receipts.leave(comment, initial, Outcome.APPLIED)
    return repo.writer.mark(processor.seal(head), open=False)


def settled_by(closed: ObjectIssue, opened: ObjectIssue) -> bool:
    """True if nothing else was written to a new issue until it was closed."""
    return closed.issue.title == opened.issue.title and closed.issue.comments == 1 and closed.intact


def first_title(repo: Repository, object_id: str, data: JsonObject) -> str:
    """The title of a new object: its version, no watermark, and the one comment that is about to be written."""
    return wire.write_title(object_id, 1, repo.backend.now(), 0, 1, data)
