"""Virtual environments that are not the one the tests run in."""

import subprocess
import sys


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, check=False, **options)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


def environment_with(folder, *pip_arguments):
    """A virtual environment that has our dependencies and, if pip is told how to install it, the package."""
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    python = folder / "bin" / "python"
    site = next((folder / "lib").glob("python*/site-packages"))
    # Dependencies come from where the tests run, but not the package that they were installed with.
    ours = [path for path in sys.path if path.endswith("site-packages")]
    (site / "zz-dependencies.pth").write_text("\n".join(ours))
    if pip_arguments:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python, "install"]
        run(*pip, "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--ignore-installed", *pip_arguments)
    return python
