"""What the tests share: stores on every backend, and a home of their own."""

import os
import pkgutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import settings
from world import GitHubWorld, MemoryWorld, World, stop_server

from gh_store import config as configuration
from gh_store.config import Config

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("long", max_examples=int(os.environ.get("EXAMPLES", "100")), database=None, deadline=None)
settings.load_profile("long" if "EXAMPLES" in os.environ else "fixed")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads or writes the home of whoever runs it."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    for name in os.environ:
        if name.startswith(("GH_", "GITHUB_")):
            monkeypatch.delenv(name)  # a workflow that runs the tests has a repository and a token of its own
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return folder


@pytest.fixture
def config() -> Config:
    return configuration.load()


@pytest.fixture(scope="session", autouse=True)
def server_of_this_process() -> Iterator[None]:
    """The one server that tests over HTTP share is ended with them."""
    yield
    stop_server()


WORLDS: dict[str, Callable[[Path, Config], World]] = {
    "embedded": World,
    "memory": MemoryWorld,
    "lagging": partial(World, lagging=True),
    "github": GitHubWorld,
    "github lagging": partial(GitHubWorld, lagging=True),
}
"""Every backend that the promises hold on."""

if "WORLD" in os.environ:  # somebody's own, MODULE:NAME
    WORLDS = {os.environ["WORLD"]: pkgutil.resolve_name(os.environ["WORLD"])}


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest, tmp_path: Path, config: Config) -> Iterator[World]:
    """One of them, and everybody who acts on it."""
    world = WORLDS[request.param](tmp_path / "store.db", config)
    with world.closing:
        yield world


@pytest.fixture
def hub(tmp_path: Path, config: Config) -> Iterator[GitHubWorld]:
    """A repository on a server that behaves like GitHub."""
    world = GitHubWorld(tmp_path / "store.db", config)
    with world.closing:
        yield world


@pytest.fixture
def calm(tmp_path: Path, config: Config) -> Iterator[World]:
    """The embedded backend without lag, where requests are counted."""
    world = World(tmp_path / "store.db", config)
    with world.closing:
        yield world
