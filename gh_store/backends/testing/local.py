"""The embedded backend, and what people do by hand on the pages of its repository."""

from gh_store.backends import rules
from gh_store.backends.local import LocalBackend
from gh_store.backends.local.rows import LOCKED, PULL_REQUEST
from gh_store.backends.testing.web_ui import WebUI
from gh_store.domain.exceptions import ObjectNotFound
from gh_store.domain.issues import Role


class LocalWebUI(LocalBackend):
    """See WebUI."""

    def as_user(self, login: str) -> "LocalWebUI":
        return LocalWebUI(self.path, user=login, create=False, clock=self._clock, synchronous=self._synchronous)

    def set_role(self, login: str, role: Role) -> None:
        with self._writing():
            self.actor.need("admin", "give roles")
            self._db.execute("INSERT OR REPLACE INTO users VALUES (?, ?)", (login, role))

    def edit_comment(self, comment_id: int, body: str) -> None:
        rules.check_text(body)
        with self._writing() as at:
            number = self._own_comment(comment_id)
            self._db.execute("UPDATE comments SET body = ?, edited = ? WHERE id = ?", (body, int(at), comment_id))
            self._touch(number, at)

    def delete_comment(self, comment_id: int) -> None:
        with self._writing() as at:
            number = self._own_comment(comment_id)
            self._db.execute("DELETE FROM comments WHERE id = ?", (comment_id,))
            self._db.execute("DELETE FROM reactions WHERE comment = ?", (comment_id,))
            self._db.execute("UPDATE issues SET comments = comments - 1 WHERE number = ?", (number,))
            self._touch(number, at)

    def remove_reaction(self, comment_id: int, content: str) -> None:
        with self._writing():
            self._db.execute(
                "DELETE FROM reactions WHERE comment = ? AND content = ? AND author = ?",
                (comment_id, content, self.user),
            )

    def delete_label(self, name: str) -> None:
        with self._writing() as at:
            self.actor.need("write", "delete labels")
            its = "label = (SELECT id FROM labels WHERE key = ?)"
            key = (name.lower(),)
            touched = f"number IN (SELECT issue FROM issue_labels WHERE {its})"  # noqa: S608  # our text
            self._db.execute(f"UPDATE issues SET updated_at = ? WHERE {touched}", (at, *key))  # noqa: S608  # as above
            self._db.execute(f"DELETE FROM issue_labels WHERE {its}", key)  # noqa: S608  # as above
            self._db.execute("DELETE FROM labels WHERE key = ?", key)

    def put_file(self, path: str, text: str) -> None:
        with self._writing():
            self.actor.need("write", "write files")
            self._db.execute("INSERT OR REPLACE INTO files VALUES (?, ?)", (path, text))

    def join_team(self, team: str, login: str) -> None:
        with self._writing():
            self.actor.need("admin", "change teams")
            self._db.execute("INSERT OR IGNORE INTO members VALUES (?, ?)", (team.lower(), login))

    def open_pull_request(self, title: str, body: str, labels: tuple[str, ...] = ()) -> int:
        number = self.create_issue(title, body, labels).number
        with self._writing():
            self._db.execute("INSERT INTO fates VALUES (?, ?)", (number, PULL_REQUEST))
        return number

    def lock_issue(self, number: int, *, locked: bool = True) -> None:
        with self._writing():
            self._issue(number)
            self.actor.need("write", "lock issues")
            self._db.execute("DELETE FROM fates WHERE issue = ? AND fate = ?", (number, LOCKED))
            if locked:
                self._db.execute("INSERT INTO fates VALUES (?, ?)", (number, LOCKED))

    def delete_issue(self, number: int, fate: str = "deleted") -> None:
        with self._writing():
            self._issue(number)
            self.actor.need("admin", "delete issues")
            own_comments = "SELECT id FROM comments WHERE issue = ?"
            self._db.execute(f"DELETE FROM reactions WHERE comment IN ({own_comments})", (number,))  # noqa: S608  # our text
            for statement in (
                "DELETE FROM comments WHERE issue = ?",
                "DELETE FROM issue_labels WHERE issue = ?",
                "DELETE FROM issues WHERE number = ?",
            ):
                self._db.execute(statement, (number,))
            self._db.execute("INSERT OR REPLACE INTO fates VALUES (?, ?)", (number, fate))

    def transfer_issue(self, number: int, target: str) -> None:
        self.delete_issue(number, f"transferred to {target}")

    def files(self, folder: str) -> list[str]:
        with self._file.reading():
            paths = [path for (path,) in self._db.execute("SELECT path FROM files ORDER BY path")]
        return [path for path in paths if path.rpartition("/")[0] == folder]

    # --- what the dev server asks -----------------------------------------------------------------

    def fate(self, number: int) -> str | None:
        with self._file.reading():
            return self._fate(number)

    def issue_of(self, comment_id: int) -> int:
        with self._file.reading():
            row = self._one("SELECT issue FROM comments WHERE id = ?", comment_id)
        if row is None:
            raise ObjectNotFound(f"There is no comment {comment_id}.")
        return int(row[0])

    # --- inside -----------------------------------------------------------------------------------

    def _own_comment(self, comment_id: int) -> int:
        """The issue of a comment that the current user may change."""
        row = self._one("SELECT issue, author FROM comments WHERE id = ?", comment_id)
        if row is None:
            raise ObjectNotFound(f"There is no comment {comment_id}.")
        number, author = row
        self.actor.check_comment_edit(author)
        return int(number)


_CONFORMS: type[WebUI] = LocalWebUI  # mypy holds the class against the deeds
