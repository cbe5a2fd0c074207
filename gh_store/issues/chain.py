"""The issues of one object id, in the order in which an object went from one to the next. Pure."""

from collections.abc import Callable, Iterable, Sequence

from gh_store.issues.object_issue import ObjectIssue, Status

First = Callable[[Sequence[ObjectIssue]], ObjectIssue | None]
"""Which of several issues that claim the same place goes first, or None if none of them may have it."""


def lowest(heads: Sequence[ObjectIssue]) -> ObjectIssue | None:
    """The issue with the lowest number."""
    return min(heads, key=lambda head: head.number, default=None)


class Chains:
    """
    The lives of one object id, each from its first issue to its last, as far as these issues tell.

    Args:
        heads: The issues.
        first: Of several that continue the same issue, the one that goes on; the others are rivals, in no chain.
    """

    def __init__(self, heads: Iterable[ObjectIssue], first: First = lowest) -> None:
        self._known = {head.number: head for head in heads if head.status is not Status.NO_OBJECT}
        self._first = first
        self._following: dict[int, list[ObjectIssue]] = {}
        for head in self._known.values():
            if head.after is not None:
                self._following.setdefault(head.after.issue, []).append(head)
        begins = [head for head in self._known.values() if head.after is None]
        gone = sorted(number for number in self._following if number not in self._known)
        begins += [each for number in gone if (each := first(self._following[number])) is not None]
        self.all = [self._from(head) for head in sorted(begins, key=lambda head: head.number)]

    def _from(self, head: ObjectIssue) -> list[ObjectIssue]:
        chain = [head]
        while (following := self.after(chain[-1])) is not None:
            chain.append(following)
        return chain

    def after(self, head: ObjectIssue) -> ObjectIssue | None:
        """
        The issue that continues another one, or None.

        One that is continued itself has gone on, whoever may have left since; else the one that goes first. And what
        an object left before it was deleted is continued by what was deleted, which its id's next life tells nobody.
        """
        claim = self._following.get(head.number, ())
        continued = [each for each in claim if self.after(each) is not None]
        left = head.status is not Status.ACTIVE and head.seal is None
        gone = [each for each in claim if left and each.status is Status.DELETED]
        return self._first(continued or claim) or lowest(continued or gone)

    def of(self, head: ObjectIssue) -> list[ObjectIssue]:
        """The chain of the life that an issue belongs to, be it that it goes on there or is a rival."""
        here: ObjectIssue | None = head
        while here is not None:
            for chain in self.all:
                if any(each.number == here.number for each in chain):
                    return chain
            parent = here.after.issue if here.after is not None else 0
            beside = [chain for chain in self.all if chain[0].after is not None and chain[0].after.issue == parent]
            if beside:  # what both continue is gone
                return beside[0]
            here = self._known.get(parent)
        return [head]

    def current(self) -> list[ObjectIssue]:
        """
        The active issues that hold an object: several only if they do not continue each other.

        As long as an issue is active, what continues it holds nothing yet; but not if a hand gave it its label back.
        """
        held = []
        for chain in self.all:
            active = [head for head in chain if head.status is Status.ACTIVE]
            here = next((head for head in active if not head.drained), active[0] if active else None)
            if here is not None:
                held.append(here)
        return held
