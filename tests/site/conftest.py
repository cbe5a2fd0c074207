"""Sites for the tests to look at."""

from pathlib import Path

import pytest
from told import write

from gh_store import site


@pytest.fixture
def build(tmp_path):
    """Build a site of some entries; the folder."""

    def built(entries, output="site", *, hour=0, force=False, server="https://github.com", **chosen) -> Path:
        (tmp_path / "snapshot.json").unlink(missing_ok=True)  # a newer time alone would not change it
        source = write(tmp_path / "snapshot.json", entries, hour=hour, server=server)
        built.result = site.build(source, tmp_path / output, site.Options(**chosen), force=force)
        return tmp_path / output

    return built
