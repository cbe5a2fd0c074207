"""What the README and the docs say is so: what they name exists, what exists is named, and the first screen stays one."""

import json
import re
import struct

import pytest
import yaml
from places import ROOT
from shipped.pages import BLOCKS, PAGES, SET_UP, SHELL

import gh_store
from gh_store import snapshots
from gh_store.cli.commands import commands
from gh_store.cli.demo.drawing import drawing
from gh_store.devserver.faults import LASTING, ONCE
from gh_store.domain import exceptions

README = (ROOT / "README.md").read_text(encoding="utf-8")
ALL_PAGES = sorted({*PAGES, *ROOT.glob("*.md")})
BENEFITS = {
    "No server and no database.": ["tests/shipped/test_workflows.py::test_as_a_new_user_would_try_it"],
    "Every change is kept.": [
        "tests/contract/test_put.py::test_versions_are_compared",
        "tests/contract/test_put.py::test_an_object_is_reverted_by_one_event",
    ],
    "Nothing is lost or applied twice,": [
        "tests/proofs/test_crashes.py::test_a_cut_anywhere_changes_nothing_in_the_end",
        "tests/proofs/test_interleavings.py::test_random_schedules",
        "tests/contract/test_objects.py::test_an_event_id_makes_an_update_safe_to_repeat",
    ],
    "People take part on GitHub's pages.": [
        "tests/shipped/test_readme.py::test_a_comment_of_a_person_is_an_update",
        "tests/contract/test_comments.py::test_its_author_is_told_what_is_wrong_and_where",
    ],
    "The same program runs offline:": ["tests/contract/test_objects.py::test_any_json_object_comes_back_as_it_was"],
}
"""The benefits that the README names, and the tests that fail if one is none."""


def page(name):
    return (ROOT / "docs" / name).read_text("utf-8")


# --- the README -------------------------------------------------------------------------------------------


def test_the_set_up_commands_are_those_that_ci_runs():
    assert SET_UP in [block.code for block in BLOCKS if block.page == "README.md"]
    workflow = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text("utf-8"))
    steps = [step["run"] for step in workflow["jobs"]["test"]["steps"] if "run" in step]
    assert steps == SET_UP.splitlines()


def test_the_first_screen_says_what_it_is_for_how_to_get_it_and_what_not():
    screen, _, rest = README.partition("\n## ")
    assert len(screen.splitlines()) <= 40
    assert len(README.splitlines()) <= 130
    said = " ".join(screen.split())
    assert len(said.split(". ")[0]) <= 160  # the sentence of use
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    name = re.search('^name = "(.*)"', project, re.MULTILINE)[1]
    assert f"```text\npip install {name}\nuvx --from {name} gh-store demo\n```" in screen
    assert "called gh-store on PyPI is another one" in said
    assert "**What it is not for:**" in screen
    for there in ("static-sites", "operations", "guarantees", "from-the-published-package"):
        assert f"(docs/{there}.md)" in screen
    order = [rest.index(text) for text in ("┌─ issue", "```python", "```sh")]
    assert order == sorted(order)
    code = next(block.code for block in BLOCKS if block.page == "README.md" and block.kind == "python")
    assert len(code.splitlines()) <= 11


def test_each_benefit_has_tests_that_prove_it():
    bullets = re.findall(r"^- \*\*(.*?)\*\*", README.partition("\n## ")[0], re.MULTILINE)
    assert bullets == list(BENEFITS)
    for proofs in BENEFITS.values():
        for proof in proofs:
            file, _, name = proof.partition("::")
            assert f"\ndef {name}(" in (ROOT / file).read_text("utf-8"), proof


def test_a_comment_of_a_person_is_an_update(calm):
    (comment,) = re.findall(r"A comment such as `(.*?)` is an update", README)
    calm.store().create("metrics", {"visits": 1, "tags": []})
    calm.backend().create_comment(1, comment)
    assert calm.store().get("metrics").data == {"visits": 3, "tags": []}


def test_the_drawing_is_an_issue_as_it_is():
    with gh_store.LocalStore(":memory:") as store:
        store.create("metrics", {"visits": 1})
        store.update("metrics", {"visits": 2})
        store.update("metrics", {"tags": ["demo"]}, process=True)
        issue, comments = store.backend.get_issue(1), store.backend.list_comments(1, 1).comments
    bracket = re.compile(r"\[v3 \S+ (\S+) [0-9a-f]{8}\]")
    shown = re.search(r"^```text\n(┌.*?)^```", README, re.MULTILINE | re.DOTALL)[1]
    real = "\n".join(drawing(issue, comments, 68))
    assert [bracket.sub(r"\1", line.partition("  title:")[0][:68]).rstrip("│ ") for line in shown.splitlines()] == [
        bracket.sub(r"\1", line).rstrip("│ ") for line in real.splitlines()
    ]


@pytest.mark.parametrize(("name", "most"), [("demo", 150_000), ("site", 200_000)])
def test_a_screenshot_is_a_picture_that_is_soon_loaded(name, most):
    assert f"](docs/{name}.png)" in README
    picture = (ROOT / "docs" / f"{name}.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", picture[16:24])
    assert (width >= 1000, height >= 600, len(picture) < most) == (True, True, True)


def test_three_lines_make_the_site_of_the_screenshot():
    (lines,) = [block.code for block in SHELL if block.page == "README.md" and "gh-store site" in block.code]
    assert len(lines.splitlines()) == 3
    assert README.index(lines) < README.index("](docs/site.png)") < README.index(lines) + 300
    picture = (ROOT / "tests" / "picture.py").read_text("utf-8")
    assert '"Open data of Ada"' in picture
    assert '("rank", "version", "released", "summary")' in picture


# --- all pages ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", ALL_PAGES, ids=lambda file: file.name)
def test_links_lead_somewhere(file):
    for target, title in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)", file.read_text("utf-8")):
        there = file.parent / target if target else file
        assert there.exists(), target
        if title:
            assert title in titles(there.read_text("utf-8")), (target, title)


def titles(text):
    """The anchors of a page."""
    lines = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL).splitlines()
    heads = [line.lstrip("# ").lower() for line in lines if line.startswith("#")]
    return {re.sub(r"[^\w -]", "", head).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("file", ALL_PAGES, ids=lambda file: file.name)
def test_files_that_a_page_names_exist(file):
    for name in re.findall(r"`((?:gh_store|tests)/[\w./-]*)`", file.read_text("utf-8")):
        assert (ROOT / name).exists(), name


def test_every_error_and_every_fault_is_in_the_docs():
    operations = page("operations.md")
    raised = [kind for kind in vars(exceptions).values() if isinstance(kind, type) and not kind.__subclasses__()]
    for kind in raised:
        if issubclass(kind, exceptions.GitHubStoreError):
            assert f"`{kind.__name__}`" in operations
    for fault in (*ONCE, *LASTING):
        assert f"`{fault}`" in operations


def test_what_is_there_is_documented():
    for name in commands.commands:
        assert f"gh-store {name}" in page("command-line.md")
    for mode in gh_store.Mode:
        assert f"`{mode}`" in page("reference.md")
    for verb in dir(gh_store.Store):
        if not verb.startswith("_"):
            assert f"`{verb}`" in page("python.md"), verb


def test_the_snapshot_on_the_page_of_sites_is_one(tmp_path):
    (shown,) = (block.code for block in BLOCKS if (block.page, block.kind) == ("static-sites.md", "json"))
    (tmp_path / "objects.json").write_text(shown)
    read = snapshots.read(tmp_path / "objects.json")
    assert read.text() == shown
    with gh_store.LocalStore(tmp_path / "site.db") as store:
        store.create("cities/oslo", {"name": "Oslo", "wind": 5.6})
        store.create("cities/lund", {"name": "Lund", "wind": 3.8})
        real = json.loads(store.snapshot().text())
    mine = json.loads(shown)
    assert (real.keys(), list(real["objects"])) == (mine.keys(), list(mine["objects"]))
    for object_id, entry in mine["objects"].items():
        assert entry["data"] == real["objects"][object_id]["data"]
        assert entry["meta"].keys() == real["objects"][object_id]["meta"].keys()


def test_the_public_names_are_sorted_and_there():
    assert list(gh_store.__all__) == sorted(gh_store.__all__)
    assert all(hasattr(gh_store, name) for name in gh_store.__all__)
