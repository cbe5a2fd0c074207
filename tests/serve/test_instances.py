"""Servers whose cache is lost, in whole or in part, again and again; and several beside each other, over one Valkey."""

import asyncio
import os
import random
from contextlib import ExitStack, closing

import pytest
from serve.simulated import Deliveries, idle, run, serving

from gh_store.domain.exceptions import GitHubStoreError
from gh_store.serve.cache.asking import Asking
from gh_store.serve.cache.sqlite import SqliteCache
from gh_store.serve.cache.valkey import ValkeyCache
from gh_store.serve.model import object_of

STEPS = 24


def change(store, rng: random.Random) -> None:
    """Something that somebody does with one of a few objects."""
    object_id = rng.choice("abcdefgh")
    try:
        if rng.random() < 0.15:
            store.delete(object_id)
        elif rng.random() < 0.4:
            store.put(object_id, {"n": rng.randrange(100)})
        else:
            store.update(object_id, {f"n{rng.randrange(3)}": rng.randrange(100)})
    except GitHubStoreError:  # it is not there
        store.put(object_id, {})


async def served_through(world, servers, rng, lose) -> None:
    """Change objects; tell of it by webhooks that are lost, doubled and in any order; and lose what is cached."""
    deliveries = Deliveries(world)
    for step in range(STEPS):
        change(world.near(), rng)
        hints = [hint for hint in deliveries.take() for _ in range(rng.choice([0, 1, 1, 2]))]
        rng.shuffle(hints)
        for hint in hints:
            rng.choice(servers).hint(hint)
        if step % 3 == 2:
            lose(rng)
        await asyncio.sleep(rng.random() * 4)
    await asyncio.sleep(31)  # an interval
    for server in servers:
        await idle(server)


async def compare(world, server) -> None:
    """What a server says is what the store says."""
    listed = {obj.meta.object_id: obj for obj in world.near().list_all()}
    batch = await server.objects("", "", 100)
    told = {row.seen.object_id: object_of(row.seen.text) for row in batch.rows}
    assert {name: (obj.data, obj.meta.version, obj.meta.pending) for name, obj in told.items()} == {
        name: (obj.data, obj.meta.version, obj.meta.pending) for name, obj in listed.items()
    }
    for name in "abcdefgh":
        if name in listed:
            assert object_of((await server.object(name)).text).data == listed[name].data
    assert (await server.status())["objects"] == len(listed)
    changes = await server.changes(None, 100)
    assert {row.seen.object_id for row in changes.rows if not row.seen.deleted} == set(listed)
    assert changes.cursor == batch.cursor == await server.cursor()


def through(world, caches, lose, folder, seed: int) -> None:
    async def main() -> None:
        servers = [serving(world, folder, cache=cache, seed=at, interval=30) for at, cache in enumerate(caches)]
        try:
            for server in servers:
                await server.hub.start()
            await served_through(world, servers, random.Random(seed), lose)
            for server in servers:
                await compare(world, server)
        finally:
            for server in servers:
                await server.hub.stop()

    run(world, main)


@pytest.mark.parametrize("seed", range(2))
def test_a_file_that_is_lost_again_and_again_ends_as_what_the_store_lists(calm, tmp_path, seed):
    path = tmp_path / "cache" / "one.db"

    def lose(rng: random.Random) -> None:
        how = rng.randrange(4)
        if how == 0:
            path.unlink()
        elif how == 1:
            os.truncate(path, rng.randrange(path.stat().st_size + 1))
        elif how == 2:
            raw = bytearray(path.read_bytes() or b"x")
            raw[rng.randrange(len(raw))] ^= 255
            path.write_bytes(raw)
        else:
            path.write_bytes(rng.randbytes(5000))

    with closing(SqliteCache(path)) as cache:
        through(calm, [cache], lose, tmp_path, seed)


@pytest.mark.parametrize("seed", range(2))
def test_instances_end_alike_and_as_what_the_store_lists_whatever_their_valkey_loses(calm, own_valkey, tmp_path, seed):
    def lose(rng: random.Random) -> None:
        how = rng.randrange(6)
        with own_valkey.client as client:
            if how == 0:
                client.flushall()
            elif how in (1, 2) and (names := sorted(client.keys("*"))):
                client.delete(rng.choice(names))
            elif how == 3:
                client.save()
        if how in (4, 5):  # empty, or as it was when it was saved
            own_valkey.kill()
            own_valkey.start()

    with ExitStack() as stack:
        asking = (Asking(own_valkey.address, clock=calm.clock) for _ in range(2))
        caches = [stack.enter_context(closing(ValkeyCache(each, "one"))) for each in asking]
        through(calm, caches, lose, tmp_path, seed)
