"""Whether the server runs, and whether it can answer."""

from collections.abc import Sequence
from typing import Final

from gh_store.serve.http.message import JSON, NO_STORE, Call, Problem, Response, json_bytes, retry
from gh_store.serve.served import Served

_OK: Final = Response(200, (JSON, NO_STORE), json_bytes({"status": "ok"}))


class Health:
    """Two endpoints that ask for no token, and name no store."""

    def __init__(self, served: Sequence[Served]) -> None:
        self._served = served

    async def alive(self, _: Call) -> Response:
        """The server runs."""
        return _OK

    async def ready(self, _: Call) -> Response:
        """All objects are known, and all caches answer; GitHub may be down."""
        states = [await each.status() for each in self._served]
        waiting = sum(not each["complete"] or each["cache"] != "ok" for each in states)
        if waiting:
            message = f"{waiting} of {len(states)} stores cannot answer yet."
            raise Problem(503, "NotReady", message, "Try again in a moment.", retry(1))
        return _OK
