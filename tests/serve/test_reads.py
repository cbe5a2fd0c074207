"""What readers get, and what caches are told about it."""

import json
from dataclasses import replace

import pytest
from serve.asked import Asked, serving

from gh_store.domain import exceptions as errors
from gh_store.serve.cache import CacheDown
from gh_store.serve.http.problems import status_of
from gh_store.serve.served import Incomplete


@pytest.fixture(scope="module")
def ask():
    with serving() as client:
        for name in ("a", "b/c", "b/d", "ä€", "q?&#+%25 x", "..", "e/../f", "zz"):
            client.asked.store.create(name, {"name": name})
            client.asked.keep(name)
        client.asked.store.update("a", {"n": 2}, process=True)
        client.asked.keep("a")
        yield client


@pytest.fixture
def trouble(ask):
    """The store fails, or is old, for one test."""
    asked, before = ask.asked, replace(ask.asked)
    yield asked
    asked.failing, asked.detail, asked.complete, asked.age = None, None, before.complete, before.age


def test_an_object_is_as_the_command_line_prints_it(ask):
    answer = ask("GET", "objects/a")
    assert answer.status == 200
    assert list(answer.json) == ["object_id", "issue_number", "created_at", "updated_at", "version", "pending", "data"]
    assert answer.json["data"] == {"name": "a", "n": 2}
    assert answer["etag"].startswith('"v2-')
    assert answer["cache-control"] == "no-cache"
    assert answer["age"] == "7"
    assert answer["cache-status"] == "gh-store; hit"
    assert answer["x-content-type-options"] == "nosniff"
    assert answer["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("path", "object_id"),
    [
        ("objects/b/c", "b/c"),
        ("objects/b%2Fc", "b/c"),
        ("objects?id=b/c", "b/c"),
        ("objects?id=b%2Fc", "b/c"),
        ("objects/?id=..", ".."),
        ("objects/..", ".."),
        ("objects/%2e%2E", ".."),
        ("objects/e/../f", "e/../f"),
        ("objects/e/%2e%2e/f", "e/../f"),
        ("objects/%C3%A4%E2%82%AC", "ä€"),
        ("objects/q%3F%26%23+%2525%20x", "q?&#+%25 x"),
        ("objects?id=q%3F%26%23%2B%2525+x", "q?&#+%25 x"),
    ],
)
def test_an_id_is_the_rest_of_the_path_or_a_parameter(ask, path, object_id):
    assert ask("GET", path).json["object_id"] == object_id


def test_names_of_repositories_are_of_any_case_and_paths_are_not(ask):
    assert ask("GET", "/api/v1/repos/ADA/dAtA/objects/a").status == 200
    assert ask("GET", "/api/v1/repos/ada/d%61ta/objects/a").status == 200
    for path in (
        "/api/v1/repos/ada/other", "/api/v1/repos/ada", "/api/v1/repos/", "/API/v1/repos", "/", "/api/v1/repos/ada/data/x",
        "/api/v1/repos/ada/data/snapshot/x", "/api/v1/repos/ada/data/{id}", "/api/v1/repos/{owner}/{name}", "//healthz",
        "/api/v1/repos/ada%2Fdata/objects/a",
    ):  # fmt: skip  # what is nowhere
        assert ask("GET", path).status == 404, path


def test_a_version_the_history_and_what_never_was(ask):
    first = ask("GET", "objects/a?version=1")
    assert first.json["data"] == {"name": "a"}
    assert first["cache-status"] == "gh-store; fwd=uri-miss"
    told = ask("GET", "history/a").json
    assert [entry["version"] for entry in told["history"]] == [1, 2]
    assert ask("GET", "history?id=a").json == told
    for path in ("objects/a?version=3", "objects/no", "history/no"):
        assert ask("GET", path).json["error"] == "ObjectNotFound"


def test_fresh_asks_github(ask):
    before = ask.asked.fresh
    assert ask("GET", "objects/a?fresh=true")["cache-status"] == "gh-store; fwd=request"
    assert ask("GET", "objects/a?fresh=false")["cache-status"] == "gh-store; hit"
    assert ask.asked.fresh == before + 1
    assert ask("GET", "objects/a?fresh=true", token="").status == 401
    assert ask("GET", "objects/a?fresh=true", token="wrong").status == 401
    assert ask("GET", "objects/a?fresh=false", token="").status == 200


def test_lists_go_on_where_they_ended(ask):
    found, path, pages = [], "objects?limit=3", 0
    while path:
        answer = ask("GET", path)
        found += [each["object_id"] for each in answer.json["objects"]]
        if answer.json["next"] is None:
            assert "link" not in answer.headers
            break
        target, _, rest = answer["link"].partition(">")
        assert (rest, found[-1]) == ('; rel="next"', answer.json["next"])
        path, pages = target.removeprefix("<"), pages + 1
    assert (found, pages) == (sorted(name for name in ask.asked.rows), 2)
    assert [each["object_id"] for each in ask("GET", "objects?prefix=b/&limit=1").json["objects"]] == ["b/c"]
    assert ask("GET", "objects?prefix=b%2F&limit=1")["link"].count("prefix=b%2F") == 1
    assert ask("GET", "objects?prefix=nothing").json["objects"] == []


def test_changes_go_on_after_a_cursor(ask):
    everything = ask("GET", "changes").json
    assert [each["object_id"] for each in everything["changes"]][-1] == "a"
    assert not everything["more"]
    part = ask("GET", "changes?limit=2").json
    assert part["more"]
    rest = ask("GET", f"changes?after={part['cursor']}").json
    assert part["changes"] + rest["changes"] == everything["changes"]
    assert ask("GET", f"changes?after={everything['cursor']}").json["changes"] == []
    lost = ask("GET", "changes?after=ffffffffffffffff-1")
    assert (lost.status, lost.json["cursor"]) == (410, everything["cursor"])


def test_a_snapshot_is_one_document(ask):
    answer = ask("GET", "snapshot")
    assert answer.json == json.loads(ask.asked.store.snapshot().text()) | {
        "snapshot_time": answer.json["snapshot_time"]
    }
    assert ask("GET", "snapshot", If_None_Match=answer["etag"]).status == 304


def test_the_state_of_stores(ask):
    one = ask("GET", "").json
    assert one["repository"] == "Ada/Data"
    assert ask("GET", "/api/v1/repos").json == {"repositories": [one]}


READS = ["", "/api/v1/repos", "objects", "objects/a", "objects/a?version=1", "history/a", "snapshot", "changes", "/openapi.json"]  # fmt: skip


@pytest.mark.parametrize("path", READS)
def test_reads_are_conditional_and_take_head(ask, path):
    answer = ask("GET", path)
    etag = answer["etag"]
    assert etag.startswith('"')
    for known in (etag, f"W/{etag}", f'"other", {etag}', f'W/"x",W/{etag}', "*", " * "):
        same = ask("GET", path, If_None_Match=known)
        assert (same.status, same.body, same["etag"]) == (304, b"", etag), known
        assert {"cache-control", "age", "cache-status"} <= same.headers.keys()
        assert "content-type" not in same.headers
    for known in ('"other"', etag.strip('"'), "", etag[:-1], '"*"'):
        assert ask("GET", path, If_None_Match=known).status == 200, known
    head = ask("HEAD", path)
    assert (head.status, head.body) == (200, b"")
    varying = {"date", "content-length", "transfer-encoding"}
    assert {name: value for name, value in head.headers.items() if name not in varying} == {
        name: value for name, value in answer.headers.items() if name not in varying
    }
    assert head.headers.get("content-length", str(len(answer.body))) == str(len(answer.body))
    assert ask("HEAD", path, If_None_Match=etag).status == 304


@pytest.mark.parametrize(
    "path",
    [
        "objects?limit=0", "objects?limit=1001", "objects?limit=x", "objects?limit=-1", "objects?limit=1e2",
        "objects?limit=", "objects?limit=1&limit=2", "objects?what=1", "objects/a?version=0", "objects/a?version=%C2%B2",
        "objects/a?version=" + "9" * 5000, "objects/a?fresh=yes", "objects/a?id=a", "objects/%ff", "objects?id=%ff",
        "objects/%20a", "history?id=", "objects?prefix=%zz%ff", "objects?" + "&".join(["prefix=a"] * 30),
    ],
)  # fmt: skip  # garbage
def test_garbage_is_refused(ask, path):
    answer = ask("GET", path)
    assert answer.status == 400
    assert answer["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "error", "hint"} <= answer.json.keys()
    assert answer["cache-control"] == "no-store"


def rejected(error):
    error.rejected, error.event_id = True, "e"
    return error


@pytest.mark.parametrize(
    ("error", "status", "retry"),
    [
        (errors.RateLimited("later", wait=41.2), 503, "42"),
        (errors.RateLimited("later"), 503, "10"),
        (errors.BackendUnavailable("down"), 503, "10"),
        (errors.BackendUnavailable("never", transient=False), 502, None),
        (errors.AuthInvalid("no"), 502, None),
        (errors.InsufficientScope("no"), 502, None),
        (errors.IntegrityError("no"), 502, None),
        (errors.DuplicateUIDError("no"), 409, None),
        (errors.ObjectExists("no"), 409, None),
        (errors.ConcurrentUpdateError("no", expected=1), 412, None),
        (errors.ConcurrentUpdateError("no"), 409, None),
        (errors.LogFull("no"), 409, None),
        (errors.InvalidUpdate("no"), 422, None),
        (errors.ValueTooLarge("no"), 413, None),
        (errors.ConfigurationError("no"), 500, None),
        (rejected(errors.ValueTooLarge("no")), 422, None),
        (rejected(errors.ConcurrentUpdateError("no", expected=1)), 412, None),
        (CacheDown("down"), 503, "1"),
        (Incomplete(), 503, "2"),
        (ZeroDivisionError("secret"), 500, None),
    ],
)
def test_every_error_has_a_status(ask, trouble, error, status, retry):
    """Writes and reads may meet all of them; no internal text is told."""
    trouble.failing = error
    answer = ask("PUT", "objects/x", {}) if status in (409, 412, 413, 422) else ask("GET", "objects/a")
    assert (answer.status, answer.headers.get("retry-after")) == (status, retry)
    assert answer.json["hint"]
    assert b"secret" not in answer.body
    if isinstance(error, errors.GitHubStoreError):
        assert answer.json["error"] == type(error).__name__
        assert answer.json.get("event_id") == error.event_id


def test_every_error_of_the_store_is_in_the_table():
    kinds = [
        each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.GitHubStoreError)
    ]
    assert {kind.__name__: status_of(kind) for kind in kinds if status_of(kind) == 500} == {
        "GitHubStoreError": 500, "ConfigurationError": 500,
    }  # fmt: skip


def test_what_is_old_says_why(ask, trouble):
    trouble.detail, trouble.age = 'git"hub\\\n ü', 1234.9
    answer = ask("GET", "objects/a")
    assert answer["cache-status"] == 'gh-store; hit; detail="git\\"hub\\\\? ?"'
    assert answer["age"] == "1234"


def test_health(ask, trouble):
    assert ask("GET", "/healthz", token="").json == {"status": "ok"}
    assert ask("HEAD", "/readyz", token="").status == 200
    trouble.complete = False
    late = ask("GET", "/readyz?probe=1", token="")
    assert (late.status, late["retry-after"]) == (503, "1")
    assert b"Ada" not in late.body
    assert ask("GET", "/healthz").status == 200


def test_metrics_have_no_ids(ask):
    ask("GET", "objects/a")
    ask("GET", "objects/secret-id")
    ask("GET", "/secret-path")
    answer = ask("GET", "/metrics")
    assert answer["content-type"].startswith("text/plain; version=0.0.4")
    text = answer.body.decode()
    assert "secret" not in text
    route = "/api/v1/repos/{owner}/{name}/objects/{id}"
    assert f'gh_store_http_requests_total{{method="GET",route="{route}",status="200"}}' in text
    assert f'gh_store_http_requests_total{{method="GET",route="{route}",status="404"}}' in text
    assert 'gh_store_http_requests_total{method="GET",route="other",status="404"}' in text
    assert f'gh_store_http_request_seconds_count{{route="{route}"}}' in text
    assert 'gh_store_objects{repository="Ada/Data"} 8.0' in text
    assert 'gh_store_github_state{repository="Ada/Data",state="ok"} 1.0' in text
    assert all(line.startswith(("#", "gh_store_")) for line in text.splitlines())


def test_an_age_that_is_not_known_is_no_age_of_0():
    with serving(Asked(age=None)) as ask:
        assert 'gh_store_age_seconds{repository="Ada/Data"} NaN' in ask("GET", "/metrics").body.decode()


def test_max_age_and_several_stores():
    first, second = Asked(), Asked("local/b")
    with serving(first, second, max_age=60) as ask:
        second.store.create("x", {})
        assert [each["repository"] for each in ask("GET", "/api/v1/repos").json["repositories"]] == [
            "Ada/Data",
            "local/b",
        ]
        assert ask("GET", "/api/v1/repos/local/b/objects/x")["cache-control"] == "max-age=60"
        assert ask("GET", "objects/x").status == 404
