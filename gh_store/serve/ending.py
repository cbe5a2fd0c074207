"""The end of a process that serves: at a signal, within seconds, whatever its threads wait for; nothing is lost."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

THREADS: Final = "gh-store-"
"""What the names of threads begin with that may wait for a store."""

_LAST_MOMENT: Final = 1.0
"""Seconds that threads have to end, when nobody waits for what they do."""

_LAST_RESORT: Final = 9.0
"""Seconds after a signal when the process ends."""


@contextmanager
def until_signal(stop: Callable[[], None]) -> Iterator[None]:
    """While the block lasts, Ctrl-C and SIGTERM call `stop`; the process is over within seconds, with 0."""

    def ending(_: int, __: FrameType | None) -> None:
        last = threading.Timer(_LAST_RESORT, os._exit, (0,))
        last.daemon = True
        last.start()
        stop()

    before = {number: signal.signal(number, ending) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def leave_threads() -> None:
    """End the process, with 0, if threads of a store wait on for answers that nobody needs any more."""
    until = time.monotonic() + _LAST_MOMENT
    threads = [each for each in threading.enumerate() if each.name.startswith(THREADS)]
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    if any(thread.is_alive() for thread in threads):
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(0)
