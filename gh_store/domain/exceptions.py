"""
One tree of errors. Each carries its facts as attributes and a hint that says what to do.

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
        message: One line that says what was wrong.
        hint: One line that says what to do.
        rejected: True if an event was written, and the processor (not a check before the first
            request) refused it.
        written: True if the event was written before this went wrong: who repeats the call gives
            `event_id`, or writes it twice.
        event_id: The event that was written, or None.
    """

    exit_code: ClassVar[int] = 1
    default_hint: ClassVar[str] = "Please report it."

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = self.default_hint if hint is None else hint
        self.rejected = False
        self.written = False
        self.event_id: str | None = None

    def tell_written(self, event_id: str) -> None:
        """Say that the event was written, and how to repeat the call without writing it twice."""
        self.written, self.event_id = True, event_id
        if not self.rejected:
            self.hint = f"{self.hint} The event was written: repeat the call with event_id {event_id!r}, or not at all."


class InvalidInput(GitHubStoreError):
    """What the caller gave cannot be used; nothing was written, unless `rejected` is True."""

    exit_code = 2
    default_hint = "Mend what was given, and try again."


class ConfigurationError(InvalidInput):
    """
    A setting, or a file that was named, cannot be used.

    Attributes:
        key: The dotted key of the setting, or None.
        file: The file that is at fault, or None.
    """

    default_hint = "Mend what is named, or name another file."

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
    """A value that is no JSON object, or that the store cannot hold."""

    default_hint = "An object is a JSON object at the top, without NaN or Infinity."


class InvalidUpdate(InvalidInput):
    """Changes that cannot be applied: of the wrong shape, or not to this state."""

    default_hint = "Read the object, and write the update anew against what is there."


class InvalidObjectID(InvalidInput):
    """An object id outside what titles and labels can carry."""

    default_hint = "An id has 1 to 165 characters, no control characters, no space at its ends."


class ValueTooLarge(InvalidInput):
    """
    A text over what an issue or a comment can hold.

    Attributes:
        size: Its length in characters as it would be written, or None if it was not measured.
        limit: The most that fits, in characters.
    """

    default_hint = "Split the object into several, or keep the bulk elsewhere and store its address."

    def __init__(
        self, message: str, *, size: int | None = None, limit: int | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.size = size
        self.limit = limit


class LogFull(InvalidInput):
    """
    An issue with so many comments that it takes no more, whoever wrote them; nothing was written.

    Attributes:
        comments: How many comments the issue has.
        limit: How many it takes.
    """

    default_hint = "Process the issue (`gh-store process-updates`): the object goes on in a new one. Then write again."

    def __init__(self, message: str, *, comments: int = 0, limit: int = 0, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.comments = comments
        self.limit = limit


class ObjectNotFound(GitHubStoreError):
    """There is no object of that id or number, or it was deleted."""

    exit_code = 3
    default_hint = "`gh-store list` shows the objects that there are."


class ObjectExists(GitHubStoreError):
    """An object of that id is there already."""

    exit_code = 3
    default_hint = "Use update, or delete the object first."


class DuplicateUIDError(GitHubStoreError):
    """
    Several active issues claim one object id.

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
    Somebody else was faster, or too much is pending already.

    Attributes:
        expected: The version that was expected, or the most comments that may be pending.
        actual: What was met instead.
    """

    exit_code = 4
    default_hint = "Read the object again, and repeat the update on its new version."

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
    """Credentials or rights are not enough."""

    exit_code = 5
    default_hint = "Use an identity that has the right."


class AccessDeniedError(AccessError):
    """The event of this user will not count."""

    default_hint = "Ask for write permission, or to be named in access.users."


class InsufficientScope(AccessError):
    """The user or token may not do this here."""

    default_hint = "Use an identity with write permission."


class AuthMissing(AccessError):
    """What was asked takes a token, and none was found."""

    default_hint = (
        "Set GH_TOKEN (for another server than github.com GH_ENTERPRISE_TOKEN), or log in with `gh auth login`."
    )


class AuthInvalid(AccessError):
    """The server does not know the token: mistyped, expired or revoked."""

    default_hint = "Make a new token; `gh-store doctor` tells where this one was found."


class RepoNotFoundOrUnauthorized(AccessError):
    """There is no such repository, or this token may not see it; GitHub does not tell which."""

    default_hint = "Look at the name, and let the token see the repository."


class RateLimited(GitHubStoreError):
    """
    Requests are refused for a while; this one was not carried out.

    Attributes:
        reset: When they are taken again (UTC), or None if nobody said.
        wait: Seconds until then, or None.
        own: True if the limit is `rate_limit.max_requests_per_hour`, and not the server's.
    """

    exit_code = 6
    default_hint = "Try again then; with rate_limit.on_limit: wait, gh-store waits by itself."

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
        outcome_unknown: True if what was asked may have been done all the same.
        transient: False if the same request will fail again until somebody does something.
    """

    exit_code = 6
    default_hint = "Try again later; a sweep (process-updates --all) completes what was cut off."

    def __init__(
        self, message: str, *, outcome_unknown: bool = True, transient: bool = True, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.outcome_unknown = outcome_unknown and transient
        self.transient = transient


class IntegrityError(GitHubStoreError):
    """
    What is stored contradicts itself, or a write did not take.

    Attributes:
        object_id: The one object that this is about, while others can be read; or None.
    """

    exit_code = 7
    default_hint = "`gh-store verify` tells what is wrong, and `gh-store repair` mends what can be mended."

    def __init__(self, message: str, *, object_id: str | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.object_id = object_id
