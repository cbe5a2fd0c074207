"""A GitHub App: its token is found, shared, renewed and given up; its key is shown nowhere."""

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from github import Auth, GithubIntegration
from loguru import logger
from world import REPOSITORY, Clock

from gh_store import (
    AccessDeniedError,
    AuthInvalid,
    BackendUnavailable,
    ConfigurationError,
    GitHubStore,
    RepoNotFoundOrUnauthorized,
    Store,
)
from gh_store.backends.github import Connection, GitHubBackend, Limiter, Limits
from gh_store.backends.github.exchange import Exchange, signer
from gh_store.backends.github.installation import Installation, identity_of
from gh_store.credentials import App, app_of, resolve
from gh_store.devserver import apps

HOUR, MINUTE = 3600, 60


def pem(key):
    encoding, none = serialization.Encoding.PEM, serialization.NoEncryption()
    return key.private_bytes(encoding, serialization.PrivateFormat.TraditionalOpenSSL, none).decode()


@pytest.fixture(scope="module")
def key():
    return pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))


@pytest.fixture(scope="module")
def another_key():
    return pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))


@pytest.fixture
def app(hub, key):
    """An App that is installed, and may write."""
    installed = apps.App(7, "keeper", key)
    hub.server.apps = apps.Apps([installed], hub.clock)
    hub.backend().set_role(installed.bot, "write")
    return App("7", key)


class Program:
    """A program that acts as an App; its clocks are those of the world, and its machine's is as it is told."""

    def __init__(self, hub, app, **options):
        exchange = Exchange(hub.address, 5.0, None)
        now = options.pop("now", lambda: datetime.fromtimestamp(hub.clock(), UTC))
        self.source = Installation(app, REPOSITORY, exchange, clock=hub.clock, now=now)
        limiter = Limiter(Limits(), clock=hub.clock, sleep=hub.clock.sleep)
        self.backend = GitHubBackend(REPOSITORY, Connection(hub.address, self.source), limiter)
        config = replace(hub.config, access_users=("keeper[bot]",))
        self.store = Store(self.backend, config, sleep=hub.clock.sleep, clock=hub.clock)
        hub.closing.callback(self.backend.close)
        hub.closing.callback(exchange.close)


@pytest.fixture
def program(hub, app):
    hub.config = replace(hub.config, access_users=("keeper[bot]",))
    return Program(hub, app)


def made(hub):
    """The tokens that were asked for since the last call."""
    return [request for request in hub.asked() if "access_tokens" in request]


def test_the_dev_server_knows_what_pygithub_asks_of_it(hub, app, key, monkeypatch):
    monkeypatch.setattr(time, "time", hub.clock)
    integration = GithubIntegration(auth=Auth.AppAuth(7, key), base_url=hub.address)
    installation = integration.get_repo_installation("local", "data")
    assert integration.get_app().slug == "keeper"
    token = integration.get_access_token(installation.id)
    assert token.permissions["issues"] == "write"
    assert token.expires_at.timestamp() == hub.clock() + HOUR
    github = installation.get_github_for_installation()
    assert github.get_repo(REPOSITORY).create_issue("made by a bot").user.login == "keeper[bot]"


def test_a_store_is_used_as_an_app(hub, program):
    program.store.create("a", {"n": 1})
    program.store.update("a", {"n": 2}, process=True)
    assert program.store.get("a").data == {"n": 2}
    assert [comment.author.login for comment in hub.comments()] == ["keeper[bot]"] * 2
    asked = hub.asked()
    assert asked[:2] == [
        f"GET /repos/{REPOSITORY}/installation 200",
        f"POST /app/installations/{hub.server.apps.installed[0].installation}/access_tokens 201",
    ]
    assert sum("access_tokens" in each for each in asked) == 1


def test_a_token_is_renewed_five_minutes_before_its_end(hub, program):
    hub.near().create("a", {})
    program.backend.get_issue(1)
    assert len(made(hub)) == 1
    hub.clock.sleep(54 * MINUTE)
    program.backend.get_issue(1)
    assert made(hub) == []
    hub.clock.sleep(2 * MINUTE)
    program.backend.get_issue(1)
    assert len(made(hub)) == 1
    hub.clock.sleep(HOUR)
    program.backend.get_issue(1)
    assert len(made(hub)) == 1


def test_one_token_for_all_threads_and_nobody_waits_while_the_old_one_is_good(hub, program):
    hub.near().create("a", {})
    start = threading.Barrier(8)

    def ask():
        start.wait()
        for _ in range(3):
            program.backend.get_issue(1)

    for _ in range(2):
        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(made(hub)) == 1
        hub.clock.sleep(56 * MINUTE)


def test_a_renewal_that_fails_keeps_the_old_token_until_its_end(hub, program):
    hub.near().create("a", {})
    program.backend.get_issue(1)
    hub.clock.sleep(56 * MINUTE)
    hub.trouble.add({"kind": "500", "match": "access_tokens", "times": 99})
    made(hub)
    for _ in range(5):
        program.backend.get_issue(1)
    assert len(made(hub)) == 1, "it does not try for each request"
    hub.clock.sleep(MINUTE)
    program.backend.get_issue(1)
    assert len(made(hub)) == 1
    hub.clock.sleep(4 * MINUTE)
    with pytest.raises(BackendUnavailable, match="GitHub App") as caught:
        program.backend.create_comment(1, "{}")
    assert not caught.value.outcome_unknown, "of the comment, nothing was sent"
    hub.trouble.clear()
    program.backend.get_issue(1)


def test_a_token_that_is_refused_is_replaced_at_once(hub, program):
    """The App was suspended and let in again, or was installed anew: its old tokens are worth nothing."""
    hub.near().create("a", {})
    program.backend.get_issue(1)
    hub.clock.sleep(10 * MINUTE)
    hub.server.apps.revoke()
    hub.asked()
    program.backend.create_comment(1, "talk")
    assert [request.rpartition(" ")[2] for request in hub.asked()] == ["401", "201", "201"]
    assert len(hub.comments()) == 2


def test_a_token_that_is_refused_again_is_no_endless_matter(hub, program):
    hub.near().create("a", {})
    program.backend.get_issue(1)
    original = hub.server._login
    hub.server._login = lambda token: None if token and token.startswith("ghs_") else original(token)
    hub.clock.sleep(10 * MINUTE)
    hub.asked()
    with pytest.raises(BackendUnavailable, match="new token"):
        program.backend.get_issue(1)
    assert len(hub.asked()) == 3
    hub.server._login = original


@pytest.mark.parametrize("minutes", [-90, -3, 3, 600])
def test_a_clock_that_is_wrong_is_set_by_the_servers(hub, app, minutes):
    program = Program(hub, app, now=lambda: datetime.fromtimestamp(hub.clock() + minutes * MINUTE, UTC))
    hub.near().create("a", {})
    program.backend.get_issue(1)
    hub.clock.sleep(50 * MINUTE)
    made(hub)
    program.backend.get_issue(1)
    assert made(hub) == [], "it lasts as long as the server says"
    hub.clock.sleep(6 * MINUTE)
    program.backend.get_issue(1)
    assert [request.rpartition(" ")[2] for request in made(hub)] == ["201"], "the difference is known by now"


def test_a_renamed_repository_has_its_installation_still(hub, program):
    hub.near().create("a", {})
    hub.trouble.add({"kind": "rename", "to": "local/renamed"})
    assert program.backend.get_issue(1).number == 1


def test_what_an_installation_has_read_costs_nothing_until_the_token_changes(hub, program):
    hub.near().create("a", {})
    for _ in range(3):
        program.backend.get_issue(1)
    assert [request[-3:] for request in hub.asked() if "issues/1" in request] == ["200", "304", "304"]
    hub.clock.sleep(HOUR)
    for _ in range(3):
        program.backend.get_issue(1)
    assert [request[-3:] for request in hub.asked() if "issues/1" in request] == ["200", "304", "304"]
    assert len(program.backend.client._cache._known) == 1, "what the old token had read is not kept beside it"


def test_an_app_that_is_not_installed_or_not_known(hub, app, key, another_key):
    hub.near().create("a", {})
    for given, error, words in (
        (App("8", key), RepoNotFoundOrUnauthorized, "App 8 is not installed on local/data"),
        (App("7", key, 5), RepoNotFoundOrUnauthorized, "App 7 is not installed as installation 5"),
        (App("7", another_key), AuthInvalid, "does not accept the key of the GitHub App 7"),
    ):
        with pytest.raises(error, match=words) as caught:
            Program(hub, given).store.get("a")
        assert caught.value.hint
        assert "--BEGIN" not in f"{caught.value}{caught.value.hint}"


def test_an_app_that_is_installed_anew_is_found(hub, program, key):
    hub.near().create("a", {})
    program.backend.get_issue(1)
    hub.server.apps = apps.Apps([apps.App(7, "keeper", key)], hub.clock)
    hub.server.apps.installed.clear()
    hub.clock.sleep(10 * MINUTE)
    with pytest.raises(RepoNotFoundOrUnauthorized):
        program.backend.get_issue(1)
    hub.server.apps.installed.append(apps.App(7, "keeper", key))
    program.backend.get_issue(1)


def test_a_bot_that_is_not_named_writes_in_vain_and_is_told_so(hub, app):
    """GitHub says of every bot that it has no permission: its right is that of its installation."""
    program = Program(hub, app)
    with pytest.raises(AccessDeniedError, match=r"keeper\[bot\]") as caught:
        Store(program.backend, hub.config, sleep=hub.clock.sleep).create("a", {})
    assert "access.users" in caught.value.hint


def test_stores_of_one_owner_share_token_and_limits(hub, app, key, monkeypatch):
    for name, value in (("GH_STORE_APP_ID", "7"), ("GH_STORE_APP_PRIVATE_KEY", key), ("GITHUB_API_URL", hub.address)):
        monkeypatch.setenv(name, value)
    with GitHubStore("local/data") as one, GitHubStore("local/other") as other, GitHubStore("ada/data") as third:
        sources = [store.backend.client._tokens for store in (one, other, third)]
        ledgers = [store.backend.client._limiter.ledger for store in (one, other, third)]
        assert sources[0] is sources[1]
        assert sources[0] is not sources[2]
        assert ledgers[0] is ledgers[1]
        assert ledgers[0] is not ledgers[2]
        assert one.backend.client.connection.identity != third.backend.client.connection.identity


def test_no_key_and_no_token_is_ever_shown(hub, program, app, key):
    said = []
    handler = logger.add(lambda message: said.append(str(message)), level=0, diagnose=False, backtrace=True)
    logger.enable("gh_store")
    hub.near().create("a", {})
    program.backend.get_issue(1)
    token = program.source.current()
    try:
        hub.trouble.add({"kind": "500", "match": "access_tokens", "times": 9})
        hub.clock.sleep(56 * MINUTE)
        program.backend.get_issue(1)  # says that it was not renewed
        hub.clock.sleep(10 * MINUTE)
        try:
            program.backend.get_issue(1)
        except BackendUnavailable as error:
            logger.opt(exception=error).error("It failed.")
    finally:
        logger.remove(handler)
        logger.disable("gh_store")
        hub.trouble.clear()
    connection = Connection(hub.address, program.source)
    shown = "\n".join([*said, repr(app), repr(program.source), repr(connection), repr(program.store)])
    assert "was not renewed" in shown
    for secret in (key, key.splitlines()[1], token):
        assert secret not in shown
    with pytest.raises(ConfigurationError) as caught:
        signer(key.replace("A", "B", 40))
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "text", ["", "key", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----", "\0"]
)
def test_what_is_no_key_is_found_before_any_request(hub, text):
    with pytest.raises(ConfigurationError, match="RSA key"):
        Program(hub, App("7", text))
    assert hub.asked() == []


def test_nonsense_for_a_token_is_none_of_githubs(hub, app):
    original = hub.server.apps.answer
    for data in ({}, {"token": 7, "expires_at": "x"}, {"token": "a b", "expires_at": "2027-01-15T09:00:00Z"}, [], None,
                 {"token": "abc", "expires_at": "9999-01-15T09:00:00Z"}, {"token": "abc", "expires_at": 10**30}):  # fmt: skip

        def lying(*asked, data=data):
            reply = original(*asked)
            return apps.Reply(201, data) if reply is not None and reply.status == 201 else reply

        hub.server.apps.answer = lying
        with pytest.raises(BackendUnavailable, match=r"REST API|not valid JSON") as caught:
            Program(hub, app).backend.get_issue(1)
        assert not caught.value.outcome_unknown


ENV = {"PATH": "", "GH_STORE_APP_ID": "7", "GH_STORE_APP_PRIVATE_KEY": "-----BEGIN\\nabc\\n-----END"}


def test_where_an_app_is_named(tmp_path):
    file = tmp_path / "key.pem"
    file.write_text("-----BEGIN\nabc\n-----END\n")
    app = App("7", "-----BEGIN\nabc\n-----END")
    assert app_of(ENV) == app
    assert app_of({"GH_STORE_APP_ID": "7", "GH_STORE_APP_PRIVATE_KEY_FILE": str(file)}) == app
    assert app_of({**ENV, "GH_STORE_APP_INSTALLATION_ID": "12"}) == App("7", app.private_key, 12)
    assert app_of({}) is None
    assert "BEGIN" not in repr(app)


@pytest.mark.parametrize(
    "changed",
    [
        {"GH_STORE_APP_ID": ""},
        {"GH_STORE_APP_PRIVATE_KEY": ""},
        {"GH_STORE_APP_ID": "seven seven"},
        {"GH_STORE_APP_INSTALLATION_ID": "-1"},
        {"GH_STORE_APP_INSTALLATION_ID": "٣"},
        {"GH_STORE_APP_PRIVATE_KEY_FILE": "nowhere.pem"},
        {"GH_STORE_APP_PRIVATE_KEY": "", "GH_STORE_APP_PRIVATE_KEY_FILE": "nowhere.pem"},
        {"GH_STORE_APP_PRIVATE_KEY": "", "GH_STORE_APP_PRIVATE_KEY_FILE": "/"},
    ],
)
def test_an_app_that_is_named_in_part_is_refused(changed):
    with pytest.raises(ConfigurationError, match=r"GitHub App|GH_STORE_APP"):
        app_of({**ENV, **changed})


def test_an_app_goes_before_the_tokens_of_the_environment_and_to_no_server_that_a_repository_names():
    environ = {**ENV, "GH_TOKEN": "t", "GH_ENTERPRISE_TOKEN": "e"}
    assert resolve("o/n", environ=environ).app is not None
    assert resolve("o/n", environ=environ).token is None
    assert resolve("o/n", "given", environ=environ).app is None
    assert resolve("o/n", base_url="https://ghe.example.com/api/v3", environ=environ).app is not None
    elsewhere = resolve("ghe.example.com/o/n", environ=environ)
    assert elsewhere.app is None
    assert elsewhere.token.value == "e"
    assert resolve("ghe.example.com/o/n", environ={**environ, "GH_HOST": "ghe.example.com"}).app is not None


def test_an_installation_is_that_of_an_owner():
    assert identity_of(App("7", "k"), "Ada/one") == identity_of(App("7", "k"), "ada/two")
    assert identity_of(App("7", "k"), "ada/one") != identity_of(App("7", "k"), "grace/one")
    assert identity_of(App("7", "k", 5), "ada/one") == identity_of(App("7", "k", 5), "grace/one")


def test_the_dev_server_refuses_what_github_refuses(hub, app, key, another_key):
    clock: Clock = hub.clock
    at = int(clock())
    good = {"iat": at - 60, "exp": at + 540, "iss": "7"}

    def status(key, claims):
        answer = requests.get(
            f"{hub.address}/app", headers={"Authorization": f"Bearer {signer(key)(claims)}"}, timeout=5
        )
        return answer.status_code

    assert status(key, good) == 200
    assert status(another_key, good) == 401
    for wrong in ({"exp": at + 700}, {"exp": at - 1}, {"iat": at + 30}, {"iat": None}, {"exp": "soon"}):
        assert status(key, {**good, **wrong}) == 401
    assert status(key, {**good, "iss": "9"}) == 404
