"""One run of Pelican over the sources it is given, and over nothing else.

Pelican brings the content objects, the templates' environment and the order of events.
What a page says comes from `sula.content.meta` and from its `Job`; Pelican's collections, which
depend on the company a page is rendered in, are never asked. Feeds, tags, categories,
archives and the index are not made here: edgefeed makes them.
"""

from __future__ import annotations

import copy
import locale
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import jinja2
import msgspec
from markupsafe import Markup

from edgefeed.contract import Site, Words, template_filters, template_globals
from sula.checks.codes import Severity
from sula.content.meta import Source, kind_of, read_source
from sula.content.sources import read_text
from sula.content.urls import Rules
from sula.errors import ConfigError, Finding
from sula.markdown.parser import convert
from sula.model import Job
from sula.rendering.pelican_parts import (
    DEFAULT_CONFIG,
    SomePages,
    configure_settings,
    logged,
)
from sula.rendering.post import PostData, missing_targets, post_data
from sula.rendering.templates import Compiled
from sula.site.theme import layers

_OFF: Final = """
    FEED_ALL_ATOM FEED_ALL_RSS CATEGORY_FEED_ATOM AUTHOR_FEED_ATOM AUTHOR_FEED_RSS
    TRANSLATION_FEED_ATOM CATEGORY_SAVE_AS TAG_SAVE_AS AUTHOR_SAVE_AS INDEX_SAVE_AS
    ARTICLE_TRANSLATION_ID PAGE_TRANSLATION_ID DIRECT_TEMPLATES STATIC_PATHS
    THEME_STATIC_PATHS FILENAME_METADATA PATH_METADATA IGNORE_FILES FORMATTED_FIELDS PLUGINS
    USE_FOLDER_AS_CATEGORY ARTICLE_PATHS PAGE_PATHS TYPOGRIFY CACHE_CONTENT
""".split()
# Pelican has no types: an article or page of its own, with our metadata on it.
PelicanContent = Any
_REQUIRED: Final = ("article.html", "page.html")
Variables = Mapping[str, Any]
Made = Callable[[str, bytes, os.stat_result], None]
"""Told of each page that is written: its place below ``out``, its bytes, its file's state."""
_one_at_a_time = threading.Lock()


_TOGETHER: Final = 32
"""Pages that are written one after the other; each is some ten kilobytes until then."""
T = TypeVar("T")
Page = tuple[str, dict[str, Any]]
"""What Pelican is given of a source: its HTML and metadata."""


class _RefusedError(Exception):
    """A source that is not rendered, and why."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__()
        self.findings = findings


class Run:
    """One run: its jobs, where they are written, and what was found."""

    def __init__(
        self,
        jobs: list[Job],
        *,
        root: Path,
        rules: Rules,
        theme: Path,
        site: Site,
        out: Path,
        progress: Callable[[int], None] | None = None,
        made: Made | None = None,
    ) -> None:
        """`root` holds ``rules.folder``; files are written below `out`."""
        self.jobs = {job.path: job for job in jobs}
        self.content = root / rules.folder
        self.root, self.rules, self.theme, self.out = root, rules, theme, out
        # What only deploys of the function count is nothing that a page may show.
        self.site = msgspec.structs.replace(site, revision=0, renderer="")
        self.layers = layers(theme)
        self.progress = progress or (lambda _: None)
        self._made = made or (lambda *_: None)
        self.findings: list[Finding] = []
        self._say = Words(self.site).say
        self._pages: dict[str, Page | Exception] = {}
        self._rendered: list[tuple[str, bytes]] = []
        self._place = str(out)
        self._folders: set[str] = set()
        self._templates: dict[str, Path | None] = {}
        self._done: set[str] = set()

    def __call__(self) -> list[Finding]:
        """Render. Raises `ConfigError` when the theme has no template for posts or pages."""
        for name in _REQUIRED:
            if self._template(name) is None:
                raise ConfigError(f"the theme has no template {self.theme / 'templates' / name}")
        self.out.mkdir(parents=True, exist_ok=True)
        with _one_at_a_time, logged(self._logged):
            self._pages = self._converted()
            SomePages(self._settings(), self).run()
            self._save()
        for path in sorted(self.jobs.keys() - self._done):
            where = f"{self.rules.folder}/{path}"
            message = "cannot be rendered: there is no such file"
            self.findings.append(Finding(where, 1, "file-unreadable", message))
        return sorted(set(self.findings))

    # --- settings and templates ---

    def _settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = copy.deepcopy(dict(DEFAULT_CONFIG))
        for name in _OFF:
            settings[name] = type(settings.get(name, ""))()
        options = {
            "autoescape": True,
            "undefined": jinja2.StrictUndefined,
            "trim_blocks": True,
            "lstrip_blocks": True,
            "auto_reload": False,
            "bytecode_cache": Compiled(self.root, self.site),
        }
        settings |= {
            "PATH": str(self.content),
            "OUTPUT_PATH": str(self.out),
            "THEME": str(self.layers[-1]),
            "THEME_TEMPLATES_OVERRIDES": [str(layer / "templates") for layer in self.layers[:-1]],
            "SITEURL": self.site.url,
            "SITENAME": self.site.title,
            "AUTHOR": self.site.author.name,
            "DEFAULT_LANG": self.site.language,
            "TIMEZONE": str(self.rules.zone),
            # What it is already: Pelican would set the user's for the whole process.
            "LOCALE": [locale.setlocale(locale.LC_ALL)],
            "JINJA_ENVIRONMENT": options,
            "JINJA_FILTERS": dict(template_filters(self.site)),
            "JINJA_GLOBALS": dict(template_globals(self.site)),
            "DELETE_OUTPUT_DIRECTORY": False,
        }
        configure_settings(settings)
        # Set last: configure_settings compares each path with each other.
        settings["ARTICLE_PATHS"] = [path for path in self.jobs if kind_of(path) == "post"]
        settings["PAGE_PATHS"] = [path for path in self.jobs if kind_of(path) == "page"]
        settings["ARTICLE_EXCLUDES"] = settings["PAGE_EXCLUDES"] = []
        return settings

    def _template(self, name: str) -> Path | None:
        """The file of a template."""
        if name not in self._templates:
            places = [layer / "templates" / name for layer in self.layers]
            self._templates[name] = next((place for place in places if place.is_file()), None)
        return self._templates[name]

    # --- one page ---

    def _converted(self) -> dict[str, Page | Exception]:
        """Every source as a page, or what was raised over it.

        All are read, and then all are converted: by turns it takes a tenth longer, because
        neither fits into the processor's caches beside the other.
        """
        sources = {path: _tried(self._source, path) for path in self.jobs}
        return {path: _tried(self._page, path, sources.pop(path)) for path in self.jobs}

    def _source(self, path: str) -> Source:
        text, findings = read_text(self.root, self.rules.folder, path)
        if findings:
            raise _RefusedError(findings)
        source, findings = read_source(path, text, self.rules)
        if source is None:
            raise _RefusedError([f for f in findings if f.severity == "error"])
        return source

    def _page(self, path: str, source: Source | Exception) -> Page:
        if isinstance(source, Exception):
            raise source
        job = self.jobs[path]
        where = f"{self.rules.folder}/{path}"
        if source.meta.output != job.output:
            message = f"changed while it was rendered: {job.output} is now {source.meta.output}"
            raise _RefusedError([Finding(where, 1, "file-unreadable", message)])
        template = source.template or ("article" if source.meta.kind == "post" else "page")
        if self._template(f"{template}.html") is None:
            message = f"the theme has no template {template}.html"
            raise _RefusedError([Finding(where, 1, "template-unknown", message)])
        html = convert(
            source.body,
            path=path,
            targets=job.targets,
            first_line=source.body_line,
            folder=self.rules.folder,
            say=self._say,
            pictures=job.pictures,
        )
        missing = missing_targets(source, job, self.rules)
        lost = [
            Finding(where, 1, "link-missing", f"{key}: there is no {named}")
            for key, named in missing
        ]
        if lost or any(finding.severity == "error" for finding in html.findings):
            raise _RefusedError([*html.findings, *lost])
        self.findings += html.findings
        source = self._measured(source)
        post = post_data(source, html, job, self.site)
        return html.html, {"template": template, **_metadata(source, post, job)}

    def _measured(self, source: Source) -> Source:
        """With the length of the recording that travels with it, as it lies there."""
        if source.enclosure is None or not source.enclosure_source:
            return source
        length = (self.content / source.enclosure_source).stat().st_size
        enclosure = msgspec.structs.replace(source.enclosure, length=length)
        return msgspec.structs.replace(source, enclosure=enclosure)

    def read(self, path: str) -> Page:
        """A source's HTML and metadata, for Pelican. Raises `_RefusedError` when it is refused."""
        self._done.add(path)
        page = self._pages.pop(path)
        if isinstance(page, _RefusedError):
            self.findings += page.findings
            self.progress(1)
        if isinstance(page, Exception):
            raise page
        return page

    def write(self, content: PelicanContent, template: jinja2.Template, context: Variables) -> None:
        """Render one page and write it."""
        try:
            page = template.render(context, post=content.post, site=self.site)
            body = page.encode("utf-8")
        except Exception as error:  # noqa: BLE001 - a template can raise anything
            self._blame(content, error)
        else:
            self._rendered.append((content.save_as, body))
        if len(self._rendered) == _TOGETHER:
            self._save()
        self.progress(1)

    def _save(self) -> None:
        """Write what is rendered."""
        for name, body in self._rendered:
            self._write(name, body)
        self._rendered.clear()

    def _write(self, name: str, body: bytes) -> None:
        folder = name.rpartition("/")[0]
        if folder not in self._folders:
            try:
                os.mkdir(f"{self._place}/{folder}")  # noqa: PTH102 - there can be ten thousand
            except OSError:  # it is there already, or the one that it lies in is not
                (self.out / folder).mkdir(parents=True, exist_ok=True)
            self._folders.add(folder)
        with open(f"{self._place}/{name}", "wb") as file:  # noqa: PTH123 - there can be ten thousand
            file.write(body)
            file.flush()
            status = os.fstat(file.fileno())
        self._made(name, body, status)

    def _blame(self, content: PelicanContent, error: Exception) -> None:
        """Find the line of the template that failed."""
        name, line = f"{content.template}.html", 1
        where = self._template(name) or self.theme / "templates" / name
        if isinstance(error, jinja2.TemplateSyntaxError):
            where, line = self._template(error.name or name) or where, error.lineno
        else:
            for frame in traceback.extract_tb(error.__traceback__):
                path = Path(frame.filename)
                if any(path.is_relative_to(layer / "templates") for layer in self.layers):
                    where, line = path, frame.lineno or 1
        shown = where.relative_to(self.root) if where.is_relative_to(self.root) else where
        message = f"{type(error).__name__}: {error}"
        self.findings.append(Finding(shown.as_posix(), line, "theme-contract", message))

    def _logged(self, record: logging.LogRecord) -> None:
        """What Pelican would have printed."""
        if isinstance((error := (record.exc_info or sys.exc_info())[1]), _RefusedError):
            return
        message = record.getMessage() + (f": {error}" if error else "")
        if message.startswith("Empty alt attribute"):
            return  # found already, with its line: image-alt
        path = next((p for p in self.jobs if p in message), "")
        severity: Severity = "error" if record.levelno >= logging.ERROR else "warning"
        where = f"{self.rules.folder}/{path}".rstrip("/")
        message = message.replace(f"{self.root}/", "")
        self.findings.append(Finding(where, 1, "pelican", message, severity))


def _tried(work: Callable[..., T], *given: object) -> T | Exception:
    try:
        return work(*given)
    except Exception as error:  # noqa: BLE001 - it is raised where Pelican can report it
        return error


def _metadata(source: Source, post: PostData, job: Job) -> dict[str, Any]:
    """Metadata in Pelican's own words, for themes that were written for it."""
    meta = source.meta
    metadata: dict[str, Any] = {
        "title": meta.title,
        "slug": meta.slug,
        "url": meta.url,
        "save_as": job.output,
        "lang": post.language,
        "status": "published",
        "summary": Markup.escape(post.description),
        "post": post,
    }
    if meta.published:
        metadata["date"] = datetime.fromisoformat(meta.published)
    if meta.updated and meta.updated != meta.published:
        metadata["modified"] = datetime.fromisoformat(meta.updated)
    return metadata
