"""The parts of Pelican that a run puts together, and how ours differ from its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

import jinja2

from sula.spared import without

_logger_class, _root_class = logging.getLoggerClass(), type(logging.getLogger())
# reStructuredText, the log, feeds and the server: nothing of these is used here.
with without(
    "docutils", "feedgenerator", "pelican.rstdirectives", "pelican.server", "rich", "watchfiles"
):
    import pelican
    from pelican import signals as signals  # noqa: PLC0414 - re-exported
    from pelican.generators import ArticlesGenerator, PagesGenerator
    from pelican.readers import BaseReader
    from pelican.settings import DEFAULT_CONFIG as DEFAULT_CONFIG  # noqa: PLC0414 - re-exported
    from pelican.settings import configure_settings as configure_settings  # noqa: PLC0414 - the same
    from pelican.writers import Writer as PelicanWriter

# Importing Pelican changes every logger that the process makes from then on.
logging.setLoggerClass(_logger_class)
logging.getLogger().__class__ = _root_class
# It prints a line after each run.
pelican.console.quiet = True

Variables = Mapping[str, Any]
"""What a template is rendered with."""


class Renderer(Protocol):
    """What the parts ask of the run they belong to."""

    content: Path
    """The content directory."""

    def read(self, path: str) -> tuple[str, dict[str, Any]]:
        """A source's HTML and metadata."""

    def write(self, content: Any, template: jinja2.Template, context: Variables) -> None:  # noqa: ANN401 - Pelican has no types
        """Render a page and write it."""


class Reader(BaseReader):  # type: ignore[misc] # Pelican has no types
    """Our Markdown, as Pelican asks for it."""

    # Given to one run by a signal, not to every Pelican of this process.
    file_extensions: Final[list[str]] = []

    def __init__(self, settings: dict[str, Any], run: Renderer) -> None:
        super().__init__(settings)
        self.run = run

    def read(self, source_path: str) -> tuple[str, dict[str, Any]]:
        """See `pelican.readers.BaseReader`."""
        return self.run.read(Path(source_path).relative_to(self.run.content).as_posix())


class Writer(PelicanWriter):  # type: ignore[misc] # Pelican has no types
    """Writes a page exactly where its job says, and nothing else."""

    run: Renderer

    def write_file(
        self, name: str, template: jinja2.Template, context: Variables, **more: object
    ) -> None:
        """See `pelican.writers.Writer`."""
        del name
        content = more.get("article") or more["page"]
        self.run.write(content, template, {**context, **more})


class _Broken:
    """Stands for a template that does not compile: each page that wants it says so."""

    def __init__(self, error: jinja2.TemplateError) -> None:
        self.error = error

    def render(self, variables: Variables) -> str:
        del variables
        raise self.error


class _Calm:
    """What both generators do otherwise than Pelican's."""

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

    def generate_pages(self, writer: Writer) -> None:
        self.generate_articles(writer.write_file)


class _Pages(_Calm, PagesGenerator):  # type: ignore[misc] # Pelican has no types
    """Static pages."""


class SomePages(pelican.Pelican):  # type: ignore[misc] # Pelican has no types
    """Pelican without what makes a whole site: plugins, lists, static files."""

    def init_path(self) -> None:
        """Leave `sys.path` alone."""

    def init_plugins(self) -> None:
        """No plugins: what they add to a page would be no part of its fingerprint."""
        self.plugins: list[object] = []

    def _get_generator_classes(self) -> list[type]:
        return [_Articles, _Pages]


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
