"""What people do by hand on the pages of GitHub, and the store never does: for tests, and for the dev server."""

from typing import Protocol

from gh_store.backends.base import Backend
from gh_store.backends.rules import Actor
from gh_store.domain.issues import Role


class WebUI(Backend, Protocol):
    """A backend, with all that may be done to its repository by hand."""

    @property
    def user(self) -> str:
        """Who acts."""

    @property
    def actor(self) -> Actor:
        """Who acts, with the role of now."""

    def as_user(self, login: str) -> "WebUI":
        """The same repository in the hands of somebody else."""

    def role(self, login: str) -> Role:
        """The role of a user."""

    def set_role(self, login: str, role: Role) -> None:
        """Give a user a role; `read` is what everybody has."""

    def edit_comment(self, comment_id: int, body: str) -> None:
        """Change the text of a comment."""

    def delete_comment(self, comment_id: int) -> None:
        """Remove a comment and its reactions; its id is never given again."""

    def remove_reaction(self, comment_id: int, content: str) -> None:
        """Take the current user's own reaction back."""

    def delete_label(self, name: str) -> None:
        """Remove a label, from every issue too."""

    def put_file(self, path: str, text: str) -> None:
        """Write a file of the default branch."""

    def join_team(self, team: str, login: str) -> None:
        """Put a user into a team, `organization/slug`."""

    def open_pull_request(self, title: str, body: str, labels: tuple[str, ...] = ()) -> int:
        """A pull request, which lists show among the issues; its number."""

    def lock_issue(self, number: int, *, locked: bool = True) -> None:
        """Lock an issue: only writers comment, and nobody reacts. Or unlock it."""

    def delete_issue(self, number: int, fate: str = "deleted") -> None:
        """Remove an issue and all that hangs on it; its number is never given again."""

    def transfer_issue(self, number: int, target: str) -> None:
        """Move an issue to another repository; `target` is its path there, `owner/name/issues/number`."""

    # --- what the dev server asks -----------------------------------------------------------------

    def files(self, folder: str) -> list[str]:
        """The paths of the files right in a folder of the default branch."""

    def fate(self, number: int) -> str | None:
        """`locked`, `pull request`, `deleted`, `transferred to …`, or None for any other issue."""

    def issue_of(self, comment_id: int) -> int:
        """The issue that a comment stands on. Raises ObjectNotFound if there is no such comment."""
