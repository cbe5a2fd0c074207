"""A cache in Valkey: what several instances share, and what becomes of it when the server fails."""

import random
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest
import trustme
from valkey_server import free_port

from gh_store.domain.exceptions import ConfigurationError
from gh_store.serve.cache import Cache, CacheDown, Held, Kept
from gh_store.serve.cache.asking import Asking
from gh_store.serve.cache.opening import opened
from gh_store.serve.cache.scripts import KEEP
from gh_store.serve.cache.valkey import ValkeyCache
from gh_store.serve.model import Cursor, Observation, new_generation

GENERATION = "0123456789abcdef"
STORE = "api.github.com/owner/name"
KEYS = ("state", "rows", "ids", "changes", "made")


def seen(number: int, at: int = 100) -> Observation:
    return Observation(f"object-{number}", number, at, at, f'{{"n": {at}}}')


def filled(address: str, *, clock=time.monotonic) -> Cache:
    cache = ValkeyCache(Asking(address, clock=clock), STORE)
    cache.begin(GENERATION)
    for number in range(1, 11):
        cache.keep(GENERATION, seen(number), 1000.0)
    cache.completed(GENERATION, 90, 1000.0)
    return cache


def is_lost(cache: Cache) -> bool:
    """True if there is no model, and so nothing."""
    nothing = (cache.row("object-1"), cache.row_of_issue(1), list(cache.rows("", "", 20)), cache.model())
    assert nothing == (None, None, [], None)
    assert cache.changes(Cursor(GENERATION, 0), 20) is None
    assert cache.keep(GENERATION, seen(99), 1001.0) is None
    assert not cache.completed(GENERATION, 200, 1001.0)
    cache.listed(GENERATION, 200, 1001.0)
    return cache.model() is None


@pytest.mark.parametrize("how", ["evicted", "of another type"])
@pytest.mark.parametrize("key", KEYS)
def test_a_model_without_one_of_its_keys_is_lost_and_begins_anew(valkey, key, how):
    with closing(filled(valkey.address)) as cache, valkey.client as client:
        name = f"gh-store:1:{{{STORE}}}:{key}"
        assert client.delete(name)
        if how == "of another type":
            client.set(name, "something else")
        assert is_lost(cache)
        again = new_generation()
        begun = cache.begin(again)
        assert (begun.cursor, begun.objects, begun.complete) == (Cursor(again, 0), 0, False)
        assert cache.row("object-1") is None
        assert cache.keep(again, seen(1), 1001.0).row.position == 1
        assert cache.keep(GENERATION, seen(2), 1001.0) is None


def test_a_server_that_evicts_all_the_time_loses_models_and_never_a_part_of_one(own_valkey):
    rng = random.Random(5)
    lost = 0
    with closing(filled(own_valkey.address)) as cache, own_valkey.client as client:
        client.config_set("maxmemory-policy", "allkeys-random")
        client.config_set("maxmemory", client.info("memory")["used_memory"] + 100_000)
        held = {number: seen(number) for number in range(1, 11)}
        generation = GENERATION
        for step in range(400):
            if (model := cache.model()) is None:
                lost, held, generation = lost + 1, {}, new_generation()
                cache.begin(generation)
                continue
            told = cache.rows("", "", 1000)
            if model == cache.model():
                assert {row.seen.issue_number: row.seen for row in told} == held
            one = replace(seen(rng.randrange(1, 40), step + 200), text=f'"{"x" * rng.randrange(4_000)}"')
            if (kept := cache.keep(generation, one, 1000.0)) is not None:
                held[one.issue_number] = kept.row.seen
    assert lost > 2


def test_every_key_has_the_store_as_its_hash_tag_and_a_time_to_live_that_use_renews(valkey):
    with closing(filled(valkey.address)) as cache, valkey.client as client:
        cache.note("a{b} c\n", "history", "1", "text")
        names = client.keys("*")
        assert len(names) == 6
        assert all(name.startswith(f"gh-store:1:{{{STORE}}}:".encode()) for name in names)
        assert all(0 < client.ttl(name) <= 7 * 86_400 for name in names)
        for key in KEYS:
            client.expire(f"gh-store:1:{{{STORE}}}:{key}", 100)
        cache.model()
        assert all(client.ttl(f"gh-store:1:{{{STORE}}}:{key}") > 6 * 86_400 for key in KEYS)
    with closing(opened(valkey.address, "a}b{c/d e")) as cache, valkey.client as client:
        cache.begin(GENERATION)
        assert client.keys("*a%7Db*") == [b"gh-store:1:{a%7Db%7Bc/d%20e}:state"]


def test_instances_see_each_other_at_once_and_stores_do_not(valkey):
    with closing(filled(valkey.address)) as one, closing(opened(valkey.address, STORE)) as two:
        assert two.model() == one.model() == two.begin(new_generation())
        kept = one.keep(GENERATION, seen(1, 200), 1001.0)
        assert two.row("object-1") == kept.row
        assert two.changes(Cursor(GENERATION, 10), 5) == [kept.row]
        with closing(opened(valkey.address, "another")) as other:
            assert other.model() is None


class Overtaken(Asking):
    """Right before something is kept, somebody else does something."""

    before: Callable[[], object] | None = None

    def run(self, script, keys, *args):
        before, self.before = (self.before, None) if script is KEEP else (None, self.before)
        if before is not None:
            before()
        return super().run(script, keys, *args)


def test_what_another_instance_does_in_between_is_not_overwritten(valkey):
    asking = Overtaken(valkey.address)
    with closing(ValkeyCache(asking, STORE)) as one, closing(filled(valkey.address)) as two:
        asking.before = lambda: two.keep(GENERATION, seen(1, 300), 1001.0)
        assert one.keep(GENERATION, seen(1, 200), 1001.0) == Kept(two.row("object-1"), changed=False)
        assert one.row("object-1").seen == seen(1, 300)
        asking.before = lambda: two.keep(GENERATION, replace(seen(50), object_id="first"), 1001.0)
        with pytest.raises(Held) as met:
            one.keep(GENERATION, replace(seen(50), object_id="second"), 1001.0)
        assert met.value.row == two.row("first")
        again = new_generation()
        asking.before = lambda: (valkey.client.flushall(), two.begin(again))
        assert one.keep(GENERATION, seen(1, 400), 1001.0) is None
        assert two.model().objects == 0


def test_scripts_that_the_server_forgot_are_sent_again(valkey):
    with closing(filled(valkey.address)) as cache, valkey.client as client:
        client.script_flush()
        assert cache.model().objects == 10
        client.script_flush()
        assert cache.keep(GENERATION, seen(1, 200), 1001.0).changed


def test_a_note_that_is_too_large_is_not_kept_and_neither_is_the_one_before(valkey):
    with closing(opened(valkey.address, STORE)) as cache:
        cache.note("a", "history", "1", "x")
        assert cache.noted("a", "history") == ("1", "x")
        cache.note("a", "history", "2", "x" * 4_000_001)
        assert cache.noted("a", "history") is None


# --- failures -------------------------------------------------------------------------------------


def test_a_server_that_hangs_costs_a_second_and_then_nothing_until_it_goes_on(own_valkey):
    now = [0.0]
    with closing(filled(own_valkey.address, clock=lambda: now[0])) as cache:
        own_valkey.hang()
        begun = time.monotonic()
        with pytest.raises(CacheDown, match="unix://"):
            cache.model()
        assert 0.9 < time.monotonic() - begun < 3
        begun = time.monotonic()
        for _ in range(100):
            with pytest.raises(CacheDown):
                cache.row("object-1")
        now[0] += 0.49
        with pytest.raises(CacheDown):
            cache.keep(GENERATION, seen(1, 200), 1001.0)
        assert time.monotonic() - begun < 0.9
        own_valkey.go_on()
        with pytest.raises(CacheDown):
            cache.model()
        now[0] += 0.02
        assert cache.model().objects == 10
        assert cache.row("object-1").seen == seen(1)


def test_one_thread_tries_again_while_the_others_do_not_wait(own_valkey):
    now = [0.0]
    with closing(filled(own_valkey.address, clock=lambda: now[0])) as cache:
        own_valkey.hang()
        with pytest.raises(CacheDown):
            cache.model()
        now[0] += 0.6
        took = []

        def ask() -> None:
            begun = time.monotonic()
            with pytest.raises(CacheDown):
                cache.row("object-1")
            took.append(time.monotonic() - begun)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(each > 0.5 for each in took) == 1
        own_valkey.go_on()


def test_a_server_that_was_killed_is_down_and_empty_when_it_is_back(own_valkey):
    now = [0.0]
    with closing(filled(own_valkey.address, clock=lambda: now[0])) as cache:
        own_valkey.kill()
        with pytest.raises(CacheDown):
            cache.model()
        own_valkey.start()
        now[0] += 1
        assert is_lost(cache)
        assert cache.begin(new_generation()).objects == 0


def test_connections_that_the_server_closed_meanwhile_are_no_failure(own_valkey):
    with closing(filled(own_valkey.address)) as cache:
        own_valkey.kill()
        own_valkey.start()
        assert cache.model() is None


def test_a_server_that_went_back_in_time_goes_on_behind_all_cursors(own_valkey):
    now = [0.0]
    with closing(filled(own_valkey.address, clock=lambda: now[0])) as cache:
        with own_valkey.client as client:
            client.save()
        told = cache.keep(GENERATION, seen(1, 200), 1001.0).row.position
        own_valkey.kill()
        own_valkey.start()
        model = cache.model()
        assert model.cursor.generation == GENERATION
        assert (model.objects, model.complete) == (10, True)
        assert cache.row("object-1").seen == seen(1)
        kept = cache.keep(GENERATION, seen(1, 200), 1001.0)
        assert cache.changes(Cursor(GENERATION, told), 10) == [kept.row]
        position = cache.model().cursor.position
        assert cache.model().cursor.position == position  # only once


def test_a_server_that_is_full_can_still_be_read(own_valkey):
    with closing(filled(own_valkey.address)) as cache, own_valkey.client as client:
        client.config_set("maxmemory", 1)
        with pytest.raises(CacheDown, match="maxmemory"):
            cache.keep(GENERATION, seen(1, 200), 1001.0)
        assert cache.row("object-1").seen == seen(1)
        assert cache.model().cursor.position == 10
        client.config_set("maxmemory", 0)
        assert cache.keep(GENERATION, seen(1, 200), 1001.0).row.position == 11


# --- addresses ------------------------------------------------------------------------------------


def test_a_password_is_given_and_never_told(own_valkey):
    own_valkey.client.config_set("requirepass", "s3cret/#")
    with closing(opened(f"unix://:s3cret%2F%23@{own_valkey.socket}", STORE)) as cache:
        assert cache.begin(GENERATION) == cache.model()
    with closing(opened(f"unix://:wr0ng@{own_valkey.socket}", STORE)) as cache:
        with pytest.raises(CacheDown) as told:
            cache.model()
        assert "wr0ng" not in f"{told.value} {told.value!r} {cache!r} {cache._asking!r}"


@pytest.mark.parametrize(
    "address",
    [
        "http://:s3cret@host", "valkey://:s3cret/pa@host:6379", "valkey://:s3cret#@host", "valkey://u:s3cret@host:port",
        "redis://:s3cret@host:99999", "redis://:s3cret@host/name", "redis://:s3cret@host/0?socket_timeout=9",
        "redis://:s3cret@host/0?s3cret=1", "redis://:s3cret@[host", "redis://:s3cret@host?db=x", "redis://h?db=-1",
    ],
)  # fmt: skip  # a list
def test_garbage_is_refused_without_a_password(address):
    with pytest.raises(ConfigurationError) as told:
        opened(address, STORE)
    assert "s3cret" not in f"{told.value} {told.value.hint} {told.value!r}"
    assert told.value.__cause__ is None


@pytest.mark.parametrize(
    "address", ["valkey://h", "VALKEY://h:1", "redis://u:p@[::1]:6379/3", "rediss://h/", "unix:///s"]
)
def test_addresses_of_servers_are_taken_as_such(address):
    with closing(opened(address, STORE)) as cache:
        assert isinstance(cache, ValkeyCache)


def test_it_is_asked_over_tls_with_a_certificate_that_fits(own_valkey, tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    own = authority.issue_cert("127.0.0.1")
    own.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    own.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    own_valkey.kill()
    port = free_port()
    files = [word for name in ("key", "cert") for word in (f"--tls-{name}-file", str(tmp_path / f"{name}.pem"))]
    own_valkey.start(
        "--tls-port", str(port), *files, "--tls-ca-cert-file", str(tmp_path / "ca.pem"), "--tls-auth-clients", "no"
    )
    ca = f"ssl_ca_certs={tmp_path / 'ca.pem'}"
    with closing(opened(f"rediss://127.0.0.1:{port}/0?{ca}", STORE)) as cache:
        assert cache.begin(GENERATION) == cache.model()
    for wrong in (f"rediss://127.0.0.1:{port}", f"rediss://127.0.0.1:{port}?ssl_ca_certs=/nowhere"):
        with closing(opened(wrong, STORE)) as cache, pytest.raises(CacheDown, match=f"127.0.0.1:{port}"):
            cache.model()


def test_without_its_client_it_is_said_what_to_install(monkeypatch):
    for name in [each for each in sys.modules if each.partition(".")[0] == "valkey" or each.endswith("cache.asking")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "valkey", None)
    with pytest.raises(ConfigurationError, match="needs the package valkey") as told:
        opened("valkey://host", STORE)
    assert "[server,valkey]" in told.value.hint
