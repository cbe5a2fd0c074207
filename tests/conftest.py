"""What the tests share: stores on every backend, and a home of their own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import settings
from world import World

from gh_store.core import config as configuration
from gh_store.core.config import Config

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads or writes the home of whoever runs it."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    return folder


@pytest.fixture
def config() -> Config:
    return configuration.load()


BACKENDS: tuple[Literal["embedded", "lagging"], ...] = ("embedded", "lagging")


@pytest.fixture(params=BACKENDS)
def world(request: pytest.FixtureRequest, tmp_path: Path, config: Config) -> Iterator[World]:
    """Every backend that the promises hold on."""
    world = World(tmp_path / "store.db", config, lagging=request.param == "lagging")
    with world.closing:
        yield world


@pytest.fixture
def calm(tmp_path: Path, config: Config) -> Iterator[World]:
    """The embedded backend without lag, where requests are counted."""
    world = World(tmp_path / "store.db", config)
    with world.closing:
        yield world
