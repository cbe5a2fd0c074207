"""What answers look like, as JSON Schema: the components of the description of the API."""

from typing import Any, Final

_ID: Final = {"type": "string", "minLength": 1, "maxLength": 165}
_CURSOR: Final = {"type": "string"}
_TIME: Final = {"type": "string", "format": "date-time"}
_COUNT: Final = {"type": "integer", "minimum": 0}
_NUMBER: Final = {"type": "integer", "minimum": 1}
_SECONDS: Final = {"type": "number", "minimum": 0}
_ANY: Final[dict[str, Any]] = {"type": "object"}


def reference(name: str) -> dict[str, str]:
    """A reference to one of them."""
    return {"$ref": f"#/components/schemas/{name}"}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _all(**properties: Any) -> dict[str, Any]:
    """An object that has all of these members."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema}


SCHEMAS: Final[dict[str, dict[str, Any]]] = {
    "Object": _all(
        object_id=_ID,
        issue_number=_NUMBER,
        created_at=_TIME,
        updated_at=_TIME,
        version=_NUMBER,
        pending={**_or_null(_COUNT), "description": "Events that `data` includes and the issue does not yet."},
        data=_ANY,
    ),
    "Objects": _all(
        objects=_list(reference("Object")),
        next={**_or_null(_ID), "description": "The last id, to go on `after` it; null if there is no more."},
        cursor=_CURSOR,
    ),
    "History": _all(
        object_id=_ID,
        history=_list(
            {
                **_all(
                    timestamp=_TIME,
                    type={"enum": ["initial_state", "update"]},
                    data={},
                    comment_id=_COUNT,
                    metadata=_ANY,
                    author=_or_null({"type": "string"}),
                    outcome={"type": "string"},
                    version=_COUNT,
                    state=_ANY,
                    proved={"type": "boolean"},
                ),
                "description": "An event, the oldest first, with the state after it.",
            }
        ),
    ),
    "Snapshot": {
        **_all(
            objects={"type": "object", "additionalProperties": _all(data=_ANY, meta=_ANY)},
            repository={"type": "string"},
            snapshot_time=_or_null(_TIME),
        ),
        "description": "As `gh-store snapshot` writes it.",
    },
    "Changes": _all(
        changes=_list(
            _all(
                object_id=_ID,
                issue_number=_NUMBER,
                version=_or_null(_NUMBER),
                deleted={"type": "boolean"},
                cursor=_CURSOR,
            )
        ),
        cursor={**_CURSOR, "description": "Where to go on."},
        more={"type": "boolean"},
    ),
    "Repository": _all(
        repository={"type": "string"},
        complete={"type": "boolean", "description": "True once all objects were read."},
        objects=_COUNT,
        cursor=_or_null(_CURSOR),
        age={**_or_null(_SECONDS), "description": "Seconds since GitHub confirmed all objects."},
        cache={"enum": ["ok", "down"]},
        github=_all(
            state={"enum": ["ok", "unavailable", "rate-limited", "refused"]},
            until=_or_null(_TIME),
            message=_or_null({"type": "string"}),
        ),
        queue=_all(refresh=_COUNT, process=_COUNT),
        processing={"type": "boolean"},
        read_only={"type": "boolean"},
        interval=_SECONDS,
        ttl=_SECONDS,
    ),
    "Repositories": _all(repositories=_list(reference("Repository"))),
    "Sync": _all(looked_at=_COUNT, changed=_COUNT, failed=_COUNT, complete={"type": "boolean"}, cursor=_CURSOR),
    "Health": _all(status={"const": "ok"}),
    "Problem": {
        **_all(
            type={"type": "string"},
            title={"type": "string"},
            status={"type": "integer", "minimum": 400, "maximum": 599},
            detail={"type": "string"},
            error={"type": "string", "description": "The name of the error."},
            hint={"type": "string", "description": "What to do."},
        ),
        "description": "RFC 9457. An unknown cursor tells the `cursor` to begin with; a write that may have happened, "
        "its `event_id`.",
    },
}
