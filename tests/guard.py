"""cfn-guard over the template, with rules of the project's own; and the rules over broken ones.

`python -m tests.guard` says what is wrong. A rule that nothing can break is no rule: each is
tried on a template that breaks it. The binary comes in AWS's package for the CDK, which
`make check` installs into an environment of its own; nothing else of it is used.
"""

from __future__ import annotations

import platform
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
RULES = ROOT / "infra/rules.guard"
TEMPLATE = ROOT / "infra/template.yaml"
SCAN = ROOT / ".venv/scan"

# For each rule an edit of the template that it must object to.
BREAKS = {
    "no_bucket_is_public": ("BlockPublicPolicy: true", "BlockPublicPolicy: false"),
    "the_site_outlives_its_stack": ("DeletionPolicy: Retain", "DeletionPolicy: Delete"),
    "no_role_may_do_everything": (
        "Action: lambda:InvokeFunction\n                Resource: !GetAtt Release.Arn",
        "Action: lambda:InvokeFunction\n                Resource: '*'",
    ),
    "no_function_writes_pages_but_the_release": (
        "${AWS::Region}/lists/*",
        "${AWS::Region}/pages/*",
    ),
    "queues_are_encrypted_and_keep_what_failed": (
        "SqsManagedSseEnabled: true",
        "SqsManagedSseEnabled: false",
    ),
    "functions_are_current_and_log_where_we_say": ("python3.13", "python3.8"),
    "the_edge_is_encrypted_and_only_reads": (
        "AllowedMethods: [GET, HEAD]",
        "AllowedMethods: [PUT]",
    ),
    "what_costs_or_watches_is_asked_for": ("Condition: HasBudget", "Condition: HasEmail"),
    "only_one_repository_takes_the_deploy_role": (
        ":ref:refs/heads/${GitHubBranch}",
        ":ref:refs/heads/*",
    ),
}


def binary() -> Path:
    """cfn-guard, unpacked once."""
    place = SCAN / "bin/cfn-guard"
    if not place.exists():
        system = {"Darwin": "macos", "Linux": "ubuntu"}[platform.system()]
        machine = {"arm64": "aarch64"}.get(platform.machine(), platform.machine())
        (archive,) = SCAN.glob("lib/python*/site-packages/cdklabs/*/_jsii/*.tgz")
        with tarfile.open(archive) as package:
            found = package.extractfile(f"package/bin/{system}/{machine}/cfn-guard")
            if found is None:
                raise FileNotFoundError(f"no cfn-guard for {system} {machine}")
            place.write_bytes(found.read())
        place.chmod(0o755)
    return place


def failing(template: Path) -> tuple[set[str], str]:
    """The rules that a template breaks, and all that cfn-guard says."""
    done = subprocess.run(
        [str(binary()), "validate", "--rules", str(RULES), "--data", str(template),
         "--show-summary", "fail"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = done.stdout + done.stderr
    names = {
        line.split()[0].partition("/")[2]
        for line in said.splitlines()
        if line.startswith(f"{RULES.name}/") and line.endswith("FAIL")
    }
    if done.returncode not in {0, 19} or (done.returncode and not names):
        raise RuntimeError(said)
    return names, said


def main() -> int:
    """Check the template, then every rule."""
    broken, said = failing(TEMPLATE)
    if broken:
        sys.stderr.write(said)
        return 1
    rules = [
        line.split()[1]
        for line in RULES.read_text("utf-8").splitlines()
        if line.startswith("rule ")
    ]
    if sorted(rules) != sorted(BREAKS):
        sys.stderr.write(f"rules without an example that breaks them: {set(rules) ^ set(BREAKS)}\n")
        return 1
    text = TEMPLATE.read_text("utf-8")
    for rule, (good, bad) in BREAKS.items():
        with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
            file.write(text.replace(good, bad, 1))
            file.flush()
            if rule not in failing(Path(file.name))[0]:
                sys.stderr.write(f"{RULES.name}: {rule} does not notice {bad!r}\n")
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
