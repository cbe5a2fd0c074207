"""What the tests share: stores on every backend, and a home of their own."""

import os
import pkgutil
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import settings
from in_process import ZONE
from shell import Shell
from warm import command
from world import GitHubWorld, MemoryWorld, World, stop_server

from gh_store import config as configuration
from gh_store.config import Config

settings.register_profile("fixed", max_examples=70, derandomize=True, deadline=None)  # proofs take more
settings.register_profile("long", max_examples=int(os.environ.get("EXAMPLES", "100")), database=None, deadline=None)
settings.load_profile("long" if "EXAMPLES" in os.environ else "fixed")

# A shell starts what it puts into the background with Ctrl-C ignored, and so would be all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Coverage doubles the time of a test; it takes none where others run the same lines (`untraced`)."""
    if item.get_closest_marker("untraced") is None:
        return (yield)
    tracer, of_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracer)
        threading.settrace(of_threads)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads or writes the home of whoever runs it."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    for name in os.environ:
        if name.startswith(("GH_", "GITHUB_")):
            monkeypatch.delenv(name)  # a workflow that runs the tests has a repository and a token of its own
    monkeypatch.setenv("NO_PROXY", f"127.0.0.1,.{ZONE}")
    return folder


@pytest.fixture(autouse=True)
def breaks_stores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every store is verified after the test that used it, unless it breaks stores, and says why."""
    marked = request.node.get_closest_marker("breaks_stores")
    if marked is not None:
        (reason,) = marked.args
        monkeypatch.setattr(World, "breaks_stores", bool(reason))


@pytest.fixture
def shell(tmp_path: Path, home: Path) -> Shell:
    """The command line in an empty folder."""
    folder = tmp_path / "work"
    folder.mkdir()
    return Shell(folder, home)


@pytest.fixture
def config() -> Config:
    return configuration.load()


@pytest.fixture(scope="session", autouse=True)
def server_of_this_process() -> Iterator[None]:
    """The one server that tests over HTTP share is ended with them."""
    yield
    stop_server()


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, ...]]:
    """What to call for `gh-store` where each call shall be a process, but need not start Python."""
    with command(tmp_path_factory.mktemp("warm")) as called:
        yield called


WORLDS: dict[str, Callable[[Path, Config], World]] = {
    "embedded": World,
    "memory": MemoryWorld,
    "lagging": partial(MemoryWorld, lagging=True),
    "github": partial(GitHubWorld, lagging=True),
}
"""Every backend that the promises hold on; GitHub with its lags, as it is."""

if "WORLD" in os.environ:  # somebody's own, MODULE:NAME
    WORLDS = {os.environ["WORLD"]: pkgutil.resolve_name(os.environ["WORLD"])}


# The lines of the other worlds are those of the embedded one, and of the tests of the backends and of the dev server.
@pytest.fixture(
    params=[pytest.param(name, marks=[pytest.mark.untraced] if at else []) for at, name in enumerate(WORLDS)]
)
def world(request: pytest.FixtureRequest, tmp_path: Path, config: Config) -> Iterator[World]:
    """One of them, and everybody who acts on it."""
    world = WORLDS[request.param](tmp_path / "store.db", config)
    with world:
        yield world


@pytest.fixture
def hub(tmp_path: Path, config: Config) -> Iterator[GitHubWorld]:
    """A repository on a server that behaves like GitHub, at an address of this machine."""
    world = GitHubWorld(tmp_path / "store.db", config, in_file=True).on_a_socket()
    with world:
        yield world


@pytest.fixture
def calm(tmp_path: Path, config: Config) -> Iterator[World]:
    """The embedded backend without lag, where requests are counted."""
    world = World(tmp_path / "store.db", config)
    with world:
        yield world
