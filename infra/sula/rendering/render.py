"""Rendering a plan's pages: few in this process, many in shards side by side."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from sula.errors import Finding, SulaError
from sula.model import Job
from sula.rendering.shard import Shard, render_shard
from sula.rendering.workers import Process, prepared, start
from sula.site.settings import SiteSettings

# A process costs about as much as rendering so many pages.
_WORTH_A_PROCESS: Final = 150


def render(
    jobs: Sequence[Job],
    settings: SiteSettings,
    out: Path,
    *,
    processes: int,
    progress: Callable[[int], None] | None = None,
    notes: Path | None = None,
) -> list[Finding]:
    """Render pages into files: each job's at ``out / job.output``.

    `notes` is a folder to put notebooks in of what the pages say
    to edgefeed (`edgefeed.laptop.notes`).

    Uses up to `processes` processes where the number of pages makes it worth while; the
    bytes are the same with any number. `progress` is told of pages as they are done (how
    many more), in this thread or another.

    Returns everything that was found, sorted; a page with an error among it has no file.
    Raises `SulaError` when rendering could not be carried out.
    """
    ordered = sorted(jobs, key=lambda job: job.path)
    if not ordered:
        return []
    count = min(processes, -(-len(ordered) // _WORTH_A_PROCESS))
    if count <= 1:
        return render_shard(shard_of(ordered, settings, out, _notebook(notes, 0)), progress)
    shards = [
        shard_of(ordered[start::count], settings, out, _notebook(notes, start))
        for start in range(count)
    ]
    return _side_by_side(shards, progress or (lambda _: None))


def _notebook(notes: Path | None, number: int) -> str:
    return str((notes / str(number)).absolute()) if notes else ""


def shard_of(jobs: Sequence[Job], settings: SiteSettings, out: Path, notes: str = "") -> Shard:
    """A self-contained unit of rendering: plain data, to be sent wherever."""
    rules = settings.rules
    return Shard(
        root=str(settings.root),
        folder=rules.folder,
        theme=str(settings.theme),
        out=str(out.absolute()),
        timezone=rules.zone.key,
        article_url=rules.article_url.text,
        page_url=rules.page_url.text,
        site=settings.site,
        jobs=tuple(jobs),
        notes=notes,
    )


class _Report(msgspec.Struct):
    """One line that a shard's process prints."""

    done: int
    findings: list[Finding] | None = None


class _Worker(threading.Thread):
    """A process at work on one shard, and a thread that listens to it."""

    def __init__(self, process: Process, progress: Callable[[int], None]) -> None:
        super().__init__(daemon=True)
        self.process = process
        self.progress = progress
        self.findings: list[Finding] | None = None
        self.complaint = ""

    def run(self) -> None:
        """Listen until the process is done."""
        errors: list[bytes] = []
        stderr = threading.Thread(target=lambda: errors.extend(self.process.stderr or ()))
        stderr.start()
        done = 0
        for line in self.process.stdout or ():
            try:
                report = msgspec.json.decode(line, type=_Report)
            except msgspec.DecodeError:
                errors.append(line)
                continue
            if report.done > done:
                self.progress(report.done - done)
            done = report.done
            self.findings = report.findings
        self.process.wait()
        stderr.join()
        self.complaint = b"".join(errors[-20:]).decode("utf-8", "replace").strip()

    def stop(self) -> None:
        """End the process, if it still runs, and close what leads to it."""
        if self.process.poll() is None:
            self.process.kill()
        if self.is_alive():
            self.join()
        self.process.wait()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()


def _side_by_side(shards: Sequence[Shard], progress: Callable[[int], None]) -> list[Finding]:
    workers: list[_Worker] = []
    with tempfile.TemporaryDirectory(prefix="sula-render-") as folder:
        try:
            with prepared(notes=any(shard.notes for shard in shards)):
                for number, shard in enumerate(shards):
                    process = start(shard, Path(folder) / f"{number}.json")
                    workers.append(_Worker(process, progress))
                # Only now: a process with threads is not copied.
                for worker in workers:
                    worker.start()
                for worker in workers:
                    worker.join()
        finally:
            for worker in workers:
                worker.stop()
    findings: set[Finding] = set()
    for worker in workers:
        if worker.findings is None:
            status = worker.process.returncode
            raise SulaError(f"a rendering process ended (status {status}): {worker.complaint}")
        findings.update(worker.findings)
    return sorted(findings)
