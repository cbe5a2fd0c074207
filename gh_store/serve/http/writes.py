"""What writers do: create, replace, change and delete an object, and sync a store."""

import asyncio
import json
import re
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Any, Final

from gh_store import wire
from gh_store.domain.exceptions import ConcurrentUpdateError, InvalidObject, ObjectExists, ObjectNotFound
from gh_store.domain.values import JsonObject, Mode, StoredObject
from gh_store.serve.http.conditional import creates_only, expected_versions, unmet
from gh_store.serve.http.message import JSON, NO_STORE, Call, Headers, Problem, Response, encoded, json_bytes
from gh_store.serve.http.reads import current, object_path
from gh_store.serve.model import etag_of, text_of, version_of
from gh_store.store import Store

LARGEST: Final = 1_048_576
"""Bytes of a body."""

MODES: Final[Mapping[str, Mode]] = {
    "application/json": Mode.APPEND,
    "application/merge-patch+json": Mode.MERGE,
    "application/json-patch+json": Mode.PATCH,
}
"""What a change is, by its media type."""

LONGEST_WAIT: Final = 30
"""Seconds that a writer may wait for the decision about an update."""

_KEY: Final = re.compile(r'"?([\x21\x23-\x7e]{1,255})"?', re.ASCII)
_LOOK: Final = 0.1
"""Seconds between two looks at an object that is waited for."""

_Said = tuple[str | None, str]
"""What an event does, and with what: two of one name that differ are two events."""


async def put(call: Call) -> Response:
    """Create an object, or replace its data."""
    _media_type(call, ["application/json"])
    data = _value(call)
    if not isinstance(data, dict):
        raise InvalidObject("The body is not a JSON object.")
    named = _event_id(call)
    if creates_only(call.headers.get("if-none-match"), changes="if-match" in call.headers):
        try:
            return await _created(call, data)
        except ObjectExists as error:
            raise unmet(error.message) from error
    before = await current(call.store, call.object_id)
    if before is None and "if-match" not in call.headers:
        with suppress(ObjectExists):  # somebody was faster than what readers see
            return await _created(call, data)
    expected = await _expected(call)
    if named is None and not call.values["wait"]:
        return _shown(await call.store.write(call.object_id, lambda store: store.put(call.object_id, data, expected)))
    if before is not None and (same := _unchanged(before.text, data, expected)) is not None:
        return same
    return await _updated(call, data, Mode.REPLACE, expected, named)


async def patch(call: Call) -> Response:
    """Change an object, as the media type of the body says."""
    mode = MODES[_media_type(call, list(MODES))]
    creates_only(call.headers.get("if-none-match"), changes=True)
    return await _updated(call, _value(call), mode, await _expected(call), _event_id(call))


async def delete(call: Call) -> Response:
    """Delete an object."""
    creates_only(call.headers.get("if-none-match"), changes=True)
    object_id, expected = call.object_id, await _expected(call)

    def work(store: Store) -> None:
        if expected is not None and (actual := store.get(object_id).meta.version) != expected:
            raise ConcurrentUpdateError(
                f"Expected version {expected}, but the object is at version {actual}.", expected=expected, actual=actual
            )
        store.delete(object_id)

    with _conditions(call):
        await call.store.write(object_id, work)
    return Response(204, (NO_STORE,))


async def sync(call: Call) -> Response:
    """Look at what changed, or at everything."""
    done = await call.store.sync(complete=call.values["complete"])
    return Response(200, (JSON, NO_STORE), json_bytes(asdict(done)))


async def _created(call: Call, data: JsonObject) -> Response:
    made = await call.store.write(call.object_id, lambda store: store.create(call.object_id, data))
    return _shown(made, 201, encoded({"Location": object_path(call.store, call.object_id)}))


# --- what was asked for -----------------------------------------------------------------------------


def _media_type(call: Call, taken: list[str]) -> str:
    """The media type of the body. Raises Problem for one that is not taken, or for another charset."""
    kind, _, rest = call.headers.get("content-type", "").partition(";")
    kind = kind.strip().lower()
    charset = re.search(r'charset\s*=\s*"?([^\s;"]+)', rest, re.IGNORECASE)
    coding = call.headers.get("content-encoding", "identity").strip().lower()
    if kind in taken and coding == "identity" and (charset is None or charset[1].lower() in ("utf-8", "us-ascii")):
        return kind
    patches = {"Accept-Patch": ", ".join(taken)} if len(taken) > 1 else {}
    raise Problem(
        415,
        "UnsupportedMediaType",
        "The body has a media type, a charset or a coding that this endpoint does not take.",
        f"Send UTF-8 without compression, as Content-Type: {' or '.join(taken)}.",
        patches,
    )


def _value(call: Call) -> Any:
    try:
        return wire.parse(call.body.decode(), unique=True)
    except ValueError as error:
        reason = "UTF-8" if isinstance(error, UnicodeDecodeError) else f"JSON that the store takes: {error}"
        message = f"The body is not {reason.rstrip('.')}."
        raise Problem(400, "InvalidInput", message, "Send one JSON value in UTF-8.") from error


def _event_id(call: Call) -> str | None:
    key = call.headers.get("idempotency-key")
    if key is None:
        return None
    found = _KEY.fullmatch(key.strip())
    if found is None:
        raise Problem(
            400,
            "InvalidInput",
            "Idempotency-Key is not 1 to 255 visible ASCII characters.",
            "Send a new UUID for each update, and the same one when you repeat it.",
        )
    return found[1]


async def _expected(call: Call) -> int | None:
    """The version that the object must be at. Raises Problem if it is at none of those that are named."""
    header = call.headers.get("if-match")
    if header is None:
        return None
    versions = expected_versions(header)
    # An update that has a name may be there already, and then made the version that is shown.
    if versions is not None and len(versions) == 1 and "idempotency-key" in call.headers:
        return versions[0]
    for fresh in (False, True):  # what readers see may be old
        now = await current(call.store, call.object_id, fresh=fresh)
        version = version_of(now.etag) if now is not None else None
        if version is not None and (versions is None or version in versions):
            return version if versions is not None else None
    raise unmet("There is no such object." if version is None else f"The object is at version {version}.")


@contextmanager
def _conditions(call: Call) -> Iterator[None]:
    """What is not there is at no version that If-Match names."""
    try:
        yield
    except ObjectNotFound as error:
        if "if-match" in call.headers:
            raise unmet(error.message) from error
        raise


# --- what became of it ------------------------------------------------------------------------------


async def _updated(call: Call, changes: Any, mode: Mode, expected: int | None, named: str | None) -> Response:
    """Write an event, and wait for its decision if that is asked for."""
    served, object_id, wait = call.store, call.object_id, call.values["wait"]
    named = named or (uuid.uuid4().hex if wait else None)
    with _conditions(call):
        written = await served.write(object_id, lambda store: store.update(object_id, changes, mode, expected, named))
    said = (mode.value, wire.canonical(changes))
    if named is not None and wait and await _is_decided(call, named, said):
        now = await served.object(object_id)
        return _told(now.text, now.etag, 200)
    return _shown(written)


async def _is_decided(call: Call, event_id: str, said: _Said) -> bool:
    """Wait until an event was applied; False if it takes too long, or the server ends. Raises Problem if rejected."""
    served, object_id, until = call.store, call.object_id, time.monotonic() + call.values["wait"]
    while True:
        if json.loads((await served.object(object_id)).text)["pending"] == 0:
            told = json.loads((await served.history(object_id)).text)["history"]
            named = [each for each in told if each["metadata"].get("event_id") == event_id]
            entry = next((each for each in named if _said(each) == said), None)  # others may have used the name
            if entry is not None and entry["outcome"] == "rejected":
                raise _rejected(entry)
            if entry is not None and entry["outcome"] != "pending":
                return True
        if time.monotonic() >= until or call.ending():
            return False
        await asyncio.sleep(_LOOK)


def _said(entry: Mapping[str, Any]) -> _Said:
    return entry["metadata"].get("update_mode"), wire.canonical(entry["data"])


def _rejected(entry: Mapping[str, Any]) -> Problem:
    """The rejection of an event, as its history tells it."""
    message, more = str(entry.get("error")), {"event_id": entry["metadata"]["event_id"]}
    if message.startswith("Expected version"):
        problem = unmet(message)
        problem.more = more
        return problem
    hint = "Read the object, and send an update that applies to its current state."
    return Problem(422, "InvalidUpdate", message, hint, more=more)


def _unchanged(text: str, data: Any, expected: int | None) -> Response | None:
    """The answer to a replacement that changes nothing, or None."""
    now = json.loads(text)
    if now["pending"] != 0 or wire.canonical(now["data"]) != wire.canonical(data):
        return None
    if expected not in (None, now["version"]):
        return None
    return _told(text, etag_of(text, now["version"]), 200)


def _shown(obj: StoredObject, status: int | None = None, more: Headers = ()) -> Response:
    """An object that was written; 202 where its last update waits to be applied."""
    text = text_of(obj)
    return _told(text, etag_of(text, obj.meta.version), status or (202 if obj.meta.pending != 0 else 200), more)


def _told(text: str, etag: str, status: int, more: Headers = ()) -> Response:
    return Response(status, (JSON, NO_STORE, (b"etag", etag.encode()), *more), text.encode())
