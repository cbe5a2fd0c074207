"""A Valkey of one's own, or a Redis: without a file, and on a socket."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final

from valkey import Valkey
from valkey.exceptions import ValkeyError

PROGRAM: Final = shutil.which("valkey-server") or shutil.which("redis-server")
MISSING: Final = "neither valkey-server nor redis-server is installed"


class ValkeyServer:
    """A server that can be killed, hung and started again."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="valkey-")  # the name of a socket is short
        self.socket = Path(self._folder.name) / "socket"
        self.address = f"unix://{self.socket}"
        self._program: subprocess.Popen[bytes] | None = None

    @property
    def client(self) -> Valkey:
        return Valkey(unix_socket_path=str(self.socket))

    def start(self, *options: str) -> None:
        """Start it, empty but for what it saved, and wait until it answers."""
        assert PROGRAM is not None, MISSING
        defaults = ("--port", "0", "--save", "", "--appendonly", "no", "--unixsocket", str(self.socket))
        self._program = subprocess.Popen(
            [PROGRAM, *defaults, "--dir", self._folder.name, *options], stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 20
        with self.client as client:
            while True:
                try:
                    client.ping()
                except ValkeyError:
                    assert self._program.poll() is None, "it ended"
                    assert time.monotonic() < deadline, "it does not answer"
                    time.sleep(0.005)
                else:
                    return

    def kill(self) -> None:
        if self._program is not None:
            self._program.kill()
            self._program.wait()
            self._program = None

    def hang(self) -> None:
        """It takes what is sent, and answers nothing."""
        assert self._program is not None
        os.kill(self._program.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._program is not None
        os.kill(self._program.pid, signal.SIGCONT)

    def close(self) -> None:
        self.kill()
        self._folder.cleanup()


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
