"""What `make` says to who has just cloned it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
# A Python that says of itself that it is an older one.
OLD = """\
#!/bin/sh
exec {python} -c "import sys
sys.version_info, sys.version = (3, 10, 4), '3.10.4 (main)'
exec(sys.argv[1])" "$2"
"""


def test_an_old_python_is_refused_before_it_makes_an_environment(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text(OLD.format(python=sys.executable), "utf-8")
    old.chmod(0o755)
    done = subprocess.run(
        ["make", "-f", str(ROOT / "Makefile"), ".venv/bin/uv", f"PYTHON={old}"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode
    assert f"needs Python 3.11 or newer, and {old} is 3.10.4: make PYTHON=" in done.stderr
    assert not (tmp_path / ".venv").exists()
