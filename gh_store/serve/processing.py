"""Serve first, process after: one issue after the other is brought up to date, behind what readers see."""

from collections.abc import Callable
from typing import Final

from gh_store.domain.exceptions import AccessError, AuthMissing, GitHubStoreError, InsufficientScope, ObjectNotFound
from gh_store.logger import logger
from gh_store.serve.asking import POOLS, Asking
from gh_store.serve.gate import CLOSING
from gh_store.serve.queue import Queue, Want
from gh_store.serve.refresh import Looked
from gh_store.store import Store

_CREATION: Final = 15.0
"""Seconds that a creation under way is left to its creator: GitHub cuts off what takes longer."""


class Processing:
    """
    Args:
        store: Whose issues.
        asking: Asks GitHub.
        look: Called with the number of an issue that was processed: it is another now.
        clock: Seconds since the epoch.
        jitter: A number from 0 to 1, another each time.
        on: False to process nothing.

    Attributes:
        on: True for as long as there is the right to process.
        queue: The issues that wait.
    """

    def __init__(
        self,
        store: Store,
        asking: Asking,
        look: Callable[[int], object],
        *,
        clock: Callable[[], float],
        jitter: Callable[[], float],
        on: bool,
    ) -> None:
        self.on = on
        self.queue = Queue(0.0, POOLS["process"], None, jitter, patient=True)
        self._store = store
        self._asking = asking
        self._look = look
        self._clock = clock

    def __len__(self) -> int:
        """How many issues wait."""
        return len(self.queue)

    @property
    def next(self) -> float | None:
        """When the next one is due; None if none is before something ends."""
        return self.queue.next if self.on else None

    def after(self, looked: Looked) -> None:
        """An issue was looked at: there is something to do, or nothing any more."""
        if not looked.due:
            self.queue.drop(looked.number)
        elif self.on:
            want = Want(looked.comment_id, looked.updated_at)
            self.queue.hint(looked.number, want, self._clock(), delay=_CREATION if looked.begins else None)

    def take(self, now: float) -> tuple[int, Want, int] | None:
        """The next issue that is due."""
        return self.queue.take(now) if self.on else None

    async def run(self, number: int, want: Want, _: int) -> None:
        """Apply what is pending on an issue that was taken."""
        ended = False
        try:
            done = await self._asking.github("process", self._store.process, number, comment_id=want.comment_id)
            ended = done.applied + done.rejected > 0
        except ObjectNotFound:
            ended = True
        except CLOSING as error:
            if isinstance(error, AccessError) and not await self._may(error):
                logger.warning("This server processes nothing: {} {}", error, error.hint)
                self.on, ended = False, True
        except GitHubStoreError as error:
            logger.warning("Issue {} cannot be processed: {} {}", number, error, error.hint)
        finally:
            if ended:
                self.queue.done(number)
            else:
                self.queue.again(number, self._clock())  # until a look says that there is nothing to do
            self._look(number)

    async def _may(self, error: AccessError) -> bool:
        """False if it is the right that is missing, and not that one issue is locked: who may ask for rights writes."""
        if isinstance(error, AuthMissing):
            return False
        try:
            await self._asking.first("process", self._store.backend.permission, self._store.backend.owner)
        except InsufficientScope:
            return False
        except GitHubStoreError:
            return True
        return True
