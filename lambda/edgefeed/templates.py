"""A theme's templates, ready to be rendered: compiled once, macros called once an item.

Compiling takes longer than the lists of a change, and a function starts often; so its bundle
holds templates as the Python that Jinja makes of them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final

from jinja2 import Environment, FunctionLoader, ModuleLoader, StrictUndefined, Template
from jinja2.environment import TemplateModule
from jinja2.runtime import Context, Macro
from msgspec import Struct

from edgefeed.cache import Cache
from edgefeed.contract import Site, printed, template_filters, template_globals

_REMEMBERED: Final = 4_000_000
"""Characters of items' markup that a macro keeps."""


class Templates:
    """The templates of a theme for one site."""

    def __init__(self, sources: Mapping[str, str] | str, site: Site) -> None:
        """Take a theme's files by name (``home.html``), or the folder of what was compiled of them.

        That must have been for the same site, with the same Jinja (`directory.compile_templates`).
        """
        self.environment = Environment(
            loader=ModuleLoader(sources) if isinstance(sources, str) else _named(sources),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
        )
        self.environment.template_class = _Template
        self.environment.context_class = _Context
        self.environment.filters.update(template_filters(site))
        self.environment.globals.update(template_globals(site))

    def get(self, name: str) -> Template:
        """A template. Raises `jinja2.TemplateError` where it is wrong or missing."""
        return self.environment.get_template(name)


def _named(sources: Mapping[str, str]) -> FunctionLoader:
    """Unlike those of `jinja2.DictLoader`, its templates are named in tracebacks."""
    return FunctionLoader(lambda name: (sources[name], name, None) if name in sources else None)


class _Context(Context):
    """A context whose calls are plain: no function of ours asks for the context itself.

    Macros can be told whether to escape; untold they do as the environment does, always. To ask
    each function what it wants takes Jinja longer than most of them run.
    """

    def call(self, called: Callable[..., Any], /, *given: Any, **named: Any) -> Any:  # noqa: ANN401
        """See `jinja2.runtime.Context.call`."""
        named.pop("_block_vars", None)
        named.pop("_loop_vars", None)
        return called(*given, **named)


class _Template(Template):
    """A template whose macros, imported, are called once for each item.

    A macro that was imported without context knows nothing but what it is given, and a post is
    on many lists: by far the most calls are those of one item alone.
    """

    @classmethod
    def _from_namespace(cls, environment: Environment, namespace: Any, globals: Any) -> Template:  # noqa: A002, ANN401 - Jinja's
        namespace["escape"] = printed
        return super()._from_namespace(environment, namespace, globals)

    def _get_default_module(self, _ctx: Context | None = None) -> TemplateModule:
        """What others import; they all have the globals that it has."""
        if self._module is None:
            self._module = self.make_module()
            for name, macro in list(self._module.__dict__.items()):
                if isinstance(macro, Macro):
                    setattr(self._module, name, _Once(macro))
        return self._module


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
