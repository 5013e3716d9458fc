"""A site's sources edited and rendered, and what is said of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sula.errors import Finding
from sula.model import Job
from sula.rendering.render import render
from sula.site.settings import SiteSettings


def edit(settings: SiteSettings, name: str, text: str) -> None:
    path = settings.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def errors_of(paths: Sequence[str]) -> list[Job]:
    return [
        Job(path=path, output=f"posts/{Path(path).stem}/index.html", id="urn:x", targets={})
        for path in paths
    ]


def errors(settings: SiteSettings, out: Path, *paths: str) -> list[Finding]:
    return render(errors_of(paths), settings, out, processes=1)
