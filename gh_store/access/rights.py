"""Who may write. Labels admit an issue as an object; this admits a comment as an event."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from gh_store.access.codeowners import PLACES, Owners, owners_of
from gh_store.backends.base import Backend
from gh_store.backends.retry import Retry
from gh_store.config import Config
from gh_store.domain.exceptions import AccessDeniedError, InsufficientScope
from gh_store.domain.issues import User

_BELIEVED: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Rights:
    """
    Rights as the backend tells them, asked for once a process and author.

    The owner is free. Everybody else costs one request, unless access.users names them. With
    access.codeowners, write permission is not enough: the path must be theirs.

    In a process that lives for long, a right is believed for an hour; and that somebody has none, for what was
    written before that was asked: it may have been given since.
    """

    backend: Backend
    config: Config
    retry: Retry
    trusted: frozenset[User | None] = frozenset()
    _asked: dict[str, tuple[bool, datetime]] = field(default_factory=dict)
    _owners: list[Owners] = field(default_factory=list)
    _teams: dict[str, frozenset[str]] = field(default_factory=dict)

    def trusting(self, user: User | None) -> "Rights":
        """The same rights, and those of one user more."""
        return replace(self, trusted=self.trusted | {user})

    def standing(self, user: User | None) -> bool:
        """True for the repository's owner and for who is named in access.users: they count without a request."""
        return user in self.trusted or (user is not None and self._is_named(user))

    def counts(self, user: User | None, *, full: bool = True, written: datetime | None = None) -> bool:
        """
        True if what this user writes counts.

        Args:
            written: When it was written.
            full: The event is in the full wire format. A bot that is only named counts for nothing
                else, for what it says may be what a stranger made it say.
        Raises:
            InsufficientScope: The current user may not ask.
        """
        if user is None or user in self.trusted:
            return user in self.trusted
        if self._is_named(user) and (full or not user.is_bot):
            return True
        login = user.login.lower()
        return self._may_write(login, written) and self._owns(login)

    def require(self, author: User | None) -> None:
        """Raise AccessDeniedError if what this author has just written will not count."""
        try:
            allowed = self.counts(author, written=self.backend.now())
        except InsufficientScope:  # who may not ask has no write permission either
            allowed = False
        if not allowed:
            name = author.login if author else "nobody"
            raise AccessDeniedError(f"What {name} writes does not count on {self.backend.repository}.")

    def _is_named(self, user: User) -> bool:
        named = {login.lower() for login in (self.backend.owner, *self.config.access_users)}
        return user.login.lower() in named

    def _may_write(self, login: str, written: datetime | None = None) -> bool:
        known = self._asked.get(login)
        if known is not None:
            allowed, asked = known
            old = self.backend.now() - asked > _BELIEVED if allowed else written is not None and written > asked
            if not old:
                return allowed
        permission = self.retry.read(lambda: self.backend.permission(login))
        allowed = permission in ("admin", "write")
        self._asked[login] = allowed, self.backend.now()
        return allowed

    def _owns(self, login: str) -> bool:
        """True if access.codeowners is off, or its path is this user's."""
        path = self.config.access_codeowners
        if path is None:
            return True
        if not self._owners:
            files = (self.retry.read(lambda place=place: self.backend.read_file(place)) for place in PLACES)  # type: ignore[misc]  # mypy cannot infer a default's type
            self._owners.append(owners_of(path, next((text for text in files if text is not None), "")))
        owners = self._owners[0]
        return login in owners.users or any(login in self._members(team) for team in sorted(owners.teams))

    def _members(self, team: str) -> frozenset[str]:
        if team not in self._teams:
            organization, _, slug = team.partition("/")
            self._teams[team] = self.retry.read(lambda: self.backend.team(organization, slug))
        return self._teams[team]
