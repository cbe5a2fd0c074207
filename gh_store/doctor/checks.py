"""The checks of a deployment. Each says what it found; the first that fails says what to do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from gh_store import credentials, wire
from gh_store.backends.github import GitHubBackend, Installation, Limiter, Limits, connect
from gh_store.backends.github.errors import not_github, one_line
from gh_store.config import Config
from gh_store.doctor.apps import bot_of, check_bot, check_permissions
from gh_store.doctor.processors import ENDINGS, FOLDER, runs_other_processor
from gh_store.doctor.summary import Summary
from gh_store.doctor.templates import template_labels
from gh_store.domain.exceptions import (
    AccessError,
    AuthInvalid,
    AuthMissing,
    ConfigurationError,
    DuplicateUIDError,
    GitHubStoreError,
    InsufficientScope,
    RateLimited,
    RepoNotFoundOrUnauthorized,
)
from gh_store.domain.issues import User
from gh_store.stores import Store

_OTHER: Final = "gh-store"
_SKEW: Final = 300.0
_FEW: Final = 50
_DIGITS: Final = 10  # of what counts requests, or seconds since 1970
_RIGHTS: Final = {"read": "pull", "label": "triage", "write issues, react, write contents": "push"}
_TEMPLATES: Final = (".github/ISSUE_TEMPLATE", "ISSUE_TEMPLATE", "docs/ISSUE_TEMPLATE")
_MOST_FILES: Final = 50  # of one folder
_READ_FILES: Final = ("templates", "workflows")  # for which a store needs no right
_LABEL_TEXT: Final = "Used by the object store in these issues (gh-store)."


@dataclass(frozen=True, slots=True)
class Check:
    """
    The result of one check.

    Attributes:
        name: What was checked.
        found: What was found, in words.
        error: What is wrong, or None.
        warning: True if it works, but needs attention.
    """

    name: str
    found: str
    error: GitHubStoreError | None = None
    warning: bool = False

    @property
    def outcome(self) -> str:
        """`ok`, `warning`, or the name of the error."""
        return type(self.error).__name__ if self.error is not None else "warning" if self.warning else "ok"


class Doctor:
    """
    Checks a repository. Changes nothing, except that it creates missing labels if asked to.

    Args:
        who: The repository and the token, as every command finds them.
        config: The settings in force.
        fix: Create missing labels.
        read_only: Do not require the right to write.
        clock: The clock of this machine.
    """

    def __init__(
        self,
        who: credentials.Credentials,
        config: Config,
        *,
        fix: bool = False,
        read_only: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.who = who
        self.config = config
        self.fix = fix
        self.read_only = read_only
        self._clock = clock
        connection = connect(who, timeout=config.http_timeout)
        self._app = connection.token if isinstance(connection.token, Installation) else None
        self.backend = GitHubBackend(who.repository, connection, Limiter(Limits()))
        self._repository: dict[str, Any] = {}
        self._headers: dict[str, str] = {}
        self._refused: AccessError | None = None

    def close(self) -> None:
        """Close the connections."""
        self.backend.close()

    def examine(self) -> Iterator[Check]:
        """The checks, one after the other; the first that fails is the last."""
        checks: tuple[tuple[str, Callable[[], Check]], ...] = (
            ("installation", self._installation),
            ("server", self._server),
            ("token", self._token),
            ("rate limit", self._rate_limit),
            ("repository", self._find),
            ("issues", self._issues),
            ("rights", self._rights),
            ("labels", self._labels),
            ("templates", self._templates),
            ("workflows", self._workflows),
            ("store", self._store),
        )
        for name, look in checks:
            try:
                check = look()
            except GitHubStoreError as error:
                optional = name in _READ_FILES and isinstance(error, InsufficientScope)
                check = Check(name, error.message, None if optional else error, warning=optional)
            yield check
            if check.error is not None:
                return

    # --- one check each ---------------------------------------------------------------------------

    def _installation(self) -> Check:
        try:
            other = version(_OTHER)
        except PackageNotFoundError:
            return Check("installation", f"gh-object-store {wire.client_version()}")
        raise ConfigurationError(
            f"The distribution {_OTHER} {other} is installed too, and has the same import name.",
            hint=f"pip uninstall {_OTHER} gh-object-store, then install gh-object-store again.",
        )

    def _server(self) -> Check:
        try:
            answer = self.backend.client.get("/rate_limit", "see the rate limit", absolute=True, missing=True)
        except AccessError as error:
            self._refused = error
            return Check("server", f"answers at {self.who.base_url}")
        self._headers = dict(answer.headers)
        enterprise = answer.headers.get("x-github-enterprise-version")
        called = f"GitHub Enterprise Server {one_line(enterprise)}" if enterprise else "GitHub"
        behind = abs((self._clock() - answer.date).total_seconds()) if answer.date else 0.0
        if behind > _SKEW:  # times come from the server, but a wrong clock also breaks certificates
            return Check(
                "server", f"{called} at {self.who.base_url}; this clock is off by {behind:.0f} s", warning=True
            )
        return Check("server", f"{called} at {self.who.base_url}, clocks agree")

    def _token(self) -> Check:
        if self._app is not None:
            if self._refused is not None:
                raise self._refused
            return Check("token", check_permissions(self._app))
        token = self.who.token
        if token is None:
            if not self.read_only:
                raise AuthMissing("No token was found. Without one a public store can be read, but not written.")
            return Check("token", "none; a public store can be read")
        if self._refused is not None:
            raise AuthInvalid(f"The server does not accept the token from {token.source}.")
        return Check("token", f"from {token.source}, valid")

    def _rate_limit(self) -> Check:
        left = self._headers.get("x-ratelimit-remaining")
        if left is None:
            return Check("rate limit", "none")
        if not left.isdecimal() or len(left) > _DIGITS:
            return Check("rate limit", "unknown: the server tells it in no numbers", warning=True)
        until = self._headers.get("x-ratelimit-reset", "")
        reset = datetime.fromtimestamp(int(until), UTC) if until.isdecimal() and len(until) <= _DIGITS else None
        found = f"{left} of {one_line(self._headers.get('x-ratelimit-limit', '?'))} requests left"
        found += f" until {reset:%H:%M:%S} UTC" if reset is not None else ""
        error = RateLimited(f"The rate limit is used up: {found}.", reset=reset) if int(left) == 0 else None
        return Check("rate limit", found, error, warning=int(left) < _FEW)

    def _find(self) -> Check:
        data = self.backend.client.get("", "see the repository").data
        if not isinstance(data, dict) or not isinstance(data.get("full_name"), str):
            raise not_github()
        self._repository = data
        name = self.backend.client.hidden(one_line(data["full_name"]))
        kind = "private" if data.get("private") else "public"
        if name.lower() != self.who.repository.lower():
            return Check("repository", f"{self.who.repository} was renamed to {name}; use the new name", warning=True)
        if self._repository.get("archived"):
            raise InsufficientScope(f"{name} is archived, so it can only be read.", hint="Unarchive it.")
        return Check("repository", f"{name}, {kind}")

    def _issues(self) -> Check:
        if not self._repository.get("has_issues", True):
            raise RepoNotFoundOrUnauthorized(
                f"Issues are disabled in {self.who.repository}.",
                hint="Enable them: Settings, General, Features.",
            )
        self.backend.list_issues(descending=True)
        return Check("issues", "enabled, and this token can read them")

    def _rights(self) -> Check:
        """The user's role, as the repository says; the token's rights, as the answer to a label without a name says."""
        if self.read_only:
            return Check("rights", "read only, as requested")
        role = self._repository.get("permissions")
        role = role if isinstance(role, dict) else {}
        told = [f"{word} {'yes' if role[right] else 'no'}" for word, right in _RIGHTS.items() if right in role]
        scopes = self._headers.get("x-oauth-scopes")
        told += [f"scopes: {one_line(scopes)}"] if scopes else []
        # GitHub checks rights before it checks input: the answer is 422 if they suffice, and nothing is created.
        self.backend.client.send("POST", "/labels", f"write issues ({', '.join(told)})", {}, accepts=(422,))
        if self._app is not None:
            check_bot(bot_of(self._app), Store(self.backend, self.config).access_control)
        outside = self._outside_codeowners() if self._app is None else None
        if outside is not None:
            return Check("rights", outside, warning=True)
        return Check("rights", f"writes issues and labels ({', '.join(told) or 'unknown role'})")

    def _outside_codeowners(self) -> str | None:
        """What is wrong if the token's user writes, and access.codeowners leaves him out."""
        path = self.config.access_codeowners
        if path is None:
            return None
        me = self.backend.client.get("/user", "see the token's user", absolute=True, missing=True)
        login = me.data.get("login") if me.status != 404 and isinstance(me.data, dict) else None
        rights = Store(self.backend, self.config).access_control
        if not isinstance(login, str) or not login.isprintable() or rights.counts(User(login, login.endswith("[bot]"))):
            return None
        return (
            f"{login} writes, but does not own {path} by CODEOWNERS: what a processor of this user forwards or replies "
            "does not count; name the user in access.users"
        )

    def _labels(self) -> Check:
        wanted = (wire.SYSTEM_LABEL, self.config.base_label, wire.ARCHIVED_LABEL)
        missing = [name for name in wanted if self.backend.get_label(name) is None]
        if missing and self.fix:
            for name in missing:
                self.backend.create_label(name, _LABEL_TEXT)
            return Check("labels", f"created: {', '.join(missing)}")
        if missing:
            by = {name: f"the first {'deletion' if name == wire.ARCHIVED_LABEL else 'object'}" for name in missing}
            later = ", ".join(f"{name} (else by {by[name]})" for name in missing)
            return Check("labels", f"missing; --fix creates {later}", warning=True)
        return Check("labels", ", ".join(wanted))

    def _templates(self) -> Check:
        """A template that sets the store's labels lets anyone create what looks like an object."""
        giving = []
        for path, text in self._files(*_TEMPLATES):
            if any(self._is_ours(label.lower()) for label in template_labels(text)):
                giving.append(path)
        if not giving:
            return Check("templates", "no template sets the store's labels")
        found = f"{', '.join(giving)}: sets the store's labels on issues of strangers; remove them"
        return Check("templates", found, warning=True)

    def _workflows(self) -> Check:
        """The published package writes states without a watermark, and ours takes them for edits by hand."""
        others = [path for path, text in self._files(FOLDER, endings=ENDINGS) if runs_other_processor(text)]
        if not others:
            return Check("workflows", "no other processor")
        found = f"{', '.join(others)}: runs process-updates without installing gh-object-store; delete it"
        return Check("workflows", found, warning=True)

    def _files(self, *folders: str, endings: tuple[str, ...] = ("",)) -> Iterator[tuple[str, str]]:
        """The files of folders, those with odd names left out: the path and the text of each."""
        for folder in folders:
            answer = self.backend.client.get(f"/contents/{folder}", "see files", missing=True)
            listed = answer.data if answer.status != 404 and isinstance(answer.data, list) else []
            paths = [str(each.get("path")) for each in listed if isinstance(each, dict)]
            for path in [each for each in paths if each.isprintable() and each.endswith(endings)][:_MOST_FILES]:
                yield path, self.backend.read_file(path) or ""

    def _is_ours(self, label: str) -> bool:
        ours = (wire.SYSTEM_LABEL, self.config.base_label.lower())
        return label in ours or label.startswith(self.config.uid_prefix.lower())

    def _store(self) -> Check:
        with Store(self.backend, self.config) as store:
            seen = Summary()
            for head in store.heads():
                seen.add(head, (lambda _: True) if self.read_only else store.access_control.counts)
        found = seen.words()
        if seen.duplicates:
            numbers = "; ".join(f"{name!r}: {', '.join(map(str, at))}" for name, at in seen.duplicates.items())
            error = DuplicateUIDError(f"Several issues claim the same object: {numbers}.")
            return Check("store", found, error)
        return Check("store", found, warning=bool(seen.unsettled or seen.orphans))
