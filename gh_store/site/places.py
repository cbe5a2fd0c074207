"""Where the files are that a site is made of, and what all of them together are."""

import hashlib
from pathlib import Path
from typing import Final

import jinja2

_HERE: Final = Path(__file__).parent
TEMPLATES: Final = _HERE / "templates"
ASSETS: Final = _HERE / "assets"


CODE: Final = ("domain", "log", "site", "snapshots", "wire")
"""The packages that decide what a page shows."""


def code_key(theme: Path | None) -> str:
    """The same text for the same code, templates and theme."""
    digest = hashlib.sha256()
    folders = [Path(jinja2.__file__).parent, *(_HERE.parent / name for name in CODE)]
    if theme is not None:
        folders.append(theme)
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and file.suffix != ".pyc":
                content = file.read_bytes()
                digest.update(f"{file.relative_to(folder).as_posix()} {len(content)}\n".encode())
                digest.update(content)
    return digest.hexdigest()
