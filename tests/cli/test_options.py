"""Which store is meant, which configuration file, and how options may be written."""

import json

import pytest

from gh_store.cli.clone import repository_of

NOWHERE = ["--base-url", "http://127.0.0.1:9", "-t", "t", "-c", "quick.yml"]


@pytest.fixture
def quick(shell):
    (shell.folder / "quick.yml").write_text("store: {retries: {max_attempts: 1}}")
    return shell


def test_a_variable_names_the_file(shell):
    shell.environment["GH_STORE"] = "mine.db"
    _, err = shell.run("create", "a", "{}")
    assert err == ""  # whoever sets it knows
    assert shell.json("list", "--store", "mine.db") == shell.json("list")
    assert shell.json("init") | {"config": ""} == {"store": "mine.db", "config": ""}


@pytest.mark.parametrize(
    ("variables", "options", "said"),
    [
        ({"GH_REPO": "ada/data", "GITHUB_REPOSITORY": "actions/here"}, [], "using ada/data (GH_REPO)"),
        ({"GH_STORE": "mine.db", "GITHUB_REPOSITORY": "actions/here"}, ["--repo", "bob/data"], ""),
        ({"GITHUB_REPOSITORY": "actions/here"}, [], "using actions/here (GITHUB_REPOSITORY)"),
        ({"GH_REPO": "ada/data", "GH_STORE": "mine.db"}, ["-R", "bob/data"], ""),
        ({"GH_REPO": "ada/data"}, ["-Rbob/data"], ""),
    ],
)
def test_options_come_before_variables(quick, variables, options, said):
    quick.environment |= variables
    _, err = quick.run("get", "a", *options, *NOWHERE, code=6)
    assert ("using" in err, said in err) == (bool(said), True)


def test_two_variables_that_name_two_stores_are_wrong_usage(shell):
    shell.environment |= {"GH_STORE": "mine.db", "GH_REPO": "ada/data"}
    for command in ("list", "doctor", "serve"):
        assert "GH_STORE and GH_REPO name two stores" in shell.run(command, code=2)[1]
    del shell.environment["GH_REPO"]
    shell.environment["GITHUB_REPOSITORY"] = "ada/data"
    assert "GH_STORE names a store in a file" in shell.run("doctor", code=2)[1]
    shell.run("create", "a", "{}", "--store", "other.db")


def test_short_options_and_underscores(shell):
    shell.run("create", "a", '{"n": 1}')
    shell.run("get", "a", "-o", "a.json")
    assert json.loads((shell.folder / "a.json").read_text())["data"] == {"n": 1}
    assert shell.json("update", "--object_id", "a", '{"n": 2}', "--expected_version=1")["pending"] == 1
    assert shell.json("process_updates", "--all", "--dry_run")[0]["applied"] == 1
    shell.run("snapshot", "-o", "s.json")
    assert "up to date" in shell.run("update_snapshot", "--snapshot_path", "s.json")[1]
    assert shell.json("create", "under_score", "{}")["object_id"] == "under_score"


# --- the configuration file -----------------------------------------------------------------------


def test_init_alone_writes_the_users_file_which_changes_nothing(shell, home):
    own = home / ".config" / "gh-store" / "config.yml"
    shell.run("create", "a", "{}")
    shell.run("list")
    assert not own.exists()
    assert shell.json("init")["config"] == str(own)
    text = own.read_text()
    assert "#   base_label" in text
    assert all(not line or line.startswith("#") for line in text.splitlines())
    own.write_text("store: {uid_prefix: 'Id:'}")
    _, err = shell.run("update", "a", "{}", code=3)
    assert "There is no object" in err
    shell.run("init")
    assert own.read_text() == "store: {uid_prefix: 'Id:'}"


def test_a_home_that_cannot_be_written_is_a_note(shell, tmp_path):
    (tmp_path / "file").write_text("")
    shell.environment["HOME"] = str(tmp_path / "file")
    out, err = shell.run("init", "--store", "s.db")
    assert json.loads(out) == {"store": "s.db", "config": None}
    assert len(err.splitlines()) == 1
    assert "note" in err


def test_the_folder_of_configurations_may_be_elsewhere(shell, home, tmp_path):
    old, new = home / ".config/gh-store/config.yml", tmp_path / "xdg/gh-store/config.yml"
    shell.run("create", "a", "{}")
    old.parent.mkdir(parents=True)
    old.write_text("store: {uid_prefix: 'Old:'}")
    shell.environment["XDG_CONFIG_HOME"] = str(tmp_path / "xdg")
    shell.run("get", "a", code=3)  # the file at the old place is read while there is no other
    assert shell.json("init")["config"] == str(old)
    old.unlink()
    assert shell.json("init")["config"] == str(new)
    old.write_text("store: {uid_prefix: 'Old:'}")
    assert shell.json("get", "a")["version"] == 1
    shell.environment["XDG_CONFIG_HOME"] = "relative"
    (shell.folder / "relative/gh-store").mkdir(parents=True)
    (shell.folder / "relative/gh-store/config.yml").write_text("no settings")
    shell.run("get", "a", code=3)


# --- the hint in a clone --------------------------------------------------------------------------


def clone(folder, text):
    (folder / ".git").mkdir(parents=True)
    (folder / ".git/config").write_text(text)
    (folder / "deep").mkdir()
    return folder / "deep"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('[remote "origin"]\n\turl = git@github.com:ada/data.git\n', "ada/data"),
        ('[remote "origin"]\n\turl = https://github.com/ada/data\n', "ada/data"),
        ('[remote "origin"]\n\turl = https://user:secret@github.com/ada/data.git/\n', "ada/data"),
        ('[remote "origin"]\n\turl = ssh://git@ghe.example.com/ada/data.git\n', "ghe.example.com/ada/data"),
        ('[remote "origin"]\nurl = git@github.com:me/fork\n[remote "upstream"]\nurl = git@github.com:ada/data\n', "ada/data"),
        ('[remote "mine"]\nurl = git@github.com:ada/data\n', "ada/data"),
        ('[remote "origin"]\n\turl = /srv/git/data.git\n', None),
        ('[remote "origin"]\n\turl = https://github.com/ada/da\x1b[2Jta\n', None),
        ('[branch "main"]\n\turl = git@github.com:ada/data.git\n', None),
        ("", None),
    ],
)  # fmt: skip
def test_the_repository_of_a_clone(tmp_path, text, found):
    assert repository_of(clone(tmp_path / "clone", text)) == found


def test_a_worktree_and_nonsense(tmp_path):
    clone(tmp_path / "clone", '[remote "origin"]\nurl = git@github.com:ada/data\n')
    tree, its = tmp_path / "tree", tmp_path / "clone/.git/worktrees/tree"
    tree.mkdir()
    its.mkdir(parents=True)
    (tree / ".git").write_text(f"gitdir: {its}\n")
    (its / "commondir").write_text("../..\n")
    assert repository_of(tree) == "ada/data"
    (tree / ".git").write_bytes(b"\xff\x00")
    assert repository_of(tree) is None


def test_the_remote_is_a_hint_and_no_more(shell):
    clone(shell.folder, '[remote "origin"]\nurl = git@github.com:ada/data\n')
    _, err = shell.run("get", "a", code=2)
    assert "hint: For the repository of this clone, add --repo ada/data. Make one with" in err
    _, err = shell.run("doctor", code=2)
    assert "add --repo ada/data" in err
    assert "add --repo ada/data" in shell.run("create", "a", "{}")[1]
    assert (shell.folder / "gh-store.db").exists()
    assert "ada/data" not in shell.run("get", "a")[1]
