"""A server that is stopped ends what sleeps in its threads: pauses between writes, limits, repetitions, patience."""

import threading
import time

import pytest

from gh_store import BackendUnavailable, GitHubStore, LocalStore
from gh_store.serve.stopping import Stop


def ending(stop: Stop, sleeps: threading.Event, work) -> tuple[BaseException | None, float]:
    """Stop once the work sleeps: what it raises, and how long it took from there."""
    raised: list[BaseException] = []

    def run():
        try:
            work()
        except BackendUnavailable as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert sleeps.wait(10)
    begun = time.monotonic()
    stop.stop()
    thread.join(10)
    assert not thread.is_alive()
    return (raised[0] if raised else None), time.monotonic() - begun


class Told(Stop):
    """Tells when a long sleep begins."""

    def __init__(self):
        super().__init__()
        self.asleep = threading.Event()

    def sleep(self, seconds):
        if seconds > 5:
            self.asleep.set()
        super().sleep(seconds)


def served(hub, tmp_path, text, stop):
    file = tmp_path / "c.yml"
    file.write_text(f"store: {{{text}}}")
    return GitHubStore("local/data", f"token-of-{tmp_path.name}", file, base_url=hub.address, sleep=stop.sleep)


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ("rate_limit: {seconds_between_writes: 600}", None),
        ("rate_limit: {on_limit: wait}", {"kind": "primary-limit", "seconds": 900, "after": 1}),
        ("retries: {backoff_factor: 60}", {"kind": "500", "times": 9, "after": 1}),
    ],
)
def test_every_sleep_of_a_store_ends(hub, tmp_path, settings, fault):
    stop = Told()
    hub.server.users[f"token-of-{tmp_path.name}"] = "local"
    with served(hub, tmp_path, settings, stop) as store:
        if fault is not None:
            hub.trouble.add(fault)
        error, took = ending(stop, stop.asleep, lambda: store.create("a", {}))
        assert error is not None
        assert "being stopped" in str(error)
        assert took < 2
        hub.trouble.clear()


def test_waiting_for_a_processor_ends(tmp_path):
    stop = Stop()
    with LocalStore(tmp_path / "s.db", sleep=stop.sleep) as store:
        store.create("a", {})
        stop.stop()
        with pytest.raises(BackendUnavailable, match="being stopped"):
            store.update("a", {"n": 1}, wait=30)
        assert store.get("a").data == {"n": 1}, "what was written is there"


def test_a_served_store_sleeps_out_no_limit_whatever_is_configured(hub, tmp_path):
    file = tmp_path / "c.yml"
    file.write_text("store: {rate_limit: {on_limit: wait}}")
    with GitHubStore("local/data", "t", file, base_url=hub.address, on_limit="raise") as store:
        assert store.config.rate_limit_on_limit == "raise"
        assert store._repo.retry.on_limit == "raise"
