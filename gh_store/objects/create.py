"""Making an object: claim the id by its label, write the issue, settle who was first, finish."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from gh_store import wire
from gh_store.domain.events import Event, Outcome
from gh_store.domain.exceptions import IntegrityError, ObjectExists
from gh_store.domain.values import JsonObject, Mode, StoredObject
from gh_store.issues.object_issue import ObjectIssue
from gh_store.processing.processor import Processor, creation_id
from gh_store.reading.reader import stored


@dataclass(frozen=True, slots=True)
class Claim:
    """
    An id claimed by its label.

    Attributes:
        label: The label.
        nonce: What its description says as long as nobody else takes over.
        fresh: True if this claim made the label, so that nobody had the id before.
    """

    label: str
    nonce: str
    fresh: bool

    def holds(self, head: ObjectIssue) -> bool:
        """True if nobody had the id before, nor, as an answer shows, took it over since."""
        ours = (each for each in head.issue.labels if each.name.lower() == self.label.lower())
        return self.fresh and any(each.description == self.nonce for each in ours)


class Creator:
    """Creates objects. Two may try the same id at once, and one of them wins."""

    def __init__(self, processor: Processor) -> None:
        self.processor = processor
        self.backend = processor.backend
        self.config = processor.config
        self.retry = processor.retry
        self.issues = processor.issues

    def create(self, object_id: str, data: JsonObject, extra_labels: Sequence[str]) -> StoredObject:
        """
        Create an object of checked id and data.

        Raises:
            ObjectExists: There is one, or somebody else was first.
            InsufficientScope: The current user may not make labels.
        """
        claim = self.claim(object_id)
        if not claim.fresh:
            self._must_be_free(object_id, self.issues.labelled(claim.label, object_id))
            self.retry.sleep(self.backend.lag)
            self._must_be_free(object_id, self.issues.newest(object_id))
            self.take_over(claim)
        # A new object's version, no watermark, and the one comment that is about to be written.
        title = wire.write_title(object_id, 1, self.backend.now(), 0, 1, data)
        body = wire.write_body(data)
        labels = [wire.SYSTEM_LABEL, self.config.base_label, claim.label, *extra_labels]
        head = self.issues.open(title, body, labels)
        if not claim.holds(head):
            self._settle(head, object_id)
        return self._finish(head, object_id, data)

    def claim(self, object_id: str) -> Claim:
        """Claim an id by its label. One that was there before is not taken over yet."""
        nonce = secrets.token_hex(8)
        plain = wire.plain_label(object_id, self.config.uid_prefix)
        hashed = wire.hashed_label(object_id, self.config.uid_prefix)
        for label in (plain, hashed) if plain is not None else (hashed,):
            if self._make_label(label, nonce):
                return Claim(label, nonce, True)
            known = self.retry.read(lambda label=label: self.backend.get_label(label))  # type: ignore[misc]  # mypy cannot infer a default's type
            if known is not None and label == plain and known.name != plain:
                continue  # the label of an id that differs by case
            return Claim(label, nonce, False)
        raise IntegrityError(f"The label {hashed} is there in another case.")

    def take_over(self, claim: Claim) -> None:
        """Make a label ours that was there before."""
        self.retry.read(lambda: self.backend.edit_label(claim.label, claim.nonce))

    def _make_label(self, label: str, nonce: str) -> bool:
        def is_ours() -> bool | None:
            known = self.backend.get_label(label)
            return True if known is not None and known.description == nonce else None

        return self.retry.write(lambda _: self.backend.create_label(label, nonce), is_ours)

    def _must_be_free(self, object_id: str, active: list[ObjectIssue]) -> None:
        if not active:
            return
        if all(head.incomplete for head in active):  # somebody's creation, cut or under way
            self.processor.process(active[0])
        raise ObjectExists(f"The object {object_id!r} exists: issue {active[0].issue.number}.")

    def _settle(self, head: ObjectIssue, object_id: str) -> None:
        """The lowest active number wins; withdraw if that is another."""
        self.retry.sleep(self.backend.lag)
        lowest = min((rival.issue.number for rival in self.issues.newest(object_id)), default=head.issue.number)
        if lowest < head.issue.number:
            self.issues.withdraw(head)
            raise ObjectExists(f"The object {object_id!r} exists: issue {lowest} was first.")

    def _finish(self, head: ObjectIssue, object_id: str, data: JsonObject) -> StoredObject:
        """Write the initial state, its receipt, and close."""
        number = head.issue.number
        # Who meets an incomplete creation completes it, so this may have been written before.
        comment = self.processor.comments.append(
            number, data, event_id=creation_id(number), attempt=2, initial_of=object_id
        )
        self.processor.access.require(comment.author)
        initial = Event(comment.id, comment.created_at, Mode.APPEND, data, 0, initial=True)
        self.processor.receipts.leave(comment, initial, Outcome.APPLIED)
        closed = self.issues.set_open(head, False)
        if closed.issue.title != head.issue.title or closed.issue.comments != 1:
            return self.processor.process(closed).object
        return stored(closed, closed.state())
