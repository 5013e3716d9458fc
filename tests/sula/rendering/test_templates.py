"""Templates of pages are compiled to be quick. They print what they print in Jinja2's own way."""

from __future__ import annotations

from collections import UserDict
from typing import Any, NamedTuple

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup, escape

from edgefeed.contract import printed
from sula.rendering.templates import quicken


class Row(NamedTuple):
    title: str
    items: int


class Html:
    def __html__(self) -> str:
        return "<b>'</b>"


class Shout(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "<LOUD>"


VALUES: tuple[Any, ...] = (
    "plain", "<&\"'>", Markup("<b>&amp;</b>"), Html(), Shout("x<"), 7, 1.5, None, True, ["<"],
    ("'",), "", {"title": "<t>", "items": 3, "get": 4}, UserDict({"title": "a&b"}), Row("r'", 2),
)  # fmt: skip
TEMPLATES = (
    "{{ x }}",
    "{{ x ~ '<' }}{{ x | string | upper }}{{ x | e }}{{ x | safe }}{{ '<' if x else none }}",
    "{% macro m(y) %}<i>{{ y }}</i>{{ caller() if caller }}{% endmacro %}{{ m(x) }}",
    "{% macro m(y) %}{{ y }}{{ caller() }}{% endmacro %}{% call m(x) %}({{ x }}){% endcall %}",
    "{% set z %}{{ x }}'{% endset %}{{ z }}",
    "{% filter upper %}{{ x }}&{% endfilter %}{% autoescape false %}{{ x }}{% endautoescape %}",
    "{% for y in [x, '<'] %}{{ loop.index }}{{ y }}{% endfor %}{{ [x] | join(', ') }}",
    "{% autoescape x %}{{ x }}{{ '<' }}{% endautoescape %}",
    "{{ x.title }}",
    "{{ x.items }}",
    "{{ x.get }}{{ x['title'] }}",
    "{{ nothing }}",
)


def outcome(template: str, x: object, *, quick: bool) -> str:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    if quick:
        quicken(environment)
    try:
        return environment.from_string(template).render(x=x)
    except (jinja2.UndefinedError, TypeError) as error:
        return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_same_isprinted(template: str) -> None:
    for value in VALUES:
        assert outcome(template, value, quick=True) == outcome(template, value, quick=False)


@given(st.text("<>&\"'a é;#0"))
def test_text_is_escaped_as_ever(text: str) -> None:
    assert printed(text) == escape(text)
    assert printed(Markup(text)) == text  # noqa: S704 - as it is
