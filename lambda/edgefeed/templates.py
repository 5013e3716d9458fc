"""A theme's templates, ready to be rendered: compiled once.

Compiling takes longer than the lists of a change, and a function starts often; so its bundle
holds templates as the Python that Jinja makes of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import Environment, FunctionLoader, ModuleLoader, StrictUndefined, Template
from jinja2.runtime import Context

from edgefeed.contract import Site, printed, template_filters, template_globals


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
    """A template that prints values as `contract.printed` does."""

    @classmethod
    def _from_namespace(cls, environment: Environment, namespace: Any, globals: Any) -> Template:  # noqa: A002, ANN401 - Jinja's
        namespace["escape"] = printed
        return super()._from_namespace(environment, namespace, globals)
