"""A request as endpoints get it, what they answer, and a refusal."""

import json
import math
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from gh_store.serve.served import Served

Headers = tuple[tuple[bytes, bytes], ...]

JSON: Final = (b"content-type", b"application/json")
_PROBLEM: Final = (b"content-type", b"application/problem+json")
NO_STORE: Final = (b"cache-control", b"no-store")


@dataclass(frozen=True, slots=True)
class Call:
    """
    A request whose route is known, and whose sender may ask.

    Attributes:
        method: `HEAD` is `GET` here.
        headers: By name in lower case; those that were repeated are joined by commas.
        values: Of the parameters of the route.
        client: The address of whoever asks.
        served: The store; None where the route is about no store.
        object_id: As the path or `?id=` names it.
        body: The whole of it.
        ending: True when the server was told to end.
    """

    method: str
    headers: Mapping[str, str]
    values: Mapping[str, Any]
    client: str = ""
    served: Served | None = None
    object_id: str = ""
    body: bytes = b""
    ending: Callable[[], bool] = lambda: False

    @property
    def store(self) -> Served:
        """The store of a route that is about one."""
        assert self.served is not None
        return self.served


@dataclass(frozen=True, slots=True)
class Response:
    """
    What to send.

    Attributes:
        body: The whole body, unless there are `pieces`.
        pieces: The body bit by bit, for as long as the client stays.
        done: Called when nothing more is sent, whatever the reason.
    """

    status: int = 200
    headers: Headers = ()
    body: bytes = b""
    pieces: AsyncIterator[bytes] | None = None
    done: Callable[[], None] | None = None


class Problem(Exception):
    """
    A refusal.

    Args:
        error: Its name: that of the class of an error of the store, or one in CamelCase.
        message: One line that says what is wrong.
        hint: One line that says what to do.
        headers: By name.
        more: More members of the body.
    """

    def __init__(
        self,
        status: int,
        error: str,
        message: str,
        hint: str,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.error, self.message, self.hint = status, error, message, hint
        self.headers, self.more = headers or {}, more or {}

    def response(self) -> Response:
        """As RFC 9457 has it."""
        told = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.message,
            "error": self.error,
            "hint": self.hint,
            **self.more,
        }
        return Response(self.status, (_PROBLEM, NO_STORE, *encoded(self.headers)), json_bytes(told))


def encoded(headers: Mapping[str, str]) -> Headers:
    """Headers as ASGI takes them."""
    return tuple((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items())


def json_text(value: object) -> str:
    """A value as JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def json_bytes(value: object) -> bytes:
    """The same in UTF-8."""
    return json_text(value).encode()


def no_such_path() -> Problem:
    """Nothing is at a path."""
    return Problem(404, "NotFound", "There is nothing at this path.", "GET /openapi.json lists all paths.")


def retry(seconds: float) -> dict[str, str]:
    """The header that says when to try again."""
    return {"Retry-After": str(max(1, math.ceil(seconds)))}
