"""The verbs of many objects, one after the other."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from gh_store.backends.retry import as_long_work
from gh_store.domain.findings import BulkResult
from gh_store.domain.values import JsonObject, Mode
from gh_store.objects import bulk
from gh_store.objects.inputs import checked_labels
from gh_store.store.base import Opened


class BulkVerbs(Opened):
    """
    Create, put and update many objects.

    Each verb is a generator over an iterable: nothing happens before its results are asked for, and memory does not
    grow with their number. Up to 500 items, or a second of them, are read ahead. On the embedded backend they commit
    together, and a result is told when it is durable; a program that dies leaves each object whole, or not there. On
    GitHub each item is a call by itself. An item in trouble does not stop the others; its error is in its result. A
    call without a token, where one is needed, raises AuthMissing at once.
    """

    def create_many(
        self, items: Iterable[tuple[str, JsonObject]], extra_labels: Sequence[str] | str | None = None
    ) -> Iterator[BulkResult]:
        """
        Create objects. What is there already with the same data is unchanged, so the call is safe to repeat.

        Args:
            items: Pairs of an object id and data.
            extra_labels: More labels for the issues of all of them, to list by.
        Returns:
            A result for each item, in order; its error is one that `create` raises.
        Raises:
            InvalidInput: An item is not a pair.
            InvalidObject, ValueTooLarge: The labels are not valid; nothing was written.
        """
        labels = checked_labels(extra_labels, self.config)
        self.backend.require_token()
        return as_long_work(bulk.create_many(self._updater, items, labels))

    def put_many(self, items: Iterable[tuple[str, JsonObject]]) -> Iterator[BulkResult]:
        """
        Create objects, or replace their data; what has the same data is unchanged, so the call is safe to repeat.

        Args:
            items: Pairs of an object id and data.
        Returns:
            A result for each item, in order.
        Raises:
            InvalidInput: An item is not a pair.
        """
        self.backend.require_token()
        return as_long_work(bulk.put_many(self._updater, items))

    def update_many(
        self,
        items: Iterable[tuple[str, JsonObject | list[Any]]],
        mode: Mode | str = Mode.APPEND,
        event_id: str | None = None,
    ) -> Iterator[BulkResult]:
        """
        Append an update event for each item, and wake the processor.

        The events of one object keep their order: where one could not be written, the later ones of its object are
        not tried, and have the same error.

        Args:
            items: Pairs of an object id and changes. An object may occur more than once.
            mode: As in `update`.
            event_id: A name of your own for the whole call, which makes it safe to repeat with the same items in the
                same order: each event is named after it, its place and its content, and what is there is unchanged.
                The log of each object is read for that. Without it, a repetition writes its events again.
        Returns:
            A result for each item, in order; its error is one that `update` raises, also for a mode that there is not.
        Raises:
            InvalidInput: An item is not a pair.
            InvalidUpdate: The event_id is not valid; nothing was written.
        """
        self.backend.require_token()
        return as_long_work(bulk.update_many(self._updater, items, mode, event_id))
