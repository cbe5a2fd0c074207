"""The description of the API (OpenAPI 3.1), made from the table of endpoints. Pure."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from gh_store import __version__
from gh_store.serve.http.routes import JSON, Route
from gh_store.serve.http.schemas import SCHEMAS, reference
from gh_store.serve.rights import Rights

_PATH: Final = {
    "owner": "The owner of the repository; `local` for a store in a file.",
    "name": "The name of the repository.",
    "id": "The object; it may hold slashes.",
}
_HEADERS: Final = {
    "If-None-Match": "ETags that are known, or `*`.",
    "If-Match": "The ETag of the version that the object must be at, or `*`.",
    "Idempotency-Key": "A name of the update: repeated with it, it counts once.",
    "Last-Event-ID": "The cursor that is known.",
}
_EVERYWHERE: Final = (400, 405, 421, 429, 500, 503)
"""What any endpoint may answer."""


def describe(table: Sequence[Route], rights: Rights) -> dict[str, Any]:
    """The description of all endpoints, under these rights."""
    paths: dict[str, dict[str, Any]] = {}
    for route in table:
        operations = paths.setdefault(route.template, {})
        operations[route.method.lower()] = _operation(route, rights)
        if route.method == "GET":
            operations["head"] = {**_operation(route, rights), "summary": f"{route.summary} Without the body."}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "gh-store",
            "version": __version__,
            "description": "Objects of a store on GitHub, served from a read model. Objects may be named by `?id=` "
            "instead of in the path.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def statuses(route: Route, rights: Rights) -> set[int]:
    """All statuses that an endpoint may answer with."""
    found = {*route.answers, *_EVERYWHERE}
    if rights.takes_token(route.access) or any(each.guarded for each in route.parameters or ()):
        found |= {401, 403}
    if route.of_store:
        found.add(404)
    return found


def _operation(route: Route, rights: Rights) -> dict[str, Any]:
    told: dict[str, Any] = {
        "summary": route.summary,
        "parameters": [
            *(_named(name, "path", said) for name, said in _PATH.items() if f"{{{name}}}" in route.template),
            *(
                {"name": each.name, "in": "query", "description": each.summary, "schema": each.schema}
                for each in route.parameters or ()
            ),
            *(_named(name, "header", _HEADERS[name]) for name in route.conditions),
        ],
        "responses": {
            str(status): _answer(status, route.answers.get(status)) for status in sorted(statuses(route, rights))
        },
    }
    if route.bodies:
        told["requestBody"] = {"required": True, "content": {kind: {"schema": {}} for kind in route.bodies}}
    if rights.takes_token(route.access):
        told["security"] = [{"token": []}]
    return told


def _named(name: str, where: str, said: str) -> dict[str, Any]:
    return {
        "name": name, "in": where, "description": said, "required": where == "path", "schema": {"type": "string"},
    }  # fmt: skip  # on one line


def _answer(status: int, content: str | None) -> dict[str, Any]:
    told: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if content in SCHEMAS:
        told["content"] = {JSON: {"schema": reference(content)}}
    elif content == "object":
        told["content"] = {JSON: {"schema": {"type": "object"}}}
    elif content is not None:
        told["content"] = {content: {"schema": {"type": "string"}}}
    elif status >= HTTPStatus.BAD_REQUEST:
        told["content"] = {"application/problem+json": {"schema": reference("Problem")}}
    return told
