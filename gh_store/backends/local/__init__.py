"""The embedded backend: the verbs of the port on one SQLite file, shared by several processes."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self, get_args

from gh_store.backends import rules
from gh_store.backends.base import PAGE, Backend, Permission
from gh_store.backends.local.rows import (
    COMMENTS,
    HINT,
    ISSUES,
    LOCKED,
    MAYBE_NUMBER,
    MAYBE_TEXT,
    SCHEMAS,
    checked,
    first,
    place,
    place_of_recent,
    select_issues,
    select_recent,
    to_comment,
    to_issue,
    to_recent,
    whole_seconds,
)
from gh_store.backends.local.sqlite_file import SqliteFile, Synchronous
from gh_store.domain.exceptions import IntegrityError, ObjectNotFound
from gh_store.domain.issues import Comment, Issue, IssuePage, Label, Page, RecentPage, Role, User


class LocalBackend:
    """
    One repository's issues in one file.

    Args:
        path: The file; it is created if it is missing, but its folder is not.
        user: Who acts; without one, the owner. A user without a role may read, comment and react, as
            everybody may on a public repository.
        create: False to raise ConfigurationError if the file is missing.
        clock: Seconds since the epoch. It may jump back; the times in the file never do.
        busy_timeout: Seconds to wait for other processes before BackendUnavailable.
        synchronous: SQLite's setting: FULL survives a loss of power, NORMAL may lose the last writes, OFF may
            lose the file. All of them survive a program that dies.
    Raises:
        ConfigurationError: The file is not a store, or its format is newer than this program.
    """

    server = api = None
    lag = 0.0
    cutoff = 0.0

    def __init__(
        self,
        path: str | Path,
        *,
        user: str | None = None,
        create: bool = True,
        clock: Callable[[], float] = time.time,
        busy_timeout: float = 30.0,
        synchronous: Synchronous = "FULL",
    ) -> None:
        self.path = Path(path)
        self._clock = clock
        self._synchronous = synchronous
        self._file = SqliteFile(self.path, SCHEMAS, create=create, busy_timeout=busy_timeout, synchronous=synchronous)
        try:
            with self._file.reading():
                self.owner: str = first(self._one("SELECT login FROM owner JOIN users USING (login)"), str)
                name = first(self._one("SELECT id FROM identity"), str)
            self.repository = f"local/{name}"
        except BaseException:
            self.close()
            raise
        self.user = user or self.owner

    @property
    def _db(self) -> sqlite3.Connection:
        return self._file.connection

    def repository_id(self) -> None:
        """None: it is never renamed."""

    def require_token(self) -> None:
        """There are none."""

    def close(self) -> None:
        """Close the file; harmless to repeat."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- issues -----------------------------------------------------------------------------------

    def get_issue(self, number: int) -> Issue:
        with self._file.reading():
            return self._issue(number)

    def list_issues(
        self,
        *,
        labels: Sequence[str] = (),
        sort: Literal["created", "updated"] = "created",
        descending: bool = False,
        since: datetime | None = None,
        cursor: str | None = None,
    ) -> IssuePage:
        query, values = select_issues(labels, sort, descending=descending, since=since, cursor=cursor)
        with self._file.reading():
            rows = self._db.execute(query, values).fetchall()
        return IssuePage(tuple(map(to_issue, rows[:PAGE])), place(rows[PAGE - 1], sort) if len(rows) > PAGE else None)

    def create_issue(self, title: str, body: str, labels: Sequence[str]) -> Issue:
        rules.check_title(title)
        rules.check_text(body)
        with self._writing() as at:
            labels = labels if self.actor.may("triage") else ()  # those of others are dropped in silence
            rules.check_labels(labels)
            cursor = self._db.execute(
                "INSERT INTO issues (title, body, open, author, created_at, updated_at, comments)"
                " VALUES (?, ?, 1, ?, ?, ?, 0)",
                (title, body, self.user, at, at),
            )
            number = cursor.lastrowid
            assert number is not None
            self._put_labels(number, labels)
            return self._issue(number)

    def edit_issue(
        self, number: int, *, title: str | None = None, body: str | None = None, open: bool | None = None
    ) -> Issue:
        if title is None and body is None and open is not None and self._file.begun is None:
            with self._file.reading():
                issue = self._issue(number)
            if issue.open == open:
                return issue  # there is nothing to write, so no other process to wait for
        with self._writing() as at:
            issue = self._issue(number)
            actor, closed_by = self.actor, None
            if not actor.may("triage"):  # who may closes what others have closed
                closed_by = first(self._one("SELECT closed_by FROM issues WHERE number = ?", number), MAYBE_TEXT)
            actor.check_edit(issue, closed_by, title=title, body=body, open=open)
            new = {"title": title, "body": body, "open": open, "closed_by": self.user if open is False else None}
            old = {"title": issue.title, "body": issue.body, "open": issue.open}
            if all(new[column] in (None, value) for column, value in old.items()):
                return issue
            self._db.execute(
                "UPDATE issues SET title = coalesce(:title, title), body = coalesce(:body, body),"
                " open = coalesce(:open, open), closed_by = coalesce(:closed_by, closed_by), updated_at = :at"
                " WHERE number = :number",
                {**new, "at": at, "number": number},
            )
            return replace(
                issue,
                title=issue.title if title is None else title,
                body=issue.body if body is None else body,
                open=issue.open if open is None else open,
                updated_at=whole_seconds(at),
            )

    # --- comments ---------------------------------------------------------------------------------

    def list_comments(self, number: int, page: int) -> Page:
        with self._file.reading():
            rows = self._db.execute(
                f"{COMMENTS} WHERE issue = ? ORDER BY id LIMIT ? OFFSET ?", (number, PAGE + 1, (page - 1) * PAGE)
            ).fetchall()
            if len(rows) <= PAGE:
                self._check_count(number)
        return Page(tuple(map(to_comment, rows[:PAGE])), len(rows) > PAGE)

    def list_recent_comments(self, since: datetime | None = None, cursor: str | None = None) -> RecentPage:
        query, values = select_recent(since, cursor)
        with self._file.reading():
            rows = self._db.execute(query, values).fetchall()
        following = place_of_recent(rows[PAGE - 1]) if len(rows) > PAGE else None
        return RecentPage(tuple(map(to_recent, rows[:PAGE])), following)

    def create_comment(self, number: int, body: str) -> Comment:
        rules.check_text(body)
        with self._writing() as at:
            row = self._one(
                "SELECT comments, (SELECT fate FROM fates WHERE issue = number) FROM issues WHERE number = ?", number
            )
            if row is None:
                self._issue(number)  # raises ObjectNotFound
            comments, fate = checked(row, int, MAYBE_TEXT)
            rules.check_room(number, comments)
            if fate == LOCKED:
                self.actor.need("write", "comment on an issue that is locked")
            cursor = self._db.execute(
                "INSERT INTO comments (issue, body, author, created_at) VALUES (?, ?, ?, ?)",
                (number, body, self.user, at),
            )
            self._db.execute("UPDATE issues SET comments = comments + 1, updated_at = ? WHERE number = ?", (at, number))
            assert cursor.lastrowid is not None
            return Comment(cursor.lastrowid, body, rules.user(self.user), whole_seconds(at))

    # --- reactions --------------------------------------------------------------------------------

    def add_reaction(self, comment_id: int, content: str) -> None:
        with self._writing():
            query = "SELECT 1 FROM comments JOIN fates USING (issue) WHERE id = ? AND fate = ?"
            rules.check_reaction(locked=self._one(query, comment_id, LOCKED) is not None)
            self._db.execute(
                "INSERT OR IGNORE INTO reactions SELECT id, ?, ? FROM comments WHERE id = ?",
                (content, self.user, comment_id),
            )

    def list_reactions(self, comment_id: int) -> tuple[tuple[str, User | None], ...]:
        with self._file.reading():
            rows = self._db.execute("SELECT content, author FROM reactions WHERE comment = ?", (comment_id,)).fetchall()
        return tuple((content, rules.user(author)) for content, author in (checked(row, str, str) for row in rows))

    # --- labels -----------------------------------------------------------------------------------

    def get_label(self, name: str) -> Label | None:
        with self._file.reading():
            row = self._db.execute("SELECT name, description FROM labels WHERE key = ?", (name.lower(),)).fetchone()
        return Label(*checked(row, str, str)) if row else None

    def create_label(self, name: str, description: str) -> bool:
        with self._writing():
            self.actor.need("write", "make labels")
            rules.check_label(name)
            cursor = self._db.execute(
                "INSERT OR IGNORE INTO labels (key, name, description) VALUES (?, ?, ?)",
                (name.lower(), name, description),
            )
            return cursor.rowcount == 1

    def edit_label(self, name: str, description: str) -> None:
        with self._writing():
            self.actor.need("write", "edit labels")
            self._db.execute("UPDATE labels SET description = ? WHERE key = ?", (description, name.lower()))

    def list_labels(self) -> tuple[str, ...]:
        with self._file.reading():
            return tuple(first(row, str) for row in self._db.execute("SELECT name FROM labels ORDER BY id"))

    def add_label(self, number: int, name: str) -> None:
        with self._writing() as at:
            issue = self._issue(number)
            self.actor.need("triage", "label issues")
            rules.check_labels([*(label.name for label in issue.labels), name])
            if self._put_labels(number, [name]):
                self._touch(number, at)

    def remove_label(self, number: int, name: str) -> None:
        with self._writing() as at:
            self._issue(number)
            self.actor.need("triage", "label issues")
            if self._db.execute(
                "DELETE FROM issue_labels WHERE issue = ? AND label = (SELECT id FROM labels WHERE key = ?)",
                (number, name.lower()),
            ).rowcount:
                self._touch(number, at)

    def labels_ever(self, number: int) -> frozenset[str]:
        with self._file.reading():
            rows = self._db.execute("SELECT name FROM labelled WHERE issue = ?", (number,))
            return frozenset(first(row, str) for row in rows)

    # --- people -----------------------------------------------------------------------------------

    def permission(self, login: str) -> Permission:
        with self._file.reading():
            self.actor.need("write", "ask what others may do")
            return rules.permission_of(self.role(login))

    def team(self, organization: str, slug: str) -> frozenset[str]:
        with self._file.reading():
            rows = self._db.execute("SELECT login FROM members WHERE team = ?", (f"{organization}/{slug}".lower(),))
            return frozenset(first(row, str).lower() for row in rows)

    def read_file(self, path: str) -> str | None:
        with self._file.reading():
            row = self._db.execute("SELECT text FROM files WHERE path = ?", (path,)).fetchone()
        return first(row, str) if row else None

    # --- the clock --------------------------------------------------------------------------------

    def now(self) -> datetime:
        with self._file.reading():
            return whole_seconds(self._now())

    def uninterrupted(self) -> AbstractContextManager[None]:
        return nullcontext()

    # --- batches ----------------------------------------------------------------------------------

    def batch(self) -> AbstractContextManager[None]:
        return self._file.batch()

    # --- inside -----------------------------------------------------------------------------------

    @contextmanager
    def _writing(self) -> Iterator[float]:
        """One transaction; yields the time of what is written in it."""
        with self._file.writing():
            yield self._now()

    def _one(self, query: str, *values: object) -> Any:
        return self._db.execute(query, values).fetchone()

    def _now(self) -> float:
        batch = self._file.begun
        newest: float | None = batch.latest if batch is not None else None
        if newest is None:
            newest = first(self._one("SELECT max(updated_at) FROM issues"), MAYBE_NUMBER)
        now = max(self._clock(), newest or 0.0)
        if batch is not None:
            batch.latest = now
        return now

    def _issue(self, number: int) -> Issue:
        row = self._one(f"{ISSUES} WHERE number = ?", number)
        if row is None:
            fate = self._fate(number)
            raise ObjectNotFound(f"Issue {number} was {fate}." if fate else f"There is no issue {number}.")
        return to_issue(row)

    def _check_count(self, number: int) -> None:
        """Raise IntegrityError unless an issue counts its comments right: who reads them would wait for more."""
        counts = self._one(
            "SELECT comments, (SELECT count(*) FROM comments WHERE issue = number) FROM issues WHERE number = ?", number
        )
        if counts is None:
            self._issue(number)  # raises ObjectNotFound
        told, there = checked(counts, int, int)
        if told != there:
            raise IntegrityError(f"Issue {number} says {told} comments, and has {there}.", hint=HINT)

    def _fate(self, number: int) -> str | None:
        row = self._one("SELECT fate FROM fates WHERE issue = ?", number)
        return None if row is None else str(row[0])

    def _touch(self, number: int, at: float) -> None:
        self._db.execute("UPDATE issues SET updated_at = ? WHERE number = ?", (at, number))

    def _put_labels(self, number: int, names: Sequence[str]) -> bool:
        """Put checked labels on an issue, those that do not exist are made; True if it lacked one of them."""
        if not names:
            return False
        keys = [name.lower() for name in names]
        new = [value for key, name in zip(keys, names, strict=True) for value in (key, name)]
        values = ", ".join(["(?, ?, '')"] * len(names))
        self._db.execute(f"INSERT OR IGNORE INTO labels (key, name, description) VALUES {values}", new)  # noqa: S608  # our text; values are bound
        these = f"FROM labels WHERE key IN ({', '.join('?' * len(keys))})"
        put = self._db.execute(f"INSERT OR IGNORE INTO issue_labels SELECT id, ? {these}", (number, *keys))
        self._db.execute(f"INSERT OR IGNORE INTO labelled SELECT ?, name {these}", (number, *keys))
        return put.rowcount > 0

    def role(self, login: str) -> Role:
        """The role of a user; everybody may read."""
        batch = self._file.begun
        if batch is not None and login in batch.roles:
            return batch.roles[login]
        row = self._one("SELECT role FROM users WHERE login = ?", login)
        role: Role = first(row, str) if row else "read"
        if role not in get_args(Role):
            raise IntegrityError(f"{self.path}: {role!r} is not a role.", hint="Restore the file from a copy.")
        if batch is not None:
            batch.roles[login] = role
        return role

    @property
    def actor(self) -> rules.Actor:
        """Who acts, with the role of now."""
        return rules.Actor(self.user, self.role(self.user))


_CONFORMS: type[Backend] = LocalBackend  # mypy holds the class against the port
