"""The names under which programs of the published package ask for objects."""

from collections.abc import Callable
from dataclasses import dataclass

from gh_store.domain.events import HistoryEntry
from gh_store.domain.values import StoredObject


@dataclass(frozen=True, slots=True)
class PublishedIssueHandler:
    """
    What such programs call `store.issue_handler`.

    Attributes:
        get_object: As Store.get.
        get_object_by_number: The object that an issue holds. Raises ObjectNotFound if it holds none.
        get_object_history: As Store.get_object_history.
    """

    get_object: Callable[[str], StoredObject]
    get_object_by_number: Callable[[int], StoredObject]
    get_object_history: Callable[[str], list[HistoryEntry]]
