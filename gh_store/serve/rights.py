"""Who may ask for what. Pure."""

import secrets
from dataclasses import dataclass, field
from enum import Enum


class Access(Enum):
    """What an endpoint asks of its callers."""

    OPEN = "open"
    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Rights:
    """
    The rights of callers.

    Attributes:
        token: What they present, or None if there is none.
        read_only: True if nobody may write.
        loopback: True if only this machine reaches the server.
        public_reads: True if anybody may read, wherever the server listens.
    """

    token: str | None = field(default=None, repr=False)
    read_only: bool = False
    loopback: bool = True
    public_reads: bool = False

    @property
    def writable(self) -> bool:
        """True if some caller may write."""
        return self.token is not None and not self.read_only

    @property
    def guards_reads(self) -> bool:
        """True if readers must present the token."""
        return self.token is not None and not self.loopback and not self.public_reads

    @property
    def exposes_writes(self) -> bool:
        """True for a server that others reach, and that neither a token nor `--read-only` protects."""
        return not self.loopback and self.token is None and not self.read_only

    def takes_token(self, access: Access) -> bool:
        """True if callers must present the token."""
        return access is Access.WRITE or (access is Access.READ and self.guards_reads)

    def is_presented(self, authorization: str | None) -> bool:
        """True if an Authorization header has the token. Takes the same time for any that has not."""
        scheme, _, given = (authorization or "").partition(" ")
        if self.token is None or scheme.lower() != "bearer":
            return False
        return secrets.compare_digest(given.strip().encode("latin-1", "replace"), self.token.encode())
