"""A real terminal of a width of its own, with a command on it."""

import fcntl
import os
import pty
import struct
import sys
import termios
import traceback
from collections.abc import Callable

from loguru import logger
from shell import Shell

from gh_store.cli import main


def shown(shell: Shell, *command: str, width: int = 120, code: int = 0) -> str:
    """What a command writes to a terminal; it must end with this code. It runs in a copy of this process."""

    def run() -> None:
        logger.remove()
        main(command)

    return _written(shell, width, code, run)


def on_a_terminal(shell: Shell, *arguments: str, width: int = 120, code: int = 0) -> str:
    """What `python ARGUMENTS` writes there, in a process of its own."""
    return _written(shell, width, code, lambda: os.execv(sys.executable, [sys.executable, *arguments]))


def _written(shell: Shell, width: int, code: int, run: Callable[[], object]) -> str:
    pid, terminal = pty.fork()
    if pid == 0:
        _act(shell, width, run)
    written = b""
    try:
        while piece := os.read(terminal, 65_536):
            written += piece
    except OSError:  # Linux says so at the end
        pass
    os.close(terminal)
    text = written.decode().replace("\r\n", "\n")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == code, text
    assert "Traceback" not in text
    return text


def _act(shell: Shell, width: int, run: Callable[[], object]) -> None:
    """In the child: be a program on a terminal, and end."""
    code: object = 1
    try:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        os.chdir(shell.folder)
        os.environ.clear()
        os.environ.update(shell.environment)
        os.environ.pop("COLUMNS", None)
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
        sys.__stdout__ = sys.stdout  # type: ignore[misc]  # who asks for the width asks this one
        run()
    except SystemExit as ended:
        code = ended.code
        sys.stdout.flush()
    except BaseException:  # noqa: BLE001  # nothing of the test may go on here
        traceback.print_exc()
    os._exit(code if isinstance(code, int) else 0)
