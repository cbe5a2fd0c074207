"""Whose token is sent with a request."""

from dataclasses import dataclass
from typing import Protocol


class TokenSource(Protocol):
    """Tokens of one identity. May be shared by threads."""

    @property
    def identity(self) -> str:
        """A name for whose tokens these are, that is the same for all of them. It may be secret."""

    def current(self) -> str:
        """The token to send now. May ask the server; raises what such a request does."""

    def refused(self, token: str) -> bool:
        """The server does not accept a token: True if another one can be had at once."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """A token that was given."""

    token: str

    def __repr__(self) -> str:
        return "Fixed()"

    @property
    def identity(self) -> str:
        return self.token

    def current(self) -> str:
        return self.token

    def refused(self, token: str) -> bool:
        del token
        return False
