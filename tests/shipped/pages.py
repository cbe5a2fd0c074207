"""The README and the pages of the docs, and the blocks of code in them."""

import ast
import os
import re
import shutil
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from places import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SET_UP = "python3 dev.py demo\npython3 dev.py test\n"
RECIPES = "recipes.md"
PROGRAMS = ("datasette", "git-history", "jq", "sqlite-utils")
"""What blocks of shell call and nobody must have."""


@dataclass(frozen=True)
class Block:
    """A block of code on a page; `number` counts all of the page, from 0."""

    page: str
    number: int
    kind: str
    code: str

    @property
    def name(self) -> str:
        return f"{self.page}-{self.number}"

    @property
    def missing(self) -> list[str]:
        """The libraries and programs that it needs and that are not installed."""
        if self.kind == "sh":
            called = set(re.findall(r"(?:^|\|)\s*([\w-]+)", self.code, re.MULTILINE))
            return [name for name in PROGRAMS if name in called and shutil.which(name, path=tools()) is None]
        nodes = list(ast.walk(ast.parse(self.code)))
        names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
        return sorted(name for name in names if find_spec(name.partition(".")[0]) is None)


def tools() -> str:
    """Where programs are: beside this Python, or on PATH."""
    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def blocks_of(page: Path) -> list[Block]:
    found = re.findall(r"^```(\w+)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [Block(page.name, number, kind, code) for number, (kind, code) in enumerate(found)]


BLOCKS = [block for page in PAGES for block in blocks_of(page)]
PYTHON = [block for block in BLOCKS if block.kind == "python"]
SHELL = [block for block in BLOCKS if block.kind == "sh" and block.code != SET_UP]
