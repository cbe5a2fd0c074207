"""A deployment looked over: each check tells what it found, and the first that fails tells what to do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import yaml

from gh_store import credentials, wire
from gh_store.backends.github import Connection, GitHubBackend, Limiter, Limits
from gh_store.config import Config
from gh_store.domain.exceptions import (
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
from gh_store.issues.object_issue import ObjectIssue, Status
from gh_store.stores import Store

_OTHER: Final = "gh-store"
_SKEW: Final = 300.0
_FEW: Final = 50
_RIGHTS: Final = {"read": "pull", "label": "triage", "write issues, react, write contents": "push"}
_TEMPLATES: Final = (".github/ISSUE_TEMPLATE", "ISSUE_TEMPLATE", "docs/ISSUE_TEMPLATE")
_MOST_TEMPLATES: Final = 50
_LABEL_TEXT: Final = "Of the object store kept in these issues (gh-store)."


@dataclass(frozen=True, slots=True)
class Check:
    """
    What one check found.

    Attributes:
        name: What was looked at.
        found: What it is like, in words.
        error: What is wrong, or None.
        warning: True if it works, and should be seen to.
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
    Looks a repository over. Changes nothing, but the labels that are missing if it is asked to.

    Args:
        who: The repository and the token, as every command finds them.
        config: The settings in force.
        fix: Make the labels that are missing.
        read_only: Do not ask for the right to write.
        clock: This machine's.
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
        token = who.token.value if who.token is not None else None
        connection = Connection(who.base_url, token, timeout=config.http_timeout, ca_bundle=who.ca_bundle)
        self.backend = GitHubBackend(who.repository, connection, Limiter(Limits()))
        self._repository: dict[str, Any] = {}
        self._headers: dict[str, str] = {}
        self._refused: AuthInvalid | None = None

    def close(self) -> None:
        """Let go of the connections."""
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
            ("store", self._store),
        )
        for name, look in checks:
            try:
                check = look()
            except GitHubStoreError as error:
                check = Check(name, error.message, error)
            yield check
            if check.error is not None:
                return

    # --- one check each ---------------------------------------------------------------------------

    def _installation(self) -> Check:
        try:
            other = version(_OTHER)
        except PackageNotFoundError:
            return Check("installation", f"gh-object-store {wire.CLIENT_VERSION}")
        raise ConfigurationError(
            f"The distribution {_OTHER} {other} is installed too, under the same import name.",
            hint=f"pip uninstall {_OTHER} gh-object-store, then install gh-object-store again.",
        )

    def _server(self) -> Check:
        try:
            answer = self.backend.client.get("/rate_limit", "see the rate limit", absolute=True, missing=True)
        except AuthInvalid as error:
            self._refused = error
            return Check("server", f"answers at {self.who.base_url}")
        self._headers = dict(answer.headers)
        enterprise = answer.headers.get("x-github-enterprise-version")
        called = f"GitHub Enterprise Server {enterprise}" if enterprise else "GitHub"
        behind = abs((self._clock() - answer.date).total_seconds()) if answer.date else 0.0
        if behind > _SKEW:  # times come from the server; but a wrong clock breaks certificates next
            return Check(
                "server", f"{called} at {self.who.base_url}; this clock is off by {behind:.0f} s", warning=True
            )
        return Check("server", f"{called} at {self.who.base_url}, clocks agree")

    def _token(self) -> Check:
        token = self.who.token
        if token is None:
            if not self.read_only:
                raise AuthMissing("No token was found; this store can be read if it is public, and not written.")
            return Check("token", "none: what is public can be read")
        if self._refused is not None:
            raise AuthInvalid(f"The server does not accept the token from {token.source}.")
        return Check("token", f"from {token.source}, valid")

    def _rate_limit(self) -> Check:
        left = self._headers.get("x-ratelimit-remaining")
        if left is None:
            return Check("rate limit", "none")
        reset = datetime.fromtimestamp(int(self._headers.get("x-ratelimit-reset", "0")), UTC)
        limit = self._headers.get("x-ratelimit-limit", "?")
        found = f"{left} of {limit} requests left until {reset:%H:%M:%S} UTC"
        error = RateLimited(f"The rate limit is used up: {found}.", reset=reset) if int(left) == 0 else None
        return Check("rate limit", found, error, warning=int(left) < _FEW)

    def _find(self) -> Check:
        self._repository = self.backend.client.get("", "see the repository").data
        name, kind = self._repository["full_name"], "private" if self._repository["private"] else "public"
        if name.lower() != self.who.repository.lower():
            return Check("repository", f"{self.who.repository} is called {name} now: name it so", warning=True)
        if self._repository.get("archived"):
            raise InsufficientScope(f"{name} is archived, and can only be read.", hint="Unarchive it.")
        return Check("repository", f"{name}, {kind}")

    def _issues(self) -> Check:
        if not self._repository.get("has_issues", True):
            raise RepoNotFoundOrUnauthorized(
                f"{self.who.repository} has its issues switched off.",
                hint="Switch them on: Settings, General, Features.",
            )
        self.backend.list_issues(descending=True)
        return Check("issues", "on, and this token reads them")

    def _rights(self) -> Check:
        """What the repository tells of its user's role, and what a label without a name tells of the token."""
        if self.read_only:
            return Check("rights", "reads; nothing else was asked for")
        role = self._repository.get("permissions") or {}
        told = [f"{word} {'yes' if role[right] else 'no'}" for word, right in _RIGHTS.items() if right in role]
        scopes = self._headers.get("x-oauth-scopes")
        told += [f"scopes: {scopes}"] if scopes else []
        # Rights are looked at before what was sent, so the answer is 422 if they suffice; nothing is made.
        self.backend.client.send("POST", "/labels", f"write issues ({', '.join(told)})", {}, accepts=(422,))
        return Check("rights", f"writes issues and labels ({', '.join(told) or 'the role is not told'})")

    def _labels(self) -> Check:
        wanted = (wire.SYSTEM_LABEL, self.config.base_label, wire.ARCHIVED_LABEL)
        missing = [name for name in wanted if self.backend.get_label(name) is None]
        if missing and self.fix:
            for name in missing:
                self.backend.create_label(name, _LABEL_TEXT)
            return Check("labels", f"made: {', '.join(missing)}")
        if missing:
            return Check(
                "labels", f"not there yet: {', '.join(missing)}; --fix makes them, or the first object", warning=True
            )
        return Check("labels", ", ".join(wanted))

    def _templates(self) -> Check:
        """Templates give their labels to issues of people who may not label."""
        giving = []
        for place in _TEMPLATES:
            answer = self.backend.client.get(f"/contents/{place}", "see issue templates", missing=True)
            listed = answer.data if answer.status != 404 and isinstance(answer.data, list) else []
            for each in listed[:_MOST_TEMPLATES]:
                labels = template_labels(self.backend.read_file(str(each["path"])) or "")
                if any(self._is_ours(label.lower()) for label in labels):
                    giving.append(str(each["path"]))
        if not giving:
            return Check("templates", "none gives the store's labels away")
        found = f"{', '.join(giving)}: gives the store's labels to issues of strangers; take them out"
        return Check("templates", found, warning=True)

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
            error = DuplicateUIDError(f"Objects stand in several issues: {numbers}.")
            return Check("store", found, error)
        return Check("store", found, warning=bool(seen.unsettled or seen.orphans))


def template_labels(text: str) -> list[str]:
    """The labels that an issue template gives: of a form's YAML, or of the front matter of Markdown."""
    try:
        matter: Any = yaml.safe_load(text.split("---")[1] if text.startswith("---") else text)
    except (yaml.YAMLError, IndexError, ValueError, RecursionError):
        return []
    labels = matter.get("labels") if isinstance(matter, dict) else None
    if isinstance(labels, str):
        labels = labels.split(",")
    return [str(label).strip() for label in labels] if isinstance(labels, list) else []


class Summary:
    """What a store is like, gathered issue by issue."""

    def __init__(self) -> None:
        self.objects: dict[str, list[int]] = {}
        self.deleted = 0
        self.unsettled = 0
        self.orphans: list[str] = []

    @property
    def duplicates(self) -> dict[str, list[int]]:
        """Object id -> its issues, where there are several."""
        return {name: sorted(numbers) for name, numbers in sorted(self.objects.items()) if len(numbers) > 1}

    def add(self, head: ObjectIssue, trusts: Callable[[User | None], bool]) -> None:
        """Count an issue in."""
        if head.status is Status.DELETED:
            self.deleted += 1
        elif head.status is Status.ACTIVE and not head.incomplete:
            name = head.object_id or f"issue {head.issue.number}"
            self.objects.setdefault(name, []).append(head.issue.number)
            if not trusts(head.issue.author):
                self.orphans.append(name)
        else:
            return
        self.unsettled += not head.settled

    def words(self) -> str:
        told = [f"{len(self.objects)} objects, {self.deleted} deleted, {self.unsettled} not settled"]
        if self.unsettled:
            told.append("gh-store process-updates --all settles them")
        if self.orphans:
            some = ", ".join(self.orphans[:5]) + (", …" if len(self.orphans) > 5 else "")
            told.append(f"{len(self.orphans)} by creators who may no longer write, though they may edit: {some}")
            told.append("gh-store adopt takes them over")
        return "; ".join(told)
