"""A site on this machine, to look at it: served as GitHub Pages serves it, under the same path."""

import threading
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from gh_store.domain.exceptions import InvalidInput

HOST: Final = "127.0.0.1"


class Server(ThreadingHTTPServer):
    """
    A server of one site on loopback. Other names than its own get 421, so that no page elsewhere can read it.

    Args:
        folder: The site.
        port: 0 is any free port.
        path: Where it stands, with a `/` at both ends.
        refresh: Called before each answer, one at a time: it brings the site up to date.
    Raises:
        InvalidInput: The port is taken.
    """

    daemon_threads = True
    request_queue_size = 64  # a browser asks for all that a page needs at once

    def __init__(self, folder: Path, port: int, path: str = "/", refresh: Callable[[], object] = lambda: None) -> None:
        self.path = path
        self._refresh, self._turn = refresh, threading.Lock()
        try:
            super().__init__((HOST, port), partial(_Handler, directory=str(folder)))
        except OSError as error:
            raise InvalidInput(
                f"Cannot listen on {HOST}:{port}: {error.strerror}.", hint="Give another port; 0 chooses a free one."
            ) from error

    @property
    def address(self) -> str:
        """Where it is served."""
        return f"http://{HOST}:{self.server_port}{self.path}"

    def refresh(self) -> None:
        """Bring the site up to date."""
        with self._turn:
            self._refresh()


class _Handler(SimpleHTTPRequestHandler):
    server: Server
    extensions_map = {  # noqa: RUF012  # as the class above it has them
        **SimpleHTTPRequestHandler.extensions_map, ".js": "text/javascript", ".xml": "application/xml"
    }  # fmt: skip

    def do_GET(self) -> None:
        if self._is_ours():
            super().do_GET()

    def do_HEAD(self) -> None:
        if self._is_ours():
            super().do_HEAD()

    def _is_ours(self) -> bool:
        """True if a file is asked for, under a name of ours; else the answer is given."""
        names = [f"{name}:{self.server.server_port}" for name in (HOST, "localhost")]
        path, root = self.path.partition("?")[0].partition("#")[0], self.server.path
        if self.headers.get_all("Host", []) not in [[name] for name in names]:
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
        elif path != root and path in ("/", root[:-1]):
            self.send_response(HTTPStatus.FOUND)
            self.send_header("Location", root)
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif not path.startswith(root):
            self.send_error(HTTPStatus.NOT_FOUND)
        else:
            self.server.refresh()
            del self.headers["If-Modified-Since"]  # it counts whole seconds, and a rebuild may take less
            self.path = "/" + path[len(root) :]
            # A folder is no page: the class above would lead to it, and to wherever its name looks like an address.
            if self.path == "/" or _is_file(self.translate_path(self.path)):
                return True
            self.send_error(HTTPStatus.NOT_FOUND)
        return False

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def list_directory(self, path: Any) -> None:
        """No lists of files: Pages has none."""
        del path
        self.send_error(HTTPStatus.NOT_FOUND)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Errors; where nothing is, the page that says so."""
        missing = Path(self.directory) / "404.html"
        if code != HTTPStatus.NOT_FOUND or not missing.is_file():
            super().send_error(code, message, explain)
            return
        page = missing.read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  # the name is that of the library
        """Nothing: the pages are what one looks at."""


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except OSError:  # no file has such a name
        return False
