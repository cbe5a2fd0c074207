"""What goes wrong on purpose, and which requests the server received."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gh_store.backends.testing.faults import Faults
from gh_store.backends.testing.web_ui import WebUI
from gh_store.domain.exceptions import InvalidInput

ONCE: Final = (
    "drop-before",  # the connection closes, and nothing was done
    "drop-after",  # the request was carried out, and the connection closes
    "500",  # nothing was done
    "502",  # the request was carried out, and the answer is an error
    "timeout",  # the request was carried out, and no answer comes
    "primary-limit",
    "secondary-limit",
    "secondary-limit-bare",  # without Retry-After
    "too-quickly",  # a wording that clients do not recognise as a limit
)
LASTING: Final = ("stale-labels", "late-lists", "late-ids", "rename", "no-issues", "delete-issue", "transfer-issue")
_MOST: Final = 10**9
_NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}/[A-Za-z0-9_.-]{1,100}")
_PLACE: Final = re.compile(rf"{_NAME.pattern}(/issues/[0-9]{{1,9}})?")


@dataclass
class Fault:
    """
    Something that goes wrong for some requests.

    Attributes:
        kind: One of ONCE.
        after: How many matching requests pass first.
        times: How many matching requests fail then.
        match: Text that `METHOD /path` must contain.
        seconds: The time until a limit ends.
    """

    kind: str
    after: int = 0
    times: int = 1
    match: str = ""
    seconds: int = 60

    def hits(self, request: str) -> bool:
        """True if this request fails. Counts it."""
        if self.match not in request or self.times <= 0:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return True


@dataclass
class FaultPlan:
    """
    Everything that goes wrong on a server.

    Attributes:
        pages: The repository as its owner sees and changes it.
        repository: Its name, `owner/name`.
        lags: The lags of the backend: label index, lists, ids out of order.
        once: The faults that hit single requests.
        renamed: The name that the repository had before.
        no_issues: True if the issues of the repository are disabled.
        requests: The requests received, in order.
    """

    pages: WebUI
    repository: str
    lags: Faults
    once: list[Fault] = field(default_factory=list)
    renamed: str | None = None
    no_issues: bool = False
    requests: list[dict[str, Any]] = field(default_factory=list)

    def hit(self, request: str) -> Fault | None:
        """The fault that hits this request, or None."""
        return next((fault for fault in self.once if fault.hits(request)), None)

    def add(self, asked: Mapping[str, Any]) -> None:
        """
        Make something go wrong from now on.

        Raises:
            InvalidInput: The fault is unknown, or an option is nonsense.
            ObjectNotFound: There is no issue with that number.
        """
        options = dict(asked)
        kind = str(options.pop("kind", ""))
        try:
            if kind in ONCE:
                match = str(options.pop("match", ""))
                self.once.append(Fault(kind, match=match, **{name: _count(value) for name, value in options.items()}))
            elif kind == "rename":
                self.renamed, self.repository = self.repository, _named(_NAME, options.pop("to"))
            elif kind == "no-issues":
                self.no_issues = True
            elif kind == "delete-issue":
                self.pages.delete_issue(_count(options.pop("number")))
            elif kind == "transfer-issue":
                self.pages.transfer_issue(_count(options.pop("number")), _named(_PLACE, options.pop("to")))
            elif kind in LASTING:
                seconds = _seconds(options.pop("seconds", 1.5))
                if kind == "stale-labels":
                    self.lags.label_lag = seconds
                else:
                    self.lags.read_lag, self.lags.late_ids = seconds, kind == "late-ids"
            else:
                raise InvalidInput(f"Unknown fault {kind!r}.", hint=f"Use one of {', '.join((*ONCE, *LASTING))}.")
        except (KeyError, OverflowError, TypeError, ValueError) as error:
            raise InvalidInput(f"Invalid options for the fault {kind!r}: {str(dict(asked))[:200]}.") from error

    def clear(self) -> None:
        """End all faults. A new name of the repository stays."""
        self.once.clear()
        self.lags.label_lag = self.lags.read_lag = 0.0
        self.lags.late_ids = self.no_issues = False


def _count(value: Any) -> int:
    number = int(value) if isinstance(value, int | str) and not isinstance(value, bool) else -1
    if not 0 <= number <= _MOST:
        raise ValueError(value)
    return number


def _seconds(value: Any) -> float:
    number = float(value)
    if not 0 <= number <= _MOST:  # nor nan
        raise ValueError(value)
    return number


def _named(shape: re.Pattern[str], value: Any) -> str:
    """A name that goes into addresses and headers."""
    if not shape.fullmatch(value):
        raise ValueError(value)
    return str(value)


def read_fault(text: str) -> dict[str, str]:
    """The fault in `KIND[:NAME=VALUE[,NAME=VALUE…]]`, as the command line accepts it."""
    kind, _, options = text.partition(":")
    pairs = (option.partition("=") for option in options.split(",") if option)
    return {"kind": kind, **{name: value for name, _, value in pairs}}
