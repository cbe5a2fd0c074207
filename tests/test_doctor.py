"""`gh-store doctor`: each thing that can be wrong with a deployment, found and named."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from gh_store.cli.workflows import workflow
from gh_store.credentials import App, Credentials, Token
from gh_store.devserver import apps
from gh_store.devserver.api.call import Reply
from gh_store.doctor import Doctor


def examine(hub, token="token-of-local", repository="local/data", **options):
    base_url = options.pop("base_url", hub.address)
    who = Credentials(repository, base_url, Token(token, "GH_TOKEN") if token else None)
    options.setdefault("clock", lambda: datetime.fromtimestamp(hub.clock(), UTC))
    doctor = Doctor(who, hub.config, **options)
    checks = list(doctor.examine())
    doctor.close()
    return {check.name: check for check in checks}, checks[-1]


def test_a_deployment_in_good_health(hub):
    store = hub.store()
    store.create("a", {})
    store.create("b", {})
    store.delete("b")
    hub.asked()
    checks, _ = examine(hub)
    assert list(checks) == [
        "installation", "server", "token", "rate limit", "repository", "issues", "rights", "labels", "templates", "workflows", "store"]  # fmt: skip
    assert {check.outcome for check in checks.values()} == {"ok"}
    assert checks["token"].found == "from GH_TOKEN, valid"
    assert "of 5000 requests left until 09:00:00 UTC" in checks["rate limit"].found
    assert checks["store"].found == "1 object, 1 deleted, 0 not settled"
    writes = [request for request in hub.asked() if not request.startswith("GET")]
    assert writes == ["POST /repos/local/data/labels 422"], "a request that makes nothing"
    assert len(hub.backend().list_labels()) == 5


@pytest.mark.parametrize(
    ("options", "failed", "outcome"),
    [
        ({"token": None}, "token", "AuthMissing"),
        ({"token": "token-of-nobody"}, "token", "AuthInvalid"),
        ({"repository": "local/none"}, "repository", "RepoNotFoundOrUnauthorized"),
        ({"base_url": "http://127.0.0.1:9"}, "server", "BackendUnavailable"),
        ({"token": "token-of-reader"}, "rights", "InsufficientScope"),
    ],
)
def test_the_first_failed_check_is_the_last_and_has_the_name_of_its_error(hub, options, failed, outcome):
    hub.connection("reader")
    checks, last = examine(hub, **options)
    assert (last.name, last.outcome) == (failed, outcome)
    assert last.error.exit_code in (5, 6)
    assert last.error.hint
    assert "token-of" not in "".join(check.found for check in checks.values())


def test_who_writes_and_owns_no_path_is_told(hub):
    hub.config = replace(hub.config, access_codeowners="data/")
    hub.backend().put_file("CODEOWNERS", "data/ @ada\n")
    hub.user("robot", "write")
    hub.user("ada", "write")
    for name, outcome in (("robot", "warning"), ("ada", "ok"), ("local", "ok")):
        hub.connection(name)
        checks, _ = examine(hub, token=f"token-of-{name}")
        assert checks["rights"].outcome == outcome
    hub.config = replace(hub.config, access_users=("@robot",))
    assert examine(hub, token="token-of-robot")[0]["rights"].outcome == "ok"


def test_issues_that_are_switched_off(hub):
    hub.trouble.add({"kind": "no-issues"})
    _, last = examine(hub)
    assert (last.name, last.outcome) == ("issues", "RepoNotFoundOrUnauthorized")


def test_a_rate_limit_that_is_used_up(hub):
    hub.server.costs.used["token-of-local"] = (int(hub.clock()) // 3600, 4990)
    checks, _ = examine(hub)
    assert checks["rate limit"].outcome == "warning"
    hub.server.costs.used["token-of-local"] = (int(hub.clock()) // 3600, 5000)
    _, last = examine(hub)
    assert last.outcome == "RateLimited"


def test_labels_are_made_only_if_asked_for(hub):
    checks, _ = examine(hub)
    assert checks["labels"].outcome == "warning"
    assert checks["labels"].found.endswith(
        "stored-object (else by the first object), archived (else by the first deletion)"
    )
    assert hub.backend().list_labels() == ()
    checks, _ = examine(hub, fix=True)
    assert checks["labels"].found == "created: gh-store, stored-object, archived"
    assert hub.backend().list_labels() == ("gh-store", "stored-object", "archived")
    checks, _ = examine(hub, fix=True)
    assert checks["labels"].outcome == "ok"


@pytest.mark.parametrize(
    ("path", "text", "warns"),
    [
        (".github/ISSUE_TEMPLATE/bug.md", "---\nname: Bug\nlabels: bug, Stored-Object\n---\nWhat?", True),
        (".github/ISSUE_TEMPLATE/form.yml", "name: x\nlabels: ['UID:metrics']\nbody: []", True),
        ("docs/ISSUE_TEMPLATE/x.md", "---\nlabels: [gh-store]\n---\n", True),
        (".github/ISSUE_TEMPLATE/bug.md", "---\nlabels: bug\n---\nstored-object", False),
        (".github/ISSUE_TEMPLATE/none.md", "no matter", False),
        (".github/ISSUE_TEMPLATE/odd.yml", "labels: {a: [", False),
        (".github/ISSUE_TEMPLATE/odd.md", "---", False),
        (".github/workflows/x.yml", "labels: stored-object", False),
    ],
)
def test_a_template_that_gives_the_stores_labels_away_is_told(hub, path, text, warns):
    hub.backend().put_file(path, text)
    checks, _ = examine(hub)
    assert (checks["templates"].outcome, path in checks["templates"].found) == (
        ("warning", True) if warns else ("ok", False)
    )


THEIRS = "on: {issues: {types: [reopened]}}\njobs: {process: {steps: [{run: gh-store process-updates --issue 1}]}}"


@pytest.mark.parametrize(
    ("path", "text", "warns"),
    [
        (".github/workflows/any-name.yml", THEIRS, True),
        (".github/workflows/process-updates.yaml", THEIRS, True),
        (".github/workflows/notes.md", THEIRS, False),
        ("workflows/x.yml", THEIRS, False),
        (".github/workflows/process-updates.yml", workflow("process-updates.yml"), False),
    ],
)
def test_a_workflow_of_the_published_package_is_named(hub, path, text, warns):
    hub.backend().put_file(path, text)
    checks, last = examine(hub)
    assert (checks["workflows"].outcome, path in checks["workflows"].found) == (
        ("warning", True) if warns else ("ok", False)
    )
    assert last.name == "store", "what works is looked at further"


def test_a_token_that_may_not_read_files_is_enough(hub):
    answer = hub.server._reply

    def without_contents(request, token, body):
        if "/contents/" in request.url.path:
            return Reply(403, {"message": "Resource not accessible by personal access token"})
        return answer(request, token, body)

    hub.server._reply = without_contents
    checks, last = examine(hub)
    assert [name for name, check in checks.items() if check.outcome == "warning"] == [
        "labels",
        "templates",
        "workflows",
    ]
    assert (last.name, last.error) == ("store", None)


def test_what_reads_alone_needs_no_token_and_no_right(hub):
    hub.store().create("a", {})
    for token in (None, "token-of-reader"):
        hub.connection("reader")
        checks, last = examine(hub, token=token, read_only=True)
        assert last.name == "store"
        assert all(check.error is None for check in checks.values())


@pytest.mark.breaks_stores("several things are wrong with it")
def test_the_store_is_looked_over(hub):
    store = hub.store()
    store.create("a", {})
    store.create("open", {})
    store.update("open", {"n": 1})
    former = hub.user("former", "write")
    hub.store("former").create("orphan", {})
    hub.user("former", "read")
    checks, last = examine(hub)
    assert last.outcome == "warning"
    assert "3 objects, 0 deleted, 1 not settled" in checks["store"].found
    assert "1 whose creator can no longer write, but can still edit: orphan" in checks["store"].found
    hub.user("former", "write")
    issue = hub.issue(1)
    former.create_issue(issue.title, issue.body, [label.name for label in issue.labels])
    hub.backend().edit_issue(4, open=False)
    former.create_comment(4, json.dumps({"_data": {}, "_meta": {"object_id": "a"}, "type": "initial_state"}))
    _, last = examine(hub)
    assert last.outcome == "DuplicateUIDError"
    assert "'a': 1, 4" in last.found or "'a': 1, 4" in last.error.message


def test_what_should_be_seen_to(hub):
    checks, _ = examine(hub, clock=lambda: datetime.fromtimestamp(hub.clock(), UTC) + timedelta(hours=1))
    assert checks["server"].outcome == "warning"
    assert "off by 3600 s" in checks["server"].found
    hub.trouble.add({"kind": "rename", "to": "local/new"})
    checks, _ = examine(hub)
    assert checks["repository"].outcome == "warning"
    assert "was renamed to local/new" in checks["repository"].found


def test_the_other_distribution_of_the_same_name(hub, tmp_path, monkeypatch):
    other = tmp_path / "gh_store-0.11.3.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: gh-store\nVersion: 0.11.3\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    _, last = examine(hub)
    assert (last.name, last.outcome) == ("installation", "ConfigurationError")
    assert "0.11.3" in last.found
    assert "uninstall" in last.error.hint


def test_an_archived_repository(hub):
    answer = hub.server._reply

    def archived(request, token, body):
        reply = answer(request, token, body)
        if request.url.path.endswith("/repos/local/data"):
            return replace(reply, data={**reply.data, "archived": True})
        return reply

    hub.server._reply = archived
    _, last = examine(hub)
    assert (last.name, last.outcome) == ("repository", "InsufficientScope")


@pytest.fixture(scope="module")
def key():
    encoding, none = serialization.Encoding.PEM, serialization.NoEncryption()
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, none).decode()


@pytest.mark.parametrize(
    ("role", "named", "app_id", "failed", "words"),
    [
        ("write", True, "71", None, "of the GitHub App 71, valid; it has issues: write, metadata: read"),
        ("write", False, "72", "rights", r"What keeper\[bot\] writes does not count"),
        ("read", True, "73", "token", "may not write issues"),
        ("write", True, "8", "token", "App 8 is not installed on local/data"),
    ],
)
def test_an_app(hub, key, role, named, app_id, failed, words):
    """GitHub says of every bot that it has no permission, so it has to be named."""
    app = apps.App(int(app_id) if app_id != "8" else 7, "keeper", key, role)
    hub.server.apps = apps.Apps([app], hub.clock)
    hub.backend().set_role(app.bot, role)
    if named:
        hub.config = replace(hub.config, access_users=("keeper[bot]",))
    who = Credentials("local/data", hub.address, None, app=App(app_id, key))
    doctor = Doctor(who, hub.config, fix=True, clock=lambda: datetime.fromtimestamp(hub.clock(), UTC))
    checks = list(doctor.examine())
    doctor.close()
    assert [check.name for check in checks if check.error is not None] == ([failed] if failed else [])
    assert re.search(words, next(check for check in checks if check.name == (failed or "token")).found)
    if failed:
        assert checks[-1].error.hint
        assert "--BEGIN" not in checks[-1].error.hint
    if failed == "rights":
        assert 'access: {users: ["keeper[bot]"]}' in checks[-1].error.hint


def test_the_command(hub, shell):
    hub.store().create("a", {})
    doctor = ["doctor", "--base-url", hub.address]
    shell.environment |= {"PATH": "", "GITHUB_REPOSITORY": "local/data"}
    _, err = shell.run(*doctor, code=5)
    assert "Set GH_TOKEN" in err
    shell.run(*doctor, "--read-only")
    shell.environment["GH_ENTERPRISE_TOKEN"] = "token-of-local"
    out, _ = shell.run(*doctor)
    assert "ok       token: from GH_ENTERPRISE_TOKEN, valid" in out
    shell.environment["GH_ENTERPRISE_TOKEN"] = "token-of-nobody"
    told = shell.json(*doctor, "--json", code=5)
    assert [each["outcome"] for each in told] == ["ok", "ok", "AuthInvalid"]
    assert told[-1]["hint"]
    shell.environment["GITHUB_REPOSITORY"] = ""
    shell.run(*doctor, code=2)
