"""GitHub's refusals as errors of the store: a limit, a missing right and a missing thing are three things."""

import math
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

import requests
import urllib3

from gh_store.backends.github.transport import LARGEST, TooLarge
from gh_store.domain.exceptions import (
    AuthInvalid,
    AuthMissing,
    BackendUnavailable,
    ConfigurationError,
    GitHubStoreError,
    InsufficientScope,
    LogFull,
    ObjectNotFound,
    RateLimited,
    RepoNotFoundOrUnauthorized,
    ValueTooLarge,
)
from gh_store.domain.limits import MAX_COMMENTS, MAX_TEXT

_LONGEST_WAIT: Final = 3600.0
"""GitHub's limits last an hour; a server that names more, or nonsense, is asked again then."""

ADDRESS: Final = "Check the address of the server (--base-url, GITHUB_API_URL, GH_HOST)."
_PROXY: Final = "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY; nothing was sent."
_SHOWN: Final = 300
_YEARS: Final = range(2000, 3000)
_SECONDARY: Final = ("secondary rate limit", "abuse detection", "submitted too quickly", "wait a few minutes")


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
        return one_line(str(told)) if told else f"status {self.status}"

    @property
    def date(self) -> datetime | None:
        """The server's clock, or None if it says nothing that can be."""
        try:
            date = parsedate_to_datetime(self.headers["date"]).astimezone(UTC)
        except (KeyError, ValueError, TypeError, OverflowError, IndexError):
            return None
        return date if date.year in _YEARS else None

    def says(self, code: str) -> bool:
        """True if one of the answer's validation errors has this code, or says so in words."""
        errors = self.data.get("errors") if isinstance(self.data, dict) else None
        return isinstance(errors, list) and any(code in str(error) for error in errors)


def one_line(text: str) -> str:
    """What a server says, fit for a message: one line, not too long, and no control characters."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"


def rate_limited(answer: Answer) -> RateLimited | None:
    """
    The error of a refusal by a rate limit (403, 422 or 429), or None.

    Source: docs.github.com, "Rate limits for the REST API"; the headers are read in its order.
    """
    message = answer.message.lower()
    used_up = "api rate limit exceeded" in message
    secondary = any(words in message for words in _SECONDARY)
    if not (answer.status == 429 or (answer.status in (403, 422) and (used_up or secondary))):
        return None
    now = answer.date or datetime.now(UTC)
    wait = _seconds(answer.headers.get("retry-after"), now)
    if wait is None and answer.headers.get("x-ratelimit-remaining") == "0":
        reset = _number(answer.headers.get("x-ratelimit-reset"))
        wait = max(0.0, reset - now.timestamp()) + 1 if reset is not None else None
    wait = min(wait, _LONGEST_WAIT) if wait is not None else None
    until = now + timedelta(seconds=wait) if wait is not None else None
    which = "rate limit" if used_up else "secondary rate limit"
    return RateLimited(
        f"GitHub's {which} is reached{f' until {until:%Y-%m-%d %H:%M:%S} UTC' if until else ''}.",
        reset=until,
        wait=wait,
    )


def _seconds(text: str | None, now: datetime) -> float | None:
    """Seconds from now, of a Retry-After: a number of them, or a date."""
    date = Answer(0, {"date": text or ""}).date
    return _number(text) if date is None else max(0.0, (date - now).total_seconds())


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


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
    if status == 407:
        return BackendUnavailable("The proxy asks for a user and a password.", transient=False, hint=_PROXY)
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
    said = message if status >= 400 else "nothing was done"
    return BackendUnavailable(
        f"GitHub refused to {what}: {said} ({status}).", transient=False, hint="Run `gh-store doctor`."
    )


def _forbidden(answer: Answer, what: str, repository: str, message: str) -> GitHubStoreError:
    if "commenting is disabled" in message:
        return LogFull(f"The issue has {MAX_COMMENTS:,} comments, and takes no more.", limit=MAX_COMMENTS)
    if re.search(r"\blocked\b", message):  # and not "access blocked"
        return InsufficientScope(
            f"The issue is locked, so GitHub refused to {what}.", hint="Unlock it: nobody can react on a locked issue."
        )
    if "archived" in message:
        return InsufficientScope(f"{repository} is archived, so it can only be read.", hint="Unarchive it.")
    sso = re.search(rf"url=(https://[!-~]{{1,{_SHOWN}}})(?![!-~])", answer.headers.get("x-github-sso", ""))
    needed = answer.headers.get("x-accepted-github-permissions")
    told = f"The token needs the permission {one_line(needed)}." if needed else None
    return InsufficientScope(
        f"This token may not {what} on {repository}: {answer.message}.".replace("..", "."),
        hint=f"Authorise the token: visit {sso[1]}" if sso else told,
    )


def unanswered(
    error: Exception, what: str, host: str, timeout: float, *, sent: bool, proxied: bool
) -> GitHubStoreError:
    """
    The error of a request that got no answer that could be read.

    Args:
        error: What the HTTP library raised. None of its text is shown: it may hold the password of a proxy.
        what: What was asked for, in words.
        host: Who was asked.
        timeout: Seconds that were allowed.
        sent: False if it failed before anything was sent.
        proxied: True if there was a connection to a proxy.
    """
    if isinstance(error, requests.exceptions.SSLError):
        return _insecure(error, host, sent=sent)
    if isinstance(error, requests.exceptions.ProxyError):  # raised before a proxy was connected to, or by its refusal
        return _proxy(host)
    if isinstance(error, requests.exceptions.InvalidSchema) and "SOCKS" in str(error):
        return ConfigurationError("A SOCKS proxy is set, and PySocks is not installed.", hint="pip install PySocks")
    if isinstance(error, ValueError):  # an address or a header, to requests and urllib3
        return ConfigurationError(f"The address of {host}, that of a proxy, or the token is not valid.", hint=_PROXY)
    if proxied and not sent:
        return _proxy(host)
    if isinstance(error, requests.exceptions.Timeout):
        return BackendUnavailable(
            f"{host} did not answer within {timeout:g} s when asked to {what}.", outcome_unknown=sent
        )
    if isinstance(error, TooLarge):
        return BackendUnavailable(f"The answer of {host} has more than {LARGEST:,} bytes.", outcome_unknown=True)
    if not isinstance(error, (requests.RequestException, urllib3.exceptions.HTTPError)):
        return _no_certificates()
    return BackendUnavailable(
        f"{host} closed the connection when asked to {what}." if sent else f"{host} cannot be reached.",
        outcome_unknown=sent,
    )


def _proxy(host: str) -> BackendUnavailable:
    return BackendUnavailable(f"The proxy to {host} does not answer, or refuses.", transient=False, hint=_PROXY)


def _no_certificates() -> ConfigurationError:
    return ConfigurationError(
        "The file of certificates cannot be read, or has none.", hint="Check --ca-bundle and REQUESTS_CA_BUNDLE."
    )


def _insecure(error: Exception, host: str, *, sent: bool) -> GitHubStoreError:
    """What is wrong with TLS: our file, the server's certificate, or what was received."""
    cause: Any = error
    while not isinstance(cause, ssl.SSLError):  # requests wraps urllib3's, which wraps that of ssl
        cause = getattr(cause, "reason", None) or next(iter(getattr(cause, "args", ())), None)
        if not isinstance(cause, Exception):
            break
    if not sent and getattr(cause, "library", None) in ("X509", "PEM"):
        return _no_certificates()
    if sent or not isinstance(cause, ssl.SSLCertVerificationError):
        return BackendUnavailable(
            f"What {host} sends is not TLS, or not of a version that is accepted.",
            transient=sent or isinstance(cause, ssl.SSLEOFError),
            outcome_unknown=sent,
            hint=ADDRESS,
        )
    return BackendUnavailable(
        f"The certificate of {host} is not trusted.",
        transient=False,
        hint="Name your server's certificates: --ca-bundle FILE or REQUESTS_CA_BUNDLE.",
    )


def not_github() -> BackendUnavailable:
    """The error of an answer that is none of GitHub's."""
    return BackendUnavailable("The server does not answer as GitHub's REST API does.", transient=False, hint=ADDRESS)
