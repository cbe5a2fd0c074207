"""GitHub Apps: what they sign for themselves, their installation, and tokens that end after an hour."""

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import jwt  # PyGithub signs with it
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gh_store.devserver.api import Reply
from gh_store.devserver.payloads import Payload, Payloads, number_of, when
from gh_store.domain.exceptions import InvalidInput
from gh_store.domain.issues import Role, User

HOUR: Final = 3600
_LONGEST: Final = 600
_SIGNED: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_TOKENS: Final = re.compile(r"/app/installations/([0-9]{1,18})(/access_tokens)?", re.ASCII)
_PERMISSIONS: Final[dict[Role, dict[str, str]]] = {"write": {"issues": "write"}, "read": {"issues": "read"}}


@dataclass(frozen=True, slots=True)
class App:
    """
    A GitHub App that is installed for the repository.

    Attributes:
        app_id: Its number.
        slug: Its name in addresses.
        private_key: RSA, in the format PEM.
        role: `write` where it may write issues, else `read`.
    """

    app_id: int
    slug: str
    private_key: str = field(repr=False)
    role: Role = "write"

    @property
    def bot(self) -> str:
        """The login of what it does."""
        return f"{self.slug}[bot]"

    @property
    def installation(self) -> int:
        return number_of("installation", self.app_id) % 10**8


@dataclass(slots=True)
class _Given:
    app: App
    ends: int


class Apps:
    """
    The Apps of a server, and the tokens that it gave them.

    Args:
        apps: The Apps that are installed.
        clock: Seconds since the epoch.
    Raises:
        InvalidInput: A key is not an RSA key in the format PEM.
    """

    def __init__(self, apps: Sequence[App], clock: Callable[[], float]) -> None:
        self.installed = list(apps)
        self._clock = clock
        self._given: dict[str, _Given] = {}
        self._keys = {app.app_id: _public(app.private_key) for app in apps}

    @property
    def bots(self) -> frozenset[str]:
        """The logins of their bots, in lower case."""
        return frozenset(app.bot.lower() for app in self.installed)

    def of_token(self, token: str) -> App | None:
        """The App that a token was given to, until its end."""
        given = self._given.get(token)
        return given.app if given is not None and self._clock() < given.ends and given.app in self.installed else None

    def revoke(self) -> None:
        """Let all tokens end now."""
        self._given.clear()

    def answer(self, token: str | None, method: str, path: str, payloads: Payloads) -> Reply | None:
        """
        The answer to an App that asks for itself; None for what is no request of one.

        Args:
            path: Below the address of the server.
        """
        known = (f"/repos/{payloads.repository}", f"/repositories/{payloads.repository_id}")
        of_repository = path.lower() in {f"{root}/installation".lower() for root in known}
        found = _TOKENS.fullmatch(path)
        if not (path == "/app" or found or of_repository):
            return None
        app = self._signer(token)
        if isinstance(app, Reply):
            return app
        if path == "/app" and method == "GET":
            return Reply(200, self._app(app, payloads))
        if (of_repository or (found and not found[2])) and method == "GET":
            installed = app in self.installed and (of_repository or (found and int(found[1]) == app.installation))
            return Reply(200, self._installation(app, payloads)) if installed else Reply.error(404, "Not Found")
        if not (found and found[2] and method == "POST"):
            return Reply.error(404, "Not Found")
        if app not in self.installed or int(found[1]) != app.installation:
            return Reply.error(404, "Not Found")
        made, ends = f"ghs_{secrets.token_urlsafe(27)}", int(self._clock()) + HOUR
        self._given[made] = _Given(app, ends)
        permissions = self._permissions(app)
        return Reply(
            201,
            {"token": made, "expires_at": when(datetime.fromtimestamp(ends, UTC)), "permissions": permissions,
             "repository_selection": "all"},
        )  # fmt: skip

    def _signer(self, token: str | None) -> App | Reply:
        """The App that has signed a token, or why it is refused."""
        if token is None or not _SIGNED.fullmatch(token):
            return Reply.error(401, "A JSON web token could not be decoded")
        unchecked: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False}
        try:
            claims = jwt.decode(token, options=unchecked | {"verify_signature": False})
            app = next(app for app in self.installed if str(app.app_id) == str(claims["iss"]))
            claims = jwt.decode(token, self._keys[app.app_id], algorithms=["RS256"], options=unchecked)
            issued, ends = int(claims["iat"]), int(claims["exp"])
        except StopIteration:
            return Reply.error(404, "Integration not found")
        except (jwt.PyJWTError, KeyError, TypeError, ValueError):
            return Reply.error(401, "A JSON web token could not be decoded")
        now = self._clock()
        if ends <= now:
            return Reply.error(401, "'Expiration time' claim ('exp') must be a numeric value representing the future")
        if ends > now + _LONGEST:
            return Reply.error(401, "'Expiration time' claim ('exp') is too far in the future")
        if issued > now:
            return Reply.error(401, "'Issued at' claim ('iat') must be an Integer representing the past")
        return app

    # --- payloads ---------------------------------------------------------------------------------

    def _permissions(self, app: App) -> dict[str, str]:
        return {"metadata": "read", **_PERMISSIONS[app.role]}

    def _app(self, app: App, payloads: Payloads) -> Payload:
        at = when(datetime.fromtimestamp(int(self._clock()), UTC))
        owner = payloads.user(User(payloads.repository.partition("/")[0]))
        page = f"{payloads.base}/apps/{app.slug}"
        return {
            "id": app.app_id, "slug": app.slug, "node_id": "", "name": app.slug, "owner": owner, "description": None,
            "external_url": page, "html_url": page, "created_at": at, "updated_at": at,
            "permissions": self._permissions(app), "events": [],
        }  # fmt: skip

    def _installation(self, app: App, payloads: Payloads) -> Payload:
        at = when(datetime.fromtimestamp(int(self._clock()), UTC))
        here = f"{payloads.base}/app/installations/{app.installation}"
        owner = payloads.user(User(payloads.repository.partition("/")[0]))
        return {
            "id": app.installation, "account": owner, "app_id": app.app_id, "app_slug": app.slug, "events": [],
            "target_id": owner["id"], "target_type": "User", "permissions": self._permissions(app),
            "repository_selection": "all", "access_tokens_url": f"{here}/access_tokens", "html_url": here,
            "repositories_url": f"{payloads.base}/installation/repositories", "single_file_name": None,
            "created_at": at, "updated_at": at, "suspended_at": None, "suspended_by": None,
        }  # fmt: skip


@lru_cache(maxsize=16)
def _public(private_key: str) -> Any:
    """The half of an App's key that GitHub keeps."""
    try:
        return load_pem_private_key(private_key.encode(), None).public_key()
    except Exception:  # noqa: BLE001  # the library has several for a key that is not valid
        raise InvalidInput(
            "The private key of an App is not an RSA key in the format PEM.",
            hint="openssl genrsa -out app.pem 2048",
        ) from None
