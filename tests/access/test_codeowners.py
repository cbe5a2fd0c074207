"""CODEOWNERS: whose a path is, and who may write because of it."""

from dataclasses import replace

import pytest

from gh_store import AccessDeniedError, InsufficientScope
from gh_store.access.codeowners import Owners, owners_of


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
    ],
)
def test_the_last_line_that_matches_tells(text, users, teams):
    assert owners_of("data/", text) == Owners(frozenset(users), frozenset(teams))
    assert owners_of("/data/", text) == owners_of("data/", text)


def test_a_path_with_a_space():
    assert owners_of("my data/", "/my\\ data/ @bob").users == {"bob"}


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
