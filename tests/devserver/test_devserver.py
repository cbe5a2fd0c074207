"""The dev server answers as GitHub does: by GitHub's own description, and to the clients that people use."""

import base64
import json
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress

import github
import jsonschema
import pytest
import requests
import world
from places import DATA, ROOT

from gh_store import InvalidInput
from gh_store.devserver.app import DevServer
from gh_store.devserver.server import check_loopback, serving

OCTOKIT = ROOT / ".venv" / "node" / "node_modules" / "@octokit" / "rest"
DESCRIBED = json.loads((DATA / "github-openapi.json").read_text("utf-8"))


def as_json_schema(schema):
    """OpenAPI 3.0 says `nullable` where JSON Schema says null."""
    if isinstance(schema, list):
        return [as_json_schema(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: as_json_schema(value) for key, value in schema.items() if key != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain


COMPONENTS = as_json_schema(DESCRIBED["components"])


class Described:
    """Asks, and holds every answer against GitHub's description of it."""

    def __init__(self, hub):
        self.hub = hub
        self.hub.user("writer", "write")
        self.checked = set()

    def __call__(self, method, path, status, user="local", *, operation=None, headers=None, **options):
        token = f"token-of-{user}"
        self.hub.server.users.setdefault(token, user)
        headers = {"Authorization": f"Bearer {token}", **(headers or {})} if user else headers
        path = path if path.startswith(("/rate", "/user", "/orgs")) else f"/repos/{world.REPOSITORY}{path}"
        answer = requests.request(method, f"{self.hub.address}{path}", headers=headers, timeout=10, **options)
        assert answer.status_code == status, answer.text
        if operation is not None:
            told = DESCRIBED["responses"][f"{method.lower()} {operation}"].get(str(status))
            assert told is not None, f"{operation} has no {status}"
            schema = {**as_json_schema(told), "components": COMPONENTS}
            jsonschema.validate(answer.json(), schema)
            self.checked.add((f"{method.lower()} {operation}", status))
        return answer


@pytest.fixture
def ask(hub):
    return Described(hub)


REPO = "/repos/{owner}/{repo}"
ISSUES = f"{REPO}/issues"
ISSUE = f"{ISSUES}/{{issue_number}}"
COMMENT = f"{ISSUES}/comments/{{comment_id}}"


def test_every_answer_is_as_github_describes_it(ask, hub):
    ask("GET", "", 200, operation=REPO)
    ask("GET", "/rate_limit", 200, operation="/rate_limit")
    ask("GET", "/user", 200, operation="/user")
    ask("GET", "/user", 401, user=None, operation="/user")
    ask("POST", "/labels", 201, json={"name": "UID:x", "description": "d"}, operation=f"{REPO}/labels")
    ask("POST", "/labels", 422, json={"name": "uid:X"}, operation=f"{REPO}/labels")
    ask("GET", "/labels", 200, operation=f"{REPO}/labels")
    ask("GET", "/labels/uid:x", 200, operation=f"{REPO}/labels/{{name}}")
    ask("GET", "/labels/none", 404, operation=f"{REPO}/labels/{{name}}")
    ask("PATCH", "/labels/UID%3Ax", 200, json={"description": "e"}, operation=f"{REPO}/labels/{{name}}")
    sent = {"title": "t", "body": None, "labels": ["UID:x", "new"]}
    issue = ask("POST", "/issues", 201, json=sent, operation=ISSUES).json()
    assert {label["name"] for label in issue["labels"]} == {"UID:x", "new"}
    ask("POST", "/issues", 422, json={"title": "t", "body": "x" * 65_537}, operation=ISSUES)
    ask("GET", "/issues", 200, operation=ISSUES)
    ask("GET", "/issues/1", 200, operation=ISSUE)
    ask("GET", "/issues/9", 404, operation=ISSUE)
    edited = ask("PATCH", "/issues/1", 200, json={"state": "closed", "body": "b"}, operation=ISSUE).json()
    assert (edited["state"], edited["body"], edited["title"]) == ("closed", "b", "t")
    ask("PATCH", "/issues/1", 403, user="reader", json={"body": "mine"}, operation=ISSUE)
    answers_about_comments_and_labels_are_as_described(ask)
    answers_about_rights_and_files_are_as_described(ask, hub)
    ask("PUT", "/issues/1/lock", 204)
    assert ask("GET", "/issues/1", 200, operation=ISSUE).json()["locked"]
    ask("POST", "/issues/1/comments", 403, user="reader", json={"body": "b"}, operation=f"{ISSUE}/comments")
    ask("DELETE", "/issues/1/lock", 204)
    hub.backend().delete_issue(1)
    ask("GET", "/issues/1", 410, operation=ISSUE)
    ask("POST", "/issues", 201, json={"title": "two"})
    hub.backend().transfer_issue(2, "x/y/issues/5")
    moved = ask("GET", "/issues/2", 301, operation=ISSUE, allow_redirects=False)
    assert moved.headers["Location"].endswith("/repos/x/y/issues/5")
    described = {operation for operation in DESCRIBED["responses"] if not operation.startswith("put")}
    assert described <= {operation for operation, _ in ask.checked}


def answers_about_comments_and_labels_are_as_described(ask):
    ask("POST", "/issues/1/comments", 201, json={"body": "hello"}, operation=f"{ISSUE}/comments")
    ask("POST", "/issues/1/comments", 422, json={"body": "x" * 65_537}, operation=f"{ISSUE}/comments")
    ask("GET", "/issues/1/comments", 200, operation=f"{ISSUE}/comments")
    ask("GET", "/issues/comments?sort=updated&direction=asc", 200, operation=f"{ISSUES}/comments")
    ask("GET", "/issues/comments?per_page=100&page=401", 422, operation=f"{ISSUES}/comments")
    ask("GET", "/issues/comments/1", 200, operation=COMMENT)
    ask("PATCH", "/issues/comments/1", 200, json={"body": "changed"}, operation=COMMENT)
    ask("POST", "/issues/comments/1/reactions", 201, json={"content": "+1"}, operation=f"{COMMENT}/reactions")
    ask("POST", "/issues/comments/1/reactions", 200, json={"content": "+1"}, operation=f"{COMMENT}/reactions")
    ask("POST", "/issues/comments/1/reactions", 422, json={"content": "ok"}, operation=f"{COMMENT}/reactions")
    ask("GET", "/issues/comments/1/reactions", 200, operation=f"{COMMENT}/reactions")
    ask("GET", "/issues/comments/9/reactions", 404, operation=f"{COMMENT}/reactions")
    ask("POST", "/issues/1/labels", 200, json={"labels": ["more"]}, operation=f"{ISSUE}/labels")
    ask("GET", "/issues/1/labels", 200, operation=f"{ISSUE}/labels")
    events = ask("GET", "/issues/1/events", 200, operation=f"{ISSUE}/events").json()
    assert [event["label"]["name"] for event in events] == ["UID:x", "more", "new"]
    ask("DELETE", "/issues/1/labels/MORE", 200, operation=f"{ISSUE}/labels/{{name}}")
    ask("DELETE", "/issues/1/labels/more", 404, operation=f"{ISSUE}/labels/{{name}}")


def answers_about_rights_and_files_are_as_described(ask, hub):
    for user in ("local", "writer", "reader"):
        path = f"{REPO}/collaborators/{{username}}/permission"
        told = ask("GET", f"/collaborators/{user}/permission", 200, operation=path).json()
        assert told["permission"] == {"local": "admin", "writer": "write", "reader": "read"}[user]
    content = {"message": "m", "content": base64.b64encode(b"* @ada").decode()}
    ask("PUT", "/contents/docs/CODEOWNERS", 201, json=content, operation=f"{REPO}/contents/{{path}}")
    ask("PUT", "/contents/docs/CODEOWNERS", 422, json=content, operation=f"{REPO}/contents/{{path}}")
    file = ask("GET", "/contents/docs/CODEOWNERS", 200, operation=f"{REPO}/contents/{{path}}").json()
    ask("PUT", "/contents/docs/CODEOWNERS", 200, json=content | {"sha": file["sha"]}, operation=f"{REPO}/contents/{{path}}")  # fmt: skip
    hub.backend().join_team("org/team", "ada")
    ask("GET", "/orgs/org/teams/team/members", 200, operation="/orgs/{org}/teams/{team_slug}/members")


def test_the_comments_of_all_issues_go_by_pages_in_the_order_that_is_asked_for(ask, hub):
    pages = hub.backend()
    for number in (1, 2):
        pages.create_issue("t", "", [])
        hub.clock.sleep(1)
        for n in range(3):
            pages.create_comment(number, f"{number}.{n}")
    hub.clock.sleep(1)
    pages.edit_comment(1, "edited")

    def shown(query):
        answer = ask("GET", f"/issues/comments?{query}", 200)
        return [each["body"] for each in answer.json()], answer.links.get("next", {}).get("url", "")

    written = ["1.1", "1.2", "2.0", "2.1", "2.2"]
    assert shown("")[0] == ["edited", *written]
    assert shown("sort=updated&direction=asc")[0] == [*written, "edited"]
    assert shown("sort=updated&direction=desc")[0] == ["edited", *reversed(written)]
    first, following = shown("sort=updated&direction=asc&per_page=4")
    assert first == written[:4]
    assert "page=2" in following
    assert shown("sort=updated&direction=asc&per_page=4&page=2") == (["2.2", "edited"], "")
    assert shown("sort=updated&direction=asc&since=2027-01-15T08:00:02Z")[0] == [*written[2:], "edited"]


def test_headers_and_conditional_requests(ask, hub):
    ask("POST", "/issues", 201, json={"title": "t"})
    first = ask("GET", "/issues/1", 200)
    assert first.headers["X-RateLimit-Limit"] == "5000"
    assert first.headers["X-GitHub-Request-Id"]
    assert first.headers["Date"] == "Fri, 15 Jan 2027 08:00:00 GMT"
    assert "max-age=60" in first.headers["Cache-Control"]
    known = {"If-None-Match": first.headers["ETag"]}
    again = ask("GET", "/issues/1", 304, headers=known)
    assert again.headers["X-RateLimit-Used"] == first.headers["X-RateLimit-Used"], "304 is free"
    ask("GET", "/issues/1", 200, user="writer", headers=known)
    ask("PATCH", "/issues/1", 200, json={"title": "new"})
    ask("GET", "/issues/1", 200, headers=known)


def test_lists_have_cursors_and_defaults_as_on_github(ask, hub):
    for n in range(35):
        hub.backend().create_issue(f"t{n}", "", ["even"] if n % 2 == 0 else [])
    for n in (2, 4, 36):
        if n < 36:
            hub.backend().edit_issue(n, open=False)
    first = ask("GET", "/issues", 200)
    assert [issue["number"] for issue in first.json()] == list(range(35, 5, -1)), "30, open, the newest first"
    link = first.headers["Link"]
    assert re.fullmatch(r'<http://127\.0\.0\.1:\d+/repositories/\d+/issues\?after=[^>]+>; rel="next"', link)
    second = requests.get(link.partition(">")[0][1:], headers={"Authorization": "token token-of-local"}, timeout=10)
    assert [issue["number"] for issue in second.json()] == [5, 3, 1]
    assert "Link" not in second.headers
    closed = ask("GET", "/issues", 200, params={"state": "closed", "direction": "asc"}).json()
    assert [issue["number"] for issue in closed] == [2, 4]
    labelled = ask("GET", "/issues", 200, params={"labels": "EVEN", "state": "all", "per_page": 5, "page": 2}).json()
    assert [issue["number"] for issue in labelled] == [25, 23, 21, 19, 17]
    for n in range(12):
        hub.backend().create_comment(1, str(n))
    page = ask("GET", "/issues/1/comments", 200, params={"per_page": 5, "page": 3})
    assert [comment["body"] for comment in page.json()] == ["10", "11"]
    assert "Link" not in page.headers
    assert 'rel="next"' in ask("GET", "/issues/1/comments", 200, params={"per_page": 5, "page": 2}).headers["Link"]


def test_who_may_not_see_and_who_may_not_write(ask, hub):
    ask("GET", "/issues", 401, headers={"Authorization": "Bearer nobody"}, user=None)
    ask("GET", "/issues", 200, user=None)
    ask("POST", "/issues", 401, user=None, json={"title": "t"})
    assert ask("POST", "/issues", 201, user="reader", json={"title": "t", "labels": ["x"]}).json()["labels"] == []
    ask("GET", "/collaborators/local/permission", 403, user="reader")
    hub.server.private = True
    ask("GET", "/issues", 404, user=None)
    ask("GET", "/issues", 404, user="reader")
    ask("GET", "/issues", 200, user="writer")


def test_what_makes_no_sense_is_refused(ask):
    ask("POST", "/issues", 422, json={})
    ask("POST", "/issues", 400, data=b"{")
    ask("POST", "/issues", 422, json=["title"])
    ask("GET", "/issues", 422, params={"per_page": "many"})
    ask("GET", "/issues", 422, params={"after": "nonsense"})
    ask("GET", "/nothing", 404)
    ask("POST", "/issues", 201, json={"title": "one"})
    ask("PATCH", "/issues/1", 422, json={"state": "ajar"})
    ask("PATCH", "/issues/1", 422, json={"state": 7})


# --- clients --------------------------------------------------------------------------------------


def test_pygithub_works_against_it(hub):
    hub.trouble.requests.clear()
    client = github.Github(
        auth=github.Auth.Token("token-of-local"), base_url=hub.address, seconds_between_writes=None,
        seconds_between_requests=None,
    )  # fmt: skip
    repository = client.get_repo("local/data")
    issue = repository.create_issue("title", "body", labels=["a label", "b/c"])
    issue.create_comment("hello").create_reaction("+1")
    issue.edit(state="closed", title="changed")
    issue.remove_from_labels("b/c")
    issue.add_to_labels("d")
    (closed,) = repository.get_issues(state="closed", labels=["a label"])
    assert (closed.title, sorted(label.name for label in closed.labels)) == ("changed", ["a label", "d"])
    assert [reaction.content for reaction in closed.get_comments()[0].get_reactions()] == ["+1"]
    assert repository.get_collaborator_permission("local") == "admin"
    repository.create_file("CODEOWNERS", "m", "* @ada")
    assert repository.get_contents("CODEOWNERS").decoded_content == b"* @ada"
    assert client.get_user().login == "local"
    assert client.get_rate_limit().resources.core.limit == 5000
    with pytest.raises(github.UnknownObjectException):
        repository.get_issue(99)
    client.close()


OCTOKIT_PROGRAM = """
const { Octokit } = await import(process.argv[1]);
const octokit = new Octokit({ auth: "token-of-local", baseUrl: process.argv[2] });
const at = { owner: "local", repo: "data" };
const { data: issue } = await octokit.rest.issues.create({ ...at, title: "t", labels: ["x"] });
const number = { ...at, issue_number: issue.number };
for (let n = 0; n < 35; n++) await octokit.rest.issues.createComment({ ...number, body: `${n}` });
const comments = await octokit.paginate(octokit.rest.issues.listComments, number);
await octokit.rest.reactions.createForIssueComment({ ...at, comment_id: comments[0].id, content: "rocket" });
await octokit.rest.issues.update({ ...number, state: "closed" });
const issues = await octokit.paginate(octokit.rest.issues.listForRepo, { ...at, state: "all" });
let missing;
try { await octokit.rest.issues.get({ ...at, issue_number: 99 }); } catch (error) { missing = error.status; }
console.log(JSON.stringify([comments.length, issues.map((each) => each.state), missing]));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not found")
@pytest.mark.skipif(
    not OCTOKIT.exists(), reason="octokit is not installed (dev.py test installs it where npm is found)"
)
def test_octokit_works_against_it(hub):
    entry = OCTOKIT / json.loads((OCTOKIT / "package.json").read_text())["exports"]["."]["import"]
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", OCTOKIT_PROGRAM, entry.as_uri(), hub.address],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [35, ["closed"], 404]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not found")
def test_curl_works_against_it(hub):
    command = ["curl", "-sS", "--fail", "-H", "Authorization: Bearer token-of-local"]
    address = f"{hub.address}/repos/local/data/issues"
    made = subprocess.run([*command, address, "-d", '{"title": "t"}'], capture_output=True, check=True)
    assert json.loads(made.stdout)["number"] == 1


# --- faults ---------------------------------------------------------------------------------------


def control(hub, method, what, token=None, **options):
    headers = {"Authorization": f"Bearer {token or hub.server.control_token}"}
    return requests.request(method, f"{hub.address}/_devserver/{what}", headers=headers, timeout=10, **options)


def test_faults_are_asked_for_and_requests_are_told_over_http(ask, hub):
    assert control(hub, "POST", "faults", json={"kind": "502", "after": 1, "match": "GET"}).json() == ["502"]
    ask("GET", "/issues", 200)
    ask("GET", "/issues", 502)
    ask("GET", "/issues", 200)
    told = control(hub, "GET", "requests").json()
    assert [(each["method"], each["status"], each["points"], each["fault"]) for each in told] == [
        ("GET", 200, 1, None), ("GET", 502, 1, "502"), ("GET", 200, 1, None)]  # fmt: skip
    control(hub, "DELETE", "requests")
    assert control(hub, "GET", "requests").json() == []
    control(hub, "POST", "faults", json={"kind": "500", "times": 5})
    control(hub, "DELETE", "faults")
    ask("GET", "/issues", 200)
    ask("POST", "/issues", 201, json={"title": "one"})
    ask("POST", "/issues", 201, json={"title": "two"})
    control(hub, "POST", "faults", json={"kind": "delete-issue", "number": 1})
    control(hub, "POST", "faults", json={"kind": "transfer-issue", "number": 2, "to": "x/y/issues/7"})
    ask("GET", "/issues/1", 410)
    ask("GET", "/issues/2", 301, allow_redirects=False)
    for wrong in (
        {"kind": "none"},
        {"kind": "delete-issue", "number": 9},
        {"kind": "500", "colour": 1},
        {"kind": "rename"},
    ):
        assert control(hub, "POST", "faults", json=wrong).status_code == 422
    assert control(hub, "POST", "faults", json=[]).status_code == 400
    assert control(hub, "GET", "nothing").status_code == 404


def test_connections_are_dropped_without_a_byte(ask, hub):
    for kind, made in (("drop-before", 0), ("drop-after", 1)):
        control(hub, "POST", "faults", json={"kind": kind})
        with pytest.raises(requests.ConnectionError):
            ask("POST", "/issues", 201, json={"title": kind})
        assert len(ask("GET", "/issues", 200).json()) == made


def test_lags_are_those_of_github(ask, hub):
    control(hub, "POST", "faults", json={"kind": "stale-labels", "seconds": 5})
    control(hub, "POST", "faults", json={"kind": "late-ids", "seconds": 2})
    ask("POST", "/issues", 201, json={"title": "t", "labels": ["x"]})
    hub.clock.sleep(3)
    assert ask("GET", "/issues", 200, params={"labels": "x"}).json() == []
    assert len(ask("GET", "/issues", 200).json()) == 1
    for n in range(2):
        ask("POST", "/issues/1/comments", 201, json={"body": str(n)})
    assert len(ask("GET", "/issues/1/comments", 200).json()) == 1, "one of them is late"
    hub.clock.sleep(3)
    assert len(ask("GET", "/issues/1/comments", 200).json()) == 2
    assert len(ask("GET", "/issues", 200, params={"labels": "x"}).json()) == 1


def test_a_token_has_so_many_requests_an_hour(ask, hub):
    hub.server.costs.used["token-of-local"] = (int(hub.clock()) // 3600, 4999)
    ask("GET", "/issues", 200)
    refused = ask("GET", "/issues", 403)
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    assert "rate limit exceeded" in refused.json()["message"]
    ask("GET", "/issues", 200, user="writer")
    hub.clock.sleep(3600)
    ask("GET", "/issues", 200)


# --- who may ask ----------------------------------------------------------------------------------


def port_of(hub):
    return int(hub.address.rpartition(":")[2])


@pytest.mark.parametrize(
    ("host", "origin", "allowed"),
    [
        ("127.0.0.1:{port}", None, True),
        ("localhost:{port}", None, True),
        ("LOCALHOST:{port}", None, True),
        ("localhost:{port}", "http://localhost:{port}", True),
        ("evil.example", None, False),
        ("evil.example:{port}", None, False),
        ("127.0.0.1", None, False),
        ("127.0.0.1:1", None, False),
        ("127.0.0.1:x", None, False),
        ("127.0.0.2:{port}", None, False),
        ("[::1:{port}", None, False),
        ("a@127.0.0.1:{port}", None, False),
        ("127.0.0.1:{port}/", None, False),
        ("", None, False),
        ("127.0.0.1:{port}", "https://evil.example", False),
        ("127.0.0.1:{port}", "null", False),
    ],
)
def test_a_page_that_is_led_here_gets_no_answer(ask, hub, host, origin, allowed):
    ask("POST", "/issues", 201, json={"title": "one"})
    port = port_of(hub)
    headers = {"Host": host.format(port=port)} | ({"Origin": origin.format(port=port)} if origin else {})
    ask("GET", "/issues/1", 200 if allowed else 403, headers=headers)
    fault = {"kind": "delete-issue", "number": 1}
    headers |= {"Authorization": f"Bearer {hub.server.control_token}"}
    asked = requests.post(f"{hub.address}/_devserver/faults", headers=headers, json=fault, timeout=10)
    assert asked.status_code == (200 if allowed else 403)
    ask("GET", "/issues/1", 410 if allowed else 200)


@pytest.mark.parametrize("origin", ["http://localhost:8000", "http://127.0.0.1:1", "https://[::1]"])
def test_pages_of_this_machine_may_read_without_a_token(ask, hub, origin):
    ask("POST", "/issues", 201, json={"title": "one"})
    headers = {"Origin": origin}
    address = f"{hub.address}/repos/local/data/issues"
    answer = requests.get(address, headers=headers, timeout=10)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "X-RateLimit-Remaining" in answer.headers["access-control-expose-headers"]
    assert (answer.headers["x-ratelimit-limit"], answer.headers["cache-control"]) == (
        "60",
        "public, max-age=60, s-maxage=60",
    )
    token = {**headers, "Authorization": "Bearer token-of-local"}
    assert requests.get(address, headers=token, timeout=10).status_code == 403
    assert requests.post(address, headers=token, json={"title": "two"}, timeout=10).status_code == 403
    assert requests.options(address, headers=headers, timeout=10).status_code == 403


def test_faults_are_for_who_knows_the_token(ask, hub):
    ask("POST", "/issues", 201, json={"title": "one"})
    fault = {"kind": "delete-issue", "number": 1}
    assert control(hub, "POST", "faults", token="wrong", json=fault).status_code == 401
    assert control(hub, "POST", "faults", token="t\xfcrk", json=fault).status_code == 401
    assert requests.post(f"{hub.address}/_devserver/faults", json=fault, timeout=10).status_code == 401
    assert requests.get(f"{hub.address}/_devserver/requests", timeout=10).status_code == 401
    ask("GET", "/issues/1", 200)
    assert DevServer(":memory:", "a/b", {}).control_token != hub.server.control_token


def test_a_body_is_bounded(ask, hub):
    many = (b"x" * 1_000_000 for _ in range(12))  # without a length: in chunks
    headers = {"Authorization": "Bearer token-of-local"}
    with socket.create_connection(("127.0.0.1", port_of(hub)), timeout=5) as waiting:  # nothing is sent but a promise
        head = f"POST /repos/local/data/issues HTTP/1.1\r\nHost: 127.0.0.1:{port_of(hub)}\r\nContent-Length: 20000000\r\n\r\n"
        waiting.sendall(head.encode())
        assert b" 413 " in waiting.recv(99)
    with suppress(requests.ConnectionError):  # closed before all was sent
        answer = requests.post(f"{hub.address}/repos/local/data/issues", data=many, headers=headers, timeout=10)
        assert answer.status_code == 413
    ask("GET", "/issues", 200)


NONSENSE = [
    "\ud800",
    7,
    -1,
    1.5,
    True,
    None,
    [],
    [[]],
    [None],
    {},
    {"name": []},
    [{"name": 7}],
    "x" * 300_000,
    10**30,
    float("inf"),
    "9" * 5_000,
]


def test_nonsense_is_refused_and_breaks_nothing(ask, hub):
    ask("POST", "/issues", 201, json={"title": "one", "labels": ["a"]})
    ask("POST", "/issues/1/comments", 201, json={"body": "one"})
    hub.server.costs.used.clear()
    session = requests.Session()
    session.headers["Authorization"] = "Bearer token-of-local"
    root = f"{hub.address}/repos/local/data"
    refused = 0

    def sent(method, path, data=None, **options):
        hub.server.costs.used.clear()
        answer = session.request(method, f"{root}{path}", data=data, timeout=10, **options)
        assert answer.status_code < 500, (method, path, str(data)[:80], options)
        return answer.status_code >= 400

    for method, path, fields in (
        ("POST", "/issues", ("title", "body", "labels")), ("PATCH", "/issues/1", ("title", "body", "state", "labels")),
        ("POST", "/issues/1/comments", ("body",)), ("PATCH", "/issues/comments/1", ("body",)),
        ("POST", "/issues/comments/1/reactions", ("content",)), ("POST", "/labels", ("name", "description")),
        ("PATCH", "/labels/a", ("description",)), ("POST", "/issues/1/labels", ("labels",)), ("PUT", "/issues/1/labels", ("labels",)),
        ("PUT", "/contents/x", ("content", "sha", "message")),
    ):  # fmt: skip
        for value in NONSENSE:
            for field in fields:
                refused += sent(method, path, json.dumps({"title": "t", "body": "b", "name": "n", field: value}))
            sent(method, path, json.dumps(value))
        for raw in (b"\xff", b"[" * 100_000, b'{"title":', b"9" * 5_000, b"NaN"):
            refused += sent(method, path, raw)
    for name in ("page", "per_page", "since", "after", "labels", "sort", "state", "direction"):
        for value in ("-1", "x", "9" * 5_000, "9" * 30, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "\0", "W1tdLDBd", "W1tbMV1dLDBd",
                      "WyJbMV0iLFtdXQ==", "WyJbW11dIiwwXQ==", "WyJ7fSIsMF0=", "WyJbXSIsMF0="):  # fmt: skip
            for path in ("/issues", "/issues/1/comments", "/labels"):
                refused += sent("GET", path, params={name: value})
    for path in (
        f"/issues/{'9' * 5_000}",
        f"/issues/{'9' * 30}",
        "/issues/%00",
        "/labels/%ff",
        "/contents/..%2f..",
        f"/issues/comments/{'9' * 30}",
        "//",
        "/%0d%0ax",
    ):
        refused += sent("GET", path)
    assert refused > 100
    for fault in (
        {"kind": "500", "times": 1e999},
        {"kind": [], "x": 1},
        {"kind": "late-ids", "seconds": "x"},
        {"kind": "delete-issue", "number": 10**30},
        {"kind": "delete-issue", "number": True},
        {"kind": "stale-labels", "seconds": "nan"},
        {"kind": "late-lists", "seconds": -1},
        {"kind": "primary-limit", "seconds": 10**18},
        {"kind": "transfer-issue", "number": 1, "to": "a/b\r\nX: y"},
        {"kind": "transfer-issue", "number": 1, "to": "\ud800/b"},
        {"kind": "rename", "to": "nonsense"},
        {"kind": "rename", "to": "\ud800/b"},
        {"kind": "rename", "to": 5},
    ):
        assert control(hub, "POST", "faults", data=json.dumps(fault)).status_code in (404, 422)
    assert control(hub, "POST", "faults", data=b"[" * 100_000).status_code == 400
    ask("GET", "/issues/1", 200)
    ask("GET", "/issues/1/comments", 200)
    ask("GET", "/issues", 200)


def test_a_locked_file_holds_up_no_other_answer(ask, hub):
    ask("POST", "/issues", 201, json={"title": "one"})
    with closing(sqlite3.connect(hub.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = [
            threading.Thread(target=ask, args=("POST", "/issues", 201), kwargs={"json": {"title": "t"}})
            for _ in range(70)  # more than are worked on at once
        ]
        for each in waiting:
            each.start()
        begun = time.monotonic()
        for _ in range(5):
            ask("GET", "/issues/1", 200)
            ask("GET", "/issues", 200, user="writer")
        assert control(hub, "GET", "requests").status_code == 200
        assert time.monotonic() - begun < 5
        assert all(each.is_alive() for each in waiting)
        other.execute("COMMIT")
    for each in waiting:
        each.join(30)
    assert ask("GET", "/issues/71", 200)


# --- the command ----------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "example.org"])
def test_it_listens_on_loopback_alone(host):
    with pytest.raises(InvalidInput, match="loopback"):
        check_loopback(host)


def gh_store(folder, *arguments, **environ):
    done = subprocess.run(
        [sys.executable, "-m", "gh_store", *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False,
        env={"PYTHONPATH": str(ROOT), "HOME": str(folder), "PATH": "", **environ},
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--host", "0.0.0.0"], "loopback"),
        (["--user", "secret"], "TOKEN=LOGIN:ROLE"),
        (["--user", "secret=ada:king"], "TOKEN=LOGIN:ROLE"),
        (["--fault", "nonsense"], "Unknown fault"),
        (["--fault", "500:times=x"], "Invalid options"),
    ],
)
def test_wrong_use_is_said_in_a_line(shell, arguments, told):
    _, err = shell.run("dev-server", "--store", "s.db", "--repo", "o/n", "--port", "0", *arguments, code=2)
    assert told in err
    assert "secret" not in err


def test_without_the_extra_it_says_what_to_install(tmp_path):
    code = "import sys; sys.modules['starlette'] = None; from gh_store.cli import main; main(sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", code, "dev-server", "--store", "s.db", "--repo", "o/n"], cwd=tmp_path, capture_output=True,
        text=True, check=False, env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 2
    assert "needs starlette" in done.stderr
    assert "gh-object-store[server]" in done.stderr


def test_a_file_that_was_truncated_is_no_new_repository(shell):
    shell.run("create", "a", "{}", "--store", "hub.db")
    (shell.folder / "hub.db").write_bytes(b"")
    _, err = shell.run("dev-server", "--store", "hub.db", "--repo", "ada/data", "--port", "0", code=2)
    assert "empty" in err
    assert (shell.folder / "hub.db").read_bytes() == b""


def test_a_server_in_memory_makes_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with serving(DevServer(":memory:", "ada/data", {"t": "local"})) as address:
        issues = f"{address}/repos/ada/data/issues"
        made = requests.post(issues, json={"title": "a"}, headers={"Authorization": "Bearer t"}, timeout=10)
        assert requests.get(f"{issues}/1", timeout=10).json() == made.json()
    assert list(tmp_path.iterdir()) == []


def test_a_store_is_used_through_the_command(tmp_path):
    server = subprocess.Popen(
        [sys.executable, "-m", "gh_store", "dev-server", "--store", "hub.db", "--repo", "ada/data", "--port", "0",
         "--user", "t=ada:admin", "--fault", "502:match=PATCH"],
        cwd=tmp_path, stderr=subprocess.PIPE, text=True, env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
    )  # fmt: skip
    try:
        address = re.search(r"http://\S+:\d+", server.stderr.readline())[0]
        token = re.search(r"control token: (\S+)", server.stderr.readline())[1]
        asked = requests.get(f"{address}/_devserver/requests", headers={"Authorization": f"Bearer {token}"}, timeout=10)
        assert asked.json() == []
        environ = {"GITHUB_API_URL": address, "GITHUB_REPOSITORY": "ada/data", "GITHUB_TOKEN": "t"}
        quick = tmp_path / "quick.yml"
        quick.write_text("store: {rate_limit: {seconds_between_writes: 0}, processing: {patience: 0}}")
        made = gh_store(tmp_path, "create", "a", '{"n": 1}', "--config", str(quick), **environ)
        assert json.loads(made.stdout)["issue_number"] == 1, made.stderr
        assert "using ada/data (GITHUB_REPOSITORY)" in made.stderr
        assert "502" in made.stderr, "the fault was met, and survived"
        snapshot = json.loads(gh_store(tmp_path, "snapshot", "--output", "-", **environ).stdout)
        assert (snapshot["repository"], snapshot["objects"]["a"]["data"]) == ("ada/data", {"n": 1})
        swept = gh_store(tmp_path, "process-updates", "--all", "--since", "2h", "--config", str(quick), **environ)
        assert json.loads(swept.stdout) == []
        nobody = gh_store(tmp_path, "update", "a", "{}", **{**environ, "GITHUB_TOKEN": ""})
        assert nobody.returncode == 5
        assert "AuthMissing" not in nobody.stderr
        assert "token is needed" in nobody.stderr
    finally:
        server.terminate()
        server.communicate(timeout=30)
