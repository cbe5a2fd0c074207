"""`gh-store dev-server`: GitHub's REST API on this machine, over a store in a file."""

import re
from contextlib import closing, suppress
from typing import Final, get_args

import click

from gh_store import credentials
from gh_store.cli.options import command
from gh_store.cli.terminal import say
from gh_store.domain.exceptions import ConfigurationError
from gh_store.domain.issues import Role

_ROLES: Final = get_args(Role)
_SIGNED_WITH: Final = "GH_STORE_WEBHOOK_SECRET"
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,33}", re.ASCII)


@command("dev-server", epilog="Example: gh-store dev-server --store hub.db --repo ada/data --user secret=ada:admin")
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 is any free port.")
@click.option(
    "--store", "path", metavar="PATH", required=True, help="The file that holds the repository; :memory: for none."
)
@click.option("--repo", metavar="OWNER/NAME", required=True, help="The name of the repository.")
@click.option(
    "--user",
    "users",
    metavar="TOKEN=LOGIN:ROLE",
    multiple=True,
    help=f"A user; repeatable. A role is one of {', '.join(_ROLES)}.",
)
@click.option("--fault", "faults", metavar="KIND[:NAME=VALUE,…]", multiple=True, help="A fault to inject; repeatable.")
@click.option(
    "--latency", type=click.FloatRange(min=0), default=0.0, metavar="SECONDS", help="The time that an answer takes."
)
@click.option(
    "--webhook",
    "urls",
    metavar="URL",
    multiple=True,
    help="Where to send signed events of every change; an address of this machine; repeatable.",
)
@click.option(
    "--webhook-secret-file",
    metavar="FILE",
    help="What they are signed with; without it, GH_STORE_WEBHOOK_SECRET (or …_FILE).",
)
@click.option(
    "--app",
    "apps",
    metavar="ID=SLUG:KEYFILE",
    multiple=True,
    help="A GitHub App that may write, and the file with its private key; repeatable.",
)
@click.option("--private", is_flag=True, help="Show the repository only to users with a role of triage or higher.")
def dev_server(
    host: str,
    port: int,
    path: str,
    repo: str,
    users: tuple[str, ...],
    faults: tuple[str, ...],
    latency: float,
    urls: tuple[str, ...],
    webhook_secret_file: str | None,
    apps: tuple[str, ...],
    private: bool,
) -> None:
    """
    Serve GitHub's REST API offline, over a store in a file: for tests, and to try what happens when GitHub fails.

    Faults are injected with --fault, or by POST to /_devserver/faults. /_devserver/requests lists the requests that
    were made. Both ask for the control token that is told at the start, as `Authorization: Bearer TOKEN`.

    Events (issues, issue_comment, label, repository) are sent behind the answers, in order, once each.
    """
    try:
        from gh_store.devserver.app import DevServer
        from gh_store.devserver.apps import App
        from gh_store.devserver.deliveries import Deliveries, check_webhook
        from gh_store.devserver.faults import read_fault
        from gh_store.devserver.server import listen, serve
    except ImportError as error:
        raise ConfigurationError(
            f"The dev server needs {error.name}.", hint="pip install 'gh-object-store[server]'"
        ) from error
    tokens = dict(map(_user, users))
    logins = {token: login for token, (login, _) in tokens.items()}
    installed = [App(number, slug, file) for number, slug, file in map(_app, apps)]
    secret = _webhook_secret(webhook_secret_file) if urls else ""
    for url in urls:
        check_webhook(url)
    with (
        suppress(KeyboardInterrupt),  # how it is ended
        closing(listen(host, port)) as listening,
        closing(DevServer(path, repo, logins, private=private, latency=latency, apps=installed)) as server,
    ):
        server.webhooks.extend(Deliveries(url, secret, say) for url in urls)
        for login, role in tokens.values():
            server.owner_pages.set_role(login, role)
        for fault in faults:
            server.faults.add(read_fault(fault))
        address = f"http://{host}:{listening.getsockname()[1]}"

        def ready() -> None:
            say(f"{repo} is served at {address}; press Ctrl-C to stop")
            say(f"control token: {server.control_token}")

        serve(server, listening, ready)


def _webhook_secret(file: str | None) -> str:
    given = credentials.secret(_SIGNED_WITH) if file is None else credentials.secret_in(file, "--webhook-secret-file")
    if given is None:
        raise ConfigurationError(
            "Webhooks are signed, and there is no secret to sign them with.",
            hint=f"Set {_SIGNED_WITH}, or give --webhook-secret-file.",
        )
    return given


def _app(text: str) -> tuple[int, str, str]:
    number, found, rest = text.partition("=")
    slug, _, file = rest.partition(":")
    if not (found and number.isdecimal() and number.isascii() and len(number) < 10 and _SLUG.fullmatch(slug) and file):
        raise click.UsageError("--app has the form ID=SLUG:KEYFILE; SLUG is the App's name in addresses.")
    return int(number), slug, credentials.secret_in(file, "--app")


def _user(text: str) -> tuple[str, tuple[str, Role]]:
    token, found, rest = text.partition("=")
    login, _, role = rest.rpartition(":")
    if not (token and found and login and role in _ROLES):  # the text is not shown: it holds a token
        raise click.UsageError(f"--user has the form TOKEN=LOGIN:ROLE, where ROLE is one of {', '.join(_ROLES)}.")
    return token, (login, role)  # type: ignore[return-value]  # it is one of Role
