"""What ends work that takes too long: one thread for all of it. One for each request costs as much as the request."""

import itertools
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final


class Deadlines:
    """
    Calls what is due, in a thread that lasts while anything may become due.

    What is called must be quick, and must not raise.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew: in a process that forks off, neither the thread goes on nor what it was to end."""
        self._changed = threading.Condition()
        self._due: dict[int, tuple[float, Callable[[], None]]] = {}
        self._numbers = itertools.count()
        self._looks = float("inf")  # when the thread looks again

    @contextmanager
    def within(self, seconds: float, late: Callable[[], None]) -> Iterator[None]:
        """Call `late` if the block takes longer; never once it has ended."""
        number, at = next(self._numbers), time.monotonic() + seconds
        with self._changed:
            self._due[number] = at, late
            if self._looks == float("inf"):
                threading.Thread(target=self._watch, name="gh-store-deadlines", daemon=True).start()
            if at < self._looks:
                self._looks = at
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._due.pop(number, None)

    def _watch(self) -> None:
        with self._changed:
            while self._due:
                self._looks = min(at for at, _ in self._due.values())
                self._changed.wait(self._looks - time.monotonic())
                now = time.monotonic()
                for number, (at, late) in list(self._due.items()):
                    if at <= now:
                        del self._due[number]
                        late()
            self._looks = float("inf")


DEADLINES: Final = Deadlines()
"""Those of this process."""

if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=DEADLINES.forget)
