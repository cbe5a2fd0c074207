"""GitHub's refusals as errors of the store: a limit, a missing right and a missing thing are three things."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from gh_store.domain.exceptions import (
    AuthInvalid,
    AuthMissing,
    BackendUnavailable,
    GitHubStoreError,
    InsufficientScope,
    IntegrityError,
    LogFull,
    ObjectNotFound,
    RateLimited,
    RepoNotFoundOrUnauthorized,
    ValueTooLarge,
)
from gh_store.domain.limits import MAX_COMMENTS, MAX_TEXT

_SECONDARY = ("secondary rate limit", "abuse detection", "submitted too quickly", "wait a few minutes")


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What the server answered.

    Attributes:
        status: The HTTP status.
        headers: Names in lower case.
        data: The JSON, or None if the answer had no JSON.
    """

    status: int
    headers: Mapping[str, str]
    data: Any = None

    @property
    def message(self) -> str:
        told = self.data.get("message") if isinstance(self.data, dict) else None
        return " ".join(str(told).split()) if told else f"status {self.status}"

    @property
    def date(self) -> datetime | None:
        """The server's clock."""
        try:
            return parsedate_to_datetime(self.headers["date"]).astimezone(UTC)
        except (KeyError, ValueError):
            return None

    def says(self, code: str) -> bool:
        """True if one of the answer's validation errors has this code, or says so in words."""
        errors = self.data.get("errors") if isinstance(self.data, dict) else None
        return any(code in str(error) for error in errors or ())


def rate_limited(answer: Answer) -> RateLimited | None:
    """
    The error of a refusal by a rate limit (403, 422 or 429), or None.

    Source: docs.github.com, "Rate limits for the REST API"; the headers are read in its order.
    """
    message = answer.message.lower()
    used_up = answer.headers.get("x-ratelimit-remaining") == "0" and "rate limit exceeded" in message
    secondary = any(words in message for words in _SECONDARY)
    if not (answer.status == 429 or (answer.status in (403, 422) and (used_up or secondary))):
        return None
    now = answer.date or datetime.now(UTC)
    wait = _seconds(answer.headers.get("retry-after"))
    if wait is None and (used_up or answer.headers.get("x-ratelimit-remaining") == "0"):
        reset = _seconds(answer.headers.get("x-ratelimit-reset"))
        wait = max(0.0, reset - now.timestamp()) + 1 if reset is not None else None
    until = now + timedelta(seconds=wait) if wait is not None else None
    which = "rate limit" if used_up else "secondary rate limit"
    return RateLimited(
        f"GitHub's {which} is reached{f' until {until:%Y-%m-%d %H:%M:%S} UTC' if until else ''}.",
        reset=until,
        wait=wait,
    )


def _seconds(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def refusal(answer: Answer, what: str, repository: str, *, has_token: bool) -> GitHubStoreError:
    """
    The error of any other refusal. What a 404 means, only the caller knows.

    Args:
        what: What was asked for, in words.
    """
    status, message = answer.status, answer.message
    lower = message.lower()
    if status == 401:
        if has_token:
            return AuthInvalid("GitHub does not accept this token.")
        return AuthMissing(f"GitHub requires a token to {what}.")
    if status == 403:
        return _forbidden(answer, what, repository, lower)
    if status == 410:
        if "disabled" in lower:
            return RepoNotFoundOrUnauthorized(
                f"The issues of {repository} are turned off.", hint="Turn them on: Settings, General, Features."
            )
        return ObjectNotFound("The issue was deleted.")
    if status == 422 and (answer.says("too long") or "too long" in lower):
        return ValueTooLarge(f"GitHub refused to {what}: the text is too long.", limit=MAX_TEXT)
    if status >= 500:
        return BackendUnavailable(f"GitHub answered {status} when asked to {what}.")
    if status < 400:
        return IntegrityError(f"GitHub answered {status} when asked to {what}, so nothing was done.")
    return BackendUnavailable(
        f"GitHub refused to {what}: {message} ({status}).", transient=False, hint="Run `gh-store doctor`."
    )


def _forbidden(answer: Answer, what: str, repository: str, message: str) -> GitHubStoreError:
    if "commenting is disabled" in message:
        return LogFull(f"The issue has {MAX_COMMENTS:,} comments, and takes no more.", limit=MAX_COMMENTS)
    if "locked" in message:
        return InsufficientScope(
            f"The issue is locked, so GitHub refused to {what}.", hint="Unlock it: nobody can react on a locked issue."
        )
    if "archived" in message:
        return InsufficientScope(f"{repository} is archived, so it can only be read.", hint="Unarchive it.")
    needed = answer.headers.get("x-accepted-github-permissions")
    told = f"The token needs the permission {needed}." if needed else None
    return InsufficientScope(
        f"This token may not {what} on {repository}: {answer.message}.".replace("..", "."), hint=told
    )
