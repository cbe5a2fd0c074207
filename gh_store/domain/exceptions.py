"""
One tree of errors. Each has its facts as attributes, and a hint that says what to do.

    GitHubStoreError
    ├── InvalidInput                     exit 2: the caller's input, or a limit
    │   ├── ConfigurationError
    │   ├── InvalidObject
    │   ├── InvalidUpdate
    │   ├── InvalidObjectID
    │   ├── ValueTooLarge
    │   └── LogFull
    ├── ObjectNotFound                   exit 3
    ├── ObjectExists
    ├── DuplicateUIDError
    ├── ConcurrentUpdateError            exit 4
    ├── AccessError                      exit 5: credentials and rights
    │   ├── AuthMissing
    │   ├── AuthInvalid
    │   ├── InsufficientScope
    │   ├── RepoNotFoundOrUnauthorized
    │   └── AccessDeniedError
    ├── RateLimited                      exit 6: try later
    ├── BackendUnavailable
    └── IntegrityError                   exit 7
"""

from datetime import datetime
from pathlib import Path
from typing import ClassVar


class GitHubStoreError(Exception):
    """
    The root of every error that this package raises on purpose.

    Attributes:
        message: One line that says what is wrong.
        hint: One line that says what to do.
        rejected: True if an event was written and the processor rejected it. False if a check before
            the first request failed.
        written: True if the event was written before this error: whoever repeats the call gives
            `event_id`, or writes the event twice.
        in_doubt: True if a write was not answered, and it could not be told whether it happened.
        event_id: The event that was written, or may have been; or None.
    """

    exit_code: ClassVar[int] = 1
    default_hint: ClassVar[str] = "Please report it."

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = self.default_hint if hint is None else hint
        self.rejected = False
        self.written = False
        self.in_doubt = False
        self.event_id: str | None = None

    def __str__(self) -> str:
        return self.message

    def tell_written(self, event_id: str) -> None:
        """Say that the event was written, and how to repeat the call without writing it twice."""
        self.written, self.event_id = True, event_id
        if not self.rejected:
            self.hint = f"{self.hint} The event was written: repeat the call with event_id {event_id!r}, or not at all."

    def tell_in_doubt(self, event_id: str) -> None:
        """Say that the event may have been written, and how to repeat the call without writing it twice."""
        self.event_id = event_id
        self.hint = f"{self.hint} The event may have been written: repeat the call with event_id {event_id!r}."


class InvalidInput(GitHubStoreError):
    """The input is invalid. Nothing was written, unless `rejected` is True."""

    exit_code = 2
    default_hint = "Correct the input, and try again."


class ConfigurationError(InvalidInput):
    """
    A setting or a file is invalid.

    Attributes:
        key: The dotted key of the setting, or None.
        file: The file, or None.
    """

    default_hint = "Correct it, or give another file."

    def __init__(
        self,
        message: str,
        *,
        key: str | None = None,
        file: Path | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.key = key
        self.file = file


class InvalidObject(InvalidInput):
    """A value that is not a JSON object, or that the store does not accept."""

    default_hint = "Give a JSON object: with strings as keys, without NaN and Infinity, at most 100 levels deep."


class InvalidUpdate(InvalidInput):
    """Changes that are malformed, or that do not apply to the current state."""

    default_hint = "Read the object, and write an update that applies to its current state."


class InvalidObjectID(InvalidInput):
    """An object id that titles or labels cannot contain."""

    default_hint = (
        "An id has 1 to 165 characters, not all of them invisible. No control characters, no spaces at the ends."
    )


class ValueTooLarge(InvalidInput):
    """
    Something that is too large: for an issue, a comment or a label, or for a patch to be applied.

    Attributes:
        size: Its length in characters as it would be written, or None if it was not measured.
        limit: The limit in characters.
    """

    default_hint = "Split the object into several, or keep the bulk elsewhere and store a link to it."

    def __init__(
        self, message: str, *, size: int | None = None, limit: int | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.size = size
        self.limit = limit


class LogFull(InvalidInput):
    """
    An issue that has as many comments as GitHub allows, whoever wrote them. Nothing was written.

    Attributes:
        comments: The number of comments on the issue.
        limit: The most that it can have.
    """

    default_hint = (
        "Process the issue (`gh-store process-updates --all`): the object moves to a new one. Then try again."
    )

    def __init__(self, message: str, *, comments: int = 0, limit: int = 0, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.comments = comments
        self.limit = limit


class ObjectNotFound(GitHubStoreError, KeyError):
    """The object was not found, or it was deleted. A KeyError, too, as `store[object_id]` raises one."""

    exit_code = 3
    default_hint = "`gh-store list` shows all objects."


class ObjectExists(GitHubStoreError):
    """An object with this id already exists."""

    exit_code = 3
    default_hint = "Use put to replace what it holds, or update to change it."


class DuplicateUIDError(GitHubStoreError):
    """
    Several active issues have the same object id.

    Attributes:
        issue_numbers: Their numbers, ascending.
    """

    exit_code = 3
    default_hint = "`gh-store repair` keeps the first, and withdraws the others."

    def __init__(self, message: str, *, issue_numbers: tuple[int, ...] = (), hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.issue_numbers = issue_numbers


class ConcurrentUpdateError(GitHubStoreError):
    """
    The object is not at the expected version, or too much is pending.

    Attributes:
        expected: The expected version, or the most comments that may be pending.
        actual: The actual version, or the number of comments pending.
    """

    exit_code = 4
    default_hint = "Read the object again, and repeat the update with its new version."

    def __init__(
        self,
        message: str,
        *,
        expected: int | None = None,
        actual: int | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.expected = expected
        self.actual = actual


class AccessError(GitHubStoreError):
    """The credentials or permissions are not sufficient."""

    exit_code = 5
    default_hint = "Use an account that has the permission."


class AccessDeniedError(AccessError):
    """The events of this user do not count."""

    default_hint = "Ask for write permission, or to be added to access.users."


class InsufficientScope(AccessError):
    """The user or the token lacks a permission."""

    default_hint = "Use an account with write permission."


class AuthMissing(AccessError):
    """A token is required, and none was found."""

    default_hint = (
        "Set GH_TOKEN (GH_ENTERPRISE_TOKEN for a server other than github.com), or log in with `gh auth login`."
    )


class AuthInvalid(AccessError):
    """The server does not accept the token: it is mistyped, expired or revoked."""

    default_hint = "Create a new token. `gh-store doctor` says where this one was found."


class RepoNotFoundOrUnauthorized(AccessError):
    """The repository does not exist, or the token may not read it; GitHub does not say which."""

    default_hint = "Check the name, and give the token access to the repository."


class RateLimited(GitHubStoreError):
    """
    A rate limit was reached. The request was not carried out.

    Attributes:
        reset: When the limit ends (UTC), or None if the server did not say.
        wait: Seconds until then, or None.
        own: True if the limit is `rate_limit.max_requests_per_hour`, and not one of the server.
    """

    exit_code = 6
    default_hint = "Try again then. With rate_limit.on_limit: wait, gh-store waits by itself."

    def __init__(
        self,
        message: str,
        *,
        reset: datetime | None = None,
        wait: float | None = None,
        own: bool = False,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.reset = reset
        self.wait = wait
        self.own = own


class BackendUnavailable(GitHubStoreError):
    """
    The backend did not answer, or not in time.

    Attributes:
        outcome_unknown: True if the request may have been carried out nevertheless.
        transient: False if the same request will fail again until somebody changes something.
    """

    exit_code = 6
    default_hint = "Try again later."

    def __init__(
        self, message: str, *, outcome_unknown: bool = True, transient: bool = True, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.outcome_unknown = outcome_unknown and transient
        self.transient = transient


class IntegrityError(GitHubStoreError):
    """
    The stored data is inconsistent, or a write had no effect.

    Attributes:
        object_id: The one object that this is about, while others can be read; or None.
    """

    exit_code = 7
    default_hint = "`gh-store verify` reports what is wrong, and `gh-store repair` repairs what can be repaired."

    def __init__(self, message: str, *, object_id: str | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.object_id = object_id
