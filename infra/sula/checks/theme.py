"""What the theme makes of a few sources: one of each kind, rendered as a deploy would.

The pages are read as edgefeed reads them, and the lists and feeds of these few are written and
read back, so that a theme that breaks the contract is found before anything is published.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import traceback
from collections.abc import Container, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from jinja2 import TemplateError, TemplateSyntaxError
from lxml import etree, html

from edgefeed.contract import LISTS, PAGES
from sula.content.gather import Checkout, lacks
from sula.errors import ContentError, Finding, SulaError
from sula.model import Job
from sula.planning.actions import Plan
from sula.publishing.build import make_lists
from sula.rendering.workshop import Workshop
from sula.site.fallback import NOT_FOUND

_MUST: Final = (
    ("//html[@lang]", "states no language: <html lang>"),
    ("//head/title[normalize-space()]", "has no <title>"),
    ("//head/link[@rel='canonical'][@href]", "does not name its own address: rel=canonical"),
    ("//head/link[@rel='alternate'][starts-with(@type, 'application/')]",
     "does not announce the feeds: rel=alternate"),
    ("//head/meta[@name='viewport']", "does not fit on a telephone: <meta name=viewport>"),
)  # fmt: skip


def samples(plan: Plan) -> tuple[Job, ...]:
    """A job of each kind: the newest post, note, part of a series; a page."""
    rows = {row.path: row for row in plan.rows}
    found: dict[str, Job] = {}
    jobs = [job for job in plan.jobs if job.output != NOT_FOUND]
    for job in sorted(jobs, key=lambda j: (-rows[j.path].instant, j.path)):
        row = rows[job.path]
        kind = row.kind if row.kind == "page" else ("post" if row.title else "note")
        found.setdefault(kind, job)
        if row.series and row.kind == "post":
            found.setdefault("series", job)
    unique = {job.path: job for job in found.values()}
    return tuple(job for _, job in sorted(unique.items()))


def check_theme(checkout: Checkout, plan: Plan, jobs: tuple[Job, ...]) -> list[Finding]:
    """What is wrong with the theme, as far as these jobs show."""
    if checkout.theme.lacking:
        return [lacks(checkout.settings, name) for name in checkout.theme.lacking]
    if not jobs:
        return []
    try:
        return list(_check(checkout, replace(plan, jobs=jobs), jobs))
    except ContentError as error:
        return list(error.findings)
    except SulaError as error:
        return [Finding(_name(checkout, ""), 0, "theme-contract", f"the theme: {error}")]
    except TemplateError as error:
        # Lists are rendered by edgefeed, which has no words for an author.
        name, line = _place(error, checkout.theme.templates)
        message = f"the theme's lists: {error}"
        return [Finding(_name(checkout, name), line, "theme-contract", message)]


def _check(checkout: Checkout, plan: Plan, jobs: tuple[Job, ...]) -> Iterator[Finding]:
    with (
        Workshop(checkout) as workshop,
        tempfile.TemporaryDirectory(prefix="sula-check-") as staged,
    ):
        # What other warnings are about was found in the sources already; an error stops it.
        yield from (f for f in workshop.render(plan) if f.code == "pelican")
        stage = Path(staged)
        for job in jobs:
            page = stage / PAGES / job.output
            page.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(workshop.folder / job.output, page)
            yield from _page(checkout, job, page)
        by_key = {PAGES + job.output: job.path for job in jobs}
        for problem in make_lists(checkout, stage, list(by_key)):
            path = by_key.get(problem.path, "")
            message = f"edgefeed leaves this page out of lists and feeds: {problem.message}"
            where = f"{checkout.folder}/{path}" if path else problem.path
            yield Finding(where, 1, "feed-refused", message)
        yield from _feeds(checkout, stage / LISTS)


def _page(checkout: Checkout, job: Job, page: Path) -> Iterator[Finding]:
    template = _name(checkout, "article.html" if job.id else "page.html")
    try:
        document = html.fromstring(page.read_bytes())
    except etree.ParserError:
        yield Finding(template, 0, "theme-contract", f"the theme's page is empty ({job.path})")
        return
    for pattern, lack in _MUST:
        if not document.xpath(pattern):
            message = f"the theme's page {lack} (seen in {job.path})"
            yield Finding(template, 0, "theme-contract", message, "warning")
    described = document.xpath("//head/script[@type='application/ld+json']/text()")
    if job.id and not any(job.id in text for text in described):
        message = (
            "the theme's page does not describe itself: no JSON-LD with its id in <head>, so it "
            f"joins no list and no feed (seen in {job.path})"
        )
        yield Finding(template, 0, "theme-contract", message)
    if job.id and not document.find_class("e-content"):
        message = f"the theme's page has no element of class e-content (seen in {job.path})"
        yield Finding(template, 0, "theme-contract", message)
    # Those in the text are their author's affair, and found there.
    if len(document.xpath("//h1[not(ancestor::*[contains(@class, 'e-content')])]")) > 1:
        message = f"the theme's page has more than one <h1> (seen in {job.path})"
        yield Finding(template, 0, "theme-contract", message, "warning")


def _feeds(checkout: Checkout, lists: Path) -> Iterator[Finding]:
    for name in (feed.file for feed in checkout.settings.site.feeds_of()):
        feed = lists / name
        try:
            if name.endswith(".json"):
                json.loads(feed.read_bytes())
            else:
                etree.fromstring(feed.read_bytes(), etree.XMLParser(resolve_entities=False))
        except (OSError, ValueError, etree.XMLSyntaxError) as error:
            message = f"the theme or settings spoil the feed /{name}: {error}"
            yield Finding(_name(checkout, ""), 0, "theme-contract", message)


def _place(error: TemplateError, templates: Container[str]) -> tuple[str, int]:
    """The template and line of an error: its own words, or the innermost template at work."""
    if isinstance(error, TemplateSyntaxError):
        return error.name or "", error.lineno
    frames = reversed(traceback.extract_tb(error.__traceback__))
    inside = (frame for frame in frames if frame.filename in templates)
    frame = next(inside, None)
    return (frame.filename, frame.lineno or 0) if frame else ("", 0)


def _name(checkout: Checkout, template: str) -> str:
    theme = checkout.settings.theme
    inside = theme.is_relative_to(checkout.root)
    shown = theme.relative_to(checkout.root).as_posix() if inside else str(theme)
    return f"{shown}/templates/{template}" if template else shown
