"""Resolve the lock files anew: every version and hash that a fresh machine installs.

One resolution serves all of them, so that what is tested is what runs.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
UV = Path(sys.executable).with_name("uv")


def compile_lock(name: str, *args: str) -> int:
    """Write one lock file and return how many packages it pins."""
    target = HERE / f"{name}.lock"
    command = [
        str(UV), "pip", "compile", "--quiet", "--universal", "--python-version", "3.11",
        "--generate-hashes", "--no-header", "--no-emit-index-url", "--output-file", str(target),
        *args,
    ]  # fmt: skip
    subprocess.run(command, check=True, cwd=HERE.parent)
    return sum(
        1 for line in target.read_text().splitlines() if "==" in line and line[0] not in " #"
    )


def main() -> None:
    """Resolve everything first, then the parts constrained by it."""
    everything = compile_lock("dev", "pyproject.toml", "--extra", "local", "--group", "dev")
    same = ("--constraint", "requirements/dev.lock")
    for name, packages in {"bootstrap": ["uv"], "build": ["hatchling"]}.items():
        wanted = HERE / f"{name}.in"
        wanted.write_text("\n".join(packages) + "\n")
        compile_lock(name, str(wanted.relative_to(HERE.parent)), *same)
        wanted.unlink()
    # Checkov holds another boto3, so it lives in an environment of its own. Of the other only the
    # cfn-guard binary is used, and none of what it would bring along.
    compile_lock("aws", "pyproject.toml", "--extra", "aws", *same)
    compile_lock("scan", "requirements/scan.in")
    compile_lock("guard", "requirements/guard.in", "--no-deps")
    running = compile_lock("run", "pyproject.toml", "--extra", "local", *same)
    print(f"locked: {running} packages to run, {everything} to develop")  # noqa: T201 - it is a script


main()
