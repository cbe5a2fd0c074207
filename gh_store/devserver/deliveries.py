"""Webhooks on their way: signed, in order, each sent once."""

import hashlib
import hmac
import json
import queue
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

import urllib3

from gh_store.credentials import is_loopback
from gh_store.devserver.payloads import Payload, number_of
from gh_store.domain.exceptions import InvalidInput

_SECONDS: Final = 10.0
"""For which GitHub waits for an answer."""

_WAITING: Final = 100_000
"""Deliveries that wait for one that takes long; what comes then is lost, as all is while nobody listens."""


class Deliveries:
    """
    What is sent to one address, behind whoever changes something. No delivery is repeated.

    Args:
        url: An address of this machine.
        secret: What deliveries are signed with.
        failed: Told of each delivery that was not taken.
        timeout: Seconds to wait for an answer.
    Raises:
        InvalidInput: The address is none of this machine.
    """

    def __init__(
        self,
        url: str,
        secret: str,
        failed: Callable[[str], None] = lambda told: None,
        *,
        timeout: float = _SECONDS,
    ) -> None:
        check_webhook(url)
        self.url = url
        self._secret = secret.encode()
        self._failed = failed
        self._pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(total=timeout))
        self._waiting = queue.Queue[tuple[str, bytes] | None](_WAITING)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dev-server-webhooks", daemon=True)
        self._thread.start()

    def put(self, event: str, payload: Payload) -> None:
        """Send a payload after those before it."""
        try:
            self._waiting.put_nowait((event, json.dumps(payload, ensure_ascii=False).encode()))
        except queue.Full:
            self._failed(f"{self.url}: too many deliveries are waiting; {event} is lost")

    @property
    def waiting(self) -> int:
        """How many were not answered yet."""
        return self._waiting.unfinished_tasks

    def close(self) -> None:
        """Send nothing more; what is on its way is waited for."""
        self._closed.set()
        with suppress(queue.Full):  # then there is something to take, and it is not sent
            self._waiting.put_nowait(None)
        self._thread.join()
        self._pool.clear()

    def _run(self) -> None:
        while True:
            taken = self._waiting.get()
            if taken is None or self._closed.is_set():
                return
            self._send(*taken)
            self._waiting.task_done()

    def _send(self, event: str, body: bytes) -> None:
        try:
            answer = self._pool.request(
                "POST", self.url, body=body, headers=self._headers(event, body), redirect=False, preload_content=False
            )
            status = answer.status
            answer.close()  # nobody reads what it says
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            self._failed(f"{self.url}: {event} was not delivered: {type(error).__name__}")
            return
        if not 200 <= status < 300:
            self._failed(f"{self.url}: {event} was answered with {status}")

    def _headers(self, event: str, body: bytes) -> dict[str, str]:
        signature = hmac.new(self._secret, body, hashlib.sha256).hexdigest()
        old = hmac.new(self._secret, body, hashlib.sha1).hexdigest()
        return {
            "Accept": "*/*",
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/gh-store",
            "X-GitHub-Delivery": str(uuid.uuid4()),
            "X-GitHub-Event": event,
            "X-GitHub-Hook-ID": str(number_of("hook", self.url) % 10**9),
            "X-GitHub-Hook-Installation-Target-ID": str(number_of("target", self.url) % 10**9),
            "X-GitHub-Hook-Installation-Target-Type": "repository",
            "X-Hub-Signature": f"sha1={old}",
            "X-Hub-Signature-256": f"sha256={signature}",
        }


def check_webhook(url: str) -> None:
    """Raise InvalidInput for an address of another machine: what a dev server says is nothing to others."""
    try:
        split = urlsplit(url)
        fits = (
            split.scheme == "http" and is_loopback(split.hostname or "") and split.port != 0 and "@" not in split.netloc
        )
    except ValueError:
        fits = False
    if not fits:  # it is not shown: it may hold a password
        raise InvalidInput(
            "The dev server sends webhooks to loopback addresses only.",
            hint="Give one such as http://127.0.0.1:8080/api/v1/webhooks/github.",
        )
