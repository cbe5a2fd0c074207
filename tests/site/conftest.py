"""Sites for the tests to look at, and a browser that shows one of them."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Browser, browser
from pages import PATH
from told import cities, crowded, damaged, hostile, nested, packages, prices, waiting, write

from gh_store import site
from gh_store.site.builder import Result
from gh_store.site.serve import Server


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

    def __call__(
        self,
        entries,
        output="site",
        *,
        hour=0,
        force=False,
        repository="ada/open-data",
        server="https://github.com",
        **chosen,
    ):
        (self._folder / "snapshot.json").unlink(missing_ok=True)  # a newer time alone would not change it
        source = write(self._folder / "snapshot.json", entries, repository, server, hour)
        self.result = site.build(source, self._folder / output, site.Options(**chosen), force=force)
        return self._folder / output


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Build a site; the folder that it is in."""
    return Build(tmp_path)


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    source = write(
        folder / "snapshot.json",
        [*packages(2_000), prices(530), *cities(), *hostile(), crowded(), waiting(), nested(), *damaged()],
    )
    site.build(source, folder / "_site", site.Options("Open data", "What Ada keeps"))
    site.build(write(folder / "empty.json", []), folder / "_site" / "empty", site.Options("Nothing yet"))
    with Server(folder / "_site", 0, PATH) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.address
        server.shutdown()
        thread.join()


@pytest.fixture
def page(opened: Browser, address):
    """The browser; after each test nothing may have come on its console, nor anything from elsewhere."""
    opened.look()
    yield opened
    opened.script(on=True)
    outside = [url for url in opened.requests if not url.startswith((address, "about:"))]
    messages = [*opened.messages]
    opened.requests.clear()
    opened.messages.clear()
    assert not messages
    assert not outside
