"""A GitHub App: may it write issues, and does what its bot writes count?"""

from gh_store.access.rights import Rights
from gh_store.backends.github import Installation
from gh_store.backends.github.errors import one_line
from gh_store.domain.exceptions import AccessDeniedError, InsufficientScope
from gh_store.domain.issues import User


def bot_of(app: Installation) -> User:
    """Who writes when an App does."""
    return User(f"{one_line(app.slug())}[bot]", is_bot=True)


def check_permissions(app: Installation) -> str:
    """
    What an installation may do, in words.

    Raises:
        InsufficientScope: It may not write issues.
    """
    permissions = app.permissions()
    if permissions.get("issues") != "write":
        raise InsufficientScope(
            f"The GitHub App {app.app.app_id} may not write issues.",
            hint="Give it the permission Issues: read and write, and accept that where it is installed.",
        )
    told = ", ".join(one_line(f"{name}: {level}") for name, level in sorted(permissions.items()))
    return f"of the GitHub App {app.app.app_id}, valid; it has {told}"


def check_bot(bot: User, rights: Rights) -> None:
    """Raise AccessDeniedError if what an App writes does not count: GitHub tells of no bot that it may write."""
    try:
        if rights.counts(bot):
            return
    except InsufficientScope:  # who may not ask is told so by others
        return
    raise AccessDeniedError(
        f"What {bot.login} writes does not count: GitHub says of every bot that it has no permission of its own.",
        hint=f'Name it in the configuration: access: {{users: ["{bot.login}"]}}.',
    )
