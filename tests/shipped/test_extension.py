"""The extension of gh: what `gh store` runs, from a clone, with the tools of a small machine and nothing else."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from places import ROOT

TOOLS = ["sh", "cat", "cksum", "dirname", "mkdir", "mv", "readlink", "rm", "tr"]
FAKE_UV = """#!/bin/sh
echo "uv $*" >> "$UV_LOG"
[ -z "$UV_FAILS" ] || [ "$1" = venv ] || { echo "no network" >&2; cat; exit 2; }
if [ "$1" = venv ]; then
  for folder; do :; done
  mkdir -p "$folder/bin"
  printf '#!/bin/sh\\nexec "%s" "$@"\\n' "$BASE_PYTHON" > "$folder/bin/python"
  chmod +x "$folder/bin/python"
fi
"""


class Machine:
    """A home, a path with tools, and a clone; what is wanted is put on the path."""

    def __init__(self, folder: Path, home: Path):
        self.bin, self.clone, self.work = folder / "bin", folder / "a clone's $HOME", folder / "work"
        for each in (self.bin, self.clone, self.work):
            each.mkdir()
        for tool in TOOLS:
            (self.bin / tool).symlink_to(str(shutil.which(tool)))
        for name in ("gh-store", "pyproject.toml"):
            shutil.copy(ROOT / name, self.clone / name)
        self.log = folder / "uv.log"
        self.environment = {
            "PATH": str(self.bin), "HOME": str(home), "PYTHONPATH": str(ROOT), "BASE_PYTHON": sys.executable,
            "UV_LOG": str(self.log), "UV_FAILS": "", "NO_PROXY": "127.0.0.1",
        }  # fmt: skip

    def tool(self, name: str, text: str):
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def with_uv(self):
        (self.bin / "chmod").symlink_to(str(shutil.which("chmod")))
        self.tool("uv", FAKE_UV)
        return self

    def run(self, *arguments, stdin="", code=0, by=None, cwd=None):
        done = subprocess.run(
            [by or self.clone / "gh-store", *arguments], input=stdin, cwd=cwd or self.work, env=self.environment,
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done.stdout, done.stderr

    def environments(self):
        return sorted(each for each in (self.clone / ".venv-extension").iterdir() if each.is_dir())

    def asked(self):
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def machine(tmp_path, home):
    return Machine(tmp_path, home)


def test_it_is_what_gh_runs():
    """`gh extension install` takes a repository whose name is that of an executable at its root."""
    assert os.access(ROOT / "gh-store", os.X_OK)
    assert (ROOT / "gh-store").read_text().startswith("#!/bin/sh\n")
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert ".venv*/" in ignored, "an upgrade is a git pull, which must not meet changes"


def test_it_sets_up_once_with_python_alone(machine, source):
    shutil.rmtree(machine.clone)
    shutil.copytree(source, machine.clone)
    machine.tool("python3", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_USER": "1"}
    machine.environment |= {**offline, "PYTHONPATH": sysconfig.get_path("purelib")}
    out, err = machine.run("create", "a", "-", "--store", "s.db", stdin='{"n": 1}')
    assert json.loads(out)["data"] == {"n": 1}, "what is piped is for the command, not for the set-up"
    assert len(err.splitlines()) == 1
    assert "setting up" in err
    (made,) = machine.environments()
    code = "import gh_store, sys; print(gh_store.__file__, gh_store.__version__)"
    said = subprocess.run(
        [made / "bin" / "python", "-P", "-c", code], env=machine.environment, capture_output=True, text=True, check=True
    )
    assert said.stdout == f"{machine.clone}/gh_store/__init__.py 1.0.0.dev0\n"
    for name in ("python3", "mkdir", "mv", "rm"):
        (machine.bin / name).unlink()
    out, err = machine.run("get", "a", "--store", "s.db")
    assert (json.loads(out)["data"], err) == ({"n": 1}, "")


def test_arguments_stdin_and_exit_codes_pass_through(machine):
    machine.with_uv()
    odd = " a \"b\" $HOME `id` 'c' \\n * ".strip()
    out, _ = machine.run("create", odd, '{"a  b": "$(id)"}', "--store", "s p.db")
    assert (json.loads(out)["object_id"], json.loads(out)["data"]) == (odd, {"a  b": "$(id)"})
    out, _ = machine.run("update", odd, "-", "--process", "--store", "s p.db", stdin='{"ü": 1}')
    assert json.loads(out)["data"] == {"a  b": "$(id)", "ü": 1}
    _, err = machine.run("get", "nobody", "--store", "s p.db", code=3)
    assert "There is no object 'nobody'" in err
    machine.run("create", "", "{}", "--store", "s p.db", code=2)
    machine.run(code=2)
    assert len(machine.asked()) == 2, "one environment for all"


def test_it_runs_from_any_folder_and_through_links(machine, tmp_path):
    machine.with_uv()
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "first").symlink_to(Path("..") / machine.clone.name / "gh-store")
    (tmp_path / "second").symlink_to("links/first")
    (tmp_path / "extensions").symlink_to(machine.clone)
    (machine.work / "gh_store").mkdir()
    (machine.work / "gh_store" / "__init__.py").write_text("raise SystemExit('a module of the folder one stands in')")
    for by, cwd in (
        (tmp_path / "second", machine.work),
        ("../second", machine.work),
        ("links/first", tmp_path),
        (tmp_path / "extensions" / "gh-store", machine.work),
        ("./gh-store", machine.clone),
    ):
        assert machine.run("--version", by=by, cwd=cwd)[0] == "gh-store, version 1.0.0.dev0\n"
    machine.environment["CDPATH"] = str(tmp_path)
    by = f"{machine.clone.name}/gh-store"
    assert machine.run("--version", by=by, cwd=tmp_path) == ("gh-store, version 1.0.0.dev0\n", "")
    assert len(machine.environments()) == 1


def test_a_new_version_or_place_makes_the_environment_again(machine, tmp_path):
    machine.with_uv().run("--version")
    before = machine.environments()
    project = machine.clone / "pyproject.toml"
    project.write_text(project.read_text().replace("1.0.0.dev0", "1.0.1"))
    assert "setting up" in machine.run("--version")[1]
    after = machine.environments()
    assert len(after) == 1, "the old one is removed"
    assert after != before
    assert machine.run("--version")[1] == ""
    (after[0] / "bin" / "python").unlink()  # as if the Python it was made with had left the machine
    assert "setting up" in machine.run("--version")[1]
    machine.clone = machine.clone.rename(tmp_path / "elsewhere")
    assert "setting up" in machine.run("--version")[1]
    assert machine.run("--version")[1] == ""
    assert len(machine.environments()) == 1


def test_a_set_up_that_fails_leaves_nothing_and_is_tried_again(machine):
    machine.with_uv().environment["UV_FAILS"] = "yes"
    out, err = machine.run("--version", code=6, stdin="for the command")
    assert out == ""
    assert err.splitlines()[1:] == [
        "no network",
        "gh-store: error: The environment could not be set up; the lines above say why.",
        "gh-store: hint: Try again when the network is there.",
    ]
    assert machine.environments() == []
    machine.environment["UV_FAILS"] = ""
    machine.run("--version")


def test_two_at_once_both_work(machine):
    machine.with_uv()
    command = [machine.clone / "gh-store", "--version"]
    both = [
        subprocess.Popen(command, env=machine.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for _ in "12"
    ]
    assert [each.communicate(timeout=60)[0] for each in both] == [b"gh-store, version 1.0.0.dev0\n"] * 2
    assert machine.run("--version")[1] == ""


def test_without_a_python_it_says_what_is_needed(machine):
    machine.tool("python3", "#!/bin/sh\nexit 1\n")
    _, err = machine.run("--version", code=2)
    assert "3.11" in err
    assert "hint" in err
    assert not (machine.clone / ".venv-extension").exists()


# --- the repository -------------------------------------------------------------------------------

FAKE_GH = """#!/bin/sh
echo "$*" >> "$HOME/gh.log"
[ "$1 $2" = "repo view" ] || exit 1
echo "https://github.com/local/data"
"""


@pytest.fixture
def with_hub(machine, hub, home):
    """A clone of the repository of the hub, as gh sees it."""
    machine.with_uv().tool("gh", FAKE_GH)
    machine.environment |= {"GITHUB_API_URL": hub.address, "GITHUB_TOKEN": "token-of-local"}
    hub.near().create("metrics", {"n": 1})
    machine.asked_gh = lambda: (home / "gh.log").read_text().count("repo view") if (home / "gh.log").exists() else 0
    return machine


def test_the_repository_of_a_clone_is_known(with_hub):
    out, err = with_hub.run("get", "metrics")
    assert json.loads(out)["data"] == {"n": 1}
    assert "local/data" in err, "which store it is, is told"
    assert with_hub.asked_gh() == 1


def test_gh_repo_is_asked_for_first(with_hub):
    with_hub.environment["GH_REPO"] = "local/data"
    assert json.loads(with_hub.run("get", "metrics")[0])["data"] == {"n": 1}
    assert with_hub.asked_gh() == 0
    with_hub.environment["GH_REPO"] = "local/none"
    with_hub.run("get", "metrics", code=5)


def test_who_names_a_store_is_not_asked_elsewhere(with_hub):
    with_hub.run("create", "a", "{}", "--store", "s.db")
    with_hub.run("get", "a", "--store=s.db")
    with_hub.run("list", "--repo", "local/data")
    for arguments in (["--help"], ["get", "--help"], ["completion", "bash"], ["init", "--workflows", "x"]):
        with_hub.run(*arguments)
    with_hub.environment["GITHUB_REPOSITORY"] = "local/data"
    with_hub.run("list")
    assert with_hub.asked_gh() == 0


def test_another_server_is_known_by_the_address_of_the_repository(with_hub):
    del with_hub.environment["GITHUB_API_URL"]
    with_hub.tool("gh", FAKE_GH.replace("github.com", "ghes.invalid"))
    config = Path(with_hub.environment["HOME"], ".config/gh-store/config.yml")
    config.parent.mkdir(parents=True)
    config.write_text("store: {retries: {max_attempts: 1}}")
    _, err = with_hub.run("get", "metrics", code=6)
    assert "ghes.invalid cannot be reached" in err


def test_outside_a_clone_and_without_gh_the_command_line_decides(with_hub):
    for text in ("#!/bin/sh\necho 'not a git repository' >&2\nexit 1\n", "#!/bin/sh\n", None):
        if text is None:
            (with_hub.bin / "gh").unlink()
        else:
            with_hub.tool("gh", text)
        _, err = with_hub.run("list", code=2)
        assert "gh-store.db" in err
        assert "not a git" not in err
