"""Whatever goes wrong, in the end the model is what the store lists."""

import asyncio
import os
import random
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial

import pytest
from serve.simulated import Cut, Deliveries, Steps, cut_store, held, idle, is_idle, run, serving, until
from world import GitHubWorld, MemoryWorld, World

from gh_store import config as configuration
from gh_store.domain.exceptions import ConcurrentUpdateError, GitHubStoreError, ObjectExists, ObjectNotFound
from gh_store.serve.cache.sqlite import SqliteCache
from gh_store.serve.model import text_of
from gh_store.serve.webhook import Hint

CONFIG = replace(configuration.load(), rate_limit_on_limit="raise", log_max_events=12)
STEPS = 25
KILLS = 20
SEEDS = int(os.environ.get("EXAMPLES", "4"))


def listed(world):
    return {
        obj.meta.object_id: (obj.meta.issue_number, obj.meta.version, text_of(obj)) for obj in world.near().list_all()
    }


class People:
    """Everybody who acts on a store, by chance."""

    def __init__(self, world: World, chance: random.Random, *, by_hand: bool) -> None:
        self.world = world
        self.chance = chance
        self.by_hand = by_hand  # issues are deleted, too, which no list shows
        self.store = world.near()

    def act(self) -> None:
        name, chance = self.chance.choice("abcdef"), self.chance
        with suppress(ConcurrentUpdateError, ObjectExists, ObjectNotFound):
            getattr(
                self, chance.choice(["create", "update", "update", "updates", "process", "delete", "talk", "edit"])
            )(name)
        if self.by_hand and chance.random() < 0.06:
            self.gone(name)

    def create(self, name):
        self.store.create(name, {"n": self.chance.randrange(100)})

    def update(self, name):
        self.store.update(name, {"n": self.chance.randrange(100)})

    def updates(self, name):
        for _ in range(3):
            self.store.update(name, {"n": self.chance.randrange(100)}, expected_version=self.chance.choice([None, 1]))

    def process(self, name):
        self.store.process_updates(self.store.get(name).meta.issue_number)

    def delete(self, name):
        self.store.delete(name)

    def talk(self, name):
        self.world.backend().create_comment(self.store.get(name).meta.issue_number, "how nice")

    def edit(self, name):
        self.world.backend().edit_issue(self.store.get(name).meta.issue_number, body='{"by": "hand"}')

    def gone(self, name):
        with suppress(ObjectNotFound):
            self.world.backend().delete_issue(self.store.get(name).meta.issue_number)


class Webhooks:
    """GitHub's deliveries: some are lost, some come twice, late, or in another order."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.deliveries = Deliveries(world)
        self.chance = chance
        self.late: list[Hint] = []

    def send(self, *servers):
        hints = self.deliveries.take() + self.late
        self.late = [hint for hint in hints if self.chance.random() < 0.2]
        hints = [hint for hint in hints if self.chance.random() < 0.7]
        hints += [hint for hint in hints if self.chance.random() < 0.3]
        if self.chance.random() < 0.5:
            hints.reverse()
        for hint in hints:
            self.chance.choice(servers).hint(hint)


def trouble(world, chance):
    """What GitHub may do to those who ask it, for a while."""
    if isinstance(world, GitHubWorld):
        kind = chance.choice(["500", "502", "drop-before", "drop-after", "primary-limit", "secondary-limit-bare"])
        world.trouble.add({"kind": kind, "times": chance.randrange(1, 6), "after": chance.randrange(3), "seconds": 20})
    else:
        until, share = world.clock() + 20, chance.choice([0.2, 1.0])
        world.faults.cut = lambda index, verb: (
            chance.choice(["before", "after"]) if world.clock() < until and chance.random() < share else None
        )


def lose(path, chance):
    """Delete the cache, or a part of it, while it is used or not."""
    for file in path.parent.glob(f"{path.name}*"):
        if "lock" not in file.name and chance.random() < 0.8:
            file.unlink()


async def converged(world, *servers, complete):
    """
    All troubles are over: the model is what the store lists, with what was pending processed.

    An interval is enough, unless issues were deleted by hand.
    """
    if isinstance(world, GitHubWorld):
        world.trouble.clear()
    world.faults.cut = lambda index, verb: None
    await asyncio.sleep(200)
    for served in servers:
        await until(served, lambda served=served: served.hub.asking.gate.is_open, 200)
        if complete:
            await served.sync(complete=True)
        await idle(served, 900)
    world.settle()
    assert held(servers[0]) == listed(world)
    assert all(served.hub.processing.on for served in servers)
    assert [done for done in world.near().process_pending() if done.error is None] == []  # nothing was left to do
    for served in servers:
        assert {served.hub.watch.model.objects} == {len(held(served))}


async def live(world, seed, path):
    """A server lives through everything that can go wrong; it is killed and started again."""
    chance = random.Random(seed)
    people, webhooks = People(world, chance, by_hand=seed % 2 == 1), Webhooks(world, chance)
    for name in "abc":
        people.create(name)
    served = serving(world, path, store=world.store(config=CONFIG), interval=120.0, seed=seed)
    await served.hub.start()
    for _ in range(STEPS):
        people.act()
        await asyncio.sleep(chance.choice([0.1, 1, 5]))
        if chance.random() < 0.6:
            webhooks.send(served)
        if chance.random() < 0.1:
            trouble(world, chance)
        if chance.random() < 0.3:
            with suppress(GitHubStoreError):
                await served.object(chance.choice("abcdefg"))
        if chance.random() < 0.1:
            lose(path, chance)
        if chance.random() < 0.1:
            await served.hub.stop()  # whatever is under way
            served.hub.watch.cache.close()
            if chance.random() < 0.5:
                lose(path, chance)
            served = serving(world, path, store=world.store(config=CONFIG), interval=120.0, seed=seed)
            await served.hub.start()
    try:
        await converged(world, served, complete=people.by_hand)
    finally:
        await served.hub.stop()
        served.hub.watch.cache.close()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_webhooks_get_lost_github_fails_and_the_server_is_killed(seed, tmp_path):
    with World(tmp_path / "store.db", CONFIG, lagging=True) as world:
        run(world, partial(live, world, seed, tmp_path / "cache.db"))


@pytest.mark.untraced
@pytest.mark.parametrize("seed", range(SEEDS // 2))
def test_the_same_over_http(hub, seed, tmp_path):
    hub.trouble.lags.read_lag, hub.trouble.lags.label_lag, hub.trouble.lags.late_ids = 0.9, 1.5, True
    run(hub, partial(live, hub, seed, tmp_path / "cache.db"))


@pytest.mark.parametrize("seed", range(SEEDS // 2))
def test_two_instances_of_one_cache(seed, tmp_path):
    async def main():
        chance = random.Random(seed)
        people, webhooks = People(world, chance, by_hand=seed % 2 == 1), Webhooks(world, chance)
        people.create("a")
        with closing(SqliteCache(tmp_path / "cache.db")) as cache:
            two = [
                serving(world, tmp_path, store=world.store(config=CONFIG), cache=cache, interval=120.0, seed=at)
                for at in (1, 2)
            ]
            for served in two:
                await served.hub.start()
            for _ in range(STEPS):
                people.act()
                await asyncio.sleep(chance.choice([0.1, 1, 5]))
                webhooks.send(*two)
                if chance.random() < 0.1:
                    trouble(world, chance)
                if chance.random() < 0.05:
                    lose(tmp_path / "cache.db", chance)
            try:
                await converged(world, *two, complete=people.by_hand)
            finally:
                for served in two:
                    await served.hub.stop()

    with World(tmp_path / "store.db", CONFIG, lagging=True) as world:
        run(world, main)


# --- kills ------------------------------------------------------------------------------------------------


async def killed_after(world, path, most):
    """A server that ends after so many steps: its requests, and what it does with its cache. How many it took."""
    steps = Steps(most)
    cache = SqliteCache(path)
    served = serving(world, path, store=cut_store(world, steps), cache=Cut(cache, steps), interval=0.0)
    with suppress(BaseException):
        await served.hub.start()
        await asyncio.sleep(0.1)
        await until(served, lambda: steps.ended or is_idle(served))
    with suppress(BaseException):
        await served.hub.stop()
    cache.close()
    return steps.taken


def changed(path):
    """A world with a server that has synced and ended, and what has changed since: pending, new, deleted, by hand."""
    world = MemoryWorld(path / "store.db", CONFIG)

    async def first():
        served = serving(world, path / "cache.db")
        await served.hub.start()
        await idle(served)
        await served.hub.stop()
        served.hub.watch.cache.close()

    store = world.near()
    for name in "abcd":
        store.create(name, {"n": 1})
    run(world, first)
    world.settle()
    store.update("a", {"n": 2})
    store.update("b", {"n": 2}, process=True)
    store.delete("c")
    store.create("e", {"n": 1})
    return world


async def started_again(world, path):
    """A new server on what the killed one has left."""
    served = serving(world, path, interval=0.0)
    await served.hub.start()
    await idle(served)
    assert held(served) == listed(world)
    assert world.head(1).settled  # what was pending is processed
    await served.hub.stop()
    served.hub.watch.cache.close()


def test_a_kill_between_any_two_steps_loses_nothing(tmp_path):
    at, most = 0, 1_000_000
    while at < most:  # the first is not killed, and tells how many steps there are
        folder = tmp_path / str(at)
        folder.mkdir()
        with changed(folder) as world:
            taken = run(world, partial(killed_after, world, folder / "cache.db", at or None))
            run(world, partial(started_again, world, folder / "cache.db"))
        most = taken if not at else most
        at += max(1, most // KILLS)
    assert most > 50
