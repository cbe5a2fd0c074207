"""Work on many items, a batch at a time: lazily, in bounded memory, past what fails."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

from gh_store.access.repository import Repository
from gh_store.domain.exceptions import GitHubStoreError, RateLimited

Item = TypeVar("Item")
Result = TypeVar("Result")
Workshop = TypeVar("Workshop")

_MOST: Final = 500
"""Items that are read ahead."""
_LONGEST: Final = 1.0
"""Seconds of a batch, and of reading ahead: others wait for its end, as does who wants to see results."""


def in_batches(
    repo: Repository,
    items: Iterable[Item],
    workshop: Callable[[], Workshop],
    do: Callable[[Workshop, Item], Result],
    failed: Callable[[Item, GitHubStoreError], Result],
) -> Iterator[Result]:
    """
    What becomes of each item, in order; told when it is durable.

    Items are read, and results handed out, between batches: whoever does that may use the store.

    Args:
        workshop: What the work is done with. It is made anew where a batch was undone, with all that it had seen.
        do: The work on one item. A GitHubStoreError of its is of this item alone.
        failed: What an error of an item comes to. After a limit that is not waited out, the rest is not tried.
    """
    using, limit = workshop(), None
    for ahead in _read_ahead(items, repo.retry.clock):
        while ahead:
            tried, results = list[Item](), list[Result]()
            end = repo.retry.clock() + _LONGEST
            try:
                with repo.backend.batch():
                    while ahead and (not tried or repo.retry.clock() < end):
                        tried.append(ahead.popleft())
                        try:
                            if limit is not None:
                                raise limit
                            results.append(do(using, tried[-1]))
                        except GitHubStoreError as error:
                            limit = error if isinstance(error, RateLimited) else limit
                            results.append(failed(tried[-1], error))
            except GitHubStoreError as error:  # nothing of the batch was kept
                using = workshop()
                results = [failed(item, error) for item in tried]
            yield from results


def _read_ahead(items: Iterable[Item], clock: Callable[[], float]) -> Iterator[deque[Item]]:
    ahead, end = deque[Item](), clock() + _LONGEST
    for item in items:
        ahead.append(item)
        if len(ahead) >= _MOST or clock() >= end:
            yield ahead
            ahead, end = deque[Item](), clock() + _LONGEST
    yield ahead
