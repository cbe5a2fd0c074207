"""
Snapshots: the objects of a store, with or without their history, in files. Knows no backend.

`read` opens one: its `header`, and its entries when it is iterated. `write` writes one, and only what changed.
"""

from gh_store.snapshots.entry import Entry, Log
from gh_store.snapshots.names import file_name
from gh_store.snapshots.past import Step, Told, compact, steps
from gh_store.snapshots.snapshot import Header, Snapshot
from gh_store.snapshots.stored import read
from gh_store.snapshots.written import Format, write

__all__ = [
    "Entry",
    "Format",
    "Header",
    "Log",
    "Snapshot",
    "Step",
    "Told",
    "compact",
    "file_name",
    "read",
    "steps",
    "write",
]
