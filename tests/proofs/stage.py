"""A repository with an object in it, and the programs and people that meet there."""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from functools import cache
from pathlib import Path
from typing import Any

from schedule import Program, Scheduled
from world import World

from gh_store import BackendUnavailable, IntegrityError, ObjectNotFound, Store
from gh_store import config as configuration
from gh_store.backends.testing.faults import Faults, FaultyBackend
from gh_store.domain.findings import Kind

CONFIG = configuration.load()
Scenario = Callable[["Stage"], list[Program]]
Page = Any
"""GitHub's pages in somebody's hands: a WebUI whose verbs wait for their turn."""


@cache
def template(opener: str | None, talk: int) -> tuple[bytes, float]:
    """The file of a repository with an object in it that somebody has opened, and its time; and what people say there."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "store.db", CONFIG)
        with world.closing:
            if opener is not None:
                world.user(opener, "write")
            world.store(opener).create("thing", {"n": 0})
            for number in range(talk):
                world.backend().create_comment(1, f"talk {number}")
            if talk:
                world.near().process_updates(1)
        return world.path.read_bytes(), world.clock.at


class Stage:
    """A repository, and what its programs have told."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.world = self._world(None, 0)
        self.written: list[str] = []  # what updates of `thing` have returned, in order
        self.left: list[str] = []  # and those of `left`
        self.blind = 0  # deletions that no run was told of yet: until then, counts may look as they were
        self.altered = False  # a leaver has altered comments: nothing may prove a state whose seal is on its way
        self.unreadable = False  # and the head
        self.to_repair: set[Kind] = set()  # what no run completes, but `repair` does
        self.unconfirmed: set[int] = set()  # issues that strangers opened and triagers labelled
        self.at_last: list[Callable[[Store], object]] = []  # what somebody does when all programs have ended

    def _world(self, opener: str | None, talk: int) -> World:
        data, at = template(opener, talk)
        self.path.write_bytes(data)
        world = World(self.path, CONFIG)
        world.clock.at = at
        return world

    def begin(self, opener: str | None = None, *, talk: int = 0) -> World:
        """Begin with an object that `opener` made, on whose issue people have talked so much."""
        self.world.closing.close()
        self.world = self._world(opener, talk)
        return self.world

    def cannot_tell(self) -> None:
        """An object's state cannot be told: only where somebody has altered what would prove it."""
        assert self.altered, "an object is unreadable"

    # --- programs ---------------------------------------------------------------------------------

    def program(
        self,
        name: str,
        do: Callable[[Store], object],
        user: str | None = None,
        cut: str = "",
        knows: Sequence[str] = (),
    ) -> Program:
        """
        What a program does with a store.

        Args:
            cut: Its connection is cut once, `verb before` or `verb after`; or `for good`, and so it ends.
            knows: Objects whose issues the store knows by number, as they are before all this.
        """
        cuts = Faults(clock=self.world.clock, cut=once(cut))
        backend = Scheduled(FaultyBackend(self.world.backend(user), cuts))
        store = Store(backend, self.world.config, sleep=self.world.clock.sleep)
        for object_id in knows:
            store.get(object_id)

        def begin(program: Program) -> None:
            backend.program = program
            with suppress(BackendUnavailable) if cut.endswith("for good") else nullcontext():
                do(store)

        return Program(name, begin)

    def person(self, name: str, do: Callable[[Callable[[str | None], Page]], object]) -> Program:
        """What people do by hand; `do` is told how to get at somebody's pages."""
        return Program(name, lambda program: do(lambda user: Scheduled(self.world.backend(user), program)))

    def writer(self, key: str, knows: Sequence[str] = (), cut: str = "", **options: Any) -> Program:
        def write(store: Store) -> None:
            try:
                store.update("thing", {key: 1}, **options)
            except ObjectNotFound:
                return
            except IntegrityError:
                self.cannot_tell()
                return
            self.written.append(key)

        return self.program(f"write-{key}", write, cut=cut, knows=knows)

    def knowing(self, key: str, **options: Any) -> Program:
        """A writer that knows the object's issue by its number, as it was before all this."""
        return self.writer(key, ["thing"], **options)

    def reader(self) -> Program:
        def read(store: Store) -> None:
            before, blind = list(self.written), self.blind
            try:
                data = store.get("thing").data
            except ObjectNotFound:
                return
            except IntegrityError:
                self.cannot_tell()
                return
            assert "evil" not in data, data
            if not blind and not self.blind:
                assert set(before) <= set(data), f"{before} were written before {data} was read"

        return self.program("read", read)

    def outsider(self) -> Program:
        """Who may not ask for anybody's rights."""

        def read(store: Store) -> None:
            try:
                data = store.get("thing").data
                assert "evil" not in data, data
            except ObjectNotFound:
                return
            except IntegrityError:
                self.cannot_tell()

        return self.program("look", read, "olga")

    def processor(self, name: str = "process", cut: str = "") -> Program:
        def process(store: Store) -> None:
            try:
                store.process_updates(1)
            except ObjectNotFound:
                return
            except IntegrityError:
                self.cannot_tell()

        return self.program(name, process, cut=cut)

    def sweeper(self) -> Program:
        return self.program("sweep", lambda store: store.process_pending())

    def deleter(self) -> Program:
        def delete(store: Store) -> None:
            try:
                store.delete("thing")
            except ObjectNotFound:
                return

        return self.program("delete", delete)


def once(where: str) -> Callable[[int, str], Any]:
    """Cut the connection the first time that it is at `verb before` or `verb after`, and from then on if `for good`."""
    verb, when, *for_good = where.split() or ("", "")
    met: list[str] = []

    def cut(_: int, asked: str) -> str | None:
        if met or asked != verb:
            return "before" if met and for_good else None
        met.append(asked)
        return when

    return cut
