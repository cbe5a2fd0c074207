"""What the server answers besides the data: GitHub's headers, what a request costs, and its refusals."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime

from starlette.requests import Request

from gh_store.devserver.api import Reply
from gh_store.devserver.costs import HOURLY, Costs
from gh_store.devserver.faults import Fault
from gh_store.devserver.origin import CORS
from gh_store.devserver.transport import Answer


class Answers:
    """
    Answers of one server.

    Args:
        costs: What was asked for in this hour; what is answered is charged to it.
        clock: Returns seconds since the epoch.
    """

    def __init__(self, costs: Costs, clock: Callable[[], float]) -> None:
        self._costs, self._clock = costs, clock
        self._answered = 0

    def limited(self, token: str | None) -> Answer | None:
        """The refusal of who has asked for too much in this hour."""
        limit = self._costs.limit(token)
        return self._primary(limit.reset) if limit.used >= limit.limit else None

    def finished(self, request: Request, token: str | None, reply: Reply) -> Answer:
        """The answer with the headers of GitHub. A read of what the client has already costs nothing."""
        body = b"" if reply.data is None else json.dumps(reply.data, ensure_ascii=False).encode()
        headers = {
            **self._headers(),
            "content-type": "application/json; charset=utf-8",
            "cache-control": f"{'public' if token is None else 'private'}, max-age=60, s-maxage=60",
            "vary": "Accept, Authorization, Cookie, X-GitHub-OTP",
            **reply.headers,
        }
        status = reply.status
        if request.method == "GET" and status == 200:
            etag = f'W/"{hashlib.sha256(body + repr(token).encode()).hexdigest()}"'
            headers["etag"] = etag
            if request.headers.get("if-none-match") == etag:
                status, body = 304, b""
        if status != 304 and not request.url.path.endswith("/rate_limit"):
            self._costs.charge(token)
        headers |= self._costs.headers(token)
        return Answer(status, headers, body)

    def _headers(self) -> dict[str, str]:
        self._answered += 1
        return {
            "date": format_datetime(datetime.fromtimestamp(int(self._clock()), UTC), usegmt=True),
            "server": "gh-store dev-server",
            "x-github-request-id": f"DEV0:{self._answered:08X}",
            "x-github-media-type": "github.v3; format=json",
            "x-github-api-version-selected": "2022-11-28",
            **CORS,
        }

    def refused(self, fault: Fault) -> Answer:
        """The answer to a request that is not carried out."""
        now = int(self._clock())
        if fault.kind == "primary-limit":
            return self._primary(now + fault.seconds)
        if fault.kind in ("secondary-limit", "secondary-limit-bare"):
            retry = {"retry-after": str(fault.seconds)} if fault.kind == "secondary-limit" else {}
            return self.error(
                403,
                "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
                retry,
            )
        if fault.kind == "too-quickly":
            return self.error(403, "was submitted too quickly")
        return Answer(500)

    def _primary(self, reset: int) -> Answer:
        left = {"x-ratelimit-limit": str(HOURLY), "x-ratelimit-remaining": "0", "x-ratelimit-reset": str(reset)}
        return self.error(403, "API rate limit exceeded for user ID 1.", left)

    def error(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> Answer:
        """An error as GitHub words it; it costs nothing."""
        body = json.dumps(Reply.error(status, message).data).encode()
        return Answer(status, {**self._headers(), "content-type": "application/json", **(headers or {})}, body)
