"""Whose word counts here, as of today. Labels admit an issue as an object; this admits what people write."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from gh_store.access.codeowners import PLACES, Owners, owners_of
from gh_store.backends.base import Backend
from gh_store.backends.retry import Retry
from gh_store.config import Config
from gh_store.domain.exceptions import AccessDeniedError, InsufficientScope
from gh_store.domain.issues import User

T = TypeVar("T")

_KEPT: Final = timedelta(hours=1)
_DELETED: Final = "ghost"  # GitHub's user in the place of a deleted one


class Rights:
    """
    Rights as the backend tells them.

    The repository's owner and whoever `access.users` names are standing: they count without a request. Everybody else
    costs one request an hour. With `access.codeowners`, write permission is not enough: the path must be theirs.

    A wrong *no* would pass an event by for good. So a *no* holds only for what was written before it was asked, and
    what is no answer (a limit, an error of the server) is raised, and never a *no*.

    May be shared by threads: every answer holds by itself, and two who ask at once ask twice.
    """

    def __init__(
        self, backend: Backend, config: Config, retry: Retry, vouched_for: frozenset[User | None] = frozenset()
    ) -> None:
        self.backend = backend
        self.config = config
        self.retry = retry
        self._vouched_for = vouched_for
        self._named = frozenset(login.removeprefix("@").lower() for login in config.access_users)
        self._writers = _Answers(self._may_write, backend.now)
        self._owners = _Answers(self._read_owners, backend.now)
        self._teams = _Answers(self._read_team, backend.now)

    def trusting(self, user: User | None) -> "Rights":
        """The same rights, and those of one user more, for whom somebody who counts has vouched."""
        return Rights(self.backend, self.config, self.retry, self._vouched_for | {user})

    def standing(self, user: User | None) -> bool:
        """True for the repository's owner, and who is named in `access.users`. Asks for nothing."""
        login = user.login.lower() if user is not None else _DELETED
        return login != _DELETED and (login in self._named or login == self.backend.owner.lower())

    def counts(self, user: User | None, *, full: bool = True, written: datetime | None = None) -> bool:
        """
        True if what this user writes counts.

        Args:
            full: The event is in the full wire format. A bot that is only named counts for nothing else, for what it
                says may be what a stranger made it say.
            written: When it was written. Without it, a *no* that is known holds for an hour.
        Raises:
            InsufficientScope: The current user may not ask.
        """
        if user in self._vouched_for:
            return True
        if user is None or user.login.lower() == _DELETED:
            return False
        if self.standing(user) and (full or not user.is_bot):
            return True
        login = user.login.lower()

        def writes(anew: bool) -> bool:
            return self._writers.get(login, written, anew=anew)

        def owns(anew: bool) -> bool:
            path = self.config.access_codeowners
            if path is None:
                return True
            owners = self._owners.get(path, written, anew=anew)
            teams = (self._teams.get(team, written, anew=anew) for team in sorted(owners.teams))
            return login in owners.users or any(login in members for members in teams)

        return all(holds(False) or holds(True) for holds in (writes, owns))

    def require(self, author: User | None) -> None:
        """Raise AccessDeniedError if what this author has just written will not count."""
        try:
            allowed = self.counts(author, written=self.backend.now())
        except InsufficientScope:  # who may not ask has no write permission either
            allowed = False
        if not allowed:
            name = author.login if author else "nobody"
            raise AccessDeniedError(f"What {name} writes does not count on {self.backend.repository}.")

    # --- what is asked ----------------------------------------------------------------------------

    def _may_write(self, login: str) -> bool:
        permission = self.retry.read(lambda: self.backend.permission(login))
        if permission == "none":  # so it may be told for a moment of somebody who is being renamed
            self.retry.sleep(self.backend.lag)
            permission = self.retry.read(lambda: self.backend.permission(login))
        return permission in ("admin", "write")

    def _read_owners(self, path: str) -> Owners:
        for place in PLACES:
            text = self.retry.read(lambda place=place: self.backend.read_file(place))  # type: ignore[misc]  # mypy cannot infer a default's type
            if text is not None:
                return owners_of(path, text)
        return Owners()

    def _read_team(self, team: str) -> frozenset[str]:
        organization, _, slug = team.partition("/")
        return self.retry.read(lambda: self.backend.team(organization, slug))


@dataclass(frozen=True, slots=True)
class _Answer(Generic[T]):
    """
    Attributes:
        asked: When, by the backend's clock.
        until: What was written before this was there to be seen when it was asked.
    """

    value: T
    asked: datetime
    until: datetime


class _Answers(Generic[T]):
    """The answers to one question about several things, each kept for an hour at most."""

    def __init__(self, ask: Callable[[str], T], now: Callable[[], datetime]) -> None:
        self._ask = ask
        self._now = now
        self._known: dict[str, _Answer[T]] = {}

    def get(self, about: str, written: datetime | None, *, anew: bool) -> T:
        """
        The answer, as known or asked for.

        Args:
            written: What it is asked for was written then.
            anew: Ask again unless what is known was asked for afterwards.
        """
        now, known = self._now(), self._known.get(about)
        if known is None or now - known.asked > _KEPT or (anew and written is not None and written >= known.until):
            # Times are whole seconds on GitHub, so what is asked for counts as seen, and others of this second do not.
            until = now if written is None else max(now, written + timedelta.resolution)
            known = self._known[about] = _Answer(self._ask(about), now, until)
        return known.value
