"""A small real site for tests (``tests/sula/sample``): one of every kind of source."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from sula.content.meta import kind_of, read_meta
from sula.content.sources import read_text, scan
from sula.model import Job, Meta, Reference, SeriesPart
from sula.publishing.build import MARKER
from sula.site.settings import SiteSettings

SITE = Path(__file__).parent / "sula" / "sample"


def copy_site(root: Path) -> Path:
    """A copy to change, outside of any git repository."""
    shutil.copytree(SITE, root, ignore=shutil.ignore_patterns(".sula", "__pycache__"))
    return root


def git(root: Path, *arguments: str) -> str:
    """Run git in a repository of a test, with nobody's configuration."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@birds.example")
    command = ["git", *identity, "-c", "protocol.file.allow=always", *arguments]
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def metas(settings: SiteSettings) -> dict[str, Meta]:
    """Every source of a site that can be published, by path."""
    folder = settings.rules.folder
    found = {}
    for path in scan(settings.root, folder).blobs:
        if kind_of(path) is None:
            continue
        meta, _ = read_meta(path, read_text(settings.root, folder, path)[0], settings.rules)
        if meta is not None and meta.status != "draft":
            found[path] = meta
    return found


def jobs_of(settings: SiteSettings) -> list[Job]:
    """Jobs as a plan would make them, simply."""
    known = metas(settings)
    posts = sorted(
        (m for m in known.values() if m.kind == "post" and m.status == "published"),
        key=lambda m: (m.published, m.path),
    )
    jobs = []
    for path, meta in sorted(known.items()):
        at = posts.index(meta) if meta in posts else None
        jobs.append(
            Job(
                path=path,
                output=meta.output,
                id=meta.id or f"urn:x-test:{path}",
                previous=_reference(posts[at - 1 : at]) if at else None,
                next=_reference(posts[at + 1 : at + 2]) if at is not None else None,
                series=tuple(
                    SeriesPart(p.title, "/" + p.url, p.position, p is meta)
                    for p in posts
                    if p.series and p.series == meta.series
                ),
                targets={link: _target(known, link) for link in meta.links},
            )
        )
    return jobs


def _reference(posts: Iterable[Meta]) -> Reference | None:
    return next((Reference(post.title, "/" + post.url) for post in posts), None)


def _target(known: dict[str, Meta], link: str) -> str:
    return "/" + (known[link].url if link in known else link)


def built(folder: Path) -> dict[str, bytes]:
    """Every file of a build, its marker apart."""
    return {name: body for name, body in tree(folder).items() if Path(name).name != MARKER}


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
