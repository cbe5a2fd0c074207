"""
Refresh: read what is live, keep it if it is newer. Of one issue, of one object, of what changed, of everything.

Newer wins is the cache's rule. Where it cannot tell, because issues disagree about who holds an id, the object is
looked up, and the store decides. All of this waits for answers, so it runs in threads.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from gh_store.domain.exceptions import DuplicateUIDError, GitHubStoreError, ObjectNotFound
from gh_store.domain.findings import Observations, Observed
from gh_store.logger import logger
from gh_store.serve.cache import Cache, CacheDown, Held, Kept
from gh_store.serve.model import Model, Observation, Row, new_generation, seconds, text_of
from gh_store.serve.queue import Want
from gh_store.store import Store

ROWS: Final = 1_000
"""Rows that are read at once."""

_TRIES: Final = 5
_RESTED: Final = 60
"""Seconds after which nothing that lags shows what was before."""


class Over(Exception):
    """The generation that was kept up to date has ended: the cache was lost, and begins anew."""


@dataclass(frozen=True, slots=True)
class Looked:
    """
    What a look at an issue came to.

    Attributes:
        number: The issue; that which holds the object, if this was looked up.
        updated_at: When it changed last: seconds since the epoch.
        comment_id: The last comment that was seen; 0 if that is not known.
        holds: True if the issue holds an object.
        changed: True if the model has changed by it.
        due: True if there is something to process.
        begins: True if that is a creation which is under way, or was cut.
        error: What kept the object from being read, or None.
    """

    number: int
    updated_at: int = 0
    comment_id: int = 0
    holds: bool = False
    changed: bool = False
    due: bool = False
    begins: bool = False
    error: GitHubStoreError | None = None

    def reaches(self, want: Want) -> bool:
        """True if it shows all that must be seen."""
        if want.gone:
            return not self.holds
        seen = not self.comment_id or self.comment_id >= want.comment_id
        return self.updated_at >= want.updated_at and (seen or not self.holds)


def observation(seen: Observed) -> Observation | None:
    """What an issue says of its object, for the model; None if it says nothing."""
    if seen.object_id is None or not (seen.deleted or seen.object is not None):
        return None
    return Observation(
        object_id=seen.object_id,
        issue_number=seen.issue_number,
        updated_at=seconds(seen.updated_at),
        version=seen.object.meta.version if seen.object is not None else 0,
        text=text_of(seen.object) if seen.object is not None else None,
        settled=not seen.due,
    )


class Refresh:
    """
    The refreshes of one store.

    Args:
        store: Asked; may be shared by threads.
        cache: Where the model is.
        clock: Seconds since the epoch, by this machine's clock.
    """

    def __init__(self, store: Store, cache: Cache, clock: Callable[[], float]) -> None:
        self._store = store
        self._cache = cache
        self._clock = clock

    def model(self) -> Model:
        """The model as it is; a new one if there is none."""
        return self._cache.model() or self._cache.begin(new_generation())

    def issue(self, number: int) -> Looked:
        """Refresh one issue. Raises Over, CacheDown, and what the store raises."""
        generation, asked = self.model().cursor.generation, self._server_time()
        try:
            seen = self._store.observe(number)
        except ObjectNotFound:
            return self._without(generation, Looked(number))
        return self._kept(generation, seen, asked)

    def object(self, object_id: str) -> tuple[Row, Looked]:
        """
        Look an object up; what is held of it then. A cache that is down does not prevent it.

        Raises:
            ObjectNotFound: There is no such object; what was held of it was given up.
        """
        now, asked = self._clock(), self._server_time()
        try:
            seen = self._store.observe_object(object_id)
        except ObjectNotFound:
            self._given_up(object_id)
            raise
        found = observation(seen)
        assert found is not None
        own = Row(found, 0, now)
        try:
            looked = self._kept(self.model().cursor.generation, seen, asked)
            held = self._cache.row(object_id)
        except (CacheDown, Over):
            return own, _looked(seen)
        return (held if held is not None and held.seen.order >= found.order else own), looked

    def deleted(self, object_id: str) -> None:
        """An object was just deleted by this process, whatever reads show that lag."""
        self._given_up(object_id, self._server_time())

    def told(self, told: Observation) -> bool:
        """Keep what a payload said by itself, if it is newer; True if that has changed the model."""
        try:
            kept = self._cache.keep(self.model().cursor.generation, told, self._clock())
        except Held:  # the store would decide, and does not answer
            return False
        return kept is not None and kept.changed

    def changed(self, since: int) -> Observations:
        """What the issues say that changed since a time: seconds since the epoch."""
        return self._store.observe_changed(datetime.fromtimestamp(since, UTC))

    def all(self) -> Observations:
        """What all issues say."""
        return self._store.observe_all()

    def now(self) -> float:
        """Seconds since the epoch, by this machine's clock."""
        return self._clock()

    # --- for a sync -------------------------------------------------------------------------------

    def seen(self, generation: str, seen: Observed) -> Looked:
        """Keep what one of many issues says. Deletions of what is not held are not worth it."""
        if seen.deleted and seen.object_id is not None:
            held = self._cache.row(seen.object_id)
            if held is None or held.seen.issue_number > seen.issue_number:
                return _looked(seen)
        looked, held = self._kept(generation, seen), self._cache.row(seen.object_id or "")
        if held is not None and self._is_doubtful(held, seen, self._server_time()):
            return self.issue(seen.issue_number)
        return looked

    def rows(self, after: str) -> tuple[Row, ...]:
        """The next rows by id."""
        return tuple(self._cache.rows("", after, ROWS))

    def unseen(self, generation: str, row: Row) -> Looked:
        """Look up what is held and no list has shown."""
        return self._decided(generation, row.seen.object_id)

    def listed(self, model: Model, since: int, begun: float, *, complete: bool) -> bool:
        """All that changed up to a time was kept. False if the generation has ended meanwhile."""
        generation = model.cursor.generation
        if complete:
            return self._cache.completed(generation, since, begun)
        self._cache.listed(generation, since, begun)
        now = self._cache.model()
        return now is not None and now.cursor.generation == generation

    # --- inside -----------------------------------------------------------------------------------

    def _kept(self, generation: str, seen: Observed, asked: int = 0) -> Looked:
        """
        Keep what an issue says, or let the store decide.

        Args:
            asked: When it was asked for, by the server's clock; 0 if that was too long ago.
        """
        looked, new = _looked(seen), observation(seen)
        if seen.error is not None:
            return looked
        if new is None:
            return self._without(generation, looked)
        changed = False
        for _ in range(_TRIES):
            try:
                kept = self._in_force(self._cache.keep(generation, new, self._clock()))
                if self._is_doubtful(kept.row, seen, asked):
                    kept = self._in_force(
                        self._cache.keep(generation, new, self._clock(), over=kept.row.position)
                    )  # fmt: skip  # what is done, and how
                return replace(looked, changed=kept.changed or changed)
            except Held as held:
                decided = self._decided(generation, held.row.seen.object_id)
                changed |= decided.changed
                if held.row.seen.object_id == new.object_id:
                    break
        return replace(looked, changed=changed)

    def _is_doubtful(self, held: Row, seen: Observed, asked: int) -> bool:
        """
        True if what is held seems newer than what was read long after it: no read lags so much.

        Of two states in one second, it is the one that was there first; or somebody has set a clock back.
        """
        same, new = held.seen.issue_number == seen.issue_number, observation(seen)
        return same and new is not None and held.seen != new and held.seen.updated_at + _RESTED < asked

    def _server_time(self) -> int:
        return seconds(self._store.backend.now())

    def _in_force(self, kept: Kept | None) -> Kept:
        if kept is None:
            raise Over
        return kept

    def _without(self, generation: str, looked: Looked) -> Looked:
        """The issue holds no object. If it did, the object is looked up."""
        held = self._cache.row_of_issue(looked.number)
        if held is None or held.seen.deleted:
            return looked
        return replace(looked, changed=self._decided(generation, held.seen.object_id).changed)

    def _decided(self, generation: str, object_id: str) -> Looked:
        """Look an object up, and keep that, whatever is held."""
        for _ in range(_TRIES):
            held = self._cache.row(object_id)
            try:
                seen = self._store.observe_object(object_id)
                looked, new = _looked(seen), observation(seen)
            except ObjectNotFound:
                if held is None or held.seen.deleted:
                    return Looked(held.seen.issue_number if held is not None else 0)
                looked, new = Looked(held.seen.issue_number), _gone(held)
            except DuplicateUIDError as error:  # what is held stays until somebody repairs it
                logger.warning("{} {}", error, error.hint)
                return Looked(held.seen.issue_number if held is not None else 0, error=error)
            assert new is not None
            over = held.position if held is not None else 0
            same = held is not None and held.seen.issue_number == new.issue_number
            try:
                kept = self._cache.keep(generation, new, self._clock(), over=None if same else over)
            except Held:
                continue
            if kept is None and held is None:
                raise Over
            if kept is not None and (same or kept.row.seen == new):
                return replace(looked, changed=kept.changed)
        return looked

    def _given_up(self, object_id: str, at: int = 0) -> None:
        try:
            model, held = self.model(), self._cache.row(object_id)
            if held is not None and not held.seen.deleted:
                self._cache.keep(model.cursor.generation, _gone(held, at), self._clock(), over=held.position)
        except CacheDown:
            return


def _gone(held: Row, at: int = 0) -> Observation:
    """
    That an object is not there any more.

    Args:
        at: When it was deleted, by the server's clock; else it comes after what is held, and before all that is newer.
    """
    return replace(held.seen, updated_at=max(held.seen.updated_at, at), version=0, text=None, settled=True)


def _looked(seen: Observed) -> Looked:
    return Looked(
        number=seen.issue_number,
        updated_at=seconds(seen.updated_at),
        comment_id=seen.comment_id,
        holds=seen.object is not None,
        due=seen.due,
        begins=seen.due and seen.object is None and not seen.deleted,
        error=seen.error,
    )
