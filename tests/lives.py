"""What may happen to the objects of a store, in any order: for laws about whatever is told of them."""

import os
from dataclasses import replace
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from world import MemoryWorld

from gh_store import config as configuration

MOST = 5
"""Comments of an issue, where objects go on in another one."""

REJECTED = '{"_data": [{"op": "remove", "path": "/none"}], "_meta": {"update_mode": "patch"}}'

NAMES = st.sampled_from(["a", "b"])
PAUSES = st.sampled_from([0, 1, 5])
HAPPENS = ("update", "update", "patch", "reject", "bare", "talk", "delete", "pending")
"""An object that is not there is created, whatever is to happen to it."""


def lives(*more: str) -> st.SearchStrategy[list[tuple[str, str, int, int | None]]]:
    """What happens, to which object, after how many seconds, and how long after it one looks; `more` may happen, too."""
    step = st.tuples(st.sampled_from([*HAPPENS, *more]), NAMES, PAUSES, st.none() | PAUSES)
    return st.lists(step, min_size=4, max_size=12)


def examples(count: int) -> settings:
    """So many examples, or as many as EXAMPLES says."""
    return settings(max_examples=int(os.environ.get("EXAMPLES", count)))


class Far(MemoryWorld):
    """A repository whose answers lag."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.faults.label_lag = 1.0


class Lives(Far):
    """Such a repository, where objects soon go on in another issue; `happen` does one thing."""

    def __init__(self, place: Path) -> None:
        super().__init__(place / "none", replace(configuration.load(), log_max_events=MOST))
        self._alive = set[str]()
        self._at = 0

    def happen(self, what: str, name: str, seconds: int) -> None:
        """Let something happen to an object."""
        self.clock.sleep(seconds)
        self._at += 1
        store = self.near()
        if name not in self._alive:
            store.create(name, {"at": self._at})
            self._alive.add(name)
            return
        number = store.get(name).meta.issue_number
        if what == "update":
            store.update(name, {"n": self._at, "deep": {str(self._at): self._at}}, process=True)
        elif what == "patch":
            patch = [{"op": "add", "path": f"/p{self._at}", "value": self._at}]
            store.update(name, patch, mode="patch", process=True)
        elif what == "delete":
            store.delete(name)
            self._alive.discard(name)
        elif what == "edit":  # of an event, whatever became of it, and in whichever issue
            events = [each["comment_id"] for each in store.get_object_history(name)]
            if events:  # what was edited may repeat what it was edited into
                self.backend().edit_comment(events[self._at % len(events)], f'{{"edited": {self._at}}}')
        else:
            texts = {"reject": REJECTED, "talk": "hello"}
            self.backend().create_comment(number, texts.get(what, '{"bare": 1}'))
            if what != "pending":
                self.settle()
                store.process_updates(number)
