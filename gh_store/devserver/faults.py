"""What is asked to go wrong, and what was asked of the server."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gh_store.backends.testing.faults import Faults
from gh_store.backends.testing.web_ui import WebUI
from gh_store.domain.exceptions import InvalidInput

ONCE: Final = (
    "drop-before",  # the connection ends, and nothing was done
    "drop-after",  # it was done, and the connection ends
    "500",  # nothing was done
    "502",  # it was done, and an error answers
    "timeout",  # it was done, and no answer comes
    "primary-limit",
    "secondary-limit",
    "secondary-limit-bare",  # without Retry-After
    "too-quickly",  # the wording that no pattern of clients knows
)
LASTING: Final = ("stale-labels", "late-lists", "late-ids", "rename", "no-issues", "delete-issue", "transfer-issue")


@dataclass
class Fault:
    """
    Something that goes wrong for some requests.

    Attributes:
        kind: One of ONCE.
        after: Requests that match and are let through first.
        times: Requests that are hit then.
        match: Text that must stand in `METHOD /path`.
        seconds: Until a limit is lifted.
    """

    kind: str
    after: int = 0
    times: int = 1
    match: str = ""
    seconds: int = 60

    def hits(self, request: str) -> bool:
        """True if it is this request's turn; counts it."""
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
    All that goes wrong on a server.

    Attributes:
        pages: The repository in its owner's hands.
        repository: What it is called, `owner/name`.
        lags: Of the backend: label index, lists, ids out of order.
        once: What hits single requests.
        renamed: The name that the repository had before.
        no_issues: True if the repository's issues are switched off.
        requests: What was asked, in order.
    """

    pages: WebUI
    repository: str
    lags: Faults
    once: list[Fault] = field(default_factory=list)
    renamed: str | None = None
    no_issues: bool = False
    requests: list[dict[str, Any]] = field(default_factory=list)

    def hit(self, request: str) -> Fault | None:
        """The fault that this request meets."""
        return next((fault for fault in self.once if fault.hits(request)), None)

    def add(self, asked: Mapping[str, Any]) -> None:
        """
        Have something go wrong from now on.

        Raises:
            InvalidInput: There is no such fault.
            ObjectNotFound: There is no issue of that number.
        """
        options = dict(asked)
        kind = str(options.pop("kind", ""))
        try:
            if kind in ONCE:
                match = str(options.pop("match", ""))
                self.once.append(Fault(kind, match=match, **{name: int(value) for name, value in options.items()}))
            elif kind == "rename":
                self.renamed, self.repository = self.repository, str(options.pop("to"))
            elif kind == "no-issues":
                self.no_issues = True
            elif kind == "delete-issue":
                self.pages.delete_issue(int(options.pop("number")))
            elif kind == "transfer-issue":
                self.pages.transfer_issue(int(options.pop("number")), str(options.pop("to")))
            elif kind in LASTING:
                seconds = float(options.pop("seconds", 1.5))
                if kind == "stale-labels":
                    self.lags.label_lag = seconds
                else:
                    self.lags.read_lag, self.lags.late_ids = seconds, kind == "late-ids"
            else:
                raise InvalidInput(f"There is no fault {kind!r}.", hint=f"One of: {', '.join((*ONCE, *LASTING))}.")
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInput(f"The fault {kind!r} does not take {dict(asked)!r}.") from error

    def clear(self) -> None:
        """Nothing goes wrong any more; a new name stays."""
        self.once.clear()
        self.lags.label_lag = self.lags.read_lag = 0.0
        self.lags.late_ids = self.no_issues = False


def read_fault(text: str) -> dict[str, str]:
    """`KIND[:NAME=VALUE[,NAME=VALUE…]]`, as the command line takes it."""
    kind, _, options = text.partition(":")
    pairs = (option.partition("=") for option in options.split(",") if option)
    return {"kind": kind, **{name: value for name, _, value in pairs}}
