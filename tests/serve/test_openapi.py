"""The description of the API tells all that there is; that answers are as it says, each test of an endpoint checks."""

import re

from jsonschema import Draft202012Validator
from places import ROOT
from serve.asked import Description, serving

from gh_store.serve.http import routes
from gh_store.serve.http.openapi import describe, statuses
from gh_store.serve.http.schemas import SCHEMAS
from gh_store.serve.rights import Rights


def test_every_endpoint_and_status_is_described():
    with serving() as ask:
        document = ask("GET", "/openapi.json").json
        assert document == describe(ask.app.table, Rights("secret"))
        assert document["openapi"] == "3.1.0"
        described = {(path, method) for path, operations in document["paths"].items() for method in operations}
        table = {(route.template, route.method.lower()) for route in ask.app.table}
        assert described == table | {(path, "head") for path, method in table if method == "get"}
        for route in ask.app.table:
            operation = document["paths"][route.template][route.method.lower()]
            assert {int(status) for status in operation["responses"]} == statuses(route, Rights("secret"))
            named = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
            assert named == {*re.findall(r"{(\w+)}", route.template)}
            assert all(each["required"] for each in operation["parameters"] if each["in"] == "path")
            assert ("requestBody" in operation) == (route.method in ("PUT", "PATCH") or "webhooks" in route.template)


def test_its_schemas_are_schemas_and_all_are_used():
    for schema in SCHEMAS.values():
        Draft202012Validator.check_schema(schema)
    with serving() as ask:
        text = ask("GET", "/openapi.json").body.decode()
        assert {*re.findall(r"#/components/schemas/(\w+)", text)} == {*SCHEMAS}


def test_every_endpoint_parameter_and_metric_is_on_the_page():
    page = (ROOT / "docs" / "serve.md").read_text("utf-8")
    with serving() as ask:
        for route in ask.app.table:
            rest = route.template.removeprefix(routes.REPOSITORY) or "GET /api/v1/repos"
            assert rest in page, route
            for parameter in route.parameters or ():
                assert f"{parameter.name}=" in page, parameter.name
        for line in ask("GET", "/metrics").body.decode().splitlines():
            if line.startswith("# TYPE") and not line.split()[2].endswith("_created"):
                assert f"`{line.split()[2]}`" in page, line


def test_what_does_not_fit_is_noticed():
    with serving() as ask:
        description = Description(ask.app)
        good = ask("GET", "")
        good.body = good.body.replace(b'"objects":0', b'"objects":"0"')
        for broken in (good, type(good)(299, good.headers, b"")):
            try:
                description.check("GET", "/api/v1/repos/ada/data", broken)
            except Exception:  # noqa: BLE001  # either of two kinds
                continue
            raise AssertionError
