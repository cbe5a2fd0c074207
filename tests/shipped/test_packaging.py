"""The package as users get it: from a wheel, an sdist, and an editable install."""

import os
import tarfile
import zipfile

from places import ROOT
from shipped.environments import environment_with, run

ASK = """
import pathlib, sys, gh_store
from gh_store.cli import workflows
from gh_store import config
from importlib.metadata import distribution
where = str(pathlib.Path(gh_store.__file__).resolve())
assert where.startswith(sys.argv[1]), where
assert config.default_text() == pathlib.Path(sys.argv[2]).read_text("utf-8")
assert config.load().log_max_events == 2400
assert "gh-object-store==1.0.0.dev0" in workflows.workflow("sweep.yml")
meta = distribution("gh-object-store")
assert meta.version == "1.0.0.dev0", meta.version
assert [e.value for e in meta.entry_points if e.name == "gh-store"] == ["gh_store.__main__:main"]
assert pathlib.Path(where).with_name("py.typed").is_file()
urls = [url.split(", ")[0] for url in meta.metadata.get_all("Project-URL")]
assert urls == ["Homepage", "Documentation", "Changelog", "Issues", "Source"], urls
"""


def ask(python, inside, tmp_path):
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "COV_"))}
    run(python, "-c", ASK, inside.resolve(), ROOT / "default_config.yml", cwd=tmp_path, env=clean)
    run(python.with_name("gh-store"), "--version", cwd=tmp_path, env=clean)


def test_from_a_wheel(built, tmp_path):
    (wheel,) = built.glob("*.whl")
    ask(environment_with(tmp_path / "venv", wheel), tmp_path / "venv", tmp_path)
    names = zipfile.ZipFile(wheel).namelist()
    assert {"gh_store/default_config.yml", "gh_store/cli/demo/page.css"} <= set(names)
    assert {f"gh_store/site/{name}" for name in ("assets/site.css", "assets/uplot.js", "templates/base.html")} <= set(
        names
    )
    assert all(name.startswith(("gh_store/", "gh_object_store-1.0.0.dev0.dist-info/")) for name in names)


def test_from_an_sdist(built, tmp_path):
    (sdist,) = built.glob("*.tar.gz")
    ask(environment_with(tmp_path / "venv", sdist), tmp_path / "venv", tmp_path)
    with tarfile.open(sdist) as archive:
        modes = {member.name.partition("/")[2]: member.mode for member in archive}
    assert {"default_config.yml", "action.yml"} <= modes.keys()
    assert modes["gh-store"] & 0o100, "the extension of gh stays executable"


def test_from_an_editable_install(source, tmp_path):
    ask(environment_with(tmp_path / "venv", "--editable", source), source, tmp_path)
