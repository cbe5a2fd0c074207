"""The tables of the embedded backend, the list of issues as a query, and rows as records of the port. Pure."""

import json
from collections.abc import Sequence
from datetime import datetime
from types import NoneType
from typing import Any, Final

from gh_store.backends import rules
from gh_store.backends.base import PAGE
from gh_store.domain.exceptions import IntegrityError
from gh_store.domain.issues import Comment, Issue, Label, RecentComment, User
from gh_store.domain.limits import MAX_COMMENTS

_FIRST: Final = """
CREATE TABLE users (login TEXT PRIMARY KEY COLLATE NOCASE, role TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE owner (login TEXT NOT NULL);
CREATE TABLE labels (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL, description TEXT NOT NULL);
CREATE TABLE issues (
    number INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, body TEXT NOT NULL, open INTEGER NOT NULL,
    author TEXT, closed_by TEXT, created_at REAL NOT NULL, updated_at REAL NOT NULL, comments INTEGER NOT NULL
);
CREATE INDEX issues_by_change ON issues (updated_at, number);
CREATE TABLE issue_labels (label INTEGER NOT NULL, issue INTEGER NOT NULL, PRIMARY KEY (label, issue)) WITHOUT ROWID;
CREATE INDEX labels_by_issue ON issue_labels (issue);
CREATE TABLE comments (
    id INTEGER PRIMARY KEY AUTOINCREMENT, issue INTEGER NOT NULL, body TEXT NOT NULL, author TEXT,
    created_at REAL NOT NULL
);
CREATE INDEX comments_by_issue ON comments (issue, id);
CREATE TABLE reactions (
    comment INTEGER NOT NULL, content TEXT NOT NULL, author TEXT NOT NULL COLLATE NOCASE,
    PRIMARY KEY (comment, content, author)
) WITHOUT ROWID;
INSERT INTO owner VALUES ('local');
INSERT INTO users VALUES ('local', 'admin');
"""
_SECOND: Final = """
CREATE TABLE files (path TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE members (team TEXT NOT NULL, login TEXT NOT NULL, PRIMARY KEY (team, login)) WITHOUT ROWID;
CREATE TABLE fates (issue INTEGER PRIMARY KEY, fate TEXT NOT NULL);
"""
_THIRD: Final = """
ALTER TABLE comments ADD COLUMN edited INTEGER NOT NULL DEFAULT 0;
CREATE TABLE labelled (issue INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (issue, name)) WITHOUT ROWID;
INSERT INTO labelled SELECT x.issue, l.name FROM issue_labels x JOIN labels l ON l.id = x.label;
"""
_FOURTH: Final = """
CREATE TABLE identity (id TEXT NOT NULL);
INSERT INTO identity VALUES (lower(hex(randomblob(8))));
"""
RECENT: Final = """
SELECT * FROM (
    SELECT id, body, author, created_at, edited,
           (SELECT json_group_object(content, n)
              FROM (SELECT content, count(*) n FROM reactions WHERE comment = id GROUP BY content)),
           issue, max(created_at, edited) changed_at
      FROM comments
)
"""
"""`edited` is the second of the last edit; where older versions wrote it, 1."""

LARGEST: Final = 2**63 - 1
"""After this number SQLite gives no more."""

NUMBER: Final = (int, float)
MAYBE_NUMBER: Final = (*NUMBER, NoneType)
MAYBE_TEXT: Final = (str, NoneType)
LOCKED: Final = "locked"
PULL_REQUEST: Final = "pull request"
SCHEMAS: Final = (_FIRST, _SECOND, _THIRD, _FOURTH)
"""For each version of the format, the statements that upgrade a file of the version before."""

ISSUES: Final = """
SELECT number, title, body, open, author, created_at, updated_at, comments,
       (SELECT json_group_array(json_array(l.name, l.description))
          FROM issue_labels x JOIN labels l ON l.id = x.label WHERE x.issue = number),
       (SELECT fate FROM fates WHERE fates.issue = number)
  FROM issues
"""
COMMENTS: Final = """
SELECT id, body, author, created_at, edited,
       (SELECT json_group_object(content, n)
          FROM (SELECT content, count(*) n FROM reactions WHERE comment = id GROUP BY content))
  FROM comments
"""


def select_issues(
    labels: Sequence[str], sort: str, *, descending: bool, since: datetime | None, cursor: str | None
) -> tuple[str, list[Any]]:
    """The statement that finds a page of issues and the first of the page after it, and its values."""
    # With labels, the index of the first leads: it yields few issues, and in their order.
    number = "labelled.issue" if labels else "number"
    where, values = ["1"], list[Any]()
    for at, label in enumerate(labels):
        having = "label = (SELECT id FROM labels WHERE key = ?)"
        # EXISTS looks one row up; IN would gather all issues of the label first.
        also = f"EXISTS (SELECT 1 FROM issue_labels WHERE {having} AND issue = number)"  # noqa: S608  # our text; values are bound
        where.append(also if at else having)
        values.append(label.lower())
    if since is not None:
        where.append("updated_at >= ?")
        values.append(int(since.timestamp()))
    key = f"updated_at, {number}" if sort == "updated" else number
    if cursor is not None:
        last = _read_cursor(cursor, 1 + key.count(","))
        where.append(f"({key}) {'<' if descending else '>'} ({', '.join('?' * len(last))})")
        values.extend(last)
    order = key.replace(",", " DESC,") + " DESC" if descending else key
    joined = " JOIN issue_labels labelled ON labelled.issue = number" if labels else ""
    return f"{ISSUES}{joined} WHERE {' AND '.join(where)} ORDER BY {order} LIMIT {PAGE + 1}", values


def _read_cursor(cursor: str, numbers: int) -> list[float]:
    last = json.loads(cursor)
    if not isinstance(last, list) or len(last) != numbers or not all(isinstance(each, NUMBER) for each in last):
        raise ValueError(f"not a cursor: {cursor[:60]}")
    return last


def place(row: Sequence[Any], sort: str) -> str:
    """The cursor of the page that follows this issue: one that moves meanwhile hides no other."""
    number, updated_at = row[0], row[6]
    return json.dumps([updated_at, number] if sort == "updated" else [number])


def checked(row: Sequence[Any] | None, *kinds: Any) -> tuple[Any, ...]:
    """A row whose values have these types. Raises IntegrityError: SQLite keeps text where a number belongs."""
    if row is None or not all(map(isinstance, row, kinds)):
        raise IntegrityError("A row of the store has values of the wrong type.", hint=HINT)
    return tuple(row)


def first(row: Sequence[Any] | None, kind: Any) -> Any:
    """The one value of a row, as above."""
    return checked(row, kind)[0]


HINT: Final = "Another program wrote to the file, or it is damaged. Restore it from a copy."
_ISSUE: Final = (int, str, str, int, MAYBE_TEXT, NUMBER, NUMBER, int, str, MAYBE_TEXT)
_COMMENT: Final = (int, str, MAYBE_TEXT, NUMBER, int, str)


def _user(login: str | None) -> User | None:
    return None if login is None else rules.user(login)


def whole_seconds(at: float) -> datetime:
    try:
        return rules.whole_seconds(at)
    except (OverflowError, ValueError, OSError) as error:
        raise IntegrityError(f"A row of the store has a time that is none: {at}.", hint=HINT) from error


def to_issue(row: Sequence[Any]) -> Issue:
    number, title, body, is_open, author, created_at, updated_at, comments, labels, fate = checked(row, *_ISSUE)
    if not (0 < number < LARGEST and 0 <= comments <= MAX_COMMENTS):
        raise IntegrityError(f"A row of the store has numbers that are none: {number}, {comments}.", hint=HINT)
    return Issue(
        number=number,
        title=title,
        body=body,
        open=bool(is_open),
        labels=tuple(Label(*checked(label, str, str)) for label in json.loads(labels)),
        author=_user(author),
        created_at=whole_seconds(created_at),
        updated_at=whole_seconds(updated_at),
        comments=comments,
        is_pull_request=fate == PULL_REQUEST,
        locked=fate == LOCKED,
    )


def select_recent(since: datetime | None, cursor: str | None) -> tuple[str, list[Any]]:
    """The statement that finds a page of the comments of all issues, as `select_issues` does, and its values."""
    where, values = ["1"], list[Any]()
    if since is not None:
        where.append("changed_at >= ?")
        values.append(int(since.timestamp()))
    if cursor is not None:
        where.append("(changed_at, id) > (?, ?)")
        values.extend(_read_cursor(cursor, 2))
    return f"{RECENT} WHERE {' AND '.join(where)} ORDER BY changed_at, id LIMIT {PAGE + 1}", values


def place_of_recent(row: Sequence[Any]) -> str:
    """The cursor of the page that follows this comment."""
    return json.dumps([row[-1], row[0]])


def to_recent(row: Sequence[Any]) -> RecentComment:
    *comment, issue, changed_at = row
    checked((issue, changed_at), int, NUMBER)
    return RecentComment(issue, whole_seconds(changed_at), to_comment(comment))


def to_comment(row: Sequence[Any]) -> Comment:
    comment_id, body, author, created_at, edited, reactions = checked(row, *_COMMENT)
    return Comment(comment_id, body, _user(author), whole_seconds(created_at), json.loads(reactions), bool(edited))
