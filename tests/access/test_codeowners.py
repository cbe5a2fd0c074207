"""CODEOWNERS: whose a path is, and who may write because of it."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loguru import logger

from gh_store import AccessDeniedError, InsufficientScope
from gh_store.access.codeowners import Owners, fits, owners_of


@pytest.mark.parametrize(
    ("text", "users", "teams"),
    [
        ("", [], []),
        ("* @ada", ["ada"], []),
        ("* @Ada @org/Data-Team", ["ada"], ["org/data-team"]),
        ("* @ada\n/data/ @bob", ["bob"], []),
        ("/data/ @bob\n* @ada", ["ada"], []),
        ("/data/ @bob\n/other/ @ada", ["bob"], []),
        ("# * @ada\n\n/data/ @bob # not @eve", ["bob"], []),
        ("/data/ ada@example.org @bob", ["bob"], []),
        ("* @ada\n/data/", [], []),
        ("* @ada\n/data/*.json @bob", ["ada"], []),
        ("data/ @bob", ["bob"], []),
        ("**/data/ @bob", ["bob"], []),
        ("* @ada\n!/data/ @bob\n[data]/ @eve", ["ada"], []),
        ("/other/data/ @bob", [], []),
        ("/my\\ data/ @bob", [], []),
        ("/data/**\t@bob", ["bob"], []),
        ("\ufeff* @ada", ["ada"], []),
        ("* @ada\r\n/data/ @bob # x\r\n", ["bob"], []),
    ],
)
def test_the_last_line_that_matches_tells(text, users, teams):
    assert owners_of("data/", text) == Owners(frozenset(users), frozenset(teams))
    assert owners_of("/data/", text) == owners_of("data/", text)


def test_a_path_with_a_space():
    assert owners_of("my data/", "/my\\ data/ @bob").users == {"bob"}


# Those of GitHub's page "About code owners", and what it says about them, first.
@pytest.mark.parametrize(
    ("pattern", "owned", "not_owned"),
    [
        ("*", ["a", "a/b", "a/", "a/b/"], []),
        ("*.js", ["a.js", "b/a.js", "b/c/a.js", "a.js/b"], ["a.jsx", "js", "b/"]),
        ("/build/logs/", ["build/logs/a", "build/logs/a/b", "build/logs/"], ["a/build/logs/a", "build/logs", "build/"]),
        ("docs/*", ["docs/a", "docs/"], ["docs/a/b", "docs/a/", "docs", "a/docs/b"]),
        ("apps/", ["apps/a", "b/apps/a", "b/c/apps/a/d"], ["apps", "b/apps", "xapps/a"]),
        ("/docs/", ["docs/a", "docs/a/b"], ["a/docs/b"]),
        ("**/logs", ["logs", "logs/a", "build/logs/a", "a/b/logs/c"], ["logs.txt", "a/xlogs"]),
        ("/apps/github", ["apps/github", "apps/github/a", "apps/github/"], ["apps/githubs", "b/apps/github"]),
        ("/*", ["a"], ["a/b", "a/", "data/live/x"]),
        ("/*/", ["a/", "a/b", "a/b/c"], ["a"]),
        ("/**", ["a", "a/b", "a/"], []),
        ("**", ["a", "a/b", "a/"], []),
        ("data", ["data", "data/", "data/a", "b/data", "b/data/a"], ["database", "b/database"]),
        ("a/b", ["a/b", "a/b/c"], ["c/a/b", "a/bc"]),
        ("a/**/b", ["a/b", "a/c/b", "a/c/d/b/e"], ["ab", "a/c", "c/a/b"]),
        ("a/**", ["a/b", "a/b/c", "a/"], ["a", "b/a/c"]),
        ("a/*/b", ["a/c/b", "a/c/b/d"], ["a/b", "a/c/d/b"]),
        ("a/f*", ["a/f", "a/foo", "a/foo/b"], ["a/b", "a/"]),
        ("?.json", ["a.json", "b/a.json"], [".json", "ab.json"]),
        ("\\*.json", ["*.json"], ["a.json"]),
        ("a//b", [], ["a/b"]),
        ("Data/", ["Data/a"], ["data/a"]),
    ],
)
def test_a_pattern_means_what_the_page_says(pattern, owned, not_owned):
    for path in (*owned, *not_owned):
        for root in ("", "/"):
            assert (owners_of(root + path, f"{pattern} @ada").users == {"ada"}) == (path in owned), path


def test_a_line_without_owners_decides_too():
    text = "/apps/ @octocat\n/apps/github"
    assert owners_of("apps/a", text).users == {"octocat"}
    assert owners_of("apps/github/a", text) == Owners()
    assert owners_of("apps/github/a", text + "\n/apps/github @doctocat").users == {"doctocat"}
    assert owners_of("data/live/x", "/data/ @ada\n/* @ops").users == {"ada"}


@pytest.fixture
def told():
    """What the log warns of."""
    lines: list[str] = []
    sink = logger.add(lines.append, level="WARNING", format="{message}")
    logger.enable("gh_store")
    yield lines
    logger.disable("gh_store")
    logger.remove(sink)


@pytest.mark.parametrize(
    "line",
    [
        "* user", "* @", "* @a/b/c", "* @ada @b@c", "* @ada, @bob", "* @org/", "* a@", "* @ada\u00a0", "* @ada\0",
        "* @eve#x", "* @helper[bot]", "* @ada\r/data/ @eve",
        "!/data/ @eve", "\\#data/ @eve", "[d]ata/ @eve", "data] @eve", "***/data/ @eve", "/ @eve", "// @eve",
    ],
)  # fmt: skip  # a list of lines
def test_a_line_that_is_not_accepted_is_skipped_and_told_once(told, line):
    assert owners_of("data/", f"* @ada\n# a comment\n{line}\n\n").users == {"ada"}
    assert len(told) == 1
    assert "line 3 is skipped" in told[0]


@pytest.mark.parametrize(
    "line", ["* @Ada @octo-org/codeocats docs@example.com", "*\t@ada # @eve", "* @ada\r", "* @a_b"]
)
def test_a_line_that_is_accepted_is_not_told(told, line):
    assert owners_of("data/", line).users
    assert told == []


def test_of_many_lines_that_are_skipped_a_few_are_told(told):
    assert owners_of("data/", "* @ada\n" + "[ @eve\n" * 500).users == {"ada"}
    assert (len(told), told[-1].strip()) == (11, "CODEOWNERS: 490 more lines are skipped.")


def test_a_file_of_more_than_3_mb_is_not_used(told):
    text = "* @ada #"
    assert owners_of("data/", text.ljust(3_000_000, ".")).users == {"ada"}
    assert (owners_of("data/", text.ljust(3_000_001, ".")), len(told)) == (Owners(), 1)


@given(st.lists(st.sampled_from("*ab"), max_size=12), st.text("ab", max_size=12))
def test_patterns_are_like_regular_expressions_and_take_few_steps(pattern, text):
    steps: list[int] = []

    def same(one, other):
        steps.append(1)
        return one == other

    expression = "".join(".*" if each == "*" else each for each in pattern)
    assert fits(pattern, text, "*", same) == bool(re.fullmatch(expression, text))
    assert len(steps) <= (len(text) + 1) ** 2


@pytest.mark.parametrize(
    "pattern", ["*a" * 100 + "b", "**/" * 100 + "x", "a**" * 100, "**/*a" * 100, "?*" * 100, "*" + "a" * 90 + "b"]
)
def test_a_thousand_lines_that_a_backtracking_matcher_would_never_end(pattern):
    for path in ("a" * 60, "a/" * 30, "a/" * 30 + "a"):
        owners_of(path, f"{pattern} @ada\n" * 1000)


@pytest.fixture
def owned(world):
    """An object, two writers, and a reader who owns the path with one of them."""
    world.store().create("a", {})
    world.user("owner", "write")
    world.user("writer", "write")
    world.user("member", "write")
    world.user("reader", "read")
    world.settle()
    return world


def configured(world):
    return replace(world.config, access_codeowners="data/")


def folded(world):
    world.settle()
    store = world.store(config=configured(world))
    return store.process_updates(1).data


@pytest.mark.parametrize("place", [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"])
def test_owners_count_and_only_with_write_permission(owned, place):
    owned.backend().put_file(place, "/data/ @owner @reader @org/team")
    owned.backend().join_team("org/team", "member")
    for user in ("owner", "writer", "reader", "member", "local"):
        owned.backend(user).create_comment(1, f'{{"{user}": 1}}')
    assert folded(owned) == {"owner": 1, "member": 1, "local": 1}
    with pytest.raises(AccessDeniedError):
        owned.store("writer", config=configured(owned)).update("a", {"n": 1})


def test_the_first_file_counts_and_no_other(owned):
    owned.backend().put_file(".github/CODEOWNERS", "/data/ @owner")
    owned.backend().put_file("CODEOWNERS", "/data/ @writer")
    for user in ("owner", "writer"):
        owned.backend(user).create_comment(1, f'{{"{user}": 1}}')
    assert folded(owned) == {"owner": 1}


def test_without_a_file_nobody_owns_the_path(owned):
    owned.backend("writer").create_comment(1, '{"n": 1}')
    assert folded(owned) == {}


def test_switched_off_it_asks_for_nothing(owned):
    owned.backend("writer").create_comment(1, '{"n": 1}')
    owned.settle()
    owned.requests()
    assert owned.store().process_updates(1).data == {"n": 1}
    assert not {"read_file", "team"} & set(owned.requests())


def test_a_team_and_the_file_cost_one_request_each_once_a_process(owned):
    owned.backend().put_file(".github/CODEOWNERS", "/data/ @org/team")
    owned.backend().join_team("org/team", "member")
    store = owned.store(config=configured(owned))
    for n in range(3):
        owned.backend("member").create_comment(1, f'{{"n": {n}}}')
        owned.settle()
        store.process_updates(1)
    asked = owned.requests()
    assert (asked.count("read_file"), asked.count("team"), asked.count("permission")) == (1, 1, 1)


def test_a_token_that_may_not_read_the_team_is_told_so_and_nothing_is_written(hub):
    hub.store().create("a", {})
    hub.user("writer", "write")
    hub.backend().put_file("CODEOWNERS", "* @org/secret")
    hub.backend("writer").create_comment(1, '{"n": 1}')
    before = hub.issue()
    with pytest.raises(InsufficientScope, match="org/secret"):
        hub.store(config=configured(hub)).process_updates(1)
    assert hub.issue() == before
