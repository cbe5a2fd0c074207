"""A program as people can type it again."""

import shlex
import shutil
import sys
from pathlib import Path


def typed(program: str, folder: Path) -> str:
    """
    The words that start this program again, for a shell that is in the folder.

    Args:
        program: What started it, as in `sys.argv[0]`.
        folder: An absolute path.
    Returns:
        Its bare name if PATH leads to it, else its path, which is relative if it lies inside the folder.
    """
    path = Path(program)
    if path.name == "__main__.py":  # `python -m gh_store`
        return f"{typed(sys.executable, folder)} -m gh_store"
    found = shutil.which(path.name)
    if found is not None and (path == Path(path.name) or Path(found).absolute() == (folder / path).absolute()):
        return shlex.quote(path.name)
    path = folder / path
    if path.is_relative_to(folder):
        path = path.relative_to(folder)
        return shlex.quote(str(path) if len(path.parts) > 1 else f"./{path}")
    return shlex.quote(str(path))
