"""Sites for the tests to look at."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Browser, browser
from told import write

from gh_store import site
from gh_store.site.builder import Result


@pytest.fixture(scope="session")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser, the same for all tests."""
    with browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


class Build:
    """Builds a site of some entries; `result` is what the last build did."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.result = Result(0, 0, 0)

    def __call__(self, entries, output="site", *, hour=0, force=False, server="https://github.com", **chosen):
        (self._folder / "snapshot.json").unlink(missing_ok=True)  # a newer time alone would not change it
        source = write(self._folder / "snapshot.json", entries, hour=hour, server=server)
        self.result = site.build(source, self._folder / output, site.Options(**chosen), force=force)
        return self._folder / output


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Build a site; the folder that it is in."""
    return Build(tmp_path)
