"""What a store is like, in one line."""

from collections.abc import Callable

from gh_store.domain.counts import several
from gh_store.domain.issues import User
from gh_store.issues.object_issue import ObjectIssue, Status


class Summary:
    """The issues of a store, counted one by one."""

    def __init__(self) -> None:
        self.objects: dict[str, list[int]] = {}
        self.deleted = 0
        self.unsettled = 0
        self.orphans: list[str] = []

    @property
    def duplicates(self) -> dict[str, list[int]]:
        """Object id -> its issues, where there are several."""
        return {name: sorted(numbers) for name, numbers in sorted(self.objects.items()) if len(numbers) > 1}

    def add(self, head: ObjectIssue, trusts: Callable[[User | None], bool]) -> None:
        """Count an issue."""
        if head.status is Status.DELETED:
            self.deleted += 1
        elif head.status is Status.ACTIVE and not head.incomplete:
            name = head.object_id or f"issue {head.issue.number}"
            self.objects.setdefault(name, []).append(head.issue.number)
            if not trusts(head.issue.author):
                self.orphans.append(name)
        else:
            return
        self.unsettled += not head.settled

    def words(self) -> str:
        told = [f"{several('object', len(self.objects))}, {self.deleted} deleted, {self.unsettled} not settled"]
        if self.unsettled:
            told.append(f"gh-store process-updates --all settles {'it' if self.unsettled == 1 else 'them'}")
        if self.orphans:
            some = ", ".join(self.orphans[:5]) + (", …" if len(self.orphans) > 5 else "")
            told.append(f"{len(self.orphans)} whose creator can no longer write, but can still edit: {some}")
            told.append(f"gh-store adopt takes {'it' if len(self.orphans) == 1 else 'them'} over")
        return "; ".join(told)
