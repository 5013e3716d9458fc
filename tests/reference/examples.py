"""The examples of explanations, run: a small site in a folder, checked."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from tests.authored import NOW

from sula.checks.explain import Example
from sula.checks.external import Answer, Limits, check_external
from sula.checks.run import Check
from sula.content.gather import look
from sula.errors import Finding

SETTINGS = """SITEURL = "https://blog.example"
SITENAME = "A notebook"
SITE_ID = "tag:blog.example,2026:site"
"""
ANSWERS = {
    "https://gone.example/page": Answer(404),
    "https://moved.example/old": Answer(301, "https://moved.example/new"),
}
"""What other sites say in the examples; all else is fine."""


def run(code: str, example: Example) -> list[Finding]:
    """What a check finds in an example; of other sites where the code is about them."""
    with tempfile.TemporaryDirectory(prefix="sula-example-") as folder:
        root = Path(folder) / "site"
        make(root, example)
        found = Check(look(root, since=0.0, engine="x"), NOW).findings()
        if code in {"link-dead", "link-moved", "links-unasked"}:
            limits = Limits(addresses=1 if code == "links-unasked" else 99, pause=0)
            checkout = look(root, since=0.0, engine="x")
            found += check_external(checkout, now=NOW, limits=limits, ask=_ask)
        return sorted(found)


def make(root: Path, example: Example) -> None:
    """Write an example's files, and do what it does in a shell."""
    for kind in ("posts", "pages"):
        (root / "content" / kind).mkdir(parents=True)
    for name, text in ({"pelicanconf.py": ""} | dict(example.files)).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((SETTINGS if name == "pelicanconf.py" else "") + text, "utf-8")
    nobody = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    who = {f"GIT_{role}_{what}": "ada@birds.example" for role in ("AUTHOR", "COMMITTER")
           for what in ("NAME", "EMAIL")}  # fmt: skip
    empty = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for command in example.commands:
        subprocess.run(
            ["sh", "-c", command], cwd=root, env=nobody | who | empty, check=True,
            capture_output=True,
        )  # fmt: skip


def _ask(url: str, timeout: float) -> Answer:
    del timeout
    return ANSWERS.get(url, Answer(200))
