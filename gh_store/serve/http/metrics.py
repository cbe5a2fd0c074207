"""
What is measured; what is not known is NaN. Labels are templates of paths, known names and the stores served: never what
callers say.
"""

import math
from collections.abc import Sequence
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from gh_store.serve.http.events import Events
from gh_store.serve.http.hooks import KNOWN
from gh_store.serve.http.message import NO_STORE, Call, Response
from gh_store.serve.served import Served

OTHER: Final = "other"
_METHODS: Final = ("GET", "HEAD", "PUT", "PATCH", "DELETE", "POST", "OPTIONS")
_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0, 30.0)
_STATES: Final = ("ok", "unavailable", "rate-limited", "refused")


class Metrics:
    """Counts, and the endpoint that tells them."""

    def __init__(self, served: Sequence[Served], events: Events) -> None:
        self._served, self._events = served, events
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "gh_store_http_requests", "Answers.", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "gh_store_http_request_seconds",
            "Seconds from the head of a request to the end of its answer; streams are left out.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._webhooks = Counter("gh_store_webhooks", "Webhooks that were signed.", ("event",), registry=self.registry)
        self._streams = Gauge("gh_store_streams", "Open streams of events.", registry=self.registry)
        self._of_stores = {
            name: Gauge(f"gh_store_{name}", said, ("repository",), registry=self.registry)
            for name, said in (
                ("objects", "Objects that are held."),
                ("complete", "1 if all objects are held."),
                ("age_seconds", "Seconds since GitHub confirmed all objects."),
                ("cache_up", "1 if the cache answers."),
                ("processing", "1 if updates are being applied."),
            )
        }
        self._github = Gauge(
            "gh_store_github_state",
            "1 for the state that GitHub is in.",
            ("repository", "state"),
            registry=self.registry,
        )
        self._queue = Gauge("gh_store_queue", "Jobs that wait.", ("repository", "kind"), registry=self.registry)
        self._known: dict[tuple[str, str, int], Any] = {}
        self._timed: dict[str, Any] = {}

    def answered(self, method: str, route: str, status: int, seconds: float | None) -> None:
        """Count an answer."""
        key = (method if method in _METHODS else OTHER, route, status)
        counted = self._known.get(key)
        if counted is None:
            counted = self._known[key] = self._requests.labels(*key[:2], str(status))
        counted.inc()
        if seconds is not None:
            timed = self._timed.get(route)
            if timed is None:
                timed = self._timed[route] = self._seconds.labels(route)
            timed.observe(seconds)

    def hooked(self, event: str) -> None:
        """Count a webhook."""
        self._webhooks.labels(event if event in KNOWN else OTHER).inc()

    async def metrics(self, _: Call) -> Response:
        """All measurements, in the text format of Prometheus."""
        self._streams.set(self._events.streams)
        for each in self._served:
            self._look_at(each.repository, await each.status())
        headers = ((b"content-type", CONTENT_TYPE_PLAIN_0_0_4.encode()), NO_STORE)
        return Response(200, headers, generate_latest(self.registry))

    def _look_at(self, repository: str, status: dict[str, Any]) -> None:
        for name, value in (
            ("objects", status["objects"]),
            ("complete", status["complete"]),
            ("age_seconds", status["age"]),
            ("cache_up", status["cache"] == "ok"),
            ("processing", bool(status["processing"])),
        ):
            self._of_stores[name].labels(repository).set(math.nan if value is None else value)
        for state in _STATES:
            self._github.labels(repository, state).set(status["github"]["state"] == state)
        for kind, waiting in status["queue"].items():
            self._queue.labels(repository, kind).set(waiting)
