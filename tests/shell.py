"""The command line in a folder of its own."""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from loguru import logger
from places import ROOT

from gh_store.cli import main


class Shell:
    """
    A folder to work in, and the environment of the commands.

    Commands run in this process, which takes a tenth of the time; what is about processes asks for one.
    """

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("GH_", "GITHUB_"))}
        self.environment = {**ours, "HOME": str(home), "PYTHONPATH": str(ROOT), "TERM": "xterm", "NO_COLOR": "1"}

    def run(self, *arguments: str, stdin: str = "", code: int = 0) -> tuple[str, str]:
        """What a command prints on stdout and stderr; it must end with this code."""
        given, out, err = (io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8") for text in (stdin, "", ""))
        with (
            patch.dict(os.environ, self.environment, clear=True),
            contextlib.chdir(self.folder),
            patch.object(sys, "stdin", given),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            main(arguments)
        logger.remove()
        logger.disable("gh_store")
        return self._checked(ended.value.code, _written(out), _written(err), code)

    def spawn(self, *arguments: str, stdin: str = "", code: int = 0) -> tuple[str, str]:
        """The same in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "gh_store", *arguments], cwd=self.folder, env=self.environment, check=False,
            input=stdin.encode(), capture_output=True, timeout=60,
        )  # fmt: skip
        return self._checked(done.returncode, done.stdout.decode(), done.stderr.decode(), code)

    @contextlib.contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """A command that runs meanwhile; what is left of it at the end is killed."""
        process = subprocess.Popen(
            [sys.executable, "-m", "gh_store", *arguments], cwd=self.folder, env=self.environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        with process:
            try:
                yield process
            finally:
                process.kill()

    def json(self, *arguments: str, stdin: str = "", code: int = 0) -> Any:
        return json.loads(self.run(*arguments, stdin=stdin, code=code)[0])

    def _checked(self, ended: object, out: str, err: str, code: int) -> tuple[str, str]:
        assert "Traceback" not in out + err, err
        assert ended == code, (ended, out, err)
        return out, err


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    return stream.buffer.getvalue().decode()  # type: ignore[attr-defined, no-any-return]  # it is a BytesIO
