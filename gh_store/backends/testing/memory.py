"""The reference backend, and what people do by hand on the pages of its repository."""

from dataclasses import replace

from gh_store.backends import rules
from gh_store.backends.memory import MemoryBackend, atomic
from gh_store.backends.testing.web_ui import WebUI
from gh_store.domain.exceptions import ObjectNotFound
from gh_store.domain.issues import Comment, Role


class MemoryWebUI(MemoryBackend):
    """See WebUI."""

    def as_user(self, login: str) -> "MemoryWebUI":
        return MemoryWebUI(self.data, user=login)

    @atomic
    def set_role(self, login: str, role: Role) -> None:
        self.actor.need("admin", "give roles")
        self.data.roles[login.lower()] = role

    @atomic
    def edit_comment(self, comment_id: int, body: str) -> None:
        rules.check_text(body)
        number, comment = self._own_comment(comment_id)
        self.data.comments[number][comment_id] = replace(comment, body=body, edited=True)
        self.data.edited[comment_id] = self._put(self._issue(number)).updated_at

    @atomic
    def delete_comment(self, comment_id: int) -> None:
        number, _ = self._own_comment(comment_id)
        del self.data.comments[number][comment_id], self.data.issue_of[comment_id]
        self.data.reactions.pop(comment_id, None)
        issue = self._issue(number)
        self._put(issue, comments=issue.comments - 1)

    @atomic
    def remove_reaction(self, comment_id: int, content: str) -> None:
        self.data.reactions[comment_id].pop((content, self.user.lower()), None)

    @atomic
    def delete_label(self, name: str) -> None:
        self.actor.need("write", "delete labels")
        label = self.data.labels.pop(name.lower(), None)
        for issue in list(self.data.issues.values()):
            if label in issue.labels:
                self._put(issue, labels=tuple(each for each in issue.labels if each != label))

    @atomic
    def put_file(self, path: str, text: str) -> None:
        self.actor.need("write", "write files")
        self.data.files[path] = text

    @atomic
    def join_team(self, team: str, login: str) -> None:
        self.actor.need("admin", "change teams")
        self.data.teams.setdefault(team.lower(), set()).add(login.lower())

    @atomic
    def open_pull_request(self, title: str, body: str, labels: tuple[str, ...] = ()) -> int:
        return self._put(self.create_issue(title, body, labels), is_pull_request=True).number

    @atomic
    def lock_issue(self, number: int, *, locked: bool = True) -> None:
        issue = self._issue(number)
        self.actor.need("write", "lock issues")
        self.data.issues[number] = replace(issue, locked=locked)

    @atomic
    def delete_issue(self, number: int, fate: str = "deleted") -> None:
        self._issue(number)
        self.actor.need("admin", "delete issues")
        for comment_id in self.data.comments.pop(number, {}):
            del self.data.issue_of[comment_id]
            self.data.reactions.pop(comment_id, None)
        del self.data.issues[number]
        self.data.gone[number] = fate

    def transfer_issue(self, number: int, target: str) -> None:
        self.delete_issue(number, f"transferred to {target}")

    # --- what the dev server asks -----------------------------------------------------------------

    @atomic
    def files(self, folder: str) -> list[str]:
        return [path for path in sorted(self.data.files) if path.rpartition("/")[0] == folder]

    @atomic
    def fate(self, number: int) -> str | None:
        issue = self.data.issues.get(number)
        if issue is None:
            return self.data.gone.get(number)
        return "locked" if issue.locked else "pull request" if issue.is_pull_request else None

    @atomic
    def issue_of(self, comment_id: int) -> int:
        if comment_id not in self.data.issue_of:
            raise ObjectNotFound(f"There is no comment {comment_id}.")
        return self.data.issue_of[comment_id]

    # --- inside -----------------------------------------------------------------------------------

    def _own_comment(self, comment_id: int) -> tuple[int, Comment]:
        """A comment that the current user may change, and its issue's number."""
        number = self.issue_of(comment_id)
        comment = self.data.comments[number][comment_id]
        self.actor.check_comment_edit(comment.author.login if comment.author is not None else None)
        return number, comment


_CONFORMS: type[WebUI] = MemoryWebUI  # mypy holds the class against the deeds
