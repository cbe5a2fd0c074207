"""
Set up a fresh clone and use it, with nothing but Python: `python3 dev.py demo`, `python3 dev.py test`.

Everything goes into `.venv` beside this file; the machine's own Python stays as it is.
"""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
BIN = ROOT / ".venv" / ("Scripts" if os.name == "nt" else "bin")
OCTOKIT = ROOT / ".venv" / "octokit"
STEPS = {
    "demo": (".", [["gh-store", "demo"]]),
    "test": (
        ".[dev]",
        [
            ["ruff", "check", "."],
            ["ruff", "format", "--check", "."],
            ["mypy", "."],
            ["lint-imports"],
            ["pytest", "--numprocesses", "2", "--cov", "--cov-report", "term"],
        ],
    ),
}


def main() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036  # whoever has an older one shall read why
        print(f"gh-store needs Python 3.11 or newer; this is {sys.version.split()[0]}.", file=sys.stderr)
        return 2
    if sys.argv[1:] not in ([name] for name in STEPS):
        print(f"usage: python3 dev.py {'|'.join(STEPS)}", file=sys.stderr)
        return 2
    extras, commands = STEPS[sys.argv[1]]
    print("Setting up .venv (a minute, the first time) ...", file=sys.stderr, flush=True)
    if not (BIN / "python").exists() and not (BIN / "python.exe").exists():
        venv.create(BIN.parent, with_pip=True)
    pip = [str(BIN / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--editable", extras]
    subprocess.run(pip, cwd=ROOT, check=True)
    npm = shutil.which("npm")
    if (
        sys.argv[1] == "test" and npm is not None
    ):  # a client that the dev server is tried with; its test says if it is not there
        octokit = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(OCTOKIT), "@octokit/rest@22"]
        subprocess.run(octokit, cwd=ROOT, check=False)
    for command in commands:
        print(f"$ {' '.join(command)}", file=sys.stderr, flush=True)
        done = subprocess.run([str(BIN / command[0]), *command[1:]], cwd=ROOT, check=False)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
