"""`gh-store serve`: stores over HTTP, from a read model that webhooks and syncs keep fresh."""

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from gh_store.cli import settings
from gh_store.cli.opening import place_of
from gh_store.cli.options import DEFAULT_STORE, command, folder, stores_options
from gh_store.cli.terminal import say
from gh_store.domain.exceptions import ConfigurationError

if TYPE_CHECKING:
    from gh_store.serve.server import Running

_LONGEST_AGE = 31_536_000


@command(epilog="Example: gh-store serve --repo ada/data --read-only --port 8080")
@click.option("--host", metavar="HOST", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 is any free port.")
@click.option(
    "--interval",
    metavar="DURATION",
    help="Look at what changed so often; 0 is never.  [default: GH_STORE_SYNC_INTERVAL, 5m]",
)
@click.option(
    "--ttl", metavar="DURATION", default="10m", show_default=True, help="Ask again for what GitHub said before that."
)
@click.option(
    "--cache",
    metavar="FOLDER|URL",
    callback=folder,
    help="Where the read model is: a folder, or valkey://HOST:PORT/N.  "
    "[default: GH_STORE_CACHE, ~/.cache/gh-store/serve]",
)
@click.option("--read-only", is_flag=True, help="Write nothing, whoever asks.  [default: GH_STORE_READ_ONLY]")
@click.option("--process/--no-process", default=True, show_default=True, help="Apply pending updates.")
@click.option("--public-reads", is_flag=True, help="Let anybody read without the token.")
@click.option("--allowed-host", metavar="NAME", multiple=True, help="A name of this server; repeatable.")
@click.option("--cors", metavar="ORIGIN", multiple=True, help="Pages of this origin may ask; repeatable.")
@click.option(
    "--rate",
    type=click.FloatRange(min=0, max=1_000_000),
    metavar="N",
    help="Requests a second of an address; 0 is any number.  [default: 50; on loopback 0]",
)
@click.option(
    "--max-age",
    type=click.IntRange(0, _LONGEST_AGE),
    default=0,
    show_default=True,
    metavar="SECONDS",
    help="Let caches keep answers so long without asking.",
)
@click.option("--trusted-proxy", metavar="CIDR", multiple=True, help="Believe its X-Forwarded-For; repeatable.")
@stores_options
def serve(
    store: str | None,
    repos: tuple[str, ...],
    token: str | None,
    base_url: str | None,
    ca_bundle: str | None,
    config: str | None,
    **options: Any,
) -> None:
    """
    Serve stores over HTTP: from memory of what GitHub said, kept fresh, also while GitHub is down.

    Writes take the token in GH_STORE_SERVE_TOKEN; without one there are none. GH_STORE_WEBHOOK_SECRET is the secret of
    a webhook on GitHub, by which the server learns at once what changed. Durations are 90s, 5m or 1h.
    """
    from gh_store.serve.ending import leave_threads, until_signal

    running: Running | None = None

    def stop() -> None:
        if running is None:
            raise KeyboardInterrupt
        running.stop()

    with until_signal(stop), suppress(KeyboardInterrupt):  # one that came before there was anything to end
        try:
            from gh_store.serve import opening, server
            from gh_store.serve import settings as serving
            from gh_store.serve.http.app import App
        except ImportError as error:
            raise ConfigurationError(
                f"The server needs {error.name}.", hint="pip install 'gh-object-store[server]'"
            ) from error
        loaded = settings.start(config)
        told = serving.read(options, os.environ)
        where = opening.Where(*_named(store, repos), token, base_url, ca_bundle, config)
        with opening.open_stores(where, told) as stores:
            listening = server.listen(told.host, told.port)
            running = server.Running(App(stores, told, loaded), stores, listening)
            names = ", ".join(each.repository for each in stores.served)
            say(f"{names}: served at {server.address_of(listening)}; press Ctrl-C to stop")
            running.run()
        leave_threads()


def _named(store: str | None, repos: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    """The file of a store, or the repositories."""
    place = place_of(store, repos[0] if repos else None)
    if place.repository is not None:
        return None, repos or (place.repository,)
    return place.file or DEFAULT_STORE, ()
