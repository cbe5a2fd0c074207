"""The embedded backend: the verbs of the port on one SQLite file, shared by several processes."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, Self

from gh_store.backends.base import PAGE
from gh_store.backends.local.rows import COMMENTS, ISSUES, LOCKED, SCHEMAS, to_comment, to_issue, to_time, to_user
from gh_store.backends.local.sqlite_file import SqliteFile, Synchronous
from gh_store.domain.exceptions import ConfigurationError, InsufficientScope, LogFull, ObjectNotFound, ValueTooLarge
from gh_store.domain.issues import Comment, Issue, IssuePage, Label, Page, User
from gh_store.domain.limits import MAX_COMMENTS, MAX_LABEL, MAX_TEXT, MAX_TITLE

Role = Literal["none", "read", "triage", "write", "maintain", "admin"]

_MAX_LABELS: Final = 100
_RANK: Final[dict[Role, int]] = {"none": 0, "read": 1, "triage": 2, "write": 3, "maintain": 4, "admin": 5}
_PERMISSION: Final[dict[Role, Literal["admin", "write", "read", "none"]]] = {
    "none": "none",
    "read": "read",
    "triage": "read",
    "write": "write",
    "maintain": "write",
    "admin": "admin",
}


class LocalBackend:
    """
    One repository's issues in one file.

    Args:
        path: The file; it is made if it is missing, its folder is not.
        user: Who acts. Without one, the owner. Who is not known to the file may read, comment and
            react, as anybody may on a public repository.
        create: False to raise ConfigurationError where there is no file.
        clock: Seconds since the epoch. It may jump back; what the file shows never does.
        busy_timeout: Seconds to wait for other processes before BackendUnavailable.
        synchronous: SQLite's setting: FULL survives a loss of power, NORMAL may lose the last writes,
            OFF may lose the file; all of them survive a program that dies.
    Raises:
        ConfigurationError: The file is none of ours, or of a newer version.
    """

    lag = 0.0
    cutoff = 0.0
    repository = "local"

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
        if not create and not self.path.exists():
            raise ConfigurationError(
                f"{self.path}: there is no store here.",
                file=self.path,
                hint="`gh-store init` or `gh-store create` makes one; --store names another.",
            )
        self._synchronous = synchronous
        self._file = SqliteFile(self.path, SCHEMAS, busy_timeout=busy_timeout, synchronous=synchronous)
        self._db = self._file.connection
        try:
            with self._file.reading():
                self.owner: str = self._one("SELECT login FROM owner")[0]
        except BaseException:
            self.close()
            raise
        self.user = user or self.owner

    def close(self) -> None:
        """Let go of the file; harmless to repeat."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- the port ---------------------------------------------------------------------------------

    def uninterrupted(self) -> AbstractContextManager[None]:
        return nullcontext()

    def now(self) -> datetime:
        with self._file.reading():
            return to_time(self._now())

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
        by_change = sort == "updated"
        # With labels, the index of the first leads: it yields few issues, and in their order.
        number = "labelled.issue" if labels else "number"
        where, values = ["1"], list[Any]()
        for at, label in enumerate(labels):
            having = "label = (SELECT id FROM labels WHERE key = ?)"
            also = f"number IN (SELECT issue FROM issue_labels WHERE {having})"  # noqa: S608  # our text; values are bound
            where.append(also if at else having)
            values.append(label.lower())
        if since is not None:
            where.append("updated_at >= ?")
            values.append(int(since.timestamp()))
        key = f"updated_at, {number}" if by_change else number
        if cursor is not None:  # the key of the last issue of the page before
            where.append(f"({key}) {'<' if descending else '>'} ({'?, ?' if by_change else '?'})")
            values.extend(json.loads(cursor))
        order = key.replace(",", " DESC,") + " DESC" if descending else key
        joined = " JOIN issue_labels labelled ON labelled.issue = number" if labels else ""
        # What is put into the text here is ours; values are bound.
        query = f"{ISSUES}{joined} WHERE {' AND '.join(where)} ORDER BY {order} LIMIT {PAGE + 1}"
        with self._file.reading():
            rows = self._db.execute(query, values).fetchall()
        following = None
        if len(rows) > PAGE:
            last, updated_at = rows[PAGE - 1][0], rows[PAGE - 1][6]
            following = json.dumps([updated_at, last] if by_change else [last])
        return IssuePage(tuple(map(to_issue, rows[:PAGE])), following)

    def create_issue(self, title: str, body: str, labels: Sequence[str]) -> Issue:
        check_text(body)
        _check_title(title)
        with self._writing() as at:
            cursor = self._db.execute(
                "INSERT INTO issues (title, body, open, author, created_at, updated_at, comments)"
                " VALUES (?, ?, 1, ?, ?, ?, 0)",
                (title, body, self.user, at, at),
            )
            number = cursor.lastrowid
            assert number is not None
            if self.rank() >= _RANK["triage"]:  # others' labels are dropped in silence, as on GitHub
                for label in labels:
                    self._put_label(number, label)
            return self._issue(number)

    def edit_issue(
        self, number: int, *, title: str | None = None, body: str | None = None, open: bool | None = None
    ) -> Issue:
        if title is None and body is None and open is not None:
            with self._file.reading():
                issue = self._issue(number)
            if issue.open == open:
                return issue  # nothing to write, so nobody to wait for
        with self._writing() as at:
            issue = self._issue(number)
            own = issue.author is not None and self._is_me(issue.author.login)
            if title is not None or body is not None:
                _check_title(title or "")
                check_text(body or "")
                if not own:
                    self.need("write", "edit the issue of somebody else")
            if open is not None and open != issue.open:
                closed_by = self._one("SELECT closed_by FROM issues WHERE number = ?", number)[0]
                if not (own and (not open or (closed_by and self._is_me(closed_by)))):
                    self.need("triage", "close or reopen this issue")
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
            return self._issue(number)

    def add_label(self, number: int, name: str) -> None:
        with self._writing() as at:
            self._issue(number)
            self.need("triage", "label issues")
            if self._put_label(number, name):
                self._touch(number, at)

    def remove_label(self, number: int, name: str) -> None:
        with self._writing() as at:
            self._issue(number)
            self.need("triage", "label issues")
            if self._db.execute(
                "DELETE FROM issue_labels WHERE issue = ? AND label = (SELECT id FROM labels WHERE key = ?)",
                (number, name.lower()),
            ).rowcount:
                self._touch(number, at)

    def list_comments(self, number: int, page: int) -> Page:
        with self._file.reading():
            rows = self._db.execute(
                f"{COMMENTS} WHERE issue = ? ORDER BY id LIMIT ? OFFSET ?", (number, PAGE + 1, (page - 1) * PAGE)
            ).fetchall()
            if not rows:
                self._issue(number)  # or say that there is none
        return Page(tuple(map(to_comment, rows[:PAGE])), len(rows) > PAGE)

    def create_comment(self, number: int, body: str) -> Comment:
        check_text(body)
        with self._writing() as at:
            row = self._one(
                "SELECT comments, (SELECT fate FROM fates WHERE issue = number) FROM issues WHERE number = ?", number
            )
            comments, fate = row or (self._issue(number).comments, None)  # or say that there is none
            if fate == LOCKED:
                self.need("write", "comment on an issue that is locked")
            if comments >= MAX_COMMENTS:
                raise LogFull(
                    f"Issue {number} has {comments:,} comments, and takes no more.",
                    comments=comments,
                    limit=MAX_COMMENTS,
                )
            cursor = self._db.execute(
                "INSERT INTO comments (issue, body, author, created_at) VALUES (?, ?, ?, ?)",
                (number, body, self.user, at),
            )
            self._db.execute("UPDATE issues SET comments = comments + 1, updated_at = ? WHERE number = ?", (at, number))
            assert cursor.lastrowid is not None
            return Comment(cursor.lastrowid, body, to_user(self.user), to_time(at))

    def add_reaction(self, comment_id: int, content: str) -> None:
        with self._writing():
            if self._one(
                "SELECT 1 FROM comments JOIN fates USING (issue) WHERE id = ? AND fate = ?", comment_id, LOCKED
            ):
                raise InsufficientScope("The issue is locked: nobody may react.", hint="Unlock it.")
            self._db.execute(
                "INSERT OR IGNORE INTO reactions SELECT id, ?, ? FROM comments WHERE id = ?",
                (content, self.user, comment_id),
            )

    def list_reactions(self, comment_id: int) -> tuple[tuple[str, User | None], ...]:
        with self._file.reading():
            rows = self._db.execute("SELECT content, author FROM reactions WHERE comment = ?", (comment_id,)).fetchall()
        return tuple((content, to_user(author)) for content, author in rows)

    def get_label(self, name: str) -> Label | None:
        with self._file.reading():
            row = self._db.execute("SELECT name, description FROM labels WHERE key = ?", (name.lower(),)).fetchone()
        return Label(*row) if row else None

    def create_label(self, name: str, description: str) -> bool:
        with self._writing():
            self.need("write", "make labels")
            return self._make_label(name, description)

    def edit_label(self, name: str, description: str) -> None:
        with self._writing():
            self.need("write", "edit labels")
            self._db.execute("UPDATE labels SET description = ? WHERE key = ?", (description, name.lower()))

    def list_labels(self) -> tuple[str, ...]:
        with self._file.reading():
            return tuple(name for (name,) in self._db.execute("SELECT name FROM labels ORDER BY id"))

    def labels_ever(self, number: int) -> frozenset[str]:
        with self._file.reading():
            rows = self._db.execute("SELECT name FROM labelled WHERE issue = ?", (number,))
            return frozenset(name for (name,) in rows)

    def permission(self, login: str) -> Literal["admin", "write", "read", "none"]:
        with self._file.reading():
            self.need("write", "ask what others may do")
            return _PERMISSION[self.role(login)]

    def read_file(self, path: str) -> str | None:
        with self._file.reading():
            row = self._db.execute("SELECT text FROM files WHERE path = ?", (path,)).fetchone()
        return row[0] if row else None

    def team(self, organization: str, slug: str) -> frozenset[str]:
        with self._file.reading():
            rows = self._db.execute("SELECT login FROM members WHERE team = ?", (f"{organization}/{slug}".lower(),))
            return frozenset(login.lower() for (login,) in rows)

    # --- inside -----------------------------------------------------------------------------------

    @contextmanager
    def _writing(self) -> Iterator[float]:
        """One transaction; yields the time of what is written in it."""
        with self._file.writing():
            yield self._now()

    def _one(self, query: str, *values: object) -> Any:
        return self._db.execute(query, values).fetchone()

    def _now(self) -> float:
        newest: float | None = self._one("SELECT max(updated_at) FROM issues")[0]
        return max(self._clock(), newest or 0.0)

    def _issue(self, number: int) -> Issue:
        row = self._one(f"{ISSUES} WHERE number = ?", number)
        if row is None:
            fate = self._fate(number)
            raise ObjectNotFound(f"Issue {number} was {fate}." if fate else f"There is no issue {number}.")
        return to_issue(row)

    def _fate(self, number: int) -> str | None:
        row = self._one("SELECT fate FROM fates WHERE issue = ?", number)
        return None if row is None else str(row[0])

    def _touch(self, number: int, at: float) -> None:
        self._db.execute("UPDATE issues SET updated_at = ? WHERE number = ?", (at, number))

    def _make_label(self, name: str, description: str) -> bool:
        if not 0 < len(name) <= MAX_LABEL:
            raise ValueTooLarge(
                f"The label {name!r} has {len(name)} characters; {MAX_LABEL} fit.", size=len(name), limit=MAX_LABEL
            )
        cursor = self._db.execute(
            "INSERT OR IGNORE INTO labels (key, name, description) VALUES (?, ?, ?)", (name.lower(), name, description)
        )
        return cursor.rowcount == 1

    def _put_label(self, number: int, name: str) -> bool:
        self._make_label(name, "")
        if self._one("SELECT count(*) FROM issue_labels WHERE issue = ?", number)[0] >= _MAX_LABELS:
            raise ValueTooLarge(f"Issue {number} has {_MAX_LABELS} labels, and takes no more.", limit=_MAX_LABELS)
        cursor = self._db.execute(
            "INSERT OR IGNORE INTO issue_labels SELECT id, ? FROM labels WHERE key = ?", (number, name.lower())
        )
        self._db.execute("INSERT OR IGNORE INTO labelled VALUES (?, ?)", (number, name))
        return cursor.rowcount == 1

    def _is_me(self, login: str) -> bool:
        return login.lower() == self.user.lower()

    def role(self, login: str) -> Role:
        """The role of a user; whom the file does not know may read."""
        row = self._one("SELECT role FROM users WHERE login = ?", login)
        return row[0] if row else "read"

    def rank(self) -> int:
        return _RANK[self.role(self.user)]

    def need(self, role: Role, what: str) -> None:
        """Raise InsufficientScope unless the current user has this role or more."""
        if self.rank() < _RANK[role]:
            raise InsufficientScope(f"{self.user} may not {what}: that takes the role {role} or more.")


def check_text(body: str) -> None:
    if len(body) > MAX_TEXT:
        raise ValueTooLarge(f"The text has {len(body):,} characters; {MAX_TEXT:,} fit.", size=len(body), limit=MAX_TEXT)


def _check_title(title: str) -> None:
    if len(title) > MAX_TITLE:
        raise ValueTooLarge(
            f"The title has {len(title)} characters; {MAX_TITLE} fit.", size=len(title), limit=MAX_TITLE
        )
