"""
The one door to loguru. The library is silent until a program says `logger.enable("gh_store")`.

It is opened late, where something is first to be logged: loguru takes longer to import than a short command takes to
run. What the program has said by then stays as it said it.

Messages quote what anybody may have written. Each stays on one line, whichever sink it goes to.
"""

from typing import TYPE_CHECKING

from loguru import logger as _loguru

from gh_store.domain.escapes import one_line

if TYPE_CHECKING:
    from loguru import Record

__all__ = ["logger"]


def _on_one_line(record: "Record") -> None:
    record["message"] = one_line(record["message"])


logger = _loguru.patch(_on_one_line)

# loguru has no public question for this. Where its answer is missing, the library is silent.
_said = [
    (name.removesuffix("."), on)
    for name, on in reversed(getattr(getattr(logger, "_core", None), "activation_list", ()))
    if name.startswith("gh_store.")
]
logger.configure(activation=[("gh_store", False), *_said])
