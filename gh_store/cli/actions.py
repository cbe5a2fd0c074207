"""GitHub Actions: the event that starts a run, and what a run reports."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from gh_store.cli.terminal import say
from gh_store.domain.counts import several
from gh_store.domain.exceptions import InvalidInput
from gh_store.domain.findings import Processed
from gh_store.domain.issues import EditedComment, User

_MOST_ROWS: Final = 100
_MOST_TEXT: Final = 200


# --- the event ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Trigger:
    """
    What started a run.

    Attributes:
        issue: The issue that it is about.
        written: The comment that was written, or 0.
        edited: The comment that was edited.
        is_talk: A comment was written or edited, and what it says now is conversation.
    """

    issue: int
    written: int = 0
    edited: EditedComment | None = None
    is_talk: bool = False


def read_event(path: Path) -> Trigger:
    """
    The trigger that a workflow's event is.

    Raises:
        InvalidInput: The file holds no event of an issue.
    """
    from gh_store import files, wire
    from gh_store.objects.inputs import read_text

    text = read_text(path, files.MOST_OF_ONE)
    try:
        event = wire.parse(text)
    except ValueError as error:
        raise InvalidInput(f"{path}: not valid JSON: {error}.", hint="Name the file of GITHUB_EVENT_PATH.") from error
    number = _number(event, "issue", "number")
    if number is None:
        raise InvalidInput(
            f"{path}: the event is not about an issue.",
            hint="Run it on issues and issue_comment, or give --issue N.",
        )
    action, text = _at(event, "action"), _at(event, "comment", "body")
    comment = _number(event, "comment", "id") or 0
    changed = action in ("created", "edited") and isinstance(text, str)
    is_talk = changed and wire.read_event(text, position=0, time=datetime.now(UTC)) is None
    return Trigger(
        number,
        written=comment if action == "created" else 0,
        edited=EditedComment(comment, _user(event)) if action == "edited" and comment else None,
        is_talk=is_talk,
    )


def _user(event: object) -> User | None:
    """Who wrote the comment of an event."""
    login = _at(event, "comment", "user", "login")
    return User(login, _at(event, "comment", "user", "type") == "Bot") if isinstance(login, str) and login else None


def _at(event: object, *keys: str) -> Any:
    for key in keys:
        event = event.get(key) if isinstance(event, dict) else None
    return event


def _number(event: object, *keys: str) -> int | None:
    event = _at(event, *keys)
    return event if isinstance(event, int) and not isinstance(event, bool) and event > 0 else None


# --- the summary ----------------------------------------------------------------------------------


def report_processed(done: Sequence[Processed]) -> None:
    """Report what was processed: outputs for the workflow, a summary for people."""
    applied, rejected = sum(each.applied for each in done), sum(each.rejected for each in done)
    _outputs({"changed": applied > 0, "applied": applied, "rejected": rejected, "objects": len(done)})
    lines = [f"### gh-store: {applied:,} applied, {rejected:,} rejected, {several('object', len(done))}", ""]
    if done:
        lines += ["| object | issue | version | applied | rejected |", "| --- | --- | --- | --- | --- |"]
    for each in done[:_MOST_ROWS]:
        version = each.object.meta.version if each.object is not None else ""
        name = quoted(each.object_id or "")
        lines.append(f"| {name} | {each.issue_number} | {version} | {each.applied} | {each.rejected} |")
    told = [(each.issue_number, f"event {at}", why) for each in done for at, why in each.reasons]
    told += [(each.issue_number, type(each.error).__name__, str(each.error)) for each in done if each.error is not None]
    lines += ["", *(f"- Issue {number}, {what}: {quoted(why)}" for number, what, why in told[:_MOST_ROWS])]
    left = max(0, len(done) - _MOST_ROWS) + max(0, len(told) - _MOST_ROWS)
    _summary([*lines, *([f"- … and {several('more line', left)}"] if left else [])])


def report_snapshot(path: Path, *, changed: bool) -> None:
    """Report a snapshot, as above, unless it went into a pipe or a device: it cannot be counted there."""
    from gh_store import snapshots
    from gh_store.files import is_kept

    if not {"GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"} & os.environ.keys() or not (path.is_dir() or is_kept(path)):
        return
    objects = snapshots.count(path)
    _outputs({"changed": changed, "objects": objects})
    _summary(
        [f"### gh-store: {quoted(str(path))} {'changed' if changed else 'is up to date'}, {several('object', objects)}"]
    )


def quoted(text: str) -> str:
    """Text of a store, escaped so that Markdown shows it as it is."""
    text = " ".join(text.split())
    text = text if len(text) <= _MOST_TEXT else text[: _MOST_TEXT - 1] + "…"
    return "".join(each if each.isalnum() or each == " " else f"&#{ord(each)};" for each in text)


def _outputs(values: Mapping[str, bool | int]) -> None:
    _append("GITHUB_OUTPUT", [f"{name}={json.dumps(value)}" for name, value in values.items()])


def _summary(lines: Sequence[str]) -> None:
    _append("GITHUB_STEP_SUMMARY", [*lines, ""])


def _append(variable: str, lines: Sequence[str]) -> None:
    """Append to the file that a variable names, if it is set. If that fails, the work goes on."""
    path = os.environ.get(variable)
    if path:
        try:
            with Path(path).open("a", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in lines)
        except OSError as error:
            say(f"note: {variable} could not be written: {error.strerror}")
