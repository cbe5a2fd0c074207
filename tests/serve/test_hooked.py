"""The server behind the webhooks of a GitHub, over sockets: nothing else tells it what changed."""

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from serve.asked import Client, running

from gh_store import GitHubStore
from gh_store.devserver.app import DevServer
from gh_store.devserver.apps import App
from gh_store.devserver.deliveries import Deliveries
from gh_store.devserver.server import serving
from gh_store.serve import plan
from gh_store.serve.opening import Where, open_stores
from gh_store.serve.settings import Settings

SECRET = "It's a Secret to Everybody"
QUICK = "retries: {max_attempts: 1}, rate_limit: {seconds_between_writes: 0}, processing: {patience: 0}, access: {users: ['keeper[bot]']}"


class Held(Deliveries):
    """Deliveries that are kept, until somebody says what becomes of them."""

    def __init__(self, url: str) -> None:
        super().__init__(url, SECRET)
        self.kept: list[tuple[str, Any]] | None = None

    def put(self, event: str, payload: Any) -> None:
        if self.kept is None:
            super().put(event, payload)
        else:
            self.kept.append((event, payload))


@dataclass
class Hooked:
    """
    A GitHub on a socket, a server that it sends webhooks to, and a colleague's program.

    Attributes:
        ask: A client of the server.
        store: The program.
    """

    github: DevServer
    address: str
    ask: Client
    store: GitHubStore
    hook: Held

    def until(self, holds: Any, what: str) -> float:
        """Wait until something holds; how long that took."""
        begun = time.monotonic()
        while not holds():
            assert time.monotonic() < begun + 15, (what, self.ask("GET", "").json, self.model())
            time.sleep(0.01)
        return time.monotonic() - begun

    def model(self) -> dict[str, Any]:
        told = self.ask("GET", "objects?limit=1000")
        return {each["object_id"]: each for each in told.json["objects"]} if told.status == 200 else {}

    def shows(self, **objects: Any) -> float:
        """Wait until the server shows these objects, and no others."""
        return self.until(lambda: {name: each["data"] for name, each in self.model().items()} == objects, str(objects))

    def asked(self) -> list[str]:
        """What was asked of GitHub since the last call."""
        asked = [f"{each['method']} {each['path']} {each['status']}" for each in self.github.faults.requests]
        self.github.faults.requests.clear()
        return asked

    def control(self, **fault: Any) -> None:
        headers = {"Authorization": f"Bearer {self.github.control_token}"}
        requests.post(f"{self.address}/_devserver/faults", json=fault, headers=headers, timeout=10).raise_for_status()

    def idle(self) -> None:
        """Wait until nothing is under way."""
        self.until(lambda: not self.hook.waiting, "delivered")

        def holds() -> bool:
            told = self.ask("GET", "").json
            queue = told["queue"]
            return bool(told["complete"] and not queue["refresh"] and not queue["process"])

        self.until(holds, "idle")


@contextmanager
def hooked(folder: Path, *, apps: tuple[App, ...] = (), token: str | None = "t", **settings: Any) -> Iterator[Hooked]:
    config = folder / "c.yml"
    config.write_text(f"store: {{{QUICK}}}")
    with ExitStack() as stack:
        github = DevServer(":memory:", "ada/data", {"t": "ada", "b": "bob"}, apps=apps)
        github.owner_pages.set_role("ada", "admin")
        github.owner_pages.set_role("bob", "write")
        stack.enter_context(closing(github))
        address = stack.enter_context(serving(github))
        where = Where(repositories=("ada/data",), token=token, base_url=address, config=str(config))
        told: dict[str, Any] = {"cache": str(folder / "cache"), "interval": 0.0, "webhook_secret": SECRET, **settings}
        stores = stack.enter_context(open_stores(where, Settings(**told)))
        ask = stack.enter_context(running(stores, **told))
        store = stack.enter_context(GitHubStore("ada/data", "b", config, base_url=address))
        hook = Held(f"http://127.0.0.1:{ask.port}/api/v1/webhooks/github")
        github.webhooks.append(hook)
        here = Hooked(github, address, ask, store, hook)
        here.until(lambda: ask("GET", "/readyz").status == 200, "ready")
        yield here


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Hooked]:
    with hooked(tmp_path) as here:
        yield here


def test_what_others_do_is_seen_within_a_second_or_so_and_processed(here: Hooked) -> None:
    here.store.create("a", {"n": 1})
    took = here.shows(a={"n": 1})
    here.store.update("a", {"m": 2})
    took = max(took, here.shows(a={"n": 1, "m": 2}))
    here.until(lambda: not here.github.owner_pages.get_issue(1).open, "processed")
    here.store.delete("a")
    took = max(took, here.shows())
    assert took < 5


def test_what_the_server_does_itself_comes_back_and_costs_little(here: Hooked) -> None:
    assert here.ask.put("a", {"n": 1}).status in (200, 201, 202)
    here.shows(a={"n": 1})
    here.idle()
    here.asked()
    assert here.ask.put("a", {"n": 2}, Prefer="").status in (200, 202)
    here.idle()
    here.until(lambda: not here.github.owner_pages.get_issue(1).open, "processed")
    here.idle()
    asked = here.asked()
    assert here.model()["a"]["data"] == {"n": 2}
    paid = [each for each in asked if each.startswith("GET") and not each.endswith("304")]
    assert len(paid) <= 10, asked


def test_what_people_do_by_hand_is_seen(here: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "_APART", 0.0)  # a minute, for labels come in crowds
    for name in ("a", "b", "c"):
        here.store.create(name, {"name": name})
    here.shows(a={"name": "a"}, b={"name": "b"}, c={"name": "c"})
    here.control(kind="delete-issue", number=1)
    here.shows(b={"name": "b"}, c={"name": "c"})
    headers = {"Authorization": "Bearer t"}
    requests.delete(f"{here.address}/repos/ada/data/labels/UID:b", headers=headers, timeout=10).raise_for_status()
    here.shows(c={"name": "c"})
    requests.delete(f"{here.address}/repos/ada/data/issues/3/labels/stored-object", headers=headers, timeout=10)
    here.shows()
    second = int(time.time())
    here.until(
        lambda: int(time.time()) > second, "the next second: of two states in one, GitHub does not tell the later"
    )
    requests.post(
        f"{here.address}/repos/ada/data/issues/3/labels",
        json={"labels": ["stored-object"]},
        headers=headers,
        timeout=10,
    )
    here.shows(c={"name": "c"})


def test_a_renamed_repository_is_still_heard(here: Hooked) -> None:
    here.control(kind="rename", to="ada/renamed")
    here.store.create("a", {"n": 1})
    here.shows(a={"n": 1})


def test_talk_and_pull_requests_cost_nothing(here: Hooked) -> None:
    here.idle()
    here.asked()
    headers, issues = {"Authorization": "Bearer b"}, f"{here.address}/repos/ada/data/issues"
    for n in range(5):
        requests.post(issues, json={"title": f"talk {n}"}, headers=headers, timeout=10)
        requests.post(f"{issues}/1/comments", json={"body": "talk"}, headers=headers, timeout=10)
    here.idle()
    assert [each for each in here.asked() if each.startswith("GET")] == []


def test_webhooks_that_are_dropped_doubled_and_reversed(here: Hooked) -> None:
    dice = random.Random(1)
    here.hook.kept = []
    for n in range(4):
        here.store.create(f"o{n}", {"n": n})
    for n in range(2):
        here.store.update(f"o{n}", {"more": n}, process=bool(n % 2))
    here.store.delete("o3")
    kept, here.hook.kept = here.hook.kept, None
    sent = [each for each in kept for _ in range(dice.choice((0, 1, 1, 2)))]
    dice.shuffle(sent)
    for event, payload in [*sent, *reversed(kept[-3:])]:
        here.hook.put(event, payload)
    here.idle()
    here.ask("POST", "sync")
    here.idle()
    here.shows(o0={"n": 0, "more": 0}, o1={"n": 1, "more": 1}, o2={"n": 2})


def test_as_an_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoding, none = serialization.Encoding.PEM, serialization.NoEncryption()
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, none).decode()
    monkeypatch.setenv("GH_STORE_APP_ID", "4711")
    monkeypatch.setenv("GH_STORE_APP_PRIVATE_KEY", pem.replace("\n", "\\n"))
    app = App(4711, "keeper", pem)
    with hooked(tmp_path, apps=(app,), token=None) as here:
        here.github.owner_pages.set_role(app.bot, "write")
        assert here.ask.put("a", {"n": 1}).status in (201, 202)
        here.store.update("a", {"m": 2})
        here.shows(a={"n": 1, "m": 2})
        here.until(lambda: not here.github.owner_pages.get_issue(1).open, "processed")
        assert sum("access_tokens" in each for each in here.asked()) == 1
        assert here.github.owner_pages.get_issue(1).author.login == "keeper[bot]"  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["500", "primary-limit"])
def test_while_github_fails_what_webhooks_show_is_served(here: Hooked, kind: str) -> None:
    """What is settled by itself, and proved by its seal, is shown at once, however long GitHub is not asked."""
    here.hook.kept = []
    here.store.create("a", {"n": 1})
    here.store.create("b", {"n": 1})
    here.store.update("a", {"n": 2})
    pending, here.hook.kept = here.hook.kept, []
    here.store.update("a", {}, process=True)
    kept, here.hook.kept = here.hook.kept, None
    here.github.faults.add({"kind": kind, "times": 10**6, "seconds": 3_000})
    assert here.ask("POST", "sync").status in (502, 503)
    settled = kept[-1]
    assert settled[1]["issue"]["state"] == "closed"
    overwritten = next(each for each in reversed(pending) if each[1]["issue"]["number"] == 2 and each[0] == "issues")
    for _, payload in pending:
        if payload.get("issue", {}).get("number") == 2:
            for label in payload["issue"]["labels"]:
                label["description"] = None  # no seal: its author may have left, and written what he likes
    for event, payload in (*pending, overwritten, settled, *pending[-3:]):
        here.hook.put(event, payload)
    here.until(lambda: not here.hook.waiting, "delivered")
    here.until(lambda: here.model().get("a", {}).get("data") == {"n": 2}, "served from a payload")
    assert here.ask("GET", "").json["github"]["state"] in ("unavailable", "rate-limited")
    assert "b" not in here.model()
    here.github.faults.clear()
