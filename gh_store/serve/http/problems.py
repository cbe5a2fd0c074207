"""What an error of the store is in HTTP: one table."""

from typing import Final

from gh_store.domain import exceptions as errors
from gh_store.logger import logger
from gh_store.serve.cache import CacheDown
from gh_store.serve.http.message import Problem, retry
from gh_store.serve.served import Incomplete, UnknownCursor

_OURS: Final = "The account of this server is refused: tell whoever runs it. `gh-store doctor` says what it lacks."
_LATER: Final = "Try again later: the request may have to be sent again."
_PAUSE: Final = 10.0
"""Seconds after which to try again, where nobody says when."""

_STATUS: Final[tuple[tuple[type[errors.GitHubStoreError], int, str | None], ...]] = (
    (errors.InvalidObjectID, 400, None),
    (errors.InvalidObject, 422, None),
    (errors.InvalidUpdate, 422, None),
    (errors.ValueTooLarge, 413, None),
    (errors.LogFull, 409, None),
    (errors.ConfigurationError, 500, "Tell whoever runs this server."),
    (errors.InvalidInput, 400, None),
    (errors.ObjectNotFound, 404, "GET …/objects lists all objects."),
    (errors.ObjectExists, 409, "Leave out If-None-Match to replace what it holds."),
    (errors.DuplicateUIDError, 409, None),
    (errors.ConcurrentUpdateError, 412, "GET it again, and repeat the request with its new ETag in If-Match."),
    (errors.AccessError, 502, _OURS),
    (errors.RateLimited, 503, _LATER),
    (errors.BackendUnavailable, 503, _LATER),
    (errors.IntegrityError, 502, None),
    (errors.GitHubStoreError, 500, None),
)
"""The first class that an error is of decides: its status, and the hint where that of the command line does not fit."""


def problem_of(error: Exception) -> Problem:
    """The problem that an error is told as."""
    match error:
        case Problem():
            return error
        case errors.GitHubStoreError():
            return _of_the_store(error)
        case Incomplete():
            return Problem(
                503,
                "Incomplete",
                "The objects of this store were not all read yet, so a list would miss some.",
                "Try again in a moment; GET …/objects/{id} looks one up meanwhile.",
                retry(2),
            )
        case UnknownCursor():
            return Problem(
                410,
                "UnknownCursor",
                "What changed after this cursor is not known.",
                "Read all objects again, and go on with `cursor`.",
                more={"cursor": error.cursor},
            )
        case CacheDown():
            return Problem(503, "CacheDown", "The cache does not answer.", "Try again in a moment.", retry(1))
        case _:
            logger.opt(exception=error).error("internal error: {}", type(error).__name__)
            return Problem(500, "InternalError", f"Internal error: {type(error).__name__}.", "Please report it.")


def _of_the_store(error: errors.GitHubStoreError) -> Problem:
    status, hint = next((status, hint) for kind, status, hint in _STATUS if isinstance(error, kind))
    headers: dict[str, str] = {}
    match error:
        case errors.ConcurrentUpdateError() if error.expected is None:
            status, hint = 409, None
        case errors.ConcurrentUpdateError():
            pass
        case errors.RateLimited():
            headers = retry(error.wait if error.wait is not None else _PAUSE)
        case errors.BackendUnavailable():
            status, headers = (503, retry(_PAUSE)) if error.transient else (502, {})
        case _ if error.rejected:
            status = 422
    more = {"event_id": error.event_id} if error.event_id is not None else {}
    return Problem(status, type(error).__name__, error.message, hint or error.hint, headers, more)


def status_of(error: type[errors.GitHubStoreError]) -> int:
    """What an error of a class is told as, unless its facts say otherwise."""
    return next(status for kind, status, _ in _STATUS if issubclass(error, kind))
