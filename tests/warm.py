"""
The command without the start of Python: a process that has imported the package forks for each call.

A call is a process of its own, with the arguments, folder, environment and descriptors of who calls, and it goes
through the same entry point. What is about the start or the end of Python itself runs `python -m gh_store`.
"""

import importlib
import marshal
import os
import pkgutil
import runpy
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from places import ROOT

import gh_store

CALL = """
import _signal, _socket, marshal, os, sys
passed_on = (_signal.SIGINT, _signal.SIGTERM)
_signal.pthread_sigmask(_signal.SIG_BLOCK, passed_on)  # until there is somebody to pass them on to
told = {}
for each in os.listdir("/dev/fd"):
    try:
        if os.get_inheritable(int(each)) or int(each) < 3:
            told[int(each)] = None
    except OSError:
        pass
line = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
line.connect(sys.argv[1])
place = os.open(".", os.O_RDONLY)
passed = [place, *told]
line.sendmsg([marshal.dumps((passed, sys.argv[2:], dict(os.environb)))],
             [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, b"".join(fd.to_bytes(4, sys.byteorder) for fd in passed))])
line.shutdown(_socket.SHUT_WR)
child = int.from_bytes(line.recv(4), "big")
for number in passed_on:
    _signal.signal(number, lambda number, frame: os.kill(child, number))
_signal.pthread_sigmask(_signal.SIG_UNBLOCK, passed_on)
code = line.recv(1)
os._exit(code[0] if code else 128 + _signal.SIGKILL)
"""


@contextmanager
def command(folder: Path) -> Iterator[tuple[str, ...]]:
    """What to call for `gh-store`, as long as the block lasts."""
    place, script = folder / "socket", folder / "call.py"
    script.write_text(CALL)
    with subprocess.Popen(
        [sys.executable, __file__, str(place)], env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE
    ) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == b"ready\n"
            yield sys.executable, "-I", "-S", str(script), str(place)
        finally:
            server.kill()


def serve(place: str) -> None:
    """Answer calls until killed."""
    for module in pkgutil.walk_packages(gh_store.__path__, "gh_store."):
        if module.name != "gh_store.__main__":  # that is what is run
            importlib.import_module(module.name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(place)
        listening.listen(64)
        print("ready", flush=True)  # noqa: T201
        while True:
            line, _ = listening.accept()
            with line:
                if os.fork() == 0:
                    listening.close()
                    answer(line)


def answer(line: socket.socket) -> NoReturn:
    """In the child: be the command that was called, and tell its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    line.sendall(os.getpid().to_bytes(4, "big"))
    sent, descriptors, _, _ = socket.recv_fds(line, 10_000_000, 250)
    while piece := line.recv(1_000_000):
        sent += piece
    (_, *theirs), arguments, environment = marshal.loads(sent)
    code: Any = 1
    try:
        take_up(line, descriptors, theirs, environment)
        sys.argv = ["gh-store", *arguments]
        runpy.run_module("gh_store", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        code = ended.code
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        line.sendall(bytes([code if isinstance(code, int) else 1]))
        os._exit(0)


def take_up(line: socket.socket, descriptors: list[int], theirs: list[int], environment: dict[bytes, bytes]) -> None:
    """Be where the caller is, with what the caller has."""
    os.fchdir(descriptors[0])
    kept = [os.dup2(each, 300 + at) for at, each in enumerate(descriptors[1:])]
    os.dup2(line.fileno(), 299, inheritable=False)
    os.closerange(3, 299)
    line.detach()
    line.__init__(fileno=299)  # type: ignore[misc]  # the same connection, out of the way
    for number, each in zip(theirs, kept, strict=True):
        os.dup2(each, number)
        os.close(each)
    os.environ.clear()
    os.environ.update({os.fsdecode(name): os.fsdecode(value) for name, value in environment.items()})
    time.tzset()
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", buffering=1, errors="backslashreplace")  # noqa: SIM115
    sys.__stdin__, sys.__stdout__, sys.__stderr__ = sys.stdin, sys.stdout, sys.stderr  # type: ignore[misc]


if __name__ == "__main__":
    serve(sys.argv[1])
