"""
Runs verbs of the published gh-store, in an environment of its own, against a server on this machine.

Reads from stdin a JSON object: address, token, repository, pauses (false switches PyGithub's off), and
steps, each `[verb, argument…]`; writes to stdout an array with what each step gave, or its error, and the
seconds it took, the first with those of opening the store.
"""

import importlib
import inspect
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import github


def redirect(address: str, *, pauses: bool) -> None:
    """Change PyGithub's default address, and its pauses."""
    wanted: dict[str, Any] = {"base_url": address}
    if not pauses:
        wanted |= {"seconds_between_requests": None, "seconds_between_writes": None}
    init: Any = github.Github.__init__
    parameters = inspect.signature(init).parameters.values()
    init.__kwdefaults__ = {
        **(init.__kwdefaults__ or {}),
        **{k: v for k, v in wanted.items() if k in (init.__kwdefaults__ or {})},
    }
    positional = [
        each for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD and each.default is not each.empty
    ]
    init.__defaults__ = tuple(wanted.get(each.name, each.default) for each in positional)


def plain(obj: Any) -> Any:
    return {
        "object_id": obj.meta.object_id,
        "number": obj.meta.issue_number,
        "version": obj.meta.version,
        "data": obj.data,
    }


def verbs(repository: str, token: str) -> dict[str, Callable[..., Any]]:
    # After the address is changed; and by name, for this is not the package beside this file.
    commands: Any = importlib.import_module("gh_store.cli.commands")
    store: Any = importlib.import_module("gh_store.core.store").GitHubStore(repo=repository, token=token)

    def snapshot() -> Any:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "snapshot.json"
            commands.snapshot(token=token, repo=repository, output=str(file))
            return json.loads(file.read_text())

    def update_snapshot(document: Any) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "snapshot.json"
            file.write_text(json.dumps(document))
            commands.update_snapshot(token=token, repo=repository, snapshot_path=str(file))
            return json.loads(file.read_text())

    return {
        "create": lambda object_id, data: plain(store.create(object_id, data)),
        "get": lambda object_id: plain(store.get(object_id)),
        "update": lambda object_id, changes: plain(store.update(object_id, changes)),
        "process": lambda number: plain(store.process_updates(number)),
        "history": store.get_object_history,
        "by_number": lambda number: plain(store.issue_handler.get_object_by_number(number)),
        "list_all": lambda: [plain(obj) for obj in store.list_all()],
        "snapshot": snapshot,
        "update_snapshot": update_snapshot,
        "delete": store.delete,
    }


def main() -> None:
    asked = json.load(sys.stdin)
    redirect(asked["address"], pauses=asked["pauses"])
    begun = time.perf_counter()
    known = verbs(asked["repository"], asked["token"])
    told = []
    for verb, *arguments in asked["steps"]:
        try:
            answer = {"result": known[verb](*arguments)}
        except Exception as error:  # noqa: BLE001  # the asker is told
            answer = {"error": f"{type(error).__name__}: {error}"}
        told.append({**answer, "seconds": time.perf_counter() - begun})
        begun = time.perf_counter()
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
