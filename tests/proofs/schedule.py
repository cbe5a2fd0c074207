"""
Programs whose requests a scheduler releases one at a time: every interleaving is one that GitHub could see.

The real code runs, each program in a thread of its own. A program stops before each of its requests until it is its turn.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from gh_store.backends.base import Backend

_FREE = ("as_user", "batch", "close", "now", "uninterrupted")


class Program:
    """One program: what it does, and where it stands."""

    def __init__(self, name: str, do: Callable[["Program"], object]) -> None:
        self.name = name
        self.done = False
        self.error: BaseException | None = None
        self.verb = "begin"
        self._go = threading.Semaphore(0)
        self._stopped = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, args=(do,), daemon=True)
        self._thread.start()
        self._stopped.acquire()

    def _run(self, do: Callable[["Program"], object]) -> None:
        self.turn("begin")
        try:
            do(self)
        except BaseException as error:  # noqa: BLE001  # told to who waits for it
            self.error = error
        self.done = True
        self._stopped.release()

    def turn(self, verb: str) -> None:
        """Stop, until the scheduler says go."""
        self.verb = verb
        self._stopped.release()
        self._go.acquire()

    def step(self) -> None:
        """Let it make one request, and run until the next."""
        self._go.release()
        self._stopped.acquire()


class Scheduled:
    """A backend in the hands of one program: once that has begun, each verb waits for its turn."""

    def __init__(self, backend: Backend, program: Program | None = None) -> None:
        self._backend = backend
        self.program = program

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._backend, name)
        if name in _FREE or not callable(found):
            return found

        def verb(*arguments: Any, **named: Any) -> Any:
            if self.program is not None:
                self.program.turn(name)
            return found(*arguments, **named)

        return verb


def run(programs: Sequence[Program], choose: Callable[[Sequence[int]], int], trace: list[str]) -> None:
    """Run programs to their end; `choose` says which of those that can go on goes on. `trace`: what was released."""
    while True:
        ready = [at for at, program in enumerate(programs) if not program.done]
        if not ready:
            return
        at = choose(ready)
        trace.append(f"{programs[at].name}:{programs[at].verb}")
        programs[at].step()
