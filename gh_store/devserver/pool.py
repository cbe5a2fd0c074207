"""A repository in the hands of its users, for several requests at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from gh_store.backends.testing.web_ui import WebUI


class Pool:
    """
    The pages of each user. A request has its own, so that one which waits for a locked file holds up no other.

    Args:
        owner: The repository as its owner sees and changes it.
    """

    def __init__(self, owner: WebUI) -> None:
        self._owner = owner
        self._opened: dict[str, list[WebUI]] = {owner.user.lower(): [owner]}
        self._free: dict[str, list[WebUI]] = {owner.user.lower(): [owner]}
        self._lock = threading.Lock()

    def first(self, login: str) -> WebUI:
        """The pages of a user that are lent first."""
        with self.lent(login):
            return self._opened[login.lower()][0]

    @contextmanager
    def lent(self, login: str) -> Iterator[WebUI]:
        """The pages of a user, to one at a time."""
        with self._lock:
            free = self._free.setdefault(login.lower(), [])
            pages = free.pop(0) if free else None
        if pages is None:
            pages = self._owner.as_user(login)
            with self._lock:
                self._opened.setdefault(login.lower(), []).append(pages)
        try:
            yield pages
        finally:
            with self._lock:
                free.insert(0, pages)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            for opened in self._opened.values():
                for pages in opened:
                    pages.close()
