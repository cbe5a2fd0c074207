"""What the user sees: JSON for programs on stdout, tables and progress for people on terminals."""

import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from gh_store.domain.events import HistoryEntry
from gh_store.domain.findings import Processed
from gh_store.domain.values import JsonObject, StoredObject
from gh_store.files import write

_SHOW_AFTER = 1.0
"""Seconds of work until a progress bar is worth its place."""


def say(line: str) -> None:
    """Talk, on stderr."""
    sys.stderr.write(f"gh-store: {line}\n")
    sys.stderr.flush()


def as_json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def emit(value: object, output: str | None = None) -> None:
    """Print JSON, or write it to a file."""
    text = as_json(value) + "\n"
    if output is None or output == "-":
        sys.stdout.write(text)
    else:
        write(Path(output), [text])
        say(f"wrote {output}")


def emit_array(values: Iterable[object]) -> None:
    """Print a JSON array, each element as it comes."""
    between = "[\n"
    for value in values:
        sys.stdout.write(between + as_json(value))
        between = ",\n"
    sys.stdout.write("[]\n" if between == "[\n" else "\n]\n")


def emit_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table for people."""
    from rich.console import Console  # noqa: PLC0415  # costs start-up, and only terminals need it
    from rich.table import Table  # noqa: PLC0415  # as above
    from rich.text import Text  # noqa: PLC0415  # as above

    table = Table(*columns, title=title, title_justify="left")
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))  # Text: what is stored is no markup
    Console().print(table)


def is_terminal() -> bool:
    return sys.stdout.isatty()


def object_json(obj: StoredObject) -> JsonObject:
    meta = obj.meta
    return {
        "object_id": meta.object_id,
        "issue_number": meta.issue_number,
        "created_at": meta.created_at.isoformat(),
        "updated_at": meta.updated_at.isoformat(),
        "version": meta.version,
        "pending": meta.pending,
        "data": obj.data,
    }


def processed_json(done: Processed) -> JsonObject:
    return {
        "object_id": done.object_id,
        "issue_number": done.issue_number,
        "applied": done.applied,
        "rejected": done.rejected,
        "error": None if done.error is None else f"{type(done.error).__name__}: {done.error}",
    }


def object_rows(objects: Iterable[StoredObject]) -> Iterator[Sequence[object]]:
    for obj in objects:
        meta = obj.meta
        yield (
            meta.object_id,
            meta.issue_number,
            meta.version,
            meta.pending,
            f"{meta.updated_at:%Y-%m-%d %H:%M:%S}",
            _short(obj.data),
        )


def history_rows(entries: Iterable[HistoryEntry]) -> Iterator[Sequence[object]]:
    for entry in entries:
        said = entry.get("error") or _short(entry["data"])
        yield entry["version"], entry["timestamp"], entry["author"], entry["type"], entry["outcome"], said


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"  # what fits beside the rest


class Progress(Protocol):
    """Told of each step."""

    def __call__(self) -> object: ...


@contextmanager
def progress(what: str) -> Iterator[Progress]:
    """A bar on stderr, if that is a terminal and the work takes longer than a second."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console  # noqa: PLC0415  # as above
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415  # as above
    from rich.progress import Progress as Bar  # noqa: PLC0415  # as above

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with_bar = Bar(*columns, console=Console(stderr=True), transient=True)
    task = with_bar.add_task(what, total=None)
    begun = time.monotonic()

    def step() -> None:
        if not with_bar.live.is_started and time.monotonic() - begun > _SHOW_AFTER:
            with_bar.start()
        with_bar.advance(task)

    try:
        yield step
    finally:
        with_bar.stop()
