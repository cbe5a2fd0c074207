"""`gh-store site`: a static site from a snapshot."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import click

from gh_store import site as sites
from gh_store.cli.options import command, folder
from gh_store.cli.terminal import progress, say
from gh_store.domain.counts import several
from gh_store.domain.exceptions import GitHubStoreError

_PORT = 8000


@command(epilog="Example: gh-store site snapshot.json --output _site --title 'Open data of Ada'")
@click.argument("snapshot", metavar="SNAPSHOT")
@click.option(
    "-o", "--output", metavar="FOLDER", default="_site", show_default=True, callback=folder, help="Where the site goes."
)
@click.option("--title", metavar="TEXT", help="The name of the site.  [default: that of the repository]")
@click.option("--description", metavar="TEXT", default="", help="A line below the title.")
@click.option("--license", "licence", metavar="URL", help="The licence of the data.")
@click.option(
    "--base-url", "address", metavar="URL", help="Where the site will stand.  [default: its place on GitHub Pages]"
)
@click.option(
    "--theme", metavar="FOLDER", callback=folder, help="Templates that take the place of ours, and a theme.css."
)
@click.option("--columns", metavar="COLLECTION:a,b.c", multiple=True, help="The columns of a collection; repeatable.")
@click.option(
    "--pages",
    type=click.Choice(["auto", "all", "none"]),
    default="auto",
    show_default=True,
    help="Which objects have a page of their own: auto is all, up to 20,000; a script shows the others.",
)
@click.option("--live", is_flag=True, help="Let pages ask GitHub, without a token, what has changed since.")
@click.option("--force", is_flag=True, help="Write into a folder that holds files of something else.")
@click.option(
    "--serve",
    "port",
    metavar="[PORT]",
    is_flag=False,
    flag_value=_PORT,
    default=None,
    type=click.IntRange(0, 65535),
    help=f"Serve the site on this machine (port {_PORT}; 0 is any free one), and rebuild it on change.",
)
def site(
    snapshot: str,
    output: str,
    title: str | None,
    description: str,
    licence: str | None,
    address: str | None,
    theme: str | None,
    columns: tuple[str, ...],
    pages: str,
    live: bool,
    force: bool,
    port: int | None,
) -> None:
    """
    Make a static site of a snapshot: pages with search, tables, history and plots, a feed, and JSON files.

    Take the snapshot with `gh-store snapshot --history`; without history the site shows the latest data alone. Only
    what changed is written.
    """
    options = sites.Options(
        title,
        description,
        sites.check_url(licence, "--license") if licence is not None else None,
        sites.check_base_url(address) if address is not None else None,
        sites.check_theme(Path(theme)) if theme is not None else None,
        {"auto": None, "all": True, "none": False}[pages],
        sites.columns_of(columns),
        live,
    )

    def build() -> None:
        with progress("Making pages") as step:
            made = sites.build(Path(snapshot), Path(output), options, step, step.expect, force=force)
        for column in made.unfilled:
            say(f"note: --columns {column}: no object has a plain value there")
        objects, written = several("object", made.objects), several("file", made.written)
        say(f"{output}: {objects}; {written} written, {made.removed:,} removed")

    build()
    if port is not None:
        _serve(Path(output), port, options, Path(snapshot), build)


def _serve(output: Path, port: int, options: sites.Options, snapshot: Path, build: Callable[[], None]) -> None:
    from gh_store.site.serve import Server

    watched = [path for path in (snapshot, options.theme) if path is not None]
    before = _state(watched)

    def refresh() -> None:
        nonlocal before
        if (now := _state(watched)) != before:
            before = now
            try:
                build()
            except GitHubStoreError as error:  # the site stays as it was
                say(error.message)

    with suppress(KeyboardInterrupt), Server(output, port, sites.path_of(snapshot, options), refresh) as server:
        say(f"the site is served at {server.address}; press Ctrl-C to stop")
        server.serve_forever()


def _state(paths: list[Path]) -> list[tuple[str, int, int]]:
    """What changes when a file does."""

    def files() -> Iterator[Path]:
        for path in paths:
            yield from [path, *sorted(path.rglob("*"))] if path.is_dir() else [path]

    found = []
    for file in files():
        try:
            stat = file.stat()
        except OSError:
            continue
        found.append((str(file), stat.st_mtime_ns, stat.st_size))
    return found
