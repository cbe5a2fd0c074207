"""What users install."""

import shutil
import sys

import pytest
from places import ROOT
from shipped.environments import run


@pytest.fixture(scope="session")
def source(tmp_path_factory):
    """What a clone holds, so that building leaves no traces in this one."""
    copy = tmp_path_factory.mktemp("source") / "clone"
    ignored = shutil.ignore_patterns(
        ".[!g]*", ".git", ".gitignore", "__pycache__", "build", "dist", "*.db*", "gh-store-demo", "data"
    )
    shutil.copytree(ROOT, copy, ignore=ignored)
    return copy


@pytest.fixture(scope="session")
def built(source, tmp_path_factory):
    """Wheel and sdist, made by what the set-up installed."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, source)
    return out
