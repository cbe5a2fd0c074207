"""A simple client that keeps connections busy, and what a program takes meanwhile. Linux tells the latter."""

import os
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Load:
    """
    What a program did.

    Attributes:
        answers: How many requests it answered as it should.
        others: Answers with another status.
        seconds: By the clock.
        processor: Seconds of it; 0 where the system does not tell.
    """

    answers: int
    others: int
    seconds: float
    processor: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds

    @property
    def each(self) -> float:
        """Microseconds of the processor for each answer."""
        return self.processor / max(1, self.answers + self.others) * 1e6


def processor(pid: int) -> float:
    """Seconds that a process took."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(told[11]) + int(told[12])) / _TICKS


def get(path: str, *headers: str) -> bytes:
    return "\r\n".join((f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", "")).encode()


def post(path: str, body: bytes, *headers: str) -> bytes:
    lines = (f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}", *headers, "", "")
    return "\r\n".join(lines).encode() + body


def load(
    port: int,
    pid: int,
    following: Callable[[], bytes | None],
    *,
    seconds: float,
    status: int = 200,
    connections: int = 16,
) -> Load:
    """Send one request after the other on each connection, until the time is over or there are no more."""
    selector, busy = selectors.DefaultSelector(), 0
    expected = b"HTTP/1.1 %d" % status
    answers = others = 0
    before, begun = processor(pid), time.perf_counter()
    for _ in range(connections):
        one: socket.socket = socket.create_connection(("127.0.0.1", port))
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if (request := following()) is not None:
            one.sendall(request)
            selector.register(one, selectors.EVENT_READ, bytearray())
            busy += 1
    until = begun + seconds
    while busy:
        now = time.perf_counter()
        for key, _ in selector.select(10.0):
            held = key.data
            assert isinstance(key.fileobj, socket.socket)
            one = key.fileobj
            held += one.recv(262_144)
            if not _is_whole(held):
                continue
            if held.startswith(expected):
                answers += 1
            else:
                others += 1
            held.clear()
            request = following() if now < until else None
            if request is None:
                selector.unregister(one)
                one.close()
                busy -= 1
            else:
                one.sendall(request)
    return Load(answers, others, time.perf_counter() - begun, processor(pid) - before)


def _is_whole(held: bytearray) -> bool:
    """True once all of an answer is there."""
    head, _, body = held.partition(b"\r\n\r\n")
    lower = head.lower()
    at = lower.find(b"content-length:")
    if at < 0:
        return b"chunked" not in lower or body.endswith(b"0\r\n\r\n")
    return len(body) >= int(lower[at + 15 :].partition(b"\r\n")[0])
