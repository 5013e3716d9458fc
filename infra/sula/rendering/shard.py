"""A shard: some pages of a site, and all it takes to render them. The hook for a fleet.

    python -m sula.rendering.shard INPUT.json

reads one JSON object (`Shard`), renders its pages into files below ``out`` and prints one
JSON object per line: ``{"done": 20}`` as it goes, and at last ``{"findings": [...]}``.
Pages do not depend on the company they are rendered in, so a site may be cut into shards
in any way, on one machine or on many.

A shard names the site's folder. With ``sources`` and ``templates`` filled in (`pack`) it
needs no folder: it can be sent to a machine that has nothing but Sula.
"""

from __future__ import annotations

import gc
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import msgspec

from edgefeed.contract import Site
from sula.content.urls import Rules, URLPattern
from sula.errors import Finding, SulaError
from sula.model import Job

if TYPE_CHECKING:
    from sula.rendering.pelican_run import Made

VERSION: Final = 1
# Pelican keeps every page of a run in memory.
_AT_ONCE: Final = 500


class Shard(msgspec.Struct, frozen=True, kw_only=True):
    """Some pages of a site, as plain data.

    ``root`` is the site's folder, ``folder`` the content directory in it, ``theme`` and
    ``out`` are folders too. ``sources`` maps paths (as in `Job`) to texts, ``templates``
    names to sources; where they are given, nothing of `root` and `theme` is read. ``notes`` is a
    file for what the pages say to edgefeed (`edgefeed.laptop.notes`), where that is wanted.
    """

    version: int = VERSION
    root: str
    folder: str
    theme: str
    out: str
    timezone: str
    article_url: str
    page_url: str
    site: Site
    jobs: tuple[Job, ...]
    sources: dict[str, str] = {}
    templates: dict[str, str] = {}
    notes: str = ""


def render_shard(shard: Shard, progress: Callable[[int], None] | None = None) -> list[Finding]:
    """Render a shard's pages. `progress` is told of each page.

    Raises `SulaError` when the shard is another version's or the theme lacks a template.
    """
    if shard.version != VERSION:
        raise SulaError(f"this is a shard of version {shard.version}; this Sula reads {VERSION}")
    if not shard.sources:
        return _render(shard, progress)
    with tempfile.TemporaryDirectory(prefix="sula-shard-") as folder:
        return _render(_unpacked(shard, Path(folder).resolve()), progress)


def pack(shard: Shard) -> Shard:
    """The same shard with its sources and templates inside. Raises `SulaError`."""
    from sula.content.sources import read_text  # noqa: PLC0415 - only a fleet needs it
    from sula.site.theme import read_theme  # noqa: PLC0415 - only a fleet needs it

    sources = {}
    for job in shard.jobs:
        text, findings = read_text(Path(shard.root), shard.folder, job.path)
        if findings:
            raise SulaError("\n".join(map(str, findings)))
        sources[job.path] = text
    templates = dict(read_theme(Path(shard.theme)).templates)
    return msgspec.structs.replace(shard, sources=sources, templates=templates)


def _unpacked(shard: Shard, root: Path) -> Shard:
    """Lay out the files of a packed shard in an empty folder."""
    for prefix, files in ((shard.folder, shard.sources), ("theme/templates", shard.templates)):
        for name, text in files.items():
            path = (root / prefix / name).resolve()
            if not path.is_relative_to(root / prefix):
                raise SulaError(f"a shard names a file outside of its folder: {name!r}")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8", newline="\n")
    return msgspec.structs.replace(shard, root=str(root), theme=str(root / "theme"))


def _render(shard: Shard, progress: Callable[[int], None] | None) -> list[Finding]:
    from sula.rendering.pelican_run import Run  # noqa: PLC0415 - Pelican takes its time to import

    rules = Rules(
        ZoneInfo(shard.timezone),
        URLPattern(shard.article_url),
        URLPattern(shard.page_url),
        shard.folder,
    )
    findings = set()
    with ExitStack() as stack:
        stack.enter_context(_seldom_collected())
        made = _noting(shard, stack)
        for start in range(0, len(shard.jobs), _AT_ONCE):
            run = Run(
                list(shard.jobs[start : start + _AT_ONCE]),
                root=Path(shard.root),
                rules=rules,
                theme=Path(shard.theme),
                site=shard.site,
                out=Path(shard.out),
                progress=progress,
                made=made,
            )
            findings |= set(run())
            if start + _AT_ONCE < len(shard.jobs):
                # Pages and their context refer to each other: they would stay until long after.
                del run
                gc.collect()
    return sorted(findings)


def _noting(shard: Shard, stack: ExitStack) -> Made | None:
    if not shard.notes:
        return None
    from edgefeed.laptop.directory import Notebook  # noqa: PLC0415 - loads lxml and more

    return stack.enter_context(Notebook.at(Path(shard.notes), shard.site)).add


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Look for garbage less often: a page is thousands of small objects, hardly one in a cycle."""
    before = gc.get_threshold()
    gc.set_threshold(20_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _say(report: dict[str, object]) -> None:
    sys.stdout.write(msgspec.json.encode(report).decode("utf-8") + "\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Render the shard in the file that is named. The status is 1 when there are errors."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m sula.rendering.shard INPUT.json\n")
        return 2
    try:
        shard = msgspec.json.decode(Path(arguments[0]).read_bytes(), type=Shard)
    except (OSError, msgspec.DecodeError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return report_on(shard)


def report_on(shard: Shard) -> int:
    """Render a shard, and print how it goes. The status is 1 when there are errors."""
    done = 0

    def progress(pages: int) -> None:
        nonlocal done
        done += pages
        if done % 20 == 0:
            _say({"done": done})

    try:
        findings = render_shard(shard, progress)
    except (SulaError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    _say({"done": done, "findings": findings})
    return int(any(finding.severity == "error" for finding in findings))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
