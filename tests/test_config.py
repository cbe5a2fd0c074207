"""Settings: one home of every default, a user's file over it, and each one honoured by code."""

import dataclasses
import re
from dataclasses import replace

import pytest
import yaml
from places import ROOT

from gh_store import (
    BackendUnavailable,
    ConfigurationError,
    GitHubStore,
    InvalidUpdate,
    LocalStore,
    ObjectNotFound,
    RateLimited,
)
from gh_store import config as configuration
from gh_store.backends.github import Limiter, Limits

PUBLISHED = """
store:
  base_label: "stored-object"
  uid_prefix: "UID:"
  reactions:
    processed: "+1"
    initial_state: "rocket"
  retries:
    max_attempts: 3
    backoff_factor: 2
  rate_limit:
    max_requests_per_hour: 1000
  log:
    level: "INFO"
    format: "{time} | {level} | {message}"
"""


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def flat(settings, prefix=""):
    for key, value in settings.items():
        if isinstance(value, dict) and value:
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def test_every_default_stands_in_the_file_and_nowhere_else():
    defaults = dict(flat(yaml.safe_load((ROOT / "default_config.yml").read_text("utf-8"))["store"]))
    fields = {field.name for field in dataclasses.fields(configuration.Config)}
    assert {key.replace(".", "_") for key in defaults} == fields
    assert all(field.default is dataclasses.MISSING for field in dataclasses.fields(configuration.Config))


def test_a_file_of_the_published_package_is_valid_as_it_is(tmp_path):
    assert configuration.load(write(tmp_path / "c.yml", PUBLISHED)) == configuration.load()


@pytest.mark.parametrize("text", ["", "# nothing\n", "store:\n", "store: {}\n", "store:\n  log:\n"])
def test_a_file_that_says_nothing_changes_nothing(tmp_path, text):
    assert configuration.load(write(tmp_path / "c.yml", text)) == configuration.load()


@pytest.mark.parametrize("text", ["[]", "", "null", "~", "\n    # nobody"])
def test_an_empty_list_of_users_names_nobody(tmp_path, text):
    assert configuration.load(write(tmp_path / "c.yml", f"store:\n  access:\n    users: {text}")).access_users == ()
    assert configuration.load(write(tmp_path / "c.yml", "store: {access: }")).access_users == ("github-actions[bot]",)


def test_the_users_own_file_counts_where_it_exists(home, tmp_path):
    assert configuration.load().log_max_events == 2400
    own = home / ".config" / "gh-store" / "config.yml"
    assert not own.exists(), "the library writes nothing there"
    own.parent.mkdir(parents=True)
    write(own, "store: {log: {max_events: 7}}")
    assert configuration.load().log_max_events == 7
    LocalStore(tmp_path / "store.db").close()
    assert configuration.load(write(tmp_path / "other.yml", "")).log_max_events == 2400


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("store: {base_lable: x}", "store.base_lable"),
        ("store: {reactions: {done: eyes}}", "store.reactions.done"),
        ("store: {log: {max_events: many}}", "store.log.max_events"),
        ("store: {log: {max_events: true}}", "store.log.max_events"),
        ("store: {log: {max_events: 2501}}", "store.log.max_events"),
        ("store: {log: {level: LOUD}}", "store.log.level"),
        ("store: {log: {format: '{nonsense}'}}", "store.log.format"),
        ("store: {log: {format: '{time'}}", "store.log.format"),
        ("store: {reactions: {processed: thumbs}}", "store.reactions.processed"),
        ("store: {reactions: {processed: confused}}", "store.reactions.rejected"),
        ("store: {retries: {max_attempts: 0}}", "store.retries.max_attempts"),
        ("store: {retries: {backoff_factor: fast}}", "store.retries.backoff_factor"),
        ("store: {processing: {patience: -1}}", "store.processing.patience"),
        ("store: {rejections: {reply: 'no'}}", "store.rejections.reply"),
        ("store: {access: {users: ada}}", "store.access.users"),
        ("store: {access: {users: [1]}}", "store.access.users"),
        ("store: {access: {users: ['@']}}", "store.access.users"),
        ("store: {access: {users: [org/team]}}", "store.access.users"),
        ("store: {uid_prefix: ''}", "store.uid_prefix"),
        ("store: {uid_prefix: 'a,b'}", "store.uid_prefix"),
        ("store: {uid_prefix: 'a-very-long-prefix:'}", "store.uid_prefix"),
        ("store: {uid_prefix: 'gh'}", "store.uid_prefix"),
        ("store: {base_label: archived}", "store.base_label"),
        ("store: {base_label: 'UID:x'}", "store.base_label"),
        ("store: {access: {codeowners: 7}}", "store.access.codeowners"),
        ("store: {access: {codeowners: '/'}}", "store.access.codeowners"),
        ("store: {rate_limit: {on_limit: hope}}", "store.rate_limit.on_limit"),
        ("store: {rate_limit: {max_requests_per_hour: -1}}", "store.rate_limit.max_requests_per_hour"),
        ("store: {rate_limit: {seconds_between_writes: -1}}", "store.rate_limit.seconds_between_writes"),
        ("store: {rate_limit: {seconds_between_requests: soon}}", "store.rate_limit.seconds_between_requests"),
        ("store: {http: {timeout: 0}}", "store.http.timeout"),
        ("store: {http: {cache: 1}}", "store.http.cache"),
        ("store: {http: {cache: ''}}", "store.http.cache"),
        ("store: {rate_limit: {max_requests_per_hour: lots}}", "store.rate_limit.max_requests_per_hour"),
        ("store: []", "store"),
        ("base_label: x", "base_label"),
        ("[1, 2]", "store"),
    ],
)
def test_what_cannot_be_is_an_error_that_names_key_and_file(tmp_path, text, key):
    file = write(tmp_path / "c.yml", text)
    with pytest.raises(ConfigurationError) as caught:
        configuration.load(file)
    assert caught.value.key == key
    assert key.removeprefix("store.") in str(caught.value) or key == "store"


@pytest.mark.parametrize("text", ["{", "a: b: c", "\t- x", "!!python/object:os.system {}", "a: &a [*a]"])
def test_what_is_no_yaml_of_ours_is_an_error_that_names_the_file(tmp_path, text):
    file = write(tmp_path / "c.yml", text)
    with pytest.raises(ConfigurationError) as caught:
        configuration.load(file)
    assert caught.value.file == file


def test_a_file_that_is_named_must_be_there(tmp_path):
    for file in (tmp_path / "none.yml", tmp_path):
        with pytest.raises(ConfigurationError, match=re.escape(str(file))):
            LocalStore(tmp_path / "store.db", config_path=file)
    write(tmp_path / "binary.yml", "").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        configuration.load(tmp_path / "binary.yml")


# --- each setting is honoured ---------------------------------------------------------------------


def set_to(world, **settings):
    return world.store(config=replace(world.config, **settings))


def test_base_label_and_uid_prefix(calm):
    store = set_to(calm, base_label="thing", uid_prefix="id/")
    store.create("a", {})
    assert {label.name for label in calm.issue().labels} == {"gh-store", "thing", "id/a"}
    assert [obj.meta.object_id for obj in set_to(calm, base_label="thing", uid_prefix="id/").list_all()] == ["a"]
    assert list(calm.store().list_all()) == []


def test_reactions(calm):
    settings = {"reactions_processed": "hooray", "reactions_rejected": "eyes", "reactions_initial_state": "heart"}
    calm.config = replace(calm.config, **settings)
    store = calm.store()
    store.create("a", {})
    store.update("a", {"n": 1}, process=True)
    with pytest.raises(InvalidUpdate):
        store.update("a", [{"op": "remove", "path": "/x"}], "patch", process=True)
    assert [comment.reactions for comment in calm.comments()[:3]] == [{"heart": 1}, {"hooray": 1}, {"eyes": 1}]


def test_access_users(calm):
    calm.store().create("a", {})
    calm.backend("friend").create_comment(1, '{"n": 1}')
    assert calm.store().get("a").data == {}
    assert set_to(calm, access_users=("friend",)).get("a").data == {"n": 1}


def test_rejections_reply(calm):
    store = set_to(calm, rejections_reply=False)
    store.create("a", {})
    store.update("a", [{"op": "remove", "path": "/x"}], "patch")
    store.process_updates(1)
    assert len(calm.comments()) == 2


@pytest.mark.parametrize(("patience", "waited"), [(0.0, False), (5.0, True)])
def test_processing_patience(calm, patience, waited):
    calm.faults.label_lag = 0.1  # a backend whose reads may lag
    store = set_to(calm, processing_patience=patience)
    store.create("a", {})
    store.update("a", {"n": 1})
    before = calm.clock.slept
    store.process_updates(1)
    assert (calm.clock.slept - before >= patience > 0) == waited


def test_no_patience_is_needed_where_nothing_lags(calm):
    store = set_to(calm, processing_patience=60.0)
    store.create("a", {})
    store.update("a", {"n": 1}, process=True)
    assert calm.clock.slept == 0


def test_retries(calm):
    calm.store().create("a", {})
    calm.requests()
    calm.faults.cut = lambda index, verb: "before"
    store = set_to(calm, retries_max_attempts=4, retries_backoff_factor=3.0)
    with pytest.raises(BackendUnavailable):
        store.get("a")
    assert calm.requests() == ["list_issues"] * 4
    assert calm.clock.slept == 3 + 9 + 27


def test_log_max_events(calm):
    store = set_to(calm, log_max_events=3)
    store.create("a", {})
    store.update("a", {}, process=True)
    assert store.get("a").meta.issue_number == 1
    store.update("a", {}, process=True)
    assert store.get("a").meta.issue_number == 2


def github_store(hub, tmp_path, text):
    file = write(tmp_path / "c.yml", text)
    return GitHubStore("local/data", "token-of-local", file, base_url=hub.address)


def test_rate_limit_and_http(hub, tmp_path):
    """What each does is shown in test_github.py; here, that a file's settings get there."""
    with github_store(hub, tmp_path, "") as store:
        client = store.backend.client
        assert (client.connection.timeout, client.connection.cache) == (15.0, None)
        assert client._limiter.limits == Limits(1000, 1.0, 0.0)
    limits = "max_requests_per_hour: 2, seconds_between_writes: 0.1, seconds_between_requests: 0.2, on_limit: raise"
    text = f"store: {{rate_limit: {{{limits}}}, http: {{timeout: 3, cache: {tmp_path / 'kept'}}}}}"
    with github_store(hub, tmp_path, text) as store:
        client = store.backend.client
        assert client.connection.timeout == 3
        assert client._limiter.limits == Limits(2, 0.1, 0.2)
        client._limiter = Limiter(client._limiter.limits)  # that of a process which has asked for nothing yet
        assert list(store.list_all()) == []
        with pytest.raises(ObjectNotFound):
            store.issue_handler.get_object_by_number(1)
        with pytest.raises(RateLimited, match="own"):
            store.snapshot()
    hub.backend().create_issue("t", "", [])
    with github_store(hub, tmp_path, f"store: {{http: {{cache: {tmp_path / 'kept'}}}}}") as store:
        store.backend.get_issue(1)
        assert len(list((tmp_path / "kept").glob("*.json"))) == 1


def test_one_limiter_for_all_stores_of_a_process_and_a_token(hub, tmp_path):
    with github_store(hub, tmp_path, "") as one, github_store(hub, tmp_path, "") as other:
        assert one.backend.client._limiter.ledger is other.backend.client._limiter.ledger
    with GitHubStore("local/data", "another", base_url=hub.address) as stranger:
        assert stranger.backend.client._limiter.ledger is not one.backend.client._limiter.ledger


def test_access_codeowners(calm):
    calm.store().create("a", {})
    calm.user("writer", "write")
    calm.backend("writer").create_comment(1, '{"n": 1}')
    assert set_to(calm, access_codeowners="data/").get("a").data == {}
    calm.backend().put_file("CODEOWNERS", "/data/ @writer")
    assert set_to(calm, access_codeowners="data/").get("a").data == {"n": 1}


# log.level and log.format are the command line's, and proved in test_cli.py.
