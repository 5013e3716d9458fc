"""Where pages are made: renders a plan's jobs to files, and hands out every action's bytes."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from edgefeed.contract import PAGES
from sula.content.gather import Checkout
from sula.content.pictures import Recipe
from sula.errors import ContentError, Finding
from sula.model import Job
from sula.planning.actions import Action, Plan, Stage
from sula.site.settings import SiteSettings

Progress = Callable[[int, int], None]
"""Told how many pages of how many are rendered."""


class Renderer(Protocol):
    """What `sula.rendering.render.render` is."""

    def __call__(
        self,
        jobs: Sequence[Job],
        settings: SiteSettings,
        out: Path,
        *,
        processes: int,
        progress: Callable[[int], None] | None = None,
    ) -> list[Finding]:
        """Render each job to ``out/<job.output>``; give back what there is to say."""


class Workshop:
    """A folder of rendered pages. Rendering the same job twice is done once."""

    def __init__(
        self, checkout: Checkout, render: Renderer | None = None, folder: Path | None = None
    ) -> None:
        """Make nothing yet. Without a ``folder`` there will be one, for as long as it is used."""
        self._checkout = checkout
        self._render = render
        self._done: dict[str, tuple[Job, str]] = {}
        self._recipes: Mapping[str, Recipe] = {}
        self._folder = folder
        self._is_ours = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._folder is not None and self._is_ours:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    @property
    def folder(self) -> Path:
        """Where the pages are."""
        if self._folder is None:
            self._folder, self._is_ours = Path(tempfile.mkdtemp(prefix="sula-pages-")), True
        return self._folder

    def render(self, plan: Plan, progress: Progress | None = None) -> list[Finding]:
        """Render what the plan needs and is not there yet.

        Returns the warnings; raises `ContentError` with all findings when one is an error.
        """
        self._recipes = plan.recipes
        blobs = plan.inputs.blobs
        wanted = (*plan.jobs, *plan.waiting_jobs)
        jobs = [job for job in wanted if self._done.get(job.path) != (job, blobs[job.path])]
        if not jobs:
            return []
        render = self._render or _pelican()
        done = 0

        def more(count: int) -> None:
            nonlocal done
            done += count
            if progress is not None:
                progress(done, len(jobs))

        findings = render(
            jobs,
            self._checkout.settings,
            self.folder,
            processes=os.cpu_count() or 1,
            progress=more,
        )
        if any(finding.severity == "error" for finding in findings):
            raise ContentError(findings)
        self._done |= {job.path: (job, blobs[job.path]) for job in jobs}
        return findings

    def body(self, action: Action) -> bytes:
        """The bytes that an action uploads."""
        name = action.key.removeprefix(PAGES)
        if action.stage is Stage.ASSETS:
            return self._checkout.theme.files[name]
        if name in self._checkout.made:
            return self._checkout.made[name]
        if name in self._recipes:
            from sula.rendering.derive import make  # noqa: PLC0415 - draws only where there is a picture

            settings = self._checkout.settings
            return make(self._recipes[name], settings.content, settings.root, settings.site)
        if action.stage is Stage.FILES:
            return self._file(name)
        return self.page(name)

    def _file(self, name: str) -> bytes:
        """A file of the content directory, which may have gone since it was seen there."""
        try:
            return (self._checkout.settings.content / name).read_bytes()
        except OSError as error:
            where, why = f"{self._checkout.folder}/{name}", error.strerror
            message = f"cannot be read any more: {why}"
            raise ContentError([Finding(where, 0, "file-unreadable", message)]) from error

    def page(self, output: str) -> bytes:
        """A rendered page."""
        return (self.folder / output).read_bytes()


def _pelican() -> Renderer:
    from sula.rendering.render import render  # noqa: PLC0415 - Pelican loads only where pages are rendered

    return render
