"""The endpoint of GitHub's webhooks. What a payload says is in `gh_store.serve.webhook`."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from gh_store.config import Config
from gh_store.serve import webhook
from gh_store.serve.http.message import NO_STORE, Call, Problem, Response
from gh_store.serve.served import Served

_AT_ONCE: Final = 262_144
"""Bytes of a body up to which it is read on the event loop: larger ones would hold up all others."""

KNOWN: Final = (*webhook.EVENTS, "ping")
"""Events that metrics tell apart."""


class Hooks:
    """
    Takes webhooks.

    Args:
        secret: What they are signed with; None if there are none.
        config: The settings that name labels.
        signed: Called for each that was signed, with its event.
        refused: Called for each that was not, with the address that it came from.
    """

    def __init__(
        self,
        served: Sequence[Served],
        secret: str | None,
        config: Config,
        signed: Callable[[str], None],
        refused: Callable[[str], None],
    ) -> None:
        self._served, self._secret, self._config = served, secret, config
        self._signed, self._refused = signed, refused

    @property
    def enabled(self) -> bool:
        """False if there is no secret to know GitHub by."""
        return self._secret is not None

    async def take(self, call: Call) -> Response:
        """Look again at what an event is about."""
        try:
            hint = self._read(call) if len(call.body) <= _AT_ONCE else await asyncio.to_thread(self._read, call)
        except Problem:
            self._refused(call.client)
            raise
        self._signed(call.headers.get("x-github-event", ""))
        if hint is None:
            return Response(204, (NO_STORE,))
        ours = [each.hint(hint) for each in self._served]
        return Response(202 if any(ours) else 204, (NO_STORE,))

    def _read(self, call: Call) -> webhook.Hint | None:
        if self._secret is None or not webhook.is_signed(
            call.body, call.headers.get("x-hub-signature-256"), self._secret
        ):
            raise Problem(
                401,
                "BadSignature",
                "The body is not signed with the secret of this server.",
                "Give the webhook on GitHub the secret of GH_STORE_WEBHOOK_SECRET.",
                {"WWW-Authenticate": 'Signature realm="gh-store"'},
            )
        content_type = call.headers.get("content-type", "")
        return webhook.read_hint(call.headers.get("x-github-event", ""), content_type, call.body, self._config)
