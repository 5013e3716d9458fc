"""A theme's templates, ready to be rendered: compiled once, macros called once an item.

Compiling takes longer than the lists of a change, and a function starts often; so its bundle
holds templates as the Python that Jinja makes of them.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, MutableMapping
from typing import Any, Final

from jinja2 import (
    BaseLoader,
    Environment,
    FunctionLoader,
    StrictUndefined,
    Template,
    TemplateNotFound,
)
from jinja2.environment import TemplateModule
from jinja2.runtime import Macro
from msgspec import Struct

from edgefeed.cache import Cache
from edgefeed.contract import Site, template_filters, template_globals

_REMEMBERED: Final = 4_000_000
"""Characters of items' markup that a macro keeps."""


class Templates:
    """The templates of a theme for one site."""

    def __init__(self, sources: Mapping[str, str], site: Site, *, compiled: bool = False) -> None:
        """Take a theme's files by name (``home.html``), or what `compile_templates` made of them.

        That must have been for the same site, with the same Jinja.
        """
        # Unlike those of `jinja2.DictLoader`, these have tracebacks name the template.
        named = FunctionLoader(
            lambda name: (sources[name], name, None) if name in sources else None
        )
        self.environment = _Environment(
            loader=_Compiled(sources) if compiled else named,
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
        )
        self.environment.filters.update(template_filters(site))
        self.environment.globals.update(template_globals(site))

    def get(self, name: str) -> Template:
        """A template. Raises `jinja2.TemplateError` where it is wrong or missing."""
        return self.environment.get_template(name)

    def compile(self, source: str, name: str) -> str:
        """A template as Python. Raises `jinja2.TemplateSyntaxError`."""
        return self.environment.compile(source, name, raw=True)


def compile_templates(sources: Mapping[str, str], site: Site) -> dict[str, str]:
    """Templates as Python, by their names; the same with every hash seed."""
    templates = Templates(sources, site)
    return {name: templates.compile(source, name) for name, source in sources.items()}


class _Compiled(BaseLoader):
    """Loads templates that are Python already, as `jinja2.ModuleLoader` does from files."""

    has_source_access = False

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = sources

    def load(
        self,
        environment: Environment,
        name: str,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002 - Jinja's name
    ) -> Template:
        if name not in self._sources:
            raise TemplateNotFound(name)
        code = compile(self._sources[name], name, "exec")
        return environment.template_class.from_code(environment, code, globals or {})


class _Template(Template):
    """A template whose macros, imported, are called once for each item.

    A macro that was imported without context knows nothing but what it is given, and a post is
    on many lists: by far the most calls are those of one item alone.
    """

    def make_module(
        self,
        vars: dict[str, Any] | None = None,  # noqa: A002 - Jinja's name
        shared: bool = False,  # noqa: FBT001, FBT002 - Jinja's signature
        locals: Mapping[str, Any] | None = None,  # noqa: A002 - Jinja's name
    ) -> TemplateModule:
        """See `jinja2.Template.make_module`."""
        module = super().make_module(vars, shared, locals)
        for name, macro in list(module.__dict__.items()):
            if isinstance(macro, Macro) and not shared:
                setattr(module, name, _Once(macro))
        return module


class _Once:
    """A macro that remembers what it made of an item."""

    def __init__(self, macro: Macro) -> None:
        self._macro = macro
        self._made: Cache[Hashable, str] = Cache(_REMEMBERED)

    def __call__(self, *given: Any, **named: Any) -> str:  # noqa: ANN401 - any macro's
        if len(given) != 1 or named or not isinstance(given[0], Struct):
            return self._macro(*given, **named)
        text = self._made.get(given[0])
        if text is None:
            text = self._macro(given[0])
            self._made.add(given[0], text, len(text))
        return text


class _Environment(Environment):
    template_class = _Template
