"""Who counts: whom it asks, how long an answer holds, and what is never an answer."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from gh_store import BackendUnavailable, ConfigurationError, InsufficientScope, RateLimited
from gh_store.domain.issues import User

HOUR = 3600
ADA, BOT = User("Ada"), User("helper[bot]", is_bot=True)


def rights(world, **settings):
    """Those of a new program, which counts its requests from here on."""
    world.requests()
    return world.store(config=replace(world.config, **settings)).access_control


def counts(asked, user=ADA, **how):
    return asked.counts(user, full=True, **how)


# --- how long an answer holds ---------------------------------------------------------------------


@pytest.mark.parametrize(("before", "after"), [("write", "read"), ("read", "write")])
def test_yes_and_no_are_asked_again_after_an_hour(calm, before, after):
    calm.user("ada", before)
    asked = rights(calm)
    assert counts(asked) == (before == "write")
    calm.user("ada", after)
    calm.clock.sleep(HOUR - 1)
    assert counts(asked) == (before == "write")
    assert calm.requests() == ["permission"]
    calm.clock.sleep(2)
    assert counts(asked) == (after == "write")
    assert calm.requests() == ["permission"]


def test_a_no_holds_only_for_what_was_written_before_it_was_asked(calm):
    asked, then = rights(calm), calm.backend().now()
    calm.clock.sleep(10)
    for _ in range(3):
        assert not counts(asked, written=then)
    assert calm.requests() == ["permission"]
    now = calm.backend().now()  # times are whole seconds: this may have been written a little later
    calm.user("ada", "write")
    assert counts(asked, written=now)
    assert counts(asked, written=then)
    assert calm.requests() == ["permission"]


def test_what_it_is_asked_for_was_there_before_and_costs_no_second_request(calm):
    asked, now = rights(calm), calm.backend().now()
    for _ in range(3):
        assert not counts(asked, written=now)
        assert not asked.counts(ADA, written=now)
    assert calm.requests() == ["permission"]


def test_heads_replies_and_receipts_have_their_time_too(calm):
    asked = rights(calm)
    assert not asked.counts(ADA)
    calm.user("ada", "write")
    assert not asked.counts(ADA)
    calm.clock.sleep(1)
    assert asked.counts(ADA, written=calm.backend().now())


def test_codeowners_are_kept_for_an_hour(calm):
    calm.backend().put_file("CODEOWNERS", "data/ @ada")
    calm.user("ada", "write")
    asked = rights(calm, access_codeowners="data/")
    assert counts(asked)
    calm.backend().put_file("CODEOWNERS", "data/ @bob")
    assert counts(asked)
    calm.clock.sleep(HOUR + 1)
    assert not counts(asked)
    calm.backend().put_file("CODEOWNERS", "data/ @ada")
    assert not counts(asked)
    calm.clock.sleep(1)
    calm.requests()
    assert counts(asked, written=calm.backend().now())
    assert calm.requests() == ["read_file", "read_file"], "it looks into .github first, and asks for no permission"


def test_teams_are_kept_for_an_hour(calm):
    calm.backend().put_file(".github/CODEOWNERS", "data/ @org/team")
    calm.user("ada", "write")
    calm.user("bob", "write")
    calm.backend().join_team("org/team", "bob")
    asked = rights(calm, access_codeowners="data/")
    assert counts(asked, User("bob"))
    assert not counts(asked)
    calm.backend().join_team("org/team", "ada")
    assert not counts(asked)
    assert sorted(calm.requests()) == ["permission", "permission", "read_file", "team"]
    calm.clock.sleep(1)
    assert counts(asked, written=calm.backend().now())
    assert calm.requests() == ["read_file", "team"]


# --- what is never an answer ----------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/permission", "/contents/", "/teams/"])
@pytest.mark.parametrize("kind", ["500", "502", "drop-before", "drop-after", "primary-limit", "secondary-limit-bare"])
def test_who_gets_no_answer_does_not_take_it_for_a_no(hub, path, kind):
    hub.backend().put_file("CODEOWNERS", "data/ @org/team")
    hub.backend().join_team("org/team", "ada")
    hub.user("ada", "write")
    hub.near().create("x", {})
    comment = hub.backend("ada").create_comment(1, '{"n": 1}')
    store = hub.store(config=replace(hub.config, access_codeowners="data/", rate_limit_on_limit="raise"))
    hub.trouble.add({"kind": kind, "match": path, "times": 9})
    for _ in range(2):
        with pytest.raises((BackendUnavailable, RateLimited)):
            store.process_updates(1)
    assert hub.near().backend.list_comments(1, 1).comments[-1] == comment, "it was left alone"
    hub.trouble.clear()
    hub.clock.sleep(7200)  # until a limit is lifted; no answer was kept that could have expired
    assert store.process_updates(1).data == {"n": 1}


def test_a_file_that_is_too_large_to_be_shown_is_not_an_empty_one(hub):
    hub.backend().put_file("CODEOWNERS", "data/ @ada".ljust(1_100_000))
    hub.user("ada", "write")
    with pytest.raises(ConfigurationError, match="1 MB"):
        counts(rights(hub, access_codeowners="data/"))


def test_who_may_not_ask_has_no_answer(calm):
    calm.user("reader", "read")
    asked = calm.store("reader").access_control
    for _ in range(2):
        with pytest.raises(InsufficientScope):
            counts(asked)
    calm.user("reader", "write")
    calm.user("ada", "write")
    assert counts(asked)


@pytest.mark.parametrize("where", ["calm", "hub"])
def test_somebody_who_is_not_found_is_asked_for_twice(request, where):
    world = request.getfixturevalue(where)
    world.user("ada", "none")  # what the port tells of 404
    asked, looks = rights(world), []

    def renamed(_, verb):
        looks.append(verb)
        if len(looks) == 2:
            world.user("ada", "write")

    world.faults.cut = renamed
    assert counts(asked)
    assert looks == ["permission"] * 2
    assert world.clock.slept == asked.backend.lag
    world.user("bob", "none")
    assert not counts(asked, User("bob"))
    assert looks == ["permission"] * 4
    assert not counts(asked, User("stranger"))
    assert looks == ["permission"] * 5


# --- who needs no answer --------------------------------------------------------------------------


def test_standing_are_the_owner_and_who_is_named(calm):
    asked = rights(calm, access_users=("@Ada", "grace", "helper[bot]"))
    for user in (ADA, User("GRACE"), User("LOCAL"), BOT):
        assert asked.standing(user)
        assert counts(asked, user)
    assert calm.requests() == []
    assert not any(map(asked.standing, (None, User("eve"), User("@ada"), User("ghost"))))


def test_a_bot_that_is_only_named_counts_in_the_full_wire_format_alone(calm):
    asked = rights(calm, access_users=("helper[bot]",))
    assert counts(asked, BOT)
    assert not asked.counts(BOT, full=False)
    calm.user("helper[bot]", "write")
    assert rights(calm).counts(BOT, full=False)


@pytest.mark.parametrize("user", [None, User("ghost"), User("Ghost")])
def test_a_deleted_account_never_counts(calm, user):
    calm.user("ghost", "admin")
    asked = rights(calm, access_users=("ghost",))
    assert not counts(asked, user)
    assert not asked.counts(user)
    assert not asked.standing(user)
    assert calm.requests() == []


def test_nobody_is_named_by_an_empty_list(calm):
    asked = rights(calm, access_users=())
    assert not counts(asked, User("github-actions[bot]", is_bot=True))
    assert counts(asked, User("local"))


def test_with_codeowners_a_writer_counts_only_if_the_path_is_his_and_standing_users_always(calm):
    calm.backend().put_file("CODEOWNERS", "data/ @Ada\n/* @eve")
    for login in ("ada", "eve"):
        calm.user(login, "write")
    asked = rights(calm, access_codeowners="data/live/x", access_users=("grace",))
    for user, whether in ((ADA, True), (User("eve"), False), (User("grace"), True), (User("local"), True)):
        assert counts(asked, user) == whether
        assert asked.counts(user) == whether


def test_threads_share_it(calm):
    users = [User(f"user-{number}") for number in range(40)]
    for user in users[::2]:
        calm.user(user.login, "write")
    asked = rights(calm)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda user: counts(asked, user), users * 5))
    assert answers == [number % 2 == 0 for number in range(40)] * 5
