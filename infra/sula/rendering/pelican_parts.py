"""The parts of Pelican that a run puts together, and how ours differ from its own."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Protocol

import jinja2

from sula.rendering.stand_ins import without
from sula.rendering.templates import quicken

_logger_class, _root_class = logging.getLoggerClass(), type(logging.getLogger())
# reStructuredText, the log, feeds and the server: nothing of these is used here.
with without(
    "docutils", "feedgenerator", "pelican.rstdirectives", "pelican.server", "rich", "watchfiles"
):
    import pelican
    from pelican.contents import Article as PelicanArticle
    from pelican.contents import Page as PelicanPage
    from pelican.generators import ArticlesGenerator, PagesGenerator
    from pelican.settings import DEFAULT_CONFIG as DEFAULT_CONFIG  # noqa: PLC0414 - re-exported
    from pelican.settings import configure_settings as configure_settings  # noqa: PLC0414 - the same

# Importing Pelican changes every logger that the process makes from then on.
logging.setLoggerClass(_logger_class)
logging.getLogger().__class__ = _root_class
# It prints a line after each run.
pelican.console.quiet = True

Variables = Mapping[str, Any]
"""What a template is rendered with."""


class Renderer(Protocol):
    """What the parts ask of the run they belong to."""

    def read(self, path: str) -> tuple[str, dict[str, Any]]:
        """A source's HTML and metadata."""

    def write(self, content: Any, template: jinja2.Template, context: Variables) -> None:  # noqa: ANN401 - Pelican has no types
        """Render a page and write it."""


class _Content:
    """What both kinds of content do otherwise: their links lead somewhere already."""

    settings: dict[str, Any]
    source_path: str

    def get_static_links(self) -> set[str]:
        return set()

    def _has_valid_save_as(self) -> bool:
        """It is written where its job says, and nowhere else."""
        return True

    def _update_content(self, content: str, siteurl: str) -> str:
        del siteurl
        return content

    def get_relative_source_path(self, source_path: str | None = None) -> str:
        return (source_path or self.source_path).removeprefix(self.settings["PATH"] + "/")


class Article(_Content, PelicanArticle):  # type: ignore[misc] # Pelican has no types
    """A post, as Pelican has it."""


class Page(_Content, PelicanPage):  # type: ignore[misc] # Pelican has no types
    """A static page, as Pelican has it."""


class _Sources:
    """In the place of `pelican.readers.Readers`: our reader alone, and no metadata but its own."""

    extensions: Final = ("md",)

    def __init__(self, run: Renderer, settings: dict[str, Any]) -> None:
        self._run = run
        self._settings = settings

    def read_file(
        self,
        *,
        base_path: str,
        path: str,
        content_class: type,
        **more: object,
    ) -> _Content:
        """See `pelican.readers.Readers`. There are no plugins to hear signals.

        A page without the context, which holds all pages, goes as soon as that does: garbage need
        not be looked for.
        """
        del more
        html, metadata = self._run.read(path)
        kind = Article if issubclass(content_class, PelicanArticle) else Page
        return kind(html, {"reader": "", **metadata}, self._settings, f"{base_path}/{path}", {})

    def save_cache(self) -> None:
        """Nothing is cached."""


class _Writer:
    """Writes a page exactly where its job says, and nothing else."""

    def __init__(self, run: Renderer) -> None:
        self._run = run

    def write_file(
        self, name: str, template: jinja2.Template, context: Variables, **more: object
    ) -> None:
        """See `pelican.writers.Writer`."""
        del name
        content = more.get("article") or more["page"]
        self._run.write(content, template, {**context, **more})


class _Broken:
    """Stands for a template that does not compile: each page that wants it says so."""

    def __init__(self, error: jinja2.TemplateError) -> None:
        self.error = error

    def render(self, *given: object, **named: object) -> str:
        del given, named
        raise self.error


class _Calm:
    """What both generators do otherwise than Pelican's."""

    path: str
    env: Any

    def __init__(self, *, run: Renderer, settings: dict[str, Any], **more: object) -> None:
        super().__init__(settings=settings, **more)  # type: ignore[call-arg] # Pelican's
        self.readers = _Sources(run, settings)
        quicken(self.env)
        # A dictionary: each import asks for every name of Jinja's chain of two.
        shared = self.env.globals
        self.env.make_globals = lambda more: {**shared, **(more or {})}

    def get_files(self, paths: list[str], **more: object) -> list[str]:
        """Every path was given by name."""
        del more
        return [path for path in paths if os.path.isfile(f"{self.path}/{path}")]  # noqa: PTH113 - there can be ten thousand

    def get_cached_data(self, path: str, default: None) -> None:
        """Nothing is cached."""

    def cache_data(self, path: str, data: object) -> None:
        """Nothing is cached."""

    def get_template(self, name: str) -> jinja2.Template | _Broken:
        try:
            return super().get_template(name)  # type: ignore[misc, no-any-return] # Pelican's
        except jinja2.TemplateError as error:
            return _Broken(error)

    def check_disabled_readers(self) -> None:
        """Every path was given by name."""


class _Articles(_Calm, ArticlesGenerator):  # type: ignore[misc] # Pelican has no types
    """Articles alone: no feeds, tags, categories, archives, index."""

    def generate_feeds(self, writer: object) -> None:
        del writer

    def generate_pages(self, writer: _Writer) -> None:
        self.generate_articles(writer.write_file)


class _Pages(_Calm, PagesGenerator):  # type: ignore[misc] # Pelican has no types
    """Static pages."""


class SomePages(pelican.Pelican):  # type: ignore[misc] # Pelican has no types
    """Pelican without what makes a whole site: plugins, lists, static files."""

    def __init__(self, settings: dict[str, Any], run: Renderer) -> None:
        """`run` reads the sources and writes the pages."""
        super().__init__(settings)
        self._run = run

    def init_path(self) -> None:
        """Leave `sys.path` alone."""

    def init_plugins(self) -> None:
        """No plugins: what they add to a page would be no part of its fingerprint."""
        self.plugins: list[object] = []

    def _get_generator_classes(self) -> list[Callable[..., _Calm]]:
        return [functools.partial(kind, run=self._run) for kind in (_Articles, _Pages)]

    def _get_writer(self) -> _Writer:
        return _Writer(self._run)


@contextmanager
def logged(receive: Callable[[logging.LogRecord], None]) -> Iterator[None]:
    """Take Pelican's log: nothing of it is printed, dropped as a repetition or counted."""

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            receive(record)

    top, handler = logging.getLogger("pelican"), Handler(logging.WARNING)
    for name in list(logging.root.manager.loggerDict):
        if name.split(".")[0] == "pelican":
            logging.getLogger(name).filters.clear()
    before = top.propagate, top.level
    top.addHandler(handler)
    top.propagate = False
    top.setLevel(logging.WARNING)
    try:
        yield
    finally:
        top.removeHandler(handler)
        top.propagate = before[0]
        top.setLevel(before[1])
