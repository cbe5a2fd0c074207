"""Who may write. Labels admit an issue as an object; this admits a comment as an event."""

from dataclasses import dataclass, field

from gh_store.backends.base import Backend, User
from gh_store.core.codeowners import PLACES, Owners, owners_of
from gh_store.core.config import Config
from gh_store.core.exceptions import AccessDeniedError, InsufficientScope
from gh_store.core.retry import Retry


@dataclass(frozen=True, slots=True)
class Access:
    """
    Rights as the backend tells them, asked for once a process and author.

    The owner is free. Everybody else costs one request, unless access.users names them. With
    access.codeowners, write permission is not enough: the path must be theirs.
    """

    backend: Backend
    config: Config
    retry: Retry
    _asked: dict[str, bool] = field(default_factory=dict)
    _owners: list[Owners] = field(default_factory=list)
    _teams: dict[str, frozenset[str]] = field(default_factory=dict)

    def trusts(self, user: User | None) -> bool:
        """
        True if the user has write permission, or is named: their replies and receipts are believed.

        Raises InsufficientScope if the current user may not ask.
        """
        return user is not None and (self._is_named(user) or self._may_write(user.login.lower()))

    def counts(self, user: User | None, *, full: bool) -> bool:
        """
        True if an event by this author counts.

        Args:
            full: The event is in the full wire format. A bot that is only named counts for nothing
                else, for what it says may be what a stranger made it say.
        """
        if user is None:
            return False
        if self._is_named(user) and (full or not user.is_bot):
            return True
        login = user.login.lower()
        return self._may_write(login) and self._owns(login)

    def require(self, author: User | None) -> None:
        """Raise AccessDeniedError if what this author has just written will not count."""
        try:
            allowed = self.counts(author, full=True)
        except InsufficientScope:  # who may not ask has no write permission either
            allowed = False
        if not allowed:
            name = author.login if author else "nobody"
            raise AccessDeniedError(f"What {name} writes does not count on {self.backend.repository}.")

    def _is_named(self, user: User) -> bool:
        named = {login.lower() for login in (self.backend.owner, *self.config.access_users)}
        return user.login.lower() in named

    def _may_write(self, login: str) -> bool:
        if login not in self._asked:
            permission = self.retry.read(lambda: self.backend.permission(login))
            self._asked[login] = permission in ("admin", "write")
        return self._asked[login]

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
